/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/screen_session.h"

#include <errno.h>

#include "bytes.h"

#define COOKIE_NAME "e911_screen="
#define SAID_SIZE   32 /* screen, end, token */
#define SEALED_SIZE (SAID_SIZE + SHA256_SIZE)

_Static_assert(2 * SEALED_SIZE == SCREEN_COOKIE_LEN, "as hexadecimal digits");

/* Takes as long whatever differs. */
static bool is_same(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;
	uint8_t differs = 0;

	for (size_t i = 0; i < len; i++)
		differs |= x[i] ^ y[i];
	return differs == 0;
}

/* ---- what the directory says ---- */

static int read_screen(struct directory *d, uint64_t screen_id,
		       struct dir_screen *ret)
{
	int err = d ? directory_screen(d, screen_id, ret) : -EIO;

	if (err == 0 && ret->token_sha256.len != SHA256_SIZE)
		err = -ENOENT;
	if (err < 0)
		return err == -ENOENT ? -EACCES : -EIO;
	return 0;
}

static int take_screen(struct screen_session *s, const struct dir_screen *r)
{
	s->screen_id = r->screen_id;
	s->organization_id = r->organization_id;
	s->building_id = r->building_id;
	return text_to_cstr(r->name, s->name, sizeof(s->name)) < 0 ? -EIO : 0;
}

static bool number_of(struct text t, uint64_t *ret)
{
	uint64_t n = 0;

	if (!t.len || t.len > 18)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return false;
		n = 10 * n + (uint64_t)(t.p[i] - '0');
	}
	*ret = n;
	return true;
}

int screen_session_begin(struct directory *d, struct text token,
			 int64_t ends_at_ms, struct screen_session *ret)
{
	struct screen_session s = { .ends_at_ms = ends_at_ms };
	uint8_t hash[SHA256_SIZE];
	struct dir_screen r = { 0 };
	struct sha256 sum;
	uint64_t id;
	size_t dash;
	int err;

	token = text_trim(token);
	dash = text_index(token, '-');
	if (dash == token.len || !number_of(text_make(token.p, dash), &id))
		return -EACCES;
	err = read_screen(d, id, &r);
	if (err < 0)
		return err;
	sha256_begin(&sum);
	sha256_add(&sum, token.p + dash + 1, token.len - dash - 1);
	sha256_end(&sum, hash);
	if (!is_same(hash, r.token_sha256.p, SHA256_SIZE))
		return -EACCES;
	memcpy(s.token_hash, hash, sizeof(s.token_hash));
	err = take_screen(&s, &r);
	if (err == 0)
		*ret = s;
	return err;
}

int screen_session_check(struct directory *d, struct screen_session *s,
			 int64_t now_ms)
{
	struct dir_screen r = { 0 };
	int err;

	if (now_ms >= s->ends_at_ms)
		return -EACCES;
	err = read_screen(d, s->screen_id, &r);
	if (err < 0)
		return err;
	if (!is_same(s->token_hash, r.token_sha256.p, sizeof(s->token_hash)))
		return -EACCES;
	return take_screen(s, &r);
}

/* ---- the cookie ---- */

static void seal(const struct screen_session *s,
		 const uint8_t key[LOCATION_KEY_SIZE], uint8_t ret[SEALED_SIZE])
{
	be64_put(ret, s->screen_id);
	be64_put(ret + 8, (uint64_t)s->ends_at_ms);
	memcpy(ret + 16, s->token_hash, sizeof(s->token_hash));
	hmac_sha256(key, LOCATION_KEY_SIZE, ret, SAID_SIZE, ret + SAID_SIZE);
}

void screen_session_seal(const struct screen_session *s,
			 const uint8_t key[LOCATION_KEY_SIZE],
			 char ret[SCREEN_COOKIE_SIZE])
{
	uint8_t sealed[SEALED_SIZE];

	seal(s, key, sealed);
	text_hex(ret, sealed, sizeof(sealed));
}

/* RFC 6265 5.4: "a=1; b=2". */
static struct text value_of(struct text cookies)
{
	const struct text name = text_of(COOKIE_NAME);
	struct text piece;

	while (text_cut(&cookies, ';', &piece)) {
		piece = text_trim(piece);
		if (piece.len == name.len + SCREEN_COOKIE_LEN &&
		    memcmp(piece.p, name.p, name.len) == 0)
			return text_make(piece.p + name.len, SCREEN_COOKIE_LEN);
	}
	return text_of("");
}

static bool unhex(struct text t, uint8_t ret[SEALED_SIZE])
{
	if (t.len != SCREEN_COOKIE_LEN)
		return false;
	for (size_t i = 0; i < SEALED_SIZE; i++) {
		int high = text_hex_digit(t.p[2 * i]);
		int low = text_hex_digit(t.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int screen_session_open(struct directory *d, struct text cookie,
			const uint8_t key[LOCATION_KEY_SIZE], int64_t now_ms,
			struct screen_session *ret)
{
	uint8_t said[SEALED_SIZE], ours[SEALED_SIZE];
	struct screen_session s = { 0 };
	int err;

	if (!unhex(value_of(cookie), said))
		return -EACCES;
	s.screen_id = be64_get(said);
	s.ends_at_ms = (int64_t)be64_get(said + 8);
	memcpy(s.token_hash, said + 16, sizeof(s.token_hash));
	seal(&s, key, ours);
	if (!is_same(said, ours, SEALED_SIZE))
		return -EACCES;
	err = screen_session_check(d, &s, now_ms);
	if (err == 0)
		*ret = s;
	return err;
}

/* ---- the proof ---- */

void screen_session_proof(const struct screen_session *s,
			  const uint8_t key[LOCATION_KEY_SIZE],
			  char ret[SCREEN_PROOF_SIZE])
{
	uint8_t said[6 + SEALED_SIZE] = "proof:", hash[SHA256_SIZE];

	/* Whenever the session ends: a page keeps its proof. */
	be64_put(said + 6, s->screen_id);
	memcpy(said + 14, s->token_hash, sizeof(s->token_hash));
	hmac_sha256(key, LOCATION_KEY_SIZE, said, 14 + sizeof(s->token_hash),
		    hash);
	text_hex(ret, hash, SCREEN_PROOF_LEN / 2);
}

bool screen_session_is_proven(const struct screen_session *s,
			      const uint8_t key[LOCATION_KEY_SIZE],
			      struct text proof)
{
	char ours[SCREEN_PROOF_SIZE];

	screen_session_proof(s, key, ours);
	return proof.len == SCREEN_PROOF_LEN &&
	       is_same(ours, proof.p, SCREEN_PROOF_LEN);
}
