/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_mend.h"

#include <limits.h>
#include <stdint.h>

#include "address.h"
#include "bytes16.h"
#include "text_writer.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct text from(struct text t, size_t at)
{
	return at < t.len ? text_make(t.p + at, t.len - at)
			  : text_make(t.p + t.len, 0);
}

static struct text without_blanks(struct text t)
{
	size_t i = 0;

	while (i < t.len && is_blank(t.p[i]))
		i++;
	return from(t, i);
}

/* t begins with '"': length of the quoted string; 0 when it is left open. */
static size_t quoted_len(struct text t)
{
	for (size_t i = 1; i < t.len; i++) {
		if (t.p[i] == '\\')
			i++;
		else if (t.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* ---- what is mended by a byte or by blanks ---- */

/* "<sip:user@host<;tag=x", as a vendor's manual prints it: the second '<' was
 * meant to close. */
static bool close_bracket(char *line, size_t len)
{
	char *open = memchr(line, '<', len), *second;

	if (!open || memchr(line, '>', len) || memchr(line, '"', len))
		return false;
	len -= (size_t)(open + 1 - line);
	second = memchr(open + 1, '<', len);
	if (!second)
		return false;
	*second = '>';
	return true;
}

/* Where the first word begins that reads "scheme:"; its length if none does.
 * Words in quotes do not count. */
static size_t bare_uri(struct text value)
{
	size_t i = 0;

	while (i < value.len) {
		size_t start = i;

		if (is_blank(value.p[i])) {
			i++;
			continue;
		}
		if (value.p[i] == '"') {
			size_t quoted = quoted_len(from(value, i));

			if (!quoted)
				break;
			i += quoted;
			continue;
		}
		while (i < value.len && text_is_letter(value.p[i]))
			i++;
		if (i > start && i < value.len && value.p[i] == ':')
			return start;
		while (i < value.len && !is_blank(value.p[i]) &&
		       value.p[i] != '"')
			i++;
	}
	return value.len;
}

/* "Unknown" SIP:911@host, as the same manual has it. */
static bool blank_display_name(char *value, size_t len)
{
	size_t at;

	if (memchr(value, '<', len))
		return false;
	at = bare_uri(text_make(value, len));
	if (at == len || text_is_empty(text_trim(text_make(value, at))))
		return false;
	memset(value, ' ', at);
	return true;
}

/* ---- what is sound ---- */

/* What a byte can be the end of. */
enum byte_class {
	BLANK = 1 << 0,
	SEMICOLON = 1 << 1,
	EQUALS = 1 << 2,
	OPEN = 1 << 3,
	CLOSE = 1 << 4,
	QUOTE = 1 << 5,
	BACKSLASH = 1 << 6,
	LINE_END = 1 << 7,
	NUL = 1 << 8,
	/* Not in a token, a value or an address without brackets. */
	BAD = OPEN | CLOSE | QUOTE | BACKSLASH,
	/* A backslash is escaped there. */
	BAD_IN_URI = OPEN | CLOSE | QUOTE | SEMICOLON | BLANK | LINE_END,
};

static const uint16_t class_of[UCHAR_MAX + 1] = {
	['\0'] = NUL,      [' '] = BLANK,     ['\t'] = BLANK,
	[';'] = SEMICOLON, ['='] = EQUALS,    ['<'] = OPEN,
	['>'] = CLOSE,     ['"'] = QUOTE,     ['\\'] = BACKSLASH,
	['\r'] = LINE_END, ['\n'] = LINE_END,
};

/* Up to a byte of 'ends'; 0 when there is what must not be between. */
static size_t run_len(struct text t, unsigned ends, unsigned never)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned class = class_of[(unsigned char)t.p[i]];

		if (!(class & (ends | never | NUL)))
			continue;
		return class & ends ? i : 0;
	}
	return t.len;
}

/* ";name=value;name", blanks between; or nothing. */
static bool params_are_sound(struct text t)
{
	for (t = without_blanks(t); t.len; t = without_blanks(t)) {
		size_t n;

		if (t.p[0] != ';')
			return false;
		t = without_blanks(from(t, 1));
		n = run_len(t, EQUALS | SEMICOLON | BLANK, BAD);
		if (!n)
			return false;
		t = without_blanks(from(t, n));
		if (!t.len || t.p[0] != '=')
			continue;
		t = without_blanks(from(t, 1));
		if (!t.len || t.p[0] == ';')
			continue;
		n = t.p[0] == '"' ? quoted_len(t)
				  : run_len(t, SEMICOLON | BLANK, BAD);
		if (!n)
			return false;
		t = from(t, n);
	}
	return true;
}

static bool is_sound(struct text t)
{
	size_t n;

	t = without_blanks(t);
	if (t.len && t.p[0] == '"') {
		n = quoted_len(t);
		t = without_blanks(from(t, n));
		if (!n || !t.len || t.p[0] != '<')
			return false;
	} else if (text_index(t, '<') == t.len) {
		n = run_len(t, SEMICOLON | BLANK, BAD);
		return n && params_are_sound(from(t, n));
	} else if (t.p[0] != '<') {
		n = run_len(t, OPEN, SEMICOLON | (BAD & ~OPEN));
		if (!n)
			return false;
		t = from(t, n);
	}
	n = run_len(from(t, 1), CLOSE | BLANK, BAD & ~CLOSE);
	t = without_blanks(from(t, 1 + n));
	return n && t.len && t.p[0] == '>' && params_are_sound(from(t, 1));
}

/* ---- what is plain ---- */

/* Where a byte ends what goes on until then. */
enum stop {
	STOPS_QUOTED = 1 << 0,
	STOPS_NAME = 1 << 1,
	STOPS_URI = 1 << 2,
	STOPS_PARAM = 1 << 3,
	/* None may be the first one of a parameter. */
	STOPS_NONE_YET = 1 << 4,
	STOPS_ALL = (1 << 5) - 1,
};

/* clang-format off */
static const uint8_t stops_of[UCHAR_MAX + 1] = {
	['\0'] = STOPS_ALL, ['\r'] = STOPS_ALL, ['\n'] = STOPS_ALL,
	['"'] = STOPS_ALL,  ['\\'] = STOPS_ALL,
	['<'] = STOPS_ALL & ~STOPS_QUOTED,
	['>'] = STOPS_ALL & ~STOPS_QUOTED,
	[' '] = STOPS_URI | STOPS_PARAM | STOPS_NONE_YET,
	['\t'] = STOPS_URI | STOPS_PARAM | STOPS_NONE_YET,
	[';'] = STOPS_NAME | STOPS_PARAM | STOPS_NONE_YET,
	['='] = STOPS_NONE_YET,
};
/* clang-format on */

static bool stops(char c, enum stop what)
{
	return stops_of[(unsigned char)c] & what;
}

/* All that stops something, and some that stops nothing. */
static bytes16 may_stop(bytes16 v)
{
	return (v <= '"') | ((v | 2) == '>') | (v == ';') | (v == '\\');
}

/* Behind the quoted name whose second quote is at p: its '<', or NULL. */
static const char *behind_quoted(const char *p)
{
	if (*p++ != '"')
		return NULL;
	while (is_blank(*p))
		p++;
	return *p == '<' ? p : NULL;
}

/* A CR or LF stops all, so that nothing goes on behind value_end. */
bool address_is_plain_party(const char *value, const char *value_end,
			    const char *end)
{
	const char *p = value;
	enum stop what = STOPS_NAME;
	struct marks m;

	while (is_blank(*p))
		p++;
	if (*p == '"') {
		what = STOPS_QUOTED;
		p++;
	}
	for (m = marks_in(p, end);;) {
		p = marks_take(&m, may_stop);
		if (!stops(*p, what))
			continue;
		if (what == STOPS_PARAM) {
			if (*p != ';')
				return p == value_end;
			if (stops(p[1], STOPS_NONE_YET))
				return false;
		} else if (what == STOPS_URI) {
			if (*p != '>' || (p[1] != ';' && p + 1 != value_end))
				return false;
			what = STOPS_PARAM;
		} else {
			if (what == STOPS_QUOTED) {
				p = behind_quoted(p);
				if (!p)
					return false;
				marks_skip(&m, p + 1);
			}
			if (*p != '<' || stops(p[1], STOPS_URI))
				return false;
			what = STOPS_URI;
		}
	}
}

bool address_is_plain_contact(const char *value, const char *value_end)
{
	size_t len = (size_t)(value_end - value);

	return memchr(value, '<', len) && memchr(value, '>', len);
}

/* ---- written anew ---- */

/* Behind the last of these; all of it if there is none. */
static struct text behind_last(struct text t, char c)
{
	for (size_t i = t.len; i > 0; i--)
		if (t.p[i - 1] == c)
			return from(t, i);
	return t;
}

/* The value of "; tag = value" at its beginning; empty if it is not that. */
static struct text tag_at(struct text t)
{
	const struct text wanted = { "tag", 3 };
	const struct text none = { "", 0 };

	if (!t.len || t.p[0] != ';')
		return none;
	t = without_blanks(from(t, 1));
	if (!text_has_prefix_nocase(t, wanted))
		return none;
	t = without_blanks(from(t, wanted.len));
	if (!t.len || t.p[0] != '=')
		return none;
	t = without_blanks(from(t, 1));
	t.len = text_index_any(t, "; \t<>\",\\");
	return text_index(t, '\0') == t.len ? t : none;
}

static struct text last_tag(struct text t)
{
	struct text found = { "", 0 }, tag;

	for (size_t i = 0; i < t.len; i++) {
		tag = tag_at(from(t, i));
		if (tag.len)
			found = tag;
	}
	return found;
}

static bool has_open_quote(struct text t)
{
	bool is_open = false;

	for (size_t i = 0; i < t.len; i++)
		is_open ^= t.p[i] == '"';
	return is_open;
}

/* The dialog's tag; empty if there is none.  One in a display name is none,
 * unless its quotes are so wrong that nobody could tell. */
static struct text tag_of(struct text value)
{
	struct text t = behind_last(value, '>'), tag;

	if (t.p != value.p)
		return last_tag(t);
	tag = last_tag(behind_last(value, '"'));
	return tag.len || !has_open_quote(value) ? tag : last_tag(value);
}

/* "user@host" with its scheme, if it has one; empty if nothing can be told. */
static struct text uri_of(struct text value, bool *ret_has_scheme)
{
	struct text none = { "", 0 }, uri;
	struct address_view a;
	const char *start, *end;

	if (address_parse(value, &a) < 0)
		return none;
	*ret_has_scheme = a.scheme.len != 0;
	start = a.scheme.len ? a.scheme.p : a.user.len ? a.user.p : a.host.p;
	end = a.host.len ? a.host.p + a.host.len : a.user.p + a.user.len;
	if (start < value.p || end > value.p + value.len || end <= start)
		return none;
	uri = text_make(start, (size_t)(end - start));
	return run_len(uri, 0, BAD_IN_URI) == uri.len ? uri : none;
}

/* A backslash ("CORP\\user") is none of a URI's characters: it is escaped
 * (RFC 3261 19.1.2). */
static void write_uri(struct text_writer *w, struct text uri)
{
	for (size_t i = 0; i < uri.len; i++)
		if (uri.p[i] == '\\')
			text_write_cstr(w, "%5C");
		else
			text_write(w, text_make(uri.p + i, 1));
}

/* The first of these that fits. */
static size_t party_format(struct text value, char *buf, size_t size)
{
	bool has_scheme = false;
	struct text uri = uri_of(value, &has_scheme), tag = tag_of(value);
	const char *sip = has_scheme ? "" : "sip:";

	for (int turn = 0; turn < 4; turn++) {
		struct text_writer w = text_writer_on(buf, size);

		if (turn == 0 && uri.len) {
			text_write_cstr(&w, sip);
			write_uri(&w, uri);
		} else {
			text_write_cstr(&w, turn < 2 ? "sip:x" : "x");
		}
		if (tag.len && turn < 3) {
			text_write_cstr(&w, ";tag=");
			text_write(&w, tag);
		}
		if (!w.full && w.used)
			return w.used;
	}
	return 0;
}

#define PARTY_MAX 512

static bool write_anew(char *value, size_t len)
{
	char buf[PARTY_MAX];
	size_t size = len < sizeof(buf) ? len : sizeof(buf);
	size_t used = party_format(text_make(value, len), buf, size);

	if (!used)
		return false;
	memset(value, ' ', len - used);
	memcpy(value + len - used, buf, used);
	return true;
}

/* "To:" has no room behind it, but a shorter name (RFC 3261 7.3.3): "t:x". */
static bool shorten_name(char *line, size_t len)
{
	if (len < 3)
		return false;
	line[0] |= 0x20;
	memset(line + 1, ' ', len - 2);
	line[1] = ':';
	line[len - 1] = 'x';
	return true;
}

bool address_mend(char *line, size_t len, struct text name)
{
	char *value = memchr(line, ':', len);
	bool is_mended;

	if (!value || !address_mend_is_of(name))
		return false;
	value++;
	if (value == line + len)
		return address_mend_is_party(name) && shorten_name(line, len);
	len -= (size_t)(value - line);
	/* Nearly all are. */
	if (address_mend_is_party(name) && is_sound(text_make(value, len)))
		return false;
	is_mended = close_bracket(value, len) || blank_display_name(value, len);
	if (address_mend_is_party(name) && !is_sound(text_make(value, len)))
		is_mended = write_anew(value, len) || is_mended;
	return is_mended;
}
