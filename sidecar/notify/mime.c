/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/mime.h"

#include <errno.h>
#include <time.h>

#include "base/base64.h"
#include "base/utf8.h"

#define LINE_MAX_LEN 76
/* RFC 2047 2: an encoded word has 75 characters at most, so many bytes of text
 * are in one: a multiple of 3, which needs no padding. */
#define WORD_BEGIN "=?utf-8?B?"
#define WORD_END   "?="
#define WORD_BYTES 45

/* ---- headers ---- */

static bool is_plain(struct text t, size_t room)
{
	if (t.len > room || (t.len && (t.p[0] == ' ' || t.p[t.len - 1] == ' ')))
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (t.p[i] < 0x20 || t.p[i] > 0x7e ||
		    (t.p[i] == '=' && i + 1 < t.len && t.p[i + 1] == '?'))
			return false;
	return true;
}

/* The longest piece of whole characters with at most max bytes. */
static size_t piece_len(struct text t, size_t max)
{
	size_t at = 0;

	while (at < t.len) {
		size_t n = utf8_char_len(t.p + at, t.p + t.len);

		if (!n)
			n = 1;
		if (at + n > max)
			break;
		at += n;
	}
	return at;
}

/* Encoded words; used: bytes that stand in the line already. */
static void add_words(struct out *o, struct text t, size_t used)
{
	char code[BASE64_SIZE(WORD_BYTES)];
	size_t frame = sizeof(WORD_BEGIN) + sizeof(WORD_END) - 2;

	for (bool is_first = true; t.len; is_first = false) {
		size_t room = LINE_MAX_LEN - frame - used;
		size_t max = room / 4 * 3, n;

		if (!is_first)
			out_cstr(o, "\r\n ");
		if (max > WORD_BYTES)
			max = WORD_BYTES;
		n = piece_len(t, max);
		out_cstr(o, WORD_BEGIN);
		out_add(o, text_make(code, base64_encode(t.p, n, code)));
		out_cstr(o, WORD_END);
		t.p += n;
		t.len -= n;
		used = 1;
	}
}

void mime_header(struct out *o, const char *name, struct text value)
{
	size_t used = strlen(name) + 2;

	out_cstr(o, name);
	out_cstr(o, ": ");
	if (is_plain(value, LINE_MAX_LEN - used))
		out_add(o, value);
	else
		add_words(o, value, used);
	out_cstr(o, "\r\n");
}

/* RFC 5322 3.2.3: what needs no quotes in a phrase; nor do blanks in it. */
static bool is_phrase(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_letter(t.p[i]) && !text_is_digit(t.p[i]) &&
		    !strchr(" !#$%&'*+-/=?^_`{|}~", t.p[i]))
			return false;
	return t.len && is_plain(t, 40);
}

void mime_header_address(struct out *o, const char *name, struct text display,
			 const char *address)
{
	out_cstr(o, name);
	out_cstr(o, ": ");
	if (is_phrase(display))
		out_add(o, display);
	else
		add_words(o, display, strlen(name) + 2);
	if (display.len)
		out_cstr(o,
			 is_phrase(display) && display.len + strlen(address) <
						       LINE_MAX_LEN - 12
				 ? " "
				 : "\r\n ");
	out_f(o, "<%s>\r\n", address);
}

int mime_header_date(struct out *o, int64_t utc_ms)
{
	/* Of no locale. */
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed",
					"Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr",
					  "May", "Jun", "Jul", "Aug",
					  "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(utc_ms / 1000);
	struct tm tm;

	if (utc_ms < 0 || !gmtime_r(&t, &tm))
		return -EINVAL;
	out_f(o, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\r\n",
	      days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	      tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return 0;
}

/* ---- bodies ---- */

static struct text line_of(struct text *rest)
{
	size_t n = text_index(*rest, '\n');
	struct text line = text_make(rest->p, n);

	if (n < rest->len)
		n++;
	rest->p += n;
	rest->len -= n;
	return line;
}

/* May the byte stand for itself? */
static bool is_literal(struct text line, size_t i)
{
	char c = line.p[i];

	if (c == ' ')
		return i + 1 < line.len; /* not at the end of a line */
	/* No dot that SMTP could take for the end, no "From " of a mailbox. */
	if (i == 0 && (c == '.' || c == 'F'))
		return false;
	return c > ' ' && c <= '~' && c != '=';
}

static void add_quoted_line(struct out *o, struct text line)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t used = 0;

	for (size_t i = 0; i < line.len; i++) {
		bool literal = is_literal(line, i);
		uint8_t c = (uint8_t)line.p[i];
		size_t n = literal ? 1 : 3;

		/* One column is the soft break's. */
		if (used + n > LINE_MAX_LEN - 1) {
			out_cstr(o, "=\r\n");
			used = 0;
			literal = literal && c != '.' && c != 'F';
			n = literal ? 1 : 3;
		}
		if (literal)
			out_char(o, line.p[i]);
		else
			out_f(o, "=%c%c", hex[c >> 4], hex[c & 15]);
		used += n;
	}
}

static size_t quoted_len(struct text t)
{
	size_t n = 0;

	while (t.len) {
		struct text line = line_of(&t);

		for (size_t i = 0; i < line.len; i++)
			n += is_literal(line, i) ? 1 : 3;
		n += 2;
	}
	return n;
}

static void add_quoted(struct out *o, struct text t)
{
	while (t.len) {
		add_quoted_line(o, line_of(&t));
		out_cstr(o, "\r\n");
	}
}

static void add_base64(struct out *o, struct text t)
{
	struct out lines = { 0 };
	char code[LINE_MAX_LEN];

	while (t.len) {
		out_add(&lines, line_of(&t));
		out_cstr(&lines, "\r\n");
	}
	o->failed |= lines.failed;
	for (size_t at = 0; at < lines.len; at += 57) {
		size_t n = lines.len - at < 57 ? lines.len - at : 57;

		out_add(o,
			text_make(code, base64_encode(lines.p + at, n, code)));
		out_cstr(o, "\r\n");
	}
	out_fini(&lines);
}

void mime_part(struct out *o, const char *type, struct text t)
{
	/* A little longer is still better to read. */
	bool is_quoted = quoted_len(t) <= BASE64_SIZE(t.len) + 16;

	out_f(o,
	      "Content-Type: %s; charset=utf-8\r\n"
	      "Content-Transfer-Encoding: %s\r\n\r\n",
	      type, is_quoted ? "quoted-printable" : "base64");
	if (is_quoted)
		add_quoted(o, t);
	else
		add_base64(o, t);
}
