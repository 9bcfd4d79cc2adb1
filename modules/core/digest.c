/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digest.h"

#include <errno.h>
#include <string.h>

#include "md5.h"

/* ---- the header ---- */

struct parameter {
	struct text name, value;
};

static struct text skip(struct text t, const char *of)
{
	while (t.len && strchr(of, t.p[0]) && t.p[0]) {
		t.p++;
		t.len--;
	}
	return t;
}

/* The text between the quotes; rest begins behind them. */
static int take_quoted(struct text *rest, struct text *ret)
{
	for (size_t i = 1; i < rest->len; i++) {
		if (rest->p[i] == '\\') {
			i++;
		} else if (rest->p[i] == '"') {
			*ret = text_make(rest->p + 1, i - 1);
			*rest = text_make(rest->p + i + 1, rest->len - i - 1);
			return 0;
		}
	}
	return -EINVAL;
}

static void take_token(struct text *rest, struct text *ret)
{
	size_t n = 0;

	while (n < rest->len && !strchr(" \t\r\n,", rest->p[n]))
		n++;
	*ret = text_make(rest->p, n);
	*rest = text_make(rest->p + n, rest->len - n);
}

/* "name=value" or "name="value"", and the comma behind it.  0: taken; 1: there
 * is no more. */
static int take_parameter(struct text *rest, struct parameter *ret)
{
	size_t equals;
	int err = 0;

	*rest = skip(*rest, " \t\r\n,");
	if (!rest->len)
		return 1;
	equals = text_index(*rest, '=');
	if (equals == rest->len)
		return -EINVAL;
	ret->name = text_trim(text_make(rest->p, equals));
	*rest = skip(text_make(rest->p + equals + 1, rest->len - equals - 1),
		     " \t\r\n");
	if (rest->len && rest->p[0] == '"')
		err = take_quoted(rest, &ret->value);
	else
		take_token(rest, &ret->value);
	if (err < 0)
		return err;
	*rest = skip(*rest, " \t\r\n");
	return !rest->len || rest->p[0] == ',' ? 0 : -EINVAL;
}

static int take_algorithm(struct text value, struct digest_answer *ret)
{
	if (text_equal_nocase(value, text_of("MD5")))
		ret->algorithm = DIGEST_MD5;
	else if (text_equal_nocase(value, text_of("SHA-256")))
		ret->algorithm = DIGEST_SHA256;
	else
		return -ENOTSUP;
	return 0;
}

static int take(struct digest_answer *ret, const struct parameter *p)
{
	const struct {
		const char *name;
		struct text *where;
	} known[] = {
		{ "username", &ret->username },
		{ "realm", &ret->realm },
		{ "nonce", &ret->nonce },
		{ "uri", &ret->uri },
		{ "response", &ret->response },
		{ "cnonce", &ret->cnonce },
		{ "nc", &ret->nc },
		{ "qop", &ret->qop },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!text_equal_nocase(p->name, text_of(known[i].name)))
			continue;
		if (known[i].where->p)
			return -EINVAL;
		*known[i].where = p->value;
		return 0;
	}
	return text_equal_nocase(p->name, text_of("algorithm"))
		       ? take_algorithm(p->value, ret)
		       : 0;
}

int digest_parse(struct text value, struct digest_answer *ret)
{
	struct text rest = text_trim(value), scheme;
	struct parameter p;
	int got;

	*ret = (struct digest_answer){ .algorithm = DIGEST_MD5 };
	take_token(&rest, &scheme);
	if (!text_equal_nocase(scheme, text_of("Digest")))
		return -ENOTSUP;
	while ((got = take_parameter(&rest, &p)) == 0) {
		int err = take(ret, &p);

		if (err < 0)
			return err;
	}
	if (got < 0 || !ret->username.len || !ret->realm.p || !ret->nonce.len ||
	    !ret->uri.len || !ret->response.len || !ret->cnonce.len ||
	    !text_equal_nocase(ret->qop, text_of("auth")) || ret->nc.len != 8)
		return -EINVAL;
	return 0;
}

/* ---- the response ---- */

struct hash {
	enum digest_algorithm algorithm;
	union {
		struct md5 md5;
		struct sha256 sha256;
	} u;
};

static void hash_begin(struct hash *h, enum digest_algorithm algorithm)
{
	h->algorithm = algorithm;
	if (algorithm == DIGEST_MD5)
		md5_begin(&h->u.md5);
	else
		sha256_begin(&h->u.sha256);
}

static void hash_add(struct hash *h, struct text t)
{
	if (!t.len)
		return;
	if (h->algorithm == DIGEST_MD5)
		md5_add(&h->u.md5, t.p, t.len);
	else
		sha256_add(&h->u.sha256, t.p, t.len);
}

/* As lower-case digits; how many. */
static struct text hash_end(struct hash *h, char hex[DIGEST_HEX_MAX + 1])
{
	uint8_t out[SHA256_SIZE];
	size_t size = h->algorithm == DIGEST_MD5 ? MD5_SIZE : SHA256_SIZE;

	if (h->algorithm == DIGEST_MD5)
		md5_end(&h->u.md5, out);
	else
		sha256_end(&h->u.sha256, out);
	text_hex(hex, out, size);
	return text_make(hex, 2 * size);
}

static bool same_digits(struct text a, struct text b)
{
	unsigned char differs = 0;

	if (a.len != b.len)
		return false;
	/* Without a hint, in time, of how much was right. */
	for (size_t i = 0; i < a.len; i++) {
		char c = a.p[i];

		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		differs |= (unsigned char)c ^ (unsigned char)b.p[i];
	}
	return differs == 0;
}

struct text digest_response(const struct digest_answer *a, struct text method,
			    const uint8_t *ha1, char buf[DIGEST_HEX_MAX + 1])
{
	char one[DIGEST_HEX_MAX + 1], two[DIGEST_HEX_MAX + 1];
	size_t size = a->algorithm == DIGEST_MD5 ? MD5_SIZE : SHA256_SIZE;
	const struct text colon = text_of(":");
	struct text a2;
	struct hash h;

	text_hex(one, ha1, size);
	hash_begin(&h, a->algorithm);
	hash_add(&h, method);
	hash_add(&h, colon);
	hash_add(&h, a->uri);
	a2 = hash_end(&h, two);
	hash_begin(&h, a->algorithm);
	hash_add(&h, text_make(one, 2 * size));
	for (unsigned i = 0; i < 5; i++) {
		const struct text parts[] = { a->nonce, a->nc, a->cnonce,
					      a->qop, a2 };

		hash_add(&h, colon);
		hash_add(&h, parts[i]);
	}
	return hash_end(&h, buf);
}

bool digest_is_right(const struct digest_answer *a, struct text method,
		     const uint8_t *ha1)
{
	char want[DIGEST_HEX_MAX + 1];

	return same_digits(a->response, digest_response(a, method, ha1, want));
}

/* ---- the nonce ---- */

static void nonce_at(const uint8_t key[DIGEST_KEY_SIZE], uint64_t ms,
		     char ret[DIGEST_NONCE_SIZE])
{
	uint8_t time[8], mac[SHA256_SIZE];

	for (unsigned i = 0; i < sizeof(time); i++)
		time[i] = (uint8_t)(ms >> (56 - 8 * i));
	hmac_sha256(key, DIGEST_KEY_SIZE, time, sizeof(time), mac);
	text_hex(ret, time, sizeof(time));
	text_hex(ret + 16, mac, 16);
}

void digest_nonce_make(const uint8_t key[DIGEST_KEY_SIZE], int64_t now_ms,
		       char ret[DIGEST_NONCE_SIZE])
{
	nonce_at(key, (uint64_t)now_ms, ret);
}

enum digest_nonce digest_nonce_check(const uint8_t key[DIGEST_KEY_SIZE],
				     struct text nonce, int64_t now_ms)
{
	char want[DIGEST_NONCE_SIZE];
	uint64_t at = 0;

	if (nonce.len != DIGEST_NONCE_SIZE - 1)
		return DIGEST_NONCE_FOREIGN;
	for (size_t i = 0; i < 16; i++) {
		char c = nonce.p[i];

		if (!text_is_digit(c) && !(c >= 'a' && c <= 'f'))
			return DIGEST_NONCE_FOREIGN;
		at = at << 4 |
		     (uint64_t)(text_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	nonce_at(key, at, want);
	if (!same_digits(nonce, text_make(want, DIGEST_NONCE_SIZE - 1)))
		return DIGEST_NONCE_FOREIGN;
	return (int64_t)at + DIGEST_LASTS_MS >= now_ms ? DIGEST_NONCE_FRESH
						       : DIGEST_NONCE_STALE;
}
