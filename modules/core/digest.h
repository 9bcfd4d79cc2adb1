/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * digest: SIP's digest authentication (RFC 3261 22, RFC 7616, RFC 8760), the
 * server's half.
 *
 * The nonce is the time and an HMAC of it: nothing is remembered, and any
 * worker knows a nonce of any other.  So one can be used again as long as it
 * is fresh, for the same method.  qop "auth" is demanded: without it a response
 * says nothing of the client's own nonce.
 *
 * The response is of the answer's own URI.  Whether that is the Request-URI
 * nobody asks: whatever stands between may have changed it, and RFC 3261 22.4
 * does not call that a failure.
 */
#pragma once

#include "sha256.h"
#include "text.h"

#define DIGEST_KEY_SIZE   32
#define DIGEST_NONCE_SIZE 49 /* 16 + 32 digits, NUL */
#define DIGEST_LASTS_MS   300000

enum digest_algorithm { DIGEST_MD5 = 1, DIGEST_SHA256 = 2 }; /* bits */
#define DIGEST_BOTH    (DIGEST_MD5 | DIGEST_SHA256)
#define DIGEST_HEX_MAX (2 * SHA256_SIZE)

/* Values without their quotes, borrowed; as sent, escapes and all. */
struct digest_answer {
	struct text username, realm, nonce, uri, response, cnonce, nc, qop;
	enum digest_algorithm algorithm;
};

/*
 * An Authorization value.  -ENOTSUP: of another scheme or algorithm, so it
 * answers no challenge of ours; -EINVAL: what must be there is not, or is
 * there twice.  Then what could be read of it is in *ret: the realm, or not.
 */
int must_check digest_parse(struct text value, struct digest_answer *ret);

/* What the response to this must be; a->response is not looked at.  ha1:
 * MD5_SIZE or SHA256_SIZE bytes, of the answer's algorithm. */
struct text digest_response(const struct digest_answer *a, struct text method,
			    const uint8_t *ha1, char buf[DIGEST_HEX_MAX + 1]);
bool digest_is_right(const struct digest_answer *a, struct text method,
		     const uint8_t *ha1);

void digest_nonce_make(const uint8_t key[DIGEST_KEY_SIZE], int64_t now_ms,
		       char ret[DIGEST_NONCE_SIZE]);

enum digest_nonce {
	DIGEST_NONCE_FOREIGN, /* not made with this key */
	DIGEST_NONCE_STALE,   /* ours, and older than DIGEST_LASTS_MS */
	DIGEST_NONCE_FRESH,
};
enum digest_nonce digest_nonce_check(const uint8_t key[DIGEST_KEY_SIZE],
				     struct text nonce, int64_t now_ms);
