/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input_mend.h"

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
static bool is_token_char(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return true;
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
		return true;
	return c && c < 0x7f && strchr("-.!%*_+`'~", c);
}

/* "name", blanks, ':' within the line; HCOLON allows SP and HT only. */
static bool line_is_header(const char *line, size_t len)
{
	size_t i = 0;

	while (i < len && is_token_char((unsigned char)line[i]))
		i++;
	if (i == 0)
		return false;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return i < len && line[i] == ':';
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

/* The name of a header line, in full or compact (RFC 3261 7.3.3). */
static bool is_named(const char *line, size_t len, const char *name,
		     const char *compact)
{
	struct text t = text_make(line, len);

	t = text_trim(text_make(t.p, text_index(t, ':')));
	return text_equal_nocase(t, text_of(name)) ||
	       text_equal_nocase(t, text_of(compact));
}

/* "<sip:user@host<;tag=x", as a vendor's manual prints it: the second '<' of
 * a From, To or Contact was meant to close. */
static bool close_bracket(char *line, size_t len)
{
	char *open, *second;

	if (!is_named(line, len, "From", "f") &&
	    !is_named(line, len, "To", "t") &&
	    !is_named(line, len, "Contact", "m"))
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

struct mend_result input_mend(char *buf, size_t len)
{
	struct mend_result r = { 0 };
	bool masking = false, limited = false;
	size_t end;

	for (size_t i = line_end(buf, len, 0) + 1; i < len; i = end + 1) {
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
		masking = !line_is_header(buf + i, n) ||
			  !value_is_clean(buf + i, n);
		if (!masking && is_named(buf + i, n, "Max-Forwards", "")) {
			/* Kamailio's parser gives up at the second one. */
			masking = limited;
			limited = true;
		}
		if (!masking) {
			r.masked += close_bracket(buf + i, n);
			continue;
		}
		mask_line(buf + i, n);
		r.masked++;
	}
	return r;
}
