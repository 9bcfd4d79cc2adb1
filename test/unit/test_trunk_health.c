/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build: with modules/e911/trunk_health.c test/support/platform_libc.c
 * build: link pthread
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "modules/e911/trunk_health.h"
#include "support/platform_libc.h"

static struct call_route route_to(unsigned n)
{
	struct call_route r = { .port = 5060,
				.transport = 1,
				.trunk_id = n,
				.recovery_timeout_s = 30 };

	snprintf(r.host, sizeof(r.host), "10.%u.%u.%u", n >> 16 & 255,
		 n >> 8 & 255, n & 255);
	return r;
}

static bool failed(struct trunk_health *h, const struct call_route *r,
		   int64_t mono_ms)
{
	return trunk_health_failed(h, r, mono_ms, text_of("no reply at all"));
}

static bool replied(struct trunk_health *h, const struct call_route *r)
{
	return trunk_health_replied(h, r, 5000);
}

static int begin(void **state)
{
	*state = trunk_health_new();
	return *state ? 0 : -1;
}

static int end(void **state)
{
	trunk_health_free(*state);
	return shared_in_use() == 0 ? 0 : -1;
}

static void nobody_has_failed_at_first(void **state)
{
	struct call_route r = route_to(1);

	assert_true(trunk_health_is_up(*state, &r, 0));
	assert_false(replied(*state, &r));
}

static void a_failure_lasts_for_the_recovery_timeout(void **state)
{
	struct call_route r = route_to(1);

	assert_true(failed(*state, &r, 1000));
	assert_false(trunk_health_is_up(*state, &r, 1000));
	assert_false(trunk_health_is_up(*state, &r, 30999));
	assert_true(trunk_health_is_up(*state, &r, 31000));
}

static void a_second_failure_is_no_news_and_lasts_from_then(void **state)
{
	struct call_route r = route_to(1);

	assert_true(failed(*state, &r, 1000));
	assert_false(failed(*state, &r, 2000));
	assert_false(trunk_health_is_up(*state, &r, 31500));
	assert_true(trunk_health_is_up(*state, &r, 32000));
}

static void a_reply_ends_it_once(void **state)
{
	struct call_route r = route_to(1);

	assert_true(failed(*state, &r, 1000));
	assert_true(replied(*state, &r));
	assert_false(replied(*state, &r));
	assert_true(trunk_health_is_up(*state, &r, 1001));
	assert_true(failed(*state, &r, 1002));
}

static void without_recovery_timeout_nothing_is_out_of_service(void **state)
{
	struct call_route r = route_to(1);

	r.recovery_timeout_s = 0;
	assert_false(failed(*state, &r, 1000));
	assert_true(trunk_health_is_up(*state, &r, 1000));
}

static void port_and_transport_are_part_of_a_destination(void **state)
{
	struct call_route r = route_to(1), port = r, transport = r;

	port.port = 5061;
	transport.transport = 2;
	assert_true(failed(*state, &r, 1000));
	assert_true(trunk_health_is_up(*state, &port, 1000));
	assert_true(trunk_health_is_up(*state, &transport, 1000));
}

static void without_a_table_everything_is_in_service(void **state)
{
	struct call_route r = route_to(1);

	(void)state;
	assert_false(failed(NULL, &r, 1000));
	assert_true(trunk_health_is_up(NULL, &r, 1000));
	assert_false(replied(NULL, &r));
}

static void count(const struct trunk_health_view *v, void *arg)
{
	unsigned *n = arg;

	n[0]++;
	n[1] += !v->up;
}

/* More than there are places: those that find none stay in service. */
static void a_full_table_forgets_nobody_it_knows(void **state)
{
	unsigned down = 0, seen[2] = { 0 };

	for (unsigned n = 0; n < 5000; n++) {
		struct call_route r = route_to(n);

		down += failed(*state, &r, 1000);
	}
	assert_in_range(down, 3500, 4096);
	for (unsigned n = 0; n < 5000; n++) {
		struct call_route r = route_to(n);

		down -= !trunk_health_is_up(*state, &r, 1000);
	}
	assert_int_equal(down, 0);
	trunk_health_each(*state, 1000, count, seen);
	assert_int_equal(seen[0], seen[1]);
}

/* ---- several workers ---- */

static void *work(void *arg)
{
	for (unsigned i = 0; i < 20000; i++) {
		struct call_route r = route_to(i % 64);

		failed(arg, &r, i);
		(void)trunk_health_is_up(arg, &r, i);
		replied(arg, &r);
	}
	return NULL;
}

static void workers_take_one_place_for_one_destination(void **state)
{
	unsigned seen[2] = { 0 };
	pthread_t threads[4];

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, *state), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	trunk_health_each(*state, 0, count, seen);
	assert_int_equal(seen[0], 64);
	assert_int_equal(seen[1], 0);
}

int main(void)
{
#define in_health(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
	const struct CMUnitTest tests[] = {
		in_health(nobody_has_failed_at_first),
		in_health(a_failure_lasts_for_the_recovery_timeout),
		in_health(a_second_failure_is_no_news_and_lasts_from_then),
		in_health(a_reply_ends_it_once),
		in_health(without_recovery_timeout_nothing_is_out_of_service),
		in_health(port_and_transport_are_part_of_a_destination),
		in_health(without_a_table_everything_is_in_service),
		in_health(a_full_table_forgets_nobody_it_knows),
		in_health(workers_take_one_place_for_one_destination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
