/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar m */
/* build: with test/support/sweep.c */
#include "psap/area_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "psap/wkb.h"
#include "test/support/sweep.h"

static char directory[] = "/tmp/e911-area-file-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

/* MULTIPOLYGON (((0 0, 1 0, 1 1, 0 1, 0 0)), ((2 0, 5 0, 5 3, 2 3, 2 0),
 * (3 1, 4 1, 4 2, 3 2, 3 1))) */
static const char sample_hex[] =
	"0106000000020000000103000000010000000500000000000000000000000000000000"
	"000000000000000000f03f0000000000000000000000000000f03f000000000000f03f"
	"0000000000000000000000000000f03f00000000000000000000000000000000010300"
	"0000020000000500000000000000000000400000000000000000000000000000144000"
	"0000000000000000000000000014400000000000000840000000000000004000000000"
	"0000084000000000000000400000000000000000050000000000000000000840000000"
	"000000f03f0000000000001040000000000000f03f0000000000001040000000000000"
	"0040000000000000084000000000000000400000000000000840000000000000f03f";

static struct psap_areas *sample(void)
{
	struct psap_areas *a;

	assert_int_equal(psap_areas_new(&a), 0);
	psap_areas_begin(a, &(struct psap_area_key){ 11, 22, -3, 9.25 });
	assert_int_equal(wkb_decode_hex(text_of(sample_hex), a), 0);
	assert_int_equal(psap_areas_end(a), 0);
	psap_areas_begin(a, &(struct psap_area_key){ 12, 23, 4, 9.25 });
	assert_int_equal(wkb_decode_hex(text_of(sample_hex), a), 0);
	assert_int_equal(psap_areas_end(a), 0);
	assert_int_equal(psap_areas_index(a), 0);
	return a;
}

static uint64_t boundary(const struct psap_areas *a, double x, double y)
{
	struct psap_answer r;

	assert_int_equal(psap_areas_find(a, (struct psap_point){ x, y }, 0, &r),
			 0);
	return r.boundary_id;
}

static void assert_sample(const struct psap_areas *a)
{
	struct psap_area_key key;

	assert_int_equal(psap_areas_count(a), 2);
	assert_int_equal(psap_areas_point_count(a), 30);
	assert_int_equal(psap_areas_key(a, 0, &key), 3);
	assert_int_equal(key.boundary_id, 11);
	assert_int_equal(key.psap_id, 22);
	assert_int_equal(key.priority, -3);
	assert_true(key.size == 9.25);
	assert_true(psap_areas_ring(a, 0, 2).is_hole);
	assert_false(psap_areas_ring(a, 0, 1).is_hole);
	assert_int_equal(boundary(a, 0.5, 0.5), 11);
	assert_int_equal(boundary(a, 2.5, 0.5), 11);
	assert_int_equal(boundary(a, 3.5, 1.5), 0);
	assert_int_equal(boundary(a, 1.5, 0.5), 0);
}

/* ---- WKB ---- */

static void wkb_is_understood(void **state)
{
	struct psap_areas *a = sample();

	(void)state;
	assert_sample(a);
	(void)psap_areas_unref(a);
}

static int decode(const char *hex)
{
	struct psap_areas *a;
	int err;

	assert_int_equal(psap_areas_new(&a), 0);
	psap_areas_begin(a, &(struct psap_area_key){ 1, 1, 0, 1 });
	err = wkb_decode_hex(text_of(hex), a);
	if (err >= 0)
		err = psap_areas_end(a);
	(void)psap_areas_unref(a);
	return err;
}

#define TRIANGLE \
	"0000000000000000" \
	"0000000000000000" \
	"3ff0000000000000" \
	"0000000000000000" \
	"0000000000000000" \
	"3ff0000000000000" \
	"0000000000000000" \
	"0000000000000000"

static void wkb_of_either_byte_order_with_or_without_prefix(void **state)
{
	(void)state;
	assert_int_equal(decode("00000000030000000100000004" TRIANGLE), 0);
	assert_int_equal(decode("\\x00000000030000000100000004" TRIANGLE), 0);
	/* The outer order does not bind the inner one. */
	assert_int_equal(decode("0106000000010000000000000003"
				"0000000100000004" TRIANGLE),
			 0);
}

static void other_wkb_is_refused(void **state)
{
	(void)state;
	assert_int_equal(decode(""), -EINVAL);
	assert_int_equal(decode("\\x"), -EINVAL);
	assert_int_equal(decode("0"), -EINVAL);
	assert_int_equal(decode("zz"), -EINVAL);
	/* a third byte order; a point; a polygon with z; none; one too many */
	assert_int_equal(decode("02000000030000000100000004" TRIANGLE),
			 -EINVAL);
	assert_int_equal(decode("000000000100000000000000000000000000000000"),
			 -EINVAL);
	assert_int_equal(decode("00800000030000000100000004" TRIANGLE),
			 -EINVAL);
	assert_int_equal(decode("000000000300000000"), -EINVAL);
	assert_int_equal(decode("000000000600000000"), -EINVAL);
	assert_int_equal(decode("00000000030000000100000004" TRIANGLE "00"),
			 -EINVAL);
	/* a ring of 2^32 - 1 points; polygons of 2^32 - 1 rings */
	assert_int_equal(decode("000000000300000001ffffffff" TRIANGLE),
			 -EINVAL);
	assert_int_equal(decode("0000000003ffffffff00000004" TRIANGLE),
			 -EINVAL);
	/* a multipolygon of multipolygons, however deep */
	assert_int_equal(decode("000000000600000001000000000600000001"
				"00000000030000000100000004" TRIANGLE),
			 -EINVAL);
}

static void each_wkb_is_taken_or_refused(struct text input)
{
	struct psap_areas *a;

	assert_int_equal(psap_areas_new(&a), 0);
	psap_areas_begin(a, &(struct psap_area_key){ 1, 1, 0, 1 });
	if (wkb_decode(input, a) >= 0 && psap_areas_end(a) >= 0) {
		assert_int_equal(psap_areas_index(a), 0);
		(void)boundary(a, 0.5, 0.5);
	}
	(void)psap_areas_unref(a);
}

static void what_is_one_step_from_wkb(void **state)
{
	char bytes[sizeof(sample_hex) / 2];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(text_hex_digit(sample_hex[2 * i]) << 4 |
				  text_hex_digit(sample_hex[2 * i + 1]));
	sweep(text_make(bytes, sizeof(bytes)), each_wkb_is_taken_or_refused);
}

/* ---- the file ---- */

static const struct uuid version = { { 1, 2, 3, 4, 5, 6, 7, 8, 9 } };

static void a_file_comes_back(void **state)
{
	struct psap_areas *a = sample();
	struct uuid v;

	(void)state;
	assert_int_equal(area_file_save(a, &version, path_of("good")), 0);
	(void)psap_areas_unref(a);
	assert_int_equal(area_file_load(path_of("good"), &a, &v), 0);
	assert_true(uuid_equal(&v, &version));
	assert_sample(a);
	/* Saving what was loaded gives the same bytes again. */
	assert_int_equal(area_file_save(a, &version, path_of("good")), 0);
	(void)psap_areas_unref(a);
	assert_int_equal(area_file_load(path_of("good"), &a, &v), 0);
	assert_sample(a);
	(void)psap_areas_unref(a);
	assert_int_equal(access(path_of("good.new"), F_OK), -1);
}

static void an_empty_set_comes_back(void **state)
{
	struct psap_areas *a;
	struct uuid v;

	(void)state;
	assert_int_equal(psap_areas_new(&a), 0);
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(area_file_save(a, &version, path_of("empty")), 0);
	(void)psap_areas_unref(a);
	assert_int_equal(area_file_load(path_of("empty"), &a, &v), 0);
	assert_int_equal(psap_areas_count(a), 0);
	(void)psap_areas_unref(a);
}

static char *read_file(const char *path, size_t *ret_size)
{
	FILE *in = fopen(path, "rb");
	char *bytes = malloc(65536);

	assert_non_null(in);
	assert_non_null(bytes);
	*ret_size = fread(bytes, 1, 65536, in);
	(void)fclose(in);
	return bytes;
}

static void each_damage_is_noticed(void **state)
{
	struct psap_areas *a = sample();
	struct uuid v;
	size_t size;
	char *bytes;

	(void)state;
	assert_int_equal(area_file_save(a, &version, path_of("hurt")), 0);
	a = psap_areas_unref(a);
	bytes = read_file(path_of("hurt"), &size);
	for (size_t i = 0; i < size; i++) {
		struct text cut;

		for (unsigned bit = 0; bit < 8; bit++) {
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
			assert_int_equal(
				area_file_decode(text_make(bytes, size), &a,
						 &v),
				-EBADMSG);
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
		}
		cut = exact_copy(text_make(bytes, i));
		assert_int_equal(area_file_decode(cut, &a, &v), -EBADMSG);
		free((char *)cut.p);
	}
	assert_null(a);
	assert_int_equal(area_file_decode(text_make(bytes, size), &a, &v), 0);
	assert_sample(a);
	(void)psap_areas_unref(a);
	free(bytes);
}

static void what_is_no_file_is_told(void **state)
{
	struct psap_areas *a = NULL;
	struct uuid v;

	(void)state;
	assert_int_equal(area_file_load(path_of("none"), &a, &v), -ENOENT);
	assert_int_equal(area_file_load(directory, &a, &v), -EBADMSG);
	assert_null(a);
	assert_int_equal(psap_areas_new(&a), 0);
	assert_int_equal(psap_areas_index(a), 0);
	assert_int_equal(area_file_save(a, &version, path_of("no/where")),
			 -ENOENT);
	(void)psap_areas_unref(a);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(path_of("good"));
	(void)unlink(path_of("empty"));
	(void)unlink(path_of("hurt"));
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wkb_is_understood),
		cmocka_unit_test(
			wkb_of_either_byte_order_with_or_without_prefix),
		cmocka_unit_test(other_wkb_is_refused),
		cmocka_unit_test(what_is_one_step_from_wkb),
		cmocka_unit_test(a_file_comes_back),
		cmocka_unit_test(an_empty_set_comes_back),
		cmocka_unit_test(each_damage_is_noticed),
		cmocka_unit_test(what_is_no_file_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
