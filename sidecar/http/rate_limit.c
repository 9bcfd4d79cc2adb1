/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/rate_limit.h"

#include <sys/random.h>

#include "bytes.h"
#include "sha256.h"

#define ONE 1000U /* request, in thousandths */

void rate_limit_init(struct rate_limit *r, uint32_t per_second)
{
	memset(r->buckets, 0, sizeof(r->buckets));
	r->requests = 0;
	r->per_second = per_second;
	/* For so few bytes it never fails. */
	if (getrandom(r->key, sizeof(r->key), 0) != (ssize_t)sizeof(r->key))
		memset(r->key, 0, sizeof(r->key));
	(void)pthread_mutex_init(&r->lock, NULL);
}

void rate_limit_fini(struct rate_limit *r)
{
	(void)pthread_mutex_destroy(&r->lock);
}

void rate_limit_key(const uint8_t address[16], uint8_t ret[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(ret, address, 16);
	if (memcmp(address, mapped, sizeof(mapped)) != 0)
		memset(ret + 8, 0, 8);
}

static void fill(struct rate_bucket *b, uint32_t per_second, int64_t now_ms)
{
	int64_t passed_ms = now_ms - b->at_ms;
	uint64_t full = (uint64_t)per_second * ONE, tokens = b->tokens;

	if (!b->at_ms || passed_ms >= 1000)
		tokens = full;
	else if (passed_ms > 0)
		tokens += (uint64_t)passed_ms * per_second;
	b->tokens = (uint32_t)(tokens < full ? tokens : full);
	b->at_ms = now_ms;
}

/* Nobody can choose an address that meets another's set.  Who has been silent
 * for longest is told by counting: many ask within a millisecond. */
static struct rate_bucket *bucket_of(struct rate_limit *r,
				     const uint8_t key[16])
{
	struct rate_bucket *set, *oldest;
	uint8_t hash[SHA256_SIZE];

	hmac_sha256(r->key, sizeof(r->key), key, 16, hash);
	set = r->buckets[be64_get(hash) % RATE_SETS];
	oldest = set;
	for (size_t i = 0; i < RATE_WAYS; i++) {
		if (set[i].used && memcmp(set[i].key, key, 16) == 0)
			return &set[i];
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	memcpy(oldest->key, key, 16);
	oldest->at_ms = 0;
	return oldest;
}

static bool take(struct rate_limit *r, const uint8_t key[16], int64_t now_ms)
{
	struct rate_bucket *b = bucket_of(r, key);

	b->used = ++r->requests;
	fill(b, r->per_second, now_ms);
	if (b->tokens < ONE)
		return false;
	b->tokens -= ONE;
	return true;
}

bool rate_limit_allows(struct rate_limit *r, const uint8_t key[16],
		       int64_t now_ms)
{
	bool allowed;

	if (!r->per_second)
		return true;
	(void)pthread_mutex_lock(&r->lock);
	allowed = take(r, key, now_ms);
	(void)pthread_mutex_unlock(&r->lock);
	return allowed;
}
