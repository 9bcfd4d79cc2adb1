/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provision/cell.h"
#include "provision/header.h"
#include "text_writer.h"

static void becomes(enum cell_type type, const char *cell, const char *value)
{
	char got[CELL_VALUE_MAX], reason[CELL_REASON_SIZE] = "";
	int len = cell_read(type, text_of(cell), "206", got, reason);

	assert_string_equal(reason, "");
	assert_int_equal(len, strlen(value));
	assert_string_equal(got, value);
}

static void refused(enum cell_type type, const char *cell, const char *reason)
{
	char got[CELL_VALUE_MAX], why[CELL_REASON_SIZE] = "";

	assert_int_equal(cell_read(type, text_of(cell), "206", got, why),
			 -EINVAL);
	assert_string_equal(why, reason);
}

static void an_empty_cell_is_no_value(void **state)
{
	(void)state;
	for (int type = CELL_IGNORED; type <= CELL_SHAPE; type++) {
		becomes((enum cell_type)type, "", "");
		becomes((enum cell_type)type, " \t", "");
	}
	becomes(CELL_IGNORED, "what\never", "");
}

static void text_is_one_line(void **state)
{
	char long_text[200];

	(void)state;
	becomes(CELL_LABEL, "  Ann  ", "Ann");
	becomes(CELL_LABEL, "Zo\xc3\xab", "Zo\xc3\xab");
	refused(CELL_LABEL, "a\nb", "'a?b' has a line break");
	refused(CELL_LABEL, "a\x01", "'a?' has a control character");
	refused(CELL_LABEL, "a\xe2\x80\xae",
		"'a\xe2\x80\xae' has a character that turns the line around");
	memset(long_text, 'x', 129);
	long_text[129] = '\0';
	refused(CELL_LABEL, long_text,
		"'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... is 129 bytes "
		"long, at most 128 fit");
	becomes(CELL_TEXT, long_text, long_text);
	long_text[128] = '\0';
	becomes(CELL_LABEL, long_text, long_text);
}

static void numbers_are_those_of_the_path(void **state)
{
	(void)state;
	becomes(CELL_E164, "(206) 555-0101", "+12065550101");
	becomes(CELL_E164, "555 0101", "+12065550101");
	becomes(CELL_E164, "+49 30 901820", "+4930901820");
	refused(CELL_E164, "4102", "'4102' is no telephone number");
	refused(CELL_E164, "1.20656E+10",
		"'1.20656E+10' is what a spreadsheet made of a number: format "
		"the column as text");
	becomes(CELL_NUMBERS, "2065550101; 206 555 0102;",
		"+12065550101;+12065550102");
	refused(CELL_NUMBERS, "2065550101;x", "'x' is no telephone number");
	becomes(CELL_EXTENSION, "4102", "4102");
	refused(CELL_EXTENSION, "2065550101",
		"'2065550101' is a telephone number and no extension");
	refused(CELL_EXTENSION, "+44",
		"'+44' is a telephone number and no extension");
	refused(CELL_EXTENSION, "41 02", "'41 02' has blanks in it");
	becomes(CELL_DIALLED, "4102", "4102");
	becomes(CELL_DIALLED, "41-02", "41-02");
	becomes(CELL_DIALLED, "2065550101", "+12065550101");
	becomes(CELL_DIALLED, "206-555-0101", "+12065550101");
	becomes(CELL_DIALLED, "1 (206) 555.0101", "+12065550101");
	becomes(CELL_DIALLED, "+44 20 7183 8750", "+442071838750");
	/* No area code and exchange of North America: as it is. */
	becomes(CELL_DIALLED, "1112223333", "1112223333");
	refused(CELL_DIALLED, "41 02", "'41 02' has blanks in it");
	refused(CELL_DIALLED, "+1206", "'+1206' is no telephone number");
	becomes(CELL_NUMBER, "007", "7");
	refused(CELL_NUMBER, "0", "'0' is not 1 to 2147483647");
	refused(CELL_NUMBER, "2147483648",
		"'2147483648' is not 1 to "
		"2147483647");
	refused(CELL_NUMBER, "99999999999999999999",
		"'99999999999999999999' is no whole number");
}

static void areas_are_of_a_priority_and_of_whole_postal_codes(void **state)
{
	(void)state;
	becomes(CELL_PRIORITY, "0", "0");
	becomes(CELL_PRIORITY, "0999", "999");
	refused(CELL_PRIORITY, "1000", "'1000' is no priority: 0 to 999");
	refused(CELL_PRIORITY, "-1", "'-1' is no priority: 0 to 999");
	refused(CELL_PRIORITY, "99999999999999999999",
		"'99999999999999999999' is no priority: 0 to 999");
	becomes(CELL_POSTAL_AREA, "98000", "98000");
	becomes(CELL_POSTAL_AREA, "a1a1a1", "A1A 1A1");
	becomes(CELL_POSTAL_AREA, "a1a", "A1A");
	refused(CELL_POSTAL_AREA, "98000-1234",
		"'98000-1234' is a ZIP+4: say its ZIP code");
	/* Those are read by shape.h. */
	becomes(CELL_SHAPE, "POLYGON EMPTY", "");
}

static void addresses_of_stations_are_those_of_the_path(void **state)
{
	(void)state;
	becomes(CELL_MAC, "00-00-5E-00-53-01", "00005e005301");
	becomes(CELL_MAC, "0000.5e00.5301", "00005e005301");
	becomes(CELL_MAC, "00005E005301", "00005e005301");
	refused(CELL_MAC, "00005E0053", "'00005E0053' is no MAC address");
	refused(CELL_MAC, "00:00:00:00:00:00",
		"'00:00:00:00:00:00' is no station's MAC address");
	becomes(CELL_IP, "10.1.2.3", "10.1.2.3");
	becomes(CELL_IP, "[2001:DB8::1]", "2001:db8::1");
	becomes(CELL_IP, "::ffff:10.1.2.3", "10.1.2.3");
	refused(CELL_IP, "10.1.2", "'10.1.2' is no IP address");
	refused(CELL_IP, "224.0.0.1", "'224.0.0.1' is no address of one host");
	becomes(CELL_SIP_ID, "00005e005301@cic", "00005e005301@cic");
	refused(CELL_SIP_ID, "a b", "'a b' has blanks in it");
}

static void addresses_are_those_of_two_countries(void **state)
{
	(void)state;
	becomes(CELL_STATE, "wa", "WA");
	becomes(CELL_STATE, "Washington", "WA");
	becomes(CELL_STATE, "british columbia", "BC");
	refused(CELL_STATE, "Bavaria", "'Bavaria' is no state or province");
	becomes(CELL_COUNTRY, "usa", "US");
	becomes(CELL_COUNTRY, "ca", "CA");
	refused(CELL_COUNTRY, "DE",
		"'DE' is no country that is served: US or CA");
	becomes(CELL_POSTAL, "98000", "98000");
	becomes(CELL_POSTAL, "98000-1234", "98000-1234");
	becomes(CELL_POSTAL, "a1a1a1", "A1A 1A1");
	refused(CELL_POSTAL, "2134",
		"'2134' is no ZIP code: did a spreadsheet take its first 0 "
		"away?");
	refused(CELL_POSTAL, "D-80331",
		"'D-80331' is no postal code: 98000, 98000-1234 or A1A 1A1");
	becomes(CELL_EMAIL, "ann.ay+x@example.com", "ann.ay+x@example.com");
	refused(CELL_EMAIL, "ann@example",
		"'ann@example' is no e-mail "
		"address");
	refused(CELL_EMAIL, "ann@", "'ann@' is no e-mail address");
	refused(CELL_EMAIL, "a@b.c.", "'a@b.c.' is no e-mail address");
}

static void splits(const char *address, const char *house, const char *street)
{
	struct text h, s;

	address_split(text_of(address), &h, &s);
	assert_true(text_equal(h, text_of(house)));
	assert_true(text_equal(s, text_of(street)));
}

static void a_house_number_begins_with_a_digit(void **state)
{
	(void)state;
	splits("100 N Mill St", "100", "N Mill St");
	splits("12 1/2 School Ave SE", "12 1/2", "School Ave SE");
	splits("100A Mill St", "100A", "Mill St");
	splits("Mill St", "", "Mill St");
	splits("100", "", "100");
	splits("1/2 Oak St", "1/2", "Oak St");
	splits("", "", "");
}

/* ---- ranges ---- */

static void covers(const char *range, const char *prefixes)
{
	char got[2048], reason[CELL_REASON_SIZE];
	struct text_writer w = text_writer_on(got, sizeof(got) - 1);
	struct prefix_walk walk;
	struct prefix p;

	assert_int_equal(prefix_walk_range(&walk, text_of(range), reason), 0);
	while (prefix_next(&walk, &p)) {
		char one[IP_TEXT_SIZE];

		prefix_format(&p, one);
		text_writef(&w, "%s%s", w.used ? " " : "", one);
	}
	got[w.used] = '\0';
	assert_string_equal(got, prefixes);
}

static void a_range_is_its_prefixes_and_nothing_more(void **state)
{
	(void)state;
	covers("10.1.2.0/24", "10.1.2.0/24");
	covers("10.1.2.3", "10.1.2.3/32");
	covers("10.1.2.0-10.1.2.255", "10.1.2.0/24");
	covers("10.1.2.1 - 10.1.2.6",
	       "10.1.2.1/32 10.1.2.2/31 10.1.2.4/31 10.1.2.6/32");
	covers("223.255.255.255-223.255.255.255", "223.255.255.255/32");
	covers("2001:db8::/32", "2001:db8::/32");
	covers("2001:db8::-2001:db8::2", "2001:db8::/127 2001:db8::2/128");
	covers("10.0.0.0/8", "10.0.0.0/8");
	refused(CELL_RANGE, "10.0.0.0/7",
		"'10.0.0.0/7' is too large a network: at most a /8, with IPv6 "
		"a /16");
	refused(CELL_RANGE, "10.1.2.3/24",
		"'10.1.2.3/24' has bits behind its length");
	refused(CELL_RANGE, "10.1.2.9-10.1.2.3",
		"'10.1.2.9' lies behind the end of its range");
	refused(CELL_RANGE, "10.1.2.9-::1",
		"'10.1.2.9' and the end of its range are IPv4 and IPv6");
	refused(CELL_RANGE, "10.1.2.0/33", "'10.1.2.0/33' is no network");
	refused(CELL_RANGE, "somewhere", "'somewhere' is no network");
}

/* Every pair of ends in a small network: counted one by one. */
static void a_walk_covers_each_address_once(void **state)
{
	(void)state;
	for (unsigned low = 0; low < 32; low++) {
		for (unsigned high = low; high < 32; high++) {
			struct prefix_walk w = { .done = false };
			struct prefix p;
			unsigned at = low;

			memcpy(w.low, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0",
			       15);
			memcpy(w.high, w.low, 16);
			w.low[15] = (uint8_t)low;
			w.high[15] = (uint8_t)high;
			while (prefix_next(&w, &p)) {
				assert_int_equal(p.addr[15], at);
				at += 1u << (128 - p.length);
			}
			assert_int_equal(at, high + 1);
		}
	}
}

static void a_route_has_a_priority_a_user_and_a_trunk(void **state)
{
	struct text rest = text_of("10:911@ash grove; +12065550100;5: x@y@z");
	struct route r;

	(void)state;
	assert_true(route_next(&rest, &r));
	assert_true(r.has_priority && r.priority == 10);
	assert_true(text_equal(r.user, text_of("911")));
	assert_true(text_equal(r.trunk, text_of("ash grove")));
	assert_true(route_next(&rest, &r));
	assert_false(r.has_priority);
	assert_true(text_equal(r.user, text_of("+12065550100")));
	assert_int_equal(r.trunk.len, 0);
	assert_true(route_next(&rest, &r));
	assert_true(text_equal(r.trunk, text_of("y@z")));
	assert_false(route_next(&rest, &r));
	refused(CELL_ROUTES, "x",
		"'x' has a route with neither a trunk "
		"nor a telephone number");
	refused(CELL_ROUTES, "1000:911@t",
		"'1000:911@t' has a priority beyond 999");
	refused(CELL_ROUTES, "@t",
		"'@t' is no list of PRIORITY:USER@TRUNK with ';' between");
}

/* ---- headers ---- */

static int read_header(enum file_kind kind, const char *line,
		       const char *columns, const struct heading_file *added,
		       struct header *ret, struct header_fault *fault)
{
	struct csv_cell cell[CSV_CELLS_MAX] = { 0 };
	struct csv_record r = { .line = 1, .cell = cell };
	struct text rest = text_of(line);
	while (text_cut(&rest, ',', &cell[r.count].text))
		r.count++;
	return header_read(ret, kind, &r, added, columns, fault);
}

static void headings_are_found_however_they_are_written(void **state)
{
	struct header_fault fault;
	struct header h;

	(void)state;
	assert_int_equal(read_header(FILE_USERS,
				     "Device User ID,E-Mail,CALLBACK_NUMBER,x",
				     NULL, NULL, &h, &fault),
			 0);
	assert_true(h.is_row_one);
	assert_int_equal(h.column[0], COL_device_user_id);
	assert_int_equal(h.column[1], COL_email);
	assert_int_equal(h.column[2], COL_callback_number);
	assert_int_equal(h.column[3], HEADER_UNKNOWN);
	assert_int_equal(read_header(FILE_USERS, "Employee ID,Agent ID", NULL,
				     NULL, &h, &fault),
			 -EINVAL);
	assert_string_equal(fault.reason, "there is a second column "
					  "'device_user_id'");
	assert_int_equal(
		read_header(FILE_USERS, "E1,Ann", NULL, NULL, &h, &fault),
		-EINVAL);
	assert_string_equal(fault.reason,
			    "row 1 is no header: it names 0 of the "
			    "columns that users have");
}

static void a_phone_export_needs_no_header(void **state)
{
	struct header_fault fault;
	struct header h;

	(void)state;
	assert_int_equal(read_header(FILE_STATIONS,
				     "Desk 1,Polycom,VVX301,00005e005301,"
				     "desk1,4102",
				     NULL, NULL, &h, &fault),
			 0);
	assert_false(h.is_row_one);
	assert_int_equal(h.count, 6);
	assert_int_equal(h.column[3], COL_mac);
	assert_int_equal(h.column[4], COL_identification_address);
	/* NetworkID alone makes it a header. */
	assert_int_equal(read_header(FILE_STATIONS, "What,NetworkID,Where",
				     NULL, NULL, &h, &fault),
			 0);
	assert_true(h.is_row_one);
	assert_int_equal(read_header(FILE_STATIONS, "a,b,c,d,e,f,HQ", NULL,
				     NULL, &h, &fault),
			 -EINVAL);
	assert_int_equal(read_header(FILE_STATIONS, "a,b,c,d,e,f,HQ",
				     "name,,,mac,,extension,location", NULL, &h,
				     &fault),
			 0);
	assert_int_equal(h.column[1], HEADER_UNKNOWN);
	assert_int_equal(h.column[6], COL_location);
}

static void an_operator_adds_headings_in_a_file(void **state)
{
	static const char good[] = "# ours\n"
				   "users.device_user_id = Agent-Kennung\n\n"
				   "users.location=Standort\n";
	char error[HEADER_ERROR_SIZE];
	struct header_fault fault;
	struct heading_file *f = NULL;
	struct header h;
	FILE *in = fmemopen((void *)good, strlen(good), "r");

	(void)state;
	assert_non_null(in);
	assert_int_equal(heading_file_read(&f, in, "h", error), 0);
	(void)fclose(in);
	assert_int_equal(read_header(FILE_USERS, "agent kennung,STANDORT", NULL,
				     f, &h, &fault),
			 0);
	assert_int_equal(h.column[0], COL_device_user_id);
	assert_int_equal(h.column[1], COL_location);
	f = heading_file_free(f);
	assert_null(f);
}

static void a_wrong_line_among_the_headings_is_told(void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ "x\n", "h:1: a line is KIND.COLUMN = HEADING" },
		{ "\nusers.x = y\n",
		  "h:2: files of this kind have no such column" },
		{ "people.name = y\n", "h:1: there is no such kind of file" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char error[HEADER_ERROR_SIZE];
		struct heading_file *f = NULL;
		FILE *in =
			fmemopen((void *)bad[i].text, strlen(bad[i].text), "r");

		assert_non_null(in);
		assert_int_equal(heading_file_read(&f, in, "h", error),
				 -EINVAL);
		assert_string_equal(error, bad[i].error);
		(void)fclose(in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_cell_is_no_value),
		cmocka_unit_test(text_is_one_line),
		cmocka_unit_test(numbers_are_those_of_the_path),
		cmocka_unit_test(
			areas_are_of_a_priority_and_of_whole_postal_codes),
		cmocka_unit_test(addresses_of_stations_are_those_of_the_path),
		cmocka_unit_test(addresses_are_those_of_two_countries),
		cmocka_unit_test(a_house_number_begins_with_a_digit),
		cmocka_unit_test(a_range_is_its_prefixes_and_nothing_more),
		cmocka_unit_test(a_walk_covers_each_address_once),
		cmocka_unit_test(a_route_has_a_priority_a_user_and_a_trunk),
		cmocka_unit_test(headings_are_found_however_they_are_written),
		cmocka_unit_test(a_phone_export_needs_no_header),
		cmocka_unit_test(an_operator_adds_headings_in_a_file),
		cmocka_unit_test(a_wrong_line_among_the_headings_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
