/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/directory/rows_place.c */
/* build: with sidecar/directory/psap_graph.c sidecar/directory/entity.c */
/* build: link e911_sidecar */
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

#include "directory/entity.h"
#include "directory/psap_graph.h"
#include "directory/rows.h"
#include "test/support/fake_row.h"

#define T(s) text_make((s), sizeof(s) - 1)

static char long_text[600];

static const char *const trunk[] = {
	"7",
	"west",
	"origin",
	"udp",
	"192.0.2.7",
	"5060",
	NULL,
	"device_user,mac",
	"",
	"e164",
	"2000",
	"30000",
	"10000",
	"i3",
	"30",
	"+1425",
	"425",
	"udp 5060 192.0.2.8,tls 5061 2001:db8::8",
	"30",
	"5",
	"23",
	"sip:{number}@acme.example.com",
	"sip:a@b",
	"X-Trunk: acme",
	"address,digest",
	"name",
	"t",
	"voice.example.com",
	"sdes",
	"prefer", /* caller_location */
	"ours",   /* location_body */
};

static void a_trunk_must_be_usable(void **s)
{
	(void)s;
	accepts(row_trunk, 31, trunk);
	refuses_with(row_trunk, 31, trunk, 0, "0", "trunk_id is missing");
	refuses_with(row_trunk, 31, trunk, 1, long_text,
		     "name has 599 bytes, at most 255 fit");
	refuses_with(row_trunk, 31, trunk, 1, "a\xff",
		     "name is no valid UTF-8");
	refuses_with(row_trunk, 31, trunk, 1, "a\r\nb",
		     "name holds control characters");
	refuses_with(row_trunk, 31, trunk, 2, "boss", "role is unknown");
	refuses_with(row_trunk, 31, trunk, 3, "sctp", "transport is unknown");
	refuses_with(row_trunk, 31, trunk, 4, "sip.example.com:5060",
		     "host is no IP address and no host name");
	refuses_with(row_trunk, 31, trunk, 5, "0", "port is missing");
	refuses_with(row_trunk, 31, trunk, 5, "65536", "port is out of range");
	refuses_with(row_trunk, 31, trunk, 7, "mac,shoe", "bad identify_order");
	refuses_with(row_trunk, 31, trunk, 7,
		     "mac,mac,mac,mac,mac,mac,mac,mac,"
		     "mac",
		     "bad identify_order");
	refuses_with(row_trunk, 31, trunk, 9, "e162",
		     "number_format is unknown");
	refuses_with(row_trunk, 31, trunk, 13, "tdm", "profile is unknown");
	refuses_with(row_trunk, 31, trunk, 17, "udp 5060", "bad contact");
	refuses_with(row_trunk, 31, trunk, 17, "udp 0 192.0.2.8",
		     "bad contact");
	refuses_with(row_trunk, 31, trunk, 17, "sctp 5060 192.0.2.8",
		     "bad contact");
	refuses_with(row_trunk, 31, trunk, 17, "udp 5060 192.0.2.8:5060",
		     "bad contact");
	refuses_with(row_trunk, 31, trunk, 18, "301",
		     "oos_check_s is out of range");
	refuses_with(row_trunk, 31, trunk, 19, "31",
		     "oos_force_s is out of range");
	refuses_with(row_trunk, 31, trunk, 20, "-1",
		     "max_calls is out of range");
	refuses_with(row_trunk, 31, trunk, 21, "sip:{",
		     "callback request_uri is no template");
	refuses_with(row_trunk, 31, trunk, 22, "sip:{a}@b",
		     "callback to_uri is no template");
	refuses_with(row_trunk, 31, trunk, 23, "X: a\nb",
		     "callback header is no template");
	refuses_with(row_trunk, 31, trunk, 24, "address,hearsay",
		     "proofs are unknown");
	refuses_with(row_trunk, 31, trunk, 28, "srtp", "media is unknown");
	refuses_with(row_trunk, 31, trunk, 29, "follow",
		     "caller_location is unknown");
	refuses_with(row_trunk, 31, trunk, 30, "mine",
		     "location_body is unknown");
	refuses_with(row_trunk, 31, trunk, 10, "-1",
		     "response_timeout_ms is out of range");
}

/* No name is known here: the record has no address, and is written. */
static void a_trunk_may_have_a_name(void **s)
{
	const char *copy[32];

	(void)s;
	memcpy(copy, trunk, sizeof(trunk));
	copy[4] = "psap.example.com";
	accepts(row_trunk, 31, copy);
	copy[17] = "udp 5060 two.example.com,udp 5060 192.0.2.8";
	accepts(row_trunk, 31, copy);
	refuses_with(row_trunk, 31, copy, 4, "psap..example.com",
		     "host is no IP address and no host name");
	refuses_with(row_trunk, 31, copy, 4, NULL,
		     "host is no IP address and no host name");
	refuses_with(row_trunk, 31, copy, 17,
		     "udp 1 b,udp 1 c,udp 1 d,udp 1 e,udp 1 f,udp 1 g,"
		     "udp 1 h,udp 1 i",
		     "bad contact");
}

static void a_credential_is_a_hash(void **s)
{
	const char *const cols[] = { "genesys", "7",
				     "0123456789abcdef0123456789ABCDEF", NULL };

	(void)s;
	accepts(row_trunk_credential, 4, cols);
	refuses_with(row_trunk_credential, 4, cols, 0, NULL,
		     "username is missing");
	refuses_with(row_trunk_credential, 4, cols, 0, long_text,
		     "username has 599 bytes, at most 128 fit");
	refuses_with(row_trunk_credential, 4, cols, 1, NULL,
		     "trunk_id is missing");
	refuses_with(row_trunk_credential, 4, cols, 2, "secret",
		     "ha1 is no hash");
	refuses_with(row_trunk_credential, 4, cols, 2,
		     "0123456789abcdef0123456789abcdeg", "ha1 is no hash");
	refuses_with(row_trunk_credential, 4, cols, 3,
		     "0123456789abcdef0123456789abcdef", "ha1 is no hash");
}

static void a_certificate_has_a_name(void **s)
{
	const char *const cols[] = { "gw.example.com", "7" };

	(void)s;
	accepts(row_trunk_certificate, 2, cols);
	refuses_with(row_trunk_certificate, 2, cols, 0, NULL,
		     "name is missing");
	refuses_with(row_trunk_certificate, 2, cols, 0, long_text,
		     "name has 599 bytes, at most 127 fit");
	refuses_with(row_trunk_certificate, 2, cols, 1, NULL,
		     "trunk_id is missing");
}

static void what_devices_see_is_a_mac_or_a_name(void **s)
{
	const char *const ap[] = { "3", "00:00:5e:00:53:01", "50" };
	const char *const port[] = { "3", "sw1\tGi1/0/3", "50" };
	struct dir_key a, b;

	(void)s;
	accepts(row_access_point, 3, ap);
	refuses_with(row_access_point, 3, ap, 0, NULL,
		     "organization_id is missing");
	refuses_with(row_access_point, 3, ap, 1, "00:00:5e",
		     "bssid is no MAC address");
	refuses_with(row_access_point, 3, ap, 2, NULL,
		     "location_id is missing");
	accepts(row_switch_port, 3, port);
	accepts(row_network_switch, 3, port);
	refuses_with(row_switch_port, 3, port, 1, NULL,
		     "chassis or port is missing or too long");
	refuses_with(row_switch_port, 3, port, 1, "\t1",
		     "chassis or port is missing or too long");
	refuses_with(row_switch_port, 3, port, 1, long_text,
		     "chassis or port is missing or too long");
	refuses_with(row_switch_port, 3, port, 1, "a\t1\n",
		     "chassis or port holds control characters");
	refuses_with(row_switch_port, 3, port, 2, "x",
		     "location_id is out of range");
	/* A MAC address however it is written. */
	assert_int_equal(row_switch_key(&a, 3, T("00005E005301\t1")), 0);
	assert_int_equal(row_switch_key(&b, 3, T("00-00-5e-00-53-01\t1")), 0);
	assert_memory_equal(&a, &b, sizeof(a.len) + a.len);
	/* A switch and its port are two things. */
	assert_int_equal(row_switch_key(&b, 3, T("00005e005301")), 0);
	assert_memory_not_equal(a.b, b.b, a.len);
}

static void a_client_has_a_name(void **s)
{
	const char *const cols[] = { "psap", NULL,
				     "0123456789abcdef0123456789abcdef"
				     "0123456789abcdef0123456789abcdef",
				     "f" };

	(void)s;
	accepts(row_location_client, 4, cols);
	refuses_with(row_location_client, 4, cols, 0, NULL, "name is missing");
	refuses_with(row_location_client, 4, cols, 0, long_text,
		     "name has 599 bytes, at most 64 fit");
	refuses_with(row_location_client, 4, cols, 1, "x",
		     "organization_id is out of range");
	refuses_with(row_location_client, 4, cols, 2, "0123",
		     "the secret is no hash");
	refuses_with(row_location_client, 4, cols, 2,
		     "0123456789abcdef0123456789abcdef"
		     "0123456789abcdef0123456789abcdeg",
		     "the secret is no hash");
}

static void a_source_is_a_prefix(void **s)
{
	const char *const cols[] = { "10.0.0.0/8", "7" };

	(void)s;
	accepts(row_trunk_source, 2, cols);
	refuses_with(row_trunk_source, 2, cols, 0, "10.0.0.0/33",
		     "source is no prefix");
	refuses_with(row_trunk_source, 2, cols, 0, NULL, "source is no prefix");
	refuses_with(row_trunk_source, 2, cols, 1, NULL, "trunk_id is missing");
}

static const char *const organization[] = {
	"3",      "3f2b0c1a-5d6e-4f70-8192-a3b4c5d6e7f8",
	"Acme",   NULL,
	NULL,     "t",
	"206",    NULL,
	"120,96", "+12065550100",
	"7,8"
};

static void an_organization_has_a_uuid(void **s)
{
	(void)s;
	accepts(row_organization, 11, organization);
	refuses_with(row_organization, 11, organization, 1, "x",
		     "e911_organization_id is no UUID");
	refuses_with(row_organization, 11, organization, 6, "20",
		     "home_npa is no area code");
	refuses_with(row_organization, 11, organization, 6, "2x6",
		     "home_npa is no area code");
	refuses_with(row_organization, 11, organization, 8, "120,129",
		     "bad prefix length");
	refuses_with(row_organization, 11, organization, 9, "reception",
		     "desk_number is no E.164 number");
	refuses_with(row_organization, 11, organization, 10, "7,x",
		     "bad list of trunks");
	refuses_with(row_organization, 11, organization, 10, "0",
		     "bad list of trunks");
}

static const char *const location[] = {
	"50",           "3",
	"HQ",           "1",
	"+12065550100", "+12065550112,+12065550111",
	"100",          "N Mill St",
	"Springfield",  "WA",
	"98000",        "US",
	NULL,           "3",
	NULL,           NULL,
	NULL,           "Ash"
};

static void a_location_keeps_its_pool_in_order(void **s)
{
	struct row_out out;

	(void)s;
	assert_int_equal(run(row_location, 18, location, &out), 0);
	/* Two ELIN records and the location itself. */
	assert_int_equal(out.batch->count, 3);
	dir_batch_fini(out.batch);
	refuses_with(row_location, 18, location, 5, "12065550111",
		     "an ELIN is no E.164 number");
	refuses_with(row_location, 18, location, 7, long_text,
		     "street has 599 bytes, at most 512 fit");
	refuses_with(row_location, 18, location, 4, "911",
		     "desk_number is no E.164 number");
}

static void a_point_is_on_earth(void **s)
{
	const char *cols[20];

	(void)s;
	memcpy(cols, location, sizeof(location));
	cols[18] = "137611900";
	cols[19] = "57662800";
	refuses_with(row_location, 20, cols, 18, "180000001",
		     "its point is out of range");
	refuses_with(row_location, 20, cols, 19, "360000001",
		     "its point is out of range");
}

static void a_pool_that_does_not_fit_refuses_its_location(void **s)
{
	char pool[(DIR_POOL_MAX + 1) * 13 + 1], *p = pool;

	(void)s;
	for (int i = 0; i <= DIR_POOL_MAX; i++)
		p += snprintf(p, 14, "%s+1206555%04d", i ? "," : "", i);
	refuses_with(row_location, 18, location, 5, pool,
		     "its pool has more than 256 ELINs");
}

static const char *const endpoint[] = { "1001",     "3",
					"50",       "Desk",
					" E7 ",     "00:00:5e:00:53:01",
					"10.0.0.7", "+12065550121",
					"4101",     NULL,
					"52" };

static void the_identities_of_an_endpoint_are_normalised(void **s)
{
	struct dir_endpoint e;
	struct row_out out;
	struct dir_batch *b;

	(void)s;
	assert_int_equal(run(row_endpoint, 11, endpoint, &out), 0);
	b = out.batch;
	/* The arena holds the key, then the record. */
	assert_int_equal(dir_endpoint_decode(&out.key, b->arena + out.key.len,
					     b->len - out.key.len, &e),
			 0);
	assert_true(text_equal(e.device_user, T("E7")));
	assert_true(text_equal(e.mac, T("00005e005301")));
	assert_int_equal(e.ip.len, 16);
	assert_memory_equal(e.ip.p + 10, "\xff\xff\x0a\x00\x00\x07", 6);
	assert_true(text_equal(e.number, T("+12065550121")));
	assert_true(text_equal(e.extension, T("4101")));
	assert_int_equal(e.personal_location_id, 52);
	dir_batch_fini(b);
	refuses_with(row_endpoint, 11, endpoint, 4, long_text,
		     "device_user_id has 599 bytes, at most 128 fit");
	refuses_with(row_endpoint, 11, endpoint, 5, "00:00",
		     "mac is no MAC address");
	refuses_with(row_endpoint, 11, endpoint, 6, "10.0.0",
		     "ip is no IP address");
	refuses_with(row_endpoint, 11, endpoint, 7, "2065550121",
		     "number is no E.164 number");
	refuses_with(row_endpoint, 11, endpoint, 9, "x",
		     "callback_number is no E.164 number");
}

/* ---- pieces ---- */

static void prefixes_of_both_families_are_counted_from_16_bytes(void **s)
{
	uint8_t a[16];
	unsigned plen;

	(void)s;
	assert_int_equal(row_parse_prefix(T("10.1.2.3/16"), a, &plen), 0);
	assert_int_equal(plen, 112);
	assert_memory_equal(a + 10, "\xff\xff\x0a\x01\x00\x00", 6);
	assert_int_equal(row_parse_prefix(T("10.1.2.3"), a, &plen), 0);
	assert_int_equal(plen, 128);
	assert_int_equal(row_parse_prefix(T("0.0.0.0/0"), a, &plen), 0);
	assert_int_equal(plen, 96);
	assert_int_equal(row_parse_prefix(T("2001:db8::1/33"), a, &plen), 0);
	assert_int_equal(plen, 33);
	assert_memory_equal(a, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(row_parse_prefix(T("10.1.2.3/"), a, &plen), -EINVAL);
	assert_int_equal(row_parse_prefix(T("/8"), a, &plen), -EINVAL);
	assert_int_equal(row_parse_prefix(T(""), a, &plen), -EINVAL);
	assert_int_equal(row_parse_prefix(T("::/129"), a, &plen), -EINVAL);
	assert_int_equal(row_parse_prefix(T("1.2.3.4/8/9"), a, &plen), -EINVAL);
}

static void a_site_number_is_looked_for_as_the_path_normalises_it(void **s)
{
	struct dir_key site, wanted;

	(void)s;
	assert_int_equal(row_site_key(&site, 3, T("+12065550100")), 0);
	assert_int_equal(dir_key_identity(&wanted, 3, IDENTITY_NUMBER,
					  T("+12065550100")),
			 0);
	assert_memory_equal(site.b, wanted.b, wanted.len);
	assert_int_equal(row_site_key(&site, 3, T("2000")), 0);
	assert_int_equal(
		dir_key_identity(&wanted, 3, IDENTITY_EXTENSION, T("2000")), 0);
	assert_memory_equal(site.b, wanted.b, wanted.len);
	assert_int_equal(row_site_key(&site, 3, T("")), -EINVAL);
}

static void address_is(const struct text *part, const char *wanted)
{
	char buf[ROW_ADDRESS_MAX];

	assert_int_equal(row_format_address(part, buf, sizeof(buf)), 0);
	assert_string_equal(buf, wanted);
}

static void an_address_reads_as_people_write_it(void **s)
{
	struct text part[ADDRESS_PARTS] = {
		[ADDRESS_HOUSE_NUMBER] = T("100"),
		[ADDRESS_STREET] = T("N Mill St"),
		[ADDRESS_CITY] = T("Springfield"),
		[ADDRESS_STATE] = T("WA"),
		[ADDRESS_POSTAL_CODE] = T("98000"),
		[ADDRESS_COUNTRY] = T("US"),
	};

	(void)s;
	address_is(part, "100 N Mill St, Springfield, WA 98000");
	part[ADDRESS_FLOOR] = T("3");
	part[ADDRESS_ROOM] = T("Server room");
	part[ADDRESS_INFO] = T("by the dock");
	address_is(part, "100 N Mill St, Springfield, WA 98000 "
			 "(floor 3, Server room; by the dock)");
	part[ADDRESS_FLOOR] = part[ADDRESS_ROOM] = T("");
	part[ADDRESS_COUNTRY] = T("CA");
	address_is(part, "100 N Mill St, Springfield, WA 98000, CA "
			 "(by the dock)");
}

static void an_address_that_does_not_fit_is_not_cut(void **s)
{
	struct text part[ADDRESS_PARTS] = { [ADDRESS_STREET] = T("Mill St"),
					    [ADDRESS_COUNTRY] = T("US"),
					    [ADDRESS_FLOOR] = T("3") };
	char buf[64];

	(void)s;
	assert_int_equal(row_format_address(part, buf, sizeof(buf)), 0);
	for (size_t size = 0; size <= strlen("Mill St (floor 3)"); size++)
		assert_int_equal(row_format_address(part, buf, size), -ENOSPC);
}

static void a_screen_has_a_name_and_an_organization(void **s)
{
	const char *const cols[] = { "12", "3", "Lobby",
				     "0123456789abcdef0123456789abcdef"
				     "0123456789abcdef0123456789abcdef",
				     NULL };

	(void)s;
	accepts(row_screen, 5, cols);
	refuses_with(row_screen, 5, cols, 0, NULL, "screen_id is missing");
	refuses_with(row_screen, 5, cols, 2, NULL, "name is missing");
	refuses_with(row_screen, 5, cols, 2, "a\nb",
		     "name holds control characters");
	refuses_with(row_screen, 5, cols, 3, "0123", "the secret is no hash");
	refuses_with(row_screen, 5, cols, 4, "-1",
		     "building_id is out of range");
}

/* ---- entities ---- */

static void each_entity_of_change_log_is_known_by_name(void **s)
{
	static const char *const names[] = {
		"gateway",
		"trunk",
		"trunk_source",
		"trunk_organization",
		"trunk_credential",
		"trunk_certificate",
		"organization",
		"location",
		"elin",
		"network_range",
		"site_number",
		"endpoint",
		"psap",
		"access_point",
		"network_switch",
		"switch_port",
		"location_client",
		"screen",
		"recipient",
		"notice_template",
		"notice_hours",
		"organization_words",
	};
	enum entity_kind kind;

	(void)s;
	assert_int_equal(ARRAY_SIZE(names), ENTITY_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(entity_find(text_of(names[i]), &kind), 0);
		assert_string_equal(entity_get(kind)->name, names[i]);
	}
	assert_int_equal(entity_find(T("shoe"), &kind), -ENOENT);
}

static int key_of(enum entity_kind kind, uint64_t id, struct text key,
		  struct entity_key *ret)
{
	*ret = (struct entity_key){ 0 };
	return entity_get(kind)->key_of(id, key, ret);
}

static void keys_of_change_log_name_records(void **s)
{
	struct entity_key k;

	(void)s;
	assert_int_equal(key_of(ENTITY_ENDPOINT, 7, T(""), &k), 0);
	assert_int_equal(k.id, 7);
	assert_int_equal(key_of(ENTITY_NETWORK_RANGE, 0, T("3/10.0.0.0/8"), &k),
			 0);
	assert_int_equal(k.id, 3);
	assert_true(text_equal(k.text, T("10.0.0.0/8")));
	assert_int_equal(key_of(ENTITY_SITE_NUMBER, 0, T("3/20/4"), &k), 0);
	assert_true(text_equal(k.text, T("20/4")));
	assert_int_equal(key_of(ENTITY_TRUNK_ORG, 0,
				T("9/3f2b0c1a-5d6e-4f70-8192-a3b4c5d6e7f8"),
				&k),
			 0);
	assert_int_equal(k.id, 9);
	assert_int_equal(key_of(ENTITY_ELIN, 0, T("+12065550111"), &k), 0);
}

static void keys_that_make_no_sense_are_refused(void **s)
{
	struct entity_key k;

	(void)s;
	assert_int_equal(key_of(ENTITY_ENDPOINT, 0, T(""), &k), -EINVAL);
	assert_int_equal(key_of(ENTITY_ELIN, 0, T("x"), &k), -EINVAL);
	assert_int_equal(key_of(ENTITY_NETWORK_RANGE, 0, T("10.0.0.0/8"), &k),
			 -EINVAL);
	assert_int_equal(key_of(ENTITY_SITE_NUMBER, 0, T("3"), &k), -EINVAL);
	assert_int_equal(key_of(ENTITY_SITE_NUMBER, 0, T("/3"), &k), -EINVAL);
	assert_int_equal(key_of(ENTITY_TRUNK_ORG, 0, T("9/x"), &k), -EINVAL);
	assert_int_equal(key_of(ENTITY_TRUNK_SOURCE, 0, T(""), &k), -EINVAL);
}

/* ---- route lists ---- */

struct seen {
	struct dir_psap psap[8];
	char why[8][ROW_WHY_SIZE];
	size_t count;
};

static int see(const struct dir_psap *r, const char *refused, void *arg)
{
	struct seen *seen = arg;

	seen->psap[seen->count] = *r;
	(void)snprintf(seen->why[seen->count], ROW_WHY_SIZE, "%s",
		       refused ? refused : "");
	seen->count++;
	return 0;
}

static void add_psap(struct psap_graph *g, const char *id,
		     const char *alternate, const char *wanted)
{
	const char *const cols[] = { id, "P", "psap", alternate, wanted };
	struct fake_row f;

	assert_int_equal(psap_graph_add(g, fake(&f, 5, cols)), 0);
}

static void add_route(struct psap_graph *g, const char *id,
		      const char *trunk_id, const char *user)
{
	const char *const cols[] = { id, trunk_id, user };
	struct fake_row f;

	assert_int_equal(psap_graph_add_route(g, fake(&f, 3, cols)), 0);
}

static void routes_are(const struct dir_psap *p, const uint64_t *trunks,
		       size_t count)
{
	assert_int_equal(p->route_count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(p->routes[i].trunk_id, trunks[i]);
}

static void own_routes_come_first_then_those_of_the_alternates(void **s)
{
	struct psap_graph g;
	struct seen seen = { .count = 0 };

	(void)s;
	psap_graph_init(&g);
	add_psap(&g, "2", "3", "t");
	add_psap(&g, "1", "2", "t");
	add_psap(&g, "3", NULL, "f");
	add_route(&g, "1", "11", "911");
	add_route(&g, "1", "12", "911");
	add_route(&g, "2", "21", "+12065550199");
	add_route(&g, "3", "31", "911");
	assert_int_equal(psap_graph_each(&g, see, &seen), 0);
	assert_int_equal(seen.count, 2); /* 3 was only needed for the others */
	assert_int_equal(seen.psap[0].psap_id, 1);
	routes_are(&seen.psap[0], (uint64_t[]){ 11, 12, 21, 31 }, 4);
	assert_int_equal(seen.psap[0].routes[2].psap_id, 2);
	assert_true(text_equal(seen.psap[0].routes[2].request_user,
			       T("+12065550199")));
	routes_are(&seen.psap[1], (uint64_t[]){ 21, 31 }, 2);
	psap_graph_fini(&g);
}

static void a_circle_of_alternates_ends_where_it_closes(void **s)
{
	struct psap_graph g;
	struct seen seen = { .count = 0 };

	(void)s;
	psap_graph_init(&g);
	add_psap(&g, "1", "2", "t");
	add_psap(&g, "2", "3", "t");
	add_psap(&g, "3", "2", "t");
	add_psap(&g, "4", "4", "t");
	add_route(&g, "1", "11", "911");
	add_route(&g, "2", "21", "911");
	add_route(&g, "3", "31", "911");
	add_route(&g, "4", "41", "911");
	assert_int_equal(psap_graph_each(&g, see, &seen), 0);
	routes_are(&seen.psap[0], (uint64_t[]){ 11, 21, 31 }, 3);
	routes_are(&seen.psap[1], (uint64_t[]){ 21, 31 }, 2);
	routes_are(&seen.psap[2], (uint64_t[]){ 31, 21 }, 2);
	routes_are(&seen.psap[3], (uint64_t[]){ 41 }, 1);
	psap_graph_fini(&g);
}

static void a_list_is_full_at_sixteen(void **s)
{
	struct psap_graph g;
	struct seen seen = { .count = 0 };
	char id[12];

	(void)s;
	psap_graph_init(&g);
	add_psap(&g, "1", "2", "t");
	add_psap(&g, "2", NULL, "t");
	add_psap(&g, "3", NULL, "t");
	for (int i = 1; i <= 10; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		add_route(&g, "1", id, "911");
	}
	for (int i = 11; i <= 26; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		add_route(&g, "2", id, "911");
	}
	for (int i = 1; i <= 17; i++)
		add_route(&g, "3", "5", "911");
	assert_int_equal(psap_graph_each(&g, see, &seen), 0);
	assert_int_equal(seen.psap[0].route_count, 16);
	assert_int_equal(seen.psap[0].routes[15].trunk_id, 16);
	assert_int_equal(seen.psap[1].route_count, 16);
	assert_string_equal(seen.why[1], "");
	/* More of its own than fit: the operator's list would be cut. */
	assert_string_equal(seen.why[2], "it has 17 routes, at most 16 fit");
	psap_graph_fini(&g);
}

static void a_bad_route_refuses_its_psap_but_not_those_before_it(void **s)
{
	struct psap_graph g;
	struct seen seen = { .count = 0 };

	(void)s;
	psap_graph_init(&g);
	add_psap(&g, "1", "2", "t");
	add_psap(&g, "2", NULL, "t");
	add_route(&g, "1", "11", "911");
	add_route(&g, "2", "21", "911@evil>\r\n");
	add_route(&g, "2", "22", "911");
	assert_int_equal(psap_graph_each(&g, see, &seen), 0);
	assert_string_equal(seen.why[0], "");
	routes_are(&seen.psap[0], (uint64_t[]){ 11, 22 }, 2);
	assert_string_equal(seen.why[1],
			    "request_user or trunk of route 1 is bad");
	psap_graph_fini(&g);
}

static void a_route_of_nobody_and_an_alternate_that_is_gone_do_no_harm(void **s)
{
	struct psap_graph g;
	struct seen seen = { .count = 0 };

	(void)s;
	psap_graph_init(&g);
	assert_int_equal(psap_graph_each(&g, see, &seen), 0);
	add_psap(&g, "1", "99", "t");
	add_route(&g, "98", "5", "911");
	assert_int_equal(psap_graph_each(&g, see, &seen), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.psap[0].route_count, 0);
	psap_graph_fini(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trunk_must_be_usable),
		cmocka_unit_test(a_trunk_may_have_a_name),
		cmocka_unit_test(a_credential_is_a_hash),
		cmocka_unit_test(a_certificate_has_a_name),
		cmocka_unit_test(what_devices_see_is_a_mac_or_a_name),
		cmocka_unit_test(a_client_has_a_name),
		cmocka_unit_test(a_screen_has_a_name_and_an_organization),
		cmocka_unit_test(a_point_is_on_earth),
		cmocka_unit_test(a_source_is_a_prefix),
		cmocka_unit_test(an_organization_has_a_uuid),
		cmocka_unit_test(a_location_keeps_its_pool_in_order),
		cmocka_unit_test(a_pool_that_does_not_fit_refuses_its_location),
		cmocka_unit_test(the_identities_of_an_endpoint_are_normalised),
		cmocka_unit_test(
			prefixes_of_both_families_are_counted_from_16_bytes),
		cmocka_unit_test(
			a_site_number_is_looked_for_as_the_path_normalises_it),
		cmocka_unit_test(an_address_reads_as_people_write_it),
		cmocka_unit_test(an_address_that_does_not_fit_is_not_cut),
		cmocka_unit_test(each_entity_of_change_log_is_known_by_name),
		cmocka_unit_test(keys_of_change_log_name_records),
		cmocka_unit_test(keys_that_make_no_sense_are_refused),
		cmocka_unit_test(
			own_routes_come_first_then_those_of_the_alternates),
		cmocka_unit_test(a_circle_of_alternates_ends_where_it_closes),
		cmocka_unit_test(a_list_is_full_at_sixteen),
		cmocka_unit_test(
			a_bad_route_refuses_its_psap_but_not_those_before_it),
		cmocka_unit_test(
			a_route_of_nobody_and_an_alternate_that_is_gone_do_no_harm),
	};

	memset(long_text, 'x', sizeof(long_text) - 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
