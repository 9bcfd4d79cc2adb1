/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/room.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stats.h"
#include "events/alarm.h"

#define WHO    "publisher"
#define MB     (UINT64_C(1) << 20)
#define DAY_MS INT64_C(86400000)

static int store_half_full(const struct lmdb_room *now, struct db *db,
			   const char *node)
{
	const int64_t at_ms = clock_utc_ms();
	const struct alarm a = {
		.node = node,
		.kind = "directory.half_full",
		.at_ms = at_ms,
		/* After a restart: once a day. */
		.which = (uint64_t)(at_ms / DAY_MS) << 24 | now->map_bytes / MB,
	};
	struct json *detail = NULL;
	int err = json_new(&detail);

	if (err >= 0)
		err = json_put_u64(detail, "used_mb", now->used_bytes / MB);
	if (err >= 0)
		err = json_put_u64(detail, "map_mb", now->map_bytes / MB);
	if (err >= 0)
		err = json_put_u64(detail, "disk_free_mb",
				   now->disk_free_bytes / MB);
	if (err >= 0)
		err = alarm_store(db, &a, detail);
	detail = json_free(detail);
	return err;
}

static int tell_half_full(struct room *r, const struct lmdb_room *now,
			  struct db *db, const char *node)
{
	int err;

	stats_add(STAT_DIRECTORY_HALF_FULL, 1);
	log_warning(WHO,
		    "the directory uses %" PRIu64 " MB of the %" PRIu64
		    " MB of its map, and its disk has %" PRIu64 " MB left",
		    now->used_bytes / MB, now->map_bytes / MB,
		    now->disk_free_bytes / MB);
	err = store_half_full(now, db, node);
	if (err >= 0)
		r->told_bytes = now->map_bytes;
	return err;
}

int room_look(struct room *r, struct lmdb_env *env, unsigned generation,
	      struct db *db, const char *node)
{
	struct lmdb_room now;
	int err = lmdb_env_room(env, &now);

	if (err < 0)
		return err;
	if (generation == r->generation && now.map_bytes > r->map_bytes) {
		stats_add(STAT_DIRECTORY_GROWN, 1);
		log_notice(WHO,
			   "the directory's map has grown to %" PRIu64
			   " MB, %" PRIu64 " MB of it are used",
			   now.map_bytes / MB, now.used_bytes / MB);
	}
	r->generation = generation;
	r->map_bytes = now.map_bytes;
	if (now.used_bytes < now.map_bytes / 2 ||
	    now.map_bytes <= r->told_bytes)
		return 0;
	return tell_half_full(r, &now, db, node);
}
