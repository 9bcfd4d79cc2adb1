/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * location_token: what a location URI (RFC 5808) ends with: a place or a
 * person, sealed, for whoever has the key to look up later.
 *
 * Nothing is remembered: the token says what it stands for and until when,
 * encrypted and signed, so any process that has the key can make one and any
 * other can read it, also after a restart.  16 bytes of it are random and 16
 * are a signature: nobody can guess one or learn from one whose it is.
 *
 *   16  random
 *   32  organisation, endpoint, location, UTC ms of its end; XOR HMAC(random)
 *   16  the first bytes of HMAC(all before)
 *
 * in lower-case hexadecimal digits.  The two keys are HMACs of the one key.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define LOCATION_KEY_SIZE    32
#define LOCATION_RANDOM_SIZE 16
#define LOCATION_TOKEN_LEN   128
#define LOCATION_TOKEN_SIZE  (LOCATION_TOKEN_LEN + 1)

struct location_reference {
	uint64_t organization_id;
	/* Where this one is when somebody looks; 0: it is the location. */
	uint64_t endpoint_id;
	uint64_t location_id; /* where it was; used when that fails */
	int64_t ends_at_ms;   /* UTC */
};

/* random: new ones for each token.  NUL-terminated. */
void location_token_seal(const uint8_t key[LOCATION_KEY_SIZE],
			 const uint8_t random[LOCATION_RANDOM_SIZE],
			 const struct location_reference *r,
			 char ret[LOCATION_TOKEN_SIZE]);
/* -EINVAL: not sealed with this key; -ETIME: it has ended. */
int must_check location_token_open(const uint8_t key[LOCATION_KEY_SIZE],
				   struct text token, int64_t now_ms,
				   struct location_reference *ret);
