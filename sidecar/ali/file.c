/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- writing ---- */

static int put_line(struct ali_writer *w, enum ali_line line,
		    const struct ali_values *values, struct ali_remarks *r)
{
	char bytes[ALI_LENGTH_MAX + ALI_END_MAX];
	size_t end = strlen(w->layout->end);
	int err = ali_record_write(w->layout, line, values, bytes, r);

	if (err < 0)
		return err;
	memcpy(bytes + w->layout->length, w->layout->end, end);
	return w->write(w->arg, bytes, w->layout->length + end);
}

static void add_dates(const struct ali_writer *w, struct ali_values *v)
{
	v->value[ALI_EXTRACT_DATE] = text_of(w->date);
	v->value[ALI_EXPANDED_EXTRACT_DATE] = text_of(w->long_date);
	v->value[ALI_CENTURY] = text_make(w->long_date, 2);
}

int ali_writer_begin(struct ali_writer *w, const struct ali_values *header,
		     const struct tm *day, struct ali_remarks *ret_remarks)
{
	struct ali_values v = *header;
	unsigned year = (unsigned)(day->tm_year + 1900) % 10000;
	unsigned month = (unsigned)(day->tm_mon + 1) % 100;
	unsigned mday = (unsigned)day->tm_mday % 100;

	w->count = 0;
	w->company = header->value[ALI_COMPANY_NAME];
	(void)snprintf(w->date, sizeof(w->date), "%02u%02u%02u", month, mday,
		       year % 100);
	(void)snprintf(w->long_date, sizeof(w->long_date), "%04u%02u%02u", year,
		       month, mday);
	add_dates(w, &v);
	return put_line(w, ALI_HEADER, &v, ret_remarks);
}

int ali_writer_add(struct ali_writer *w, const struct ali_values *values,
		   struct ali_remarks *ret_remarks)
{
	struct ali_values v = *values;
	int err;

	add_dates(w, &v);
	err = put_line(w, ALI_DATA, &v, ret_remarks);
	if (err >= 0)
		w->count++;
	return err;
}

int ali_writer_end(struct ali_writer *w, struct ali_remarks *ret_remarks)
{
	struct ali_values v = { 0 };
	char count[24];

	(void)snprintf(count, sizeof(count), "%" PRIu64, w->count);
	add_dates(w, &v);
	v.value[ALI_COMPANY_NAME] = w->company;
	v.value[ALI_RECORD_COUNT] = text_of(count);
	return put_line(w, ALI_TRAILER, &v, ret_remarks);
}

/* ---- reading ---- */

void ali_reader_init(struct ali_reader *r, const struct ali_layout *layout,
		     size_t behind_max, ali_read_f *read, void *arg)
{
	r->layout = layout;
	r->read = read;
	r->arg = arg;
	r->behind_max =
		behind_max > ALI_BEHIND_MAX ? ALI_BEHIND_MAX : behind_max;
	r->line = r->count = 0;
	r->has_header = r->has_trailer = r->at_end = false;
	r->reason[0] = '\0';
	r->from = r->to = 0;
}

/* More bytes behind those that are there; 0: no more. */
static ssize_t fill(struct ali_reader *r)
{
	ssize_t got;

	if (r->from) {
		memmove(r->buf, r->buf + r->from, r->to - r->from);
		r->to -= r->from;
		r->from = 0;
	}
	got = r->read(r->arg, r->buf + r->to, sizeof(r->buf) - r->to);
	if (got > 0)
		r->to += (size_t)got;
	r->at_end = got == 0;
	return got;
}

/*
 * The next line without its end; 1, 0 at the end of the file, -EMSGSIZE: it is
 * longer than any, and passed over.
 */
static int next_line(struct ali_reader *r, struct text *ret)
{
	bool too_long = false;

	for (;;) {
		struct text have = text_make(r->buf + r->from, r->to - r->from);
		size_t n = text_index(have, '\n');

		if (n < have.len || (r->at_end && have.len)) {
			r->from += n < have.len ? n + 1 : n;
			r->line++;
			*ret = text_make(have.p, n);
			if (n && have.p[n - 1] == '\r')
				ret->len--;
			return too_long ? -EMSGSIZE : 1;
		}
		if (r->at_end) {
			r->line += too_long;
			return too_long ? -EMSGSIZE : 0;
		}
		if (have.len > ALI_LENGTH_MAX + ALI_BEHIND_MAX + 2) {
			too_long = true;
			r->from = r->to;
		}
		ssize_t got = fill(r);

		if (got < 0)
			return (int)got;
	}
}

static void say_first_fatal(struct ali_reader *r,
			    const struct ali_remarks *remarks)
{
	for (size_t i = 0; i < remarks->count; i++) {
		const struct ali_remark *m = &remarks->remark[i];

		if (!ali_flaw_is_fatal(m->flaw))
			continue;
		(void)snprintf(r->reason, sizeof(r->reason),
			       "positions %u to %u, %s: %s", m->start,
			       m->start + m->length - 1,
			       ali_field_name(m->field),
			       ali_flaw_text(m->flaw));
		return;
	}
}

static int bad(struct ali_reader *r, const char *reason)
{
	(void)snprintf(r->reason, sizeof(r->reason), "%s", reason);
	return -EBADMSG;
}

static int check_order(struct ali_reader *r, enum ali_line kind)
{
	if (r->has_trailer)
		return bad(r, "it is behind the trailer");
	if (kind == ALI_HEADER && (r->has_header || r->count))
		return bad(r, "it is a header and not the first line");
	r->has_header |= kind == ALI_HEADER;
	r->has_trailer |= kind == ALI_TRAILER;
	return 0;
}

static int check_count(struct ali_reader *r, struct text told)
{
	char count[24];

	(void)snprintf(count, sizeof(count), "%" PRIu64, r->count);
	if (text_equal(told, text_of(count)))
		return 0;
	(void)snprintf(r->reason, sizeof(r->reason),
		       "the trailer counts %.*s records, %s came",
		       (int)(told.len > 20 ? 20 : told.len), told.p, count);
	return -EBADMSG;
}

static int read_line(struct ali_reader *r, struct text line,
		     struct ali_read_line *ret)
{
	unsigned length = r->layout->length;
	int err;

	ret->kind = ali_record_line(line);
	r->count += ret->kind == ALI_DATA;
	err = check_order(r, ret->kind);
	if (err < 0)
		return err;
	if (line.len < length || line.len > length + r->behind_max) {
		(void)snprintf(r->reason, sizeof(r->reason),
			       "it has %zu characters and not %u", line.len,
			       length);
		return -EBADMSG;
	}
	ret->bytes = text_make(line.p, length);
	ret->behind = text_make(line.p + length, line.len - length);
	err = ali_record_read(r->layout, ret->kind, ret->bytes, &ret->values,
			      &ret->remarks);
	if (err < 0) {
		say_first_fatal(r, &ret->remarks);
		return err;
	}
	if (ret->kind == ALI_TRAILER)
		return check_count(r, ret->values.value[ALI_RECORD_COUNT]);
	return 0;
}

int ali_reader_next(struct ali_reader *r, struct ali_read_line *ret)
{
	struct text line = text_make(NULL, 0);
	int got, err;

	do {
		got = next_line(r, &line);
	} while (got == 1 && !line.len);
	if (got == -EMSGSIZE) {
		r->count++;
		return bad(r, "it is longer than any line");
	}
	if (got <= 0)
		return got;
	err = read_line(r, line, ret);
	return err < 0 ? err : 1;
}

int ali_reader_check(struct ali_reader *r)
{
	if (r->has_header && r->has_trailer)
		return 0;
	(void)snprintf(r->reason, sizeof(r->reason), "it has no %s",
		       r->has_header ? "trailer" : "header");
	return -EPROTO;
}
