/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * psap_lookup AREAS POINTS ANSWERS STATE
 *
 * The in-memory part of bench/psap.  AREAS has a line for each area,
 * "boundary_id psap_id priority size hex-WKB", POINTS a line for each point,
 * "longitude latitude".  ANSWERS gets a line for each point: boundary_id, or 0.
 * STATE is a file that is written and read back, as e911d does.  On standard
 * output "name value unit"; rates are per second of the processor.
 *
 * The same areas are asked through GEOS (an STRtree, prepared geometry), for
 * comparison.
 */
#include <errno.h>
#include <geos_c.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "psap/area_file.h"
#include "psap/wkb.h"

#define ROUND_MIN_S 2.0

static struct psap_point *points;
static size_t point_count;

static void fail(const char *what)
{
	(void)fprintf(stderr, "psap_lookup: %s\n", what);
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of this process alone, so that neighbours do not matter. */
static double cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double rss_mb(void)
{
	char line[256];
	double kb = 0;
	FILE *in = fopen("/proc/self/status", "r");

	while (in && fgets(line, sizeof(line), in))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtod(line + 6, NULL);
	if (in)
		(void)fclose(in);
	return kb / 1024;
}

static void read_points(const char *path)
{
	FILE *in = fopen(path, "r");
	char line[128], *at;
	size_t size = 0;

	if (!in)
		fail(path);
	while (fgets(line, sizeof(line), in)) {
		if (point_count == size) {
			size = size ? 2 * size : 1024;
			points = realloc(points, size * sizeof(*points));
			if (!points)
				fail("memory");
		}
		points[point_count].x = strtod(line, &at);
		points[point_count++].y = strtod(at, &at);
		if (*at != '\n')
			fail("a point is not understood");
	}
	(void)fclose(in);
	if (!point_count)
		fail("no points");
}

/* ---- ours ---- */

static struct psap_areas *read_areas(const char *path)
{
	struct psap_areas *a;
	FILE *in = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (!in || psap_areas_new(&a) < 0)
		fail(path);
	while ((n = getline(&line, &size, in)) > 1) {
		struct psap_area_key key;
		char *at = line;

		key.boundary_id = strtoull(at, &at, 10);
		key.psap_id = strtoull(at, &at, 10);
		key.priority = strtoll(at, &at, 10);
		key.size = strtod(at, &at);
		while (*at == ' ' || *at == '\t')
			at++;
		line[n - 1] = '\0';
		psap_areas_begin(a, &key);
		if (wkb_decode_hex(text_of(at), a) < 0 || psap_areas_end(a) < 0)
			fail("an area is not understood");
	}
	free(line);
	(void)fclose(in);
	if (psap_areas_index(a) < 0)
		fail("cannot be indexed");
	return a;
}

static void measure(const struct psap_areas *a)
{
	double began = cpu_s(), took;
	size_t done = 0, found = 0;

	do {
		for (size_t i = 0; i < point_count; i++) {
			struct psap_answer r;

			if (psap_areas_find(a, points[i], 0, &r) < 0)
				fail("a point is refused");
			found += r.found == PSAP_FOUND_BOUNDARY;
		}
		done += point_count;
		took = cpu_s() - began;
	} while (took < ROUND_MIN_S);
	printf("psap_lookups_per_s %.0f lookups/s\n", (double)done / took);
	printf("psap_points_covered %.1f %%\n",
	       100.0 * (double)found / (double)done);

	began = cpu_s();
	for (size_t i = 0; i < point_count; i++) {
		struct psap_answer r;

		(void)psap_areas_find(a, points[i], 5000, &r);
	}
	printf("psap_lookups_nearest_per_s %.0f lookups/s\n",
	       (double)point_count / (cpu_s() - began));
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void measure_each(const struct psap_areas *a)
{
	double *took = malloc(point_count * sizeof(*took));

	if (!took)
		fail("memory");
	for (size_t i = 0; i < point_count; i++) {
		struct psap_answer r;
		double began = now_s();

		(void)psap_areas_find(a, points[i], 5000, &r);
		took[i] = now_s() - began;
	}
	qsort(took, point_count, sizeof(*took), compare);
	printf("psap_lookup_p99_us %.2f us\n",
	       1e6 * took[point_count / 100 * 99]);
	printf("psap_lookup_max_us %.2f us\n", 1e6 * took[point_count - 1]);
	free(took);
}

static void write_answers(const struct psap_areas *a, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		fail(path);
	for (size_t i = 0; i < point_count; i++) {
		struct psap_answer r;

		(void)psap_areas_find(a, points[i], 0, &r);
		(void)fprintf(out, "%llu\n", (unsigned long long)r.boundary_id);
	}
	if (fclose(out) != 0)
		fail(path);
}

/* ---- GEOS ---- */

struct best {
	GEOSContextHandle_t geos;
	GEOSGeometry *point;
	size_t best;
	size_t *found;
	const GEOSPreparedGeometry **prepared;
};

static void quiet(const char *format, ...)
{
	(void)format;
}

static void on_candidate(void *item, void *arg)
{
	struct best *b = arg;
	size_t i = (size_t)item - 1;

	if (i < b->best &&
	    GEOSPreparedCovers_r(b->geos, b->prepared[i], b->point) == 1)
		b->best = i;
}

static GEOSGeometry *geometry_of(GEOSContextHandle_t geos,
				 const struct psap_areas *a, size_t number)
{
	struct psap_area_key key;
	size_t rings = psap_areas_key(a, number, &key), polygons = 0;
	GEOSGeometry **all = calloc(rings, sizeof(GEOSGeometry *)),
		     **inner = calloc(rings, sizeof(GEOSGeometry *)), *one;

	if (!all || !inner)
		fail("memory");
	for (size_t i = 0; i < rings;) {
		GEOSGeometry *shell = NULL;
		unsigned holes = 0;

		do {
			struct psap_ring r = psap_areas_ring(a, number, i);
			GEOSCoordSequence *s = GEOSCoordSeq_copyFromBuffer_r(
				geos, &r.points[0].x, (unsigned)r.count, 0, 0);
			GEOSGeometry *g = GEOSGeom_createLinearRing_r(geos, s);

			if (r.is_hole)
				inner[holes++] = g;
			else
				shell = g;
			i++;
		} while (i < rings && psap_areas_ring(a, number, i).is_hole);
		all[polygons++] =
			GEOSGeom_createPolygon_r(geos, shell, inner, holes);
	}
	one = GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, all,
					  (unsigned)polygons);
	free(all);
	free(inner);
	return one;
}

static void compare_geos(const struct psap_areas *a)
{
	GEOSContextHandle_t geos = GEOS_init_r();
	size_t count = psap_areas_count(a), differ = 0;
	GEOSSTRtree *tree = GEOSSTRtree_create_r(geos, 10);
	GEOSGeometry **g = calloc(count + 1, sizeof(GEOSGeometry *));
	struct best b = { .geos = geos };
	double began = cpu_s();

	GEOSContext_setNoticeHandler_r(geos, quiet);
	b.prepared = calloc(count + 1, sizeof(GEOSPreparedGeometry *));
	if (!tree || !g || !b.prepared)
		fail("GEOS: memory");
	for (size_t i = 0; i < count; i++) {
		g[i] = geometry_of(geos, a, i);
		b.prepared[i] = GEOSPrepare_r(geos, g[i]);
		GEOSSTRtree_insert_r(geos, tree, g[i],
				     (void *)(uintptr_t)(i + 1));
	}
	for (int round = 0; round < 2; round++) {
		began = cpu_s();
		differ = 0;
		for (size_t i = 0; i < point_count; i++) {
			struct psap_answer r;
			struct psap_area_key key = { 0 };

			b.best = count;
			b.point = GEOSGeom_createPointFromXY_r(
				geos, points[i].x, points[i].y);
			GEOSSTRtree_query_r(geos, tree, b.point, on_candidate,
					    &b);
			GEOSGeom_destroy_r(geos, b.point);
			if (!round)
				continue;
			(void)psap_areas_find(a, points[i], 0, &r);
			if (b.best < count)
				(void)psap_areas_key(a, b.best, &key);
			differ += key.boundary_id != r.boundary_id;
		}
	}
	printf("psap_geos_lookups_per_s %.0f lookups/s\n",
	       (double)point_count / (cpu_s() - began));
	printf("psap_geos_differ %zu points\n", differ);
	printf("psap_geos_rss_mb %.0f MB\n", rss_mb());
}

int main(int argc, char **argv)
{
	struct psap_areas *a;
	struct uuid version = { { 1 } };
	double began;

	if (argc != 5)
		fail("AREAS POINTS ANSWERS STATE");
	a = read_areas(argv[1]);
	if (area_file_save(a, &version, argv[4]) < 0)
		fail(argv[4]);
	printf("psap_areas %zu areas\n", psap_areas_count(a));
	printf("psap_area_points %zu points\n", psap_areas_point_count(a));
	(void)psap_areas_unref(a);

	began = now_s();
	a = read_areas(argv[1]);
	printf("psap_build_s %.3f s\n", now_s() - began);
	(void)psap_areas_unref(a);
	began = now_s();
	if (area_file_load(argv[4], &a, &version) < 0)
		fail("the file that was written cannot be read");
	printf("psap_load_s %.3f s\n", now_s() - began);
	printf("psap_rss_mb %.0f MB\n", rss_mb());
	read_points(argv[2]);
	measure(a);
	measure_each(a);
	write_answers(a, argv[3]);
	compare_geos(a);
	(void)psap_areas_unref(a);
	free(points);
	return 0;
}
