/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/delivery_state.h"

#include <errno.h>

#include "bytes.h"
#include "crc32c.h"

#define VERSION 1

enum at {
	AT_CRC = 0,
	AT_VERSION = 4,
	AT_STAGE = 5,
	AT_STATUS = 6,
	AT_ATTEMPTS = 8,
	AT_REVISION = 12,
	AT_QUEUED = 16,
	AT_DUE = 24,
	AT_FIRST = 32,
	AT_LAST = 40,
	AT_DONE = 48,
	AT_WHY = 56,
};

static const char *const names[DELIVERY_STAGES] = {
	[DELIVERY_WAITING] = "waiting",   [DELIVERY_DELIVERED] = "delivered",
	[DELIVERY_GIVEN_UP] = "given up", [DELIVERY_CANCELLED] = "cancelled",
	[DELIVERY_DROPPED] = "dropped",
};

const char *delivery_stage_name(unsigned stage)
{
	return stage < DELIVERY_STAGES ? names[stage] : NULL;
}

void delivery_state_encode(const struct delivery_state *s,
			   uint8_t ret[DELIVERY_HEAD])
{
	size_t len = strnlen(s->why, DELIVERY_HEAD - AT_WHY - 1);

	memset(ret, 0, DELIVERY_HEAD);
	ret[AT_VERSION] = VERSION;
	ret[AT_STAGE] = (uint8_t)s->stage;
	le16_put(ret + AT_STATUS, (uint16_t)s->status);
	le32_put(ret + AT_ATTEMPTS, s->attempts);
	le32_put(ret + AT_REVISION, s->revision);
	le64_put(ret + AT_QUEUED, (uint64_t)s->queued_ms);
	le64_put(ret + AT_DUE, (uint64_t)s->due_ms);
	le64_put(ret + AT_FIRST, (uint64_t)s->first_ms);
	le64_put(ret + AT_LAST, (uint64_t)s->last_ms);
	le64_put(ret + AT_DONE, (uint64_t)s->done_ms);
	ret[AT_WHY] = (uint8_t)len;
	memcpy(ret + AT_WHY + 1, s->why, len);
	le32_put(ret + AT_CRC,
		 crc32c(0, ret + AT_VERSION, DELIVERY_HEAD - AT_VERSION));
}

int delivery_state_decode(const void *data, size_t len,
			  struct delivery_state *ret)
{
	struct delivery_state s = { .stage = DELIVERY_WAITING };
	const uint8_t *p = data;

	if (len < DELIVERY_HEAD || p[AT_VERSION] != VERSION ||
	    p[AT_STAGE] >= DELIVERY_STAGES ||
	    p[AT_WHY] > DELIVERY_HEAD - AT_WHY - 1 ||
	    le32_get(p + AT_CRC) !=
		    crc32c(0, p + AT_VERSION, DELIVERY_HEAD - AT_VERSION))
		return -EBADMSG;
	s.stage = (enum delivery_stage)p[AT_STAGE];
	s.status = le16_get(p + AT_STATUS);
	s.attempts = le32_get(p + AT_ATTEMPTS);
	s.revision = le32_get(p + AT_REVISION);
	s.queued_ms = (int64_t)le64_get(p + AT_QUEUED);
	s.due_ms = (int64_t)le64_get(p + AT_DUE);
	s.first_ms = (int64_t)le64_get(p + AT_FIRST);
	s.last_ms = (int64_t)le64_get(p + AT_LAST);
	s.done_ms = (int64_t)le64_get(p + AT_DONE);
	memcpy(s.why, p + AT_WHY + 1, p[AT_WHY]);
	*ret = s;
	return 0;
}
