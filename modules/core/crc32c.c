/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crc32c: by the processor's instruction where there is one, else by table.
 *
 * The table is of half bytes: 64 bytes of it, which leave the caches to the
 * directory.  It is the fallback of machines that are too old for SSE 4.2.
 */
#include "crc32c.h"

#include <string.h>

/* What the polynomial 0x82f63b78 (reflected) leaves of each half byte. */
static const uint32_t remainder_of[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
	0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c_software(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	while (len-- > 0) {
		crc ^= *p++;
		crc = crc >> 4 ^ remainder_of[crc & 15];
		crc = crc >> 4 ^ remainder_of[crc & 15];
	}
	return ~crc;
}

#if defined(__x86_64__)
#define with_sse42 __attribute__((target("sse4.2")))

with_sse42 static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *p,
					size_t len)
{
	uint64_t wide = ~crc;

	for (; len >= 4 * sizeof(uint64_t); len -= 4 * sizeof(uint64_t)) {
		uint64_t eights[4];

		memcpy(eights, p, sizeof(eights));
		wide = __builtin_ia32_crc32di(wide, eights[0]);
		wide = __builtin_ia32_crc32di(wide, eights[1]);
		wide = __builtin_ia32_crc32di(wide, eights[2]);
		wide = __builtin_ia32_crc32di(wide, eights[3]);
		p += sizeof(eights);
	}
	for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
		uint64_t eight;

		memcpy(&eight, p, sizeof(eight));
		wide = __builtin_ia32_crc32di(wide, eight);
		p += sizeof(eight);
	}
	crc = (uint32_t)wide;
	while (len-- > 0)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return ~crc;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_sse42(crc, data, len);
	return crc32c_software(crc, data, len);
}
#else
uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
	return crc32c_software(crc, data, len);
}
#endif
