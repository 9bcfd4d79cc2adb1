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
#include <string.h>

#include "test/support/schema.h"
#include "xml/lost_request.h"
#include "xml/lost_response.h"

#define SOURCE "gateway.example.org"
#define REQ(root, in) \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?><" root " xmlns=\"" LOST_NS \
	"\" xmlns:p2=\"http://www.opengis.net/gml\">" in
#define SERVICE "<service>urn:service:sos.police</service>"
#define POINT \
	"<p2:Point id=\"point1\" srsName=\"urn:ogc:def:crs:EPSG::4326\">" \
	"<p2:pos>37.775 -122.422</p2:pos></p2:Point>"
#define GEODETIC(in) \
	"<location id=\"6020688f1ce1896d\" profile=\"geodetic-2d\">" in \
	"</location>"
#define CIVIC_LOCATION \
	"<location id=\"627b8bf819d0bf4d\" profile=\"civic\">" \
	"<civicAddress xmlns=\"" CIVIC_NS "\"><country>US</country>" \
	"<A1>WA</A1><A3>Ashgrove</A3><A6>Otto</A6><HNO>6</HNO>" \
	"<PC>98000</PC></civicAddress></location>"

static struct schema *schema;
static struct xml_doc *doc;
static struct lost_request request;
static struct lost_fault fault;

/* ---- requests ---- */

static int read_request(const char *xml)
{
	const char *why = "";

	doc = xml_doc_free(doc);
	if (xml_doc_read(&doc, text_of(xml), &why) < 0)
		fail_msg("%s: %s", xml, why);
	return lost_request_read(doc, text_of(SOURCE), &request, &fault);
}

static void reads(const char *xml, enum lost_kind kind)
{
	if (read_request(xml) < 0)
		fail_msg("%s: %s", xml, fault.message);
	assert_int_equal(request.kind, kind);
	if (schema && strstr(xml, "xmlns=\"" LOST_NS))
		schema_assert_valid(schema, text_of(xml));
}

static void faults(const char *xml, enum lost_error error)
{
	assert_int_equal(read_request(xml), -EINVAL);
	if (fault.error != error)
		fail_msg("%s: %s, %s", xml, lost_error_name(fault.error),
			 fault.message);
	assert_true(fault.message[0] != '\0');
}

static void assert_text(struct text t, const char *expected)
{
	if (!text_equal(t, text_of(expected)))
		fail_msg("'%.*s' is not '%s'", TEXT_ARG(t), expected);
}

/* The requests of RFC 5222 figures 2, 4, 6, 8, 10, 12 and 14, with other
 * places. */
static void the_requests_of_the_standard_are_understood(void **state)
{
	(void)state;
	reads(REQ("findService", GEODETIC(POINT) SERVICE "</findService>"),
	      LOST_FIND_SERVICE);
	assert_text(request.service, "urn:service:sos.police");
	assert_int_equal(request.profile, LOST_PROFILE_GEODETIC_2D);
	assert_text(request.location_id, "6020688f1ce1896d");
	assert_true(request.place.shape.at.lat == 37.775);
	assert_false(request.recursive || request.boundary_by_value ||
		     request.validate_location);

	reads("<findService xmlns=\"" LOST_NS "\" recursive=\"true\" "
	      "serviceBoundary=\"value\">" CIVIC_LOCATION SERVICE
	      "</findService>",
	      LOST_FIND_SERVICE);
	assert_int_equal(request.profile, LOST_PROFILE_CIVIC);
	assert_text(request.place.civic.value[CIVIC_A3], "Ashgrove");
	assert_true(request.recursive && request.boundary_by_value);

	reads("<findService xmlns=\"" LOST_NS "\" recursive=\"true\" "
	      "validateLocation=\"true\" "
	      "serviceBoundary=\"reference\">" CIVIC_LOCATION SERVICE
	      "</findService>",
	      LOST_FIND_SERVICE);
	assert_true(request.validate_location);
	assert_false(request.boundary_by_value);

	reads("<getServiceBoundary xmlns=\"" LOST_NS
	      "\" key=\"7214148E0433AFE2FA2D48003D31172E\"/>",
	      LOST_GET_SERVICE_BOUNDARY);
	assert_text(request.key, "7214148E0433AFE2FA2D48003D31172E");

	reads(REQ("listServices",
		  "<service>urn:service:sos</service></listServices>"),
	      LOST_LIST_SERVICES);
	assert_text(request.service, "urn:service:sos");
	reads(REQ("listServices", "</listServices>"), LOST_LIST_SERVICES);
	assert_text(request.service, "");

	reads(REQ("listServicesByLocation",
		  GEODETIC(POINT) "<service>urn:service:sos</service>"
				  "</listServicesByLocation>"),
	      LOST_LIST_SERVICES_BY_LOCATION);
	assert_true(request.place.shape.at.lon == -122.422);

	reads("<findService xmlns=\"" LOST_NS
	      "\" recursive=\"true\">" CIVIC_LOCATION SERVICE
	      "<path><via source=\"resolver.example\"/><via "
	      "source=\"authoritative.example\"/></path></findService>",
	      LOST_FIND_SERVICE);
}

static void the_first_location_that_is_understood_counts(void **state)
{
	(void)state;
	reads(REQ("findService",
		  "<location id=\"x\" profile=\"indoor-3d\"><b "
		  "xmlns=\"urn:b\"/></location>" GEODETIC(POINT)
			  CIVIC_LOCATION SERVICE "</findService>"),
	      LOST_FIND_SERVICE);
	assert_int_equal(request.profile, LOST_PROFILE_GEODETIC_2D);
	reads(REQ("findService",
		  GEODETIC("<p2:Point><p2:pos>300 0</p2:pos></p2:Point>")
			  CIVIC_LOCATION SERVICE "</findService>"),
	      LOST_FIND_SERVICE);
	assert_int_equal(request.profile, LOST_PROFILE_CIVIC);
	assert_text(request.location_id, "627b8bf819d0bf4d");
}

static void what_is_nearly_a_request_is_understood(void **state)
{
	(void)state;
	/* Without a namespace, or a profile. */
	reads("<findService><location id='a'><Point><pos>1, 2</pos></Point>"
	      "</location><service> urn:service:sos </service></findService>",
	      LOST_FIND_SERVICE);
	assert_int_equal(request.profile, LOST_PROFILE_GEODETIC_2D);
	assert_text(request.service, "urn:service:sos");
	reads("<findService><location id='a'><civicAddress><A1>WA</A1>"
	      "</civicAddress></location><service>urn:service:sos</service>"
	      "</findService>",
	      LOST_FIND_SERVICE);
	assert_int_equal(request.profile, LOST_PROFILE_CIVIC);
	/* The call that it is about (NENA-STA-010). */
	reads(REQ("findService", GEODETIC(POINT) SERVICE
		  "<n:emergencyCallIncidentId xmlns:n=\"urn:n\"/>"
		  "</findService>"),
	      LOST_FIND_SERVICE);
}

static void other_requests_have_a_fault(void **state)
{
	(void)state;
	faults("<mapService xmlns=\"" LOST_NS "\"/>", LOST_ERROR_BAD_REQUEST);
	faults(REQ("findService", SERVICE "</findService>"),
	       LOST_ERROR_BAD_REQUEST);
	faults(REQ("findService", GEODETIC(POINT) "</findService>"),
	       LOST_ERROR_BAD_REQUEST);
	faults(REQ("getServiceBoundary", "</getServiceBoundary>"),
	       LOST_ERROR_BAD_REQUEST);
	faults(REQ("findService", GEODETIC("") SERVICE "</findService>"),
	       LOST_ERROR_LOCATION_INVALID);
	faults(REQ("findService", "<location id=\"a\" profile=\"civic\">" POINT
				  "</location>" SERVICE "</findService>"),
	       LOST_ERROR_LOCATION_INVALID);
	faults(REQ("findService",
		   GEODETIC("<p2:Point srsName=\"EPSG:31468\"><p2:pos>1 2"
			    "</p2:pos></p2:Point>") SERVICE "</findService>"),
	       LOST_ERROR_SRS_INVALID);
	faults(REQ("findService",
		   GEODETIC(POINT) SERVICE "<path><via source=\"a.example\"/>"
					   "<via source=\"Gateway.Example.Org\""
					   "/></path></findService>"),
	       LOST_ERROR_LOOP);
}

static void unknown_profiles_are_named(void **state)
{
	static char many[8192];
	struct text_writer w = text_writer_on(many, sizeof(many));

	(void)state;
	faults(REQ("findService",
		   "<location id=\"a\" profile=\"indoor\"/><location id=\"b\" "
		   "profile=\"x y\"/><location id=\"c\" "
		   "profile=\"n:3d\"/>" SERVICE "</findService>"),
	       LOST_ERROR_PROFILE_UNRECOGNIZED);
	assert_string_equal(fault.profiles, "indoor n:3d");
	/* None that could be named. */
	faults(REQ("findService",
		   "<location id=\"a\" profile=\"&lt;\"/>" SERVICE
		   "</findService>"),
	       LOST_ERROR_LOCATION_INVALID);
	/* More than fit. */
	text_write_cstr(&w, "<findService><service>x</service>");
	for (int i = 0; i < 100; i++)
		text_writef(&w, "<location id='a' profile='profile-%d'/>", i);
	text_write_cstr(&w, "</findService>");
	assert_true(text_writer_end(&w) >= 0);
	faults(many, LOST_ERROR_PROFILE_UNRECOGNIZED);
	assert_true(strlen(fault.profiles) < LOST_PROFILES_SIZE);
}

static void names_of_servers_are_domain_names(void **state)
{
	static const char *const good[] = { "a.b", "gw-1.example.org", "1.2" };
	static const char *const bad[] = { "",      "localhost", "a.",
					   ".a",    "a..b",      "a.b-c",
					   "a.b/c", "a b.c",     "a.b\"",
					   "a.-" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(lost_source_is_valid(text_of(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (lost_source_is_valid(text_of(bad[i])))
			fail_msg("'%s' is a name", bad[i]);
}

/* ---- responses ---- */

static char out[16384];

static struct text_writer writer(void)
{
	return text_writer_on(out, sizeof(out));
}

/* Valid, and with each of these pieces. */
static void wrote(struct text_writer *w, const char *const *pieces)
{
	assert_true(text_writer_end(w) > 0);
	for (; *pieces; pieces++)
		if (!strstr(out, *pieces))
			fail_msg("no %s in %s", *pieces, out);
	schema_assert_valid(schema, text_written(w));
}

#define WROTE(w, ...) wrote((w), (const char *const[]){ __VA_ARGS__, NULL })

static const struct lost_circumstances plain = {
	.source = { SOURCE, sizeof(SOURCE) - 1 },
};

static struct lost_mapping mapping(void)
{
	return (struct lost_mapping){
		.source_id = text_of("psap-17"),
		.display_name = text_of("Ashgrove & <North>"),
		.service = text_of(LOST_SERVICE),
		.uris = { text_of("sip:911@gw.example.org;x=\"1\"") },
		.uri_count = 1,
		.service_number = text_of("911"),
		.updated_ms = 1767225600000LL,
		.expires_ms = 1767312000000LL,
	};
}

static const struct geo_point square[] = {
	{ 47, -122 }, { 47, -121 }, { 48, -121 }, { 48, -122 }, { 47, -122 },
};
static const struct lost_ring rings[] = {
	{ square, ARRAY_SIZE(square), false },
	{ square, ARRAY_SIZE(square), true },
	{ square, ARRAY_SIZE(square), false },
};
static const struct lost_boundary boundary = { rings, ARRAY_SIZE(rings) };

static void a_mapping_is_written(void **state)
{
	struct lost_circumstances c = plain;
	struct lost_mapping m = mapping();
	struct text_writer w = writer();

	(void)state;
	c.location_id = text_of("6020\"688f");
	m.boundary_key = text_of("b-17");
	lost_find_service_write(&w, &m, NULL, &c);
	WROTE(&w, "expires=\"2026-01-02T00:00:00Z\"",
	      "lastUpdated=\"2026-01-01T00:00:00Z\"", "sourceId=\"psap-17\"",
	      ">Ashgrove &amp; &lt;North&gt;</displayName>",
	      "<service>urn:service:sos</service>",
	      "<serviceBoundaryReference source=\"" SOURCE "\" key=\"b-17\"/>",
	      "<uri>sip:911@gw.example.org;x=&quot;1&quot;</uri>",
	      "<serviceNumber>911</serviceNumber>",
	      "<path><via source=\"" SOURCE "\"/></path>",
	      "<locationUsed id=\"6020&quot;688f\"/>");

	w = writer();
	m = (struct lost_mapping){ .source_id = text_of("x"),
				   .expiry = LOST_NO_CACHE };
	lost_find_service_write(&w, &m, NULL, &plain);
	WROTE(&w, "expires=\"NO-CACHE\"");
	w = writer();
	m.expiry = LOST_NO_EXPIRATION;
	lost_find_service_write(&w, &m, NULL, &plain);
	WROTE(&w, "expires=\"NO-EXPIRATION\"");
}

static void a_boundary_is_written_by_value(void **state)
{
	struct lost_mapping m = mapping();
	struct text_writer w = writer();
	const char *second;

	(void)state;
	m.boundary = &boundary;
	m.boundary_key = text_of("b-17");
	lost_find_service_write(&w, &m, NULL, &plain);
	WROTE(&w,
	      "<g:exterior><g:LinearRing><g:pos>47.00000000 -122.00000000"
	      "</g:pos>",
	      "</g:exterior><g:interior>",
	      "</g:interior></g:Polygon></serviceBoundary><serviceBoundary ");
	assert_null(strstr(out, "serviceBoundaryReference"));
	w = writer();
	lost_boundary_write(&w, &boundary, NULL, &plain);
	WROTE(&w, "<getServiceBoundaryResponse ", "</g:interior>");
	second = strstr(out, "<serviceBoundary ");
	assert_non_null(second);
	assert_non_null(strstr(second + 1, "<serviceBoundary "));
}

static void validation_names_elements_with_their_namespace(void **state)
{
	struct lost_validation v = { .checks = { 0 } };
	struct lost_mapping m = mapping();
	struct text_writer w = writer();
	struct civic civic = { .count = 4 };

	(void)state;
	civic.value[CIVIC_COUNTRY] = text_of("US");
	civic.value[CIVIC_A1] = text_of("WA");
	civic.value[CIVIC_HNO] = text_of("6");
	civic.value[CIVIC_PN] = text_of("14");
	v.civic = &civic;
	v.checks[CIVIC_COUNTRY] = CIVIC_VALID;
	v.checks[CIVIC_A1] = CIVIC_VALID;
	v.checks[CIVIC_HNO] = CIVIC_INVALID;
	v.checks[CIVIC_RD] = CIVIC_INVALID; /* is not there */
	lost_find_service_write(&w, &m, &v, &plain);
	WROTE(&w, "<valid>c:country c:A1</valid>", "<invalid>c:HNO</invalid>",
	      "<unchecked>e:PN</unchecked>");
}

static void every_warning_is_written(void **state)
{
	struct lost_circumstances c = plain;
	struct lost_mapping m = mapping();

	(void)state;
	for (unsigned bits = 1; bits < 1U << LOST_WARNING_COUNT; bits++) {
		struct text_writer w = writer();

		c.warnings = bits;
		lost_find_service_write(&w, &m, NULL, &c);
		WROTE(&w, "<warnings source=\"" SOURCE "\">",
		      "xml:lang=\"en\"");
	}
	/* The last one had all. */
	assert_non_null(strstr(out, "<serviceSubstitution "));
	assert_non_null(strstr(out, "<defaultMappingReturned "));
}

static void lists_of_services_are_written(void **state)
{
	struct lost_circumstances c = plain;
	struct text_writer w = writer();

	(void)state;
	lost_list_services_write(&w, text_of(LOST_SERVICE), &plain);
	WROTE(&w, "<listServicesResponse ",
	      "<serviceList>urn:service:sos</serviceList>");
	w = writer();
	c.location_id = text_of("a");
	lost_list_services_by_location_write(&w, text_of(""), &c);
	WROTE(&w, "<listServicesByLocationResponse ",
	      "<serviceList></serviceList>", "<locationUsed id=\"a\"/>");
}

static void every_error_is_written(void **state)
{
	(void)state;
	for (enum lost_error e = 0; e < LOST_ERROR_COUNT; e++) {
		struct lost_fault f = { e, "because of \"this\"", "a n:b" };
		struct text_writer w = writer();
		char element[64];

		(void)snprintf(element, sizeof(element), "<%s ",
			       lost_error_name(e));
		lost_fault_write(&w, text_of(SOURCE), &f);
		/* RFC 5222 13.1 has this one, its schema forgot it. */
		if (e == LOST_ERROR_SRS_INVALID) {
			assert_true(text_writer_end(&w) > 0);
			assert_non_null(strstr(out, element));
			continue;
		}
		WROTE(&w, element, "because of &quot;this&quot;");
	}
}

static void what_does_not_fit_is_told(void **state)
{
	struct lost_mapping m = mapping();

	(void)state;
	for (size_t size = 0; size < 400; size += 7) {
		struct text_writer w = text_writer_on(out, size);

		lost_find_service_write(&w, &m, NULL, &plain);
		assert_true(w.full);
	}
}

static int begin(void **state)
{
	(void)state;
	schema = schema_open("lost/lost-rng.xml");
	if (schema) /* It can say no. */
		assert_false(schema_is_valid(
			schema, text_of("<findServiceResponse xmlns=\"" LOST_NS
					"\"/>")));
	return 0;
}

static int end(void **state)
{
	(void)state;
	doc = xml_doc_free(doc);
	schema = schema_close(schema);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_requests_of_the_standard_are_understood),
		cmocka_unit_test(the_first_location_that_is_understood_counts),
		cmocka_unit_test(what_is_nearly_a_request_is_understood),
		cmocka_unit_test(other_requests_have_a_fault),
		cmocka_unit_test(unknown_profiles_are_named),
		cmocka_unit_test(names_of_servers_are_domain_names),
		cmocka_unit_test(a_mapping_is_written),
		cmocka_unit_test(a_boundary_is_written_by_value),
		cmocka_unit_test(
			validation_names_elements_with_their_namespace),
		cmocka_unit_test(every_warning_is_written),
		cmocka_unit_test(lists_of_services_are_written),
		cmocka_unit_test(every_error_is_written),
		cmocka_unit_test(what_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
