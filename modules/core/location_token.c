/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "location_token.h"

#include <errno.h>

#include "bytes.h"
#include "sha256.h"

#define PAYLOAD SHA256_SIZE /* one HMAC hides it */
#define TAG     16
#define SIGNED  (LOCATION_RANDOM_SIZE + PAYLOAD)
#define ALL     (SIGNED + TAG)
#define TO_HIDE "e911 location token: hide"
#define TO_SIGN "e911 location token: sign"

struct keys {
	uint8_t hide[SHA256_SIZE], sign[SHA256_SIZE];
};

static struct keys derive(const uint8_t key[LOCATION_KEY_SIZE])
{
	struct keys k = { 0 };

	hmac_sha256(key, LOCATION_KEY_SIZE, TO_HIDE, sizeof(TO_HIDE) - 1,
		    k.hide);
	hmac_sha256(key, LOCATION_KEY_SIZE, TO_SIGN, sizeof(TO_SIGN) - 1,
		    k.sign);
	return k;
}

/* There and back. */
static void hide(const struct keys *k, const uint8_t *random,
		 uint8_t payload[PAYLOAD])
{
	uint8_t stream[SHA256_SIZE];

	hmac_sha256(k->hide, sizeof(k->hide), random, LOCATION_RANDOM_SIZE,
		    stream);
	for (size_t i = 0; i < PAYLOAD; i++)
		payload[i] ^= stream[i];
}

static void sign(const struct keys *k, const uint8_t *all, uint8_t tag[TAG])
{
	uint8_t mac[SHA256_SIZE];

	hmac_sha256(k->sign, sizeof(k->sign), all, SIGNED, mac);
	memcpy(tag, mac, TAG);
}

void location_token_seal(const uint8_t key[LOCATION_KEY_SIZE],
			 const uint8_t random[LOCATION_RANDOM_SIZE],
			 const struct location_reference *r,
			 char ret[LOCATION_TOKEN_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	struct keys k = derive(key);
	uint8_t all[ALL], *payload = all + LOCATION_RANDOM_SIZE;

	memcpy(all, random, LOCATION_RANDOM_SIZE);
	be64_put(payload, r->organization_id);
	be64_put(payload + 8, r->endpoint_id);
	be64_put(payload + 16, r->location_id);
	be64_put(payload + 24, (uint64_t)r->ends_at_ms);
	hide(&k, all, payload);
	sign(&k, all, all + SIGNED);
	for (size_t i = 0; i < ALL; i++) {
		ret[2 * i] = digits[all[i] >> 4];
		ret[2 * i + 1] = digits[all[i] & 15];
	}
	ret[LOCATION_TOKEN_LEN] = '\0';
}

static bool read_hex(struct text token, uint8_t ret[ALL])
{
	if (token.len != LOCATION_TOKEN_LEN)
		return false;
	for (size_t i = 0; i < ALL; i++) {
		int high = text_hex_digit(token.p[2 * i]);
		int low = text_hex_digit(token.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Takes as long wherever they differ. */
static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint8_t differs = 0;

	for (size_t i = 0; i < len; i++)
		differs |= a[i] ^ b[i];
	return differs == 0;
}

int location_token_open(const uint8_t key[LOCATION_KEY_SIZE], struct text token,
			int64_t now_ms, struct location_reference *ret)
{
	uint8_t all[ALL], tag[TAG], *payload = all + LOCATION_RANDOM_SIZE;
	struct location_reference r;
	struct keys k = { 0 };

	if (!read_hex(token, all))
		return -EINVAL;
	k = derive(key);
	sign(&k, all, tag);
	if (!same(tag, all + SIGNED, TAG))
		return -EINVAL;
	hide(&k, all, payload);
	r = (struct location_reference){
		.organization_id = be64_get(payload),
		.endpoint_id = be64_get(payload + 8),
		.location_id = be64_get(payload + 16),
		.ends_at_ms = (int64_t)be64_get(payload + 24),
	};
	if (r.ends_at_ms <= now_ms)
		return -ETIME;
	*ret = r;
	return 0;
}
