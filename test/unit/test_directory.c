/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/directory_lmdb.c modules/e911/directory_file.c */
/* build: with modules/e911/record_cache.c test/support/platform_libc.c */
/* build: with test/unit/dir_samples.c test/unit/dir_world.c */
/* build: link lmdb */
#include "modules/e911/directory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dir_samples.h"
#include "dir_world.h"

static struct directory *open_begun(void)
{
	struct directory *d = NULL;

	assert_int_equal(directory_open(&d, dir_root), 0);
	assert_non_null(d);
	assert_int_equal(directory_begin(d), 0);
	return d;
}

/* ---- lookups ---- */

static const struct dir_sample *sample_find(const char *name)
{
	const struct dir_sample *s = dir_samples();

	while (strcmp(s->name, name) != 0)
		s++;
	return s;
}

#define ASSERT_SAMPLE(name, got) \
	assert_true(sample_find(name)->same(sample_find(name)->record, got))

static void each_kind_is_found(void **state)
{
	const struct dir_endpoint *e = sample_find("endpoint")->record;
	const struct dir_organization *o = sample_find("organization")->record;
	struct dir_gateway gateway;
	struct dir_trunk trunk;
	struct dir_organization organization;
	struct dir_identity identity;
	struct dir_endpoint endpoint;
	struct dir_location location;
	struct dir_elin elin;
	struct dir_psap psap;
	struct directory *d;
	uint64_t id = 0;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	d = open_begun();
	assert_int_equal(directory_gateway(d, &gateway), 0);
	ASSERT_SAMPLE("gateway", &gateway);
	assert_int_equal(directory_trunk(d, 7, &trunk), 0);
	ASSERT_SAMPLE("trunk", &trunk);
	assert_int_equal(directory_trunk_org(d, 7, &o->uuid, &id), 0);
	assert_int_equal(id, 3);
	assert_int_equal(directory_organization(d, 3, &organization), 0);
	ASSERT_SAMPLE("organization", &organization);
	assert_int_equal(
		directory_identity(d, 3, IDENTITY_MAC, e->mac, &identity), 0);
	ASSERT_SAMPLE("identity", &identity);
	assert_int_equal(directory_endpoint(d, 1001, &endpoint), 0);
	ASSERT_SAMPLE("endpoint", &endpoint);
	assert_int_equal(directory_location(d, 51, &location), 0);
	ASSERT_SAMPLE("location", &location);
	assert_int_equal(directory_elin(d, 12065550181, &elin), 0);
	ASSERT_SAMPLE("elin", &elin);
	assert_int_equal(directory_psap(d, 80, &psap), 0);
	ASSERT_SAMPLE("psap", &psap);
	assert_int_equal(directory_damage_count(d), 0);
	assert_false(directory_is_stale(d));
	directory_close(d);
}

static void what_is_not_there_is_not_found(void **state)
{
	static const struct uuid other = { { 1 } };
	static const uint8_t addr[16] = { 0xfd };
	char too_long[IDENTITY_VALUE_MAX + 1] = { 0 };
	struct dir_organization organization = { .organization_id = 3 };
	union {
		struct dir_trunk trunk;
		struct dir_organization organization;
		struct dir_identity identity;
		struct dir_network network;
		struct dir_endpoint endpoint;
		struct dir_location location;
		struct dir_elin elin;
		struct dir_psap psap;
	} r;
	struct directory *d;
	uint64_t id;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	d = open_begun();
	dir_plens_add(&organization.network_plens, 0);
	dir_plens_add(&organization.network_plens, 128);
	assert_int_equal(directory_trunk_by_source(d, addr, &r.trunk), -ENOENT);
	assert_int_equal(directory_trunk(d, 8, &r.trunk), -ENOENT);
	assert_int_equal(directory_trunk_org(d, 7, &other, &id), -ENOENT);
	assert_int_equal(directory_organization(d, 4, &r.organization),
			 -ENOENT);
	assert_int_equal(directory_identity(d, 3, IDENTITY_EXTENSION,
					    text_of("00155d0a0b0c"),
					    &r.identity),
			 -ENOENT);
	assert_int_equal(
		directory_identity(d, 3, IDENTITY_EXTENSION,
				   text_make(too_long, sizeof(too_long)),
				   &r.identity),
		-ENOENT);
	assert_int_equal(directory_network(d, &organization, addr, &r.network),
			 -ENOENT);
	assert_int_equal(directory_endpoint(d, 1, &r.endpoint), -ENOENT);
	assert_int_equal(directory_location(d, 1, &r.location), -ENOENT);
	assert_int_equal(directory_elin(d, 911, &r.elin), -ENOENT);
	assert_int_equal(directory_psap(d, 1, &r.psap), -ENOENT);
	assert_int_equal(directory_damage_count(d), 0);
	directory_close(d);
}

/* ---- longest prefix ---- */

struct range {
	const char *addr;
	unsigned plen;
	uint64_t id; /* of a trunk or a location */
};
static const struct range ranges[] = {
	{ "::ffff:10.0.0.0", 104, 1 },    { "::ffff:10.1.0.0", 112, 2 },
	{ "::ffff:10.1.2.0", 120, 3 },    { "::ffff:10.1.2.3", 128, 4 },
	{ "::ffff:192.0.2.128", 121, 5 }, { "::", 0, 6 },
	{ "2001:db8::", 32, 7 },          { "2001:db8:0:1::", 64, 8 },
	{ "2001:db8:0:1::9", 128, 9 },
};
static const struct range callers[] = {
	{ "::ffff:10.9.9.9", 0, 1 },    { "::ffff:10.1.9.9", 0, 2 },
	{ "::ffff:10.1.2.4", 0, 3 },    { "::ffff:10.1.2.3", 0, 4 },
	{ "::ffff:192.0.2.128", 0, 5 }, { "::ffff:192.0.2.127", 0, 0 },
	{ "::ffff:11.0.0.1", 0, 0 },    { "fd00::1", 0, 6 },
	{ "2001:db8:ffff::", 0, 7 },    { "2001:db8:0:1::8", 0, 8 },
	{ "2001:db8:0:1::9", 0, 9 },    { "2001:db9::", 0, 6 },
};

static const uint8_t *addr16(const char *text)
{
	static uint8_t addr[16];

	assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	return addr;
}

static void publish_ranges(bool with_gateway)
{
	struct writer w = writer_begin("gen-000001", MAP_SIZE);
	struct dir_plens plens = { { 0 } };
	struct dir_key key;

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		const struct range *r = &ranges[i];

		dir_plens_add(&plens, r->plen);
		dir_key_source(&key, addr16(r->addr), r->plen);
		PUT(&w, source, &key, .trunk_id = r->id);
		dir_key_trunk(&key, r->id);
		PUT(&w, trunk, &key, .trunk_id = r->id);
		dir_key_network(&key, 3, addr16(r->addr), r->plen);
		PUT(&w, network, &key, .location_id = r->id);
	}
	dir_key_organization(&key, 3);
	PUT(&w, organization, &key, .organization_id = 3,
	    .network_plens = plens);
	dir_key_gateway(&key);
	if (with_gateway)
		PUT(&w, gateway, &key, .source_plens = plens);
	put_change_id(&w, 1);
	writer_commit(&w);
	point("current", "gen-000001");
}

static void assert_trunks_are_found(struct directory *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		const uint8_t *addr = addr16(callers[i].addr);
		struct dir_trunk trunk = { .trunk_id = 4711 };
		uint64_t wanted = callers[i].id;

		assert_int_equal(directory_trunk_by_source(d, addr, &trunk),
				 wanted ? 0 : -ENOENT);
		assert_int_equal(trunk.trunk_id, wanted ? wanted : 4711);
	}
}

static void longest_prefix_of_a_source_wins(void **state)
{
	struct directory *d;

	(void)state;
	publish_ranges(true);
	d = open_begun();
	assert_trunks_are_found(d);
	directory_close(d);
}

static void sources_are_found_without_the_gateway_record(void **state)
{
	struct directory *d;

	(void)state;
	publish_ranges(false);
	d = open_begun();
	assert_trunks_are_found(d);
	directory_close(d);
}

static void longest_prefix_of_a_network_wins(void **state)
{
	struct dir_organization organization, other;
	struct dir_network network;
	struct directory *d;

	(void)state;
	publish_ranges(true);
	d = open_begun();
	assert_int_equal(directory_organization(d, 3, &organization), 0);
	other = organization;
	other.organization_id = 4;
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		const uint8_t *addr = addr16(callers[i].addr);
		uint64_t wanted = callers[i].id;

		network.location_id = 4711;
		assert_int_equal(
			directory_network(d, &organization, addr, &network),
			wanted ? 0 : -ENOENT);
		assert_int_equal(network.location_id, wanted ? wanted : 4711);
		assert_int_equal(directory_network(d, &other, addr, &network),
				 -ENOENT);
	}
	directory_close(d);
}

/* ---- damage ---- */

static void damaged_record_is_refused_and_counted(void **state)
{
	struct writer w = writer_begin("gen-000001", MAP_SIZE);
	struct dir_key good, bad;
	struct dir_psap psap = { .psap_id = 4711 };
	struct directory *d;
	uint8_t buf[512];
	int n;

	(void)state;
	put_samples(&w);
	/* One value with a bit changed, and one that is a neighbour's. */
	dir_key_psap(&bad, 81);
	n = dir_psap_encode(&psap, &bad, buf, sizeof(buf));
	assert_true(n > 0);
	buf[n - 1] ^= 0x10;
	put_raw(&w, &bad, buf, (size_t)n);
	dir_key_psap(&good, 82);
	n = dir_psap_encode(&psap, &good, buf, sizeof(buf));
	assert_true(n > 0);
	dir_key_psap(&bad, 83);
	put_raw(&w, &bad, buf, (size_t)n);
	dir_key_psap(&bad, 84);
	put_raw(&w, &bad, buf, 0);
	writer_commit(&w);
	point("current", "gen-000001");

	d = open_begun();
	for (unsigned id = 81; id <= 84; id++) {
		if (id == 82)
			continue;
		assert_int_equal(directory_psap(d, id, &psap), -EBADMSG);
		assert_int_equal(psap.psap_id, 4711);
	}
	assert_int_equal(directory_damage_count(d), 3);
	assert_int_equal(directory_psap(d, 80, &psap), 0);
	directory_close(d);
}

static void trunks_are_walked_in_order_and_damage_is_left_out(void **state)
{
	static const uint64_t ids[] = { 1, 255, 256, UINT64_C(1) << 40 };
	struct writer w = writer_begin("gen-000001", MAP_SIZE);
	struct dir_trunk trunk = { .trunk_id = 0 };
	struct dir_key key;
	struct directory *d;
	char junk[] = "junk";

	(void)state;
	put_change_id(&w, 1);
	/* Neighbours of the trunks among the keys. */
	dir_key_source(&key, addr16("::ffff:192.0.2.7"), 128);
	PUT(&w, source, &key, .trunk_id = 9);
	dir_key_elin(&key, 12065550100);
	PUT(&w, elin, &key, .location_id = 1);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		dir_key_trunk(&key, ids[i]);
		PUT(&w, trunk, &key, .trunk_id = ids[i]);
		dir_key_trunk(&key, ids[i] + 1);
		if (ids[i] != 255)
			put_raw(&w, &key, junk, sizeof(junk));
	}
	writer_commit(&w);
	point("current", "gen-000001");
	d = open_begun();
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		assert_int_equal(
			directory_trunk_after(d, trunk.trunk_id, &trunk), 0);
		assert_int_equal(trunk.trunk_id, ids[i]);
	}
	assert_int_equal(directory_trunk_after(d, trunk.trunk_id, &trunk),
			 -ENOENT);
	assert_int_equal(directory_damage_count(d), 3);
	/* What stands before is damaged: it may have been any of them. */
	assert_int_equal(directory_trunk_after(d, UINT64_MAX, &trunk),
			 -EBADMSG);
	directory_close(d);
}

static void source_of_a_missing_trunk_is_damage(void **state)
{
	struct writer w = writer_begin("gen-000001", MAP_SIZE);
	struct dir_trunk trunk;
	struct dir_key key;
	struct directory *d;

	(void)state;
	put_change_id(&w, 1);
	dir_key_source(&key, addr16("::ffff:192.0.2.7"), 128);
	PUT(&w, source, &key, .trunk_id = 9);
	writer_commit(&w);
	point("current", "gen-000001");
	d = open_begun();
	assert_int_equal(directory_trunk_by_source(
				 d, addr16("::ffff:192.0.2.7"), &trunk),
			 -EBADMSG);
	assert_int_equal(directory_damage_count(d), 1);
	directory_close(d);
}

static void damaged_source_hides_the_shorter_prefix(void **state)
{
	struct writer w = writer_begin("gen-000001", MAP_SIZE);
	const uint8_t *addr = addr16("::ffff:192.0.2.7");
	struct dir_trunk trunk;
	struct dir_key key;
	struct directory *d;

	(void)state;
	put_change_id(&w, 1);
	dir_key_trunk(&key, 9);
	PUT(&w, trunk, &key, .trunk_id = 9);
	dir_key_source(&key, addr, 120);
	PUT(&w, source, &key, .trunk_id = 9);
	dir_key_source(&key, addr, 128);
	put_raw(&w, &key, (void *)dir_root, 16);
	writer_commit(&w);
	point("current", "gen-000001");
	d = open_begun();
	assert_int_equal(directory_trunk_by_source(d, addr, &trunk), -EBADMSG);
	directory_close(d);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, dir_world_setup, \
					dir_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_is_found),
		TEST(what_is_not_there_is_not_found),
		TEST(longest_prefix_of_a_source_wins),
		TEST(sources_are_found_without_the_gateway_record),
		TEST(longest_prefix_of_a_network_wins),
		TEST(damaged_record_is_refused_and_counted),
		TEST(trunks_are_walked_in_order_and_damage_is_left_out),
		TEST(source_of_a_missing_trunk_is_damage),
		TEST(damaged_source_hides_the_shorter_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
