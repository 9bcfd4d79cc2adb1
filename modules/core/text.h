/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text: a borrowed piece of somebody else's buffer.
 *
 * Not NUL-terminated, never freed, may hold any byte.  Everything in core
 * works on these views and on storage of the caller, so it is equally at
 * home in pkg, shm and libc memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define must_check    __attribute__((warn_unused_result))

struct text {
	const char *p;
	size_t len;
};

/* A view of a C string; NULL gives the empty text. */
static inline struct text text_of(const char *cstr)
{
	return (struct text){ cstr, cstr ? strlen(cstr) : 0 };
}

static inline struct text text_make(const char *p, size_t len)
{
	return (struct text){ p, len };
}

static inline bool text_is_empty(struct text t)
{
	return t.len == 0;
}

/* SP, HT, CR or LF: what LWS is made of (RFC 3261 25.1). */
static inline bool text_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool text_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 0..15, or -1. */
static inline int text_hex_digit(char c)
{
	if (text_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The empty text may have no pointer, which memcmp() does not like. */
static inline bool text_equal(struct text a, struct text b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

/* ASCII case only (RFC 3261 7.3.1): no locale. */
bool text_has_prefix_nocase(struct text t, struct text prefix);
static inline bool text_equal_nocase(struct text a, struct text b)
{
	/* Mostly the first byte tells, whatever its case. */
	return a.len == b.len && (!a.len || !((a.p[0] ^ b.p[0]) & ~0x20)) &&
	       text_has_prefix_nocase(a, b);
}

/* Without leading and trailing SP, HT, CR, LF. */
static inline struct text text_trim(struct text t)
{
	while (t.len && text_is_blank(t.p[0])) {
		t.p++;
		t.len--;
	}
	while (t.len && text_is_blank(t.p[t.len - 1]))
		t.len--;
	return t;
}
/* Without one pair of outer DQUOTEs, trimmed inside and outside. */
struct text text_unquote(struct text t);

/*
 * Cut the piece before the first 'sep' off *rest (the separator goes too).
 * False when nothing is left.  "a;;b" gives "a", "", "b".
 */
bool text_cut(struct text *rest, char sep, struct text *ret_piece);

/*
 * The same, but any of seps ends the piece, and none does inside "...", where
 * a backslash hides the next byte.  A quote left open runs to the end.
 */
bool text_cut_quoted(struct text *rest, const char *seps,
		     struct text *ret_piece);

/* Index of c in t, or t.len. */
static inline size_t text_index(struct text t, char c)
{
	const char *at = t.len ? memchr(t.p, c, t.len) : NULL;

	return at ? (size_t)(at - t.p) : t.len;
}

/* Index of the first byte that is one of chars, or t.len.  chars: no letter,
 * no digit and no NUL. */
size_t text_index_any(struct text t, const char *chars);

/* How many bytes at its start are printable ASCII, SP to '~'. */
size_t text_printable_len(struct text t);

/* Copy, always NUL-terminated; -ENOSPC when it does not fit, never a cut. */
int must_check text_to_cstr(struct text t, char *buf, size_t size);

/*
 * Undo %HH (RFC 3986 2.1).  Length of the result, -EINVAL on a bad or NUL
 * escape, -ENOSPC.  buf is NUL-terminated on success.
 */
int must_check text_percent_decode(struct text t, char *buf, size_t size);

/*
 * What was meant by a header's value or a user part: trimmed, unfolded (a fold
 * becomes one blank), %HH undone where it is one and left alone where it is
 * not.  Length of the result, NUL-terminated; -EINVAL when a control character
 * comes out of it, -ENOSPC.
 */
int must_check text_clean(struct text t, char *buf, size_t size);

/* Undo quoted pairs, "\x" to "x" (RFC 3261 25.1).  Length, or -ENOSPC. */
int must_check text_unescape_pairs(struct text t, char *buf, size_t size);

/* Lower-case hexadecimal digits of len bytes, and a NUL: 2 * len + 1. */
void text_hex(char *out, const void *bytes, size_t len);
