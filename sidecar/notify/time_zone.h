/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * time_zone: what a clock on the wall shows, by the tz database's files
 * (TZif, RFC 8536).
 *
 * libc knows one zone for the whole process; notices have those of their
 * places.  Files are hostile bytes like any other.
 */
#pragma once

#include <stdint.h>

#include "text.h"

struct time_zone;

/*
 * <directory>/<name>.  -EINVAL: no name of a zone; -ENOENT; -EBADMSG: no such
 * file is a zone; -ENOMEM.
 */
int must_check time_zone_load(struct time_zone **ret, const char *directory,
			      struct text name);
/* The bytes of such a file.  -EBADMSG, -ENOMEM. */
int must_check time_zone_parse(struct time_zone **ret, struct text file);
/* Accepts NULL; returns NULL. */
struct time_zone *time_zone_free(struct time_zone *z);

#define TIME_ZONE_NAME_SIZE 12
struct local_time {
	int year, month, day; /* 1..12, 1..31 */
	int weekday;          /* Monday is 0 */
	int minute;           /* of the day */
	int second;
	char name[TIME_ZONE_NAME_SIZE]; /* "PST" */
};
/* NULL is UTC. */
void time_zone_local(const struct time_zone *z, int64_t utc_ms,
		     struct local_time *ret);
