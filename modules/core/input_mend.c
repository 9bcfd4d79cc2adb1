/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input_mend.h"

#include <limits.h>

#include "address_mend.h"
#include "bytes16.h"
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
	const struct text version = { "SIP/2.0", 7 };
	struct text line;

	if (message.len >= version.len &&
	    !memcmp(message.p, version.p, version.len))
		return true;
	line = text_make(message.p, line_end(message.p, message.len, 0));
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

/* Does nothing, or a CR, stand between i and the end of its line? */
static bool is_empty_line(const char *buf, size_t len, size_t i)
{
	if (i < len && buf[i] == '\r')
		i++;
	return i >= len || buf[i] == '\n';
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

static bool is_limit(struct text name)
{
	const struct text max_forwards = { "Max-Forwards", 12 };

	return text_equal_nocase(name, max_forwards);
}

/* ---- the quick look ---- */

/* LF; and NUL, HT and others below it, which have their line looked at
 * closely. */
static bytes16 may_end_line(bytes16 v)
{
	return v <= '\n';
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

/* Names that are looked into. */
enum watched { NOT_WATCHED, PARTY, CONTACT, LENGTH, LIMIT, RETRY };

static enum watched watched_compact(char name)
{
	switch (name | 0x20) {
	case 'f':
	case 't':
		return PARTY;
	case 'm':
		return CONTACT;
	case 'l':
		return LENGTH;
	default:
		return NOT_WATCHED;
	}
}

/* In full (RFC 3261 7.3.3) no two have the same length. */
static const uint8_t watched_lengths[sizeof(bytes16)] = {
	[2] = PARTY,  [4] = PARTY,  [7] = CONTACT,
	[11] = RETRY, [12] = LIMIT, [14] = LENGTH,
};
static const char watched_names[][sizeof(bytes16)] = {
	[2] = "to",           [4] = "from",          [7] = "contact",
	[11] = "retry-after", [12] = "max-forwards", [14] = "content-length",
};

/* name: len bytes of a token and what is behind them.  0x20 makes a lower
 * letter of an upper one, and of no other byte of a token a letter or '-'. */
static enum watched watched_full(bytes16 name, size_t len)
{
	bytes16 wanted;

	if (len >= ARRAY_SIZE(watched_lengths) || !watched_lengths[len])
		return NOT_WATCHED;
	memcpy(&wanted, watched_names[len], sizeof(wanted));
	return bytes16_run((name | 0x20) == wanted) < len
		       ? NOT_WATCHED
		       : (enum watched)watched_lengths[len];
}

/* How much of the line is a name with its colon at once; 0: it has none.
 * begin: its first bytes. */
static size_t plain_name_len(const char *line, bytes16 begin)
{
	bytes16 is_letter = (begin | 0x20) - 'a' <= 'z' - 'a';
	/* Nearly all of nearly all names. */
	size_t len = bytes16_run(is_letter | (begin == '-'));

	if (line[len] == ':')
		return len;
	while (token_chars[(unsigned char)line[len]])
		len++;
	return line[len] == ':' ? len : 0;
}

/* "name:value" with nothing to mend in it?  lf: where the line ends, which also
 * ends each run of bytes in it. */
static bool is_plain(const char *line, const char *lf, const char *end,
		     bool *limited)
{
	const char *value_end = lf - (lf[-1] == '\r');
	bytes16 begin = bytes16_at(line);
	size_t len = plain_name_len(line, begin);
	const char *value = line + len + 1;

	if (!len)
		return false;
	switch (len > 1 ? watched_full(begin, len) : watched_compact(*line)) {
	case NOT_WATCHED:
		return true;
	case PARTY:
		return address_is_plain_party(value, value_end, end);
	case CONTACT:
		return address_is_plain_contact(value, value_end);
	case LENGTH:
		return is_plain_number(value, value_end);
	case LIMIT:
		if (*limited)
			return false;
		*limited = true;
		return true;
	case RETRY:
		break;
	}
	return false;
}

/* Nearly every header is one plain line, and is told from others by one look at
 * what matters.  Where the first one begins that is not; at the latest the
 * body, or the last bytes. */
static const char *skip_plain(const char *line, struct marks *ends,
			      bool *limited)
{
	while (ends->end - line >= (ptrdiff_t)sizeof(bytes16)) {
		const char *lf = marks_take(ends, may_end_line);

		if (ends->end - lf <= 1 || *lf != '\n' || lf[1] == ' ' ||
		    lf[1] == '\t' || !is_plain(line, lf, ends->end, limited))
			break;
		line = lf + 1;
	}
	return line;
}

static struct mend_result mend(char *buf, size_t len, bool closely)
{
	struct mend_result r = { 0 };
	bool masking = false, limited = false;
	size_t end, i = line_end(buf, len, 0) + 1;
	struct marks ends = marks_in(buf, buf + len);

	closely = closely || len < MARKS_AT_ONCE;
	for (; i < len; i = end + 1) {
		struct text name;
		bool is_address;
		size_t n;

		if (!closely) {
			const char *line = buf + i;

			marks_skip(&ends, line);
			line = skip_plain(line, &ends, &limited);
			masking = masking && line == buf + i;
			i = (size_t)(line - buf);
		}
		if (is_empty_line(buf, len, i))
			break; /* the body begins */
		end = line_end(buf, len, i);
		n = end - i;
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
		masking = !name.len || has_nul(buf + i, n) ||
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
