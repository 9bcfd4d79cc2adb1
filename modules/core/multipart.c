/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "multipart.h"

#include <errno.h>

#include "address.h"

#define BOUNDARY_MAX 200 /* RFC 2046 5.1.1 says 70 */

/* ---- Content-Type ---- */

static struct text head(struct text t, size_t len)
{
	return text_make(t.p, len);
}

/* From at on; empty when at lies behind the end. */
static struct text tail(struct text t, size_t at)
{
	if (at > t.len)
		at = t.len;
	return text_make(t.len ? t.p + at : t.p, t.len - at);
}

bool media_type_is(struct text content_type, const char *type)
{
	return text_equal_nocase(
		text_trim(head(content_type, text_index(content_type, ';'))),
		text_of(type));
}

int multipart_boundary(struct text content_type, struct text *ret_boundary)
{
	struct text params =
		tail(content_type, text_index(content_type, ';') + 1);
	struct text boundary;

	if (!text_has_prefix_nocase(text_trim(content_type),
				    text_of("multipart/")) ||
	    !param_find(params, text_of("boundary"), &boundary))
		return -EINVAL;
	if (!boundary.len || boundary.len > BOUNDARY_MAX)
		return -EINVAL;
	*ret_boundary = boundary;
	return 0;
}

/* ---- delimiters ---- */

/* The line that begins at 'at', its line end included; empty at the end. */
static struct text line_at(struct text t, size_t at)
{
	struct text rest = tail(t, at);
	size_t n = text_index(rest, '\n');

	return head(rest, n < rest.len ? n + 1 : n);
}

enum delimiter { DELIMITER_NONE, DELIMITER_PART, DELIMITER_CLOSE };

/* "--boundary" or "--boundary--", and blanks only behind it: a longer
 * boundary, of a multipart inside, may begin like ours. */
static enum delimiter delimiter_of(struct text line, struct text boundary)
{
	enum delimiter d = DELIMITER_PART;
	struct text rest;

	if (line.len < 2 + boundary.len || memcmp(line.p, "--", 2) != 0 ||
	    memcmp(line.p + 2, boundary.p, boundary.len) != 0)
		return DELIMITER_NONE;
	rest = tail(line, 2 + boundary.len);
	if (rest.len >= 2 && memcmp(rest.p, "--", 2) == 0) {
		rest = tail(rest, 2);
		d = DELIMITER_CLOSE;
	}
	return text_trim(rest).len ? DELIMITER_NONE : d;
}

/*
 * The next delimiter line from *at on: its index in *ret_start, and *at behind
 * it.  DELIMITER_NONE and *at at the end when there is none.
 */
static enum delimiter delimiter_next(const struct multipart *m, size_t *at,
				     size_t *ret_start)
{
	struct text line;

	for (; *at < m->body.len; *at += line.len) {
		enum delimiter d;

		line = line_at(m->body, *at);
		d = delimiter_of(line, m->boundary);
		if (d != DELIMITER_NONE) {
			*ret_start = *at;
			*at += line.len;
			return d;
		}
	}
	*ret_start = m->body.len;
	return DELIMITER_NONE;
}

/* The line end before a delimiter belongs to the delimiter. */
static size_t without_line_end(struct text body, size_t begin, size_t end)
{
	if (end > begin && body.p[end - 1] == '\n') {
		end--;
		if (end > begin && body.p[end - 1] == '\r')
			end--;
	}
	return end;
}

void multipart_begin(struct multipart *m, struct text body,
		     struct text boundary)
{
	size_t start;

	*m = (struct multipart){ .body = body,
				 .boundary = boundary,
				 .close_at = body.len };
	switch (delimiter_next(m, &m->at, &start)) {
	case DELIMITER_PART:
		m->open = true;
		break;
	case DELIMITER_CLOSE:
		m->close_at = start;
		break;
	case DELIMITER_NONE:
		break;
	}
}

/* Headers up to the empty line, and what follows it. */
static void part_split(struct text part, struct multipart_part *ret)
{
	struct text line;
	size_t at = 0;

	for (; at < part.len; at += line.len) {
		line = line_at(part, at);
		if (line.p[0] == '\n' ||
		    (line.len == 2 && memcmp(line.p, "\r\n", 2) == 0)) {
			ret->headers = head(part, at);
			ret->body = tail(part, at + line.len);
			return;
		}
	}
	ret->headers = part;
	ret->body = tail(part, part.len);
}

bool multipart_next(struct multipart *m, struct multipart_part *ret)
{
	size_t begin = m->at, start, end;

	if (!m->open)
		return false;
	switch (delimiter_next(m, &m->at, &start)) {
	case DELIMITER_CLOSE:
		m->close_at = start;
		m->open = false;
		break;
	case DELIMITER_NONE:
		m->open = false;
		break;
	case DELIMITER_PART:
		break;
	}
	end = start < m->body.len ? without_line_end(m->body, begin, start)
				  : start;
	part_split(text_make(m->body.p + begin, end - begin), ret);
	return true;
}

/* ---- a part ---- */

/* The header line at 'at' with the lines folded under it. */
static struct text header_at(struct text headers, size_t at)
{
	size_t end = at + line_at(headers, at).len;

	while (end < headers.len &&
	       (headers.p[end] == ' ' || headers.p[end] == '\t'))
		end += line_at(headers, end).len;
	return text_make(headers.p + at, end - at);
}

bool part_header(const struct multipart_part *part, const char *name,
		 struct text *ret_value)
{
	struct text line;

	for (size_t at = 0; at < part->headers.len; at += line.len) {
		size_t colon;

		line = header_at(part->headers, at);
		colon = text_index(line, ':');
		if (colon < line.len &&
		    text_equal_nocase(text_trim(head(line, colon)),
				      text_of(name))) {
			*ret_value = text_trim(tail(line, colon + 1));
			return true;
		}
	}
	return false;
}

struct text part_type(const struct multipart_part *part)
{
	struct text type;

	return part_header(part, "Content-Type", &type) && type.len
		       ? type
		       : text_of("text/plain");
}

bool part_has_id(const struct multipart_part *part, struct text id)
{
	struct text value, params;

	if (!part_header(part, "Content-ID", &value))
		return false;
	reference_parse(value, &value, &params);
	return text_equal(value, id);
}

/* Through a multipart and those in it. */
struct walk {
	struct multipart stack[MULTIPART_DEPTH_MAX];
	size_t depth;
	unsigned steps;
};

static void walk_begin(struct walk *w, struct text content_type,
		       struct text body)
{
	struct text boundary;

	w->depth = 0;
	w->steps = 0;
	if (multipart_boundary(content_type, &boundary) == 0)
		multipart_begin(&w->stack[w->depth++], body, boundary);
}

static bool walk_next(struct walk *w, struct multipart_part *ret)
{
	struct text boundary;

	while (w->depth && w->steps++ < MULTIPART_PARTS_MAX) {
		if (!multipart_next(&w->stack[w->depth - 1], ret)) {
			w->depth--;
			continue;
		}
		if (w->depth < MULTIPART_DEPTH_MAX &&
		    multipart_boundary(part_type(ret), &boundary) == 0)
			multipart_begin(&w->stack[w->depth++], ret->body,
					boundary);
		return true;
	}
	return false;
}

bool multipart_find(struct text content_type, struct text body,
		    const char *type, struct text id,
		    struct multipart_part *ret)
{
	struct multipart_part part;
	struct walk w;

	walk_begin(&w, content_type, body);
	while (walk_next(&w, &part)) {
		if (!media_type_is(part_type(&part), type) ||
		    (id.len && !part_has_id(&part, id)))
			continue;
		*ret = part;
		return true;
	}
	return false;
}

unsigned multipart_find_all(struct text content_type, struct text body,
			    const char *type, struct multipart_part *ret,
			    unsigned size)
{
	struct multipart_part part;
	unsigned n = 0;
	struct walk w;

	walk_begin(&w, content_type, body);
	while (n < size && walk_next(&w, &part))
		if (media_type_is(part_type(&part), type))
			ret[n++] = part;
	return n;
}

/* ---- Content-Transfer-Encoding ---- */

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (text_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 2045 6.8, strict but for line ends, of which any may occur. */
static int base64_decode(struct text t, char *buf, size_t size, size_t *ret_len)
{
	unsigned bits = 0, have = 0, digits = 0, pads = 0;
	size_t len = 0;

	for (size_t i = 0; i < t.len; i++) {
		int v = base64_value(t.p[i]);

		if (text_is_blank(t.p[i]))
			continue;
		if (t.p[i] == '=') {
			pads++;
			continue;
		}
		if (v < 0 || pads)
			return -EINVAL;
		digits++;
		bits = bits << 6 | (unsigned)v;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (len == size)
			return -ENOSPC;
		buf[len++] = (char)(bits >> have);
		bits &= (1u << have) - 1;
	}
	if (digits % 4 == 1 || pads > 2 || (pads && (digits + pads) % 4))
		return -EINVAL;
	*ret_len = len;
	return 0;
}

int part_decode(const struct multipart_part *part, char *buf, size_t size,
		struct text *ret_body)
{
	static const char *const as_it_is[] = { "7bit", "8bit", "binary", "" };
	struct text encoding = text_of(NULL);
	size_t len;
	int err;

	(void)part_header(part, "Content-Transfer-Encoding", &encoding);
	for (size_t i = 0; i < ARRAY_SIZE(as_it_is); i++)
		if (text_equal_nocase(encoding, text_of(as_it_is[i]))) {
			*ret_body = part->body;
			return 0;
		}
	if (!text_equal_nocase(encoding, text_of("base64")))
		return -ENOTSUP;
	err = base64_decode(part->body, buf, size, &len);
	if (err < 0)
		return err;
	*ret_body = text_make(buf, len);
	return 0;
}
