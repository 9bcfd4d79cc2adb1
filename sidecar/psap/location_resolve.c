/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/location_resolve.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stats.h"

#define WHO   "psap"
#define BATCH "5000"

/* The arrays of location_resolution_store(). */
struct answers {
	const struct location_resolve *r;
	struct db_array ids, longitudes, latitudes, founds, psaps, metres;
	size_t count;
	uint64_t last;
	bool stale;
	uint64_t stored;
};

static void init(struct answers *a, const struct location_resolve *r)
{
	*a = (struct answers){ .r = r };
	db_array_init(&a->ids);
	db_array_init(&a->longitudes);
	db_array_init(&a->latitudes);
	db_array_init(&a->founds);
	db_array_init(&a->psaps);
	db_array_init(&a->metres);
}

static void fini(struct answers *a)
{
	db_array_fini(&a->ids);
	db_array_fini(&a->longitudes);
	db_array_fini(&a->latitudes);
	db_array_fini(&a->founds);
	db_array_fini(&a->psaps);
	db_array_fini(&a->metres);
}

static double number_of(struct text t)
{
	char buf[32], *end;
	double v;

	if (text_to_cstr(t, buf, sizeof(buf)) < 0)
		return NAN;
	v = strtod(buf, &end);
	return end == buf || *end ? NAN : v;
}

/* location_id, longitude, latitude */
static int on_point(const struct db_row *row, void *arg)
{
	struct psap_point p = { number_of(db_text(row, 1)),
				number_of(db_text(row, 2)) };
	struct answers *a = arg;
	struct psap_answer found;
	int err = db_u64(row, 0, &a->last);

	if (err < 0)
		return -EPROTO;
	a->count++;
	if (psap_areas_find(a->r->areas, p, a->r->nearest_m, &found) < 0)
		found = (struct psap_answer){ 0 };
	db_array_add_u64(&a->ids, a->last);
	db_array_add(&a->longitudes, db_text(row, 1));
	db_array_add(&a->latitudes, db_text(row, 2));
	db_array_add(&a->founds, text_of(psap_found_name(found.found)));
	db_array_add_u64(&a->psaps, found.psap_id);
	db_array_add_u64(&a->metres, (uint64_t)llround(found.distance_m));
	return 0;
}

static int on_stored(const struct db_row *row, void *arg)
{
	struct answers *a = arg;

	a->stale = db_is_null(row, 0);
	return db_u64(row, 0, &a->stored) < 0 ? -EPROTO : 0;
}

static int store(struct answers *a)
{
	char version[UUID_STRING_SIZE];
	const char *params[] = {
		version,
		db_array_get(&a->ids),
		db_array_get(&a->longitudes),
		db_array_get(&a->latitudes),
		db_array_get(&a->founds),
		db_array_get(&a->psaps),
		db_array_get(&a->metres),
	};
	int err;

	uuid_format(&a->r->version, version);
	for (size_t i = 0; i < ARRAY_SIZE(params); i++)
		if (!params[i])
			return -ENOMEM;
	err = db_exec(a->r->db, DB_LOCATION_RESOLUTION_STORE, params, on_stored,
		      a);
	if (err >= 0 && a->stale)
		return -EAGAIN;
	if (err >= 0 && a->stored) {
		stats_add(STAT_LOCATIONS_RESOLVED, a->stored);
		log_info(WHO, "%" PRIu64 " of %zu locations have another PSAP",
			 a->stored, a->count);
	}
	return err;
}

static int resolve(struct location_resolve *r, enum db_stmt stmt,
		   const char *const *params)
{
	struct answers a;
	int err;

	init(&a, r);
	err = db_exec(r->db, stmt, params, on_point, &a);
	if (err >= 0 && a.count)
		err = store(&a);
	if (err >= 0)
		err = (int)a.count;
	if (err > 0)
		r->after = a.last;
	fini(&a);
	return err;
}

int location_resolve_walk(struct location_resolve *r)
{
	char after[24];

	(void)snprintf(after, sizeof(after), "%" PRIu64, r->after);
	return resolve(r, DB_LOCATION_POINTS, (const char *[]){ after, BATCH });
}

int location_resolve_waiting(struct location_resolve *r)
{
	uint64_t after = r->after;
	int n = resolve(r, DB_LOCATIONS_WAITING, (const char *[]){ BATCH });

	r->after = after;
	return n;
}
