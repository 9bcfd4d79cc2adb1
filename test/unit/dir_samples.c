/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dir_samples.h"

#include <assert.h>

static const uint8_t net_v4[16] = { 0, 0, 0,    0,    0,   0, 0, 0,
				    0, 0, 0xff, 0xff, 192, 0, 2, 7 };
static const struct uuid acme_uuid = { { 0x3f, 0x2b, 0x0c, 0x1a, 0x5d, 0x6e,
					 0x4f, 0x70, 0x81, 0x92, 0xa3, 0xb4,
					 0xc5, 0xd6, 0xe7, 0xf8 } };

#define T(s) \
	{ \
		(s), sizeof(s) - 1 \
	}

static const struct dir_meta meta = {
	.schema_version = 12,
	.change_txid = 0x1122334455667788,
	.change_id = 4711,
	.published_at_ms = 1767225600000,
	.database_id = T("6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
};
static const struct dir_gateway gateway = {
	.relay_center_psap_id = 90,
	.last_resort_psap_id = 91,
	/* /0, /96 (0.0.0.0/0), /120 and /128 */
	.source_plens.word = { 1, 1ULL << 32 | 1ULL << 56, 1 },
	.desk_number = 12065550199,
	.pstn_trunks = { 2, { 24, 25 } },
	.digest_realm = T("e911"),
	.asks_strangers = true,
};
static const struct dir_source source = { .trunk_id = 7 };
static const struct dir_trunk trunk = {
	.trunk_id = 7,
	.name = T("genesys-cloud-west"),
	.role = TRUNK_ORIGIN,
	.transport = TRANSPORT_TLS,
	.host = T("192.0.2.7"),
	.port = 5061,
	.organization_id = 3,
	.identify_order = { IDENTITY_NUMBER, IDENTITY_DEVICE_USER,
			    IDENTITY_EXTENSION },
	.user_id_sources = T("hdr:X-Employee-ID,uui"),
	.number_format = NUMBER_FORMAT_NANP11,
	.response_timeout_ms = 2000,
	.ring_timeout_ms = 30000,
	.progress_timeout_ms = 10000,
	.profile = PROFILE_I3,
	.recovery_timeout_s = 60,
	.oos_check_s = 30,
	.oos_force_s = 5,
	.max_calls = 23,
	.media = MEDIA_SDES,
	.caller_location = BROUGHT_PREFERRED,
	.location_body = BROUGHT_BODY_OURS,
	.prefix = T("+1425"),
	.has_replacement = true,
	.replace_prefix = T("425"),
	.contact_count = 1,
	.contacts = { { T("192.0.2.8"), 5060, TRANSPORT_TCP } },
	.configured = T("tls 5061 192.0.2.7,tcp 5060 b.example.com"),
	.tls_check = TLS_CHECK_NAME,
	.tls_unverified = true,
	.tls_name = T("a.example.com"),
	.destination_names = T(",b.example.com"),
	.callback_uri = T("sip:\2@acme.example.com"),
	.callback_to = T("sip:\2@example.com"),
	.callback_header = T("X-Trunk: acme"),
	.proofs = TRUNK_PROOF_ADDRESS | TRUNK_PROOF_DIGEST,
};
static const struct dir_trunk_org trunk_org = { .organization_id = 3 };
static const struct dir_organization organization = {
	.organization_id = 3,
	.uuid = { { 0x3f, 0x2b, 0x0c, 0x1a, 0x5d, 0x6e, 0x4f, 0x70, 0x81, 0x92,
		    0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8 } },
	.name = T("Acme"),
	.default_location_id = 50,
	.elin_timeout_s = DIR_TIMEOUT_UNSET,
	.keep_own_number = true,
	.home_npa = T("206"),
	.relay_center_psap_id = 92,
	.network_plens.word = { 0, 1ULL << 56, 0 },
	.desk_number = 12065550100,
	.trunks = { 1, { 7 } },
};
static const struct dir_identity identity = {
	.endpoint_id = 1001,
	.location_id = 50,
};
static const struct dir_endpoint endpoint = {
	.endpoint_id = 1001,
	.organization_id = 3,
	.location_id = 51,
	.name = T("Zo\xc3\xab, front desk"),
	.callback_number = 12065550147,
	.device_user = T("z.smith"),
	.mac = T("00155d0a0b0c"),
	.ip = { (const char *)net_v4, sizeof(net_v4) },
	.number = T("+12065550147"),
	.extension = T("4147"),
	.personal_location_id = 52,
};
static const struct dir_network network = { .location_id = 52 };
static const struct dir_location location = {
	.location_id = 51,
	.organization_id = 3,
	.name = T("HQ 4 East"),
	.address = T("500 Pine St, Seattle, WA 98101, 4th floor, east"),
	.psap_id = 80,
	.desk_number = 12065550100,
	.elin_count = 3,
	.elins = { 12065550181, 12065550182, 12065550183 },
	.latitude_u6 = 137611900,
	.longitude_u6 = 57662800,
};
static const struct dir_elin elin = {
	.location_id = 51,
	.organization_id = 3,
};
static const struct dir_psap psap = {
	.psap_id = 80,
	.name = T("King County"),
	.kind = PSAP_PRIMARY,
	.route_count = 3,
	.routes = { { 20, 80, T("911") },
		    { 21, 80, T("+12065550911") },
		    { 22, 81, { NULL, 0 } } },
};

static const struct dir_credential credential = {
	.trunk_id = 7,
	.ha1_md5 = T("0123456789abcdef"),
	.ha1_sha256 = T("0123456789abcdef0123456789abcdef"),
};

static const struct dir_certificate certificate = { .trunk_id = 7 };

static const struct dir_station station = {
	.location_id = 51,
	.name = T("AP 4-East-2"),
};

static const struct dir_client client = {
	.organization_id = 3,
	.secret_sha256 = T("0123456789abcdef0123456789abcdef"),
	.by_source = true,
};

static const struct dir_screen screen = {
	.screen_id = 12,
	.organization_id = 3,
	.name = T("Lobby"),
	.token_sha256 = T("0123456789abcdef0123456789abcdef"),
	.building_id = 9,
};

static const struct dir_recipient recipient = {
	.recipient_id = 9,
	.organization_id = 3,
	.name = T("Security desk"),
	.channel = RECIPIENT_WEBHOOK,
	.address = T("https://alerts.example.com/911"),
	.preset = T("slack"),
	.secret = T("whsec_c2VjcmV0"),
	.events = RECIPIENT_EMERGENCY_CALL | RECIPIENT_CALLBACK,
	.language = T("fr"),
	.template_id = 4,
	.hours_id = 5,
	.outside_hours = true,
	.no_updates = true,
	.after_s = 60,
};

static const struct dir_template template = {
	.organization_id = 3,
	.subject = T("911: {address}"),
	.body = T("Call {callback_number}\n{address}"),
	.sms = T("911 {callback_number} {address}"),
};

static const struct dir_hours hours = {
	.organization_id = 3,
	.time_zone = T("America/Los_Angeles"),
	.spans = T("\x1f\x38\x04\x68\x01"), /* Mo-Fr 18:00 to 06:00 */
};

static bool text_same(struct text a, struct text b)
{
	return text_equal(a, b);
}

/* clang-format off */
#define N(f) (a->f == b->f)
#define S(f) text_same(a->f, b->f)
#define B(f) (memcmp(&a->f, &b->f, sizeof(a->f)) == 0)
#define SAME(name, condition) \
	static bool name##_same(const void *pa, const void *pb) \
	{ \
		const struct dir_##name *a = pa, *b = pb; \
		return condition; \
	}
SAME(meta, N(schema_version) && N(change_txid) && N(change_id) &&
	   N(published_at_ms) && S(database_id))
SAME(gateway, N(relay_center_psap_id) && N(last_resort_psap_id) &&
	      B(source_plens) && N(desk_number) && B(pstn_trunks) &&
	      S(digest_realm) && N(asks_strangers))
SAME(source, N(trunk_id))
SAME(trunk, N(trunk_id) && S(name) && N(role) && N(transport) && S(host) &&
	    N(port) && N(organization_id) && B(identify_order) &&
	    S(user_id_sources) && N(number_format) &&
	    N(response_timeout_ms) && N(ring_timeout_ms) &&
	    N(progress_timeout_ms) && N(profile) && N(recovery_timeout_s) &&
	    N(oos_check_s) && N(oos_force_s) && N(max_calls) && N(media) &&
	    N(caller_location) && N(location_body) &&
	    S(prefix) &&
	    N(has_replacement) && S(replace_prefix) && N(contact_count) &&
	    S(contacts[0].host) && N(contacts[0].port) &&
	    N(contacts[0].transport) && S(configured) && S(callback_uri) &&
	    S(callback_to) && S(callback_header) && N(proofs))
SAME(trunk_org, N(organization_id))
SAME(organization, N(organization_id) && B(uuid) && S(name) &&
		   N(default_location_id) && N(elin_timeout_s) &&
		   N(keep_own_number) && S(home_npa) &&
		   N(relay_center_psap_id) && B(network_plens) &&
		   N(desk_number) && B(trunks))
SAME(identity, N(endpoint_id) && N(location_id))
SAME(endpoint, N(endpoint_id) && N(organization_id) && N(location_id) &&
	       S(name) && N(callback_number) && S(device_user) && S(mac) &&
	       S(ip) && S(number) && S(extension))
SAME(network, N(location_id))
SAME(location, N(location_id) && N(organization_id) && S(name) &&
	       S(address) && N(psap_id) && N(desk_number) &&
	       N(latitude_u6) && N(longitude_u6) && N(elin_count) &&
	       memcmp(a->elins, b->elins,
		      a->elin_count * sizeof(a->elins[0])) == 0)
SAME(elin, N(location_id) && N(organization_id))
SAME(credential, N(trunk_id) && S(ha1_md5) && S(ha1_sha256))
SAME(certificate, N(trunk_id))
SAME(station, N(location_id) && S(name))
SAME(client, N(organization_id) && S(secret_sha256) && N(by_source))
SAME(screen, N(screen_id) && N(organization_id) && S(name) &&
	     S(token_sha256) && N(building_id))
SAME(recipient, N(recipient_id) && N(organization_id) && S(name) &&
		N(channel) && S(address) && S(preset) && S(secret) &&
		N(events) && S(language) && N(template_id) && N(hours_id) &&
		N(outside_hours) && N(no_updates) && N(after_s))
SAME(template, N(organization_id) && S(subject) && S(body) && S(sms))
SAME(hours, N(organization_id) && S(time_zone) && S(spans))

static bool psap_same(const void *pa, const void *pb)
{
	const struct dir_psap *a = pa, *b = pb;

	for (unsigned i = 0; i < DIR_ROUTES_MAX; i++)
		if (!N(routes[i].trunk_id) || !N(routes[i].psap_id) ||
		    !S(routes[i].request_user))
			return false;
	return N(psap_id) && S(name) && N(kind) && N(route_count);
}

#define CODEC(name) \
	static int name##_encode(const void *r, const struct dir_key *key, \
				 uint8_t *buf, size_t size) \
	{ \
		return dir_##name##_encode(r, key, buf, size); \
	} \
	static int name##_decode(const struct dir_key *key, const void *value, \
				 size_t len, void *ret) \
	{ \
		return dir_##name##_decode(key, value, len, ret); \
	}
CODEC(meta)
CODEC(gateway)
CODEC(source)
CODEC(trunk)
CODEC(trunk_org)
CODEC(organization)
CODEC(identity)
CODEC(endpoint)
CODEC(network)
CODEC(location)
CODEC(elin)
CODEC(psap)
CODEC(credential)
CODEC(certificate)
CODEC(station)
CODEC(client)
CODEC(screen)
CODEC(recipient)
CODEC(template)
CODEC(hours)

#define SAMPLE(n) SAMPLE_TO(n, sizeof(n))
#define SAMPLE_TO(n, bytes) \
	{ .name = #n, .record = &(n), .cleared = (bytes), \
	  .encode = n##_encode, .decode = n##_decode, .same = n##_same }
static struct dir_sample samples[DIR_SAMPLE_COUNT] = {
	SAMPLE(meta), SAMPLE(gateway), SAMPLE(source), SAMPLE(trunk),
	SAMPLE(trunk_org), SAMPLE(organization), SAMPLE(identity),
	SAMPLE(endpoint), SAMPLE(network),
	SAMPLE_TO(location, offsetof(struct dir_location, elins)), SAMPLE(elin),
	SAMPLE(psap), SAMPLE(credential), SAMPLE(certificate),
	SAMPLE(station), SAMPLE(client), SAMPLE(screen), SAMPLE(recipient),
	SAMPLE(template), SAMPLE(hours),
};
/* clang-format on */

const struct dir_sample *dir_samples(void)
{
	struct dir_sample *s = samples;
	int err;

	dir_key_meta(&s++->key);
	dir_key_gateway(&s++->key);
	dir_key_source(&s++->key, net_v4, 120);
	dir_key_trunk(&s++->key, trunk.trunk_id);
	dir_key_trunk_org(&s++->key, trunk.trunk_id, &acme_uuid);
	dir_key_organization(&s++->key, organization.organization_id);
	err = dir_key_identity(&s++->key, 3, IDENTITY_MAC, endpoint.mac);
	assert(err == 0);
	(void)err;
	dir_key_endpoint(&s++->key, endpoint.endpoint_id);
	dir_key_network(&s++->key, 3, net_v4, 120);
	dir_key_location(&s++->key, location.location_id);
	dir_key_elin(&s++->key, location.elins[0]);
	dir_key_psap(&s++->key, psap.psap_id);
	err = dir_key_credential(&s++->key, text_of("genesys"));
	assert(err == 0);
	err = dir_key_certificate(&s++->key, text_of("a.example.com"));
	assert(err == 0);
	dir_key_access_point(&s++->key, 3, "00005e005301");
	err = dir_key_client(&s++->key, text_of("genesys"));
	assert(err == 0);
	dir_key_screen(&s++->key, screen.screen_id);
	dir_key_recipient(&s++->key, 3, RECIPIENT_OF_BUILDING, 12, 9);
	dir_key_template(&s++->key, TEMPLATE_OWN, 4);
	dir_key_hours(&s++->key, 5);
	assert(s == samples + DIR_SAMPLE_COUNT);
	return samples;
}
