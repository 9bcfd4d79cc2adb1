/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input_mend.h"

#include <limits.h>

#include "service.h"

/* End of the line that starts at i: index of its LF, or len. */
static size_t line_end(const char *buf, size_t len, size_t i)
{
	const char *lf = memchr(buf + i, '\n', len - i);

	return lf ? (size_t)(lf - buf) : len;
}

static bool is_method_invite(struct text t)
{
	return t.len > 7 && memcmp(t.p, "INVITE", 6) == 0 &&
	       (t.p[6] == ' ' || t.p[6] == '\t');
}

bool input_is_sip(struct text message)
{
	struct text version = text_of("SIP/2.0");
	struct text line =
		text_make(message.p, line_end(message.p, message.len, 0));

	line = text_trim(line);
	return text_has_prefix_nocase(line, version) ||
	       (line.len > version.len &&
		text_has_prefix_nocase(
			text_make(line.p + line.len - version.len, version.len),
			version));
}

bool input_is_emergency(struct text datagram)
{
	struct text line, uri;

	if (!is_method_invite(datagram))
		return false;
	line = text_make(datagram.p, line_end(datagram.p, datagram.len, 0));
	line = text_trim(text_make(line.p + 6, line.len - 6));
	uri = text_make(line.p, text_index(line, ' '));
	return service_classify(uri) != SERVICE_NONE;
}

/* RFC 3261 25.1 token */
static const bool token_chars[UCHAR_MAX + 1] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true,
	['-'] = true,         ['.'] = true,         ['!'] = true,
	['%'] = true,         ['*'] = true,         ['_'] = true,
	['+'] = true,         ['`'] = true,         ['\''] = true,
	['~'] = true,
};

/* "name", blanks, ':' within the line; HCOLON allows SP and HT only.  The
 * name; empty if the line is no header. */
static struct text header_name(struct text line)
{
	size_t len = 0, i;

	while (len < line.len && token_chars[(unsigned char)line.p[len]])
		len++;
	for (i = len; i < line.len; i++)
		if (line.p[i] != ' ' && line.p[i] != '\t')
			break;
	return text_make(line.p, i < line.len && line.p[i] == ':' ? len : 0);
}

/* Same length, no meaning: "X:xxxx".  A line of one byte becomes a fold. */
static void mask_line(char *line, size_t len)
{
	if (len && line[len - 1] == '\r')
		len--;
	if (len < 2) {
		memset(line, ' ', len);
		return;
	}
	memset(line, 'x', len);
	line[0] = 'X';
	line[1] = ':';
}

/* Control characters in a value end the parsing of some headers. */
static bool value_is_clean(const char *line, size_t len)
{
	return memchr(line, '\0', len) == NULL;
}

/* Whose address stands in angle brackets, in full or compact (RFC 3261
 * 7.3.3). */
static bool is_addressed(struct text name)
{
	static const struct text names[] = { { "f", 1 },    { "t", 1 },
					     { "m", 1 },    { "To", 2 },
					     { "From", 4 }, { "Contact", 7 } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_equal_nocase(name, names[i]))
			return true;
	return false;
}

/* "<sip:user@host<;tag=x", as a vendor's manual prints it: the second '<' of
 * a From, To or Contact was meant to close. */
static bool close_bracket(char *line, size_t len, struct text name)
{
	char *open, *second;

	if (!is_addressed(name))
		return false;
	open = memchr(line, '<', len);
	if (!open || memchr(line, '>', len) || memchr(line, '"', len))
		return false;
	len -= (size_t)(open + 1 - line);
	second = memchr(open + 1, '<', len);
	if (!second)
		return false;
	*second = '>';
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the first word begins that reads "scheme:"; len if none does.  Words
 * in quotes do not count. */
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
			for (i++; i < value.len && value.p[i] != '"'; i++)
				i += value.p[i] == '\\';
			i++;
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

/* "Unknown" SIP:911@host, as the same manual has it in To: a name must not
 * stand before an address without brackets (RFC 3261 20.10).  The name goes. */
static bool blank_display_name(char *line, size_t len, struct text name)
{
	char *value;
	size_t at;

	if (!is_addressed(name) || memchr(line, '<', len))
		return false;
	value = memchr(line, ':', len);
	if (!value)
		return false;
	value++;
	len -= (size_t)(value - line);
	at = bare_uri(text_make(value, len));
	if (at == len || text_is_empty(text_trim(text_make(value, at))))
		return false;
	memset(value, ' ', at);
	return true;
}

struct mend_result input_mend(char *buf, size_t len)
{
	const struct text max_forwards = { "Max-Forwards", 12 };
	struct mend_result r = { 0 };
	bool masking = false, limited = false;
	size_t end;

	for (size_t i = line_end(buf, len, 0) + 1; i < len; i = end + 1) {
		struct text name;
		size_t n;

		end = line_end(buf, len, i);
		n = end - i;
		if (n == 0 || (n == 1 && buf[i] == '\r'))
			break; /* the body begins */
		if (buf[i] == ' ' || buf[i] == '\t') {
			/* A fold belongs to the header before it. */
			if (masking)
				mask_line(buf + i, n);
			continue;
		}
		name = header_name(text_make(buf + i, n));
		masking = !name.len || !value_is_clean(buf + i, n);
		if (!masking && text_equal_nocase(name, max_forwards)) {
			/* Kamailio's parser gives up at the second one. */
			masking = limited;
			limited = true;
		}
		if (!masking) {
			r.masked += close_bracket(buf + i, n, name) ||
				    blank_display_name(buf + i, n, name);
			continue;
		}
		mask_line(buf + i, n);
		r.masked++;
	}
	return r;
}
