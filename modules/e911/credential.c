/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "credential.h"

#include <errno.h>

#include "md5.h"

/* The answer to a challenge of ours, if there is one in our realm.  What was
 * sent for others along the way is none. */
static enum credential_state find_answer(const struct request_view *rq,
					 struct text realm,
					 struct digest_answer *ret)
{
	enum credential_state s = CREDENTIAL_NONE;

	for (size_t i = 0; i < rq->header_count; i++) {
		struct text name = rq->headers[i].name;
		int err;

		if (!text_equal_nocase(name, text_of("Authorization")) &&
		    !text_equal_nocase(name, text_of("Proxy-Authorization")))
			continue;
		err = digest_parse(rq->headers[i].value, ret);
		if (err == -ENOTSUP ||
		    (ret->realm.p && !text_equal(ret->realm, realm)))
			continue;
		if (err == 0)
			return CREDENTIAL_RIGHT;
		s = CREDENTIAL_GARBAGE;
	}
	return s;
}

static enum credential_state check(const struct dir_credential *c,
				   const struct digest_answer *a,
				   const struct shown *shown,
				   const struct credential_conf *conf)
{
	bool is_md5 = a->algorithm == DIGEST_MD5;
	struct text ha1 = is_md5 ? c->ha1_md5 : c->ha1_sha256;

	if (ha1.len != (is_md5 ? MD5_SIZE : SHA256_SIZE))
		return CREDENTIAL_HASHLESS;
	if (!digest_is_right(a, shown->method, (const uint8_t *)ha1.p))
		return CREDENTIAL_WRONG;
	switch (digest_nonce_check(conf->key, a->nonce, shown->now_ms)) {
	case DIGEST_NONCE_FRESH:
		return CREDENTIAL_RIGHT;
	case DIGEST_NONCE_STALE:
		return CREDENTIAL_STALE;
	case DIGEST_NONCE_FOREIGN:
		break;
	}
	return CREDENTIAL_FOREIGN;
}

/* Of an emergency call no more is wanted: a nonce of before a start, or of
 * another node, is no fault of the caller's. */
static bool knows_password(enum credential_state s)
{
	return s == CREDENTIAL_RIGHT || s == CREDENTIAL_STALE ||
	       s == CREDENTIAL_FOREIGN;
}

static void note(struct sender *s, int err)
{
	if (err < 0 && err != -ENOENT)
		s->directory_error = err;
}

/* What the answer is worth.  The trunk that its user stands for, or 0. */
static uint64_t weigh(struct sender *s, struct directory *d,
		      const struct digest_answer *a, const struct shown *shown,
		      const struct credential_conf *conf)
{
	struct dir_credential c;
	int err = directory_credential(d, a->username, &c);

	note(s, err);
	if (err < 0) {
		s->credential = err == -ENOENT ? CREDENTIAL_UNKNOWN
					       : CREDENTIAL_UNCHECKED;
		return 0;
	}
	s->credential = check(&c, a, shown, conf);
	/* RFC 8760 lets it take the topmost that it knows: it would take this
	 * one again. */
	if (s->credential == CREDENTIAL_HASHLESS)
		s->offers = DIGEST_BOTH & ~a->algorithm;
	return c.trunk_id;
}

/* Known by address: served whatever it lacks. */
static void known_by_address(struct sender *s, uint64_t credential_trunk)
{
	bool knows = knows_password(s->credential);
	bool shown = knows && credential_trunk == s->trunk.trunk_id;

	s->is_known = true;
	s->lacks_proof = s->trunk.proofs & TRUNK_PROOF_DIGEST && !shown;
	if (s->lacks_proof && knows)
		s->credential = CREDENTIAL_UNKNOWN; /* another trunk's */
}

/* From anywhere, where the trunk does not insist on an address. */
static void known_by_credential(struct sender *s, struct directory *d,
				uint64_t credential_trunk)
{
	int err;

	if (s->credential != CREDENTIAL_RIGHT)
		return;
	err = directory_trunk(d, credential_trunk, &s->trunk);
	/* It has a credential, so it cannot be missing. */
	note(s, err == -ENOENT ? -EBADMSG : err);
	s->is_known = err == 0 && s->trunk.proofs == TRUNK_PROOF_DIGEST;
}

/* Not who had the password wrong: they would be asked for ever. */
static bool challenge_helps(enum credential_state s)
{
	return s == CREDENTIAL_NONE || s == CREDENTIAL_GARBAGE ||
	       s == CREDENTIAL_HASHLESS || s == CREDENTIAL_STALE ||
	       s == CREDENTIAL_FOREIGN;
}

void sender_find(struct sender *ret, struct directory *d,
		 const struct shown *shown, const struct credential_conf *conf)
{
	struct dir_gateway gateway = { 0 };
	struct digest_answer answer;
	uint64_t trunk_id = 0;
	int by_address;

	memset(ret, 0, sizeof(*ret));
	ret->offers = DIGEST_BOTH;
	if (!d)
		return;
	by_address = directory_trunk_by_source(d, shown->source, &ret->trunk);
	note(ret, by_address);
	/* Most trunks are known by address alone. */
	if (by_address == 0 && !(ret->trunk.proofs & TRUNK_PROOF_DIGEST)) {
		ret->is_known = true;
		return;
	}
	note(ret, directory_gateway(d, &gateway));
	ret->credential =
		find_answer(shown->request, gateway.digest_realm, &answer);
	if (ret->credential == CREDENTIAL_RIGHT)
		trunk_id = weigh(ret, d, &answer, shown, conf);
	if (by_address == 0)
		known_by_address(ret, trunk_id);
	else
		known_by_credential(ret, d, trunk_id);
	ret->is_stale = ret->credential == CREDENTIAL_STALE ||
			ret->credential == CREDENTIAL_FOREIGN;
	ret->may_be_asked = !ret->is_known && gateway.asks_strangers &&
			    challenge_helps(ret->credential);
	if (!ret->is_known)
		memset(&ret->trunk, 0, sizeof(ret->trunk));
}

const char *credential_fault(enum credential_state s)
{
	switch (s) {
	case CREDENTIAL_NONE:
		return "Authorization: there is none of our realm";
	case CREDENTIAL_GARBAGE:
		return "Authorization: cannot be read";
	case CREDENTIAL_UNCHECKED:
		return "Authorization: the directory is damaged";
	case CREDENTIAL_UNKNOWN:
		return "Authorization: no user of this trunk";
	case CREDENTIAL_HASHLESS:
		return "Authorization: no hash of this algorithm is known";
	case CREDENTIAL_WRONG:
		return "Authorization: the response is wrong";
	case CREDENTIAL_FOREIGN:
	case CREDENTIAL_STALE:
	case CREDENTIAL_RIGHT:
		break;
	}
	return "";
}

void credential_challenge(struct text_writer *w, struct text realm,
			  const struct sender *s, int64_t now_ms,
			  const struct credential_conf *conf)
{
	static const struct {
		enum digest_algorithm algorithm;
		const char *name;
	} known[] = { { DIGEST_SHA256, "SHA-256" }, { DIGEST_MD5, "MD5" } };
	char nonce[DIGEST_NONCE_SIZE];

	digest_nonce_make(conf->key, now_ms, nonce);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (s->offers & known[i].algorithm)
			text_writef(w,
				    "WWW-Authenticate: Digest realm=\"%.*s\", "
				    "nonce=\"%s\", algorithm=%s, "
				    "qop=\"auth\"%s\r\n",
				    TEXT_ARG(realm), nonce, known[i].name,
				    s->is_stale ? ", stale=true" : "");
}
