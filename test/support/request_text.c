/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/support/request_text.h"

#include <stdlib.h>

#include "test/support/sweep.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One line with its continuation lines, the last line end cut off. */
static bool next_line(struct text *rest, struct text *ret_line)
{
	struct text t = *rest;
	size_t end = 0;

	if (!t.len)
		return false;
	for (end = 0; end < t.len; end++)
		if (t.p[end] == '\n' &&
		    (end + 1 == t.len || !is_blank(t.p[end + 1])))
			break;
	*rest = text_make(t.p + end, t.len - end);
	if (rest->len)
		*rest = text_make(rest->p + 1, rest->len - 1);
	if (end && end < t.len && t.p[end - 1] == '\r')
		end--;
	*ret_line = text_make(t.p, end);
	return true;
}

static struct text uri_of(struct text line)
{
	static const struct text version = { " SIP/2.0", 8 };
	struct text method = { "INVITE ", 7 };

	if (text_has_prefix_nocase(line, method))
		line = text_make(line.p + method.len, line.len - method.len);
	if (line.len >= version.len &&
	    text_equal(text_make(line.p + line.len - version.len, version.len),
		       version))
		line.len -= version.len;
	return line;
}

void request_text_init(struct request_text *r, struct text message)
{
	struct text line = { NULL, 0 };
	size_t n = 0;

	(void)next_line(&message, &line);
	r->view.request_uri = exact_copy(uri_of(line));
	while (n < REQUEST_HEADERS_MAX && next_line(&message, &line)) {
		size_t colon = text_index(line, ':');
		struct text value = { NULL, 0 };

		if (colon < line.len)
			value = text_make(line.p + colon + 1,
					  line.len - colon - 1);
		r->headers[n].name = exact_copy(text_make(line.p, colon));
		r->headers[n].value = exact_copy(value);
		n++;
	}
	r->view.headers = r->headers;
	r->view.header_count = n;
	r->view.names = 0;
}

static void release(struct text t)
{
	free((char *)t.p);
}

void request_text_fini(struct request_text *r)
{
	release(r->view.request_uri);
	for (size_t i = 0; i < r->view.header_count; i++) {
		release(r->headers[i].name);
		release(r->headers[i].value);
	}
	r->view.header_count = 0;
}
