/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ALI records: layouts, engine, files, and what a location becomes. */
/* build: link e911_sidecar */
#include "ali/derive.h"
#include "ali/file.h"
#include "ali/fold.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A text that a static struct may hold. */
#define T(s) \
	{ \
		s, sizeof(s) - 1 \
	}

#define FILE_MAX_SIZE (64 * 1024)

struct memory {
	char bytes[FILE_MAX_SIZE];
	size_t len, at;
};

static int to_memory(void *arg, const char *bytes, size_t len)
{
	struct memory *m = arg;

	assert_true(m->len + len <= sizeof(m->bytes));
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
	return 0;
}

/* In pieces of odd sizes: they make no difference. */
static ssize_t from_memory(void *arg, char *buf, size_t size)
{
	struct memory *m = arg;
	size_t n = m->len - m->at;

	if (n > 101)
		n = 101;
	if (n > size)
		n = size;
	memcpy(buf, m->bytes + m->at, n);
	m->at += n;
	return (ssize_t)n;
}

static const struct tm day = { .tm_year = 126, .tm_mon = 10, .tm_mday = 21 };

/* ---- the tables ---- */

static void each_byte_of_each_line_belongs_to_one_row(void **state)
{
	(void)state;
	for (int l = 0; l < ALI_LAYOUT_COUNT; l++) {
		const struct ali_layout *layout =
			ali_layout_get((enum ali_layout_id)l);

		assert_ptr_equal(ali_layout_find(text_of(layout->name)),
				 layout);
		assert_true(layout->length <= ALI_LENGTH_MAX);
		assert_true(strlen(layout->end) <= ALI_END_MAX);
		for (int k = 0; k < ALI_LINE_COUNT; k++) {
			const struct ali_position *p = NULL;
			char covered[ALI_LENGTH_MAX + 1] = "";

			while ((p = ali_position_next(layout, (enum ali_line)k,
						      p))) {
				assert_true(p->start >= 1);
				for (unsigned i = 0; i < p->length; i++)
					assert_int_equal(
						covered[p->start + i]++, 0);
			}
			for (unsigned i = 1; i <= layout->length; i++)
				assert_int_equal(covered[i], 1);
		}
	}
	assert_null(ali_layout_find(text_of("nena-1")));
}

static void fields_are_found_by_their_names(void **state)
{
	enum ali_field f;

	(void)state;
	for (int i = 0; i < ALI_FIELD_COUNT; i++) {
		assert_int_equal(
			ali_field_find(
				text_of(ali_field_name((enum ali_field)i)), &f),
			0);
		assert_int_equal(f, i);
	}
	assert_int_equal(ali_field_find(text_of("street_nam"), &f), -ENOENT);
	assert_string_equal(ali_code_meaning(ALI_CLASS_OF_SERVICE, '4'),
			    "business PBX");
	assert_null(ali_code_meaning(ALI_FUNCTION_CODE, 'X'));
}

/* ---- folding ---- */

static void check_fold(const char *in, bool letters, size_t size,
		       const char *out, bool cut, bool lost)
{
	char buf[64];
	struct ali_folded f = ali_fold(text_of(in), letters, buf, size);

	assert_int_equal(f.len, strlen(out));
	assert_memory_equal(buf, out, f.len);
	assert_int_equal(f.cut, cut);
	assert_int_equal(f.lost, lost);
}

static void text_becomes_capitals_of_ascii(void **state)
{
	(void)state;
	check_fold("  Mill \t St ", false, 60, "MILL ST", false, false);
	check_fold("Rue de l\xe2\x80\x99\xc3\x89glise", false, 60,
		   "RUE DE L'EGLISE", false, false);
	check_fold("e\xcc\x81", false, 9, "E", false, false);
	check_fold("\xc3\x86r\xc3\xb8 stra\xc3\x9f"
		   "e",
		   false, 60, "AERO STRASSE", false, false);
	check_fold("12\xc2\xbd", false, 10, "12 1/2", false, false);
	check_fold("a\xe2\x80\x93z", false, 10, "A-Z", false, false);
	check_fold("\xe6\x9d\xb1 Tower", false, 10, "TOWER", false, true);
	check_fold("a\xff"
		   "b",
		   false, 10, "A B", false, true);
	check_fold("a\x07"
		   "b",
		   false, 10, "A B", false, true);
	check_fold("St. Mary's-by-the-Sea", true, 60, "ST MARYS BY THE SEA",
		   false, false);
	check_fold("100 Mile House", true, 60, "MILE HOUSE", false, true);
	check_fold("abcdef", false, 5, "ABCDE", true, false);
	check_fold("abcde ", false, 5, "ABCDE", false, false);
	check_fold("abcd e", false, 5, "ABCD", true, false);
}

/* ---- records ---- */

static struct ali_values sample(void)
{
	return (struct ali_values){ .value = {
					    [ALI_FUNCTION_CODE] = text_of("I"),
					    [ALI_NPA] = text_of("206"),
					    [ALI_CALLING_NUMBER] =
						    text_of("5550114"),
					    [ALI_HOUSE_NUMBER] = text_of("100"),
					    [ALI_STREET_NAME] = text_of("Mill"),
					    [ALI_STREET] = text_of("Mill St"),
					    [ALI_STREET_SUFFIX] = text_of("ST"),
					    [ALI_COMMUNITY_NAME] =
						    text_of("Ashgrove"),
					    [ALI_STATE] = text_of("WA"),
					    [ALI_CLASS_OF_SERVICE] =
						    text_of("4"),
					    [ALI_TYPE_OF_SERVICE] =
						    text_of("0"),
				    } };
}

static bool has_remark(const struct ali_remarks *r, enum ali_field field,
		       enum ali_flaw flaw)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->remark[i].field == field && r->remark[i].flaw == flaw)
			return true;
	return false;
}

static void check_write(enum ali_field field, const char *value,
			enum ali_flaw flaw, int expected)
{
	const struct ali_layout *l = ali_layout_get(ALI_NENA_2_1);
	struct ali_values v = sample();
	char line[ALI_LENGTH_MAX];
	struct ali_remarks r;

	v.value[field] = text_of(value);
	assert_int_equal(ali_record_write(l, ALI_DATA, &v, line, &r), expected);
	assert_true(has_remark(&r, field, flaw));
	assert_int_equal(r.count, 1);
	assert_int_equal(r.fatal, expected < 0);
}

static void what_does_not_fit_is_told_with_its_field(void **state)
{
	char long_name[80];

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	check_write(ALI_STREET_NAME, long_name, ALI_CUT, 0);
	check_write(ALI_LOCATION, long_name, ALI_CUT, 0);
	check_write(ALI_CUSTOMER_NAME, "\xd0\x96\xd0\x96 Co", ALI_LOST, 0);
	check_write(ALI_CLASS_OF_SERVICE, "Z", ALI_UNKNOWN_CODE, 0);
	/* A part of these would be another place, or nobody's number. */
	check_write(ALI_HOUSE_NUMBER, "12345678901", ALI_TOO_LONG, -EINVAL);
	check_write(ALI_STATE, "Washington", ALI_TOO_LONG, -EINVAL);
	check_write(ALI_STREET_SUFFIX, "CROIS", ALI_TOO_LONG, -EINVAL);
	check_write(ALI_NPA, "20", ALI_NOT_DIGITS, -EINVAL);
	check_write(ALI_CALLING_NUMBER, "555-011", ALI_NOT_DIGITS, -EINVAL);
	check_write(ALI_CALLING_NUMBER, "", ALI_MISSING, -EINVAL);
	check_write(ALI_MAIN_NUMBER, "55501140", ALI_NOT_DIGITS, -EINVAL);
	check_write(ALI_FUNCTION_CODE, "X", ALI_NO_FUNCTION, -EINVAL);
	check_write(ALI_FUNCTION_CODE, "", ALI_NO_FUNCTION, -EINVAL);
}

static void a_record_is_read_as_it_was_written(void **state)
{
	(void)state;
	for (int l = 0; l < ALI_LAYOUT_COUNT; l++) {
		const struct ali_layout *layout =
			ali_layout_get((enum ali_layout_id)l);
		struct ali_values v = sample(), got;
		char line[ALI_LENGTH_MAX], again[ALI_LENGTH_MAX];
		struct ali_remarks r;

		assert_int_equal(
			ali_record_write(layout, ALI_DATA, &v, line, &r), 0);
		assert_int_equal(r.count, 0);
		assert_int_equal(
			ali_record_read(layout, ALI_DATA,
					text_make(line, layout->length), &got,
					&r),
			0);
		assert_int_equal(r.count, 0);
		assert_true(text_equal(got.value[ALI_COMMUNITY_NAME],
				       text_of("ASHGROVE")));
		assert_int_equal(
			ali_record_write(layout, ALI_DATA, &got, again, &r), 0);
		assert_memory_equal(line, again, layout->length);
		assert_int_equal(
			ali_record_read(layout, ALI_DATA,
					text_make(line, layout->length - 1),
					&got, &r),
			-EMSGSIZE);
	}
}

static void check_read(unsigned at, char byte, enum ali_field field,
		       enum ali_flaw flaw, int expected)
{
	const struct ali_layout *l = ali_layout_get(ALI_NENA_2_1);
	struct ali_values v = sample(), got;
	char line[ALI_LENGTH_MAX];
	struct ali_remarks r;

	assert_int_equal(ali_record_write(l, ALI_DATA, &v, line, &r), 0);
	line[at - 1] = byte;
	assert_int_equal(ali_record_read(l, ALI_DATA,
					 text_make(line, l->length), &got, &r),
			 expected);
	assert_true(has_remark(&r, field, flaw));
}

static void a_line_that_is_none_is_told_by_position(void **state)
{
	(void)state;
	check_read(2, 'x', ALI_NPA, ALI_NOT_DIGITS, -EBADMSG);
	check_read(5, ' ', ALI_CALLING_NUMBER, ALI_NOT_DIGITS, -EBADMSG);
	check_read(512, 'x', ALI_NOTHING, ALI_NOT_LITERAL, -EBADMSG);
	check_read(40, '\n', ALI_STREET_NAME, ALI_NOT_PRINTABLE, -EBADMSG);
	check_read(40, '\xe9', ALI_STREET_NAME, ALI_NOT_PRINTABLE, -EBADMSG);
	check_read(1, 'X', ALI_FUNCTION_CODE, ALI_NO_FUNCTION, -EBADMSG);
	/* Providers write into what is reserved. */
	check_read(356, '7', ALI_NOTHING, ALI_NOT_BLANK, 0);
}

/* ---- files ---- */

/* clang-format off */
static const struct ali_source floor_3 = {
	.number = T("+12065550114"),
	.country = T("US"),
	.house_number = T("100"),
	.street = T("N Mill St"),
	.city = T("Ashgrove"),
	.state = T("WA"),
	.postal_code = T("98000-1234"),
	.building = T("A"),
	.floor = T("3"),
	.unit = T("Suite 300"),
	.room = T("312"),
	.info = T("east wing"),
	.longitude = T("-122.332100"),
	.latitude = T("47.606200"),
	.customer_name = T("Larkspur Insurance"),
	.main_number = T("+12065550100"),
	.class_of_service = T("4"),
	.type_of_service = T("0"),
	.company_id = T("LARKS"),
	.customer_code = T("999"),
};

static const struct ali_source quebec = {
	.number = T("+14185550199"),
	.country = T("CA"),
	.house_number = T("12\xc2\xbd"),
	.street = T("rue de l'\xc3\x89glise O"),
	.city = T("L\xc3\xa9vis"),
	.state = T("QC"),
	.postal_code = T("G6V 1A1"),
	.floor = T("Rez-de-chauss\xc3\xa9" "e"),
	.customer_name = T("Soci\xc3\xa9t\xc3\xa9 d'assurances du Saint-Laurent inc."),
	.class_of_service = T("4"),
	.type_of_service = T("0"),
	.company_id = T("LARKS"),
};
/* clang-format on */

static void write_sample_file(const struct ali_layout *layout, struct memory *m)
{
	const struct ali_source *sources[] = { &floor_3, &quebec };
	const char *functions[] = { "I", "C", "D" };
	struct ali_values header = { .value = {
					     [ALI_COMPANY_NAME] = text_of(
						     "Larkspur Insurance"),
					     [ALI_CYCLE_COUNTER] =
						     text_of("42"),
				     } };
	struct ali_writer w = { .layout = layout,
				.write = to_memory,
				.arg = m };
	struct ali_remarks r;

	m->len = m->at = 0;
	assert_int_equal(ali_writer_begin(&w, &header, &day, &r), 0);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		struct ali_derived d;

		assert_int_equal(
			ali_derive(sources[i % ARRAY_SIZE(sources)], &d), 0);
		d.values.value[ALI_FUNCTION_CODE] = text_of(functions[i]);
		d.values.value[ALI_ORDER_NUMBER] = text_of("7");
		assert_int_equal(ali_writer_add(&w, &d.values, &r), 0);
	}
	assert_int_equal(ali_writer_end(&w, &r), 0);
	assert_int_equal(w.count, 3);
}

static void check_golden(const struct ali_layout *layout)
{
	char path[256];
	struct memory m, golden = { .len = 0 };
	FILE *f;

	write_sample_file(layout, &m);
	(void)snprintf(path, sizeof(path), "unit/golden/ali-%s.txt",
		       layout->name);
	if (getenv("ALI_ACCEPT")) {
		f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(m.bytes, 1, m.len, f), m.len);
		assert_int_equal(fclose(f), 0);
	}
	f = fopen(path, "rb");
	assert_non_null(f);
	golden.len = fread(golden.bytes, 1, sizeof(golden.bytes), f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(m.len, golden.len);
	assert_memory_equal(m.bytes, golden.bytes, m.len);
}

static void files_are_the_golden_ones_byte_by_byte(void **state)
{
	(void)state;
	for (int l = 0; l < ALI_LAYOUT_COUNT; l++)
		check_golden(ali_layout_get((enum ali_layout_id)l));
}

static int read_all(struct memory *m, const struct ali_layout *layout,
		    size_t behind, size_t *ret_bad, char *ret_reason)
{
	static struct ali_reader r;
	struct ali_read_line line;
	int got, n = 0;

	m->at = 0;
	*ret_bad = 0;
	ret_reason[0] = '\0';
	ali_reader_init(&r, layout, behind, from_memory, m);
	while ((got = ali_reader_next(&r, &line)) != 0) {
		if (got == 1) {
			n++;
			continue;
		}
		assert_int_equal(got, -EBADMSG);
		if (!(*ret_bad)++)
			(void)snprintf(ret_reason, ALI_REASON_SIZE, "%s",
				       r.reason);
	}
	if (ali_reader_check(&r) < 0 && !ret_reason[0])
		(void)snprintf(ret_reason, ALI_REASON_SIZE, "%s", r.reason);
	return n;
}

static void a_file_is_read_line_by_line(void **state)
{
	(void)state;
	for (int l = 0; l < ALI_LAYOUT_COUNT; l++) {
		struct memory m;
		char reason[ALI_REASON_SIZE];
		size_t bad;

		write_sample_file(ali_layout_get((enum ali_layout_id)l), &m);
		assert_int_equal(read_all(&m,
					  ali_layout_get((enum ali_layout_id)l),
					  0, &bad, reason),
				 5);
		assert_int_equal(bad, 0);
		assert_string_equal(reason, "");
	}
}

static void cut_out(struct memory *m, size_t at, size_t n)
{
	memmove(m->bytes + at, m->bytes + at + n, m->len - at - n);
	m->len -= n;
}

static void a_file_that_is_not_whole_is_told(void **state)
{
	const struct ali_layout *l = ali_layout_get(ALI_NENA_2_1);
	char reason[ALI_REASON_SIZE];
	struct memory m;
	size_t bad;

	(void)state;
	write_sample_file(l, &m); /* a record less */
	cut_out(&m, 514, 514);
	assert_int_equal(read_all(&m, l, 0, &bad, reason), 3);
	assert_string_equal(reason, "the trailer counts 3 records, 2 came");
	write_sample_file(l, &m); /* a character less */
	cut_out(&m, 600, 1);
	assert_int_equal(read_all(&m, l, 0, &bad, reason), 4);
	assert_string_equal(reason, "it has 511 characters and not 512");
	write_sample_file(l, &m); /* no trailer */
	m.len -= 514;
	assert_int_equal(read_all(&m, l, 0, &bad, reason), 4);
	assert_string_equal(reason, "it has no trailer");
	write_sample_file(l, &m); /* no header */
	cut_out(&m, 0, 514);
	assert_int_equal(read_all(&m, l, 0, &bad, reason), 4);
	assert_string_equal(reason, "it has no header");
	write_sample_file(l, &m); /* the ends of two lines are gone */
	cut_out(&m, 514 + 512, 2);
	assert_int_equal(read_all(&m, l, 0, &bad, reason), 2);
	assert_int_equal(bad, 2);
	assert_string_equal(reason, "it is longer than any line");
	write_sample_file(l, &m); /* no line end at all behind the last one */
	m.len -= 2;
	assert_int_equal(read_all(&m, l, 0, &bad, reason), 5);
	assert_int_equal(bad, 0);
	m.len = 0;
	assert_int_equal(read_all(&m, l, 0, &bad, reason), 0);
	assert_string_equal(reason, "it has no header");
}

/* ---- a location ---- */

static void check_value(const struct ali_derived *d, enum ali_field field,
			const char *expected)
{
	struct text t = d->values.value[field];
	char buf[600];

	assert_int_equal(text_to_cstr(t, buf, sizeof(buf)), 0);
	assert_string_equal(buf, expected);
}

static struct ali_source with_street(const char *house, const char *street)
{
	struct ali_source s = floor_3;

	s.house_number = text_of(house);
	s.street = text_of(street);
	return s;
}

static void a_street_is_cut_into_its_parts(void **state)
{
	static const struct {
		const char *house, *street;
		const char *number, *suffix, *pre, *name, *type, *post;
	} rows[] = {
		{ "100", "Mill St", "100", "", "", "MILL", "ST", "" },
		{ "12 1/2", "N Mill Street", "12", "1/2", "N", "MILL", "ST",
		  "" },
		{ "100A", "Saint Mary's Rd SW", "100", "A", "", "SAINT MARYS",
		  "RD", "SW" },
		{ "41-35", "First Avenue", "41-35", "", "", "FIRST", "AVE",
		  "" },
		{ "1", "Broadway", "1", "", "", "BROADWAY", "", "" },
		{ "7", "North St", "7", "", "", "NORTH", "ST", "" },
		{ "9", "Avenue E", "9", "", "", "AVENUE E", "", "" },
		{ "", "Km 5 Rte 9", "", "", "", "KM 5 RTE 9", "", "" },
		{ "12\xc2\xbd", "Hill Rd", "12", "1/2", "", "HILL", "RD", "" },
		{ "41-05", "Main St", "41-05", "", "", "MAIN", "ST", "" },
		{ "0123", "Main St", "0123", "", "", "MAIN", "ST", "" },
		{ "00", "Main St", "00", "", "", "MAIN", "ST", "" },
		{ "007 1/2", "Main St", "007", "1/2", "", "MAIN", "ST", "" },
		{ "W123N045", "Hill Rd", "W123N045", "", "", "HILL", "RD", "" },
		{ "1", "Hwy 3.5", "1", "", "", "Hwy 3.5", "", "" },
		{ "W123N456", "Hill Rd", "W123N456", "", "", "HILL", "RD", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ali_source s =
			with_street(rows[i].house, rows[i].street);
		struct ali_derived d;

		assert_int_equal(ali_derive(&s, &d), 0);
		check_value(&d, ALI_HOUSE_NUMBER, rows[i].number);
		check_value(&d, ALI_HOUSE_NUMBER_SUFFIX, rows[i].suffix);
		check_value(&d, ALI_PREFIX_DIRECTIONAL, rows[i].pre);
		check_value(&d, ALI_STREET_NAME, rows[i].name);
		check_value(&d, ALI_STREET_SUFFIX, rows[i].type);
		check_value(&d, ALI_POST_DIRECTIONAL, rows[i].post);
	}
}

static void the_way_inside_is_one_text(void **state)
{
	struct ali_source s = floor_3;
	struct ali_derived d;

	(void)state;
	assert_int_equal(ali_derive(&s, &d), 0);
	check_value(&d, ALI_LOCATION, "BLDG A FL 3 STE 300 RM 312 east wing");
	check_value(&d, ALI_ZIP_CODE, "98000");
	check_value(&d, ALI_ZIP_4, "1234");
	check_value(&d, ALI_X_COORDINATE, "-122.3321");
	check_value(&d, ALI_MAIN_NUMBER, "5550100");
	s = with_street("100", "Mill St Ste 300");
	s.building = s.unit = s.room = s.info = text_of(NULL);
	s.floor = text_of("Ground floor");
	assert_int_equal(ali_derive(&s, &d), 0);
	check_value(&d, ALI_STREET_NAME, "MILL");
	check_value(&d, ALI_LOCATION, "GROUND FL STE 300");
	assert_int_equal(ali_derive(&quebec, &d), 0);
	check_value(&d, ALI_STREET_NAME, "RUE DE LEGLISE");
	check_value(&d, ALI_POST_DIRECTIONAL, "W");
	check_value(&d, ALI_ZIP_CODE, "");
	check_value(&d, ALI_MAIN_NUMBER, "5550199");
}

static void a_part_is_named_and_stays_what_it_is(void **state)
{
	static const struct {
		const char *building, *floor, *unit, *room, *location;
	} rows[] = {
		{ "", "-1", "", "", "FL -1" },
		{ "", "+2", "", "", "FL +2" },
		{ "", "2.105", "4.5", "3'4", "FL 2.105 STE 4.5 RM 3'4" },
		{ "A.3", "", "", "", "BLDG A.3" },
		{ "Office Depot", "", "", "", "BLDG OFFICE DEPOT" },
		{ "Space Needle", "Upper Level", "", "",
		  "BLDG SPACE NEEDLE FL UPPER LEVEL" },
		{ "Key Tower", "", "Suite Life", "",
		  "BLDG KEY TOWER STE SUITE LIFE" },
		{ "Building 7", "Floor 3", "Ste. 300", "Room B",
		  "BLDG 7 FL 3 STE 300 RM B" },
		{ "", "3rd floor", "STE #300", "#12", "3RD FL STE 300 RM 12" },
		{ "", "Lobby", "", "Server room", "LBBY SERVER RM" },
		{ "", "PH", "Apt 5", "", "PH APT 5" },
		{ "", "B", "", "", "FL B" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ali_source s = floor_3;
		struct ali_derived d;

		s.building = text_of(rows[i].building);
		s.floor = text_of(rows[i].floor);
		s.unit = text_of(rows[i].unit);
		s.room = text_of(rows[i].room);
		s.info = text_of(NULL);
		assert_int_equal(ali_derive(&s, &d), 0);
		check_value(&d, ALI_LOCATION, rows[i].location);
	}
}

static void a_record_without_a_place_is_none(void **state)
{
	static const enum ali_field must[] = { ALI_STREET_NAME,
					       ALI_COMMUNITY_NAME, ALI_STATE };
	const struct ali_layout *l = ali_layout_get(ALI_NENA_2_1);
	char line[ALI_LENGTH_MAX];
	struct ali_remarks r;
	struct ali_values v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(must); i++) {
		check_write(must[i], "", ALI_MISSING, -EINVAL);
		check_write(must[i], " ", ALI_MISSING, -EINVAL);
		v = sample();
		v.value[must[i]] = text_of(NULL);
		v.value[ALI_FUNCTION_CODE] = text_of("D");
		assert_int_equal(ali_record_write(l, ALI_DATA, &v, line, &r),
				 0);
		assert_int_equal(r.count, 0);
	}
	check_write(ALI_HOUSE_NUMBER, "", ALI_ABSENT, 0);
}

static void a_state_and_a_zip_code_are_taken_as_people_write_them(void **state)
{
	struct ali_source s = floor_3;
	struct ali_derived d;

	(void)state;
	s.state = text_of("Washington");
	s.postal_code = text_of(" 98101 ");
	assert_int_equal(ali_derive(&s, &d), 0);
	check_value(&d, ALI_STATE, "WA");
	check_value(&d, ALI_ZIP_CODE, "98101");
}

static void only_numbers_of_north_america_have_records(void **state)
{
	static const char *const numbers[] = {
		"",
		"12065550114",
		"+1206555011",
		"+120655501144",
		"+442071234567",
		"+11065550114",
		"+12061550114",
	};
	struct ali_source s = floor_3;
	struct ali_derived d;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		s.number = text_of(numbers[i]);
		assert_int_equal(ali_derive(&s, &d), -EINVAL);
	}
	s = floor_3;
	s.main_number = text_of("4102");
	assert_int_equal(ali_derive(&s, &d), -EINVAL);
}

/* ---- whatever a location holds ---- */

static uint32_t seed = 1;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Nothing, or up to 300 characters of all of Unicode, or of any bytes. */
static struct text any_text(char *buf)
{
	static const uint32_t tops[] = { 0x7f, 0x24f, 0xffff, 0x10ffff };
	size_t len = 0, count = dice(4) ? dice(40) : dice(300);
	uint32_t top = tops[dice(4)];
	bool bytes = !dice(8);

	if (!dice(5))
		return text_of(NULL);
	for (size_t i = 0; i < count; i++) {
		if (bytes)
			buf[len++] = (char)dice(256);
		else
			len += put_utf8(buf + len, dice(top + 1));
	}
	return text_make(buf, len);
}

static void check_untouched(const struct ali_layout *layout,
			    const struct ali_values *v)
{
	char line[ALI_LENGTH_MAX];
	struct ali_remarks r;
	struct ali_values got;
	const struct ali_position *p = NULL;
	int err = ali_record_write(layout, ALI_DATA, v, line, &r);
	struct text bytes = text_make(line, layout->length);

	/* Each position of a value holds that value and no other. */
	assert_int_equal(text_printable_len(bytes), layout->length);
	while ((p = ali_position_next(layout, ALI_DATA, p))) {
		char folded[ALI_LENGTH_MAX];
		struct ali_folded f;

		if (p->rule != ALI_TEXT && p->rule != ALI_WHOLE)
			continue;
		f = ali_fold(v->value[p->field], p->type == ALI_A, folded,
			     p->length);
		memset(folded + f.len, ' ', sizeof(folded) - f.len);
		assert_memory_equal(line + p->start - 1, folded, p->length);
	}
	if (err < 0)
		return;
	assert_memory_equal(line + 1, "2065550114", 10);
	assert_int_equal(ali_record_read(layout, ALI_DATA, bytes, &got, &r), 0);
	for (size_t i = 0; i < r.count; i++)
		assert_int_equal(r.remark[i].flaw, ALI_UNKNOWN_CODE);
}

static void no_text_moves_a_field(void **state)
{
	char buf[14][1300];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct ali_source s = {
			.number = text_of("+12065550114"),
			.country = text_of(dice(2) ? "US" : "CA"),
			.house_number = any_text(buf[0]),
			.street = any_text(buf[1]),
			.city = any_text(buf[2]),
			.state = dice(9) ? text_of("WA") : any_text(buf[3]),
			.postal_code = any_text(buf[4]),
			.building = any_text(buf[5]),
			.floor = any_text(buf[6]),
			.unit = any_text(buf[7]),
			.room = any_text(buf[8]),
			.info = any_text(buf[9]),
			.longitude = any_text(buf[10]),
			.customer_name = any_text(buf[11]),
			.class_of_service = text_of("4"),
			.company_id =
				dice(9) ? text_of("LARKS") : any_text(buf[12]),
			.esn = dice(9) ? text_of("") : any_text(buf[13]),
		};
		struct ali_derived d;

		assert_int_equal(ali_derive(&s, &d), 0);
		d.values.value[ALI_FUNCTION_CODE] = text_of("I");
		check_untouched(ali_layout_get((enum ali_layout_id)(
					i % ALI_LAYOUT_COUNT)),
				&d.values);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_of_each_line_belongs_to_one_row),
		cmocka_unit_test(fields_are_found_by_their_names),
		cmocka_unit_test(text_becomes_capitals_of_ascii),
		cmocka_unit_test(what_does_not_fit_is_told_with_its_field),
		cmocka_unit_test(a_record_is_read_as_it_was_written),
		cmocka_unit_test(a_line_that_is_none_is_told_by_position),
		cmocka_unit_test(files_are_the_golden_ones_byte_by_byte),
		cmocka_unit_test(a_file_is_read_line_by_line),
		cmocka_unit_test(a_file_that_is_not_whole_is_told),
		cmocka_unit_test(a_street_is_cut_into_its_parts),
		cmocka_unit_test(the_way_inside_is_one_text),
		cmocka_unit_test(a_part_is_named_and_stays_what_it_is),
		cmocka_unit_test(a_record_without_a_place_is_none),
		cmocka_unit_test(
			a_state_and_a_zip_code_are_taken_as_people_write_them),
		cmocka_unit_test(only_numbers_of_north_america_have_records),
		cmocka_unit_test(no_text_moves_a_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
