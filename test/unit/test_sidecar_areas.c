/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar m */
#include "psap/areas.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint32_t seed = 911;

static double roll(double from, double to)
{
	seed = seed * 1664525 + 1013904223;
	return from + (to - from) * seed / 4294967296.0;
}

/* ---- making areas ---- */

static struct psap_areas *new_set(void)
{
	struct psap_areas *a;

	assert_int_equal(psap_areas_new(&a), 0);
	return a;
}

static int add_box(struct psap_areas *a, bool is_hole, double x, double y,
		   double side)
{
	const struct psap_point ring[] = { { x, y },
					   { x + side, y },
					   { x + side, y + side },
					   { x, y + side },
					   { x, y } };

	return psap_areas_add_ring(a, is_hole, ring, ARRAY_SIZE(ring));
}

struct made {
	uint64_t id, psap;
	int64_t priority;
	double x, y, side;
};

static void add(struct psap_areas *a, struct made m)
{
	psap_areas_begin(a, &(struct psap_area_key){ m.id, m.psap, m.priority,
						     m.side * m.side });
	assert_int_equal(add_box(a, false, m.x, m.y, m.side), 0);
	assert_int_equal(psap_areas_end(a), 0);
}

static struct psap_answer find(const struct psap_areas *a, double x, double y,
			       double nearest_m)
{
	struct psap_answer r;

	assert_int_equal(
		psap_areas_find(a, (struct psap_point){ x, y }, nearest_m, &r),
		0);
	return r;
}

static uint64_t boundary(const struct psap_areas *a, double x, double y)
{
	return find(a, x, y, 0).boundary_id;
}

/* ---- what it answers ---- */

static void a_point_is_in_its_area_or_in_none(void **state)
{
	struct psap_areas *a = new_set();
	struct psap_answer r;

	(void)state;
	add(a, (struct made){ 7, 70, 0, -100, 40, 1 });
	assert_int_equal(psap_areas_index(a), 0);
	r = find(a, -99.5, 40.5, 0);
	assert_int_equal(r.found, PSAP_FOUND_BOUNDARY);
	assert_int_equal(r.boundary_id, 7);
	assert_int_equal(r.psap_id, 70);
	assert_int_equal(r.alternate_count, 0);
	r = find(a, -99.5, 41.5, 0);
	assert_int_equal(r.found, PSAP_FOUND_NONE);
	assert_int_equal(r.psap_id, 0);
	assert_int_equal(boundary(a, 170, -80), 0);
	(void)psap_areas_unref(a);
}

static void edges_and_corners_are_in(void **state)
{
	struct psap_areas *a = new_set();

	(void)state;
	add(a, (struct made){ 1, 1, 0, -100, 40, 1 });
	assert_int_equal(psap_areas_index(a), 0);
	for (double t = 0; t <= 1; t += 0.125) {
		assert_int_equal(boundary(a, -100 + t, 40), 1);
		assert_int_equal(boundary(a, -100 + t, 41), 1);
		assert_int_equal(boundary(a, -100, 40 + t), 1);
		assert_int_equal(boundary(a, -99, 40 + t), 1);
		assert_int_equal(boundary(a, nextafter(-100, -200), 40 + t), 0);
		assert_int_equal(boundary(a, nextafter(-99, 0), 40 + t), 0);
		assert_int_equal(boundary(a, -100 + t, nextafter(40, 0)), 0);
		assert_int_equal(boundary(a, -100 + t, nextafter(41, 90)), 0);
	}
	(void)psap_areas_unref(a);
}

static void a_hole_is_out_and_its_edge_is_in(void **state)
{
	struct psap_areas *a = new_set();

	(void)state;
	psap_areas_begin(a, &(struct psap_area_key){ 1, 1, 0, 8 });
	assert_int_equal(add_box(a, false, 0, 0, 3), 0);
	assert_int_equal(add_box(a, true, 1, 1, 1), 0);
	assert_int_equal(add_box(a, false, 10, 0, 1), 0);
	assert_int_equal(psap_areas_end(a), 0);
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(boundary(a, 0.5, 1.5), 1);
	assert_int_equal(boundary(a, 1.5, 1.5), 0);
	assert_int_equal(boundary(a, 1, 1.5), 1);
	assert_int_equal(boundary(a, 2, 2), 1);
	assert_int_equal(boundary(a, 10.5, 0.5), 1);
	assert_int_equal(boundary(a, 5, 0.5), 0);
	(void)psap_areas_unref(a);
}

/* Each order of loading gives the same. */
static void the_better_of_two_areas_is_the_same_in_any_order(void **state)
{
	/* The best first: priority, then size, then number. */
	static const struct made best_first[] = {
		{ 9, 90, -1, 0, 0, 5 }, { 8, 80, 0, 1, 1, 1 },
		{ 3, 30, 0, 1, 1, 2 },  { 4, 40, 0, 1, 1, 2 },
		{ 1, 10, 1, 1, 1, 1 },
	};
	static const unsigned orders[][5] = { { 0, 1, 2, 3, 4 },
					      { 4, 3, 2, 1, 0 },
					      { 2, 4, 0, 3, 1 },
					      { 3, 0, 4, 1, 2 } };

	(void)state;
	for (size_t o = 0; o < ARRAY_SIZE(orders); o++)
		for (size_t first = 0; first < 5; first++) {
			struct psap_areas *a = new_set();
			struct psap_answer r;

			for (size_t i = 0; i < 5; i++)
				if (orders[o][i] >= first)
					add(a, best_first[orders[o][i]]);
			assert_int_equal(psap_areas_index(a), 0);
			r = find(a, 1.5, 1.5, 0);
			assert_int_equal(r.boundary_id, best_first[first].id);
			assert_int_equal(r.alternate_count, 4 - first);
			for (size_t i = 0; i < r.alternate_count; i++)
				assert_int_equal(
					r.alternates[i],
					best_first[first + 1 + i].psap);
			(void)psap_areas_unref(a);
		}
}

static void an_alternate_is_another_psap_and_named_once(void **state)
{
	struct psap_areas *a = new_set();
	struct psap_answer r;

	(void)state;
	add(a, (struct made){ 1, 10, 0, 0, 0, 1 });
	add(a, (struct made){ 2, 10, 1, 0, 0, 1 });
	for (uint64_t i = 3; i < 20; i++)
		add(a, (struct made){ i, 10 + i / 2, 2, 0, 0, 1 });
	assert_int_equal(psap_areas_index(a), 0);
	r = find(a, 0.5, 0.5, 0);
	assert_int_equal(r.psap_id, 10);
	assert_int_equal(r.alternate_count, PSAP_ALTERNATES_MAX);
	for (size_t i = 0; i < r.alternate_count; i++)
		assert_int_equal(r.alternates[i], 11 + i);
	(void)psap_areas_unref(a);
}

static void the_nearest_area_serves_when_it_is_near_enough(void **state)
{
	const double metre = 180 / (M_PI * 6371008.8);
	struct psap_areas *a = new_set();
	struct psap_answer r;

	(void)state;
	add(a, (struct made){ 1, 10, 0, 0, 0, 1 });
	add(a, (struct made){ 2, 20, 0, 2, 0, 1 });
	assert_int_equal(psap_areas_index(a), 0);
	r = find(a, 0.5, -500 * metre, 600);
	assert_int_equal(r.found, PSAP_FOUND_NEAREST);
	assert_int_equal(r.psap_id, 10);
	assert_true(fabs(r.distance_m - 500) < 0.01);
	assert_int_equal(find(a, 0.5, -500 * metre, 499).found,
			 PSAP_FOUND_NONE);
	assert_int_equal(find(a, 0.5, -500 * metre, 0).found, PSAP_FOUND_NONE);
	/* In between, as far from both: the smaller number. */
	r = find(a, 1.5, 0, 100000);
	assert_int_equal(r.psap_id, 10);
	assert_int_equal(find(a, 1.501, 0.5, 100000).psap_id, 20);
	/* Who covers it is asked first, however near another one is. */
	r = find(a, 0.5, 0, 600);
	assert_int_equal(r.found, PSAP_FOUND_BOUNDARY);
	assert_true(r.distance_m == 0);
	(void)psap_areas_unref(a);
}

static void nearest_goes_around_the_antimeridian_and_the_pole(void **state)
{
	struct psap_areas *a = new_set();

	(void)state;
	add(a, (struct made){ 1, 10, 0, 179, 50, 1 });
	add(a, (struct made){ 2, 20, 0, -10, 88, 1 });
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(find(a, -179.999, 50.5, 1000).psap_id, 10);
	assert_int_equal(find(a, -179.9, 50.5, 1000).psap_id, 0);
	assert_int_equal(find(a, 170, 90, 200000).psap_id, 20);
	assert_int_equal(find(a, 170, -90, 200000).psap_id, 0);
	(void)psap_areas_unref(a);
}

/* ---- what it refuses ---- */

static void refuse(const struct psap_point *ring, size_t count)
{
	struct psap_areas *a = new_set();

	add(a, (struct made){ 1, 10, 0, 0, 0, 1 });
	psap_areas_begin(a, &(struct psap_area_key){ 2, 20, -5, 1 });
	assert_int_equal(add_box(a, false, 0, 0, 1), 0);
	assert_int_equal(psap_areas_add_ring(a, true, ring, count), -EINVAL);
	assert_int_equal(psap_areas_end(a), -EINVAL);
	add(a, (struct made){ 3, 30, 0, 5, 5, 1 });
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(psap_areas_count(a), 2);
	assert_int_equal(psap_areas_point_count(a), 10);
	assert_int_equal(boundary(a, 0.5, 0.5), 1);
	assert_int_equal(boundary(a, 5.5, 5.5), 3);
	(void)psap_areas_unref(a);
}

static void a_bad_ring_takes_its_whole_area_along(void **state)
{
	static const struct psap_point good[] = {
		{ 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 0 }
	};
	static const double bad[] = { NAN,   INFINITY,    -INFINITY,
				      1e308, 180.0000001, -200 };

	(void)state;
	refuse(good, 0);
	refuse(good, 3);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct psap_point ring[4];

		for (size_t at = 0; at < 8; at++) {
			memcpy(ring, good, sizeof(ring));
			if (at % 2)
				ring[at / 2].y = bad[i];
			else
				ring[at / 2].x = bad[i];
			refuse(ring, 4);
		}
	}
}

static void an_area_that_is_not_ended_is_none(void **state)
{
	struct psap_areas *a = new_set();

	(void)state;
	psap_areas_begin(a, &(struct psap_area_key){ 1, 1, 0, 1 });
	assert_int_equal(psap_areas_end(a), -EINVAL); /* no ring */
	psap_areas_begin(a, &(struct psap_area_key){ 1, 1, 0, NAN });
	assert_int_equal(add_box(a, false, 0, 0, 1), 0);
	assert_int_equal(psap_areas_end(a), -EINVAL);
	psap_areas_begin(a, &(struct psap_area_key){ 1, 1, 0, 1 });
	assert_int_equal(add_box(a, false, 0, 0, 1), 0);
	psap_areas_begin(a, &(struct psap_area_key){ 2, 2, 0, 1 });
	assert_int_equal(add_box(a, false, 2, 2, 1), 0);
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(psap_areas_count(a), 0);
	assert_int_equal(psap_areas_point_count(a), 0);
	assert_int_equal(boundary(a, 0.5, 0.5), 0);
	(void)psap_areas_unref(a);
}

static void what_is_no_point_is_refused(void **state)
{
	static const struct psap_point bad[] = {
		{ NAN, 0 },       { 0, NAN }, { INFINITY, 0 },
		{ 0, -INFINITY }, { 181, 0 }, { -181, 0 },
		{ 0, 91 },        { 0, -91 }, { 1e308, 0 }
	};
	struct psap_areas *a = new_set();
	struct psap_answer r;

	(void)state;
	assert_int_equal(psap_areas_find(a, (struct psap_point){ 0, 0 }, 0, &r),
			 -EINVAL); /* not indexed */
	add(a, (struct made){ 1, 1, 0, -180, -90, 180 });
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(psap_areas_index(a), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(psap_areas_find(a, bad[i], 1e9, &r), -EINVAL);
	assert_int_equal(boundary(a, -180, -90), 1);
	(void)psap_areas_unref(a);
}

/* ---- against looking through all edges of all areas ---- */

#define STARS 400
#define RAYS  61

static struct psap_point stars[STARS][RAYS];

static void make_stars(struct psap_areas *a)
{
	for (size_t s = 0; s < STARS; s++) {
		double x = roll(-120, -70), y = roll(25, 49),
		       size = roll(0, 1) < 0.1 ? 8 : 0.6;

		for (size_t i = 0; i + 1 < RAYS; i++) {
			double angle = 2 * M_PI * (double)i / (RAYS - 1),
			       radius = size * roll(0.3, 1);

			stars[s][i].x = x + radius * cos(angle);
			stars[s][i].y = y + radius * sin(angle);
		}
		stars[s][RAYS - 1] = stars[s][0];
		psap_areas_begin(
			a, &(struct psap_area_key){ s + 1, s + 1, 0, size });
		assert_int_equal(psap_areas_add_ring(a, false, stars[s], RAYS),
				 0);
		assert_int_equal(psap_areas_end(a), 0);
	}
}

static bool star_covers(size_t s, struct psap_point p)
{
	bool in = false;

	if (fabs(stars[s][0].y - p.y) > 20)
		return false;
	for (size_t i = 0; i + 1 < RAYS; i++) {
		struct psap_point q = stars[s][i], r = stars[s][i + 1];

		if ((q.y > p.y) == (r.y > p.y))
			continue;
		in ^= p.x < (r.x - q.x) * (p.y - q.y) / (r.y - q.y) + q.x;
	}
	return in;
}

static void the_index_forgets_no_area(void **state)
{
	struct psap_areas *a = new_set();
	size_t covered = 0;

	(void)state;
	make_stars(a);
	assert_int_equal(psap_areas_index(a), 0);
	for (unsigned n = 0; n < 3000; n++) {
		struct psap_point p = { roll(-130, -60), roll(20, 55) };
		struct psap_answer r = find(a, p.x, p.y, 0);
		size_t count = 0;

		for (size_t s = 0; s < STARS; s++) {
			if (!star_covers(s, p))
				continue;
			count++;
			if (r.boundary_id == s + 1)
				covered++;
		}
		assert_int_equal(count > 0, r.found == PSAP_FOUND_BOUNDARY);
		if (count <= PSAP_ALTERNATES_MAX + 1 && count > 0)
			assert_int_equal(r.alternate_count, count - 1);
	}
	assert_in_range(covered, 600, 3000);
	(void)psap_areas_unref(a);
}

/* One ring of a million points, whose edges are as high as itself. */
static void a_monster_is_taken_in(void **state)
{
	size_t count = 1000001;
	struct psap_point *p = calloc(count, sizeof(*p));
	struct psap_areas *a = new_set();

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i + 1 < count; i++) {
		p[i].x = -120 + 50.0 * (double)i / (double)count;
		p[i].y = i % 2 ? 49 : 30;
	}
	p[count - 2].y = 10;
	p[count - 1] = p[0];
	psap_areas_begin(a, &(struct psap_area_key){ 1, 1, 0, 1 });
	assert_int_equal(psap_areas_add_ring(a, false, p, count), 0);
	assert_int_equal(psap_areas_end(a), 0);
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(boundary(a, -90, 30), 1);
	assert_int_equal(boundary(a, -90, 9), 0);
	(void)psap_areas_unref(a);
	free(p);
}

static void a_set_without_areas_answers(void **state)
{
	struct psap_areas *a = new_set();

	(void)state;
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(find(a, -90, 40, 1e6).found, PSAP_FOUND_NONE);
	(void)psap_areas_ref(a);
	(void)psap_areas_unref(a);
	assert_int_equal(boundary(a, 1, 1), 0);
	assert_null(psap_areas_unref(a));
	assert_null(psap_areas_unref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_point_is_in_its_area_or_in_none),
		cmocka_unit_test(edges_and_corners_are_in),
		cmocka_unit_test(a_hole_is_out_and_its_edge_is_in),
		cmocka_unit_test(
			the_better_of_two_areas_is_the_same_in_any_order),
		cmocka_unit_test(an_alternate_is_another_psap_and_named_once),
		cmocka_unit_test(
			the_nearest_area_serves_when_it_is_near_enough),
		cmocka_unit_test(
			nearest_goes_around_the_antimeridian_and_the_pole),
		cmocka_unit_test(a_bad_ring_takes_its_whole_area_along),
		cmocka_unit_test(an_area_that_is_not_ended_is_none),
		cmocka_unit_test(what_is_no_point_is_refused),
		cmocka_unit_test(the_index_forgets_no_area),
		cmocka_unit_test(a_monster_is_taken_in),
		cmocka_unit_test(a_set_without_areas_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
