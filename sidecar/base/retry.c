/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/retry.h"

void retry_init(struct retry *r, int max_ms)
{
	r->max_ms = max_ms;
	retry_reset(r);
}

void retry_reset(struct retry *r)
{
	r->next_ms = RETRY_FIRST_MS < r->max_ms ? RETRY_FIRST_MS : r->max_ms;
}

int retry_next_ms(struct retry *r)
{
	int now = r->next_ms;

	r->next_ms = now > r->max_ms / 2 ? r->max_ms : now * 2;
	return now;
}
