/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_time_zone: any bytes as a file of the tz database.  What is taken as
 * one shows some time at any time, and its name ends.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdlib.h>

#include "notify/time_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t times[] = {
		0,
		INT64_C(-30610224000000),
		INT64_C(1795298602123),
		INT64_C(2556144000000),
		INT64_C(253402300799999),
	};
	struct time_zone *z = NULL;

	if (time_zone_parse(&z, text_make((const char *)data, size)) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct local_time t;

		time_zone_local(z, times[i], &t);
		if (t.weekday < 0 || t.weekday > 6 || t.minute < 0 ||
		    t.minute > 1439 || t.month < 1 || t.month > 12 ||
		    strlen(t.name) >= sizeof(t.name))
			abort();
	}
	(void)time_zone_free(z);
	return 0;
}
