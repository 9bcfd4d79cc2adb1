/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar m */
/* build: with test/support/sweep.c */
#include "address/book.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "address/book_file.h"
#include "modules/core/crc32c.h"
#include "psap/find.h"
#include "test/support/sweep.h"

/* ---- a town ---- */

/* Elements in the order of 'fields', "" for what is absent. */
static const enum civic_field fields[] = { CIVIC_PRD, CIVIC_STP, CIVIC_RD,
					   CIVIC_STS, CIVIC_POD };

static struct civic place_of(const char *city)
{
	struct civic c = { 0 };

	c.value[CIVIC_COUNTRY] = text_of("US");
	c.value[CIVIC_A1] = text_of("WA");
	c.value[CIVIC_A3] = text_of(city);
	return c;
}

static struct address street_of(const char *city, const char *const street[5],
				const char *county)
{
	struct civic c = place_of(city);
	struct address a;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		c.value[fields[i]] = text_of(street[i]);
	c.value[CIVIC_A2] = text_of(county);
	address_read(&c, false, &a);
	return a;
}

static const struct {
	const char *city, *street[5], *county;
	struct address_range range;
} ranges[] = {
	{ "Ashgrove",
	  { "N", "", "Mill", "St", "" },
	  "King",
	  { 1, 11, 100, 198, ADDRESS_EVEN } },
	{ "Ashgrove",
	  { "N", "", "Mill", "St", "" },
	  "King",
	  { 2, 12, 101, 199, ADDRESS_ODD } },
	{ "Ashgrove",
	  { "S", "", "Mill", "St", "" },
	  "King",
	  { 3, 13, 200, 299, ADDRESS_BOTH } },
	{ "Ashgrove",
	  { "", "", "Depot", "Rd", "" },
	  "",
	  { 4, 14, 1, 99, ADDRESS_BOTH } },
	{ "Ashgrove",
	  { "", "", "Depot", "Rd", "" },
	  "",
	  { 5, 14, 101, 199, ADDRESS_BOTH } },
	{ "Ashgrove",
	  { "", "", "North", "St", "" },
	  "",
	  { 6, 15, 1, 99, ADDRESS_BOTH } },
	{ "Ashgrove",
	  { "", "", "N", "St", "" },
	  "",
	  { 7, 16, 1, 99, ADDRESS_BOTH } },
	{ "Ashgrove",
	  { "", "", "Ferry", "Landing", "" },
	  "",
	  { 8, 17, 0, 0, ADDRESS_BOTH } },
	{ "Cedar",
	  { "", "", "Mill", "St", "" },
	  "",
	  { 9, 18, 1, 9999, ADDRESS_BOTH } },
	/* Two places of one name, and a third that has no range. */
	{ "Oakwood",
	  { "", "", "Main", "St", "" },
	  "Montgomery",
	  { 12, 51, 1, 999, ADDRESS_BOTH } },
	{ "Oakwood",
	  { "", "", "Main", "St", "" },
	  "Cuyahoga",
	  { 13, 52, 500, 1500, ADDRESS_BOTH } },
	/* What SQL sees as two streets. */
	{ "Cedar",
	  { "", "", "Oak", "St", "" },
	  "",
	  { 10, 19, 1, 99, ADDRESS_BOTH } },
	{ "Cedar",
	  { "", "", "Oak", "Street", "" },
	  "",
	  { 11, 20, 50, 150, ADDRESS_BOTH } },
};

static void add_point(struct address_book *b, uint64_t id, uint64_t psap,
		      const char *number, int32_t longitude)
{
	struct civic c = place_of("Cedar");
	struct address a;

	c.value[CIVIC_RD] = text_of("Elm");
	c.value[CIVIC_STS] = text_of("Ct");
	c.value[CIVIC_HNO] = text_of(number);
	c.value[CIVIC_PC] = text_of("98001");
	address_read(&c, false, &a);
	assert_int_equal(
		address_book_add_point(
			b, &a,
			&(struct address_point){ id, psap, longitude,
						 longitude == ADDRESS_NO_DEGREES
							 ? ADDRESS_NO_DEGREES
							 : 47500000 }),
		0);
}

static void add_coverage(struct address_book *b, enum address_coverage kind,
			 const char *county, const char *postal,
			 int32_t priority, uint64_t id, uint64_t psap)
{
	struct civic c = place_of("");
	struct address a;

	c.value[CIVIC_A2] = text_of(county);
	c.value[CIVIC_PC] = text_of(postal);
	address_read(&c, false, &a);
	assert_int_equal(
		address_book_add_coverage(b, kind, &a, priority, id, psap), 0);
}

/* Backwards: filled in another order. */
static struct address_book *town(bool backwards)
{
	size_t n = ARRAY_SIZE(ranges);
	struct address_book *b;

	assert_int_equal(address_book_new(&b), 0);
	for (size_t i = 0; i < n; i++) {
		size_t k = backwards ? n - 1 - i : i;
		struct address a = street_of(ranges[k].city, ranges[k].street,
					     ranges[k].county);

		assert_int_equal(
			address_book_add_range(b, &a, &ranges[k].range), 0);
	}
	add_point(b, 1, 21, "5", ADDRESS_NO_DEGREES);
	add_point(b, 2, 22, "5A", ADDRESS_NO_DEGREES);
	add_point(b, 3, 0, "7", -122500000);
	add_coverage(b, ADDRESS_OF_STATE, "", "", 100, 1, 31);
	add_coverage(b, ADDRESS_OF_COUNTY, "Pierce County", "", 100, 2, 32);
	add_coverage(b, ADDRESS_OF_COUNTY, "pierce", "", 50, 3, 33);
	add_coverage(b, ADDRESS_OF_POSTAL, "", "98002", 100, 4, 34);
	assert_int_equal(address_book_index(b), 0);
	return b;
}

static struct address_book *book;

static int set_up(void **state)
{
	(void)state;
	book = town(false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	book = address_book_unref(book);
	return 0;
}

/* ---- asking ---- */

static const char *marks(const struct civic *c, const struct address_answer *a)
{
	static char out[256];
	size_t n = 0;

	out[0] = '\0';
	for (enum civic_field f = 0; f < CIVIC_COUNT; f++)
		if (c->value[f].len)
			n += (size_t)snprintf(out + n, sizeof(out) - n,
					      "%s%s%c", n ? " " : "",
					      civic_field_name(f),
					      "?+-"[a->checks[f]]);
	return out;
}

/* "number|street|city|postal", the street in one piece; what comes out is
 * outcome, PSAP and a mark for each element. */
static void says(const char *asked, const char *outcome, uint64_t psap,
		 const char *want)
{
	struct text rest = text_of(asked), number, street, city;
	struct text postal = text_of("");
	bool has_county;
	struct address_answer answer;
	struct civic c;
	struct address a;

	assert_true(text_cut(&rest, '|', &number));
	assert_true(text_cut(&rest, '|', &street));
	assert_true(text_cut(&rest, '|', &city));
	has_county = text_cut(&rest, '|', &postal) && rest.len;
	c = place_of("");
	c.value[CIVIC_A3] = city;
	c.value[CIVIC_HNO] = number;
	c.value[CIVIC_RD] = street;
	c.value[CIVIC_PC] = postal;
	c.value[CIVIC_A2] = has_county ? rest : text_of("");
	address_read(&c, true, &a);
	address_book_check(book, &c, &a, true, &answer);
	if (strcmp(address_outcome_name(answer.outcome), outcome) != 0 ||
	    answer.psap_id != psap || strcmp(marks(&c, &answer), want) != 0)
		fail_msg("%s: %s %llu %s (%s)", asked,
			 address_outcome_name(answer.outcome),
			 (unsigned long long)answer.psap_id, marks(&c, &answer),
			 answer.reason);
	assert_int_equal(answer.reason[0] == '\0',
			 answer.outcome == ADDRESS_FITS);
}

#define GOOD "country+ A1+ A3+ RD+ HNO+"

static void an_address_is_in_a_range_of_its_side(void **state)
{
	(void)state;
	says("100|N Mill St|Ashgrove|", "fits", 11, GOOD);
	says("101|North Mill Street|ASHGROVE|", "fits", 12, GOOD);
	says("198|n. mill st.|Ashgrove|", "fits", 11, GOOD);
	says("200|S Mill St|Ashgrove|", "fits", 13, GOOD);
	says("150B|N Mill St Ste 300|Ashgrove|", "fits", 11, GOOD);
	says("1|Mill St|Cedar|", "fits", 18, GOOD);
	says("|Ferry Lndg|Ashgrove|", "fits", 17, "country+ A1+ A3+ RD+");
	says("100|N Mill St|Ashgrove|98000", "fits", 11,
	     "country+ A1+ A3+ RD+ HNO+ PC?");
}

static void what_does_not_exist_is_told_element_by_element(void **state)
{
	(void)state;
	says("99|N Mill St|Ashgrove|", "differs", 0,
	     "country+ A1+ A3+ RD+ HNO-");
	says("200|N Mill St|Ashgrove|", "differs", 0,
	     "country+ A1+ A3+ RD+ HNO-");
	says("41-100|N Mill St|Ashgrove|", "differs", 0,
	     "country+ A1+ A3+ RD+ HNO-");
	/* All of Depot Rd is one PSAP's. */
	says("100|Depot Rd|Ashgrove|", "differs", 14,
	     "country+ A1+ A3+ RD+ HNO-");
	says("1|Nowhere Ln|Ashgrove|", "differs", 0,
	     "country+ A1+ A3+ RD- HNO?");
	says("1|Mill St|Nowhere|", "unknown", 0, "country+ A1+ A3? RD? HNO?");
	says("|N Mill St|Ashgrove|", "unknown", 0, "country+ A1+ A3+ RD+");
	says("|Depot Rd|Ashgrove|", "unknown", 14, "country+ A1+ A3+ RD+");
	says("1||Ashgrove|", "unknown", 0, "country+ A1+ A3+ HNO?");
	says("100|W Mill St|Ashgrove|", "differs", 11,
	     "country+ A1+ A3+ RD- HNO?");
	says("1|Depot Rd|Ashgrove|9800", "fits", 14,
	     "country+ A1+ A3+ RD+ HNO+ PC-");
}

static void a_missing_direction_is_found_by_the_number(void **state)
{
	(void)state;
	says("100|Mill St|Ashgrove|", "fits", 11, GOOD);
	says("200|Mill|Ashgrove|", "fits", 13, GOOD);
	says("300|Mill St|Ashgrove|", "differs", 0,
	     "country+ A1+ A3+ RD+ HNO-");
}

static void ranges_that_meet_are_told(void **state)
{
	uint64_t id;

	(void)state;
	says("1|Oak St|Cedar|", "fits", 19, GOOD);
	/* Whoever serves the county goes first. */
	says("70|Oak Street|Cedar|", "unknown", 0, GOOD);
	assert_int_equal(address_book_conflicts(book, &id), 1);
	assert_int_equal(id, 10);
	says("150|Oak St|Cedar|", "fits", 20, GOOD);
}

#define THERE "country+ A1+ A2+ A3+ RD+ HNO+"

static void a_place_of_that_name_elsewhere_is_another(void **state)
{
	(void)state;
	says("100|Main St|Oakwood||Montgomery County", "fits", 51, THERE);
	says("600|Main St|Oakwood||Montgomery", "fits", 51, THERE);
	says("600|Main St|Oakwood||CUYAHOGA", "fits", 52, THERE);
	says("100|Main St|Oakwood||Cuyahoga", "differs", 52,
	     "country+ A1+ A2? A3+ RD+ HNO-");
	/* Nothing is known of Oakwood in Paulding County. */
	says("100|Main St|Oakwood||Paulding", "unknown", 0,
	     "country+ A1+ A2? A3? RD? HNO?");
	says("5000|Main St|Oakwood||Paulding", "unknown", 0,
	     "country+ A1+ A2? A3? RD? HNO?");
	says("100|N Main Ave|Oakwood||Paulding", "unknown", 0,
	     "country+ A1+ A2? A3? RD? HNO?");
	/* Who does not say which gets what all agree in. */
	says("100|Main St|Oakwood|", "fits", 51, GOOD);
	says("600|Main St|Oakwood|", "unknown", 0, GOOD);
	says("5000|Main St|Oakwood|", "differs", 0,
	     "country+ A1+ A3+ RD+ HNO-");
}

static void north_st_is_not_n_st(void **state)
{
	(void)state;
	says("1|North St|Ashgrove|", "fits", 15, GOOD);
	says("1|N St|Ashgrove|", "fits", 16, GOOD);
}

static void single_addresses_go_before_ranges(void **state)
{
	(void)state;
	says("5|Elm Ct|Cedar|98001", "fits", 21, GOOD " PC+");
	says("5A|Elm Ct|Cedar|98001", "fits", 22, GOOD " PC+");
	says("5B|Elm Ct|Cedar|98001", "fits", 21, GOOD " PC+");
	/* A Cedar of another postal code may be another Cedar. */
	says("5|Elm Ct|Cedar|98002", "differs", 0, GOOD " PC-");
	says("6|Elm Ct|Cedar|98001", "differs", 0,
	     "country+ A1+ A3+ RD+ HNO- PC?");
}

/* Elements as a client of LoST sends them. */
static void elements_are_told_one_by_one(void **state)
{
	static const struct {
		const char *prd, *rd, *sts, *want, *outcome;
	} rows[] = {
		{ "N", "Mill", "St", "PRD+ RD+ STS+", "fits" },
		{ "North", "Mill", "Street", "PRD+ RD+ STS+", "fits" },
		{ "", "Mill", "St", "RD+ STS+", "fits" },
		{ "", "N Mill St", "", "RD+", "fits" },
		{ "W", "Mill", "St", "PRD- RD+ STS+", "differs" },
		{ "N", "Mill", "Ave", "PRD+ RD+ STS-", "differs" },
		{ "W", "Mill", "Ave", "PRD- RD+ STS-", "differs" },
		{ "N", "Milk", "St", "PRD? RD- STS?", "differs" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct civic c = place_of("Ashgrove");
		struct address_answer answer;
		struct address a;

		c.value[CIVIC_HNO] = text_of("100");
		c.value[CIVIC_PRD] = text_of(rows[i].prd);
		c.value[CIVIC_RD] = text_of(rows[i].rd);
		c.value[CIVIC_STS] = text_of(rows[i].sts);
		address_read(&c, false, &a);
		address_book_check(book, &c, &a, false, &answer);
		assert_string_equal(address_outcome_name(answer.outcome),
				    rows[i].outcome);
		if (!strstr(marks(&c, &answer), rows[i].want))
			fail_msg("%s %s %s: %s", rows[i].prd, rows[i].rd,
				 rows[i].sts, marks(&c, &answer));
	}
}

/* The street of RFC 4119, which some still send. */
static void a6_stands_in_for_rd(void **state)
{
	struct civic c = place_of("Ashgrove");
	struct address_answer answer;
	struct address a;

	(void)state;
	c.value[CIVIC_A6] = text_of("Mill");
	c.value[CIVIC_PRD] = text_of("N");
	c.value[CIVIC_STS] = text_of("St");
	c.value[CIVIC_HNO] = text_of("100");
	address_read(&c, false, &a);
	address_book_check(book, &c, &a, false, &answer);
	assert_string_equal(marks(&c, &answer),
			    "country+ A1+ A3+ A6+ PRD+ STS+ HNO+");
	assert_int_equal(answer.psap_id, 11);
	c.value[CIVIC_A6] = text_of("Milk");
	address_read(&c, false, &a);
	address_book_check(book, &c, &a, false, &answer);
	assert_string_equal(marks(&c, &answer),
			    "country+ A1+ A3+ A6- PRD? STS? HNO?");
}

static void other_countries_and_states_are_refused(void **state)
{
	struct civic c = place_of("Ashgrove");
	struct address_answer answer;
	struct address a;

	(void)state;
	c.value[CIVIC_COUNTRY] = text_of("DE");
	address_read(&c, false, &a);
	address_book_check(book, &c, &a, false, &answer);
	assert_string_equal(marks(&c, &answer), "country- A1? A3?");
	assert_int_equal(answer.outcome, ADDRESS_DIFFERS);
	c.value[CIVIC_COUNTRY] = text_of("CA");
	address_read(&c, false, &a);
	address_book_check(book, &c, &a, false, &answer);
	assert_string_equal(marks(&c, &answer), "country+ A1- A3?");
	assert_int_equal(answer.outcome, ADDRESS_DIFFERS);
}

static void what_is_no_range_is_not_taken(void **state)
{
	const char *const street[5] = { "", "", "Mill", "St", "" };
	struct address a = street_of("Ashgrove", street, "");
	struct address_book *b;

	(void)state;
	assert_int_equal(address_book_new(&b), 0);
	assert_int_equal(
		address_book_add_range(
			b, &a, &(struct address_range){ 1, 1, 5, 4, 0 }),
		-EINVAL);
	assert_int_equal(
		address_book_add_range(
			b, &a, &(struct address_range){ 1, 0, 4, 5, 0 }),
		-EINVAL);
	a.street.whole[0] = '\0';
	assert_int_equal(
		address_book_add_range(
			b, &a, &(struct address_range){ 1, 1, 4, 5, 0 }),
		-EINVAL);
	assert_int_equal(address_book_index(b), 0);
	assert_int_equal(address_book_count(b), 0);
	address_book_check(b, &(struct civic){ 0 }, &a, false,
			   &(struct address_answer){ 0 });
	assert_null(address_book_unref(b));
}

/* ---- by which means ---- */

static struct psap_areas *square(void)
{
	static const struct psap_point ring[] = {
		{ -123, 47 }, { -122, 47 }, { -122, 48 },
		{ -123, 48 }, { -123, 47 },
	};
	struct psap_areas *a;

	assert_int_equal(psap_areas_new(&a), 0);
	psap_areas_begin(a, &(struct psap_area_key){ 7, 41, 100, 1 });
	assert_int_equal(psap_areas_add_ring(a, false, ring, 5), 0);
	assert_int_equal(psap_areas_end(a), 0);
	assert_int_equal(psap_areas_index(a), 0);
	return a;
}

static void the_best_means_counts(bool is_sound)
{
	static const struct {
		bool has_point;
		double x;
		const char *number, *street, *city, *county, *postal, *state;
		const char *want;
	} rows[] = {
		{ true, -122.5, "100", "N Mill St", "Ashgrove", "", "", "WA",
		  "boundary 41 11 31" },
		{ false, 0, "100", "N Mill St", "Ashgrove", "", "", "WA",
		  "address 11 31" },
		{ true, -121.99, "100", "N Mill St", "Ashgrove", "", "", "WA",
		  "address 11 41 31" },
		{ true, -121.99, "1", "x", "y", "Pierce", "", "WA",
		  "nearest 41 33 32 31" },
		{ false, 0, "1", "x", "y", "Pierce", "98002", "WA",
		  "county 33 32 34 31" },
		{ false, 0, "1", "x", "y", "", "98002-1234", "WA",
		  "postal 34 31" },
		{ false, 0, "1", "x", "y", "Thurston", "98003", "WA",
		  "state 31" },
		{ false, 0, "1", "x", "y", "", "", "OR", "default" },
		{ true, -100, "1", "x", "y", "", "", "OR", "default" },
		{ false, 0, "7", "Elm Ct", "Cedar", "", "", "WA",
		  "address 41 31" },
		/* Another county's, and nobody's. */
		{ false, 0, "100", "Main St", "Oakwood", "Pierce", "", "WA",
		  "county 33 32 31" },
		{ false, 0, "70", "Oak St", "Cedar", "", "", "WA",
		  "state 31 19" },
	};
	struct psap_areas *areas = square();
	const struct psap_knowledge k = { areas, book, 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct civic c = { 0 };
		struct psap_place place = {
			rows[i].has_point, { rows[i].x, 47.5 }, &c, true
		};
		struct psap_finding f;
		char got[128];
		int n;

		c.value[CIVIC_A1] = text_of(rows[i].state);
		c.value[CIVIC_A2] = text_of(rows[i].county);
		c.value[CIVIC_A3] = text_of(rows[i].city);
		c.value[CIVIC_HNO] = text_of(rows[i].number);
		c.value[CIVIC_RD] = text_of(rows[i].street);
		c.value[CIVIC_PC] = text_of(rows[i].postal);
		psap_find(&k, &place, &f);
		if (!is_sound)
			continue;
		n = snprintf(got, sizeof(got), "%s", psap_means_name(f.means));
		if (f.psap_id)
			n += snprintf(got + n, sizeof(got) - (size_t)n, " %u",
				      (unsigned)f.psap_id);
		for (size_t j = 0; j < f.alternate_count; j++)
			n += snprintf(got + n, sizeof(got) - (size_t)n, " %u",
				      (unsigned)f.alternates[j]);
		assert_string_equal(got, rows[i].want);
		assert_int_equal(f.boundary_id, f.psap_id == 41 ? 7 : 0);
		assert_int_equal(f.distance_m > 0, f.means == PSAP_BY_NEAREST);
	}
	areas = psap_areas_unref(areas);
}

static void the_others_are_alternates(void **state)
{
	(void)state;
	the_best_means_counts(true);
}

static void without_knowledge_there_is_no_answer(void **state)
{
	const struct psap_knowledge k = { NULL, NULL, 1000 };
	struct civic c = place_of("Ashgrove");
	struct psap_place place = { true, { -122.5, 47.5 }, &c, true };
	struct psap_finding f;

	(void)state;
	psap_find(&k, &place, &f);
	assert_int_equal(f.means, PSAP_BY_DEFAULT);
	assert_int_equal(f.psap_id, 0);
	assert_int_equal(f.address.outcome, ADDRESS_UNKNOWN);
}

/* ---- on disk ---- */

static char path[] = "/tmp/e911-book-XXXXXX";
static const struct uuid version = { { 1, 2, 3 } };

static void a_book_comes_back_from_disk(void **state)
{
	struct uuid found;

	(void)state;
	(void)close(mkstemp(path));
	for (int backwards = 0; backwards < 2; backwards++) {
		book = address_book_unref(book);
		book = town(backwards);
		assert_int_equal(address_book_save(book, &version, path), 0);
		book = address_book_unref(book);
		assert_int_equal(address_book_load(path, &book, &found), 0);
		assert_true(uuid_equal(&found, &version));
		assert_int_equal(address_book_count(book),
				 ARRAY_SIZE(ranges) + 3);
		assert_int_equal(address_book_coverage_count(book), 4);
		an_address_is_in_a_range_of_its_side(NULL);
		what_does_not_exist_is_told_element_by_element(NULL);
		a_missing_direction_is_found_by_the_number(NULL);
		single_addresses_go_before_ranges(NULL);
		north_st_is_not_n_st(NULL);
		ranges_that_meet_are_told(NULL);
		a_place_of_that_name_elsewhere_is_another(NULL);
		the_best_means_counts(true);
	}
}

/* The sum is put right, so that what is behind it is reached. */
static void each_content_is_taken_or_refused(struct text t)
{
	char bytes[16384];
	uint32_t crc = crc32c(0, t.p, t.len);
	struct address_book *b;
	struct uuid found;

	assert_true(t.len + sizeof(crc) <= sizeof(bytes));
	if (t.len)
		memcpy(bytes, t.p, t.len);
	for (size_t i = 0; i < sizeof(crc); i++)
		bytes[t.len + i] = (char)(crc >> 8 * i);
	if (address_book_decode(text_make(bytes, t.len + sizeof(crc)), &b,
				&found) < 0)
		return;
	book = address_book_unref(book);
	book = b;
	the_best_means_counts(false);
}

static void a_damaged_file_is_refused(void **state)
{
	char bytes[16384];
	FILE *in;
	size_t len;
	struct uuid found;

	(void)state;
	assert_int_equal(address_book_save(book, &version, path), 0);
	in = fopen(path, "re");
	assert_non_null(in);
	len = fread(bytes, 1, sizeof(bytes), in);
	(void)fclose(in);
	assert_in_range(len, 500, sizeof(bytes) - 1);
	for (size_t i = 0; i < len; i++) {
		struct address_book *b;

		bytes[i] ^= 1;
		assert_int_equal(
			address_book_decode(text_make(bytes, len), &b, &found),
			-EBADMSG);
		bytes[i] ^= 1;
		assert_int_equal(
			address_book_decode(text_make(bytes, i), &b, &found),
			-EBADMSG);
	}
	sweep(text_make(bytes, len - sizeof(uint32_t)),
	      each_content_is_taken_or_refused);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_address_is_in_a_range_of_its_side),
		TEST(what_does_not_exist_is_told_element_by_element),
		TEST(a_missing_direction_is_found_by_the_number),
		TEST(a_place_of_that_name_elsewhere_is_another),
		TEST(ranges_that_meet_are_told),
		TEST(north_st_is_not_n_st),
		TEST(single_addresses_go_before_ranges),
		TEST(elements_are_told_one_by_one),
		TEST(a6_stands_in_for_rd),
		TEST(other_countries_and_states_are_refused),
		TEST(what_is_no_range_is_not_taken),
		TEST(the_others_are_alternates),
		TEST(without_knowledge_there_is_no_answer),
		TEST(a_book_comes_back_from_disk),
		TEST(a_damaged_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
