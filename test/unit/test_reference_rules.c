/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <string.h>

#include "hwaddr.h"
#include "locate/reference_rules.h"

static struct reference_rules rules;
static struct web_uri uri;

static int parse(const char *t)
{
	return web_uri_parse(text_of(t), &uri);
}

static void a_uri_is_taken_apart_and_built_anew(void **state)
{
	(void)state;
	assert_int_equal(parse("HTTPS://LIS.Example.org/a/b?c=d#e"), 0);
	assert_true(uri.is_tls);
	assert_string_equal(uri.host, "lis.example.org");
	assert_int_equal(uri.port, 443);
	assert_string_equal(uri.text, "https://lis.example.org:443/a/b?c=d");
	assert_int_equal(parse("http://192.0.2.1:8080"), 0);
	assert_true(uri.is_literal && !uri.is_tls);
	assert_string_equal(uri.text, "http://192.0.2.1:8080/");
	assert_int_equal(parse("https://[2001:db8::1]?x"), 0);
	assert_string_equal(uri.text, "https://[2001:db8::1]:443/?x");
}

static void what_might_be_read_in_two_ways_is_none(void **state)
{
	static const char *const bad[] = {
		"",
		"ftp://lis.example.org/",
		"https:/lis.example.org/",
		"https://",
		"https:///path",
		"https://user@lis.example.org/",
		"https://lis.example.org:0/",
		"https://lis.example.org:65536/",
		"https://lis.example.org:/",
		"https://lis.example.org:44 3/",
		"https://lis.example.org\\@evil/",
		"https://lis.example.org/a b",
		"https://lis.example.org/\r\nX: y",
		"https://lis_example.org/",
		"https://2001:db8::1/",
		"https://[192.0.2.1]/",
		"https://\"192.0.2.1\"/",
		"https://[::1/",
		"https://[::1]x/",
		"https://lis.example.org/\xc3\xa9",
		"https://lis.example.org./",
		"https://0x7f.1/\x01",
	};
	char longest[WEB_URI_MAX + 64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse(bad[i]) != -EINVAL)
			fail_msg("taken: '%s'", bad[i]);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "https://l/", 10);
	longest[WEB_URI_MAX] = '\0';
	assert_int_equal(parse(longest), -EINVAL); /* with ":443" too long */
	longest[WEB_URI_MAX - 4] = '\0';
	assert_int_equal(parse(longest), 0);
}

static void read_rules(const char *hosts, const char *nets)
{
	const char *why = "";

	if (reference_rules_read(&rules, hosts, nets, &why) < 0)
		fail_msg("%s", why);
}

static bool is_listed(const char *t)
{
	assert_int_equal(parse(t), 0);
	return web_hosts_has(&rules.hosts, &uri);
}

static void a_host_is_listed_with_its_scheme_and_port(void **state)
{
	(void)state;
	read_rules("LIS.example.org, lis.example.org:8443,"
		   "http://192.0.2.1:8080, [2001:db8::1]",
		   "");
	assert_true(is_listed("https://lis.example.org/x"));
	assert_true(is_listed("https://lis.example.org:8443/x"));
	assert_true(is_listed("http://192.0.2.1:8080/x"));
	assert_true(is_listed("https://[2001:db8::1]/x"));
	assert_false(is_listed("http://lis.example.org/x"));
	assert_false(is_listed("https://lis.example.org:444/x"));
	assert_false(is_listed("https://a.lis.example.org/x"));
	assert_false(is_listed("https://192.0.2.1:8080/x"));
	assert_false(is_listed("https://evil/lis.example.org"));
	read_rules("", "");
	assert_false(is_listed("https://lis.example.org/x"));
}

static void lists_that_are_none_are_refused(void **state)
{
	static const char *const hosts[] = { "a b", "https://", "x:y",
					     "user@h" };
	static const char *const nets[] = { "192.0.2.0/33", "x", "::/129",
					    "1.2.3.4/", "1.2.3.4/a" };
	const char *why = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		assert_int_equal(
			reference_rules_read(&rules, hosts[i], "", &why),
			-EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(nets); i++)
		assert_int_equal(
			reference_rules_read(&rules, "", nets[i], &why),
			-EINVAL);
}

static bool is_allowed(const char *address)
{
	uint8_t ip[16];

	assert_int_equal(ip_normalise(text_of(address), ip), 0);
	return address_is_allowed(&rules.nets, ip);
}

static void only_public_addresses_are_connected_to(void **state)
{
	static const char *const good[] = { "8.8.8.8",        "172.32.0.1",
					    "9.9.9.9",        "11.0.0.1",
					    "100.128.0.1",    "2600::1",
					    "2001:4860::8888" };
	static const char *const bad[] = {
		"0.0.0.0",
		"10.1.2.3",
		"127.0.0.1",
		"100.64.0.1",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.1.1",
		"192.0.2.1",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.1",
		"224.0.0.1",
		"255.255.255.255",
		"::1",
		"::",
		"fe80::1",
		"fd00::1",
		"ff02::1",
		"::ffff:127.0.0.1",
		"64:ff9b::7f00:1",
		"2002:7f00:1::",
		"2001::1",
		"2001:db8::1",
	};

	(void)state;
	read_rules("", "");
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!is_allowed(good[i]))
			fail_msg("not allowed: %s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (is_allowed(bad[i]))
			fail_msg("allowed: %s", bad[i]);
}

static void a_listed_network_is_allowed_and_nothing_beside(void **state)
{
	(void)state;
	read_rules("", "10.1.0.0/20 , 127.0.0.1,fd00:1::/32");
	assert_true(is_allowed("10.1.15.255"));
	assert_false(is_allowed("10.1.16.0"));
	assert_true(is_allowed("127.0.0.1"));
	assert_false(is_allowed("127.0.0.2"));
	assert_true(is_allowed("fd00:1:ffff::1"));
	assert_false(is_allowed("fd00:2::1"));
	read_rules("", "0.0.0.0/0");
	assert_true(is_allowed("10.9.9.9"));
	assert_false(is_allowed("::1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uri_is_taken_apart_and_built_anew),
		cmocka_unit_test(what_might_be_read_in_two_ways_is_none),
		cmocka_unit_test(a_host_is_listed_with_its_scheme_and_port),
		cmocka_unit_test(lists_that_are_none_are_refused),
		cmocka_unit_test(only_public_addresses_are_connected_to),
		cmocka_unit_test(
			a_listed_network_is_allowed_and_nothing_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
