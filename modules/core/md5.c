/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "md5.h"

#include <string.h>

#include "bytes.h"

/* RFC 1321 3.4: floor(2^32 * abs(sin(i + 1))). */
static const uint32_t sines[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
	0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
	0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
	0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
	0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
	0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
	0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const uint8_t shifts[4][4] = { { 7, 12, 17, 22 },
				      { 5, 9, 14, 20 },
				      { 4, 11, 16, 23 },
				      { 6, 10, 15, 21 } };
/* Which word of the block step i of each round takes: first, stride. */
static const uint8_t words[4][2] = { { 0, 1 }, { 1, 5 }, { 5, 3 }, { 0, 7 } };

static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round) {
	case 0:
		return (b & c) | (~b & d);
	case 1:
		return (b & d) | (c & ~d);
	case 2:
		return b ^ c ^ d;
	default:
		return c ^ (b | ~d);
	}
}

static void transform(struct md5 *m, const uint8_t block[64])
{
	uint32_t a = m->state[0], b = m->state[1];
	uint32_t c = m->state[2], d = m->state[3];

	for (unsigned i = 0; i < 64; i++) {
		unsigned round = i / 16, step = i % 16;
		unsigned word = (words[round][0] + words[round][1] * step) % 16;
		unsigned shift = shifts[round][i % 4];
		uint32_t sum = a + mix(round, b, c, d) + sines[i] +
			       le32_get(block + (size_t)4 * word);

		a = d;
		d = c;
		c = b;
		b += sum << shift | sum >> (32 - shift);
	}
	m->state[0] += a;
	m->state[1] += b;
	m->state[2] += c;
	m->state[3] += d;
}

void md5_begin(struct md5 *m)
{
	*m = (struct md5){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe,
				      0x10325476 } };
}

void md5_add(struct md5 *m, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		size_t at = m->bytes % sizeof(m->block);
		size_t n = sizeof(m->block) - at;

		if (n > len)
			n = len;
		memcpy(m->block + at, p, n);
		m->bytes += n;
		p += n;
		len -= n;
		if (at + n == sizeof(m->block))
			transform(m, m->block);
	}
}

void md5_end(struct md5 *m, uint8_t ret[MD5_SIZE])
{
	static const uint8_t padding[64] = { 0x80 };
	uint64_t bits = m->bytes * 8;
	size_t at = m->bytes % 64;
	uint8_t length[8];

	le64_put(length, bits);
	md5_add(m, padding, (at < 56 ? 56 : 120) - at);
	md5_add(m, length, sizeof(length));
	for (unsigned i = 0; i < 4; i++)
		le32_put(ret + (size_t)4 * i, m->state[i]);
}
