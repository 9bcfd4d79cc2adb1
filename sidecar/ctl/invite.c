/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/invite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "address.h"
#include "input_mend.h"

/* ---- lines ---- */

/* Every line of the header part ends in CRLF then; the body stays. */
static size_t with_crlf(struct text in, char *out)
{
	size_t n = 0, line = 0;

	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = in.p[i];
		if (in.p[i] != '\n')
			continue;
		if (n - line == 2) { /* the body begins */
			memcpy(out + n, in.p + i + 1, in.len - i - 1);
			return n + in.len - i - 1;
		}
		line = n;
	}
	return n;
}

/* The next line with its folds, without its end; false before the body. */
static bool next_line(struct text *rest, struct text *ret)
{
	size_t end = 0;

	if (!rest->len || rest->p[0] == '\r')
		return false;
	do {
		end += text_index(text_make(rest->p + end, rest->len - end),
				  '\n');
		end += end < rest->len;
	} while (end < rest->len &&
		 (rest->p[end] == ' ' || rest->p[end] == '\t'));
	*ret = text_make(rest->p, end);
	*rest = text_make(rest->p + end, rest->len - end);
	return true;
}

static int take_request_line(struct invite *v, struct text line)
{
	struct text version;

	line = text_trim(line);
	if (!text_cut(&line, ' ', &v->method) ||
	    !text_cut(&line, ' ', &v->view.request_uri))
		return -EINVAL;
	version = line;
	return v->method.len && v->view.request_uri.len &&
			       text_equal_nocase(version, text_of("SIP/2.0"))
		       ? 0
		       : -EINVAL;
}

static void take_header(struct invite *v, struct text line)
{
	size_t colon = text_index(line, ':');

	if (colon == line.len || v->view.header_count == INVITE_HEADERS_MAX)
		return;
	v->headers[v->view.header_count++] = (struct header_view){
		text_trim(text_make(line.p, colon)),
		text_trim(text_make(line.p + colon + 1, line.len - colon - 1)),
	};
}

/* ---- what is in them ---- */

static const struct header_view *find(const struct invite *v, const char *name,
				      const char *compact)
{
	size_t at = 0;

	return header_next(&v->view, text_of(name), compact, &at);
}

static void look(struct invite *v)
{
	static const struct {
		const char *name, *compact;
	} needed[] = { { "Via", "v" },
		       { "From", "f" },
		       { "To", "t" },
		       { "Call-ID", "i" },
		       { "CSeq", NULL } };
	const struct header_view *h;
	struct text tag;

	for (size_t i = 0; i < ARRAY_SIZE(needed) && !v->missing; i++)
		if (!find(v, needed[i].name, needed[i].compact))
			v->missing = needed[i].name;
	h = find(v, "Call-ID", "i");
	v->call_id = h ? h->value : text_of("");
	v->has_replaces = find(v, "Replaces", NULL) != NULL;
	h = find(v, "To", "t");
	if (h) {
		size_t close = text_index(h->value, '>');
		size_t from = close < h->value.len ? close : 0;
		struct text rest =
			text_make(h->value.p + from, h->value.len - from);
		size_t semicolon = text_index(rest, ';');

		v->is_in_dialog = param_find(text_make(rest.p + semicolon,
						       rest.len - semicolon),
					     text_of("tag"), &tag) &&
				  tag.len;
	}
}

static int parse(struct invite *v)
{
	struct text rest, line;

	v->masked = input_mend(v->buf, v->len).masked;
	rest = text_make(v->buf, v->len);
	if (!next_line(&rest, &line) || take_request_line(v, line) < 0)
		return -EINVAL;
	while (next_line(&rest, &line))
		take_header(v, line);
	look(v);
	return 0;
}

int invite_parse(struct invite *ret, struct text message,
		 char error[INVITE_ERROR_SIZE])
{
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->view.headers = ret->headers;
	/* RFC 3261 7.5 */
	while (message.len && (message.p[0] == '\r' || message.p[0] == '\n'))
		message = text_make(message.p + 1, message.len - 1);
	if (message.len > INVITE_MAX) {
		(void)snprintf(error, INVITE_ERROR_SIZE,
			       "it has more than %d bytes", INVITE_MAX);
		return -EINVAL;
	}
	ret->buf = malloc(2 * message.len + 1);
	if (!ret->buf) {
		(void)snprintf(error, INVITE_ERROR_SIZE, "out of memory");
		return -ENOMEM;
	}
	ret->len = with_crlf(message, ret->buf);
	err = parse(ret);
	if (err < 0) {
		(void)snprintf(error, INVITE_ERROR_SIZE,
			       "its first line is not 'INVITE URI SIP/2.0'");
		invite_fini(ret);
	}
	return err;
}

int invite_read(struct invite *ret, const char *path,
		char error[INVITE_ERROR_SIZE])
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(path, "re");
	char *buf = malloc(INVITE_MAX + 2);
	size_t len;
	int err = 0;

	if (!in || !buf) {
		err = in ? -ENOMEM : -errno;
		(void)snprintf(error, INVITE_ERROR_SIZE, "%s", strerror(-err));
	} else {
		len = fread(buf, 1, INVITE_MAX + 2, in);
		if (ferror(in)) {
			err = -EIO;
			(void)snprintf(error, INVITE_ERROR_SIZE,
				       "cannot be read");
		}
		if (err >= 0)
			err = invite_parse(ret, text_make(buf, len), error);
	}
	free(buf);
	if (in && !is_stdin)
		(void)fclose(in);
	return err;
}

void invite_fini(struct invite *invite)
{
	free(invite->buf);
	memset(invite, 0, sizeof(*invite));
}

int invite_header_add(struct invite *invite, struct text name,
		      struct text value)
{
	if (invite->view.header_count == INVITE_HEADERS_MAX)
		return -ENOSPC;
	invite->headers[invite->view.header_count++] =
		(struct header_view){ name, value };
	return 0;
}

void invite_header_remove(struct invite *invite, struct text name)
{
	size_t n = 0;

	for (size_t i = 0; i < invite->view.header_count; i++)
		if (!text_equal_nocase(invite->headers[i].name, name))
			invite->headers[n++] = invite->headers[i];
	invite->view.header_count = n;
}
