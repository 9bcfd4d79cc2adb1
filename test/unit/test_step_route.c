/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/step_route.c modules/e911/route_tls.c */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "modules/e911/path.h"

/* ---- a directory: PSAP n is reached over trunk n ---- */

#define PSAP         1
#define RELAY_CENTER 2
#define LAST_RESORT  3
#define PEOPLE       4

static struct dir_trunk trunks[PEOPLE];
static char hosts[PEOPLE][DIR_DESTINATIONS_MAX][CALL_HOST_SIZE];
static struct dir_psap psaps[PEOPLE];

int directory_trunk(struct directory *d, uint64_t trunk_id,
		    struct dir_trunk *ret)
{
	(void)d;
	if (trunk_id >= PEOPLE)
		return -ENOENT;
	*ret = trunks[trunk_id];
	return 0;
}

int directory_psap(struct directory *d, uint64_t psap_id, struct dir_psap *ret)
{
	(void)d;
	if (psap_id >= PEOPLE)
		return -ENOENT;
	*ret = psaps[psap_id];
	return 0;
}

int directory_gateway(struct directory *d, struct dir_gateway *ret)
{
	(void)d;
	*ret = (struct dir_gateway){ .relay_center_psap_id = RELAY_CENTER,
				     .last_resort_psap_id = LAST_RESORT };
	return 0;
}

bool path_found(struct path *p, int rc)
{
	(void)p;
	return rc == 0;
}

/* With so many addresses; 0: its name was never resolved. */
static void reach(unsigned id, enum psap_kind kind, unsigned addresses)
{
	struct dir_trunk *t = &trunks[id];

	*t = (struct dir_trunk){ .trunk_id = id,
				 .role = TRUNK_PSAP,
				 .port = 5060,
				 .transport = TRANSPORT_UDP };
	for (unsigned i = 0; i < addresses; i++) {
		snprintf(hosts[id][i], CALL_HOST_SIZE, "10.0.%u.%u", id, i);
		if (i == 0)
			t->host = text_of(hosts[id][i]);
		else
			t->contacts[t->contact_count++] =
				(struct dir_contact){ text_of(hosts[id][i]),
						      5060, TRANSPORT_UDP };
	}
	psaps[id] = (struct dir_psap){ .psap_id = id, .kind = kind };
	psaps[id].routes[psaps[id].route_count++] = (struct dir_route){
		.trunk_id = id, .psap_id = id, .request_user = text_of("911")
	};
}

static void route(struct path *p, unsigned default_routes)
{
	const struct path_request rq = { .now_ms = 0 };
	struct path_conf conf = { .default_route_count = default_routes };

	for (unsigned i = 0; i < default_routes; i++) {
		struct call_route *r = &conf.default_routes[i];

		snprintf(r->host, sizeof(r->host), "10.0.9.%u", i);
		snprintf(r->user, sizeof(r->user), "911");
		r->port = 5060;
		r->transport = TRANSPORT_UDP;
	}
	memset(p, 0, sizeof(*p));
	p->location.psap_id = PSAP;
	step_route(p, &rq, (struct directory *)hosts, &conf);
}

/* How many of the routes go to this PSAP; 0: default routes. */
static unsigned count_of(const struct path *p, uint64_t psap_id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->route_count; i++)
		n += p->routes[i].psap_id == psap_id;
	return n;
}

static int set_up(void **state)
{
	(void)state;
	reach(PSAP, PSAP_PRIMARY, 1);
	reach(RELAY_CENTER, PSAP_RELAY_CENTER, 1);
	reach(LAST_RESORT, PSAP_LAST_RESORT, 1);
	return 0;
}

/* ---- tests ---- */

static void each_address_is_a_route_in_its_order(void **state)
{
	struct path p;

	(void)state;
	reach(PSAP, PSAP_PRIMARY, DIR_DESTINATIONS_MAX);
	trunks[PSAP].contacts[1].port = 5062;
	trunks[PSAP].contacts[1].transport = TRANSPORT_TCP;
	route(&p, 1);
	assert_int_equal(p.route_count, DIR_DESTINATIONS_MAX + 3);
	for (unsigned i = 0; i < DIR_DESTINATIONS_MAX; i++) {
		assert_string_equal(p.routes[i].host, hosts[PSAP][i]);
		assert_int_equal(p.routes[i].port, i == 2 ? 5062 : 5060);
		assert_int_equal(p.routes[i].transport,
				 i == 2 ? TRANSPORT_TCP : TRANSPORT_UDP);
	}
	assert_string_equal(p.routed_by, "psap");
	assert_int_equal(p.psap_id, PSAP);
	assert_int_equal(p.faults, 0);
}

static void a_trunk_without_an_address_is_left_out(void **state)
{
	struct path p;

	(void)state;
	reach(PSAP, PSAP_PRIMARY, 0);
	route(&p, 0);
	assert_int_equal(p.route_count, 2);
	assert_string_equal(p.routed_by, "relay_center");
	assert_string_equal(p.routes[0].host, hosts[RELAY_CENTER][0]);
	assert_int_equal(p.faults, 0);

	reach(RELAY_CENTER, PSAP_RELAY_CENTER, 0);
	reach(LAST_RESORT, PSAP_LAST_RESORT, 0);
	route(&p, 1);
	assert_int_equal(p.route_count, 1);
	assert_string_equal(p.routed_by, "default");
	assert_string_equal(p.routes[0].host, "10.0.9.0");
}

static void many_addresses_leave_room_for_who_comes_after(void **state)
{
	struct path p;

	(void)state;
	for (unsigned id = PSAP; id <= LAST_RESORT; id++) {
		reach(id, psaps[id].kind, DIR_DESTINATIONS_MAX);
		/* Each the same trunk again, by other users. */
		for (unsigned i = 1; i < DIR_ROUTES_MAX; i++) {
			static const char users[DIR_ROUTES_MAX + 1] =
				"abcdefghijklmnop";

			psaps[id].routes[i] = (struct dir_route){
				.trunk_id = id,
				.psap_id = id,
				.request_user = text_make(users + i, 1),
			};
		}
		psaps[id].route_count = DIR_ROUTES_MAX;
	}
	route(&p, PATH_DEFAULT_ROUTES_MAX);
	assert_int_equal(p.route_count, CALL_ROUTES_MAX);
	assert_true(count_of(&p, PSAP) >= DIR_ROUTES_MAX);
	assert_true(count_of(&p, RELAY_CENTER) >= 2);
	assert_true(count_of(&p, LAST_RESORT) >= 2);
	assert_true(count_of(&p, 0) >= 2);
	assert_int_equal(p.faults, PATH_FAULT_ROUTES_CUT);
	/* In this order. */
	for (unsigned i = 1; i < p.route_count; i++)
		assert_true(p.routes[i].psap_id >= p.routes[i - 1].psap_id ||
			    p.routes[i].psap_id == 0);
}

static void the_same_address_is_tried_once(void **state)
{
	struct path p;

	(void)state;
	trunks[RELAY_CENTER].host = trunks[PSAP].host;
	route(&p, 0);
	assert_int_equal(p.route_count, 2);
	assert_int_equal(count_of(&p, RELAY_CENTER), 0);
}

static void one_address_by_two_profiles_is_two_routes(void **state)
{
	struct path p;

	(void)state;
	trunks[RELAY_CENTER].host = trunks[PSAP].host;
	trunks[RELAY_CENTER].profile = PROFILE_I3;
	route(&p, 0);
	assert_int_equal(p.route_count, 3);
	assert_int_equal(count_of(&p, RELAY_CENTER), 1);
}

/* Two trunks of one platform: the form of each is another one. */
static void a_callback_tries_each_trunk_at_one_address(void **state)
{
	struct directory *d = (struct directory *)hosts;
	struct path p = { .route_count = 0 };

	(void)state;
	trunks[RELAY_CENTER].host = trunks[PSAP].host;
	for (int i = 0; i < 2; i++) {
		assert_true(path_route_add(&p, d, PSAP, 0, 0, text_of("4102")));
		assert_true(path_route_add(&p, d, RELAY_CENTER, 0, 0,
					   text_of("4102")));
	}
	assert_int_equal(p.route_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_address_is_a_route_in_its_order,
				       set_up),
		cmocka_unit_test_setup(a_trunk_without_an_address_is_left_out,
				       set_up),
		cmocka_unit_test_setup(
			many_addresses_leave_room_for_who_comes_after, set_up),
		cmocka_unit_test_setup(the_same_address_is_tried_once, set_up),
		cmocka_unit_test_setup(
			one_address_by_two_profiles_is_two_routes, set_up),
		cmocka_unit_test_setup(
			a_callback_tries_each_trunk_at_one_address, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
