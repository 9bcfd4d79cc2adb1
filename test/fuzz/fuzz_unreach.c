/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_unreach: ICMP and ICMPv6 messages; the first byte says which. */
/* build: with test/support/sweep.c */
#include "fuzz.h"

#include <stdlib.h>

#include "unreach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unreach u = { 0 };
	const char *begin, *end;

	if (!size)
		return 0;
	begin = (const char *)data + 1;
	end = begin + size - 1;
	if (unreach_parse(data[0] == '6' ? UNREACH_ICMPV6
					 : UNREACH_ICMP_WITH_IP,
			  begin, size - 1, &u) < 0) {
		if (u.why || u.call_id.len)
			abort();
		return 0;
	}
	if (!u.why)
		abort();
	if (u.call_id.len &&
	    (u.call_id.p < begin || u.call_id.p + u.call_id.len > end))
		abort();
	return 0;
}
