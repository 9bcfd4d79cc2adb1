/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/inin_attr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/sweep.h"

#define MAC  "0004f215c285"
#define IPV4 "192.168.1.4"

static const uint8_t ipv4[16] = { 0, 0, 0,    0,    0,   0,   0, 0,
				  0, 0, 0xff, 0xff, 192, 168, 1, 4 };
static const uint8_t ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
				  0,    0,    0,    0,    0, 0, 0, 5 };

static const struct row {
	const char *value;
	bool has_mac;
	const uint8_t *ip; /* NULL: none */
} rows[] = {
	/* both spellings of the vendor */
	{ "\"uu_StationMacAddress=" MAC ";uu_StationIPAddress=" IPV4 "\"", true,
	  ipv4 },
	{ "uu_StationMacAddress=" MAC ";uu_StationIPAddress=" IPV4, true,
	  ipv4 },
	/* and what may come along */
	{ " \" uu_StationMacAddress = " MAC " ; uu_StationIPAddress = " IPV4
	  " \" ",
	  true, ipv4 },
	{ "uu_stationmacaddress=" MAC ",UU_STATIONIPADDRESS=" IPV4, true,
	  ipv4 },
	{ "StationIPAddress=" IPV4 ";StationMacAddress=" MAC ";", true, ipv4 },
	{ "uu_StationMacAddress=\"" MAC "\";uu_StationIPAddress=\"" IPV4 "\"",
	  true, ipv4 },
	{ "\\\"uu_StationMacAddress=" MAC ";uu_StationIPAddress=" IPV4 "\\\"",
	  true, ipv4 },
	{ "\"uu_StationMacAddress=" MAC ";\r\n\tuu_StationIPAddress=" IPV4 "\"",
	  true, ipv4 },
	{ "\"uu_StationMacAddress=" MAC ";uu_StationIPAddress=" IPV4, true,
	  ipv4 },
	{ "uu_Site=4;uu_StationMacAddress=" MAC ";junk;=;uu_X=\"a\"", true,
	  NULL },
	{ "uu_StationMacAddress=00:04:F2:15:C2:85", true, NULL },
	{ "uu_StationMacAddress=00-04-f2-15-c2-85", true, NULL },
	{ "uu_StationMacAddress=0004.f215.c285", true, NULL },
	{ "uu_StationMacAddress=00 04 F2 15 C2 85", true, NULL },
	{ "uu_StationMacAddress=00%3A04%3Af2%3a15%3Ac2%3A85", true, NULL },
	{ "uu_StationMacAddress=00\\:04\\:f2\\:15\\:c2\\:85", true, NULL },
	{ "uu_StationMacAddress=;uu_StationMacAddress=" MAC, true, NULL },
	{ "uu_StationMacAddress=" MAC ";uu_StationMacAddress=ffffffffffff",
	  true, NULL },
	{ "uu_StationIPAddress=2001:db8::5", false, ipv6 },
	{ "uu_StationIPAddress=[2001:DB8::5]", false, ipv6 },
	{ "uu_StationIPAddress=%5B2001:db8::5%5D", false, ipv6 },
	{ "uu_StationIPAddress=::ffff:" IPV4, false, ipv4 },
	{ "uu_StationIPAddress=192\\.168\\.1\\.4", false, ipv4 },
	/* nothing usable */
	{ "", false, NULL },
	{ "\"\"", false, NULL },
	{ "\"", false, NULL },
	{ "=;,=", false, NULL },
	{ MAC, false, NULL },
	{ "uu_StationMacAddress", false, NULL },
	{ "uu_StationMacAddress=", false, NULL },
	{ "uu_StationMacAddress=0004f215c28", false, NULL },
	{ "uu_StationMacAddress=0004f215c2855", false, NULL },
	{ "uu_StationMacAddress=0004f215c28g", false, NULL },
	{ "uu_StationMacAddress=%00", false, NULL },
	{ "xuu_StationMacAddress=" MAC, false, NULL },
	{ "uu_uu_StationMacAddress=" MAC, false, NULL },
	{ "uu_StationIPAddress=192.168.1", false, NULL },
	{ "uu_StationIPAddress=192.168.1.256", false, NULL },
	{ "uu_StationIPAddress=pc4.example.com", false, NULL },
	{ "uu_StationIPAddress=[2001:db8::5", false, NULL },
};

static void every_spelling_gives_the_same_station(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct inin_attr attr;
		int n = inin_attr_parse(text_of(rows[i].value), &attr);

		if (attr.has_mac != rows[i].has_mac ||
		    attr.has_ip != (rows[i].ip != NULL))
			fail_msg("%s: MAC %d, IP %d", rows[i].value,
				 attr.has_mac, attr.has_ip);
		assert_int_equal(n, rows[i].has_mac + (rows[i].ip != NULL));
		if (attr.has_mac)
			assert_string_equal(attr.mac, MAC);
		if (attr.has_ip)
			assert_memory_equal(attr.ip, rows[i].ip, 16);
	}
}

static void a_value_without_end_is_not_usable(void **state)
{
	char value[4096] = "uu_StationMacAddress=";
	struct inin_attr attr;

	(void)state;
	memset(value + strlen(value), '0', 4000);
	assert_int_equal(inin_attr_parse(text_of(value), &attr), 0);
}

static void addresses_alone_are_normalised_or_refused(void **state)
{
	char mac[13] = "?";
	uint8_t ip[16] = { 7 };

	(void)state;
	assert_int_equal(mac_normalise(text_of(" 00:04:F2:15:C2:85 "), mac), 0);
	assert_string_equal(mac, MAC);
	assert_int_equal(mac_normalise(text_of("::::::::::::"), mac), -EINVAL);
	assert_int_equal(mac_normalise(text_of("0004f215c2\0"
					       "5"),
				       mac),
			 -EINVAL);
	assert_string_equal(mac, MAC);
	assert_int_equal(ip_normalise(text_of("10.0.0.1/24"), ip), -EINVAL);
	assert_int_equal(ip_normalise(text_of("010.0.0.1"), ip), -EINVAL);
	assert_int_equal(ip_normalise(text_of("fe80::1%eth0"), ip), -EINVAL);
	assert_int_equal(ip_normalise(text_of("[]"), ip), -EINVAL);
	assert_int_equal(ip_normalise(text_make("10.0.0.1\0x", 10), ip),
			 -EINVAL);
	assert_int_equal(ip[0], 7);
	assert_int_equal(ip_normalise(text_of(" [::FFFF:192.168.1.4] "), ip),
			 0);
	assert_memory_equal(ip, ipv4, 16);
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		sweep(text_of(rows[i].value), inin_attr_rules);
	sweep(text_of("00:04:F2:15:C2:85"), hwaddr_rules);
	sweep(text_of("[2001:db8::192.168.1.4]"), hwaddr_rules);
	inin_attr_rules(text_of(NULL));
	hwaddr_rules(text_of(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_gives_the_same_station),
		cmocka_unit_test(a_value_without_end_is_not_usable),
		cmocka_unit_test(addresses_alone_are_normalised_or_refused),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
