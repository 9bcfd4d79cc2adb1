/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_session: who looks at a screen.
 *
 * A screen has a token (e911.screen, screen_token_new()), "12-9f0c...": its
 * number and a secret of 244 random bits, of which the directory has the
 * SHA-256.  A page shows it once and is given a cookie, which says which
 * screen, until when, and which token; it is signed, and nothing is remembered,
 * so that it holds over a restart.  A new token ends it.
 *
 * Requests that change something show beside the cookie what it stands for
 * (X-E911-Token), which no other site's page can know or send.
 */
#pragma once

#include "location_token.h"
#include "modules/e911/directory.h"
#include "sha256.h"

#define SCREEN_COOKIE_LEN  128
#define SCREEN_COOKIE_SIZE (SCREEN_COOKIE_LEN + 1)
#define SCREEN_PROOF_LEN   32
#define SCREEN_PROOF_SIZE  (SCREEN_PROOF_LEN + 1)
#define SCREEN_NAME_SIZE   256

struct screen_session {
	uint64_t screen_id;
	int64_t ends_at_ms;     /* UTC */
	uint8_t token_hash[16]; /* the first bytes */
	/* What the directory says now: */
	uint64_t organization_id, building_id;
	char name[SCREEN_NAME_SIZE];
};

/* -EACCES: no token, or a wrong one; -EIO: the directory cannot tell. */
int must_check screen_session_begin(struct directory *d, struct text token,
				    int64_t ends_at_ms,
				    struct screen_session *ret);
/* The cookie's value; NUL-terminated. */
void screen_session_seal(const struct screen_session *s,
			 const uint8_t key[LOCATION_KEY_SIZE],
			 char ret[SCREEN_COOKIE_SIZE]);
/* From the header Cookie.  -EACCES: none that holds now; -EIO. */
int must_check screen_session_open(struct directory *d, struct text cookie,
				   const uint8_t key[LOCATION_KEY_SIZE],
				   int64_t now_ms, struct screen_session *ret);
/* Does it hold still?  -EACCES; -EIO: the directory cannot tell. */
int must_check screen_session_check(struct directory *d,
				    struct screen_session *s, int64_t now_ms);
/* What X-E911-Token has to say; NUL-terminated. */
void screen_session_proof(const struct screen_session *s,
			  const uint8_t key[LOCATION_KEY_SIZE],
			  char ret[SCREEN_PROOF_SIZE]);
bool screen_session_is_proven(const struct screen_session *s,
			      const uint8_t key[LOCATION_KEY_SIZE],
			      struct text proof);
