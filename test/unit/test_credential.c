/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/credential.c */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "md5.h"
#include "modules/e911/credential.h"

/* ---- a directory ---- */

#define NOW 1767225600000

enum { BY_ADDRESS = 1, BY_BOTH, BY_DIGEST, TRUNKS };

static struct dir_gateway gateway;
static int damage, damage_of_credential;
static bool trunk_is_lost;

static const uint8_t address[TRUNKS + 1][16] = {
	[BY_ADDRESS] = { [10] = 0xff, 0xff, 10, 0, 0, BY_ADDRESS },
	[BY_BOTH] = { [10] = 0xff, 0xff, 10, 0, 0, BY_BOTH },
	[BY_DIGEST] = { [10] = 0xff, 0xff, 10, 0, 0, BY_DIGEST },
	/* nobody's */
	[TRUNKS] = { [10] = 0xff, 0xff, 10, 0, 0, TRUNKS },
};
static const uint8_t proofs[TRUNKS] = {
	[BY_ADDRESS] = TRUNK_PROOF_ADDRESS,
	[BY_BOTH] = TRUNK_PROOF_ADDRESS | TRUNK_PROOF_DIGEST,
	[BY_DIGEST] = TRUNK_PROOF_DIGEST,
};
static const char *const users[TRUNKS] = { "", "", "both", "digest" };

int directory_trunk(struct directory *d, uint64_t id, struct dir_trunk *ret)
{
	(void)d;
	if (id >= TRUNKS || (trunk_is_lost && id == BY_DIGEST))
		return -ENOENT;
	*ret = (struct dir_trunk){ .trunk_id = id, .proofs = proofs[id] };
	return 0;
}

int directory_trunk_by_source(struct directory *d, const uint8_t addr[16],
			      struct dir_trunk *ret)
{
	if (damage)
		return damage;
	/* Of the one that is known by digest no address is known. */
	return addr[15] < BY_DIGEST ? directory_trunk(d, addr[15], ret)
				    : -ENOENT;
}

static bool is_stale;

bool directory_is_stale(const struct directory *d)
{
	(void)d;
	return is_stale;
}

int directory_gateway(struct directory *d, struct dir_gateway *ret)
{
	(void)d;
	*ret = gateway;
	return 0;
}

static uint8_t hash[TRUNKS][MD5_SIZE];

int directory_credential(struct directory *d, struct text username,
			 struct dir_credential *ret)
{
	(void)d;
	if (damage_of_credential)
		return damage_of_credential;
	for (uint64_t i = BY_BOTH; i < TRUNKS; i++) {
		char secret[64];
		struct md5 m;
		int n = snprintf(secret, sizeof(secret), "%s:e911:secret",
				 users[i]);

		if (!text_equal(username, text_of(users[i])))
			continue;
		md5_begin(&m);
		md5_add(&m, secret, (size_t)n);
		md5_end(&m, hash[i]);
		*ret = (struct dir_credential){
			.trunk_id = i,
			.ha1_md5 = text_make((char *)hash[i], MD5_SIZE),
		};
		return 0;
	}
	return -ENOENT;
}

/* Certificates: test_certificate_proof.c. */
int directory_certificate(struct directory *d, struct text name,
			  struct dir_certificate *ret)
{
	(void)d;
	(void)name;
	(void)ret;
	return -ENOENT;
}

/* ---- a request ---- */

static const struct credential_conf conf = { .key = { 7 } };

#define LATE    (NOW - 10 * (int64_t)DIGEST_LASTS_MS)
#define FOREIGN (-1) /* asked by another node, or before the last start */

static void md5_hex(const char *t, char hex[33])
{
	uint8_t out[MD5_SIZE];
	struct md5 m;

	md5_begin(&m);
	md5_add(&m, t, strlen(t));
	md5_end(&m, out);
	text_hex(hex, out, sizeof(out));
}

/* As a platform that was asked at that time would answer. */
static const char *authorization(const char *user, const char *password,
				 int64_t asked_ms)
{
	static const uint8_t other[DIGEST_KEY_SIZE] = { 8 };
	char nonce[DIGEST_NONCE_SIZE], a1[64], a2[64], all[256];
	char h1[33], h2[33], response[33];
	static char value[512];

	digest_nonce_make(asked_ms == FOREIGN ? other : conf.key,
			  asked_ms == FOREIGN ? NOW : asked_ms, nonce);
	(void)snprintf(a1, sizeof(a1), "%s:e911:%s", user, password);
	(void)snprintf(a2, sizeof(a2), "INVITE:sip:911@x");
	md5_hex(a1, h1);
	md5_hex(a2, h2);
	(void)snprintf(all, sizeof(all), "%s:%s:00000001:c:auth:%s", h1, nonce,
		       h2);
	md5_hex(all, response);
	(void)snprintf(value, sizeof(value),
		       "Digest username=\"%s\", realm=\"e911\", nonce=\"%s\", "
		       "uri=\"sip:911@x\", response=\"%s\", cnonce=\"c\", "
		       "nc=00000001, qop=auth",
		       user, nonce, response);
	return value;
}

static struct sender from(unsigned who, const char *value)
{
	const struct header_view header = { .name = text_of("Authorization"),
					    .value = text_of(value) };
	const struct request_view rq = { .headers = &header,
					 .header_count = value ? 1 : 0 };
	struct sender s;

	sender_find(&s, (struct directory *)&gateway,
		    &(struct shown){ .request = &rq,
				     .method = text_of("INVITE"),
				     .source = address[who],
				     .now_ms = NOW },
		    &conf);
	return s;
}

static int set_up(void **state)
{
	(void)state;
	damage = damage_of_credential = 0;
	is_stale = false;
	trunk_is_lost = false;
	gateway = (struct dir_gateway){ .digest_realm = text_of("e911"),
					.asks_strangers = true };
	return 0;
}

/* ---- tests ---- */

static void an_address_is_enough_where_nothing_else_is_wanted(void **state)
{
	struct sender s = from(BY_ADDRESS, NULL);

	(void)state;
	assert_true(s.is_known && !s.lacks_proof);
	s = from(BY_ADDRESS, authorization("digest", "secret", NOW));
	assert_true(s.is_known && !s.lacks_proof);
	assert_int_equal(s.trunk.trunk_id, BY_ADDRESS);
}

/* Password, time of the challenge, what is said of it, is it enough? */
static const struct {
	const char *user, *password;
	int64_t asked_ms;
	enum credential_state state;
	bool enough;
} shown[] = {
	{ NULL, NULL, 0, CREDENTIAL_NONE, false },
	{ "both", "secret", NOW, CREDENTIAL_RIGHT, true },
	{ "both", "secret", LATE, CREDENTIAL_STALE, true },
	{ "both", "secret", FOREIGN, CREDENTIAL_FOREIGN, true },
	{ "both", "Secret", FOREIGN, CREDENTIAL_WRONG, false },
	{ "digest", "secret", FOREIGN, CREDENTIAL_UNKNOWN, false },
	{ "both", "Secret", NOW, CREDENTIAL_WRONG, false },
	{ "nobody", "secret", NOW, CREDENTIAL_UNKNOWN, false },
	{ "digest", "secret", NOW, CREDENTIAL_UNKNOWN, false },
};

static void known_by_address_is_served_whatever_it_lacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		struct sender s =
			from(BY_BOTH, shown[i].user
					      ? authorization(shown[i].user,
							      shown[i].password,
							      shown[i].asked_ms)
					      : NULL);

		assert_true(s.is_known);
		assert_false(s.may_be_asked);
		assert_int_equal(s.trunk.trunk_id, BY_BOTH);
		assert_int_equal(s.credential, shown[i].state);
		assert_int_equal(s.lacks_proof, !shown[i].enough);
		/* It would try the same password again. */
		assert_false(s.lacks_proof && s.is_stale);
		assert_int_equal(s.lacks_proof, s.fault != NULL);
	}
}

/* What a stranger sends that answers no challenge of ours: it is not told 403
 * before it has been asked. */
#define REST \
	"username=\"digest\", nonce=\"n\", uri=\"u\", response=\"r\", " \
	"cnonce=\"c\", nc=00000001"
static const struct {
	const char *value;
	enum credential_state state;
} others[] = {
	{ "Basic ZGlnZXN0OnNlY3JldA==", CREDENTIAL_NONE },
	{ "Bearer x", CREDENTIAL_NONE },
	{ "Digest realm=\"platform\", qop=auth, " REST, CREDENTIAL_NONE },
	{ "Digest realm=\"platform\", " REST, CREDENTIAL_NONE },
	{ "Digest realm=\"e911\", algorithm=SHA-512-256, qop=auth, " REST,
	  CREDENTIAL_NONE },
	{ "Digest realm=\"e911\", " REST, CREDENTIAL_GARBAGE },
	{ "Digest x", CREDENTIAL_GARBAGE },
	{ "", CREDENTIAL_NONE },
};

static void what_answers_no_challenge_is_challenged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct sender s = from(TRUNKS, others[i].value);

		assert_int_equal(s.credential, others[i].state);
		assert_true(!s.is_known && s.may_be_asked && !s.is_stale);
		assert_int_equal(s.offers, DIGEST_BOTH);
		assert_int_equal(from(BY_BOTH, others[i].value).credential,
				 others[i].state);
	}
}

/* The users here have no other hash than MD5's. */
static void without_a_hash_the_other_algorithm_is_asked_for(void **state)
{
	static const char value[] =
		"Digest realm=\"e911\", algorithm=SHA-256, qop=auth, " REST;
	struct sender s = from(TRUNKS, value);

	(void)state;
	assert_int_equal(s.credential, CREDENTIAL_HASHLESS);
	assert_true(!s.is_known && s.may_be_asked && !s.is_stale);
	assert_int_equal(s.offers, DIGEST_MD5);
	assert_non_null(from(BY_BOTH, value).fault);
}

static void a_credential_is_enough_from_anywhere(void **state)
{
	struct sender s = from(TRUNKS, authorization("digest", "secret", NOW));

	(void)state;
	assert_true(s.is_known && !s.lacks_proof);
	assert_int_equal(s.trunk.trunk_id, BY_DIGEST);
}

/* One that was stolen is of no use where its trunk insists on an address. */
static void a_stolen_credential_needs_the_address_too(void **state)
{
	struct sender s = from(TRUNKS, authorization("both", "secret", NOW));

	(void)state;
	assert_false(s.is_known);
	assert_int_equal(s.trunk.trunk_id, 0);
}

static void a_stranger_may_be_asked(void **state)
{
	struct sender s = from(TRUNKS, NULL);

	(void)state;
	assert_true(!s.is_known && s.may_be_asked);
	s = from(TRUNKS, authorization("digest", "wrong", NOW));
	assert_false(s.is_known);
	assert_int_equal(s.credential, CREDENTIAL_WRONG);
	assert_false(s.may_be_asked || s.is_stale);
	s = from(TRUNKS, authorization("digest", "secret",
				       NOW - 2 * (int64_t)DIGEST_LASTS_MS));
	assert_false(s.is_known);
	assert_int_equal(s.credential, CREDENTIAL_STALE);
	assert_true(s.may_be_asked && s.is_stale);
	s = from(TRUNKS, authorization("digest", "secret", FOREIGN));
	assert_false(s.is_known);
	assert_int_equal(s.credential, CREDENTIAL_FOREIGN);
	assert_true(s.may_be_asked && s.is_stale);
	s = from(TRUNKS, authorization("digest", "wrong", FOREIGN));
	assert_false(s.may_be_asked || s.is_stale);
	gateway.asks_strangers = false;
	assert_false(from(TRUNKS, NULL).may_be_asked);
}

/* In the generation before there is nothing of the trunk that came since. */
static void a_stranger_to_the_generation_before_is_none(void **state)
{
	(void)state;
	is_stale = true;
	assert_int_equal(from(TRUNKS, NULL).directory_error, -EBADMSG);
	assert_int_equal(from(BY_ADDRESS, NULL).directory_error, 0);
}

static void damage_is_not_ignorance(void **state)
{
	(void)state;
	damage = -EBADMSG;
	assert_int_equal(from(BY_ADDRESS, NULL).directory_error, -EBADMSG);
}

/* ADR 9: 403 is for a sound directory only. */
static void a_credential_that_cannot_be_looked_up_is_damage(void **state)
{
	const char *right = authorization("digest", "secret", NOW);
	struct sender s;

	(void)state;
	assert_int_equal(from(TRUNKS, right).directory_error, 0);
	damage_of_credential = -EBADMSG;
	s = from(TRUNKS, right);
	assert_int_equal(s.directory_error, -EBADMSG);
	assert_int_equal(s.credential, CREDENTIAL_UNCHECKED);
	assert_non_null(from(BY_BOTH, right).fault);
	damage_of_credential = 0;
	trunk_is_lost = true;
	s = from(TRUNKS, right);
	assert_int_equal(s.directory_error, -EBADMSG);
	assert_false(s.is_known);
}

static void a_challenge_offers_what_may_be_answered(void **state)
{
	char lines[1024], nonce[DIGEST_NONCE_SIZE], want[1024];
	struct text_writer w = text_writer_on(lines, sizeof(lines));
	const struct sender both = { .is_stale = true, .offers = DIGEST_BOTH };
	const struct sender one = { .offers = DIGEST_MD5 };

	(void)state;
	digest_nonce_make(conf.key, NOW, nonce);
	credential_challenge(&w, text_of("e911"), &both, NOW, &conf);
	(void)snprintf(want, sizeof(want),
		       "WWW-Authenticate: Digest realm=\"e911\", nonce=\"%s\", "
		       "algorithm=SHA-256, qop=\"auth\", stale=true\r\n"
		       "WWW-Authenticate: Digest realm=\"e911\", nonce=\"%s\", "
		       "algorithm=MD5, qop=\"auth\", stale=true\r\n",
		       nonce, nonce);
	assert_true(text_equal(text_written(&w), text_of(want)));
	w = text_writer_on(lines, sizeof(lines));
	credential_challenge(&w, text_of("e911"), &one, NOW, &conf);
	(void)snprintf(want, sizeof(want),
		       "WWW-Authenticate: Digest realm=\"e911\", nonce=\"%s\", "
		       "algorithm=MD5, qop=\"auth\"\r\n",
		       nonce);
	assert_true(text_equal(text_written(&w), text_of(want)));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup(t, set_up)
	const struct CMUnitTest tests[] = {
		TEST(an_address_is_enough_where_nothing_else_is_wanted),
		TEST(known_by_address_is_served_whatever_it_lacks),
		TEST(a_credential_is_enough_from_anywhere),
		TEST(a_stolen_credential_needs_the_address_too),
		TEST(a_stranger_may_be_asked),
		TEST(what_answers_no_challenge_is_challenged),
		TEST(without_a_hash_the_other_algorithm_is_asked_for),
		TEST(a_stranger_to_the_generation_before_is_none),
		TEST(damage_is_not_ignorance),
		TEST(a_credential_that_cannot_be_looked_up_is_damage),
		TEST(a_challenge_offers_what_may_be_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
