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

#include "pidf_lo.h"
#include "test/support/schema.h"
#include "xml/held.h"
#include "xml/pidf_lo_read.h"

#define REQUEST(attributes, in) \
	"<?xml version=\"1.0\"?><locationRequest xmlns=\"" HELD_NS \
	"\"" attributes ">" in "</locationRequest>"
#define DEVICE(in) "<device xmlns=\"" HELD_ID_NS "\">" in "</device>"

static struct schema *schema, *pidf_schema;
static struct xml_doc *doc;
static struct held_request request;
static enum held_error error;
static const char *why;

static int read_request(const char *xml)
{
	why = "";
	doc = xml_doc_free(doc);
	if (xml_doc_read(&doc, text_of(xml), &why) < 0)
		fail_msg("%s: %s", xml, why);
	return held_request_read(doc, &request, &error, &why);
}

static void reads(const char *xml)
{
	if (read_request(xml) < 0)
		fail_msg("%s: %s", xml, why);
}

static void assert_text(struct text t, const char *expected)
{
	if (!text_equal(t, text_of(expected)))
		fail_msg("'%.*s' is not '%s'", TEXT_ARG(t), expected);
}

static void has_identity(uint32_t i, enum held_identity_kind kind,
			 const char *value)
{
	assert_true(i < request.identity_count);
	assert_int_equal(request.identities[i].kind, kind);
	assert_text(request.identities[i].value, value);
}

/* ---- requests ---- */

/* RFC 5985 10.1 to 10.3, RFC 6155 3, RFC 6753 appendix A, with other values. */
static void the_requests_of_the_standards_are_understood(void **state)
{
	(void)state;
	reads("<locationRequest xmlns=\"" HELD_NS "\"/>");
	assert_true(held_wants_any(&request));
	assert_int_equal(request.response_time_ms, HELD_NO_TIME);
	assert_int_equal(request.identity_count, 0);
	assert_false(request.exact || request.requires_unknown);

	reads(REQUEST(" responseTime=\"8000\"",
		      "<locationType exact=\"true\">geodetic locationURI"
		      "</locationType>"));
	assert_int_equal(request.response_time_ms, 8000);
	assert_true(request.exact && request.wants_geodetic &&
		    request.wants_uri && !request.wants_civic);

	reads(REQUEST(" responseTime=\"emergencyRouting\"",
		      "<locationType exact=\"false\">any</locationType>"));
	assert_int_equal(request.response_time_ms, HELD_EMERGENCY_ROUTING);
	assert_true(held_wants_any(&request) && !request.exact);
	reads(REQUEST(" responseTime=\"emergencyDispatch\"", ""));
	assert_int_equal(request.response_time_ms, HELD_EMERGENCY_DISPATCH);

	reads(REQUEST("",
		      "<locationType>civic</locationType>" DEVICE(
			      "<ip v=\"4\">192.0.2.5</ip>"
			      "<mac>A0-12-34-56-78-90</mac>"
			      "<udpport>51393</udpport><nai>joe@example.net"
			      "</nai><uri>sip:joe@example.net;gr=kjh29x97us97d"
			      "</uri><fqdn>host.example.net</fqdn>"
			      "<duid>1234567890AaBbCcDdEeFf</duid>"
			      "<msisdn>11235550123</msisdn>")));
	assert_int_equal(request.identity_count, 8);
	has_identity(0, HELD_IDENTITY_IP, "192.0.2.5");
	has_identity(1, HELD_IDENTITY_MAC, "A0-12-34-56-78-90");
	has_identity(2, HELD_IDENTITY_UDPPORT, "51393");
	has_identity(3, HELD_IDENTITY_NAI, "joe@example.net");
	has_identity(4, HELD_IDENTITY_URI,
		     "sip:joe@example.net;gr=kjh29x97us97d");
	has_identity(7, HELD_IDENTITY_MSISDN, "11235550123");
	assert_true(request.wants_civic);
}

static void identities_that_must_be_used_are_minded(void **state)
{
	(void)state;
	reads(REQUEST("", "<requiredIdentifiers xmlns=\"" HELD_ID_NS
			  "\" xmlns:i=\"" HELD_ID_NS "\">i:mac ip"
			  "</requiredIdentifiers>"));
	assert_false(request.requires_unknown);
	reads(REQUEST("",
		      "<requiredIdentifiers xmlns=\"" HELD_ID_NS
		      "\" xmlns:x=\"urn:x\">x:badge</requiredIdentifiers>"));
	assert_true(request.requires_unknown);
}

static void reads_octets(const char *xml, const char *expected)
{
	char buf[HELD_OCTETS_MAX];

	reads(xml);
	assert_text(held_octets_read(&request.chassis, buf), expected);
}

#define SEES(in) \
	REQUEST("", "<measurements xmlns=\"urn:ietf:params:xml:ns:geopriv:" \
		    "lm\">" in "</measurements>")
#define LLDP(in) \
	SEES("<lldp xmlns=\"urn:ietf:params:xml:ns:geopriv:lm:lldp\">" in \
	     "</lldp>")
#define WIFI(in) \
	SEES("<wifi xmlns=\"urn:ietf:params:xml:ns:geopriv:lm:wifi\">" in \
	     "</wifi>")

/* RFC 7105. */
static void what_a_device_sees_is_understood(void **state)
{
	char buf[HELD_OCTETS_MAX];

	(void)state;
	reads_octets(LLDP("<chassis type=\"4\">00005e0053b1</chassis>"
			  "<port type=\"5\">4769312f302f33</port>"),
		     "00005e0053b1");
	assert_text(held_octets_read(&request.port, buf), "Gi1/0/3");
	assert_text(request.bssid, "");
	reads_octets(LLDP("<chassis type=\"7\">636C6F73657431</chassis>"),
		     "closet1");
	/* A MAC address whose bytes are letters; no text; no octets. */
	reads_octets(LLDP("<chassis type=\"4\">414243444546</chassis>"),
		     "414243444546");
	reads_octets(LLDP("<chassis type=\"5\">010a01003c</chassis>"),
		     "010a01003c");
	reads_octets(LLDP("<chassis>closet 3B</chassis>"), "closet 3B");
	reads_octets(LLDP("<chassis>123</chassis>"), "123");
	reads_octets(LLDP(""), "");
	reads(WIFI("<servingWap><bssid>00-00-5E-00-53-A1</bssid></servingWap>"
		   "<neighbourWap><bssid>00-00-5E-00-53-A2</bssid>"
		   "</neighbourWap>"));
	assert_text(request.bssid, "00-00-5E-00-53-A1");
	reads(WIFI("<neighbourWap><bssid>00-00-5E-00-53-A2</bssid>"
		   "</neighbourWap>"));
	assert_text(request.bssid, "00-00-5E-00-53-A2");
	reads(WIFI("<servingWap/>"));
	assert_text(request.bssid, "");
}

static void what_is_nearly_a_request_is_understood(void **state)
{
	(void)state;
	assert_int_equal(read_request("<LocationRequest responseTime='soon'>"
				      "<device><MAC> 02-00-00-00-00-01 </MAC>"
				      "<ip/><x>1</x></device>"
				      "<locationType> CIVIC any </locationType>"
				      "</LocationRequest>"),
			 0);
	assert_int_equal(request.identity_count, 1);
	has_identity(0, HELD_IDENTITY_MAC, "02-00-00-00-00-01");
	assert_true(request.wants_civic);
	assert_int_equal(request.response_time_ms, HELD_NO_TIME);
	assert_int_equal(read_request("<locationRequest responseTime="
				      "'99999999999999999999999999'/>"),
			 0);
	assert_true(request.response_time_ms >= 3600000);
}

static void more_identities_than_fit_are_left_out(void **state)
{
	static char many[4096];
	struct text_writer w = text_writer_on(many, sizeof(many));

	(void)state;
	text_write_cstr(&w, "<locationRequest><device>");
	for (int i = 0; i < 100; i++)
		text_writef(&w, "<nai>user%d</nai>", i);
	text_write_cstr(&w, "</device></locationRequest>");
	assert_true(text_writer_end(&w) > 0);
	assert_int_equal(read_request(many), 0);
	assert_int_equal(request.identity_count, HELD_IDENTITIES_MAX);
}

static void other_requests_have_an_error(void **state)
{
	(void)state;
	assert_int_equal(read_request("<createContext xmlns=\"" HELD_NS "\"/>"),
			 -EINVAL);
	assert_int_equal(error, HELD_ERROR_UNSUPPORTED_MESSAGE);
	assert_int_equal(read_request("<locationRequest><locationType>indoor"
				      "</locationType></locationRequest>"),
			 -EINVAL);
	assert_int_equal(error, HELD_ERROR_REQUEST);
	assert_true(why[0] != '\0');
}

/* ---- responses ---- */

static char out[16384], presence[8192];

static void wrote(struct text_writer *w, const char *piece)
{
	assert_true(text_writer_end(w) > 0);
	if (!strstr(out, piece))
		fail_msg("no %s in %s", piece, out);
	schema_assert_valid(schema, text_written(w));
}

static struct text write_presence(void)
{
	static char civic_buf[4096];
	const struct civic_address a = { .country = text_of("US"),
					 .state = text_of("WA"),
					 .city = text_of("Ashgrove"),
					 .street = text_of("Mill & Main St"),
					 .floor = text_of("3") };
	struct text_writer cw = text_writer_on(civic_buf, sizeof(civic_buf));
	struct text_writer w = text_writer_on(presence, sizeof(presence));
	struct pidf_lo lo = { .entity = text_of("pres:urn:uuid:1"),
			      .device = text_of("urn:uuid:2"),
			      .at_ms = 1767225600000LL };

	civic_format(&a, &cw);
	lo.civic = text_written(&cw);
	pidf_lo_format(&lo, &w);
	assert_false(w.full);
	return text_written(&w);
}

static void a_location_is_written_by_value_and_by_reference(void **state)
{
	struct text_writer w = text_writer_on(out, sizeof(out));
	struct held_location l = {
		.uris = { text_of("https://lis.example.org/location/1?a&b"),
			  text_of("held:2") },
		.uri_count = 2,
		.uris_expire_ms = 1767225600000LL,
	};
	struct pidf_place *place = calloc(1, sizeof(*place));

	(void)state;
	held_location_write(&w, &l);
	wrote(&w, "<locationUriSet expires=\"2026-01-01T00:00:00Z\">"
		  "<locationURI>https://lis.example.org/location/1?a&amp;b"
		  "</locationURI><locationURI>held:2</locationURI>");
	l.presence = write_presence();
	schema_assert_valid(pidf_schema, l.presence);
	w = text_writer_on(out, sizeof(out));
	held_location_write(&w, &l);
	wrote(&w, "<presence ");
	assert_null(strstr(out + 5, "<?xml"));
	/* Our own reader finds the place in it. */
	doc = xml_doc_free(doc);
	assert_int_equal(xml_doc_read(&doc, text_written(&w), &why), 0);
	assert_int_equal(pidf_lo_read(doc, place, &why), 0);
	assert_text(place->civic.value[CIVIC_A3], "Ashgrove");
	assert_text(place->civic.value[CIVIC_RD], "Mill & Main");
	free(place);
}

static void an_empty_answer_is_one(void **state)
{
	struct text_writer w = text_writer_on(out, sizeof(out));
	struct held_location l = { .uri_count = 0 };

	(void)state;
	held_location_write(&w, &l);
	wrote(&w,
	      "<locationResponse xmlns=\"" HELD_NS "\"></locationResponse>");
}

static void every_error_is_written(void **state)
{
	(void)state;
	for (enum held_error e = 0; e < HELD_ERROR_COUNT; e++) {
		struct text_writer w = text_writer_on(out, sizeof(out));
		char code[64];

		(void)snprintf(code, sizeof(code),
			       "<error xmlns=\"" HELD_NS "\" code=\"%s\">",
			       held_error_name(e));
		held_error_write(&w, e, "not <here>");
		wrote(&w, code);
		wrote(&w, ">not &lt;here&gt;</message>");
	}
}

static int begin(void **state)
{
	(void)state;
	schema = schema_open("held/held.xsd");
	pidf_schema = schema_open("pidf-lo/gcs-pidflo.xsd");
	if (schema) /* It can say no. */
		assert_false(schema_is_valid(
			schema, text_of("<error xmlns=\"" HELD_NS "\"/>")));
	return 0;
}

static int end(void **state)
{
	(void)state;
	doc = xml_doc_free(doc);
	schema = schema_close(schema);
	pidf_schema = schema_close(pidf_schema);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_requests_of_the_standards_are_understood),
		cmocka_unit_test(identities_that_must_be_used_are_minded),
		cmocka_unit_test(what_a_device_sees_is_understood),
		cmocka_unit_test(what_is_nearly_a_request_is_understood),
		cmocka_unit_test(more_identities_than_fit_are_left_out),
		cmocka_unit_test(other_requests_have_an_error),
		cmocka_unit_test(
			a_location_is_written_by_value_and_by_reference),
		cmocka_unit_test(an_empty_answer_is_one),
		cmocka_unit_test(every_error_is_written),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
