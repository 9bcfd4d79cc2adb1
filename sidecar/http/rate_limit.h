/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rate_limit: how often may one address ask, or whoever a key stands for?
 *
 * A bucket for each: it holds as many requests as are allowed in a second and
 * fills as fast.  There are 4,096, four where a key may lie; a fifth takes that
 * of whoever has been silent for longest.  So nobody is limited by what others
 * ask, a crowd costs no memory, and of more than some thousand in a second some
 * are limited less.  Any thread.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "text.h"

#define RATE_SETS 1024
#define RATE_WAYS 4

struct rate_limit {
	pthread_mutex_t lock;
	uint32_t per_second; /* 0: no limit */
	uint8_t key[16];     /* random: which set is whose */
	uint64_t requests;   /* so far */
	struct rate_bucket {
		uint8_t key[16]; /* whose it is, if used is not 0 */
		int64_t at_ms;   /* monotonic: of the last request */
		uint64_t used;   /* which request that was */
		uint32_t tokens; /* thousandths of a request */
	} buckets[RATE_SETS][RATE_WAYS];
};

void rate_limit_init(struct rate_limit *r, uint32_t per_second);
void rate_limit_fini(struct rate_limit *r);
/* Takes one request from the bucket, if there is one. */
bool rate_limit_allows(struct rate_limit *r, const uint8_t key[16],
		       int64_t now_ms);
/* What counts as one client: an address of IPv4, a /64 of IPv6. */
void rate_limit_key(const uint8_t address[16], uint8_t ret[16]);
