/* SPDX-License-Identifier: GPL-2.0-or-later */
/* retry: how long to pause before the next attempt: 100 ms, doubling. */
#pragma once

#define RETRY_FIRST_MS 100

struct retry {
	int max_ms;
	int next_ms;
};

void retry_init(struct retry *r, int max_ms);
/* It worked: the next pause is short again. */
void retry_reset(struct retry *r);
/* The pause to make now; the next one is longer. */
int retry_next_ms(struct retry *r);
