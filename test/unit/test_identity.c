/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/parser_rules.c test/support/request_text.c */
/* build: with test/support/sweep.c */
#include "modules/core/identity.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/parser_rules.h"
#include "test/support/request_text.h"
#include "test/support/sweep.h"

#define GW  "sip:911@gw.example.net\n"
#define ORG "E911-Organization-ID: 0f8fad5b-d9cb-469f-a165-70867728950e\n"
#define ANONYMOUS \
	"From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1\n"

/* What is found, as one line: "kind=value@source ...", faults in the end. */
static void story_of(const struct identity_set *set, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < set->count; i++) {
		const struct identity_candidate *c = &set->candidates[i];
		char ip[40];
		const char *value = c->value;

		if (c->kind == IDENTITY_IP) {
			const uint8_t *b = (const uint8_t *)c->value;

			(void)snprintf(ip, sizeof(ip), "%x:%x..%u.%u.%u.%u",
				       b[0], b[1], b[12], b[13], b[14], b[15]);
			value = ip;
		}
		len += (size_t)snprintf(
			buf + len, size - len, "%s%s=%s@%s", i ? " " : "",
			identity_kind_name(c->kind), value, c->source);
		assert_true(len < size);
	}
}

struct row {
	const char *request;
	const char *story;
	const char *calling; /* "source user number", what is empty is "-" */
	unsigned faults;
};

static void check_row(const struct row *row,
		      const struct identity_profile *profile)
{
	static struct identity_set set;
	char story[2048], calling[256];
	struct request_text r;

	request_text_init(&r, text_of(row->request));
	identity_collect(&r.view, profile, &set);
	request_text_fini(&r);
	story_of(&set, story, sizeof(story));
	(void)snprintf(calling, sizeof(calling), "%s %s %s", set.calling_source,
		       set.user[0] ? set.user : "-",
		       set.number[0] ? set.number : "-");
	if (strcmp(story, row->story) != 0)
		fail_msg("%sfound:  %s\nwanted: %s", row->request, story,
			 row->story);
	if (strcmp(calling, row->calling) != 0)
		fail_msg("%scalls:  %s\nwanted: %s", row->request, calling,
			 row->calling);
	if (set.faults != row->faults)
		fail_msg("%sfaults: %#x, not %#x", row->request, set.faults,
			 row->faults);
}

/* clang-format off */
/* By the default profile with the home NPA 206. */
static const struct row platforms[] = {
	/* Genesys Cloud: a DID, with and without '+', or a bare extension */
	{ "INVITE " "sip:911@gw.example.net:5061;transport=tls SIP/2.0\r\n"
	  "From: \"Alice\" <sip:+12065550100@byoc.example.net;user=phone>;tag=gc1\r\n"
	  "To: <sip:911@gw.example.net>\r\n" ORG,
	  "number=+12065550100@From", "From +12065550100 +12065550100", 0 },
	{ GW "From: <sip:2065550100@byoc.example.net>;tag=1\n",
	  "number=+12065550100@From", "From 2065550100 +12065550100", 0 },
	{ GW "From: <sip:7014@byoc.example.net>;tag=1\n",
	  "extension=7014@From", "From 7014 -", 0 },
	{ GW "From: <sip:+7014@byoc.example.net>;tag=1\n",
	  "extension=+7014@From extension=7014@From", "From +7014 -", 0 },
	/* PureConnect: both manuals' ININAttr, its own odd From */
	{ GW "From: <sip:2001@10.1.33.4:5060<;tag=1\n"
	  "ININAttr: \"uu_StationMacAddress=0004f215c285;uu_StationIPAddress=192.168.1.4\"\n",
	  "mac=0004f215c285@ININAttr ip=0:0..192.168.1.4@ININAttr extension=2001@From",
	  "From 2001 -", 0 },
	{ GW "f: sip:2001@10.1.33.4:5060\n"
	  "ininattr : uu_StationMacAddress=0004f215c285;\n uu_StationIPAddress=192.168.1.4\n",
	  "mac=0004f215c285@ININAttr ip=0:0..192.168.1.4@ININAttr extension=2001@From",
	  "From 2001 -", 0 },
	{ GW "From: <sip:2001@10.1.33.4>\n"
	  "ININAttr: uu_StationIPAddress=[2001:db8::5]\nININAttr: uu_StationMacAddress=00:04:F2:15:C2:85\n",
	  "mac=0004f215c285@ININAttr ip=20:1..0.0.0.5@ININAttr extension=2001@From",
	  "From 2001 -", 0 },
	{ GW "From: <sip:2001@10.1.33.4>\n"
	  "ININAttr: uu_StationMacAddress=0004f215c285\nININAttr: uu_StationMacAddress=0004f215c286\n"
	  "ININAttr: uu_StationMacAddress=0004F215C285\n",
	  "mac=0004f215c285@ININAttr mac=0004f215c286@ININAttr extension=2001@From",
	  "From 2001 -", 0 },
	/* Engage and Multicloud CX: an employee id, in whatever element */
	{ GW "From: sip:1003@192.168.210.81:5060;tag=GUID-1\nX-Genesys-employeeID: jdoe@example.com\n",
	  "device_user=jdoe@example.com@hdr:X-Genesys-employeeID extension=1003@From",
	  "From 1003 -", 0 },
	{ GW "From: sip:1003@h\nX-Employee-ID:  J%20Doe \nE911-Device-User-ID:\n j\n doe\n",
	  "device_user=j doe@hdr:E911-Device-User-ID device_user=J Doe@hdr:X-Employee-ID extension=1003@From",
	  "From 1003 -", 0 },
	{ "sip:911@gw;EmployeeID=j%2Edoe\n" "From: <sip:1003@h>;employeeID=\"J.D\"\n",
	  "device_user=j.doe@ruri-param:employeeid device_user=J.D@from-param:employeeid extension=1003@From",
	  "From 1003 -", 0 },
	{ "sip:911;employeeid=a@gw\n" "From: <sip:1003;employeeid=b@h;employeeid=c>;employeeID=d\n",
	  "device_user=a@ruri-param:employeeid device_user=b@from-param:employeeid extension=1003@From",
	  "From 1003 -", 0 },
	{ GW "From: sip:1003@h\nUser-to-User: 00656d706c6f79656549443d6a646f65;encoding=hex\n",
	  "device_user=jdoe@User-to-User extension=1003@From", "From 1003 -", 0 },
	{ GW "From: sip:1003@h\nX-UserToUser: employeeID=jdoe;site=4\nx-user-to-user: 304142\n",
	  "device_user=304142@User-to-User device_user=0AB@User-to-User device_user=jdoe@User-to-User extension=1003@From",
	  "From 1003 -", 0 },
	{ GW "From: sip:1003@h\nUser-to-User: 0;encoding=hex, 006a646f65;encoding=hex\n",
	  "device_user=jdoe@User-to-User extension=1003@From", "From 1003 -", 0 },
	{ GW "From: sip:1003@h\nE911-Device-User-ID: \"J D\"\n",
	  "device_user=\"J D\"@hdr:E911-Device-User-ID device_user=J D@hdr:E911-Device-User-ID extension=1003@From",
	  "From 1003 -", 0 },
	/* Mitel and others: an identifier that is no number */
	{ GW "From: <sip:floor3.east@pbx>\n", "extension=floor3.east@From", "From floor3.east -", 0 },
	{ GW "From: <sip:j%20doe@pbx>\n", "extension=j doe@From", "From j%20doe -", 0 },
};

static const struct row parties[] = {
	/* who is asserted goes before who is stated */
	{ GW "From: <sip:7014@pbx>\nP-Asserted-Identity: <sip:+12065550100@pbx>\n",
	  "number=+12065550100@PAI", "PAI +12065550100 +12065550100", 0 },
	{ GW "From: <sip:+12065550199@pbx>\np-asserted-identity: sip:7014@pbx\n",
	  "extension=7014@PAI", "PAI 7014 -", 0 },
	{ GW "From: <sip:7014@pbx>\nP-Preferred-Identity: <sip:7015@pbx>\nRemote-Party-ID: <sip:7016@pbx>\n",
	  "extension=7015@P-Preferred-Identity", "P-Preferred-Identity 7015 -", 0 },
	{ GW "From: <sip:7014@pbx>\nRemote-Party-ID: <sip:7099@pbx>;party=called, \"x\" <sip:7016@pbx>;party=calling;privacy=full\n",
	  "extension=7016@Remote-Party-ID", "Remote-Party-ID 7016 -", 0 },
	/* of two asserted ones the number, in one header or in two */
	{ GW "From: <sip:x@pbx>\nP-Asserted-Identity: \"B, C\" <sip:7014@pbx>, <tel:+12065550100>\n",
	  "number=+12065550100@PAI extension=7014@PAI", "PAI +12065550100 +12065550100", 0 },
	{ GW "From: <sip:x@pbx>\nP-Asserted-Identity: <sip:7014@pbx>\nP-Asserted-Identity: <tel:+12065550100>\n",
	  "number=+12065550100@PAI extension=7014@PAI", "PAI +12065550100 +12065550100", 0 },
	{ GW "From: <sip:x@pbx>\nP-Asserted-Identity: <tel:+12065550100>,<sip:+12065550101@pbx>\n",
	  "number=+12065550100@PAI number=+12065550101@PAI", "PAI +12065550100 +12065550100", 0 },
	{ GW "From: <sip:x@pbx>\nP-Asserted-Identity: sip:7014@pbx, sip:7015@pbx\n",
	  "extension=7014@PAI extension=7015@PAI", "PAI 7014 -", 0 },
	/* privacy hides nobody, and hides no number either */
	{ GW ANONYMOUS "Privacy: id\nP-Asserted-Identity: <sip:+12065550100@pbx>\n",
	  "number=+12065550100@PAI", "PAI +12065550100 +12065550100", 0 },
	{ GW ANONYMOUS, "", "none - -", 0 },
	{ GW "From: sip:anonymous@anonymous.invalid\n", "", "none - -", 0 },
	{ GW "From: <sip:12065550100@anonymous.invalid>\n", "", "none - -", 0 },
	{ GW "From: <sip:Anonymous@pbx>\nP-Asserted-Identity: <sip:anonymous@pbx>\nRemote-Party-ID: <sip:7014@pbx>\n",
	  "extension=7014@Remote-Party-ID", "Remote-Party-ID 7014 -", 0 },
	{ GW "From: \"Unknown\" <sip:unknown@pbx>\n", "", "none - -", 0 },
	/* numbers and extensions in one user part */
	{ GW "From: <sip:x@pbx>\nP-Asserted-Identity: <sip:+12065550100;ext=1234@pbx;user=phone>\n",
	  "number=+12065550100@PAI extension=1234@PAI", "PAI +12065550100 +12065550100", 0 },
	{ GW "From: <tel:+1-(206)-555.0100;ext=12-34>\n",
	  "number=+12065550100@From extension=12-34@From", "From +1-(206)-555.0100 +12065550100", 0 },
	{ GW "From: <sip:5550100@pbx>\n",
	  "number=+12065550100@From extension=5550100@From", "From 5550100 +12065550100", 0 },
	{ GW "From: <tel:555-0100;phone-context=+1-425>\n",
	  "number=+14255550100@From extension=5550100@From", "From 555-0100 +14255550100", 0 },
	{ GW "From: <sip:555-0100;phone-context=+1425@pbx>\n",
	  "number=+14255550100@From extension=5550100@From", "From 555-0100 +14255550100", 0 },
	{ GW "From: <tel:7014;phone-context=pbx.example.com>\n", "extension=7014@From", "From 7014 -", 0 },
	{ GW "From: <tel:7014;phone-context=+1206555>\n", "extension=7014@From", "From 7014 -", 0 },
	{ GW "From: <sip:01144%2020%207946%200000@pbx>\n",
	  "number=+442079460000@From", "From 01144%2020%207946%200000 +442079460000", 0 },
	{ GW "From: <sip:12@pbx>\n", "extension=12@From", "From 12 -", 0 },
	{ GW "From: <sip:123456789@pbx>\n", "extension=123456789@From", "From 123456789 -", 0 },
	/* spellings */
	{ GW "FROM\t:\r\n \"B \\\"x\\\" <y>, Jr\"\r\n\t<SIPS:7014@[2001:db8::1]:5061>\r\n ;tag=9\r\n",
	  "extension=7014@From", "From 7014 -", 0 },
	{ GW "F: J\xc3\xb6rg 7014@pbx\n", "extension=7014@From", "From 7014 -", 0 },
	{ GW "From: \"Alice <sip:7014@pbx>;tag=1\n", "extension=7014@From", "From 7014 -", 0 },
};

static const struct row faults[] = {
	{ "", "", "none - -", IDENTITY_FAULT_FROM },
	{ GW "From: \n", "", "none - -", IDENTITY_FAULT_FROM },
	{ GW "From: <sip:@pbx>\n", "", "none - -", IDENTITY_FAULT_FROM },
	{ GW "From: <sip:10.0.0.1>;tag=1\n", "", "none - -", IDENTITY_FAULT_FROM },
	{ GW "From: \"x\"\n", "", "none - -", IDENTITY_FAULT_FROM },
	{ GW "From: <sip:a%0d%0aVia@pbx>\n", "", "none - -", IDENTITY_FAULT_FROM },
	{ GW "From: <sip:@pbx>\nP-Asserted-Identity: <sip:7014@pbx>\n", "extension=7014@PAI", "PAI 7014 -", IDENTITY_FAULT_FROM },
	{ GW "From: <sip:7014@pbx>\nP-Asserted-Identity:\n", "extension=7014@From", "From 7014 -", IDENTITY_FAULT_PAI },
	{ GW "From: <sip:7014@pbx>\nP-Asserted-Identity: pbx\n", "extension=7014@From", "From 7014 -", IDENTITY_FAULT_PAI },
	{ GW "From: <sip:7014@pbx>\nP-Asserted-Identity: <sip:10.0.0.1>\n", "extension=7014@From", "From 7014 -", IDENTITY_FAULT_PAI },
	{ GW "From: <sip:7014@pbx>\nP-Asserted-Identity: <>, <sip:7015@pbx>\n", "extension=7015@PAI", "PAI 7015 -", IDENTITY_FAULT_PAI },
	{ GW "From: <sip:7014@pbx>\nP-Asserted-Identity: <sip:a%00@pbx>\n", "extension=7014@From", "From 7014 -", IDENTITY_FAULT_PAI },
	{ GW "From: <sip:7014@pbx>\nININAttr: \"\"\n", "extension=7014@From", "From 7014 -", IDENTITY_FAULT_ININATTR },
	{ GW "From: <sip:7014@pbx>\nUser-to-User: 0;encoding=hex\n", "extension=7014@From", "From 7014 -", IDENTITY_FAULT_UUI },
	{ GW "From: <sip:7014@pbx>\nUser-to-User:\n", "extension=7014@From", "From 7014 -", IDENTITY_FAULT_UUI },
};
/* clang-format on */

static const struct identity_profile at_home = { .home_npa = "206" };

static void every_platform_tells_who_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++)
		check_row(&platforms[i], &at_home);
}

static void the_most_trusted_party_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parties); i++)
		check_row(&parties[i], &at_home);
}

static void malformed_parts_are_noted_and_the_rest_is_used(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		check_row(&faults[i], &at_home);
}

static void seven_digits_without_a_home_are_an_extension(void **state)
{
	static const struct identity_profile nowhere;
	const struct row row = { GW "From: <sip:5550100@pbx>\n",
				 "extension=5550100@From", "From 5550100 -",
				 0 };

	(void)state;
	check_row(&row, &nowhere);
}

static void the_trunk_sets_the_order(void **state)
{
	const char request[] =
		GW "From: <sip:5550100@pbx>\nE911-Device-User-ID: jdoe\n"
		   "ININAttr: uu_StationMacAddress=0004f215c285;"
		   "uu_StationIPAddress=10.0.0.9\n";
	const struct identity_profile reversed = {
		.order = { IDENTITY_EXTENSION, IDENTITY_NUMBER, IDENTITY_IP,
			   IDENTITY_MAC, IDENTITY_DEVICE_USER },
		.home_npa = "206",
	};
	const struct identity_profile number_twice = {
		.order = { IDENTITY_NUMBER, (enum identity_kind)99,
			   IDENTITY_NUMBER, (enum identity_kind)0,
			   IDENTITY_EXTENSION },
		.home_npa = "206",
	};
	const struct row all = { request,
				 "extension=5550100@From "
				 "number=+12065550100@From "
				 "ip=0:0..10.0.0.9@ININAttr "
				 "mac=0004f215c285@ININAttr "
				 "device_user=jdoe@hdr:E911-Device-User-ID",
				 "From 5550100 +12065550100", 0 };
	const struct row one = { request, "number=+12065550100@From",
				 "From 5550100 +12065550100", 0 };

	(void)state;
	check_row(&all, &reversed);
	check_row(&one, &number_twice);
}

static void the_trunk_sets_the_places_of_the_user_id(void **state)
{
	const char request[] =
		"sip:911@gw;employeeid=a\n"
		"From: \"J \\\"D\\\"\" <sip:f%40x@pbx>;employeeid=b\n"
		"P-Asserted-Identity: <sip:p@pbx>, <sip:anonymous@pbx>\n"
		"Subject: s\nX-Employee-ID: x\n";
	static const struct {
		const char *sources, *story;
	} places[] = {
		{ "from-display", "device_user=J \"D\"@from-display" },
		{ "from-user", "device_user=f@x@From" },
		{ "pai-user", "device_user=p@PAI" },
		{ " HDR:subject , ruri-param:employeeid",
		  "device_user=s@HDR:subject device_user=a@"
		  "ruri-param:employeeid" },
		{ "from-param:employeeid,nonsense,,hdr:,uuix,from-userx,x:y",
		  "device_user=b@from-param:employeeid" },
		{ "hdr:Nothing", "" },
		{ "", "device_user=x@hdr:X-Employee-ID device_user=a@"
		      "ruri-param:employeeid device_user=b@"
		      "from-param:employeeid" },
		{ " ", "device_user=x@hdr:X-Employee-ID device_user=a@"
		       "ruri-param:employeeid device_user=b@"
		       "from-param:employeeid" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct identity_profile profile = {
			.order = { IDENTITY_DEVICE_USER },
			.user_id_sources = text_of(places[i].sources),
		};
		const struct row row = { request, places[i].story, "PAI p -",
					 0 };

		check_row(&row, &profile);
	}
}

static void an_anonymous_from_may_still_carry_a_user_id(void **state)
{
	const struct row row = { GW "From: <sip:anonymous@anonymous.invalid>"
				    ";employeeid=jdoe\n",
				 "device_user=jdoe@from-param:employeeid",
				 "none - -", 0 };

	(void)state;
	check_row(&row, &at_home);
}

/* ---- limits ---- */

struct long_request {
	struct header_view headers[4000];
	struct request_view view;
};

static void long_request_init(struct long_request *r, size_t count,
			      const char *name, struct text value)
{
	r->view = (struct request_view){ .headers = r->headers,
					 .header_count = count + 1 };
	r->headers[0] = (struct header_view){ text_of("From"),
					      text_of("<sip:7014@pbx>") };
	for (size_t i = 1; i <= count; i++)
		r->headers[i] = (struct header_view){ text_of(name), value };
}

static void values_without_end_are_noted_and_passed_over(void **state)
{
	static const char *const names[] = { "P-Asserted-Identity",
					     "E911-Device-User-ID",
					     "User-to-User", "ININAttr" };
	static struct long_request r;
	static struct identity_set set;
	static char value[65536];

	(void)state;
	memset(value, 'x', sizeof(value));
	memcpy(value, "<sip:", 5);
	memcpy(value + sizeof(value) - 7, "@pbx;y>", 7);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned fault = strcmp(names[i], "ININAttr") == 0
					 ? IDENTITY_FAULT_ININATTR
					 : IDENTITY_FAULT_TOO_LONG;

		long_request_init(&r, 1, names[i],
				  text_make(value, sizeof(value)));
		identity_collect(&r.view, &at_home, &set);
		assert_int_equal(set.faults, fault);
		assert_int_equal(set.count, 1);
		assert_string_equal(set.candidates[0].value, "7014");
	}
}

static void the_longest_value_fits(void **state)
{
	static struct long_request r;
	static struct identity_set set;
	char value[IDENTITY_VALUE_MAX + 1];

	(void)state;
	memset(value, 'x', sizeof(value));
	long_request_init(&r, 1, "E911-Device-User-ID",
			  text_make(value, IDENTITY_VALUE_MAX));
	identity_collect(&r.view, &at_home, &set);
	assert_int_equal(set.faults, 0);
	assert_int_equal(set.candidates[0].value_len, IDENTITY_VALUE_MAX);
	assert_int_equal(strlen(set.candidates[0].value), IDENTITY_VALUE_MAX);
	long_request_init(&r, 1, "E911-Device-User-ID",
			  text_make(value, sizeof(value)));
	identity_collect(&r.view, &at_home, &set);
	assert_int_equal(set.faults, IDENTITY_FAULT_TOO_LONG);
}

static void a_flood_of_one_kind_leaves_the_others_their_room(void **state)
{
	static struct long_request r;
	static struct identity_set set;
	static char values[1000][8];

	(void)state;
	long_request_init(&r, 1000, "E911-Device-User-ID", text_of(NULL));
	for (size_t i = 0; i < 1000; i++) {
		(void)snprintf(values[i], sizeof(values[i]), "u%zu", i);
		r.headers[i + 1].value = text_of(values[i]);
	}
	identity_collect(&r.view, &at_home, &set);
	assert_int_equal(set.faults, IDENTITY_FAULT_TOO_MANY);
	assert_int_equal(set.count, 9);
	assert_string_equal(set.candidates[0].value, "u0");
	assert_string_equal(set.candidates[8].value, "7014");
}

static void a_value_that_comes_again_takes_no_room(void **state)
{
	static struct long_request r;
	static struct identity_set set;

	(void)state;
	long_request_init(&r, 3000, "X-Employee-ID", text_of("jdoe"));
	identity_collect(&r.view, &at_home, &set);
	assert_int_equal(set.faults, 0);
	assert_int_equal(set.count, 2);
}

static void a_long_source_is_cut_in_the_story_only(void **state)
{
	static struct long_request r;
	static struct identity_set set;
	static const char name[] =
		"X-A-Header-With-A-Name-That-Nobody-Would-Ever-Want-To-Type";
	char sources[80];
	struct identity_profile profile = { .home_npa = NULL };

	(void)state;
	(void)snprintf(sources, sizeof(sources), "hdr:%s", name);
	profile.user_id_sources = text_of(sources);
	long_request_init(&r, 1, name, text_of("jdoe"));
	identity_collect(&r.view, &profile, &set);
	assert_string_equal(set.candidates[0].value, "jdoe");
	assert_int_equal(strlen(set.candidates[0].source),
			 IDENTITY_SOURCE_MAX - 1);
	assert_memory_equal(set.candidates[0].source, sources,
			    IDENTITY_SOURCE_MAX - 1);
}

/* ---- the organisation ---- */

static int organization_of(const char *request, struct uuid *ret)
{
	struct request_text r;
	int err;

	request_text_init(&r, text_of(request));
	err = identity_organization(&r.view, ret);
	request_text_fini(&r);
	return err;
}

static void the_organization_is_one_uuid(void **state)
{
	static const char *const spellings[] = {
		GW ORG,
		GW "e911-organization-id :\t0F8FAD5B-D9CB-469F-A165-"
		   "70867728950E  \r\n",
		GW "E911-Organization-ID:\r\n "
		   "0f8fad5b-d9cb-469f-a165-70867728950e\r\n \r\nFrom: x\r\n",
		GW "E911-Organization-ID: "
		   "\"{0f8fad5b-d9cb-469f-a165-70867728950e}\"\n",
		GW "E911-Organization-ID: "
		   "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e\n",
	};
	char string[UUID_STRING_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		struct uuid u;

		assert_int_equal(organization_of(spellings[i], &u), 0);
		uuid_format(&u, string);
		assert_string_equal(string,
				    "0f8fad5b-d9cb-469f-a165-70867728950e");
	}
}

static void a_doubtful_organization_is_none(void **state)
{
	static const struct {
		const char *request;
		int err;
	} doubts[] = {
		{ GW, -ENOENT },
		{ GW "E911-Organization: 1\n", -ENOENT },
		{ GW ORG ORG, -EEXIST },
		{ GW ORG "E911-ORGANIZATION-ID:\n", -EEXIST },
		{ GW "E911-Organization-ID:\n", -EINVAL },
		{ GW "E911-Organization-ID: 4711\n", -EINVAL },
		{ GW "E911-Organization-ID: 0f8fad5b-d9cb-469f-a165-"
		     "70867728950e, 0f8fad5b-d9cb-469f-a165-70867728950f\n",
		  -EINVAL },
		{ GW "E911-Organization-ID: 0f8fad5b-d9cb-\n "
		     "469f-a165-70867728950e\n",
		  -EINVAL },
	};
	struct uuid u = { { 7 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(doubts); i++)
		assert_int_equal(organization_of(doubts[i].request, &u),
				 doubts[i].err);
	assert_int_equal(u.b[0], 7);
}

static void kinds_have_names_and_names_kinds(void **state)
{
	static const char *const names[] = { "device_user", "mac", "ip",
					     "number", "extension" };

	(void)state;
	for (int k = IDENTITY_DEVICE_USER; k <= IDENTITY_EXTENSION; k++) {
		const char *name = identity_kind_name((enum identity_kind)k);

		assert_string_equal(name, names[k - 1]);
		assert_int_equal(identity_kind_find(text_of(name)), k);
		assert_int_equal(identity_order_default[k - 1], k);
	}
	assert_string_equal(identity_kind_name((enum identity_kind)0), "none");
	assert_int_equal(identity_kind_find(text_of("none")), 0);
	assert_int_equal(identity_kind_find(text_of("MAC")), 0);
}

static void whatever_is_read_stays_within_its_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++)
		sweep(text_of(platforms[i].request), identity_rules);
	for (size_t i = 0; i < ARRAY_SIZE(parties); i++)
		sweep(text_of(parties[i].request), identity_rules);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		sweep(text_of(faults[i].request), identity_rules);
	sweep(text_of(GW ORG), identity_rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_platform_tells_who_calls),
		cmocka_unit_test(the_most_trusted_party_calls),
		cmocka_unit_test(
			malformed_parts_are_noted_and_the_rest_is_used),
		cmocka_unit_test(seven_digits_without_a_home_are_an_extension),
		cmocka_unit_test(the_trunk_sets_the_order),
		cmocka_unit_test(the_trunk_sets_the_places_of_the_user_id),
		cmocka_unit_test(an_anonymous_from_may_still_carry_a_user_id),
		cmocka_unit_test(values_without_end_are_noted_and_passed_over),
		cmocka_unit_test(the_longest_value_fits),
		cmocka_unit_test(
			a_flood_of_one_kind_leaves_the_others_their_room),
		cmocka_unit_test(a_value_that_comes_again_takes_no_room),
		cmocka_unit_test(a_long_source_is_cut_in_the_story_only),
		cmocka_unit_test(the_organization_is_one_uuid),
		cmocka_unit_test(a_doubtful_organization_is_none),
		cmocka_unit_test(kinds_have_names_and_names_kinds),
		cmocka_unit_test(whatever_is_read_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
