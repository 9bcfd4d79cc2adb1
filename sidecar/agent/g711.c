/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/g711.h"

/* Position of the highest bit of a value that has one: 0..14. */
static unsigned top_bit(unsigned value)
{
	return 31u - (unsigned)__builtin_clz(value);
}

/* G.711 table 2a, with the bias of its Annex: sign, 3 bits of the segment, 4 of
 * the place in it, all inverted. */
static uint8_t ulaw(int sample)
{
	const int bias = 0x84, clip = 0x7fff - 0x84;
	unsigned sign = sample < 0 ? 0x80 : 0, value, segment;
	int size = sample < 0 ? -sample : sample;

	value = (unsigned)((size > clip ? clip : size) + bias);
	segment = top_bit(value) - 7;
	return (uint8_t) ~(sign | segment << 4 |
			   ((value >> (segment + 3)) & 0x0f));
}

/* G.711 table 1a: the same, even bits inverted; the first two segments have
 * steps of the same size. */
static uint8_t alaw(int sample)
{
	unsigned sign = sample < 0 ? 0 : 0x80, value, segment;
	int size = sample < 0 ? -sample - 1 : sample;

	value = (unsigned)size;
	segment = value < 256 ? 0 : top_bit(value) - 7;
	value >>= segment ? segment + 3 : 4;
	return (uint8_t)((sign | segment << 4 | (value & 0x0f)) ^ 0x55);
}

uint8_t g711_silence(enum g711_law law)
{
	return law == G711_ALAW ? alaw(0) : ulaw(0);
}

void g711_encode(enum g711_law law, const int16_t *samples, size_t count,
		 uint8_t *out)
{
	for (size_t i = 0; i < count; i++)
		out[i] = law == G711_ALAW ? alaw(samples[i]) : ulaw(samples[i]);
}
