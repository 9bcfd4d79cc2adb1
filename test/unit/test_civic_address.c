/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
#include "address/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct civic civic;

static struct civic *of(enum civic_field f, const char *value)
{
	civic.value[f] = text_of(value);
	return &civic;
}

static int begin(void **state)
{
	(void)state;
	civic = (struct civic){ 0 };
	return 0;
}

static struct address read_street(const char *street, const char *country,
				  const char *state)
{
	struct address a;

	civic = (struct civic){ 0 };
	of(CIVIC_COUNTRY, country);
	of(CIVIC_A1, state);
	address_read(of(CIVIC_RD, street), true, &a);
	return a;
}

/* pre|before|name|after|post */
static const char *parts(const char *street, const char *country,
			 const char *state)
{
	static char out[512];
	struct address a = read_street(street, country, state);

	(void)snprintf(out, sizeof(out), "%s|%s|%s|%s|%s", a.street.pre,
		       a.street.before, a.street.name, a.street.after,
		       a.street.post);
	return out;
}

static void a_street_in_one_piece_is_cut(void **state)
{
	static const struct {
		const char *street, *want;
	} rows[] = {
		{ "N Mill St", "N||MILL|ST|" },
		{ "north mill street", "N||MILL|ST|" },
		{ "N. Mill St., Suite 300", "N||MILL|ST|" },
		{ "Mill St #300", "||MILL|ST|" },
		{ "Mill Street Southwest", "||MILL|ST|SW" },
		{ "North St", "||NORTH|ST|" },
		{ "N St", "||N|ST|" },
		{ "N Broadway", "N||BROADWAY||" },
		{ "Broadway E", "||BROADWAY||E" },
		{ "Avenue E", "||AVENUE E||" },
		{ "First Ave", "||1ST|AVE|" },
		{ "Saint Charles Ave", "||ST CHARLES|AVE|" },
		{ "St. Charles Avenue", "||ST CHARLES|AVE|" },
		{ "O'Brien Rd", "||OBRIEN|RD|" },
		{ "Jean-Luc Blvd", "||JEAN LUC|BLVD|" },
		{ "Mill", "||MILL||" },
		{ "St", "||ST||" },
		{ "Old Key West Rd", "||OLD KEY WEST|RD|" },
		{ "", "||||" },
		{ " ,. ", "||||" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(parts(rows[i].street, "US", "WA"),
				    rows[i].want);
}

static void french_types_stand_before(void **state)
{
	(void)state;
	assert_string_equal(parts("Rue Saint-Denis", "CA", "QC"),
			    "|RUE|ST DENIS||");
	assert_string_equal(
		parts("boul. Ren\xc3\xa9-L\xc3\xa9vesque Ouest", "CA", "QC"),
		"|BLVD|RENE LEVESQUE||W");
	assert_string_equal(parts("Boul Rene Levesque O", "CA", "QC"),
			    "|BLVD|RENE LEVESQUE||W");
	assert_string_equal(parts("Rue du Parc", "CA", "QC"), "|RUE|DU PARC||");
	assert_string_equal(parts("Mont\xc3\xa9"
				  "e Monette",
				  "CA", "QC"),
			    "|MONTEE|MONETTE||");
	assert_string_equal(parts("Avenue Road", "CA", "ON"), "||AVENUE|RD|");
	assert_string_equal(parts("Yonge St", "CA", "ON"), "||YONGE|ST|");
	assert_string_equal(parts("Rue Saint Ann", "US", "LA"),
			    "||RUE ST ANN||");
}

static void spellings_have_one_form_in_all(void **state)
{
	static const char *const rows[][2] = {
		{ "N Mill St", "North Mill Street" },
		{ "North St", "N St" }, /* told apart by their names */
		{ "Mt Vernon Hwy", "Mount Vernon Highway" },
		{ "8th Ave NE", "Eighth Avenue Northeast" },
		{ "King & Queen Rd", "King and Queen Road" },
		{ "Mill St", "MILL STREET APT 4B" },
		{ "Cote-des-Neiges", "C\xc3\xb4te des Neiges" },
		/* the accent by itself */
		{ "Cote-des-Neiges", "Co\xcc\x82te des Neiges" },
		{ "OBrien Rd", "O\xe2\x80\x99"
			       "Brien Rd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address a = read_street(rows[i][0], "US", "WA");
		struct address b = read_street(rows[i][1], "US", "WA");

		assert_string_equal(a.street.whole, b.street.whole);
		assert_true(a.street.whole[0]);
	}
}

static void elements_are_not_cut(void **state)
{
	struct address a;

	(void)state;
	of(CIVIC_COUNTRY, "us");
	of(CIVIC_A1, "Washington");
	of(CIVIC_A2, "King County");
	of(CIVIC_A3, "Saint Helens");
	of(CIVIC_PRD, "South");
	of(CIVIC_RD, "Park Lane");
	of(CIVIC_STS, "Avenue");
	of(CIVIC_POD, "W");
	address_read(of(CIVIC_PC, "98000-1234"), false, &a);
	assert_string_equal(a.country, "US");
	assert_string_equal(a.state, "WA");
	assert_string_equal(a.county, "KING");
	assert_string_equal(a.community, "ST HELENS");
	assert_string_equal(a.street.pre, "S");
	assert_string_equal(a.street.name, "PARK LANE");
	assert_string_equal(a.street.after, "AVE");
	assert_string_equal(a.street.post, "W");
	assert_string_equal(a.street.whole, "S PARK LN AVE W");
	assert_string_equal(a.postal, "98000");
	assert_false(a.has_number);
}

static void only_two_countries_are_known(void **state)
{
	static const struct {
		const char *country, *a1, *want_country, *want_state;
	} rows[] = {
		{ "US", "WA", "US", "WA" },       { "CA", "ON", "CA", "ON" },
		{ "", "on", "CA", "ON" },         { "", "wa", "US", "WA" },
		{ "US", "ON", "US", "" },         { "CA", "WA", "CA", "" },
		{ "DE", "WA", "", "" },           { "", "", "US", "" },
		{ "CA", "qu\xc3\xa9", "CA", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address a =
			read_street("Mill St", rows[i].country, rows[i].a1);

		assert_string_equal(a.country, rows[i].want_country);
		assert_string_equal(a.state, rows[i].want_state);
	}
}

static void house_numbers_have_three_parts(void **state)
{
	static const struct {
		const char *hno, *want;
	} rows[] = {
		{ "100", " 100 " },       { "12 1/2", " 12 1/2" },
		{ "100A", " 100 A" },     { "100-A", " 100 A" },
		{ "100 a", " 100 A" },    { "41-35", "41- 35 " },
		{ "41-35B", "41- 35 B" }, { "W123N456", "W123N 456 " },
		{ "0", " 0 " },           { "999999999", " 999999999 " },
		{ "1000000000", "none" }, { "", "none" },
		{ "A", "none" },          { "One", "none" },
		{ "1/2", "none" },        { "12;13", "none" },
	};
	char got[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address a;

		address_read(of(CIVIC_HNO, rows[i].hno), false, &a);
		if (a.has_number)
			(void)snprintf(got, sizeof(got), "%s %u %s",
				       a.number_prefix, a.number,
				       a.number_suffix);
		else
			(void)snprintf(got, sizeof(got), "none");
		assert_string_equal(got, rows[i].want);
	}
}

static void postal_codes_fit_their_country(void **state)
{
	static const struct {
		const char *country, *pc, *want;
	} rows[] = {
		{ "US", "98000", "98000" },    { "US", "98000-1234", "98000" },
		{ "US", "9800", "" },          { "US", "A1A 1A1", "" },
		{ "CA", "a1a 1a1", "A1A1A1" }, { "CA", "A1A1A1", "A1A1A1" },
		{ "CA", "A1A", "A1A" },        { "CA", "98000", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address a;

		of(CIVIC_COUNTRY, rows[i].country);
		address_read(of(CIVIC_PC, rows[i].pc), false, &a);
		assert_string_equal(a.postal, rows[i].want);
	}
}

static void units_have_one_form(void **state)
{
	static const char *const rows[][2] = {
		{ "Suite 300", "STE 300" },   { "ste. 300", "STE 300" },
		{ "STE #300", "STE 300" },    { "#300", "# 300" },
		{ "Apartment 4b", "APT 4B" }, { "300", "300" },
		{ "Penthouse", "PH" },        { "", "" },
		{ "\xc3\x89tage 3", "FL 3" },
	};
	char got[ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(address_unit_format(text_of(rows[i][0]), got),
				 0);
		assert_string_equal(got, rows[i][1]);
	}
}

/* What is longer than any element is left out, and harms nobody. */
static void what_is_too_long_is_none(void **state)
{
	char text[4096];
	struct address a;

	(void)state;
	for (size_t n = 1; n < sizeof(text); n += 7) {
		memset(text, n & 1 ? '#' : 'A', n);
		text[n] = '\0';
		for (enum civic_field f = 0; f < CIVIC_COUNT; f++)
			of(f, text);
		address_read(&civic, true, &a);
		address_read(&civic, false, &a);
		if (n > ADDRESS_TEXT_MAX)
			assert_string_equal(a.street.whole, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_street_in_one_piece_is_cut, begin),
		cmocka_unit_test_setup(french_types_stand_before, begin),
		cmocka_unit_test_setup(spellings_have_one_form_in_all, begin),
		cmocka_unit_test_setup(elements_are_not_cut, begin),
		cmocka_unit_test_setup(only_two_countries_are_known, begin),
		cmocka_unit_test_setup(house_numbers_have_three_parts, begin),
		cmocka_unit_test_setup(postal_codes_fit_their_country, begin),
		cmocka_unit_test_setup(units_have_one_form, begin),
		cmocka_unit_test_setup(what_is_too_long_is_none, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
