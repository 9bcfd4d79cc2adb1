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

static const char *credential_fault(enum credential_state s)
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
	return NULL;
}

/* Known by address: served whatever it lacks. */
static void lacks(struct sender *s, const char *fault)
{
	s->lacks_proof = fault != NULL;
	s->fault = fault;
}

static void check_credential(struct sender *s, uint64_t credential_trunk)
{
	bool knows = knows_password(s->credential);

	if (knows && credential_trunk != s->trunk.trunk_id)
		s->credential = CREDENTIAL_UNKNOWN; /* another trunk's */
	lacks(s, credential_fault(s->credential));
}

/* The trunk that it stands for, taken alone: from anywhere, where it does not
 * insist on an address. */
static void known_by(enum trunk_proof proof, struct sender *s,
		     struct directory *d, uint64_t trunk_id)
{
	int err = directory_trunk(d, trunk_id, &s->trunk);

	/* What stands for it refers to it, so it cannot be missing. */
	note(s, err == -ENOENT ? -EBADMSG : err);
	s->is_known = err == 0 && s->trunk.proofs == proof;
}

/* ---- names of a certificate ---- */

static const struct shown_names *names_of(const struct shown *shown,
					  const struct credential_conf *conf)
{
	static const struct shown_names none = {
		.fault = "certificate: the request did not come over TLS",
	};

	return shown->tls_connection && conf->names
		       ? conf->names(shown->tls_connection)
		       : &none;
}

/* The trunk that the name stands for, or 0. */
static uint64_t trunk_of_name(struct sender *s, struct directory *d,
			      const char *name)
{
	struct dir_certificate c;
	int err = directory_certificate(d, text_of(name), &c);

	note(s, err);
	return err == 0 ? c.trunk_id : 0;
}

static void check_certificate(struct sender *s, struct directory *d,
			      const struct shown_names *n)
{
	const char *fault =
		n->fault ? n->fault : "certificate: no name of this trunk";

	for (unsigned i = 0; !n->fault && i < n->count; i++)
		if (trunk_of_name(s, d, n->name[i]) == s->trunk.trunk_id)
			fault = NULL;
	lacks(s, fault);
}

static void known_by_certificate(struct sender *s, struct directory *d,
				 const struct shown_names *n)
{
	for (unsigned i = 0; !n->fault && i < n->count && !s->is_known; i++) {
		uint64_t trunk_id = trunk_of_name(s, d, n->name[i]);

		if (trunk_id)
			known_by(TRUNK_PROOF_CERTIFICATE, s, d, trunk_id);
	}
}

/* ---- all of it ---- */

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
	uint8_t wanted;

	memset(ret, 0, sizeof(*ret));
	ret->offers = DIGEST_BOTH;
	if (!d)
		return;
	by_address = directory_trunk_by_source(d, shown->source, &ret->trunk);
	note(ret, by_address);
	ret->is_known = by_address == 0;
	wanted = ret->is_known ? ret->trunk.proofs : 0;
	if (wanted & TRUNK_PROOF_CERTIFICATE)
		check_certificate(ret, d, names_of(shown, conf));
	if (!ret->is_known)
		known_by_certificate(ret, d, names_of(shown, conf));
	/* Most trunks are known by address alone. */
	if (ret->is_known && !(wanted & TRUNK_PROOF_DIGEST))
		return;
	note(ret, directory_gateway(d, &gateway));
	ret->credential =
		find_answer(shown->request, gateway.digest_realm, &answer);
	if (ret->credential == CREDENTIAL_RIGHT)
		trunk_id = weigh(ret, d, &answer, shown, conf);
	if (ret->is_known)
		check_credential(ret, trunk_id);
	else if (ret->credential == CREDENTIAL_RIGHT)
		known_by(TRUNK_PROOF_DIGEST, ret, d, trunk_id);
	/* What came after the generation before is not in it. */
	if (!ret->is_known && directory_is_stale(d))
		note(ret, -EBADMSG);
	ret->is_stale = ret->credential == CREDENTIAL_STALE ||
			ret->credential == CREDENTIAL_FOREIGN;
	ret->may_be_asked = !ret->is_known && gateway.asks_strangers &&
			    challenge_helps(ret->credential);
	if (!ret->is_known)
		memset(&ret->trunk, 0, sizeof(ret->trunk));
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
