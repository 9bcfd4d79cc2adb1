/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "credential.h"

#include <errno.h>

#include "md5.h"

/* The answer to a challenge of ours, if there is one in our realm. */
static enum credential_state find_answer(const struct request_view *rq,
					 struct text realm,
					 struct digest_answer *ret)
{
	enum credential_state s = CREDENTIAL_NONE;

	for (size_t i = 0; i < rq->header_count; i++) {
		struct text name = rq->headers[i].name;

		if (!text_equal_nocase(name, text_of("Authorization")) &&
		    !text_equal_nocase(name, text_of("Proxy-Authorization")))
			continue;
		if (digest_parse(rq->headers[i].value, ret) < 0)
			s = CREDENTIAL_GARBAGE;
		else if (text_equal(ret->realm, realm))
			return CREDENTIAL_RIGHT;
	}
	return s;
}

static enum credential_state check(struct directory *d,
				   const struct digest_answer *a,
				   const struct shown *shown,
				   const struct credential_conf *conf,
				   uint64_t *ret_trunk_id)
{
	struct dir_credential c;
	struct text ha1;

	if (directory_credential(d, a->username, &c) < 0)
		return CREDENTIAL_UNKNOWN;
	ha1 = a->algorithm == DIGEST_MD5 ? c.ha1_md5 : c.ha1_sha256;
	if (ha1.len != (a->algorithm == DIGEST_MD5 ? MD5_SIZE : SHA256_SIZE) ||
	    !digest_is_right(a, shown->method, (const uint8_t *)ha1.p))
		return CREDENTIAL_WRONG;
	*ret_trunk_id = c.trunk_id;
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

static void note(struct sender *s, int err)
{
	if (err < 0 && err != -ENOENT)
		s->directory_error = err;
}

/* Known by address: served whatever it lacks. */
static void known_by_address(struct sender *s, uint64_t credential_trunk)
{
	bool shown = credential_trunk == s->trunk.trunk_id &&
		     (s->credential == CREDENTIAL_RIGHT ||
		      s->credential == CREDENTIAL_STALE);

	s->is_known = true;
	s->lacks_proof = s->trunk.proofs & TRUNK_PROOF_DIGEST && !shown;
	if (s->lacks_proof && (s->credential == CREDENTIAL_RIGHT ||
			       s->credential == CREDENTIAL_STALE))
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
	note(s, err);
	s->is_known = err == 0 && s->trunk.proofs == TRUNK_PROOF_DIGEST;
}

void sender_find(struct sender *ret, struct directory *d,
		 const struct shown *shown, const struct credential_conf *conf)
{
	struct dir_gateway gateway = { 0 };
	struct digest_answer answer;
	uint64_t trunk_id = 0;
	int by_address;

	memset(ret, 0, sizeof(*ret));
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
		ret->credential = check(d, &answer, shown, conf, &trunk_id);
	if (by_address == 0)
		known_by_address(ret, trunk_id);
	else
		known_by_credential(ret, d, trunk_id);
	ret->may_be_asked = !ret->is_known && gateway.asks_strangers;
	if (!ret->is_known)
		memset(&ret->trunk, 0, sizeof(ret->trunk));
}

const char *credential_fault(enum credential_state s)
{
	switch (s) {
	case CREDENTIAL_NONE:
		return "Authorization: there is none";
	case CREDENTIAL_GARBAGE:
		return "Authorization: cannot be read";
	case CREDENTIAL_UNKNOWN:
		return "Authorization: no user of this trunk";
	case CREDENTIAL_WRONG:
		return "Authorization: the response is wrong";
	case CREDENTIAL_FOREIGN:
		return "Authorization: the nonce is not this node's";
	case CREDENTIAL_STALE:
	case CREDENTIAL_RIGHT:
		break;
	}
	return "";
}

void credential_challenge(struct text_writer *w, struct text realm,
			  bool is_stale, int64_t now_ms,
			  const struct credential_conf *conf)
{
	static const char *const algorithms[] = { "SHA-256", "MD5" };
	char nonce[DIGEST_NONCE_SIZE];

	digest_nonce_make(conf->key, now_ms, nonce);
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
		text_writef(w,
			    "WWW-Authenticate: Digest realm=\"%.*s\", "
			    "nonce=\"%s\", algorithm=%s, qop=\"auth\"%s\r\n",
			    TEXT_ARG(realm), nonce, algorithms[i],
			    is_stale ? ", stale=true" : "");
}
