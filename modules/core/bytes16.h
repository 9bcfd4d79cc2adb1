/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bytes16: sixteen bytes of a text looked at at once, and marks: where in a
 * text bytes of a kind are, noted for 64 of them at once.
 *
 * A comparison ("v == ';'", "v <= ' '") gives a byte of ones for each byte of
 * which it is true; bytes16_bits() makes a bit of it, the first byte's lowest.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned char bytes16 __attribute__((vector_size(16)));

static inline bytes16 bytes16_at(const char *p)
{
	bytes16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* is_true: what a comparison gave. */
static inline unsigned bytes16_bits(bytes16 is_true)
{
#ifdef __SSE2__
	typedef char signed16 __attribute__((vector_size(16)));

	return (unsigned)__builtin_ia32_pmovmskb128((signed16)is_true);
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < sizeof(is_true); i++)
		bits |= (is_true[i] & 1U) << i;
	return bits;
#endif
}

/* How many bytes there are before the first of which it is not true. */
static inline unsigned bytes16_run(bytes16 is_true)
{
	return (unsigned)__builtin_ctz(~bytes16_bits(is_true));
}

#define MARKS_AT_ONCE 64 /* at least so many bytes must a text have */

struct marks {
	const char *from, *upto; /* noted for these bytes */
	uint64_t left;           /* those that were not taken yet */
	const char *end;         /* of the text */
};

/* Which bytes are of the kind? */
typedef bytes16(marks_kind)(bytes16 v);

/* From p on, which lies in the text or at its end. */
static inline struct marks marks_in(const char *p, const char *end)
{
	return (struct marks){ .from = p, .upto = p, .end = end };
}

static inline uint64_t marks_note(const char *p, marks_kind *is_kind)
{
	uint64_t a = bytes16_bits(is_kind(bytes16_at(p)));
	uint64_t b = bytes16_bits(is_kind(bytes16_at(p + 16)));
	uint64_t c = bytes16_bits(is_kind(bytes16_at(p + 32)));
	uint64_t d = bytes16_bits(is_kind(bytes16_at(p + 48)));

	return a | b << 16 | c << 32 | d << 48;
}

/* The next one; the end when there is none. */
static inline const char *marks_take(struct marks *m, marks_kind *is_kind)
{
	const char *p;

	while (!m->left) {
		if (m->upto == m->end)
			return m->end;
		m->from = m->upto;
		/* The last bytes with some of those before them. */
		if (m->end - m->from < MARKS_AT_ONCE)
			m->from = m->end - MARKS_AT_ONCE;
		m->left = marks_note(m->from, is_kind) >>
			  (m->upto - m->from) << (m->upto - m->from);
		m->upto = m->from + MARKS_AT_ONCE;
	}
	p = m->from + __builtin_ctzll(m->left);
	m->left &= m->left - 1;
	return p;
}

/* Those before p are of no interest. */
static inline void marks_skip(struct marks *m, const char *p)
{
	if (p >= m->upto) {
		m->upto = p;
		m->left = 0;
	} else if (p > m->from) {
		m->left = m->left >> (p - m->from) << (p - m->from);
	}
}
