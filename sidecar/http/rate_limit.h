/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rate_limit: how often may one address ask?
 *
 * A bucket for each address, IPv6 by its /64: it holds as many requests as are
 * allowed in a second and fills as fast.  There are 4,096 buckets; two
 * addresses that meet in one share it, so a crowd costs no memory and can only
 * be limited more, never less.  Any thread.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "text.h"

#define RATE_BUCKETS 4096

struct rate_limit {
	pthread_mutex_t lock;
	uint32_t per_second; /* 0: no limit */
	uint8_t key[16];     /* random: which bucket is whose */
	struct rate_bucket {
		int64_t at_ms;   /* monotonic: of the last request */
		uint32_t tokens; /* thousandths of a request */
	} buckets[RATE_BUCKETS];
};

void rate_limit_init(struct rate_limit *r, uint32_t per_second);
void rate_limit_fini(struct rate_limit *r);
/* Takes one request from the bucket, if there is one. */
bool rate_limit_allows(struct rate_limit *r, const uint8_t address[16],
		       int64_t now_ms);
