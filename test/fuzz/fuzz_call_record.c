/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_call_record: any bytes as a call's record, as they are and with kind,
 * version and CRC put right.  What comes out must give the same call again.
 */
/* build: with modules/e911/call_record.c modules/e911/record.c */
/* build: with modules/e911/call_store.c modules/e911/call_wheel.c */
/* build: with test/support/platform_libc.c */
/* build: link pthread */
#include "fuzz.h"

#include <stdlib.h>

#include "bytes.h"
#include "crc32c.h"
#include "modules/e911/call_record.h"
#include "support/platform_libc.h"

static char a_socket[] = "udp:192.0.2.1:5060";

void sip_socket_name(const struct sip_flow *flow, char *name, size_t size)
{
	if (text_to_cstr(text_of(flow->socket), name, size) < 0)
		abort();
}

bool sip_socket_find(struct text name, struct sip_flow *flow)
{
	flow->socket = text_equal(name, text_of(a_socket)) ? a_socket : NULL;
	return flow->socket != NULL;
}

/* Each time it goes through a record its CSeq moves on. */
static void undo_skip(struct leg *leg)
{
	leg->local_cseq -= CALL_RECORD_CSEQ_SKIP;
}

static void through_again(struct call *call)
{
	static uint8_t first[RECORD_MAX], second[RECORD_MAX];
	struct call *back;
	size_t len;

	undo_skip(call->a);
	undo_skip(call->b);
	len = call_record_encode(call, first);
	if (len == 0) /* two legs in less than RECORD_MAX, or not */
		return;
	if (call_record_decode(first, len, &back) < 0)
		abort();
	undo_skip(back->a);
	undo_skip(back->b);
	if (call_record_encode(back, second) != len ||
	    memcmp(first, second, len) != 0)
		abort();
	call_unref(back);
}

static void decode(const uint8_t *data, size_t size)
{
	struct call *call;

	if (call_record_decode(data, size, &call) == 0) {
		through_again(call);
		call_unref(call);
	}
	if (shared_in_use() != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	decode(data, size);
	if (size < 8)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[4] = 1;
	copy[5] = 'C';
	le32_put(copy, crc32c(0, copy + 4, size - 4));
	decode(copy, size);
	free(copy);
	return 0;
}
