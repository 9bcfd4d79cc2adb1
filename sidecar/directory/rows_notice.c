/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of who is told of calls, in which words and when. */
#include <errno.h>

#include "bytes.h"
#include "directory/row_fields.h"
#include "directory/rows.h"

#define ADDRESS_MAX  2048
#define LANGUAGE_MAX 2
#define TEMPLATE_MAX 4096
#define SPANS_MAX    32

/* Lines of text. */
static struct text take_lines(struct row_fields *f, size_t col, size_t max,
			      const char *what)
{
	struct text t = db_text(f->row, col), rest = t, line;

	if (f->err >= 0 && t.len > max)
		f->err = row_refuse(f->out, "%s has %zu bytes, at most %zu fit",
				    what, t.len, max);
	while (f->err >= 0 && text_cut(&rest, '\n', &line))
		f->err = row_check_text(f->out, line, max, what);
	return t;
}

static int put(struct row_out *out, const uint8_t *buf, int n)
{
	if (n < 0)
		return row_refuse(out, "it does not fit into a record");
	dir_batch_put(out->batch, &out->key, buf, (size_t)n);
	return 0;
}

/* ---- recipients ---- */

static int parse_u64(struct text t, uint64_t *ret)
{
	const struct db_row one = { .count = 1, .col = &t };

	return t.len ? db_u64(&one, 0, ret) : -EINVAL;
}

int row_recipient_key(struct dir_key *ret, uint64_t recipient_id,
		      struct text place)
{
	static const struct {
		const char *name;
		enum recipient_scope scope;
	} scopes[] = {
		{ "all", RECIPIENT_OF_ALL },
		{ "building", RECIPIENT_OF_BUILDING },
		{ "location", RECIPIENT_OF_LOCATION },
		{ "instead_of", RECIPIENT_INSTEAD },
	};
	uint64_t organization_id, scope_id;
	struct text rest, name;

	if (!recipient_id ||
	    row_parse_pair(place, &organization_id, &rest) < 0 ||
	    !text_cut(&rest, '/', &name) || parse_u64(rest, &scope_id) < 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		if (!text_equal(name, text_of(scopes[i].name)))
			continue;
		dir_key_recipient(ret, organization_id, scopes[i].scope,
				  scope_id, recipient_id);
		return 0;
	}
	return -EINVAL;
}

static const struct {
	const char *name;
	uint32_t bit;
} events[] = {
	{ "emergency_call", RECIPIENT_EMERGENCY_CALL },
	{ "relay_call", RECIPIENT_RELAY_CALL },
	{ "test_call", RECIPIENT_TEST_CALL },
	{ "undefined_location", RECIPIENT_UNDEFINED_LOCATION },
	{ "endpoint_unlocated", RECIPIENT_ENDPOINT_UNLOCATED },
	{ "callback", RECIPIENT_CALLBACK },
	{ "elin_pool_exhausted", RECIPIENT_ELIN_POOL_EXHAUSTED },
	{ "trunk_down", RECIPIENT_TRUNK_DOWN },
	{ "psap_down", RECIPIENT_PSAP_DOWN },
	{ "ali_doubtful", RECIPIENT_ALI_DOUBTFUL },
};

/* "emergency_call,relay_call" */
static uint32_t take_events(struct row_fields *f, size_t col)
{
	struct text rest = db_text(f->row, col), piece;
	uint32_t bits = 0;

	while (f->err >= 0 && text_cut(&rest, ',', &piece)) {
		uint32_t bit = 0;

		for (size_t i = 0; i < ARRAY_SIZE(events); i++)
			if (text_equal(piece, text_of(events[i].name)))
				bit = events[i].bit;
		if (!bit)
			f->err = row_refuse(f->out, "an event is unknown");
		bits |= bit;
	}
	if (f->err >= 0 && !bits)
		f->err = row_refuse(f->out, "it is told of nothing");
	return bits;
}

static enum recipient_channel take_channel(struct row_fields *f, size_t col)
{
	static const char *const names[] = { "email", "sms", "webhook",
					     "screen", "phone" };
	struct text t = db_text(f->row, col);

	for (size_t i = 0; f->err >= 0 && i < ARRAY_SIZE(names); i++)
		if (text_equal(t, text_of(names[i])))
			return (enum recipient_channel)(RECIPIENT_EMAIL + i);
	if (f->err >= 0)
		f->err = row_refuse(f->out, "channel is unknown");
	return RECIPIENT_EMAIL;
}

int row_recipient(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_recipient r = { 0 };
	uint8_t buf[DIR_RECORD_MAX];

	r.recipient_id = row_id(&f, 0, "recipient_id");
	if (f.err < 0)
		return f.err;
	if (row_recipient_key(&out->key, r.recipient_id, db_text(row, 1)) < 0)
		return row_refuse(out, "its place makes no sense");
	r.organization_id = row_u64(&f, 2, INT64_MAX, "organization_id");
	r.name = row_text(&f, 3, ROW_NAME_MAX, "name");
	r.channel = take_channel(&f, 4);
	r.address = row_text(&f, 5, ADDRESS_MAX, "address");
	r.preset = row_text(&f, 6, ROW_NAME_MAX, "preset");
	r.secret = row_text(&f, 7, ROW_NAME_MAX, "secret");
	r.events = take_events(&f, 8);
	r.language = row_text(&f, 9, LANGUAGE_MAX, "language");
	r.template_id = row_u64(&f, 10, INT64_MAX, "notice_template_id");
	r.hours_id = row_u64(&f, 11, INT64_MAX, "notice_hours_id");
	r.outside_hours = db_bool(row, 12);
	r.no_updates = !db_bool(row, 13);
	r.after_s = (uint32_t)row_u64(&f, 14, 86400, "after_s");
	if (f.err >= 0 && !r.address.len)
		f.err = row_refuse(out, "address is missing");
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_recipient_encode(&r, &out->key, buf, sizeof(buf)));
}

/* ---- words ---- */

static int read_template(const struct db_row *row, struct row_out *out,
			 enum template_scope scope)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_template r = { 0 };
	uint8_t buf[DIR_RECORD_MAX];
	uint64_t id = row_id(&f, 0, "its number");

	if (f.err < 0)
		return f.err;
	dir_key_template(&out->key, scope, id);
	r.organization_id = row_u64(&f, 1, INT64_MAX, "organization_id");
	r.subject = row_text(&f, 2, ROW_PART_MAX, "subject");
	r.body = take_lines(&f, 3, TEMPLATE_MAX, "text");
	r.sms = take_lines(&f, 4, TEMPLATE_MAX, "sms");
	if (f.err < 0)
		return f.err;
	return put(out, buf,
		   dir_template_encode(&r, &out->key, buf, sizeof(buf)));
}

int row_notice_template(const struct db_row *row, struct row_out *out)
{
	return read_template(row, out, TEMPLATE_OWN);
}

int row_organization_words(const struct db_row *row, struct row_out *out)
{
	return read_template(row, out, TEMPLATE_OF_ORGANIZATION);
}

/* ---- hours ---- */

/* "Mo" is 0; -EINVAL. */
static int parse_day(struct text t)
{
	static const char *const names[] = { "Mo", "Tu", "We", "Th",
					     "Fr", "Sa", "Su" };

	for (int i = 0; i < 7; i++)
		if (text_equal(t, text_of(names[i])))
			return i;
	return -EINVAL;
}

/* "Mo-Fr,Su"; Fr-Mo goes over the week's end. */
static int parse_days(struct text t, uint8_t *ret)
{
	struct text piece, from;
	uint8_t days = 0;

	while (text_cut(&t, ',', &piece)) {
		bool is_range = text_index(piece, '-') < piece.len;
		int first, last;

		if (!text_cut(&piece, '-', &from))
			return -EINVAL;
		first = parse_day(from);
		last = is_range ? parse_day(piece) : first;
		if (first < 0 || last < 0)
			return -EINVAL;
		for (int d = first;; d = (d + 1) % 7) {
			days |= (uint8_t)(1U << d);
			if (d == last)
				break;
		}
	}
	*ret = days;
	return days ? 0 : -EINVAL;
}

/* "08:30" is 510. */
static int parse_minute(struct text t, uint16_t *ret)
{
	unsigned n;

	if (t.len != 5 || t.p[2] != ':')
		return -EINVAL;
	for (size_t i = 0; i < 5; i++)
		if (i != 2 && !text_is_digit(t.p[i]))
			return -EINVAL;
	n = (unsigned)((t.p[0] - '0') * 10 + t.p[1] - '0') * 60 +
	    (unsigned)((t.p[3] - '0') * 10 + t.p[4] - '0');
	if (n > 24 * 60 || t.p[3] > '5')
		return -EINVAL;
	*ret = (uint16_t)n;
	return 0;
}

/* "Mo-Fr 08:00-18:00" */
static int parse_span(struct text t, uint8_t ret[DIR_HOURS_SPAN_SIZE])
{
	struct text days, from;
	uint16_t first, end;
	uint8_t bits;

	if (!text_cut(&t, ' ', &days) || !text_cut(&t, '-', &from) ||
	    parse_days(days, &bits) < 0 || parse_minute(from, &first) < 0 ||
	    parse_minute(t, &end) < 0 || first == 24 * 60)
		return -EINVAL;
	ret[0] = bits;
	le16_put(ret + 1, first);
	le16_put(ret + 3, end);
	return 0;
}

int row_notice_hours(const struct db_row *row, struct row_out *out)
{
	struct row_fields f = { .row = row, .out = out };
	struct dir_hours r = { 0 };
	struct text rest = db_text(row, 3), span;
	uint8_t buf[DIR_RECORD_MAX], spans[SPANS_MAX * DIR_HOURS_SPAN_SIZE];
	uint64_t id = row_id(&f, 0, "notice_hours_id");
	size_t len = 0;

	if (f.err < 0)
		return f.err;
	dir_key_hours(&out->key, id);
	r.organization_id = row_u64(&f, 1, INT64_MAX, "organization_id");
	r.time_zone = row_text(&f, 2, ROW_NAME_MAX, "time_zone");
	while (f.err >= 0 && text_cut(&rest, ';', &span)) {
		if (len == sizeof(spans) || parse_span(span, spans + len) < 0)
			f.err = row_refuse(out, "a span is none");
		len += DIR_HOURS_SPAN_SIZE;
	}
	r.spans = text_make((const char *)spans, len);
	if (f.err < 0)
		return f.err;
	return put(out, buf, dir_hours_encode(&r, &out->key, buf, sizeof(buf)));
}
