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

#include "modules/e911/credential.h"

/* ---- a directory ---- */

enum { BY_ADDRESS = 1, BY_BOTH, BY_CERTIFICATE, BY_DIGEST, TRUNKS };

static struct dir_gateway gateway;
static int damage;
static bool trunk_is_lost;

static const uint8_t proofs[TRUNKS] = {
	[BY_ADDRESS] = TRUNK_PROOF_ADDRESS,
	[BY_BOTH] = TRUNK_PROOF_ADDRESS | TRUNK_PROOF_CERTIFICATE,
	[BY_CERTIFICATE] = TRUNK_PROOF_CERTIFICATE,
	[BY_DIGEST] = TRUNK_PROOF_DIGEST,
};

int directory_trunk(struct directory *d, uint64_t id, struct dir_trunk *ret)
{
	(void)d;
	if (id >= TRUNKS || trunk_is_lost)
		return -ENOENT;
	*ret = (struct dir_trunk){ .trunk_id = id, .proofs = proofs[id] };
	return 0;
}

int directory_trunk_by_source(struct directory *d, const uint8_t addr[16],
			      struct dir_trunk *ret)
{
	return addr[15] < BY_CERTIFICATE ? directory_trunk(d, addr[15], ret)
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

int directory_credential(struct directory *d, struct text username,
			 struct dir_credential *ret)
{
	(void)d;
	(void)username;
	(void)ret;
	return -ENOENT;
}

int directory_certificate(struct directory *d, struct text name,
			  struct dir_certificate *ret)
{
	static const char *const names[TRUNKS] = { "", "address.example.com",
						   "both.example.com",
						   "roams.example.com",
						   "digest.example.com" };

	(void)d;
	if (damage)
		return damage;
	for (uint64_t i = 1; i < TRUNKS; i++)
		if (text_equal(name, text_of(names[i]))) {
			ret->trunk_id = i;
			return 0;
		}
	return -ENOENT;
}

/* ---- a request ---- */

#define CONNECTION 7

static struct shown_names names;
static unsigned looked;

static const struct shown_names *names_at(int connection)
{
	assert_int_equal(connection, CONNECTION);
	looked++;
	return &names;
}

static const struct credential_conf conf = { .names = names_at };

static struct sender from_at(unsigned who, int connection,
			     const struct credential_conf *c)
{
	const uint8_t address[16] = {
		[10] = 0xff, 0xff, 10, 0, 0, (uint8_t)who
	};
	const struct request_view rq = { 0 };
	struct sender s;

	sender_find(&s, (struct directory *)&gateway,
		    &(struct shown){ .request = &rq,
				     .method = text_of("INVITE"),
				     .source = address,
				     .tls_connection = connection },
		    c);
	return s;
}

static struct sender from(unsigned who)
{
	return from_at(who, CONNECTION, &conf);
}

static void show(const char *name)
{
	(void)snprintf(names.name[names.count++], SHOWN_NAME_SIZE, "%s", name);
}

static int set_up(void **state)
{
	(void)state;
	damage = 0;
	looked = 0;
	trunk_is_lost = false;
	memset(&names, 0, sizeof(names));
	gateway = (struct dir_gateway){ .digest_realm = text_of("e911"),
					.asks_strangers = true };
	return 0;
}

/* ---- tests ---- */

static void nobody_looks_at_a_certificate_that_is_not_wanted(void **state)
{
	struct sender s = from(BY_ADDRESS);

	(void)state;
	assert_true(s.is_known && !s.lacks_proof && !s.fault);
	assert_int_equal(looked, 0);
}

static void known_by_address_is_served_whatever_it_lacks(void **state)
{
	static const char *const shown[] = { NULL, "nobody.example.com",
					     "roams.example.com",
					     "address.example.com" };
	struct sender s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		names.count = 0;
		if (shown[i])
			show(shown[i]);
		s = from(BY_BOTH);
		assert_true(s.is_known && s.lacks_proof && s.fault);
		assert_int_equal(s.trunk.trunk_id, BY_BOTH);
		assert_false(s.may_be_asked);
	}
	show("both.example.com"); /* among others */
	s = from(BY_BOTH);
	assert_true(s.is_known && !s.lacks_proof && !s.fault);
}

static void what_was_not_verified_is_not_believed(void **state)
{
	struct sender s;

	(void)state;
	show("both.example.com");
	show("roams.example.com");
	names.fault = "certificate has expired";
	s = from(BY_BOTH);
	assert_true(s.is_known && s.lacks_proof);
	assert_ptr_equal(s.fault, names.fault);
	assert_false(from(TRUNKS).is_known);
}

static void over_udp_there_is_no_certificate(void **state)
{
	const struct credential_conf no_tls = { 0 };
	struct sender s;

	(void)state;
	show("both.example.com");
	show("roams.example.com");
	s = from_at(BY_BOTH, 0, &conf);
	assert_true(s.is_known && s.lacks_proof && s.fault);
	assert_false(from_at(TRUNKS, 0, &conf).is_known);
	assert_int_equal(looked, 0);
	assert_false(from_at(TRUNKS, CONNECTION, &no_tls).is_known);
}

static void a_certificate_is_enough_from_anywhere(void **state)
{
	struct sender s;

	(void)state;
	show("nobody.example.com");
	show("roams.example.com");
	s = from(TRUNKS);
	assert_true(s.is_known && !s.lacks_proof);
	assert_int_equal(s.trunk.trunk_id, BY_CERTIFICATE);
}

/* One that was stolen is of no use where its trunk insists on an address, or
 * takes other proofs. */
static void a_stolen_certificate_needs_the_address_too(void **state)
{
	static const char *const stolen[] = { "both.example.com",
					      "address.example.com",
					      "digest.example.com" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stolen); i++) {
		struct sender s;

		names.count = 0;
		show(stolen[i]);
		s = from(TRUNKS);
		assert_false(s.is_known);
		assert_int_equal(s.trunk.trunk_id, 0);
		assert_true(s.may_be_asked); /* by digest, as any stranger */
	}
}

/* ADR 9: 403 is for a sound directory only. */
static void a_name_that_cannot_be_looked_up_is_damage(void **state)
{
	struct sender s;

	(void)state;
	show("roams.example.com");
	damage = -EBADMSG;
	s = from(TRUNKS);
	assert_false(s.is_known);
	assert_int_equal(s.directory_error, -EBADMSG);
	s = from(BY_BOTH);
	assert_true(s.is_known && s.lacks_proof);
	assert_int_equal(s.directory_error, -EBADMSG);
	damage = 0;
	trunk_is_lost = true;
	s = from(TRUNKS);
	assert_false(s.is_known);
	assert_int_equal(s.directory_error, -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			nobody_looks_at_a_certificate_that_is_not_wanted,
			set_up),
		cmocka_unit_test_setup(
			known_by_address_is_served_whatever_it_lacks, set_up),
		cmocka_unit_test_setup(what_was_not_verified_is_not_believed,
				       set_up),
		cmocka_unit_test_setup(over_udp_there_is_no_certificate,
				       set_up),
		cmocka_unit_test_setup(a_certificate_is_enough_from_anywhere,
				       set_up),
		cmocka_unit_test_setup(
			a_stolen_certificate_needs_the_address_too, set_up),
		cmocka_unit_test_setup(
			a_name_that_cannot_be_looked_up_is_damage, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
