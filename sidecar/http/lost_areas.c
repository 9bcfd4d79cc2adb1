/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/lost_areas.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "psap/find.h"

void lost_areas_init(struct lost_areas *a, struct psap_service *service,
		     double nearest_m)
{
	*a = (struct lost_areas){ .service = service, .nearest_m = nearest_m };
	(void)pthread_mutex_init(&a->lock, NULL);
}

void lost_areas_fini(struct lost_areas *a)
{
	a->last = psap_areas_unref(a->last);
	a->book = address_book_unref(a->book);
	(void)pthread_mutex_destroy(&a->lock);
}

/* ---- looking ---- */

/* The areas now, or NULL; unref them. */
static struct psap_areas *take(struct lost_areas *a, int64_t *ret_since_ms)
{
	struct psap_areas *areas = psap_service_areas(a->service);

	(void)pthread_mutex_lock(&a->lock);
	if (areas && areas != a->last) {
		(void)psap_areas_unref(a->last);
		a->last = psap_areas_ref(areas);
		a->since_ms = clock_utc_ms();
	}
	*ret_since_ms = a->since_ms;
	(void)pthread_mutex_unlock(&a->lock);
	return areas;
}

/* The addresses now, likewise. */
static struct address_book *take_book(struct lost_areas *a,
				      int64_t *ret_since_ms)
{
	struct address_book *book = psap_service_book(a->service);

	(void)pthread_mutex_lock(&a->lock);
	if (book && book != a->book) {
		(void)address_book_unref(a->book);
		a->book = address_book_ref(book);
		a->book_since_ms = clock_utc_ms();
	}
	*ret_since_ms = a->book_since_ms;
	(void)pthread_mutex_unlock(&a->lock);
	return book;
}

static int find(void *arg, struct geo_point at, struct lost_psap *ret)
{
	struct lost_areas *a = arg;
	struct psap_point p = { .x = at.lon, .y = at.lat };
	struct psap_answer answer;
	struct psap_areas *areas;
	int64_t updated_ms;
	int err;

	areas = take(a, &updated_ms);
	if (!areas)
		return -EAGAIN;
	err = psap_areas_find(areas, p, a->nearest_m, &answer);
	(void)psap_areas_unref(areas);
	if (err < 0)
		return err;
	if (answer.found == PSAP_FOUND_NONE)
		return -ENOENT;
	*ret = (struct lost_psap){
		.psap_id = answer.psap_id,
		.boundary_id = answer.boundary_id,
		.updated_ms = updated_ms,
		.is_default = answer.found == PSAP_FOUND_NEAREST,
	};
	return 0;
}

/* What tells a house from all others; only of one that there is. */
static void area_of_house(const struct civic *c, struct civic *ret)
{
	static const enum civic_field fields[] = {
		CIVIC_COUNTRY, CIVIC_A1,  CIVIC_A2,  CIVIC_A3,  CIVIC_PRM,
		CIVIC_PRD,     CIVIC_RD,  CIVIC_STS, CIVIC_POD, CIVIC_POM,
		CIVIC_HNO,     CIVIC_HNS, CIVIC_STP, CIVIC_HNP, CIVIC_A6,
	};

	*ret = (struct civic){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		ret->value[fields[i]] = c->value[fields[i]];
		ret->count += c->value[fields[i]].len > 0;
	}
}

static int find_civic(void *arg, const struct civic *address,
		      struct lost_psap *ret,
		      enum civic_check checks[CIVIC_COUNT])
{
	struct lost_areas *a = arg;
	const struct psap_place place = { .civic = address };
	int64_t areas_ms, book_ms;
	struct address_book *book = take_book(a, &book_ms);
	struct psap_areas *areas = take(a, &areas_ms);
	const struct psap_knowledge k = { areas, book, a->nearest_m };
	struct psap_finding f;

	psap_find(&k, &place, &f);
	(void)psap_areas_unref(areas);
	(void)address_book_unref(book);
	if (!book)
		return -EAGAIN;
	memcpy(checks, f.address.checks, sizeof(f.address.checks));
	if (f.means == PSAP_BY_DEFAULT)
		return -ENOENT;
	*ret = (struct lost_psap){
		.psap_id = f.psap_id,
		.updated_ms = f.boundary_id && areas_ms > book_ms ? areas_ms
								  : book_ms,
		.is_default = f.means != PSAP_BY_ADDRESS ||
			      f.address.outcome != ADDRESS_FITS,
	};
	if (f.means == PSAP_BY_ADDRESS && f.address.outcome == ADDRESS_FITS)
		area_of_house(address, &ret->civic_area);
	return 0;
}

/* ---- areas as they are ---- */

static int copy_rings(const struct psap_areas *areas, size_t i, size_t count,
		      struct lost_area *ret)
{
	struct lost_area area = { .count = count };
	size_t points = 0, at = 0;

	for (size_t k = 0; k < count; k++)
		points += psap_areas_ring(areas, i, k).count;
	area.rings = calloc(count, sizeof(*area.rings));
	area.points = calloc(points, sizeof(*area.points));
	if (!area.rings || !area.points) {
		free(area.rings);
		free(area.points);
		return -ENOMEM;
	}
	for (size_t k = 0; k < count; k++) {
		struct psap_ring r = psap_areas_ring(areas, i, k);

		area.rings[k] = (struct lost_ring){ area.points + at, r.count,
						    r.is_hole };
		for (size_t n = 0; n < r.count; n++)
			area.points[at++] = (struct geo_point){ r.points[n].y,
								r.points[n].x };
	}
	*ret = area;
	return 0;
}

static int copy_area(const struct psap_areas *areas, uint64_t boundary_id,
		     struct lost_area *ret)
{
	for (size_t i = 0; i < psap_areas_count(areas); i++) {
		struct psap_area_key key;
		size_t rings = psap_areas_key(areas, i, &key);

		if (key.boundary_id == boundary_id && rings)
			return copy_rings(areas, i, rings, ret);
	}
	return -ENOENT;
}

static int area(void *arg, uint64_t boundary_id, struct lost_area *ret)
{
	struct lost_areas *a = arg;
	int64_t updated_ms;
	struct psap_areas *areas = take(a, &updated_ms);
	int err;

	if (!areas)
		return -EAGAIN;
	err = copy_area(areas, boundary_id, ret);
	(void)psap_areas_unref(areas);
	return err;
}

struct lost_backend lost_areas_backend(struct lost_areas *a)
{
	return (struct lost_backend){
		.arg = a, .find = find, .find_civic = find_civic, .area = area
	};
}
