/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_bridge */
/* build: with test/support/fake_sip.c test/support/fake_report.c */
/* build: with test/support/platform_libc.c */
/* build: with test/support/multipart_walks.c */
/* build: wrap multipart_find multipart_find_all */
#include "modules/e911/leg_i3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "modules/core/location_token.h"
#include "modules/core/multipart.h"
#include "modules/e911/call_store.h"
#include "modules/e911/location_uri.h"
#include "support/multipart_walks.h"

#define ID    "0190a0b0c0d07000800000000000beef"
#define SDP   "v=0\r\ns=-\r\n"
#define CIVIC "<civicAddress xml:lang=\"en\"><A3>Ashgrove</A3></civicAddress>"

static struct i3_conf conf;
static struct call *call;
static struct leg *leg;
static char lines[8192];
static struct text body;

static int set_up(void **state)
{
	static const uint8_t id[16] = { 0x01, 0x90, 0xa0, 0xb0, 0xc0, 0xd0,
					0x70, 0x00, 0x80, 0x00, 0x00, 0x00,
					0x00, 0x00, 0xbe, 0xef };

	(void)state;
	conf = (struct i3_conf){
		.domain = (char *)"gw.example",
		.resource_priority = (char *)"esnet.1",
		.caller_location = I3_CALLER_FIRST,
	};
	leg_i3_init(&conf);
	call = call_new(CALL_EMERGENCY);
	assert_non_null(call);
	memcpy(call->id.b, id, sizeof(id));
	leg = call_leg_new(call, LEG_B);
	assert_non_null(leg);
	leg->profile = PROFILE_I3;
	assert_true(call_text_set(
		call, &leg->local_uri,
		text_of("sip:+12065550100@gw.example;user=phone")));
	assert_true(call_text_set(call, &call->civic, text_of(CIVIC)));
	assert_true(call_text_set(call, &call->caller_name, text_of("Ann")));
	assert_true(call_text_set(call, &call->organization_name,
				  text_of("Larkspur & Co")));
	call->shown_number = 12065550100;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	call_unref(call);
	return 0;
}

static void with_provider(void)
{
	conf.provider_name = (char *)"Gateway Inc";
	conf.provider_id = (char *)"urn:nena:companyid:GWI";
	conf.provider_contact = (char *)"tel:+12065550199";
	conf.provider_type = (char *)"Telecom Provider";
	conf.service_type = (char *)"MLTS-hosted";
	conf.service_mobility = (char *)"Nomadic";
	leg_i3_init(&conf);
}

static void compose(const char *type, const char *geolocation,
		    const char *content)
{
	struct header_view headers[] = {
		{ text_of("Content-Type"), text_of(type) },
		{ text_of("Geolocation"), text_of(geolocation) },
		{ text_of("Resource-Priority"), text_of("wps.0") },
	};
	struct crossing_in in = { headers, ARRAY_SIZE(headers),
				  text_of(content) };
	struct text_writer w = text_writer_on(lines, sizeof(lines) - 1);

	body = leg_i3_compose(leg, &in, &w);
	lines[w.used] = '\0';
}

static bool has_line(const char *line)
{
	return strstr(lines, line) != NULL;
}

/* The content of the part of that type; NULL. */
static const char *part_of(const char *type)
{
	static char found[4096];
	struct multipart_part part;
	char ours[128];

	(void)snprintf(ours, sizeof(ours), "multipart/mixed;boundary=\"%s\"",
		       strstr(lines, "boundary=b") ? "b" : "e911-" ID);
	if (!multipart_find(text_of(ours), body, type, text_of(NULL), &part) ||
	    text_to_cstr(part.body, found, sizeof(found)) < 0)
		return NULL;
	return found;
}

static void the_service_is_asked_for_and_a_route_leads_there(void **state)
{
	struct call_route route = { .port = 5061, .transport = TRANSPORT_TLS };

	(void)state;
	(void)snprintf(route.host, sizeof(route.host), "2001:db8::1");
	assert_true(leg_is_i3(leg));
	assert_true(leg_i3_address(leg, &route));
	assert_true(text_equal(call_text_get(&leg->remote_target),
			       text_of("urn:service:sos")));
	assert_true(text_equal(call_text_get(&leg->remote_uri),
			       text_of("urn:service:sos")));
	assert_true(text_equal(
		call_text_get(&leg->route_set),
		text_of("<sip:[2001:db8::1]:5061;transport=tls;lr>")));
	call->kind = CALL_CALLBACK;
	assert_false(leg_is_i3(leg));
}

static void the_location_goes_by_value_beside_the_offer(void **state)
{
	(void)state;
	compose("application/sdp", "", SDP);
	assert_string_equal(part_of("application/sdp"), SDP);
	assert_non_null(strstr(part_of("application/pidf+xml"), CIVIC));
	assert_non_null(strstr(part_of("application/pidf+xml"),
			       "entity=\"pres:+12065550100@gw.example\""));
	assert_true(has_line("Geolocation: <cid:" ID "-location@gw.example>\r\n"
			     "Geolocation-Routing: yes\r\n"));
	assert_true(has_line("Call-Info: <urn:emergency:uid:callid:" ID
			     ":gw.example>;purpose=emergency-CallId\r\n"));
	assert_true(has_line("<urn:emergency:uid:incidentid:" ID
			     ":gw.example>;purpose=emergency-IncidentId\r\n"));
	assert_true(has_line("Resource-Priority: esnet.1\r\n"));
	assert_false(has_line("wps.0"));
	assert_false(has_line("EmergencyCallData"));
	assert_false(has_line("Content-Type: application/sdp"));
}

static void a_late_offer_has_a_location_all_the_same(void **state)
{
	(void)state;
	compose("", "", "");
	assert_null(part_of("application/sdp"));
	assert_non_null(part_of("application/pidf+xml"));
}

static void who_provides_is_told_when_it_is_known(void **state)
{
	(void)state;
	with_provider();
	compose("application/sdp", "", SDP);
	assert_string_equal(part_of("application/sdp"), SDP);
	assert_non_null(strstr(
		part_of("application/EmergencyCallData.ProviderInfo+xml"),
		"<ProviderID>urn:nena:companyid:GWI</ProviderID>"));
	assert_non_null(
		strstr(part_of("application/EmergencyCallData.ServiceInfo+xml"),
		       "<ServiceMobility>Nomadic</ServiceMobility>"));
	assert_non_null(strstr(
		part_of("application/EmergencyCallData.SubscriberInfo+xml"),
		"<org><text>Larkspur &amp; Co</text></org>"));
	assert_true(has_line("Call-Info: <cid:" ID "-subscriber@gw.example>"
			     ";purpose=EmergencyCallData.SubscriberInfo\r\n"));
}

#define THEIRS \
	"pre\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" SDP \
	"\r\n--b\r\nContent-Type: application/pidf+xml\r\n" \
	"Content-ID: <a%b@c>\r\n\r\n<presence/>\r\n--b--\r\nepilogue"

static void a_location_of_the_caller_is_kept_byte_for_byte(void **state)
{
	(void)state;
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	assert_true(text_equal(body, text_of(THEIRS)));
	assert_true(has_line("Content-Type: multipart/mixed;boundary=b\r\n"));
	assert_true(has_line("Geolocation: <cid:a%25b@c>\r\n"));
	assert_false(has_line("-location@"));
	compose("application/sdp", "<https://lis.example/7>", SDP);
	assert_true(text_equal(body, text_of(SDP)));
	assert_true(has_line("Geolocation: <https://lis.example/7>\r\n"));
}

static void what_is_added_stands_behind_the_caller_s_parts(void **state)
{
	const char *at;

	(void)state;
	with_provider();
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	at = strstr(THEIRS, "--b--");
	assert_memory_equal(body.p, THEIRS, (size_t)(at - THEIRS));
	assert_memory_equal(body.p + body.len - strlen(at), at, strlen(at));
	assert_string_equal(part_of("application/pidf+xml"), "<presence/>");
	assert_non_null(
		part_of("application/EmergencyCallData.ProviderInfo+xml"));
}

static void both_locations_go_if_the_operator_wants_it(void **state)
{
	const char *first, *second;

	(void)state;
	conf.caller_location = I3_CALLER_BOTH;
	leg_i3_init(&conf);
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	first = strstr(lines, "Geolocation: <cid:a%25b@c>");
	second = strstr(lines, "Geolocation: <cid:" ID);
	assert_true(first && second && first < second);
	assert_string_equal(part_of("application/pidf+xml"), "<presence/>");
	conf.caller_location = I3_CALLER_UNUSED;
	leg_i3_init(&conf);
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	assert_false(has_line("Geolocation: <cid:a%25b@c>"));
	assert_true(has_line("Geolocation: <cid:" ID));
}

static void a_location_that_cannot_be_used_is_replaced(void **state)
{
	static const char *const bad[] = { "token-17",  "<cid:other@c>",
					   "<>",        "<cid:>",
					   "<cid:%zz>", "<ftp://x>" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		compose("multipart/mixed;boundary=b", bad[i], THEIRS);
		assert_true(has_line("Geolocation: <cid:" ID));
		assert_false(has_line(bad[i]));
	}
	/* With none of ours, theirs is not made worse by us. */
	call->civic.len = 0;
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	assert_true(has_line("Geolocation: <cid:a%25b@c>"));
}

static void many_values_cost_no_more_than_one(void **state)
{
	static char many[32001];
	unsigned one;

	(void)state;
	for (size_t i = 0; i + 8 < sizeof(many); i += 8)
		memcpy(many + i, "<cid:a>,", 8);
	multipart_walks = 0;
	compose("multipart/mixed;boundary=b", "<cid:a>", THEIRS);
	one = multipart_walks;
	multipart_walks = 0;
	compose("multipart/mixed;boundary=b", many, THEIRS);
	assert_true(one > 0);
	assert_int_equal(multipart_walks, one);
}

static void a_multipart_of_another_kind_is_wrapped_whole(void **state)
{
	(void)state;
	compose("multipart/related;boundary=b", "", THEIRS);
	assert_true(has_line("boundary=\"e911-" ID "\""));
	assert_non_null(
		part_of("application/pidf+xml")); /* the first is theirs */
	assert_true(body.len > strlen(THEIRS));
}

#define NAMELESS \
	"--b\r\nContent-Type: application/sdp\r\n\r\n" SDP "\r\n" \
	"--b\r\nContent-Type: application/pidf+xml\r\n\r\n" \
	"<nameless/>\r\n--b--\r\n"

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *at = lines; (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void a_psap_chosen_by_theirs_is_led_to_theirs(void **state)
{
	static const char *const bad[] = { "token-17",  "<cid:other@c>",
					   "<>",        "<cid:>",
					   "<cid:%zz>", "<ftp://x>" };
	static const uint8_t bodies[] = { 0, BROUGHT_BODY_THEIRS,
					  BROUGHT_BODY_OURS };

	(void)state;
	call->brought = CALL_BROUGHT_USED;
	for (size_t i = 0; i < ARRAY_SIZE(bad) * ARRAY_SIZE(bodies); i++) {
		leg->location_body = bodies[i / ARRAY_SIZE(bad)];
		compose("multipart/mixed;boundary=b", bad[i % ARRAY_SIZE(bad)],
			THEIRS);
		assert_true(has_line("Geolocation: <cid:a%25b@c>\r\n"));
		assert_true(has_line("Geolocation-Routing: yes\r\n"));
		assert_int_equal(count("Geolocation:"), 1);
		assert_int_equal(count("Geolocation-Routing:"), 1);
		assert_true(text_equal(body, text_of(THEIRS)));
	}
	leg->location_body = BROUGHT_BODY_BOTH;
	compose("multipart/mixed;boundary=b", "<cid:other@c>", THEIRS);
	assert_true(strstr(lines, "<cid:a%25b@c>") <
		    strstr(lines, "<cid:" ID "-location"));
	assert_int_equal(count("Geolocation:"), 2);
	assert_int_equal(count("Geolocation-Routing:"), 1);
	leg->location_body = BROUGHT_BODY_NONE;
	compose("multipart/mixed;boundary=b", "<cid:other@c>", THEIRS);
	assert_false(has_line("Geolocation"));
	/* Theirs is in order: not a byte of it changes. */
	leg->location_body = 0;
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	assert_true(has_line("Geolocation: <cid:a%25b@c>\r\n"));
	assert_int_equal(count("Geolocation"), 1);
}

static void a_location_that_is_worse_gives_way_to_ours(void **state)
{
	(void)state;
	call->brought = CALL_BROUGHT_WORSE;
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	assert_true(has_line("Geolocation: <cid:" ID "-location@gw.example>"));
	assert_true(has_line("Geolocation-Routing: yes\r\n"));
	assert_int_equal(count("Geolocation:"), 1);
	/* Unless the PSAP's own trunk wants theirs, or we have none. */
	leg->location_body = BROUGHT_BODY_THEIRS;
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	assert_true(has_line("Geolocation: <cid:a%25b@c>\r\n"));
	assert_int_equal(count("Geolocation"), 1);
	leg->location_body = 0;
	call->civic.len = 0;
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	assert_true(has_line("Geolocation: <cid:a%25b@c>\r\n"));
	assert_int_equal(count("Geolocation"), 1);
}

static void ours_stands_above_one_that_is_worse(void **state)
{
	struct header_view headers[] = {
		{ text_of("Content-Type"),
		  text_of("multipart/mixed;boundary=b") },
		{ text_of("Geolocation"), text_of("<cid:a%25b@c>") },
		{ text_of("Geolocation-Routing"), text_of("no") },
	};
	struct crossing_in in = { headers, ARRAY_SIZE(headers),
				  text_of(THEIRS) };
	struct text_writer w = text_writer_on(lines, sizeof(lines) - 1);
	const char *first, *second;

	(void)state;
	call->brought = CALL_BROUGHT_WORSE;
	leg->location_body = BROUGHT_BODY_BOTH;
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	first = strstr(lines, "Geolocation: <cid:" ID "-location@gw.example>");
	second = strstr(lines, "Geolocation: <cid:a%25b@c>");
	assert_true(first && second && first < second);
	assert_int_equal(count("Geolocation:"), 2);
	assert_int_equal(count("Geolocation-Routing: yes"), 1);
	/* That "no" would be said of ours as well. */
	body = leg_i3_compose(leg, &in, &w);
	lines[w.used] = '\0';
	assert_int_equal(count("Geolocation:"), 1);
	assert_true(has_line("Geolocation: <cid:" ID "-location@"));
	assert_true(has_line("Geolocation-Routing: yes\r\n"));
	assert_false(has_line("Geolocation-Routing: no"));
}

static void references_beside_it_are_kept_below(void **state)
{
	(void)state;
	call->brought = CALL_BROUGHT_USED;
	compose("multipart/mixed;boundary=b", "<cid:other@c>, <sip:lis@x>",
		THEIRS);
	assert_true(has_line("Geolocation: <cid:a%25b@c>\r\n"
			     "Geolocation: <sip:lis@x>\r\n"
			     "Geolocation-Routing: yes\r\n"));
	assert_int_equal(count("Geolocation:"), 2);
}

static void what_cannot_be_named_is_sent_again_with_a_name(void **state)
{
	static const struct {
		const char *type, *content;
	} of[] = {
		{ "multipart/mixed;boundary=b", NAMELESS },
		{ "application/pidf+xml", "<nameless/>" },
	};

	(void)state;
	call->brought = CALL_BROUGHT_USED;
	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		struct multipart_part part;

		compose(of[i].type, "<cid:other@c>", of[i].content);
		assert_true(has_line("Geolocation: <cid:" ID
				     "-brought@gw.example>\r\n"
				     "Geolocation-Routing: yes\r\n"));
		assert_int_equal(count("Geolocation:"), 1);
		assert_true(multipart_find(
			text_of(i ? "multipart/mixed;boundary=e911-" ID
				  : "multipart/mixed;boundary=b"),
			body, "application/pidf+xml",
			text_of(ID "-brought@gw.example"), &part));
		assert_true(text_equal(part.body, text_of("<nameless/>")));
	}
}

/* The body is another one since, and the location that chose the PSAP is in
 * that of the INVITE. */
static void a_session_that_changed_does_not_lose_the_place(void **state)
{
	(void)state;
	call->brought = CALL_BROUGHT_USED;
	assert_true(call_text_set(
		call, &call->offer_headers,
		text_of("Content-Type: multipart/mixed;boundary=b\r\n"
			"Geolocation: <cid:a%25b@c>\r\n")));
	assert_true(call_text_set(call, &call->offer_body, text_of(THEIRS)));
	compose("application/sdp", "<cid:a%25b@c>", SDP);
	assert_string_equal(part_of("application/pidf+xml"), "<presence/>");
	assert_string_equal(part_of("application/sdp"), SDP);
	assert_true(has_line("Geolocation: <cid:" ID "-brought@gw.example>"));
	assert_int_equal(count("Geolocation:"), 1);
	/* Nor is ours said to have led it, when nothing else is left. */
	call->offer_body.len = 0;
	compose("application/sdp", "<cid:a%25b@c>", SDP);
	assert_true(has_line("Geolocation: <cid:" ID "-location@"));
	assert_false(has_line("Geolocation-Routing"));
}

static void a_retry_leaves_out_what_was_refused(void **state)
{
	(void)state;
	with_provider();
	leg->variant = LEG_VARIANT_NO_LOCATION;
	compose("application/sdp", "<https://lis.example/7>", SDP);
	assert_false(has_line("Geolocation"));
	assert_null(part_of("application/pidf+xml"));
	leg->variant = LEG_VARIANT_SDP_ONLY;
	compose("multipart/mixed;boundary=b", "<cid:a%25b@c>", THEIRS);
	assert_false(has_line("Geolocation"));
	assert_false(has_line("cid:"));
	assert_true(text_equal(body, text_of(SDP)));
}

static void what_is_too_long_goes_without_our_parts(void **state)
{
	char *big = malloc(131001);

	(void)state;
	assert_non_null(big);
	memset(big, 'x', 131000);
	big[131000] = '\0';
	compose("application/sdp", "", big);
	assert_int_equal(body.len, 131000);
	assert_false(has_line("Geolocation"));
	assert_true(has_line("Content-Type: application/sdp\r\n"));
	free(big);
}

static void without_a_domain_there_are_no_identifiers(void **state)
{
	(void)state;
	conf.domain = (char *)"";
	conf.resource_priority = (char *)"";
	leg_i3_init(&conf);
	compose("application/sdp", "", SDP);
	assert_false(has_line("urn:emergency"));
	assert_false(has_line("Resource-Priority"));
	assert_non_null(part_of("application/pidf+xml"));
}

static void a_parameter_that_cannot_be_written_is_refused(void **state)
{
	(void)state;
	assert_int_equal(leg_i3_conf_faults(&conf), 0);
	conf.domain = (char *)"gw example>";
	conf.resource_priority = (char *)"esnet.1\r\nX: y";
	conf.provider_name = (char *)"\xff";
	assert_int_equal(leg_i3_conf_faults(&conf), 3);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* ---- by reference ---- */

#define BASE "https://lis.example.org:8443"

static const uint8_t key[LOCATION_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static char directory[] = "/tmp/e911-leg-i3-XXXXXX";

static void write_key(size_t len)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/location-key", directory);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(key, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int end_references(void **state)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/location-key", directory);
	(void)unlink(path);
	(void)rmdir(directory);
	location_uri_init(NULL, "");
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	return tear_down(state);
}

static int begin_references(void **state)
{
	assert_non_null(mkdtemp(directory));
	location_uri_init(BASE, directory);
	set_up(state);
	call->organization_id = 3;
	call->endpoint_id = 7;
	call->location_id = 51;
	return 0;
}

static void a_reference_to_the_calls_place_stands_below_the_value(void **state)
{
	static const char begin[] = "\r\nGeolocation: <" BASE "/held/";
	struct location_reference r;
	const char *uri, *value;

	(void)state;
	write_key(sizeof(key));
	compose("application/sdp", "", SDP);
	value = strstr(lines, "Geolocation: <cid:");
	uri = strstr(lines, begin);
	assert_true(value && uri && value < uri);
	uri += sizeof(begin) - 1;
	assert_int_equal(location_token_open(key,
					     text_make(uri, LOCATION_TOKEN_LEN),
					     clock_utc_ms(), &r),
			 0);
	assert_memory_equal(uri + LOCATION_TOKEN_LEN, ">\r\n", 3);
	assert_int_equal(r.organization_id, 3);
	assert_int_equal(r.location_id, 51);
	/* It is where the call was found, wherever its device is said to be. */
	assert_int_equal(r.endpoint_id, 0);
	assert_true(r.ends_at_ms > clock_utc_ms());
}

static void without_key_place_or_wish_there_is_no_reference(void **state)
{
	(void)state;
	compose("application/sdp", "", SDP);
	assert_false(has_line("/held/"));
	assert_true(has_line("Geolocation: <cid:"));
	location_uri_init(BASE, directory);
	write_key(sizeof(key) - 1);
	compose("application/sdp", "", SDP);
	assert_false(has_line("/held/"));
	location_uri_init(BASE, directory);
	write_key(sizeof(key));
	call->location_id = 0;
	compose("application/sdp", "", SDP);
	assert_false(has_line("/held/"));
	call->location_id = 51;
	leg->variant = LEG_VARIANT_NO_LOCATION;
	compose("application/sdp", "", SDP);
	assert_false(has_line("/held/"));
	leg->variant = 0;
	location_uri_init("", directory);
	compose("application/sdp", "", SDP);
	assert_false(has_line("/held/"));
}

static void what_cannot_stand_in_a_header_begins_no_reference(void **state)
{
	static const char *const bad[] = {
		"",           "https://",    "lis.example.org",
		"ftp://a",    "https://a/b", "https://a>",
		"https://a b"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(location_uri_is_base(text_of(bad[i])));
	assert_true(location_uri_is_base(text_of("http://[2001:db8::1]:80")));
	assert_true(location_uri_is_base(text_of(BASE)));
	conf.location_uri = (char *)"https://a b";
	assert_int_equal(leg_i3_conf_faults(&conf), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_service_is_asked_for_and_a_route_leads_there),
		T(the_location_goes_by_value_beside_the_offer),
		T(a_late_offer_has_a_location_all_the_same),
		T(who_provides_is_told_when_it_is_known),
		T(a_location_of_the_caller_is_kept_byte_for_byte),
		T(what_is_added_stands_behind_the_caller_s_parts),
		T(both_locations_go_if_the_operator_wants_it),
		T(a_location_that_cannot_be_used_is_replaced),
		T(many_values_cost_no_more_than_one),
		T(a_multipart_of_another_kind_is_wrapped_whole),
		T(a_psap_chosen_by_theirs_is_led_to_theirs),
		T(a_location_that_is_worse_gives_way_to_ours),
		T(ours_stands_above_one_that_is_worse),
		T(references_beside_it_are_kept_below),
		T(what_cannot_be_named_is_sent_again_with_a_name),
		T(a_session_that_changed_does_not_lose_the_place),
		T(a_retry_leaves_out_what_was_refused),
		T(what_is_too_long_goes_without_our_parts),
		T(without_a_domain_there_are_no_identifiers),
		T(a_parameter_that_cannot_be_written_is_refused),
		cmocka_unit_test_setup_teardown(
			a_reference_to_the_calls_place_stands_below_the_value,
			begin_references, end_references),
		cmocka_unit_test_setup_teardown(
			without_key_place_or_wish_there_is_no_reference,
			begin_references, end_references),
		cmocka_unit_test_setup_teardown(
			what_cannot_stand_in_a_header_begins_no_reference,
			begin_references, end_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
