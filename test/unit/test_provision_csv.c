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

#include "provision/csv.h"
#include "text_writer.h"

/* A file that gives 'step' bytes at a time. */
struct file {
	struct text rest;
	size_t step;
	uint64_t more; /* then so many bytes 'x' */
};

static ssize_t read_file(void *arg, char *buf, size_t size)
{
	struct file *f = arg;
	size_t n = f->step < size ? f->step : size;

	if (!f->rest.len && f->more) {
		n = f->more < n ? (size_t)f->more : n;
		memset(buf, 'x', n);
		f->more -= n;
		return (ssize_t)n;
	}
	if (n > f->rest.len)
		n = f->rest.len;
	memcpy(buf, f->rest.p, n);
	f->rest.p += n;
	f->rest.len -= n;
	return (ssize_t)n;
}

/* "1[a|b]3[c]": the line and the cells of each record; "2!3: why" a fault in
 * line 2, cell 3; "end" when nothing behind it can be read. */
static void reads(struct file f, enum csv_encoding encoding,
		  const char *expected)
{
	static char got[4096];
	struct text_writer w = text_writer_on(got, sizeof(got) - 1);
	struct csv *csv;
	struct csv_record r;
	int n;

	assert_int_equal(csv_new(&csv, encoding, read_file, &f), 0);
	while ((n = csv_next(csv, &r)) != 0) {
		if (n == 1) {
			text_writef(&w, "%u[", (unsigned)r.line);
			for (size_t i = 0; i < r.count; i++)
				text_writef(&w, "%s%.*s", i ? "|" : "",
					    TEXT_ARG(r.cell[i].text));
			text_write_cstr(&w, "]");
			continue;
		}
		text_writef(&w, "%u!%zu: %s;", (unsigned)csv_fault(csv)->line,
			    csv_fault(csv)->cell, csv_fault(csv)->reason);
		if (n == -EPROTO)
			text_write_cstr(&w, "end");
	}
	csv = csv_free(csv);
	got[w.used] = '\0';
	assert_string_equal(got, expected);
}

static void gives(struct text t, const char *expected)
{
	reads((struct file){ .rest = t, .step = SIZE_MAX }, CSV_UTF8, expected);
	reads((struct file){ .rest = t, .step = 1 }, CSV_UTF8, expected);
}

static void says(const char *s, const char *expected)
{
	gives(text_of(s), expected);
}

static void records_are_lines_of_cells(void **state)
{
	(void)state;
	says("a,b\r\nc,d\r\n", "1[a|b]2[c|d]");
	says("a,b\nc,d", "1[a|b]2[c|d]");
	says("a,,\n,\n", "1[a||]2[|]");
	says("", "");
	says("\n\r\n\n", "");
	says("a\n\nb\n", "1[a]3[b]");
	says(" a , b \n", "1[ a | b ]");
}

static void quotes_protect_commas_quotes_and_lines(void **state)
{
	(void)state;
	says("\"a,b\",c\n", "1[a,b|c]");
	says("\"a\"\"b\"\n", "1[a\"b]");
	says("\"\",\"\"\n", "1[|]");
	says("\"a\nb\r\nc\",d\ne\n", "1[a\nb\r\nc|d]4[e]");
	says("\"a\"", "1[a]");
	says("a,\"b\"\r\n", "1[a|b]");
}

static void a_mark_at_the_begin_is_no_text(void **state)
{
	(void)state;
	says("\xef\xbb\xbf"
	     "a,b\n",
	     "1[a|b]");
	says("\xef\xbb\xbf\"a\"\n", "1[a]");
	says("\xff\xfe"
	     "a",
	     "1!0: the file is UTF-16: save it as \"CSV UTF-8\";end");
}

static void semicolons_or_tabs_do_if_line_1_has_no_comma(void **state)
{
	(void)state;
	says("a;b\nc,d;e\n", "1[a|b]2[c,d|e]");
	says("a\tb\n", "1[a|b]");
	says("a;b,c\n", "1[a;b|c]");
	says("\"x,y\";b\n", "1[x,y|b]");
}

static void a_bad_record_is_told_and_the_next_one_read(void **state)
{
	(void)state;
	says("a,b\"c\nd\n", "1!2: a quote in the middle of a cell: put the "
			    "cell in quotes and write the quote twice;2[d]");
	says("\"a\"b,c\nd\n",
	     "1!1: text behind the closing quote of a cell;2[d]");
	says("a\rb\nc\n", "1!1: a carriage return without a line feed;2[c]");
	says("a\r", "1!1: a carriage return without a line feed;");
	gives(text_make("a,\0b\nc\n", 7),
	      "1!2: a NUL byte: this is no text file;2[c]");
	says("a\n\"b,c\nd", "1[a]2!1: the quote that begins this cell is never "
			    "closed;end");
}

static void what_is_not_utf8_is_told_with_its_line(void **state)
{
	(void)state;
	says("a\nb,caf\xe9\nc\n",
	     "1[a]2!2: byte 0xe9 is not UTF-8: save the file as \"CSV UTF-8\", "
	     "or say --encoding windows-1252;3[c]");
	says("\"x\n\x92\",b\n",
	     "2!1: byte 0x92 is not UTF-8: save the file as \"CSV UTF-8\", "
	     "or say --encoding windows-1252;");
	says("caf\xc3\xa9\n", "1[caf\xc3\xa9]");
}

static void windows_1252_becomes_utf8_when_it_is_asked_for(void **state)
{
	struct file f = { .rest = text_of("caf\xe9,O\x92Hara,\x80\n"),
			  .step = 1 };
	struct file bad = { .rest = text_of("a,\x81\nb\n"), .step = 1 };

	(void)state;
	reads(f, CSV_WINDOWS_1252,
	      "1[caf\xc3\xa9|O\xe2\x80\x99Hara|\xe2\x82\xac]");
	reads(bad, CSV_WINDOWS_1252, "1!2: the file is not Windows-1252;2[b]");
	assert_int_equal(csv_encoding_find(text_of("CP1252")),
			 CSV_WINDOWS_1252);
	assert_int_equal(csv_encoding_find(text_of("UTF-8")), CSV_UTF8);
	assert_int_equal(csv_encoding_find(text_of("ebcdic")), -EINVAL);
}

static void a_line_of_a_gigabyte_needs_no_memory(void **state)
{
	struct file plain = { .rest = text_of("a,b\n"),
			      .step = SIZE_MAX,
			      .more = UINT64_C(1) << 30 };
	struct file quoted = { .rest = text_of("a,b\nc,\""),
			       .step = SIZE_MAX,
			       .more = UINT64_C(1) << 30 };

	(void)state;
	reads(plain, CSV_UTF8,
	      "1[a|b]2!1: the row has more than 65536 bytes: is a quote not "
	      "closed?;");
	reads(quoted, CSV_UTF8,
	      "1[a|b]2!2: the row has more than 65536 bytes: is a quote not "
	      "closed?;end");
}

static void a_row_with_an_area_may_be_long(void **state)
{
	struct file good = { .rest = text_of("a,"),
			     .step = 4096,
			     .more = 1 << 20 };
	struct file endless = { .rest = text_of("a,\""),
				.step = SIZE_MAX,
				.more = UINT64_C(1) << 30 };
	struct csv_record r;
	struct csv *csv;

	(void)state;
	assert_int_equal(csv_new(&csv, CSV_UTF8, read_file, &good), 0);
	csv_allow_long(csv);
	assert_int_equal(csv_next(csv, &r), 1);
	assert_int_equal(r.count, 2);
	assert_true(text_equal(r.cell[0].text, text_of("a")));
	assert_int_equal(r.cell[1].text.len, 1 << 20);
	for (size_t i = 0; i < r.cell[1].text.len; i++)
		assert_int_equal(r.cell[1].text.p[i], 'x');
	assert_int_equal(csv_next(csv, &r), 0);
	csv_free(csv);

	assert_int_equal(csv_new(&csv, CSV_UTF8, read_file, &endless), 0);
	csv_allow_long(csv);
	assert_int_equal(csv_next(csv, &r), -EPROTO);
	assert_string_equal(csv_fault(csv)->reason,
			    "the row has more than 67108864 bytes: is a quote "
			    "not closed?");
	csv_free(csv);
}

static void a_row_has_64_cells_at_most(void **state)
{
	char line[2 * CSV_CELLS_MAX + 8];

	(void)state;
	memset(line, ',', sizeof(line));
	line[CSV_CELLS_MAX] = '\n';
	line[CSV_CELLS_MAX + 1] = 'b';
	gives(text_make(line, CSV_CELLS_MAX + 2),
	      "1!64: the row has more than 64 cells;2[b]");
	line[CSV_CELLS_MAX - 1] = '\n';
	line[CSV_CELLS_MAX] = 'b';
	gives(text_make(line, CSV_CELLS_MAX + 1),
	      "1[||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||"
	      "|"
	      "]2[b]");
}

static ssize_t fail_to_read(void *arg, char *buf, size_t size)
{
	(void)arg;
	(void)buf;
	(void)size;
	return -EIO;
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
	struct csv_record r;
	struct csv *csv;

	(void)state;
	assert_int_equal(csv_new(&csv, CSV_UTF8, fail_to_read, NULL), 0);
	assert_int_equal(csv_next(csv, &r), -EIO);
	csv = csv_free(csv);
	assert_null(csv);
}

static void cells_that_would_be_torn_are_quoted(void **state)
{
	(void)state;
	assert_true(csv_needs_quotes(text_of("a,b")));
	assert_true(csv_needs_quotes(text_of("a;b")));
	assert_true(csv_needs_quotes(text_of("a\"b")));
	assert_true(csv_needs_quotes(text_of("a\nb")));
	assert_true(csv_needs_quotes(text_of(" a")));
	assert_false(csv_needs_quotes(text_of("a b")));
	assert_false(csv_needs_quotes(text_of("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_lines_of_cells),
		cmocka_unit_test(quotes_protect_commas_quotes_and_lines),
		cmocka_unit_test(a_mark_at_the_begin_is_no_text),
		cmocka_unit_test(semicolons_or_tabs_do_if_line_1_has_no_comma),
		cmocka_unit_test(a_bad_record_is_told_and_the_next_one_read),
		cmocka_unit_test(what_is_not_utf8_is_told_with_its_line),
		cmocka_unit_test(
			windows_1252_becomes_utf8_when_it_is_asked_for),
		cmocka_unit_test(a_line_of_a_gigabyte_needs_no_memory),
		cmocka_unit_test(a_row_with_an_area_may_be_long),
		cmocka_unit_test(a_row_has_64_cells_at_most),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
		cmocka_unit_test(cells_that_would_be_torn_are_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
