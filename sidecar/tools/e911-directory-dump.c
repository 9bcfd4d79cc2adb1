/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e911-directory-dump: what the call path would read, as text.
 *
 *	e911-directory-dump [--no-meta] [--check] [DIRECTORY]
 *
 * One line a record, in the order of the keys; texts in single ticks, control
 * characters as '?'.  DIRECTORY is an LMDB environment, by default
 * /var/lib/e911/directory/current.  --no-meta leaves out the line that says
 * where the directory stands against PostgreSQL; --check prints only what is
 * damaged and the number of records.
 *
 * Exit codes: 0 all records are sound, 1 some are damaged, 2 it cannot be
 * read.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "bytes.h"
#include "callback_form.h"
#include "dir_record.h"
#include "directory/record_check.h"
#include "store/lmdb_env.h"

#define DEFAULT_DIRECTORY "/var/lib/e911/directory/current"

/* ---- values ---- */

static void print_text(const char *name, struct text t)
{
	char *copy;

	if (text_is_empty(t))
		return;
	copy = malloc(t.len);
	if (!copy)
		return;
	memcpy(copy, t.p, t.len);
	utf8_make_printable(copy, t.len);
	(void)printf(" %s='%.*s'", name, (int)t.len, copy);
	free(copy);
}

static void print_u64(const char *name, uint64_t n)
{
	if (n)
		(void)printf(" %s=%" PRIu64, name, n);
}

static void print_number(const char *name, uint64_t number)
{
	char buf[E164_SIZE];

	if (!number)
		return;
	e164_from_u64(number, buf);
	(void)printf(" %s=%s", name, buf);
}

static bool is_v4(const uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(addr, mapped, sizeof(mapped)) == 0;
}

static void print_address(const char *name, const uint8_t addr[16])
{
	char buf[INET6_ADDRSTRLEN];
	bool v4 = is_v4(addr);

	if (inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr + 12 : addr, buf,
		      sizeof(buf)))
		(void)printf(" %s=%s", name, buf);
}

/* Lengths of IPv6; those of IPv4 count from 96. */
static void print_plens(const char *name, const struct dir_plens *p)
{
	const char *between = "";

	if (dir_plens_next(p, 128) < 0)
		return;
	(void)printf(" %s=", name);
	for (int n = dir_plens_next(p, 128); n >= 0;
	     n = n ? dir_plens_next(p, n - 1) : -1) {
		(void)printf("%s%d", between, n);
		between = ",";
	}
}

static void print_uuid(const char *name, const struct uuid *u)
{
	char buf[UUID_STRING_SIZE];

	uuid_format(u, buf);
	(void)printf(" %s=%s", name, buf);
}

/* ---- keys: the parts that the record itself does not repeat ---- */

static uint64_t key_u64(const struct dir_key *k, size_t at)
{
	uint64_t n = 0;

	for (size_t i = at; i < at + 8 && i < k->len; i++)
		n = n << 8 | k->b[i];
	return n;
}

static void print_key_prefix(const struct dir_key *k, size_t at)
{
	unsigned plen;

	if (k->len != at + 17)
		return;
	plen = k->b[at + 16];
	print_address("prefix", k->b + at);
	(void)printf("/%u", is_v4(k->b + at) && plen >= 96 ? plen - 96 : plen);
}

/* ---- records ---- */

#define DECODE(name, k, v) \
	struct dir_##name r; \
	if (dir_##name##_decode(k, (v).p, (v).len, &r) < 0) \
		return -EBADMSG;

static int print_meta(const struct dir_key *k, struct lmdb_value v)
{
	char at[CLOCK_TEXT_SIZE];

	DECODE(meta, k, v)
	(void)printf("meta");
	print_u64("schema", r.schema_version);
	print_u64("txid", r.change_txid);
	print_u64("change_id", r.change_id);
	if (clock_format(r.published_at_ms, at) == 0)
		print_text("published_at", text_of(at));
	print_text("database_id", r.database_id);
	return 0;
}

static void print_trunks(const char *name, const struct dir_trunk_ids *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		if (i)
			(void)printf(",%" PRIu64, t->id[i]);
		else
			print_u64(name, t->id[i]);
	}
}

static void print_form(const char *name, struct text form)
{
	char buf[(size_t)4 * CALLBACK_FORM_MAX];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	callback_form_show(&w, form);
	print_text(name, text_written(&w));
}

static int print_gateway(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(gateway, k, v)
	(void)printf("gateway");
	print_u64("relay_center_psap_id", r.relay_center_psap_id);
	print_u64("last_resort_psap_id", r.last_resort_psap_id);
	print_plens("source_plens", &r.source_plens);
	print_u64("desk_number", r.desk_number);
	print_trunks("pstn_trunks", &r.pstn_trunks);
	print_text("digest_realm", r.digest_realm);
	if (r.asks_strangers)
		(void)printf(" asks_strangers");
	return 0;
}

static int print_source(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(source, k, v)
	(void)printf("trunk_source");
	print_key_prefix(k, 1);
	print_u64("trunk_id", r.trunk_id);
	return 0;
}

static const char *format_name(enum number_format f)
{
	switch (f) {
	case NUMBER_FORMAT_E164:
		return "e164";
	case NUMBER_FORMAT_NANP10:
		return "nanp10";
	case NUMBER_FORMAT_NANP11:
		return "nanp11";
	}
	return "?";
}

static int print_trunk(const struct dir_key *k, struct lmdb_value v)
{
	const char *between = " identify_order=";

	DECODE(trunk, k, v)
	(void)printf("trunk id=%" PRIu64, r.trunk_id);
	print_text("name", r.name);
	(void)printf(" role=%s transport=%s", trunk_role_name(r.role),
		     trunk_transport_name(r.transport));
	print_text("host", r.host);
	print_u64("port", r.port);
	print_u64("organization_id", r.organization_id);
	for (size_t i = 0; i < IDENTITY_ORDER_MAX && r.identify_order[i]; i++) {
		(void)printf("%s%s", between,
			     identity_kind_name(r.identify_order[i]));
		between = ",";
	}
	print_text("user_id_sources", r.user_id_sources);
	(void)printf(" number_format=%s", format_name(r.number_format));
	print_u64("response_timeout_ms", r.response_timeout_ms);
	print_u64("ring_timeout_ms", r.ring_timeout_ms);
	print_u64("progress_timeout_ms", r.progress_timeout_ms);
	(void)printf(" profile=%s", trunk_profile_name(r.profile));
	print_u64("recovery_timeout_s", r.recovery_timeout_s);
	print_u64("oos_check_s", r.oos_check_s);
	print_u64("oos_force_s", r.oos_force_s);
	print_u64("max_calls", r.max_calls);
	if (r.caller_location)
		print_text("caller_location",
			   text_of(brought_policy_name(r.caller_location)));
	if (r.location_body)
		print_text("location_body",
			   text_of(brought_body_name(r.location_body)));
	print_text("media", text_of(trunk_media_name(r.media)));
	print_text("prefix", r.prefix);
	if (r.has_replacement)
		print_text("replace_prefix", r.replace_prefix);
	for (uint32_t i = 0; i < r.contact_count; i++) {
		(void)printf(" contact=%s:%u",
			     trunk_transport_name(r.contacts[i].transport),
			     r.contacts[i].port);
		print_text("host", r.contacts[i].host);
	}
	print_text("configured", r.configured);
	print_form("callback_uri", r.callback_uri);
	print_form("callback_to", r.callback_to);
	print_form("callback_header", r.callback_header);
	print_u64("proofs", r.proofs);
	print_text("names", r.destination_names);
	print_u64("tls_check", (uint64_t)r.tls_check);
	print_u64("tls_unverified", r.tls_unverified);
	print_text("tls_name", r.tls_name);
	return 0;
}

static int print_trunk_org(const struct dir_key *k, struct lmdb_value v)
{
	struct uuid u;

	DECODE(trunk_org, k, v)
	(void)printf("trunk_organization trunk_id=%" PRIu64, key_u64(k, 1));
	if (k->len == 9 + sizeof(u.b)) {
		memcpy(u.b, k->b + 9, sizeof(u.b));
		print_uuid("uuid", &u);
	}
	print_u64("organization_id", r.organization_id);
	return 0;
}

/* Not the hashes: they are as good as the password. */
static int print_credential(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(credential, k, v)
	(void)printf("trunk_credential");
	print_text("username", text_make((const char *)k->b + 1, k->len - 1));
	print_u64("trunk_id", r.trunk_id);
	return 0;
}

static int print_certificate(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(certificate, k, v)
	(void)printf("trunk_certificate");
	print_text("name", text_make((const char *)k->b + 1, k->len - 1));
	print_u64("trunk_id", r.trunk_id);
	return 0;
}

static int print_station(const struct dir_key *k, struct lmdb_value v)
{
	static const char *const names[] = {
		[STATION_ACCESS_POINT] = "access_point",
		[STATION_SWITCH] = "network_switch",
		[STATION_PORT] = "switch_port",
	};

	DECODE(station, k, v)
	if (k->len < 10 || k->b[9] >= ARRAY_SIZE(names) || !names[k->b[9]])
		return -EBADMSG;
	(void)printf("%s organization_id=%" PRIu64, names[k->b[9]],
		     key_u64(k, 1));
	print_text("name", r.name);
	print_u64("location_id", r.location_id);
	return 0;
}

/* Not the hash: who has it can try secrets. */
static int print_client(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(client, k, v)
	(void)printf("location_client");
	print_text("name", text_make((const char *)k->b + 1, k->len - 1));
	print_u64("organization_id", r.organization_id);
	if (r.secret_sha256.len)
		(void)printf(" has_secret");
	if (r.by_source)
		(void)printf(" by_source");
	return 0;
}

/* Nor here. */
static int print_screen(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(screen, k, v)
	(void)printf("screen id=%" PRIu64, r.screen_id);
	print_u64("organization_id", r.organization_id);
	print_text("name", r.name);
	print_u64("building_id", r.building_id);
	if (r.token_sha256.len)
		(void)printf(" has_token");
	return 0;
}

/* Not the secret: who has it can sign. */
static int print_recipient(const struct dir_key *k, struct lmdb_value v)
{
	static const char *const scopes[] = { "", "all", "building", "location",
					      "instead_of" };

	DECODE(recipient, k, v)
	if (k->len < 26 || k->b[9] >= ARRAY_SIZE(scopes))
		return -EBADMSG;
	(void)printf("recipient id=%" PRIu64, r.recipient_id);
	print_u64("organization_id", r.organization_id);
	(void)printf(" of=%s", scopes[k->b[9]]);
	if (key_u64(k, 10))
		(void)printf(":%" PRIu64, key_u64(k, 10));
	print_text("name", r.name);
	(void)printf(" channel=%u events=0x%x", (unsigned)r.channel, r.events);
	print_text("address", r.address);
	print_text("preset", r.preset);
	if (r.secret.len)
		(void)printf(" has_secret");
	print_text("language", r.language);
	print_u64("template_id", r.template_id);
	print_u64("hours_id", r.hours_id);
	if (r.outside_hours)
		(void)printf(" outside_hours");
	if (r.no_updates)
		(void)printf(" no_updates");
	print_u64("after_s", r.after_s);
	return 0;
}

static int print_template(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(template, k, v)
	if (k->len < 10)
		return -EBADMSG;
	(void)printf("template %s=%" PRIu64,
		     k->b[1] == TEMPLATE_OWN ? "id" : "of_organization",
		     key_u64(k, 2));
	print_u64("organization_id", r.organization_id);
	print_text("subject", r.subject);
	print_text("text", r.body);
	print_text("sms", r.sms);
	return 0;
}

static int print_hours(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(hours, k, v)
	if (k->len < 9)
		return -EBADMSG;
	(void)printf("hours id=%" PRIu64, key_u64(k, 1));
	print_u64("organization_id", r.organization_id);
	print_text("time_zone", r.time_zone);
	for (size_t i = 0; i + DIR_HOURS_SPAN_SIZE <= r.spans.len;
	     i += DIR_HOURS_SPAN_SIZE) {
		const uint8_t *s = (const uint8_t *)r.spans.p + i;
		unsigned from = le16_get(s + 1), until = le16_get(s + 3);

		(void)printf(" days=0x%02x:%02u:%02u-%02u:%02u", s[0],
			     from / 60, from % 60, until / 60, until % 60);
	}
	return 0;
}

static int print_organization(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(organization, k, v)
	(void)printf("organization id=%" PRIu64, r.organization_id);
	print_uuid("uuid", &r.uuid);
	print_text("name", r.name);
	print_u64("default_location_id", r.default_location_id);
	if (r.elin_timeout_s != DIR_TIMEOUT_UNSET)
		(void)printf(" elin_timeout_s=%" PRIu32, r.elin_timeout_s);
	if (r.keep_own_number)
		(void)printf(" keep_own_number");
	print_text("home_npa", r.home_npa);
	print_u64("relay_center_psap_id", r.relay_center_psap_id);
	print_plens("network_plens", &r.network_plens);
	print_u64("desk_number", r.desk_number);
	print_trunks("trunks", &r.trunks);
	print_text("time_zone", r.time_zone);
	print_text("language", r.language);
	print_text("test_numbers", r.test_numbers);
	return 0;
}

static int print_identity(const struct dir_key *k, struct lmdb_value v)
{
	enum identity_kind kind = k->len > 9 ? (enum identity_kind)k->b[9]
					     : (enum identity_kind)0;

	DECODE(identity, k, v)
	(void)printf("identity organization_id=%" PRIu64 " kind=%s",
		     key_u64(k, 1), identity_kind_name(kind));
	if (kind == IDENTITY_IP && k->len == 10 + 16)
		print_address("value", k->b + 10);
	else if (k->len > 10)
		print_text("value",
			   text_make((const char *)k->b + 10, k->len - 10));
	print_u64("endpoint_id", r.endpoint_id);
	print_u64("location_id", r.location_id);
	return 0;
}

static int print_endpoint(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(endpoint, k, v)
	(void)printf("endpoint id=%" PRIu64, r.endpoint_id);
	print_u64("organization_id", r.organization_id);
	print_u64("location_id", r.location_id);
	print_text("name", r.name);
	print_number("callback_number", r.callback_number);
	print_text("device_user", r.device_user);
	print_text("mac", r.mac);
	if (r.ip.len == 16)
		print_address("ip", (const uint8_t *)r.ip.p);
	print_text("number", r.number);
	print_text("extension", r.extension);
	return 0;
}

static int print_network(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(network, k, v)
	(void)printf("network_range organization_id=%" PRIu64, key_u64(k, 1));
	print_key_prefix(k, 9);
	print_u64("location_id", r.location_id);
	return 0;
}

static int print_location(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(location, k, v)
	(void)printf("location id=%" PRIu64, r.location_id);
	print_u64("organization_id", r.organization_id);
	print_text("name", r.name);
	print_text("address", r.address);
	print_text("civic", r.civic);
	print_u64("psap_id", r.psap_id);
	print_number("desk_number", r.desk_number);
	if (r.latitude_u6 || r.longitude_u6)
		(void)printf(" point=%.6f,%.6f", r.latitude_u6 / 1e6 - 90,
			     r.longitude_u6 / 1e6 - 180);
	print_u64("building_id", r.building_id);
	print_text("time_zone", r.time_zone);
	for (uint32_t i = 0; i < r.elin_count; i++)
		print_number("elin", r.elins[i]);
	return 0;
}

static int print_elin(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(elin, k, v)
	(void)printf("elin");
	print_number("number", key_u64(k, 1));
	print_u64("location_id", r.location_id);
	print_u64("organization_id", r.organization_id);
	return 0;
}

static int print_psap(const struct dir_key *k, struct lmdb_value v)
{
	DECODE(psap, k, v)
	(void)printf("psap id=%" PRIu64, r.psap_id);
	print_text("name", r.name);
	(void)printf(" kind=%s", psap_kind_name(r.kind));
	for (uint32_t i = 0; i < r.route_count; i++) {
		const struct dir_route *w = &r.routes[i];

		(void)printf(" route=%" PRIu64 ":%.*s", w->trunk_id,
			     (int)w->request_user.len, w->request_user.p);
		if (w->psap_id != r.psap_id)
			(void)printf("(psap %" PRIu64 ")", w->psap_id);
	}
	return 0;
}

static int print_record(const struct dir_key *k, struct lmdb_value v)
{
	switch ((enum dir_kind)k->b[0]) {
	case DIR_META:
		return print_meta(k, v);
	case DIR_GATEWAY:
		return print_gateway(k, v);
	case DIR_SOURCE:
		return print_source(k, v);
	case DIR_TRUNK:
		return print_trunk(k, v);
	case DIR_TRUNK_ORG:
		return print_trunk_org(k, v);
	case DIR_ORGANIZATION:
		return print_organization(k, v);
	case DIR_CREDENTIAL:
		return print_credential(k, v);
	case DIR_CERTIFICATE:
		return print_certificate(k, v);
	case DIR_STATION:
		return print_station(k, v);
	case DIR_CLIENT:
		return print_client(k, v);
	case DIR_SCREEN:
		return print_screen(k, v);
	case DIR_RECIPIENT:
		return print_recipient(k, v);
	case DIR_TEMPLATE:
		return print_template(k, v);
	case DIR_HOURS:
		return print_hours(k, v);
	case DIR_IDENTITY:
		return print_identity(k, v);
	case DIR_ENDPOINT:
		return print_endpoint(k, v);
	case DIR_NETWORK:
		return print_network(k, v);
	case DIR_LOCATION:
		return print_location(k, v);
	case DIR_ELIN:
		return print_elin(k, v);
	case DIR_PSAP:
		return print_psap(k, v);
	}
	return -EBADMSG;
}

/* ---- the whole ---- */

struct dump {
	bool no_meta, check_only;
	size_t count, damaged;
};

static void print_damaged(struct lmdb_value key)
{
	const uint8_t *p = key.p;

	(void)printf("DAMAGED key=");
	for (size_t i = 0; i < key.len; i++)
		(void)printf("%02x", (unsigned)p[i]);
	(void)putchar('\n');
}

static int on_item(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	struct dump *d = arg;
	struct dir_key k;

	d->count++;
	if (record_check(key, value) < 0) {
		d->damaged++;
		print_damaged(key);
		return 0;
	}
	k.len = key.len;
	memcpy(k.b, key.p, key.len);
	if (d->check_only || (d->no_meta && k.b[0] == DIR_META))
		return 0;
	(void)print_record(&k, value);
	(void)putchar('\n');
	return 0;
}

static int dump(struct dump *d, const char *path)
{
	const struct lmdb_options o = { .read_only = true };
	struct lmdb_env *env;
	struct lmdb_txn t;
	int err = lmdb_env_open(&env, path, &o);

	if (err < 0)
		return err;
	err = lmdb_txn_begin(&t, env, false);
	if (err >= 0)
		err = lmdb_each(&t, NULL, on_item, d);
	lmdb_txn_abort(&t);
	(void)lmdb_env_close(env);
	return err;
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: e911-directory-dump [--no-meta] "
			      "[--check] [DIRECTORY]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "no-meta", no_argument, NULL, 'm' },
		{ "check", no_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = DEFAULT_DIRECTORY;
	struct dump d = { 0 };
	int c, err;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?')
			return usage();
		d.no_meta |= c == 'm';
		d.check_only |= c == 'c';
	}
	if (optind < argc)
		path = argv[optind++];
	if (optind < argc)
		return usage();
	err = dump(&d, path);
	if (err < 0) {
		(void)fprintf(stderr, "e911-directory-dump: %s: %s\n", path,
			      strerror(-err));
		return 2;
	}
	if (d.check_only)
		(void)printf("%zu records, %zu damaged\n", d.count, d.damaged);
	return d.damaged ? 1 : 0;
}
