/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/area_load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stats.h"
#include "psap/wkb.h"

#define WHO "psap"

static int on_version(const struct db_row *row, void *arg)
{
	return uuid_parse(db_text(row, 0), arg) < 0 ? -EPROTO : 0;
}

int area_load_version(struct db *db, struct uuid *ret)
{
	return db_exec(db, DB_BOUNDARY_VERSION, NULL, on_version, ret);
}

/* A column that is a number with a fraction. */
static int take_double(struct text t, double *ret)
{
	char buf[64], *end;

	if (text_to_cstr(t, buf, sizeof(buf)) < 0)
		return -EINVAL;
	*ret = strtod(buf, &end);
	return end == buf || *end ? -EINVAL : 0;
}

static int take_area(const struct db_row *row, struct psap_areas *a)
{
	struct psap_area_key key;
	uint64_t priority;
	int err = db_u64(row, 0, &key.boundary_id);

	if (err >= 0)
		err = db_u64(row, 1, &key.psap_id);
	if (err >= 0)
		err = db_u64(row, 2, &priority);
	if (err >= 0)
		err = take_double(db_text(row, 3), &key.size);
	if (err < 0)
		return err;
	key.priority = (int64_t)priority;
	psap_areas_begin(a, &key);
	err = wkb_decode_hex(db_text(row, 4), a);
	return err < 0 ? err : psap_areas_end(a);
}

static int on_area(const struct db_row *row, void *arg)
{
	int err = take_area(row, arg);

	if (err != -EINVAL)
		return err;
	stats_add(STAT_BOUNDARIES_REFUSED, 1);
	log_error(WHO, "boundary '%.*s' is no area: it is left out",
		  (int)db_text(row, 0).len, db_text(row, 0).p);
	return 0;
}

static int read_all(struct db *db, int timeout_ms, struct psap_areas *a,
		    struct uuid *version)
{
	int err = db_exec(db, DB_BEGIN_SNAPSHOT, NULL, NULL, NULL), end;

	if (err < 0)
		return err;
	err = area_load_version(db, version);
	if (err >= 0)
		err = db_exec_slow(db, DB_BOUNDARY_ALL, timeout_ms, on_area, a);
	if (err == -ENOTCONN || err == -ECANCELED)
		return err;
	end = db_exec(db, err < 0 ? DB_ROLLBACK : DB_COMMIT, NULL, NULL, NULL);
	return err < 0 ? err : end;
}

int area_load(struct db *db, int timeout_ms, struct psap_areas **ret,
	      struct uuid *ret_version)
{
	struct uuid version = { { 0 } };
	struct psap_areas *a;
	int err = psap_areas_new(&a);

	if (err < 0)
		return err;
	err = read_all(db, timeout_ms, a, &version);
	if (err >= 0)
		err = psap_areas_index(a);
	if (err < 0) {
		(void)psap_areas_unref(a);
		return err;
	}
	*ret = a;
	*ret_version = version;
	return 0;
}
