/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>

#include "bytes16.h"

/* The C library's functions look at the locale. */
static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		c ^= 'A' ^ 'a';
	return c;
}

static bool are_equal_nocase(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

/* bits: in what so many bytes of each differ.  0x20 is the case of letters, and
 * of nothing else. */
static bool are_alike(uint64_t bits, const char *a, const char *b, size_t len)
{
	return !bits || (!(bits & ~UINT64_C(0x2020202020202020)) &&
			 are_equal_nocase(a, b, len));
}

static bool are_eight_alike(const char *a, const char *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return are_alike(x ^ y, a, b, sizeof(x));
}

static bool are_four_alike(const char *a, const char *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return are_alike(x ^ y, a, b, sizeof(x));
}

/* Some bytes are looked at twice, which costs less than looking at each. */
bool text_has_prefix_nocase(struct text t, struct text prefix)
{
	const char *a = t.p, *b = prefix.p;
	size_t len = prefix.len;

	if (t.len < len)
		return false;
	if (len < 4)
		return are_equal_nocase(a, b, len);
	if (len < 8)
		return are_four_alike(a, b) &&
		       are_four_alike(a + len - 4, b + len - 4);
	for (size_t i = 0; i + 8 <= len; i += 8)
		if (!are_eight_alike(a + i, b + i))
			return false;
	return are_eight_alike(a + len - 8, b + len - 8);
}

struct text text_unquote(struct text t)
{
	t = text_trim(t);
	if (t.len >= 2 && t.p[0] == '"' && t.p[t.len - 1] == '"')
		t = text_trim(text_make(t.p + 1, t.len - 2));
	return t;
}

bool text_cut(struct text *rest, char sep, struct text *ret_piece)
{
	size_t at, taken;

	if (!rest->len)
		return false;
	at = text_index(*rest, sep);
	taken = at < rest->len ? at + 1 : at;
	*ret_piece = text_make(rest->p, at);
	*rest = text_make(rest->p + taken, rest->len - taken);
	return true;
}

static inline bool is_any_of(char c, const char *chars)
{
	while (*chars && *chars != c)
		chars++;
	return *chars != '\0';
}

bool text_cut_quoted(struct text *rest, const char *seps,
		     struct text *ret_piece)
{
	struct text t = *rest;
	bool quoted = false;
	size_t i;

	for (i = 0; i < t.len; i++) {
		if (t.p[i] == '"')
			quoted = !quoted;
		else if (quoted && t.p[i] == '\\')
			i++;
		else if (!quoted && is_any_of(t.p[i], seps))
			break;
	}
	if (!t.len)
		return false;
	if (i > t.len)
		i = t.len; /* the backslash was the last byte */
	*ret_piece = text_make(t.p, i);
	if (i < t.len)
		i++;
	*rest = text_make(t.p + i, t.len - i);
	return true;
}

size_t text_index_any(struct text t, const char *chars)
{
	uint64_t wanted[2] = { 0 }; /* a bit for each character of ASCII */
	size_t i;

	for (; *chars; chars++)
		wanted[(*chars >> 6) & 1] |= UINT64_C(1) << (*chars & 63);
	for (i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c <= 0x7f && wanted[c >> 6] >> (c & 63) & 1)
			break;
	}
	return i;
}

/* Is each of the eight bytes SP to '~'? */
static bool are_printable(const char *p)
{
	const uint64_t ones = UINT64_MAX / 0xff, tops = ones * 0x80;
	uint64_t v, below, del;

	memcpy(&v, p, sizeof(v));
	below = v - ones * ' ';
	del = (v ^ ones * 0x7f) - ones;
	/* A borrow may condemn a byte too many, never one too few. */
	return !((v | below | del) & tops);
}

/* How many of the sixteen are it before the first one that is not. */
static size_t printable_run(const char *p)
{
	return bytes16_run(bytes16_at(p) - ' ' <= '~' - ' ');
}

size_t text_printable_len(struct text t)
{
	const size_t at_once = sizeof(bytes16);
	size_t i = 0;

	if (t.len >= at_once) {
		size_t last = t.len - at_once, run;

		/* The last bytes with some of those before them. */
		for (; i < last; i += at_once) {
			run = printable_run(t.p + i);
			if (run < at_once)
				return i + run;
		}
		return last + printable_run(t.p + last);
	}
	if (t.len >= 8 && are_printable(t.p) && are_printable(t.p + t.len - 8))
		return t.len;
	while (i < t.len && t.p[i] >= ' ' && t.p[i] < 0x7f)
		i++;
	return i;
}

int text_to_cstr(struct text t, char *buf, size_t size)
{
	if (t.len >= size) {
		if (size)
			buf[0] = '\0';
		return -ENOSPC;
	}
	if (t.len)
		memcpy(buf, t.p, t.len);
	buf[t.len] = '\0';
	return 0;
}

/* The byte that "%HH" at the start of t stands for, or -EINVAL. */
static int escaped_byte(struct text t)
{
	int high, low;

	if (t.len < 3)
		return -EINVAL;
	high = text_hex_digit(t.p[1]);
	low = text_hex_digit(t.p[2]);
	if (high < 0 || low < 0)
		return -EINVAL;
	return high * 16 + low;
}

int text_percent_decode(struct text t, char *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < t.len; i++) {
		int byte = (unsigned char)t.p[i];

		if (byte == '%') {
			byte = escaped_byte(text_make(t.p + i, t.len - i));
			i += 2;
		}
		if (byte <= 0)
			return -EINVAL;
		if (len + 1 >= size || len >= INT_MAX)
			return -ENOSPC;
		buf[len++] = (char)byte;
	}
	if (!size)
		return -ENOSPC;
	buf[len] = '\0';
	return (int)len;
}

/* Length of the run of blanks at the start of t, and whether it is a fold. */
static size_t blank_run(struct text t, bool *ret_is_fold)
{
	size_t len = 0;

	*ret_is_fold = false;
	for (; len < t.len && text_is_blank(t.p[len]); len++)
		if (t.p[len] == '\r' || t.p[len] == '\n')
			*ret_is_fold = true;
	return len;
}

/* Take what stands for one byte, or for several as they are, off *t. */
static struct text clean_next(struct text *t, char *byte)
{
	struct text piece = *t;
	bool is_fold;
	size_t taken = blank_run(*t, &is_fold);
	int escaped = t->p[0] == '%' ? escaped_byte(*t) : -EINVAL;

	piece.len = taken ? taken : 1;
	if (is_fold || escaped >= 0) {
		*byte = (char)(is_fold ? ' ' : escaped);
		piece = text_make(byte, 1);
	}
	if (!taken)
		taken = escaped >= 0 ? 3 : 1;
	*t = text_make(t->p + taken, t->len - taken);
	return piece;
}

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

int text_clean(struct text t, char *buf, size_t size)
{
	size_t len = 0;

	t = text_trim(t);
	if (text_printable_len(t) == t.len && text_index(t, '%') == t.len &&
	    t.len <= INT_MAX)
		return text_to_cstr(t, buf, size) < 0 ? -ENOSPC : (int)t.len;
	while (t.len) {
		char byte;
		struct text piece = clean_next(&t, &byte);

		if (is_control(piece.p[0]))
			return -EINVAL;
		if (piece.len >= size - len || len > INT_MAX - piece.len)
			return -ENOSPC;
		memcpy(buf + len, piece.p, piece.len);
		len += piece.len;
	}
	if (!size)
		return -ENOSPC;
	buf[len] = '\0';
	return (int)len;
}

int text_unescape_pairs(struct text t, char *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] == '\\' && i + 1 < t.len)
			i++;
		if (len + 1 >= size || len >= INT_MAX)
			return -ENOSPC;
		buf[len++] = t.p[i];
	}
	if (!size)
		return -ENOSPC;
	buf[len] = '\0';
	return (int)len;
}

void text_hex(char *out, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = bytes;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}
