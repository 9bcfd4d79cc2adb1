/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_ali: files that ALI providers send, and what a record is made of.
 *
 * The first byte says the layout and how much may follow a record in its line,
 * the rest is the file; its lines are the elements of a location as well.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#include "ali/derive.h"
#include "ali/file.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static ssize_t read_some(void *arg, char *buf, size_t size)
{
	struct text *rest = arg;
	size_t n = rest->len < size ? rest->len : size;

	/* Pieces of any length must make no difference. */
	if (n > 300)
		n = 1 + n % 300;
	if (n)
		memcpy(buf, rest->p, n);
	rest->p += n;
	rest->len -= n;
	return (ssize_t)n;
}

/* What was read is written as it was, but for what we do not write: small
 * letters, bytes in what is reserved, blanks within. */
static void write_again(const struct ali_layout *layout,
			const struct ali_read_line *line)
{
	char again[ALI_LENGTH_MAX], third[ALI_LENGTH_MAX];
	struct ali_remarks r;
	struct ali_values v;

	if (ali_record_write(layout, line->kind, &line->values, again, &r) < 0)
		return;
	must(ali_record_read(layout, line->kind,
			     text_make(again, layout->length), &v, &r) == 0);
	must(ali_record_write(layout, line->kind, &v, third, &r) == 0);
	must(memcmp(again, third, layout->length) == 0);
}

static void read_file(const struct ali_layout *layout, size_t behind,
		      struct text file)
{
	static struct ali_reader r;
	struct ali_read_line line;
	uint64_t last = 0;
	int got;

	ali_reader_init(&r, layout, behind, read_some, &file);
	while ((got = ali_reader_next(&r, &line)) != 0) {
		must(got == 1 || (got == -EBADMSG && *r.reason));
		must(r.line > last);
		last = r.line;
		if (got != 1)
			continue;
		must(line.bytes.len == layout->length);
		must(line.behind.len <= behind);
		must(!line.remarks.fatal);
		write_again(layout, &line);
	}
	(void)!ali_reader_check(&r);
}

static void derive(const struct ali_layout *layout, struct text rest)
{
	struct ali_source s = { .number = text_of("+12065550114"),
				.country = text_of("CA") };
	struct text *parts[] = {
		&s.house_number, &s.street,   &s.city,      &s.state,
		&s.postal_code,  &s.building, &s.floor,     &s.unit,
		&s.room,         &s.info,     &s.longitude, &s.customer_name
	};
	char line[ALI_LENGTH_MAX];
	struct ali_derived d;
	struct ali_remarks r;
	struct ali_values v;

	for (size_t i = 0;
	     i < ARRAY_SIZE(parts) && text_cut(&rest, '\n', parts[i]); i++)
		;
	must(ali_derive(&s, &d) == 0);
	d.values.value[ALI_FUNCTION_CODE] = text_of("C");
	if (ali_record_write(layout, ALI_DATA, &d.values, line, &r) == 0)
		must(ali_record_read(layout, ALI_DATA,
				     text_make(line, layout->length), &v,
				     &r) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rest = text_make((const char *)data, size);
	enum ali_layout_id id;

	if (!size)
		return 0;
	id = (enum ali_layout_id)(data[0] % ALI_LAYOUT_COUNT);
	rest = text_make(rest.p + 1, rest.len - 1);
	read_file(ali_layout_get(id), data[0] & 0x40 ? ALI_BEHIND_MAX : 0,
		  rest);
	derive(ali_layout_get(id), rest);
	return 0;
}
