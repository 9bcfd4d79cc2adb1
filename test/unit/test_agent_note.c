/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the module tells the agent is what the agent reads. */
/* build: with modules/e911/test_call.c */
/* build: link e911_sidecar */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/test_note.h"
#include "modules/e911/test_call.h"

static struct path_conf agent = {
	.default_routes = { { .host = "127.0.0.1", .port = 5070 } },
	.default_route_count = 1,
};

static struct path path;

static struct test_note told(void)
{
	char note[TEST_NOTE_SIZE];
	struct test_note n;

	assert_int_equal(
		test_note_parse(test_call_turn(&path, &agent, note), &n), 0);
	return n;
}

static void what_is_told_is_understood(void **state)
{
	struct test_note n;

	(void)state;
	path_clear(&path);
	path.organization.organization_id = 1;
	path.endpoint.endpoint_id = UINT32_MAX;
	path.location.location_id = 123456789012345678;
	path.psap_id = 5;
	path.shown_number = 12065550114;
	path.routed_by = "psap";
	path.route_count = CALL_ROUTES_MAX;
	n = told();
	assert_int_equal(n.organization_id, 1);
	assert_int_equal(n.endpoint_id, UINT32_MAX);
	assert_int_equal(n.location_id, 123456789012345678);
	assert_int_equal(n.psap_id, 5);
	assert_int_equal(n.callback_number, 12065550114);
	assert_false(n.by_relay);
}

static void a_test_call_has_one_route(void **state)
{
	(void)state;
	path_clear(&path);
	path.routed_by = "relay_center";
	path.route_count = CALL_ROUTES_MAX;
	assert_true(told().by_relay);
	assert_int_equal(path.route_count, 1);
	assert_string_equal(path.routes[0].host, "127.0.0.1");
	assert_int_equal(path.routes[0].port, 5070);
}

static void the_longest_note_fits(void **state)
{
	char note[TEST_NOTE_SIZE];

	(void)state;
	path_clear(&path);
	path.organization.organization_id = UINT64_MAX;
	path.endpoint.endpoint_id = UINT64_MAX;
	path.location.location_id = UINT64_MAX;
	path.psap_id = UINT64_MAX;
	path.shown_number = UINT64_MAX;
	path.routed_by = "relay_center";
	assert_in_range(test_call_turn(&path, &agent, note).len, 100,
			TEST_NOTE_SIZE - 1);
}

static void what_is_no_note_is_refused(void **state)
{
	static const char *const bad[] = { "",
					   " ",
					   "x",
					   "location",
					   "location=",
					   "location=-1",
					   "location=1x",
					   "location=1234567890123456789",
					   "routed=psap;;",
					   "location=1;psap" };
	struct test_note n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (test_note_parse(text_of(bad[i]), &n) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
	/* A newer module may say more. */
	assert_int_equal(
		test_note_parse(text_of("colour=red; location = 7"), &n), 0);
	assert_int_equal(n.location_id, 7);
}

static unsigned refusal(const char *uri, const struct path_conf *to,
			unsigned status)
{
	const struct path_request rq = { .view.request_uri = text_of(uri) };

	return test_call_refusal(&rq, to, status);
}

static void the_urn_is_the_operators_to_decide(void **state)
{
	static const struct path_conf nobody;

	(void)state;
	assert_int_equal(refusal("sip:933@gw", &agent, 404), 0);
	assert_int_equal(refusal("URN:service:test.sos", &agent, 200), 0);
	assert_int_equal(refusal("urn:service:test.sos", &agent, 404), 404);
	assert_int_equal(refusal("urn:service:test.sos", &agent, 486), 486);
	assert_int_equal(refusal("urn:service:test.sos", &nobody, 200), 503);
	assert_int_equal(refusal("sip:933@gw", &nobody, 200), 503);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_is_understood),
		cmocka_unit_test(a_test_call_has_one_route),
		cmocka_unit_test(the_longest_note_fits),
		cmocka_unit_test(what_is_no_note_is_refused),
		cmocka_unit_test(the_urn_is_the_operators_to_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
