/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/sip_frame.h"

#include <errno.h>
#include <stdint.h>

#include "text_writer.h"

#define LINES_MAX        256
#define CONTENT_TYPE_MAX SIP_CONTENT_TYPE_MAX

/* What the parser is given. */
static const struct header_row {
	const char *name;
	char compact; /* '\0': none */
	bool once;
	size_t max; /* bytes of the value */
} rows[] = {
	{ "Via", 'v', false, 1024 },
	{ "From", 'f', true, 1024 },
	{ "To", 't', true, 1024 },
	{ "Call-ID", 'i', true, 256 },
	{ "CSeq", '\0', true, 64 },
	{ "Contact", 'm', true, 1024 },
	{ "Record-Route", '\0', false, 1024 },
	{ "Max-Forwards", '\0', true, 16 },
	{ "Require", '\0', false, 256 },
	{ "Supported", 'k', false, 512 },
	{ "Session-Expires", 'x', true, 128 },
	{ "Min-SE", '\0', true, 64 },
	{ "X-E911-Test", '\0', true, 1024 },
	{ "X-E911-Announce", '\0', true, 64 },
};

/* What we read ourselves. */
struct own {
	char content_type[CONTENT_TYPE_MAX];
	long content_length; /* -1: not said */
};

static bool is_name(struct text name, const char *full, char compact)
{
	return text_equal_nocase(name, text_of(full)) ||
	       (compact && name.len == 1 && (name.p[0] | 0x20) == compact);
}

static const struct header_row *row_of(struct text name, uint32_t *ret_bit)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		*ret_bit = 1u << i;
		if (is_name(name, rows[i].name, rows[i].compact))
			return &rows[i];
	}
	return NULL;
}

static int read_length(struct text value, long *ret)
{
	long n = 0;

	if (!value.len || *ret >= 0)
		return -EBADMSG;
	for (size_t i = 0; i < value.len; i++) {
		if (!text_is_digit(value.p[i]) || n > SIP_MESSAGE_MAX)
			return -EBADMSG;
		n = n * 10 + (value.p[i] - '0');
	}
	*ret = n;
	return 0;
}

/* One header, without its line end and folds. */
static int take_header(struct text line, uint32_t *seen, struct own *own,
		       struct text_writer *w)
{
	size_t colon = text_index(line, ':');
	struct text name = text_trim(text_make(line.p, colon)), value;
	const struct header_row *row;
	uint32_t bit;

	if (colon == line.len || !name.len)
		return -EBADMSG;
	value = text_trim(text_make(line.p + colon + 1, line.len - colon - 1));
	if (is_name(name, "Content-Length", 'l'))
		return read_length(value, &own->content_length);
	if (is_name(name, "Content-Type", 'c') && value.len < CONTENT_TYPE_MAX)
		(void)!text_to_cstr(value, own->content_type,
				    sizeof(own->content_type));
	row = row_of(name, &bit);
	/* "Supported:" alone says that nothing is (RFC 3261 20.37). */
	if (!row || !value.len)
		return 0;
	if ((row->once && (*seen & bit)) || value.len > row->max)
		return -EBADMSG;
	*seen |= bit;
	text_write_cstr(w, row->name);
	text_write_cstr(w, ": ");
	text_write(w, value);
	text_write_cstr(w, "\r\n");
	return 0;
}

/* Printable, or of another alphabet; a tab is a blank. */
static bool is_clean(struct text line)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static struct text line_of(struct text *rest)
{
	size_t end = text_index(*rest, '\n');
	size_t next = end < rest->len ? end + 1 : end;
	struct text line = text_make(rest->p, end);

	*rest = text_make(rest->p + next, rest->len - next);
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* A header with its folds undone (RFC 3261 7.3.1); without any it is where it
 * was. */
static int unfold(struct text *head, char *buf, size_t size, struct text *ret,
		  unsigned *lines)
{
	struct text_writer w = text_writer_on(buf, size);
	struct text line = line_of(head);

	*ret = line;
	(*lines)++;
	if (!line.len || !is_clean(line) || text_is_blank(line.p[0]))
		return -EBADMSG;
	if (!head->len || (head->p[0] != ' ' && head->p[0] != '\t'))
		return 0;
	text_write(&w, line);
	while (head->len && (head->p[0] == ' ' || head->p[0] == '\t')) {
		line = line_of(head);
		(*lines)++;
		if (!is_clean(line))
			return -EBADMSG;
		text_write_cstr(&w, " ");
		text_write(&w, text_trim(line));
	}
	*ret = text_written(&w);
	return w.full ? -EBADMSG : 0;
}

/* head: everything up to the empty line.  All of it is looked at, so that a
 * message that is refused is passed over to its end. */
static int read_head(struct text head, struct own *own, struct sip_frame *ret)
{
	struct text_writer w = text_writer_on(ret->head, SIP_HEAD_MAX);
	char unfolded[SIP_HEAD_MAX];
	struct text line = line_of(&head);
	uint32_t seen = 0;
	unsigned lines = 0;
	int err = 0;

	if (!line.len || line.len > 1024 || !is_clean(line) || line.p[0] == ' ')
		err = -EBADMSG;
	text_write(&w, line);
	text_write_cstr(&w, "\r\n");
	while (head.len) {
		int wrong = unfold(&head, unfolded, sizeof(unfolded), &line,
				   &lines);

		if (wrong == 0)
			wrong = take_header(line, &seen, own, &w);
		if (wrong < 0 || lines > LINES_MAX)
			err = -EBADMSG;
	}
	text_write_cstr(&w, "Content-Length: 0\r\n\r\n");
	if (err < 0 || w.full)
		return -EBADMSG;
	ret->head_len = w.used;
	ret->head[w.used] = '\0';
	return 0;
}

/* Where the empty line ends, and what lies before it; 0: not yet. */
static size_t head_end(struct text data, size_t *ret_head_len)
{
	size_t at = 0;

	for (;;) {
		struct text rest = text_make(data.p + at, data.len - at);
		size_t n = text_index(rest, '\n');

		if (n == rest.len)
			return 0;
		if (n == 0 || (n == 1 && rest.p[0] == '\r')) {
			*ret_head_len = at;
			return at + n + 1;
		}
		at += n + 1;
	}
}

static size_t count_line_ends(struct text data)
{
	size_t n = 0;

	while (n < data.len && (data.p[n] == '\r' || data.p[n] == '\n'))
		n++;
	return n;
}

int sip_frame_take(struct text data, bool is_stream, struct sip_frame *ret)
{
	struct own own = { .content_length = -1 };
	size_t head_len = 0, body_at, left;
	int err;

	ret->len = count_line_ends(data);
	if (ret->len)
		return -ENODATA;
	if (!data.len)
		return is_stream ? -EAGAIN : -EBADMSG;
	body_at = head_end(data, &head_len);
	if (!body_at || body_at > SIP_MESSAGE_MAX)
		return is_stream && data.len < SIP_MESSAGE_MAX ? -EAGAIN
							       : -EBADMSG;
	err = read_head(text_make(data.p, head_len), &own, ret);
	left = data.len - body_at;
	if (own.content_length < 0 && is_stream)
		return -EBADMSG;
	if (own.content_length < 0)
		own.content_length = (long)left;
	if (body_at + (size_t)own.content_length > SIP_MESSAGE_MAX)
		return -EBADMSG;
	if ((size_t)own.content_length > left)
		return is_stream ? -EAGAIN : -EBADMSG;
	ret->body = text_make(data.p + body_at, (size_t)own.content_length);
	memcpy(ret->type, own.content_type, sizeof(ret->type));
	ret->content_type = text_of(ret->type);
	ret->len = body_at + ret->body.len;
	return err;
}
