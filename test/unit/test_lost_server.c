/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/schema.c */
/* build: link e911_sidecar libxml2 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/lost_server.h"
#include "test/support/schema.h"

#define NOW_MS 1767225600000LL

static struct schema *schema;

/* ---- a backend that says what a test wants ---- */

static struct {
	int err, area_err;
	struct lost_psap psap;
	struct geo_point asked;
	struct text city;
	size_t ring_count, points;
	bool has_civic_area;
} world;

static int find(void *arg, struct geo_point at, struct lost_psap *ret)
{
	(void)arg;
	world.asked = at;
	if (world.err == 0)
		*ret = world.psap;
	return world.err;
}

static int find_civic(void *arg, const struct civic *address,
		      struct lost_psap *ret, enum civic_check checks[])
{
	(void)arg;
	world.city = address->value[CIVIC_A3];
	if (world.err < 0)
		return world.err;
	checks[CIVIC_A3] = CIVIC_VALID;
	checks[CIVIC_HNO] = CIVIC_INVALID;
	*ret = world.psap;
	if (world.has_civic_area) {
		ret->civic_area = *address;
		ret->civic_area.value[CIVIC_RD].len = 0;
		ret->civic_area.count--;
	}
	return 0;
}

static int area(void *arg, uint64_t boundary_id, struct lost_area *ret)
{
	(void)arg;
	if (world.area_err < 0)
		return world.area_err;
	assert_int_equal(boundary_id, world.psap.boundary_id);
	ret->count = world.ring_count;
	ret->rings = calloc(world.ring_count, sizeof(*ret->rings));
	ret->points = calloc(world.points, sizeof(*ret->points));
	assert_true(ret->rings && ret->points);
	for (size_t i = 0; i < world.ring_count; i++)
		ret->rings[i] =
			(struct lost_ring){ ret->points, world.points, false };
	return 0;
}

static struct lost_backend backend = { .find = find,
				       .find_civic = find_civic,
				       .area = area };
static struct lost_server server;

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.psap = (struct lost_psap){ .psap_id = 17,
					 .boundary_id = 7,
					 .name = "Ashgrove & North",
					 .updated_ms = NOW_MS - 1000 };
	world.ring_count = 1;
	world.points = 4;
	backend.find_civic = find_civic;
	server = (struct lost_server){ .backend = &backend,
				       .source = text_of("gw.example.org"),
				       .uri = text_of("sip:911@example.org"),
				       .expires_s = 60 };
	return 0;
}

/* ---- asking ---- */

static char out[LOST_RESPONSE_MAX];

static const char *ask(const char *body)
{
	struct text answer = { 0 };
	const char *why = NULL;

	assert_int_equal(
		lost_answer(&server, text_of(body), NOW_MS, &answer, &why), 0);
	assert_non_null(why);
	schema_assert_valid(schema, answer);
	assert_true(answer.len < sizeof(out));
	memcpy(out, answer.p, answer.len);
	out[answer.len] = '\0';
	free((char *)answer.p);
	assert_int_equal(why[0] != '\0', strstr(out, "<errors ") != NULL);
	return out;
}

static void says(const char *body, const char *piece)
{
	if (!strstr(ask(body), piece))
		fail_msg("no %s in %s", piece, out);
}

#define POINT \
	"<location id=\"a\"><Point><pos>47.5 -122.5</pos></Point></location>"
#define CIVIC_LOCATION \
	"<location id=\"a\"><civicAddress><A3>Ashgrove</A3><HNO>6</HNO>" \
	"<RD>Mill</RD></civicAddress></location>"
#define FIND(attributes, where) \
	"<findService " attributes ">" where \
	"<service>urn:service:sos</service></findService>"

static void a_point_s_psap_is_told(void **state)
{
	(void)state;
	says(FIND("", POINT), "sourceId=\"psap-17\"");
	assert_true(world.asked.lat == 47.5 && world.asked.lon == -122.5);
	assert_non_null(strstr(out, ">Ashgrove &amp; North</displayName>"));
	assert_non_null(strstr(out, "expires=\"2026-01-01T00:01:00Z\""));
	assert_non_null(strstr(out, "lastUpdated=\"2025-12-31T23:59:59Z\""));
	assert_non_null(strstr(out, "<uri>sip:911@example.org</uri>"));
	assert_non_null(strstr(out, "key=\"b-7\""));
	assert_null(strstr(out, "<warnings"));
	assert_null(strstr(out, "locationValidation"));
}

static void what_is_not_known_is_left_out(void **state)
{
	(void)state;
	world.psap.boundary_id = 0;
	world.psap.name[0] = '\0';
	server.uri = text_of("");
	says(FIND("serviceBoundary='value'", POINT), "<mapping ");
	assert_null(strstr(out, "serviceBoundary"));
	assert_null(strstr(out, "<uri>"));
	assert_non_null(strstr(out, ">PSAP 17</displayName>"));
}

static void an_address_is_validated_when_that_is_asked(void **state)
{
	(void)state;
	says(FIND("validateLocation='true'", CIVIC_LOCATION),
	     "<valid>c:A3</valid><invalid>c:HNO</invalid>"
	     "<unchecked>c:RD</unchecked>");
	says(FIND("", CIVIC_LOCATION), "<mapping ");
	assert_null(strstr(out, "locationValidation"));
	/* Of a point nothing can be. */
	says(FIND("validateLocation='true'", POINT), "<mapping ");
	assert_null(strstr(out, "locationValidation"));
	backend.find_civic = NULL;
	says(FIND("", CIVIC_LOCATION), "<notFound ");
}

/* By value and by reference, and what is not found again is none. */
static void an_address_has_a_boundary_of_its_own(void **state)
{
	static const char area_xml[] =
		"<serviceBoundary profile=\"civic\"><civicAddress "
		"xmlns=\"" CIVIC_NS
		"\"><A3>Ashgrove</A3><HNO>6</HNO></civicAddress>"
		"</serviceBoundary>";
	char request[512], *key, *end;

	(void)state;
	world.has_civic_area = true;
	says(FIND("serviceBoundary='value'", CIVIC_LOCATION), area_xml);
	says(FIND("", CIVIC_LOCATION), "key=\"c-");
	key = strstr(out, "key=\"c-") + strlen("key=\"");
	end = strchr(key, '"');
	(void)snprintf(request, sizeof(request),
		       "<getServiceBoundary key='%.*s'/>", (int)(end - key),
		       key);
	world.has_civic_area = false;
	says(request, "<notFound ");
	world.err = -ENOENT;
	says(request, "<notFound ");
	world.err = -EAGAIN;
	says(request, "<serverError ");
	says("<getServiceBoundary key='c-'/>", "<notFound ");
	says("<getServiceBoundary key='c-ff0141'/>", "<notFound ");
	says("<getServiceBoundary key='c-0003414'/>", "<notFound ");
	says("<getServiceBoundary key='c-00010a'/>", "<notFound ");
	backend.find_civic = NULL;
	says(request, "<notFound ");
}

static void a_backend_s_failure_is_an_error(void **state)
{
	(void)state;
	world.err = -ENOENT;
	says(FIND("", POINT), "<notFound ");
	world.err = -EAGAIN;
	says(FIND("", POINT), "<serverError ");
	world.err = -ENOMEM;
	says(FIND("", POINT), "<internalError ");
	says("<listServicesByLocation>" POINT "</listServicesByLocation>",
	     "<internalError ");
	world.err = 0;
	world.area_err = -ENOMEM;
	says("<getServiceBoundary key='b-7'/>", "<internalError ");
	/* The PSAP is told all the same. */
	says(FIND("serviceBoundary='value'", POINT),
	     "<serviceBoundaryReference ");
}

static void warnings_go_with_an_answer(void **state)
{
	(void)state;
	world.psap.is_default = true;
	says("<findService>" POINT "<service>urn:service:sos.fire</service>"
	     "</findService>",
	     "<serviceSubstitution ");
	assert_non_null(strstr(out, "<defaultMappingReturned "));
	says("<findService>" POINT "<service>urn:service:sosfire</service>"
	     "</findService>",
	     "<serviceNotImplemented ");
}

static void a_large_boundary_fits(void **state)
{
	(void)state;
	world.points = 50000;
	ask(FIND("serviceBoundary='value'", POINT));
	assert_true(strlen(out) > 1800000);
	assert_non_null(strstr(out, "</findServiceResponse>"));
}

static void a_boundary_that_is_too_large_is_no_answer(void **state)
{
	struct text answer = { 0 };
	const char *why = "";

	(void)state;
	world.points = 500000;
	assert_int_equal(lost_answer(&server,
				     text_of("<getServiceBoundary key='b-7'/>"),
				     NOW_MS, &answer, &why),
			 -ENOMEM);
	assert_null(answer.p);
}

static void what_is_no_request_hears_an_error(void **state)
{
	(void)state;
	says("", "<badRequest ");
	says("<!DOCTYPE a><a/>", "<badRequest ");
	says("<other/>", "<badRequest ");
	says("<findService>" POINT "<service>urn:service:sos</service><path>"
	     "<via source='gw.example.org'/></path></findService>",
	     "<loop ");
	says("<findService><location id='a' profile='x'/><service>"
	     "urn:service:sos</service></findService>",
	     "unsupportedProfiles=\"x\"");
}

static int begin(void **state)
{
	(void)state;
	schema = schema_open("lost/lost-rng.xml");
	return 0;
}

static int end(void **state)
{
	(void)state;
	schema = schema_close(schema);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_point_s_psap_is_told, set_up),
		cmocka_unit_test_setup(what_is_not_known_is_left_out, set_up),
		cmocka_unit_test_setup(
			an_address_is_validated_when_that_is_asked, set_up),
		cmocka_unit_test_setup(an_address_has_a_boundary_of_its_own,
				       set_up),
		cmocka_unit_test_setup(a_backend_s_failure_is_an_error, set_up),
		cmocka_unit_test_setup(warnings_go_with_an_answer, set_up),
		cmocka_unit_test_setup(a_large_boundary_fits, set_up),
		cmocka_unit_test_setup(
			a_boundary_that_is_too_large_is_no_answer, set_up),
		cmocka_unit_test_setup(what_is_no_request_hears_an_error,
				       set_up),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
