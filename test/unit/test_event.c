/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bytes.h"
#include "crc32c.h"

#define HEAD_SIZE 32
#define AT_MS     1767225600123

static const struct uuid call_id = { { 0x3f, 0x2b, 0x0c, 0x1a, 0x5d, 0x6e, 0x4f,
				       0x70, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6,
				       0xe7, 0xf8 } };

struct row {
	unsigned number;
	const char *name, *help;
};
static const struct row kinds[] = {
#define EVENT(n, NAME, sql, level, help) { n, sql, help },
#include "event.def"
#undef EVENT
};
static const struct row fields[] = {
#define FIELD(n, NAME, json, type, help) { n, json, help },
#include "event.def"
#undef FIELD
};

struct bytes {
	size_t len;
	uint8_t b[EVENT_MAX];
};

static struct event_writer begin(struct bytes *e)
{
	struct event_writer w;

	event_begin(&w, e->b, sizeof(e->b), EVENT_CALL_STARTED, &call_id,
		    AT_MS);
	return w;
}

/* The example in event.c. */
static struct bytes sample(void)
{
	struct bytes e;
	struct event_writer w = begin(&e);

	event_u64(&w, FIELD_TRUNK, 7);
	event_text(&w, FIELD_CALLER_NUMBER, text_of("+12065550147"));
	e.len = event_finish(&w);
	return e;
}

/* What the text of an event with this one field reads as. */
static struct text told(struct bytes *e, struct text value)
{
	struct event_writer w = begin(e);
	struct event_reader r;
	struct event_value v;

	event_text(&w, FIELD_REASON, value);
	e->len = event_finish(&w);
	assert_int_equal(event_open(e->b, e->len, &r), 0);
	if (!event_next(&r, &v))
		return text_of(NULL);
	assert_int_equal(v.field, FIELD_REASON);
	assert_int_equal(v.type, EVENT_TYPE_TEXT);
	assert_false(event_next(&r, &v));
	return v.text;
}

static void assert_text(struct text got, const char *wanted)
{
	assert_int_equal(got.len, strlen(wanted));
	assert_memory_equal(got.p, wanted, got.len);
}

static void assert_refused(const void *data, size_t len)
{
	struct event_reader r, before;
	uint8_t *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy + 1, data, len);
	memset(&r, 0xa5, sizeof(r));
	before = r;
	assert_int_equal(event_open(copy + 1, len, &r), -EBADMSG);
	assert_memory_equal(&r, &before, sizeof(r));
	free(copy);
}

static void event_comes_back_as_it_was_told(void **state)
{
	struct bytes e = sample();
	struct event_reader r;
	struct event_value v;

	(void)state;
	assert_int_equal(event_open(e.b, e.len, &r), 0);
	assert_int_equal(r.head.kind, EVENT_CALL_STARTED);
	assert_true(r.head.at_ms == AT_MS);
	assert_true(uuid_equal(&r.head.call, &call_id));
	assert_true(event_next(&r, &v));
	assert_int_equal(v.field, FIELD_TRUNK);
	assert_int_equal(v.type, EVENT_TYPE_U64);
	assert_int_equal(v.number, 7);
	assert_true(event_next(&r, &v));
	assert_int_equal(v.field, FIELD_CALLER_NUMBER);
	assert_text(v.text, "+12065550147");
	assert_false(event_next(&r, &v));
	assert_false(event_next(&r, &v));
}

static void every_field_comes_back(void **state)
{
	struct bytes e;
	struct event_writer w = begin(&e);
	struct event_reader r;
	struct event_value v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		event_u64(&w, fields[i].number, UINT64_MAX - i);
		event_text(&w, fields[i].number, text_of(fields[i].name));
	}
	e.len = event_finish(&w);
	assert_int_equal(event_open(e.b, e.len, &r), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		assert_true(event_next(&r, &v));
		assert_int_equal(v.field, fields[i].number);
		assert_int_equal(v.type, event_field_type(v.field));
		if (v.type == EVENT_TYPE_U64)
			assert_true(v.number == UINT64_MAX - i);
		else
			assert_text(v.text, fields[i].name);
	}
	assert_false(event_next(&r, &v));
}

static void value_of_the_wrong_type_is_left_out(void **state)
{
	struct bytes e;
	struct event_writer w = begin(&e);

	(void)state;
	event_u64(&w, FIELD_REASON, 1);
	event_text(&w, FIELD_TRUNK, text_of("seven"));
	event_u64(&w, FIELD_NONE, 1);
	event_text(&w, 255, text_of("nobody"));
	assert_int_equal(event_finish(&w), HEAD_SIZE);
}

static void empty_text_is_left_out(void **state)
{
	struct bytes e;

	(void)state;
	assert_null(told(&e, text_of("")).p);
	assert_null(told(&e, text_of(NULL)).p);
}

static void field_that_does_not_fit_is_left_out_and_the_next_is_not(
	void **state)
{
	struct bytes whole = sample();

	(void)state;
	for (size_t size = 0; size <= whole.len; size++) {
		uint8_t *buf = malloc(size + 1);
		size_t room = size > HEAD_SIZE ? size - HEAD_SIZE : 0;
		struct event_writer w;
		struct event_reader r;
		struct event_value v;
		size_t len;

		assert_non_null(buf);
		event_begin(&w, buf, size, EVENT_CALL_STARTED, &call_id, AT_MS);
		event_text(&w, FIELD_CALLER_NUMBER, text_of("+12065550147"));
		event_u64(&w, FIELD_TRUNK, 7);
		len = event_finish(&w);
		assert_true(len <= size);
		if (size < HEAD_SIZE) {
			assert_int_equal(len, 0);
			free(buf);
			continue;
		}
		assert_int_equal(event_open(buf, len, &r), 0);
		if (room >= 15) {
			assert_true(event_next(&r, &v));
			assert_int_equal(v.field, FIELD_CALLER_NUMBER);
		}
		if ((room >= 11 && room < 15) || room >= 26) {
			assert_true(event_next(&r, &v));
			assert_int_equal(v.field, FIELD_TRUNK);
		}
		assert_false(event_next(&r, &v));
		free(buf);
	}
}

static void overfull_event_keeps_what_came_first(void **state)
{
	static uint8_t buf[2 * EVENT_MAX];
	static char novel[1000];
	struct event_writer w;
	struct event_reader r;
	struct event_value v;
	unsigned count = 0;
	size_t len;

	(void)state;
	memset(novel, 'n', sizeof(novel));
	event_begin(&w, buf, sizeof(buf), EVENT_CALL_ENDED, &call_id, AT_MS);
	for (unsigned i = 0; i < 100; i++)
		event_text(&w, FIELD_FAULT, text_make(novel, sizeof(novel)));
	len = event_finish(&w);
	assert_true(len <= EVENT_MAX);
	assert_int_equal(event_open(buf, len, &r), 0);
	while (event_next(&r, &v)) {
		assert_int_equal(v.text.len, EVENT_TEXT_MAX);
		count++;
	}
	assert_int_equal(count, (EVENT_MAX - HEAD_SIZE) / (3 + EVENT_TEXT_MAX));
}

static void long_text_is_cut_between_characters(void **state)
{
	static const char *const characters[] = { "x", "\xc3\xab",
						  "\xe2\x82\xac",
						  "\xf0\x9f\x9a\x91" };
	struct bytes e;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(characters); k++) {
		size_t n = strlen(characters[k]);

		for (size_t lead = 0; lead < 4; lead++) {
			char in[1024];
			size_t len = lead;
			struct text t;

			memset(in, 'a', lead);
			while (len + n <= sizeof(in)) {
				memcpy(in + len, characters[k], n);
				len += n;
			}
			t = told(&e, text_make(in, len));
			assert_int_equal(t.len, lead + (EVENT_TEXT_MAX - lead) /
								n * n);
			assert_memory_equal(t.p, in, t.len);
		}
	}
}

static void control_characters_become_question_marks(void **state)
{
	struct bytes e;

	(void)state;
	assert_text(told(&e, text_make("a\0b\r\nc\x1b[0m\x7f", 11)),
		    "a?b??c?[0m?");
	/* C1: U+0085, U+009B; not U+00A0 */
	assert_text(told(&e, text_of("\xc2\x85\xc2\x9b\xc2\xa0")),
		    "??\xc2\xa0");
}

static void bytes_that_are_not_utf8_become_question_marks(void **state)
{
	static const char *const bad[][2] = {
		{ "Zo\xeb", "Zo?" },                /* Latin 1 */
		{ "\xc3", "?" },                    /* ends early */
		{ "\xe2\x82", "??" },               /* ends early */
		{ "\xe2\x82x", "??x" },             /* breaks off */
		{ "\xf0\x9f\x9a", "???" },          /* ends early */
		{ "\x80\xbf", "??" },               /* no beginning */
		{ "\xc0\xaf\xc1\xbf", "????" },     /* overlong */
		{ "\xe0\x80\xaf", "???" },          /* overlong */
		{ "\xf0\x80\x80\xaf", "????" },     /* overlong */
		{ "\xed\xa0\x80", "???" },          /* surrogate */
		{ "\xf4\x90\x80\x80", "????" },     /* behind U+10FFFF */
		{ "\xf5\x80\xff\xfe", "????" },     /* never UTF-8 */
		{ "\xed\x9f\xbf", "\xed\x9f\xbf" }, /* U+D7FF is */
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" }, /* U+10FFFF is */
	};
	struct bytes e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_text(told(&e, text_of(bad[i][0])), bad[i][1]);
}

static void any_changed_byte_is_refused(void **state)
{
	struct bytes e = sample();

	(void)state;
	for (size_t at = 0; at < e.len; at++) {
		uint8_t kept = e.b[at];

		for (unsigned x = 1; x < 256; x++) {
			e.b[at] = kept ^ (uint8_t)x;
			assert_refused(e.b, e.len);
		}
		e.b[at] = kept;
	}
}

static void any_truncation_is_refused(void **state)
{
	struct bytes e = sample();

	(void)state;
	for (size_t len = 0; len < e.len; len++)
		assert_refused(e.b, len);
}

static void sealed_field_that_reaches_too_far_is_refused(void **state)
{
	struct bytes e = sample();

	(void)state;
	for (size_t len = HEAD_SIZE + 1; len < e.len; len++) {
		if (len == HEAD_SIZE + 11) /* between the two fields */
			continue;
		le32_put(e.b, crc32c(0, e.b + 4, len - 4));
		assert_refused(e.b, len);
	}
}

static void too_long_an_event_is_refused(void **state)
{
	static uint8_t buf[EVENT_MAX + 1];
	struct event_reader r;

	(void)state;
	buf[4] = 1;
	buf[HEAD_SIZE] = FIELD_FAULT;
	le16_put(buf + HEAD_SIZE + 1, EVENT_MAX - HEAD_SIZE - 3);
	le32_put(buf, crc32c(0, buf + 4, EVENT_MAX - 4));
	assert_int_equal(event_open(buf, EVENT_MAX, &r), 0);
	le16_put(buf + HEAD_SIZE + 1, EVENT_MAX + 1 - HEAD_SIZE - 3);
	le32_put(buf, crc32c(0, buf + 4, EVENT_MAX + 1 - 4));
	assert_refused(buf, EVENT_MAX + 1);
}

static void unknown_fields_are_handed_over_raw(void **state)
{
	struct bytes e = sample();
	struct event_reader r;
	struct event_value v;

	(void)state;
	memcpy(e.b + e.len, "\xff\x02\x00hi", 5);
	memcpy(e.b + e.len + 5, "\x01\x02\x00hi", 5); /* trunk_id of 2 bytes */
	e.len += 10;
	le32_put(e.b, crc32c(0, e.b + 4, e.len - 4));
	assert_int_equal(event_open(e.b, e.len, &r), 0);
	assert_true(event_next(&r, &v));
	assert_true(event_next(&r, &v));
	assert_true(event_next(&r, &v));
	assert_int_equal(v.field, 255);
	assert_int_equal(v.type, 0);
	assert_text(v.text, "hi");
	assert_true(event_next(&r, &v));
	assert_int_equal(v.field, FIELD_TRUNK);
	assert_int_equal(v.type, 0);
	assert_text(v.text, "hi");
	assert_false(event_next(&r, &v));
}

static void example_in_the_source_is_true(void **state)
{
	const char *here = __FILE__, *slash = strrchr(here, '/');
	static char source[65536];
	struct bytes e = sample(), shown = { 0 };
	const char *p, *end;
	char path[4096];
	FILE *f;

	(void)state;
	assert_non_null(slash);
	(void)snprintf(path, sizeof(path), "%.*s/../../modules/core/event.c",
		       (int)(slash - here), here);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(source, 1, sizeof(source) - 1, f) > 0);
	assert_int_equal(fclose(f), 0);

	p = strstr(source, " *\n *   ");
	end = strstr(source, "*/\n#include");
	if (!p || !end || end < p) {
		fail_msg("no example in %s", path);
		return;
	}
	for (p += 3; p < end; p++) {
		char digits[3] = { p[0], p[1], 0 };

		if (*p == '\n' || *p == ' ' || *p == '*')
			continue;
		shown.b[shown.len++] = (uint8_t)strtoul(digits, NULL, 16);
		p++;
	}
	assert_int_equal(shown.len, e.len);
	assert_memory_equal(shown.b, e.b, e.len);
}

static void assert_rows_are_unique(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		/* A number is stored in 16 bits, of a field in 8; 0: none. */
		assert_in_range(rows[i].number, 1, 255);
		assert_true(strlen(rows[i].name) > 0);
		assert_true(strlen(rows[i].help) > 0);
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(rows[i].number, rows[k].number);
			assert_string_not_equal(rows[i].name, rows[k].name);
		}
	}
}

static void numbers_and_names_are_unique(void **state)
{
	(void)state;
	assert_rows_are_unique(kinds, ARRAY_SIZE(kinds));
	assert_rows_are_unique(fields, ARRAY_SIZE(fields));
}

static void names_are_found_by_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_string_equal(event_kind_name(kinds[i].number),
				    kinds[i].name);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		assert_string_equal(event_field_name(fields[i].number),
				    fields[i].name);
	assert_null(event_kind_name(0));
	assert_null(event_kind_name(19)); /* a hole */
	assert_null(event_kind_name(UINT32_MAX));
	assert_null(event_field_name(0));
	assert_null(event_field_name(255));
	assert_int_equal(event_field_type(FIELD_TRUNK), EVENT_TYPE_U64);
	assert_int_equal(event_field_type(FIELD_REASON), EVENT_TYPE_TEXT);
	assert_int_equal(event_field_type(0), 0);
	assert_int_equal(event_field_type(255), 0);
}

/* One byte behind a text that is not printable changes nothing before it. */
static void plain_text_is_written_as_any_other(void **state)
{
	uint8_t plain[EVENT_MAX], odd[EVENT_MAX];
	char text[EVENT_TEXT_MAX];

	(void)state;
	for (size_t len = 1; len < sizeof(text); len++) {
		struct event_writer a, b;

		text[len - 1] = (char)(' ' + len % 95);
		event_begin(&a, plain, sizeof(plain), EVENT_CALL_STARTED,
			    &call_id, 0);
		event_text(&a, FIELD_NODE, text_make(text, len));
		text[len] = '\x01';
		event_begin(&b, odd, sizeof(odd), EVENT_CALL_STARTED, &call_id,
			    0);
		event_text(&b, FIELD_NODE, text_make(text, len + 1));
		assert_int_equal(b.len, a.len + 1);
		assert_int_equal(odd[a.len], '?');
		assert_memory_equal(odd + HEAD_SIZE + 3, plain + HEAD_SIZE + 3,
				    len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_is_written_as_any_other),
		cmocka_unit_test(event_comes_back_as_it_was_told),
		cmocka_unit_test(every_field_comes_back),
		cmocka_unit_test(value_of_the_wrong_type_is_left_out),
		cmocka_unit_test(empty_text_is_left_out),
		cmocka_unit_test(
			field_that_does_not_fit_is_left_out_and_the_next_is_not),
		cmocka_unit_test(overfull_event_keeps_what_came_first),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(control_characters_become_question_marks),
		cmocka_unit_test(bytes_that_are_not_utf8_become_question_marks),
		cmocka_unit_test(any_changed_byte_is_refused),
		cmocka_unit_test(any_truncation_is_refused),
		cmocka_unit_test(sealed_field_that_reaches_too_far_is_refused),
		cmocka_unit_test(too_long_an_event_is_refused),
		cmocka_unit_test(unknown_fields_are_handed_over_raw),
		cmocka_unit_test(example_in_the_source_is_true),
		cmocka_unit_test(numbers_and_names_are_unique),
		cmocka_unit_test(names_are_found_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
