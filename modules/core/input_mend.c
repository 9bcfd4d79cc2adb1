/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input_mend.h"

#include <limits.h>

#include "address_mend.h"
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

/* NUL in a value ends the parsing of some headers. */
static bool has_nul(const char *p, size_t len)
{
	return memchr(p, '\0', len) != NULL;
}

/* Content-Length and Retry-After begin with a number, behind which the former
 * has nothing (RFC 3261 20.14, 20.33).  Else the parser gives up, and a
 * datagram needs neither. */
static bool number_is_sound(struct text line, struct text name)
{
	bool is_length = text_equal_nocase(name, text_of("Content-Length")) ||
			 text_equal_nocase(name, text_of("l"));
	struct text value;
	size_t digits;

	if (!is_length && !text_equal_nocase(name, text_of("Retry-After")))
		return true;
	digits = text_index(line, ':') + 1;
	value = text_trim(text_make(line.p + digits, line.len - digits));
	for (digits = 0; digits < value.len; digits++)
		if (!text_is_digit(value.p[digits]))
			break;
	return digits && (!is_length || digits == value.len);
}

/* Does the header whose line ends there go on in the next one? */
static bool is_folded(const char *buf, size_t len, size_t end)
{
	return end + 1 < len && (buf[end + 1] == ' ' || buf[end + 1] == '\t');
}

/* One line of a header that ends at 'end', and of its folds; where it ends
 * then. */
static size_t unfold(char *buf, size_t len, size_t end)
{
	while (is_folded(buf, len, end)) {
		if (buf[end - 1] == '\r')
			buf[end - 1] = ' ';
		buf[end] = ' ';
		end = line_end(buf, len, end + 1);
	}
	return end;
}

/* Digits and nothing else; blanks may come first. */
static bool is_plain_number(const char *value, const char *end)
{
	const char *p, *digits;

	for (p = value; *p == ' ' || *p == '\t';)
		p++;
	for (digits = p; text_is_digit(*p);)
		p++;
	return p > digits && p == end;
}

/* A name that is looked into, in full or compact (RFC 3261 7.3.3)? */
static bool is_called(struct text name, struct text full, char compact)
{
	return name.len == 1 ? (name.p[0] | 0x20) == compact
			     : text_equal_nocase(name, full);
}

static bool is_limit(struct text name)
{
	const struct text max_forwards = { "Max-Forwards", 12 };

	return text_equal_nocase(name, max_forwards);
}

static bool has_plain_value(struct text name, const char *value,
			    const char *end)
{
	const struct text length = { "Content-Length", 14 };
	const struct text retry = { "Retry-After", 11 };

	switch (name.p[0] | 0x20) {
	case 'f':
	case 't':
		return !address_mend_is_party(name) ||
		       address_is_plain_party(value, end);
	case 'c':
	case 'l':
	case 'm':
		if (address_mend_is_contact(name))
			return address_is_plain_contact(value, end);
		return is_called(name, length, 'l')
			       ? is_plain_number(value, end)
			       : !is_limit(name);
	case 'r':
		return !text_equal_nocase(name, retry);
	default:
		return true;
	}
}

/* Nearly every header line is "name:value" with nothing to mend in it, and is
 * told from others by one look at each byte that matters.  lf: where it ends,
 * which also ends each run of bytes in it. */
static bool is_plain(const char *line, const char *lf)
{
	const char *p = line;

	while (token_chars[(unsigned char)*p])
		p++;
	return *p == ':' && p > line &&
	       has_plain_value(text_make(line, (size_t)(p - line)), p + 1,
			       lf - (lf[-1] == '\r'));
}

static struct mend_result mend(char *buf, size_t len, bool closely)
{
	struct mend_result r = { 0 };
	bool masking = false, limited = false;
	bool nul_somewhere = has_nul(buf, len);
	size_t end;

	closely = closely || nul_somewhere;

	for (size_t i = line_end(buf, len, 0) + 1; i < len; i = end + 1) {
		struct text name;
		bool is_address;
		size_t n;

		end = line_end(buf, len, i);
		n = end - i;
		if (!closely && end < len && !is_folded(buf, len, end) &&
		    is_plain(buf + i, buf + end)) {
			masking = false;
			continue;
		}
		if (n == 0 || (n == 1 && buf[i] == '\r'))
			break; /* the body begins */
		if (buf[i] == ' ' || buf[i] == '\t') {
			/* A fold belongs to the header before it. */
			if (masking)
				mask_line(buf + i, n);
			continue;
		}
		name = header_name(text_make(buf + i, n));
		is_address = address_mend_is_of(name);
		if (is_address) {
			end = unfold(buf, len, end);
			n = end - i;
		}
		masking = !name.len || (nul_somewhere && has_nul(buf + i, n)) ||
			  (!is_folded(buf, len, end) &&
			   !number_is_sound(text_make(buf + i, n), name));
		if (!masking && is_limit(name)) {
			/* Kamailio's parser gives up at the second one. */
			masking = limited;
			limited = true;
		}
		if (!masking) {
			if (is_address)
				r.masked += address_mend(
					buf + i, n - (buf[end - 1] == '\r'),
					name);
			continue;
		}
		mask_line(buf + i, n);
		r.masked++;
	}
	return r;
}

struct mend_result input_mend(char *buf, size_t len)
{
	return mend(buf, len, false);
}

struct mend_result input_mend_closely(char *buf, size_t len)
{
	return mend(buf, len, true);
}
