/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/callback.c modules/e911/callback_address.c */
/* build: with modules/e911/step_route.c modules/e911/route_tls.c */
/* build: with modules/e911/elin_table.c test/support/platform_libc.c */
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

#include "modules/e911/callback.h"

/* ---- a directory ---- */

#define PLATFORM 1
#define PSTN     2
#define LOCAL    3 /* pstn, for +1206 */
#define SHARED   4 /* another platform of the organisation */
#define TRUNKS   5

#define ELIN      12065550111
#define FORGOTTEN 12065550112
#define STRANGER  13605550199
#define DESK      12065550100
#define FIRM      14255550101
#define OPERATOR  14255550102
#define OWN       13605550141

static struct dir_trunk trunks[TRUNKS];
static struct dir_gateway gateway;
static struct dir_organization organization;
static struct dir_location location;
static bool desk_is_elin;

int directory_trunk(struct directory *d, uint64_t trunk_id,
		    struct dir_trunk *ret)
{
	(void)d;
	if (!trunk_id || trunk_id >= TRUNKS)
		return -ENOENT;
	*ret = trunks[trunk_id];
	return 0;
}

int directory_psap(struct directory *d, uint64_t psap_id, struct dir_psap *ret)
{
	(void)d;
	(void)psap_id;
	(void)ret;
	return -ENOENT;
}

int directory_gateway(struct directory *d, struct dir_gateway *ret)
{
	(void)d;
	*ret = gateway;
	return 0;
}

int directory_organization(struct directory *d, uint64_t id,
			   struct dir_organization *ret)
{
	(void)d;
	if (id != 7)
		return -ENOENT;
	*ret = organization;
	return 0;
}

int directory_location(struct directory *d, uint64_t id,
		       struct dir_location *ret)
{
	(void)d;
	if (id != 70)
		return -ENOENT;
	*ret = location;
	return 0;
}

int directory_elin(struct directory *d, uint64_t number, struct dir_elin *ret)
{
	(void)d;
	if (number != ELIN && number != FORGOTTEN &&
	    !(number == DESK && desk_is_elin))
		return -ENOENT;
	*ret = (struct dir_elin){ .location_id = 70, .organization_id = 7 };
	return 0;
}

bool path_found(struct path *p, int rc)
{
	(void)p;
	return rc == 0;
}

static struct dir_trunk trunk_at(uint64_t id, enum trunk_role role,
				 const char *host)
{
	return (struct dir_trunk){ .trunk_id = id,
				   .role = role,
				   .transport = TRANSPORT_UDP,
				   .number_format = NUMBER_FORMAT_E164,
				   .host = text_of(host),
				   .port = 5060 };
}

/* ---- the scene ---- */

static struct path_conf conf;

static int set_up(void **state)
{
	struct elin_binding who = {
		.number = ELIN,
		.organization_id = 7,
		.location_id = 70,
		.trunk_id = PLATFORM,
		.call = { { 1 } },
		.caller = "7/e1",
		.user = "4102",
		.own_number = OWN,
	};
	uint64_t pool[] = { ELIN }, lent;

	(void)state;
	trunks[PLATFORM] = trunk_at(PLATFORM, TRUNK_ORIGIN, "10.0.0.1");
	trunks[PSTN] = trunk_at(PSTN, TRUNK_PSTN, "10.0.0.2");
	trunks[LOCAL] = trunk_at(LOCAL, TRUNK_PSTN, "10.0.0.3");
	trunks[LOCAL].prefix = text_of("+1206");
	trunks[SHARED] = trunk_at(SHARED, TRUNK_ORIGIN, "10.0.0.4");
	gateway = (struct dir_gateway){ .desk_number = OPERATOR,
					.pstn_trunks = { 2, { PSTN, LOCAL } } };
	organization = (struct dir_organization){
		.organization_id = 7,
		.desk_number = FIRM,
		.trunks = { 2, { PLATFORM, SHARED } },
	};
	location = (struct dir_location){ .location_id = 70,
					  .organization_id = 7,
					  .desk_number = DESK };
	desk_is_elin = false;
	conf.elins = elin_table_new(4);
	assert_int_equal(
		elin_table_lease(conf.elins, pool, 1, 1, &who, 1000, &lent),
		ELIN_FREE);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	conf.elins = elin_table_free(conf.elins);
	return 0;
}

static struct elin_binding found;

/* What a call to this number would ring: "user@host user@host ...". */
static const char *rings(enum trunk_role from, uint64_t number, struct path *p)
{
	const struct path_request rq = { .now_ms = 2000 };
	static char text[1024];
	size_t n = 0;

	memset(p, 0, sizeof(*p));
	p->trunk.role = from;
	if (path_callback(p, &rq, (struct directory *)trunks, &conf, number,
			  &found) < 0)
		return "nobody";
	text[0] = '\0';
	for (unsigned i = 0; i < p->route_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s@%s",
				      i ? " " : "", p->routes[i].user,
				      p->routes[i].host);
	return text;
}

/* ---- tests ---- */

static void the_ladder_goes_from_the_caller_to_the_desks(void **state)
{
	struct path p;

	(void)state;
	assert_string_equal(rings(TRUNK_PSAP, ELIN, &p),
			    /* the caller, there and on their own number */
			    "4102@10.0.0.1 +13605550141@10.0.0.2 "
			    /* the location's desk: platforms, then the network,
			     * where the longer prefix goes first */
			    "+12065550100@10.0.0.1 +12065550100@10.0.0.4 "
			    "+12065550100@10.0.0.3 +12065550100@10.0.0.2 "
			    /* the organisation's */
			    "+14255550101@10.0.0.1 +14255550101@10.0.0.4 "
			    "+14255550101@10.0.0.2 "
			    /* the gateway's */
			    "+14255550102@10.0.0.2");
	assert_string_equal(p.bound_by, "callback");
	assert_false(uuid_is_nil(&found.call));
	assert_int_equal(p.addresses.len, 0);
}

static void a_number_nobody_remembers_rings_the_desk(void **state)
{
	struct path p;

	(void)state;
	assert_string_equal(rings(TRUNK_PSTN, FORGOTTEN, &p),
			    "+12065550100@10.0.0.1 +12065550100@10.0.0.4 "
			    "+12065550100@10.0.0.3 +12065550100@10.0.0.2 "
			    "+14255550101@10.0.0.1 +14255550101@10.0.0.4 "
			    "+14255550101@10.0.0.2");
	assert_string_equal(p.bound_by, "desk");
	assert_true(uuid_is_nil(&found.call));
	assert_int_equal(found.location_id, 70);
	assert_false(callback_is_marked(&p, &found));
	location.desk_number = 0;
	rings(TRUNK_PSTN, FORGOTTEN, &p);
	assert_string_equal(p.bound_by, "organization");
}

static void the_default_locations_desk_stands_in_for_the_organisations(
	void **state)
{
	struct path p;

	(void)state;
	organization.desk_number = 0;
	organization.default_location_id = 70;
	organization.trunks.count = 0;
	assert_string_equal(rings(TRUNK_PSTN, FORGOTTEN, &p),
			    "+12065550100@10.0.0.3 +12065550100@10.0.0.2");
}

static void an_unknown_number_of_a_psap_rings_the_operator(void **state)
{
	struct path p;

	(void)state;
	assert_string_equal(rings(TRUNK_PSAP, STRANGER, &p),
			    "+14255550102@10.0.0.2");
	assert_string_equal(p.bound_by, "gateway");
	assert_string_equal(rings(TRUNK_PSTN, STRANGER, &p), "nobody");
	gateway.desk_number = 0;
	assert_string_equal(rings(TRUNK_PSAP, STRANGER, &p), "nobody");
}

/* It would come back from the network for ever. */
static void a_desk_that_is_a_lent_number_is_not_rung(void **state)
{
	struct path p;

	(void)state;
	desk_is_elin = true;
	organization.desk_number = 0;
	assert_string_equal(rings(TRUNK_PSTN, FORGOTTEN, &p), "nobody");
}

static void the_network_is_not_sent_what_it_has_sent(void **state)
{
	struct elin_binding own = { .number = OWN,
				    .organization_id = 7,
				    .trunk_id = PLATFORM,
				    .call = { { 1 } },
				    .user = "4102",
				    .own_number = OWN };
	struct path p;

	(void)state;
	organization.desk_number = gateway.desk_number = 0;
	assert_int_equal(elin_table_bind(conf.elins, &own, 1000), 0);
	assert_string_equal(rings(TRUNK_PSTN, OWN, &p), "4102@10.0.0.1");
	assert_false(callback_is_marked(&p, &found));
	assert_string_equal(rings(TRUNK_PSAP, OWN, &p),
			    "4102@10.0.0.1 +13605550141@10.0.0.2");
	assert_true(callback_is_marked(&p, &found));
}

static void a_prefix_is_replaced_and_a_format_kept(void **state)
{
	struct path p;

	(void)state;
	trunks[LOCAL].has_replacement = true;
	trunks[LOCAL].replace_prefix = text_of("9");
	trunks[PSTN].number_format = NUMBER_FORMAT_NANP11;
	organization.trunks.count = 0;
	organization.desk_number = 0;
	assert_string_equal(rings(TRUNK_PSTN, FORGOTTEN, &p),
			    "95550100@10.0.0.3 12065550100@10.0.0.2");
}

static void a_platform_is_called_as_it_wants(void **state)
{
	struct callback_address a;
	struct call call = { .kind = CALL_CALLBACK };
	struct path p;

	(void)state;
	trunks[PLATFORM].callback_uri = text_of("sip:\2@acme.example.com");
	trunks[PLATFORM].callback_to = text_of("sip:\2;x=\1@\3:\4;y=\5");
	trunks[PLATFORM].callback_header = text_of("X-Trunk: acme 1");
	rings(TRUNK_PSAP, ELIN, &p);
	call.addresses.p = (char *)p.addresses.p;
	call.addresses.len = (uint32_t)p.addresses.len;
	assert_true(callback_address_of(&call, 0, &a));
	/* The platform knows numbers only: the caller's own. */
	assert_true(text_equal(a.request_uri,
			       text_of("sip:+13605550141@acme.example.com")));
	assert_true(text_equal(
		a.to_uri,
		text_of("sip:+13605550141;x=4102@10.0.0.1:5060;y=udp")));
	assert_true(text_equal(a.header, text_of("X-Trunk: acme 1")));
	assert_false(callback_address_of(&call, 1, &a));
	assert_true(callback_address_of(&call, 2, &a));
	assert_true(text_equal(a.request_uri,
			       text_of("sip:+12065550100@acme.example.com")));
	assert_false(callback_address_of(&call, 3, &a));
	assert_false(callback_address_of(&call, 20, &a));
}

/* ---- alerts ---- */

static const char *alerts(uint64_t number, uint64_t organization_id)
{
	static char text[1024];
	static struct path p;
	size_t n = 0;

	memset(&p, 0, sizeof(p));
	if (path_alert(&p, (struct directory *)trunks, number,
		       organization_id) < 0)
		return "nobody";
	text[0] = '\0';
	for (unsigned i = 0; i < p.route_count; i++) {
		assert_int_equal(p.routes[i].psap_id, 0);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s@%s",
				      i ? " " : "", p.routes[i].user,
				      p.routes[i].host);
	}
	return text;
}

static void an_alert_rings_a_desk_over_platforms_then_the_network(void **state)
{
	(void)state;
	assert_string_equal(alerts(DESK, 7),
			    "+12065550100@10.0.0.1 +12065550100@10.0.0.4 "
			    "+12065550100@10.0.0.3 +12065550100@10.0.0.2");
	/* The gateway's own people, or nobody's that is known. */
	assert_string_equal(alerts(OPERATOR, 0), "+14255550102@10.0.0.2");
	assert_string_equal(alerts(OPERATOR, 8), "+14255550102@10.0.0.2");
}

static void no_alert_goes_to_a_psap(void **state)
{
	(void)state;
	trunks[PLATFORM].role = TRUNK_PSAP;
	trunks[LOCAL].role = TRUNK_PSAP;
	assert_string_equal(alerts(DESK, 7),
			    "+12065550100@10.0.0.4 +12065550100@10.0.0.2");
	trunks[SHARED].role = trunks[PSTN].role = TRUNK_PSAP;
	assert_string_equal(alerts(DESK, 7), "nobody");
}

static void no_alert_rings_a_service_or_an_elin(void **state)
{
	static const uint64_t numbers[] = {
		0,
		911,
		1911,
		933,
		112,
		999,
		411,
		12069110100,
		12064110100,
		19115550100,
		14115550100,
		19335550100,
		19885550100,
		19995550100,
		19005550100,
		442071234567,
		11235550100,
		12061230100,
		ELIN,
		2065550100,
		99912065550100,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_string_equal(alerts(numbers[i], 7), "nobody");
	/* Nor what a trunk would make one of. */
	trunks[LOCAL].prefix = text_of("+120655");
	trunks[LOCAL].has_replacement = true;
	trunks[LOCAL].replace_prefix = text_of("9");
	assert_string_not_equal(alerts(12065530100, 7), "nobody");
	assert_string_equal(alerts(12065511100, 7), "nobody");
	assert_string_equal(alerts(12065533100, 7), "nobody");
	/* Nor what a platform's form would. */
	trunks[PLATFORM].callback_uri = text_of("sip:\2@acme.example.com");
	trunks[PLATFORM].callback_to = text_of("sip:\2@example.com");
	assert_string_not_equal(alerts(12065530100, 7), "nobody");
	trunks[PLATFORM].callback_uri = text_of("sip:911@acme.example.com");
	assert_string_equal(alerts(12065530100, 7), "nobody");
	trunks[PLATFORM].callback_uri = text_of("sip:%39112@acme.example.com");
	assert_string_equal(alerts(12065530100, 7), "nobody");
	trunks[PLATFORM].callback_uri = text_of("sip:\2@acme.example.com");
	trunks[PLATFORM].callback_to = text_of("sip:911\2@example.com");
	assert_string_equal(alerts(12065530100, 7), "nobody");
}

static void a_form_that_makes_no_uri_costs_its_shape_only(void **state)
{
	struct path p;

	(void)state;
	trunks[PLATFORM].callback_uri = text_of("\2");
	trunks[PLATFORM].callback_to = text_of("sip:\2@example.com");
	assert_memory_equal(rings(TRUNK_PSAP, ELIN, &p), "4102@10.0.0.1", 13);
	assert_int_equal(p.addresses.len, 0);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_ladder_goes_from_the_caller_to_the_desks),
		TEST(a_number_nobody_remembers_rings_the_desk),
		TEST(the_default_locations_desk_stands_in_for_the_organisations),
		TEST(an_unknown_number_of_a_psap_rings_the_operator),
		TEST(a_desk_that_is_a_lent_number_is_not_rung),
		TEST(the_network_is_not_sent_what_it_has_sent),
		TEST(a_prefix_is_replaced_and_a_format_kept),
		TEST(a_platform_is_called_as_it_wants),
		TEST(a_form_that_makes_no_uri_costs_its_shape_only),
		TEST(an_alert_rings_a_desk_over_platforms_then_the_network),
		TEST(no_alert_goes_to_a_psap),
		TEST(no_alert_rings_a_service_or_an_elin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
