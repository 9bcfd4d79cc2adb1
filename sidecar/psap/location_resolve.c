/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/location_resolve.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stats.h"
#include "text_writer.h"

#define WHO       "psap"
#define BATCH     "5000"
#define LIST_SIZE 256

/* The arrays of location_resolution_store(), in its order. */
enum array {
	LOCATIONS,
	QUESTIONS,
	LONGITUDES,
	LATITUDES,
	MEANS,
	PSAPS,
	METRES,
	ALTERNATES,
	EVENTS,
	REASONS,
	VALID,
	INVALID,
	UNCHECKED,
	ARRAYS
};

struct answers {
	const struct location_resolve *r;
	struct db_array array[ARRAYS];
	size_t count;
	uint64_t last;
	bool stale;
	uint64_t stored;
};

static void init(struct answers *a, const struct location_resolve *r)
{
	*a = (struct answers){ .r = r };
	for (int i = 0; i < ARRAYS; i++)
		db_array_init(&a->array[i]);
}

static void fini(struct answers *a)
{
	for (int i = 0; i < ARRAYS; i++)
		db_array_fini(&a->array[i]);
}

static void add(struct answers *a, enum array which, struct text t)
{
	db_array_add(&a->array[which], t);
}

/* ---- a location as it comes ---- */

static bool number_of(struct text t, double *ret)
{
	char buf[32], *end;

	if (!t.len || text_to_cstr(t, buf, sizeof(buf)) < 0)
		return false;
	*ret = strtod(buf, &end);
	return end != buf && !*end;
}

/* location_id, question, longitude, latitude, and the address */
enum { ID, QUESTION, LONGITUDE, LATITUDE, ADDRESS };
static const enum civic_field address_columns[] = {
	CIVIC_COUNTRY, CIVIC_A1, CIVIC_A2, CIVIC_A3,
	CIVIC_HNO,     CIVIC_RD, CIVIC_PC,
};

static void read_place(const struct db_row *row, struct civic *c,
		       struct psap_place *ret)
{
	*c = (struct civic){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(address_columns); i++)
		c->value[address_columns[i]] = db_text(row, ADDRESS + i);
	*ret = (struct psap_place){ .civic = c, .street_in_one_piece = true };
	ret->has_point = number_of(db_text(row, LONGITUDE), &ret->point.x) &&
			 number_of(db_text(row, LATITUDE), &ret->point.y);
}

/* ---- an answer as it goes ---- */

static void add_alternates(struct answers *a, const struct psap_finding *f)
{
	char list[LIST_SIZE];
	struct text_writer w = text_writer_on(list, sizeof(list));

	for (size_t i = 0; i < f->alternate_count; i++) {
		text_write_cstr(&w, i ? " " : "");
		text_write_u64(&w, f->alternates[i]);
	}
	add(a, ALTERNATES, text_written(&w));
}

static void add_elements(struct answers *a, enum array which,
			 const struct civic *c, const struct address_answer *an,
			 enum civic_check check)
{
	char list[LIST_SIZE];
	struct text_writer w = text_writer_on(list, sizeof(list));

	for (size_t i = 0; i < ARRAY_SIZE(address_columns); i++) {
		enum civic_field f = address_columns[i];

		if (!c->value[f].len || an->checks[f] != check)
			continue;
		text_write_cstr(&w, w.used ? " " : "");
		text_write_cstr(&w, civic_field_name(f));
	}
	add(a, which, text_written(&w));
}

static int on_place(const struct db_row *row, void *arg)
{
	struct answers *a = arg;
	struct psap_finding f;
	struct psap_place place;
	struct civic civic;
	int err = db_u64(row, ID, &a->last);

	if (err < 0)
		return -EPROTO;
	a->count++;
	read_place(row, &civic, &place);
	psap_find(&a->r->knowledge, &place, &f);
	db_array_add_u64(&a->array[LOCATIONS], a->last);
	add(a, QUESTIONS, db_text(row, QUESTION));
	add(a, LONGITUDES, db_text(row, LONGITUDE));
	add(a, LATITUDES, db_text(row, LATITUDE));
	add(a, MEANS, text_of(psap_means_name(f.means)));
	db_array_add_u64(&a->array[PSAPS], f.psap_id);
	db_array_add_u64(&a->array[METRES], (uint64_t)llround(f.distance_m));
	add_alternates(a, &f);
	add(a, EVENTS, text_of(address_outcome_name(f.address.outcome)));
	add(a, REASONS, text_of(f.address.reason));
	add_elements(a, VALID, &civic, &f.address, CIVIC_VALID);
	add_elements(a, INVALID, &civic, &f.address, CIVIC_INVALID);
	add_elements(a, UNCHECKED, &civic, &f.address, CIVIC_UNCHECKED);
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
	char areas[UUID_STRING_SIZE], book[UUID_STRING_SIZE];
	const char *params[2 + ARRAYS] = { areas, book };
	int err;

	uuid_format(&a->r->areas_version, areas);
	uuid_format(&a->r->book_version, book);
	for (int i = 0; i < ARRAYS; i++) {
		params[2 + i] = db_array_get(&a->array[i]);
		if (!params[2 + i])
			return -ENOMEM;
	}
	err = db_exec(a->r->db, DB_LOCATION_RESOLUTION_STORE, params, on_stored,
		      a);
	if (err >= 0 && a->stale)
		return -EAGAIN;
	if (err >= 0 && a->stored) {
		stats_add(STAT_LOCATIONS_RESOLVED, a->stored);
		log_info(WHO,
			 "%" PRIu64 " of %zu locations have another answer",
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
	err = db_exec(r->db, stmt, params, on_place, &a);
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
	return resolve(r, DB_LOCATION_PLACES, (const char *[]){ after, BATCH });
}

int location_resolve_waiting(struct location_resolve *r)
{
	uint64_t after = r->after;
	int n = resolve(r, DB_LOCATIONS_WAITING, (const char *[]){ BATCH });

	r->after = after;
	return n;
}
