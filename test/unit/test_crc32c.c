/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

typedef uint32_t(crc_f)(uint32_t crc, const void *data, size_t len);
static crc_f *const implementations[] = { crc32c, crc32c_software };

/* RFC 3720 B.4; the RFC prints the CRC as bytes on the wire. */
static void rfc_3720_vectors_give_their_crc(void **state)
{
	static const uint8_t read_command[48] = {
		0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00,
		0x00, 0x18, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	};
	uint8_t zeros[32] = { 0 }, ones[32], rising[32], falling[32];

	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		ones[i] = 0xff;
		rising[i] = (uint8_t)i;
		falling[i] = (uint8_t)(31 - i);
	}
	for (size_t k = 0; k < ARRAY_SIZE(implementations); k++) {
		crc_f *crc = implementations[k];

		assert_int_equal(crc(0, zeros, 32), 0x8a9136aa);
		assert_int_equal(crc(0, ones, 32), 0x62a8ab43);
		assert_int_equal(crc(0, rising, 32), 0x46dd794e);
		assert_int_equal(crc(0, falling, 32), 0x113fdb5c);
		assert_int_equal(crc(0, read_command, 48), 0xd9963a56);
		assert_int_equal(crc(0, "123456789", 9), 0xe3069283);
		assert_int_equal(crc(0, "", 0), 0);
	}
}

static void processor_and_table_agree_at_any_length_and_address(void **state)
{
	uint8_t data[96];
	uint32_t seed = 911;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
	for (size_t at = 0; at < 16; at++)
		for (size_t len = 0; at + len <= sizeof(data); len++)
			assert_int_equal(crc32c(seed, data + at, len),
					 crc32c_software(seed, data + at, len));
}

static void pieces_give_the_crc_of_the_whole(void **state)
{
	static const char whole[] = "500 Pine St, Seattle, WA 98101";
	size_t len = sizeof(whole) - 1;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(implementations); k++) {
		crc_f *crc = implementations[k];

		for (size_t cut = 0; cut <= len; cut++)
			assert_int_equal(
				crc(crc(0, whole, cut), whole + cut, len - cut),
				crc(0, whole, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_3720_vectors_give_their_crc),
		cmocka_unit_test(
			processor_and_table_agree_at_any_length_and_address),
		cmocka_unit_test(pieces_give_the_crc_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
