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
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "http/http.h"
#include "http/rate_limit.h"

static struct rate_limit limit;

/* How many of 1,000 requests at that time are allowed. */
static unsigned allowed(const uint8_t address[16], int64_t now_ms)
{
	unsigned n = 0;

	uint8_t key[16];

	rate_limit_key(address, key);
	for (int i = 0; i < 1000; i++)
		n += rate_limit_allows(&limit, key, now_ms);
	return n;
}

#define V4(last) \
	{ \
		[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = (last) \
	}

static void an_address_has_its_requests_a_second(void **state)
{
	static const uint8_t one[16] = V4(1), other[16] = V4(2);

	(void)state;
	rate_limit_init(&limit, 10);
	assert_int_equal(allowed(one, 5000), 10);
	assert_int_equal(allowed(one, 5000), 0);
	assert_int_equal(allowed(other, 5000), 10);
	assert_int_equal(allowed(one, 5099), 0);
	assert_int_equal(allowed(one, 5500), 5);
	assert_int_equal(allowed(one, 5600), 1);
	/* What was not used is not saved up. */
	assert_int_equal(allowed(one, 900000), 10);
	/* A clock that stands, or goes back, gives nothing. */
	assert_int_equal(allowed(one, 899000), 0);
	rate_limit_fini(&limit);
}

static void a_network_of_ipv6_is_one_address(void **state)
{
	static const uint8_t one[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1 },
			     same[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 2 },
			     other[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1 };

	(void)state;
	rate_limit_init(&limit, 10);
	assert_int_equal(allowed(one, 5000), 10);
	assert_int_equal(allowed(same, 5000), 0);
	assert_int_equal(allowed(other, 5000), 10);
	rate_limit_fini(&limit);
}

static void without_a_limit_all_are_allowed(void **state)
{
	static const uint8_t one[16] = V4(1);

	(void)state;
	rate_limit_init(&limit, 0);
	assert_int_equal(allowed(one, 5000), 1000);
	rate_limit_fini(&limit);
	rate_limit_init(&limit, 1000000);
	assert_int_equal(allowed(one, 5000), 1000);
	rate_limit_fini(&limit);
}

static void an_address_with_a_port_is_listened_on(void **state)
{
	static const char *const bad[] = {
		"",
		":80",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:x",
		"127.0.0.1:65536",
		"127.0.0.1:-1",
		"::1:80",
		"[::1]",
		"[::1:80",
		"localhost:80",
		"127.0.0.1:080801",
		"[127.0.0.1]:80",
	};
	struct sockaddr_storage a;

	(void)state;
	assert_int_equal(http_listen_address(text_of(" 127.0.0.1:80 "), &a), 0);
	assert_int_equal(ntohs(((struct sockaddr_in *)&a)->sin_port), 80);
	assert_int_equal(http_listen_address(text_of("[::1]:65535"), &a), 0);
	assert_int_equal(a.ss_family, AF_INET6);
	assert_int_equal(ntohs(((struct sockaddr_in6 *)&a)->sin6_port), 65535);
	assert_int_equal(http_listen_address(text_of("0.0.0.0:0"), &a), 0);
	assert_int_equal(http_listen_address(text_of("[::]:1"), &a), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (http_listen_address(text_of(bad[i]), &a) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
}

/* Of thousands who ask for all that they may nobody is refused because of
 * another, and nobody gets more. */
static void nobody_pays_for_others(void **state)
{
	uint8_t key[16] = V4(0);
	unsigned n = 0;

	(void)state;
	rate_limit_init(&limit, 2);
	for (unsigned i = 0; i < 3000; i++) {
		key[13] = (uint8_t)(i >> 8);
		key[15] = (uint8_t)i;
		n += rate_limit_allows(&limit, key, 5000);
		n += rate_limit_allows(&limit, key, 5000);
		assert_false(rate_limit_allows(&limit, key, 5000));
	}
	assert_int_equal(n, 6000);
	rate_limit_fini(&limit);
}

/* Who has asked last keeps the bucket, in whatever millisecond that was. */
static void a_crowd_takes_the_buckets_of_the_silent(void **state)
{
	uint8_t key[16] = V4(0);

	(void)state;
	rate_limit_init(&limit, 1);
	for (unsigned i = 0; i < 60000; i++) {
		static const uint8_t busy[16] = V4(255);

		key[12] = 10;
		key[13] = (uint8_t)(i >> 8);
		key[15] = (uint8_t)i;
		(void)rate_limit_allows(&limit, key, 5000);
		assert_int_equal(rate_limit_allows(&limit, busy, 5000), i == 0);
	}
	rate_limit_fini(&limit);
}

/* Or somebody could choose an address that shares another's bucket. */
static void which_bucket_is_whose_nobody_knows(void **state)
{
	struct rate_limit a, b;

	(void)state;
	rate_limit_init(&a, 1);
	rate_limit_init(&b, 1);
	assert_memory_not_equal(a.key, b.key, sizeof(a.key));
	rate_limit_fini(&a);
	rate_limit_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_its_requests_a_second),
		cmocka_unit_test(a_network_of_ipv6_is_one_address),
		cmocka_unit_test(without_a_limit_all_are_allowed),
		cmocka_unit_test(an_address_with_a_port_is_listened_on),
		cmocka_unit_test(nobody_pays_for_others),
		cmocka_unit_test(a_crowd_takes_the_buckets_of_the_silent),
		cmocka_unit_test(which_bucket_is_whose_nobody_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
