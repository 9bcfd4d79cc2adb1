/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/route_tls.c */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "modules/e911/route_tls.h"

#define T(s) \
	{ \
		s, sizeof(s) - 1 \
	}

static struct call_route route_to(const struct dir_trunk *trunk, uint32_t nth)
{
	struct call_route route = { .transport = TRANSPORT_TLS,
				    .host = "192.0.2.8" };

	route_tls_set(&route, trunk, nth);
	return route;
}

static void wants(const struct dir_trunk *trunk, uint32_t nth, const char *name,
		  const char *sni)
{
	struct call_route route = route_to(trunk, nth);

	assert_string_equal(route.tls_name, name);
	assert_string_equal(route.tls_sni, sni);
}

static void an_address_is_its_own_name_and_no_sni(void **s)
{
	const struct dir_trunk trunk = { .tls_check = TLS_CHECK_NAME };

	(void)s;
	wants(&trunk, 0, "192.0.2.8", "");
	wants(&trunk, 3, "192.0.2.8", "");
}

static void each_destination_has_its_own_name(void **s)
{
	const struct dir_trunk trunk = {
		.destination_names = T("a.example.com,,b.example.com")
	};

	(void)s;
	wants(&trunk, 0, "a.example.com", "a.example.com");
	wants(&trunk, 1, "192.0.2.8", "");
	wants(&trunk, 2, "b.example.com", "b.example.com");
	wants(&trunk, 3, "192.0.2.8", "");
}

static void the_trunk_knows_better_what_the_certificate_says(void **s)
{
	const struct dir_trunk trunk = {
		.destination_names = T("a.example.com,"),
		.tls_name = T("voice.example.com"),
	};

	(void)s;
	wants(&trunk, 0, "voice.example.com", "a.example.com");
	wants(&trunk, 1, "voice.example.com", "voice.example.com");
}

static void the_trunk_says_how_much_is_checked(void **s)
{
	const struct dir_trunk trunk = { .tls_check = TLS_CHECK_NONE,
					 .tls_unverified = true };
	struct call_route route = route_to(&trunk, 0);

	(void)s;
	assert_int_equal(route.tls_check, TLS_CHECK_NONE);
	assert_true(route.tls_unverified);
}

static void other_transports_have_no_names(void **s)
{
	const struct dir_trunk trunk = { .tls_name = T("a.example.com") };
	struct call_route route = { .transport = TRANSPORT_TCP,
				    .tls_name = "left.example.com" };

	(void)s;
	route_tls_set(&route, &trunk, 0);
	assert_string_equal(route.tls_name, "");
	assert_string_equal(route.tls_sni, "");
}

static void a_name_that_does_not_fit_is_none(void **s)
{
	char text[CALL_TLS_NAME_SIZE + 1];
	struct dir_trunk trunk = { .tls_name = { text, CALL_TLS_NAME_SIZE } };

	(void)s;
	memset(text, 'a', sizeof(text));
	wants(&trunk, 0, "", "");
	trunk.tls_name.len--;
	text[CALL_TLS_NAME_SIZE - 1] = '\0';
	wants(&trunk, 0, text, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_its_own_name_and_no_sni),
		cmocka_unit_test(each_destination_has_its_own_name),
		cmocka_unit_test(
			the_trunk_knows_better_what_the_certificate_says),
		cmocka_unit_test(the_trunk_says_how_much_is_checked),
		cmocka_unit_test(other_transports_have_no_names),
		cmocka_unit_test(a_name_that_does_not_fit_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
