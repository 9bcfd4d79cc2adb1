/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir_record: the tags of each kind of record.
 *
 * A row says where a field lies in memory and how it is stored; one codec
 * reads them all (dir_codec.c).  A field that is 0 or empty is not stored.
 * Tags are forever: a field that goes leaves a hole.  Each example is a whole
 * value, as the unit test builds and compares it.
 */
#include "dir_record.h"

#include "dir_codec.h"

/* The member's size, or no constant at all if it is not what is said. */
#define SIZED(s, m, n) \
	(offsetof(struct dir_##s, m) + \
	 0 * sizeof(char[sizeof(((struct dir_##s *)0)->m) == (n) ? 1 : -1]))
/* clang-format off */
#define NUMBER(s, m, wire, size, max) \
	{ DIR_TYPE_NUMBER, wire, size, max, SIZED(s, m, size) }
#define U16(s, m)       NUMBER(s, m, 2, 2, 0)
#define U32(s, m)       NUMBER(s, m, 4, 4, 0)
#define U64(s, m)       NUMBER(s, m, 8, 8, 0)
#define BOOL(s, m)      NUMBER(s, m, 1, 1, 1)
#define ENUM(s, m, max) NUMBER(s, m, 1, 4, max)
#define TEXT(s, m) \
	{ DIR_TYPE_TEXT, 0, 0, 0, SIZED(s, m, sizeof(struct text)) }
#define UUID(s, m)  { DIR_TYPE_UUID, 0, 0, 0, SIZED(s, m, 16) }
#define PLENS(s, m) { DIR_TYPE_PLENS, 0, 0, 0, SIZED(s, m, 24) }
#define ORDER(s, m) \
	{ DIR_TYPE_ORDER, 0, 0, 0, \
	  SIZED(s, m, sizeof(enum identity_kind[IDENTITY_ORDER_MAX])) }
#define POOL(s, m)  { DIR_TYPE_POOL, 0, 0, 0, offsetof(struct dir_##s, m) }
#define TRUNKS(s, m) \
	{ DIR_TYPE_TRUNKS, 0, 0, 0, \
	  SIZED(s, m, sizeof(struct dir_trunk_ids)) }
#define ROUTE(s, m) { DIR_TYPE_ROUTE, 0, 0, 0, offsetof(struct dir_##s, m) }
#define CONTACT(s, m) \
	{ DIR_TYPE_CONTACT, 0, 0, 0, offsetof(struct dir_##s, m) }
/* clang-format on */

#define LAYOUT(name, KIND) LAYOUT_TO(name, KIND, sizeof(struct dir_##name))
/* Whose last member is an array that only what was stored of is read. */
#define LAYOUT_TO(name, KIND, bytes) \
	static const struct dir_layout name##_layout = { \
		.kind = (KIND), \
		.cleared = (bytes), \
		.row_count = ARRAY_SIZE(name##_rows), \
		.rows = name##_rows, \
	}; \
	int dir_##name##_encode(const struct dir_##name *r, \
				const struct dir_key *key, uint8_t *buf, \
				size_t size) \
	{ \
		return dir_layout_encode(&name##_layout, r, key, buf, size); \
	} \
	int dir_##name##_decode(const struct dir_key *key, const void *value, \
				size_t len, struct dir_##name *ret) \
	{ \
		return dir_layout_decode(&name##_layout, key, value, len, \
					 ret); \
	} \
	int dir_##name##_read(const struct dir_key *key, const void *value, \
			      size_t len, struct dir_##name *ret) \
	{ \
		return dir_layout_read(&name##_layout, key, value, len, ret); \
	} \
	struct dir_##name

/*
 * meta, one record: where the directory stands against PostgreSQL.  Example:
 *
 *   e4 0f 0e 1e 01 4d 01 00
 *   4d
 *   01 08 00 0c 00 00 00 00 00 00 00
 *   02 08 00 88 77 66 55 44 33 22 11
 *   03 08 00 67 12 00 00 00 00 00 00
 *   04 08 00 00 a8 da 76 9b 01 00 00
 *   05 24 00 36 62 61 37 62 38 31 30 2d 39 64 61 64
 *   2d 34 31 64 31 2d 38 30 62 34 2d 30 30 63 30 34
 *   66 64 34 33 30 63 38
 */
/* clang-format off */
static const struct dir_row meta_rows[] = {
	[1] = U64(meta, schema_version),
	[2] = U64(meta, change_txid),
	[3] = U64(meta, change_id),
	[4] = U64(meta, published_at_ms), /* UTC */
	[5] = TEXT(meta, database_id), /* UUID as text */
	[6] = U64(meta, change_at_us), /* UTC */
};
/* clang-format on */
LAYOUT(meta, DIR_META);

/*
 * gateway, one record: what holds for the whole gateway.  Example:
 *
 *   13 ea 4e d9 01 47 01 00
 *   47
 *   01 08 00 5a 00 00 00 00 00 00 00
 *   02 08 00 5b 00 00 00 00 00 00 00
 *   03 18 00 01 00 00 00 00 00 00 00 00 00 00 00 01
 *   00 00 01 01 00 00 00 00 00 00 00
 *   04 08 00 77 af 29 cf 02 00 00 00
 *   05 10 00 18 00 00 00 00 00 00 00 19 00 00 00 00
 *   00 00 00
 *   06 04 00 65 39 31 31
 *   07 01 00 01
 */
/* clang-format off */
static const struct dir_row gateway_rows[] = {
	[1] = U64(gateway, relay_center_psap_id),
	[2] = U64(gateway, last_resort_psap_id),
	[3] = PLENS(gateway, source_plens), /* of the S records */
	[4] = U64(gateway, desk_number),
	[5] = TRUNKS(gateway, pstn_trunks), /* u64 each */
	[6] = TEXT(gateway, digest_realm),
	[7] = BOOL(gateway, asks_strangers),
};
/* clang-format on */
LAYOUT(gateway, DIR_GATEWAY);

/*
 * source: requests from these addresses come from this trunk.  Example:
 *
 *   a1 8e f7 13 01 53 12 00
 *   53 00 00 00 00 00 00 00 00 00 00 ff ff c0 00 02
 *   00 78
 *   01 08 00 07 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row source_rows[] = {
	[1] = U64(source, trunk_id),
};
/* clang-format on */
LAYOUT(source, DIR_SOURCE);

/*
 * trunk: a peer: calls come from it or go to it.  Example:
 *
 *   4b 8e 07 ed 01 54 09 00
 *   54 00 00 00 00 00 00 00 07
 *   01 08 00 07 00 00 00 00 00 00 00
 *   02 12 00 67 65 6e 65 73 79 73 2d 63 6c 6f 75 64
 *   2d 77 65 73 74
 *   03 01 00 01
 *   04 01 00 03
 *   05 09 00 31 39 32 2e 30 2e 32 2e 37
 *   06 02 00 c5 13
 *   07 08 00 03 00 00 00 00 00 00 00
 *   08 03 00 04 01 05
 *   09 15 00 68 64 72 3a 58 2d 45 6d 70 6c 6f 79 65
 *   65 2d 49 44 2c 75 75 69
 *   0a 01 00 03
 *   0b 04 00 d0 07 00 00
 *   0c 04 00 30 75 00 00
 *   0d 04 00 10 27 00 00
 *   0e 01 00 03
 *   0f 04 00 3c 00 00 00
 *   10 05 00 2b 31 34 32 35
 *   11 01 00 01
 *   12 03 00 34 32 35
 *   13 0c 00 c4 13 02 31 39 32 2e 30 2e 32 2e 38
 *   14 04 00 1e 00 00 00
 *   15 04 00 05 00 00 00
 *   16 04 00 17 00 00 00
 *   17 29 00 74 6c 73 20 35 30 36 31 20 31 39 32 2e
 *   30 2e 32 2e 37 2c 74 63 70 20 35 30 36 30 20 62
 *   2e 65 78 61 6d 70 6c 65 2e 63 6f 6d
 *   18 01 00 02
 *   19 01 00 01
 *   1a 0d 00 61 2e 65 78 61 6d 70 6c 65 2e 63 6f 6d
 *   1b 0e 00 2c 62 2e 65 78 61 6d 70 6c 65 2e 63 6f
 *   6d
 *   1c 01 00 02
 *   1d 01 00 03
 *   1e 16 00 73 69 70 3a 02 40 61 63 6d 65 2e 65 78
 *   61 6d 70 6c 65 2e 63 6f 6d
 *   1f 11 00 73 69 70 3a 02 40 65 78 61 6d 70 6c 65
 *   2e 63 6f 6d
 *   20 0d 00 58 2d 54 72 75 6e 6b 3a 20 61 63 6d 65
 *   21 01 00 03
 *   22 01 00 02
 */
/* clang-format off */
static const struct dir_row trunk_rows[] = {
	[1] = U64(trunk, trunk_id),
	[2] = TEXT(trunk, name),
	[3] = ENUM(trunk, role, TRUNK_PSTN),
	[4] = ENUM(trunk, transport, TRANSPORT_TLS),
	[5] = TEXT(trunk, host), /* IP literal */
	[6] = U16(trunk, port),
	[7] = U64(trunk, organization_id),
	[8] = ORDER(trunk, identify_order),
	[9] = TEXT(trunk, user_id_sources),
	[10] = ENUM(trunk, number_format, NUMBER_FORMAT_NANP11),
	[11] = U32(trunk, response_timeout_ms),
	[12] = U32(trunk, ring_timeout_ms),
	[13] = U32(trunk, progress_timeout_ms),
	[14] = ENUM(trunk, profile, PROFILE_I3),
	[15] = U32(trunk, recovery_timeout_s),
	[16] = TEXT(trunk, prefix),
	[17] = BOOL(trunk, has_replacement),
	[18] = TEXT(trunk, replace_prefix),
	[19] = CONTACT(trunk, contacts), /* repeats: u16 port, u8, host */
	[20] = U32(trunk, oos_check_s),
	[21] = U32(trunk, oos_force_s),
	[22] = U32(trunk, max_calls),
	[23] = TEXT(trunk, configured), /* of names; not for the path */
	[24] = ENUM(trunk, tls_check, TLS_CHECK_NONE),
	[25] = BOOL(trunk, tls_unverified),
	[26] = TEXT(trunk, tls_name),
	[27] = TEXT(trunk, destination_names),
	[28] = ENUM(trunk, media, MEDIA_PASS),
	[29] = ENUM(trunk, caller_location, BROUGHT_PREFERRED),
	[30] = TEXT(trunk, callback_uri), /* see callback_form.h */
	[31] = TEXT(trunk, callback_to),
	[32] = TEXT(trunk, callback_header),
	[33] = NUMBER(trunk, proofs, 1, 1,
		      TRUNK_PROOF_ADDRESS | TRUNK_PROOF_DIGEST |
			      TRUNK_PROOF_CERTIFICATE),
	[34] = ENUM(trunk, location_body, BROUGHT_BODY_NONE),
};
/* clang-format on */
LAYOUT(trunk, DIR_TRUNK);

/*
 * trunk_org: the trunk may claim this organisation.  Example:
 *
 *   a2 e4 c4 58 01 41 19 00
 *   41 00 00 00 00 00 00 00 07 3f 2b 0c 1a 5d 6e 4f
 *   70 81 92 a3 b4 c5 d6 e7 f8
 *   01 08 00 03 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row trunk_org_rows[] = {
	[1] = U64(trunk_org, organization_id),
};
/* clang-format on */
LAYOUT(trunk_org, DIR_TRUNK_ORG);

/*
 * organization: whose callers they are, and what it wants for them.  Example:
 *
 *   e0 97 19 bc 01 4f 09 00
 *   4f 00 00 00 00 00 00 00 03
 *   01 08 00 03 00 00 00 00 00 00 00
 *   02 10 00 3f 2b 0c 1a 5d 6e 4f 70 81 92 a3 b4 c5
 *   d6 e7 f8
 *   03 04 00 41 63 6d 65
 *   04 08 00 32 00 00 00 00 00 00 00
 *   05 04 00 ff ff ff ff
 *   06 01 00 01
 *   07 03 00 32 30 36
 *   08 08 00 5c 00 00 00 00 00 00 00
 *   09 18 00 00 00 00 00 00 00 00 00 00 00 00 00 00
 *   00 00 01 00 00 00 00 00 00 00 00
 *   0a 08 00 14 af 29 cf 02 00 00 00
 *   0b 08 00 07 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row organization_rows[] = {
	[1] = U64(organization, organization_id),
	[2] = UUID(organization, uuid),
	[3] = TEXT(organization, name),
	[4] = U64(organization, default_location_id),
	[5] = U32(organization, elin_timeout_s),
	[6] = BOOL(organization, keep_own_number),
	[7] = TEXT(organization, home_npa),
	[8] = U64(organization, relay_center_psap_id),
	[9] = PLENS(organization, network_plens), /* of its N records */
	[10] = U64(organization, desk_number),
	[11] = TRUNKS(organization, trunks), /* u64 each */
	[12] = TEXT(organization, time_zone),
	[13] = TEXT(organization, language),
	[14] = TEXT(organization, test_numbers),
};
/* clang-format on */
LAYOUT(organization, DIR_ORGANIZATION);

/*
 * identity: who or which place shows this identity.  Example:
 *
 *   bb f0 c4 c9 01 49 16 00
 *   49 00 00 00 00 00 00 00 03 02 30 30 31 35 35 64
 *   30 61 30 62 30 63
 *   01 08 00 e9 03 00 00 00 00 00 00
 *   02 08 00 32 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row identity_rows[] = {
	[1] = U64(identity, endpoint_id),
	[2] = U64(identity, location_id),
};
/* clang-format on */
LAYOUT(identity, DIR_IDENTITY);

/*
 * endpoint: a person or device: where it is and how it is told.  Example:
 *
 *   e4 00 9b 65 01 45 09 00
 *   45 00 00 00 00 00 00 03 e9
 *   01 08 00 e9 03 00 00 00 00 00 00
 *   02 08 00 03 00 00 00 00 00 00 00
 *   03 08 00 33 00 00 00 00 00 00 00
 *   04 10 00 5a 6f c3 ab 2c 20 66 72 6f 6e 74 20 64
 *   65 73 6b
 *   05 08 00 43 af 29 cf 02 00 00 00
 *   06 07 00 7a 2e 73 6d 69 74 68
 *   07 0c 00 30 30 31 35 35 64 30 61 30 62 30 63
 *   08 10 00 00 00 00 00 00 00 00 00 00 00 ff ff c0
 *   00 02 07
 *   09 0c 00 2b 31 32 30 36 35 35 35 30 31 34 37
 *   0a 04 00 34 31 34 37
 *   0b 08 00 34 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row endpoint_rows[] = {
	[1] = U64(endpoint, endpoint_id),
	[2] = U64(endpoint, organization_id),
	[3] = U64(endpoint, location_id),
	[4] = TEXT(endpoint, name),
	[5] = U64(endpoint, callback_number),
	[6] = TEXT(endpoint, device_user),
	[7] = TEXT(endpoint, mac),
	[8] = TEXT(endpoint, ip),
	[9] = TEXT(endpoint, number),
	[10] = TEXT(endpoint, extension),
	[11] = U64(endpoint, personal_location_id),
};
/* clang-format on */
LAYOUT(endpoint, DIR_ENDPOINT);

/*
 * network: the addresses of a place.  Example:
 *
 *   5b c1 ec d5 01 4e 1a 00
 *   4e 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00
 *   00 00 00 ff ff c0 00 02 00 78
 *   01 08 00 34 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row network_rows[] = {
	[1] = U64(network, location_id),
};
/* clang-format on */
LAYOUT(network, DIR_NETWORK);

/*
 * location: a dispatchable location with its pool of ELINs.  Example:
 *
 *   e5 d5 77 c0 01 4c 09 00
 *   4c 00 00 00 00 00 00 00 33
 *   01 08 00 33 00 00 00 00 00 00 00
 *   02 08 00 03 00 00 00 00 00 00 00
 *   03 09 00 48 51 20 34 20 45 61 73 74
 *   04 2f 00 35 30 30 20 50 69 6e 65 20 53 74 2c 20
 *   53 65 61 74 74 6c 65 2c 20 57 41 20 39 38 31 30
 *   31 2c 20 34 74 68 20 66 6c 6f 6f 72 2c 20 65 61
 *   73 74
 *   05 08 00 50 00 00 00 00 00 00 00
 *   06 08 00 14 af 29 cf 02 00 00 00
 *   07 18 00 65 af 29 cf 02 00 00 00 66 af 29 cf 02
 *   00 00 00 67 af 29 cf 02 00 00 00
 *   09 04 00 7c ca 33 08
 *   0a 04 00 50 dd 6f 03
 */
/* clang-format off */
static const struct dir_row location_rows[] = {
	[1] = U64(location, location_id),
	[2] = U64(location, organization_id),
	[3] = TEXT(location, name),
	[4] = TEXT(location, address),
	[5] = U64(location, psap_id),
	[6] = U64(location, desk_number),
	[7] = POOL(location, elins), /* u64 each, ascending */
	[8] = TEXT(location, civic),
	[9] = U32(location, latitude_u6),
	[10] = U32(location, longitude_u6),
	[11] = U64(location, building_id),
	[12] = TEXT(location, time_zone),
};
/* clang-format on */
LAYOUT_TO(location, DIR_LOCATION, offsetof(struct dir_location, elins));

/*
 * elin: the place that a number stands for.  Example:
 *
 *   84 cd 3a 6c 01 58 09 00
 *   58 00 00 00 02 cf 29 af 65
 *   01 08 00 33 00 00 00 00 00 00 00
 *   02 08 00 03 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row elin_rows[] = {
	[1] = U64(elin, location_id),
	[2] = U64(elin, organization_id),
};
/* clang-format on */
LAYOUT(elin, DIR_ELIN);

/*
 * psap: who answers, and the routes to it in order.  Example:
 *
 *   fd be 44 d8 01 50 09 00
 *   50 00 00 00 00 00 00 00 50
 *   01 08 00 50 00 00 00 00 00 00 00
 *   02 0b 00 4b 69 6e 67 20 43 6f 75 6e 74 79
 *   03 01 00 01
 *   04 13 00 14 00 00 00 00 00 00 00 50 00 00 00 00
 *   00 00 00 39 31 31
 *   04 1c 00 15 00 00 00 00 00 00 00 50 00 00 00 00
 *   00 00 00 2b 31 32 30 36 35 35 35 30 39 31 31
 *   04 10 00 16 00 00 00 00 00 00 00 51 00 00 00 00
 *   00 00 00
 */
/* clang-format off */
static const struct dir_row psap_rows[] = {
	[1] = U64(psap, psap_id),
	[2] = TEXT(psap, name),
	[3] = ENUM(psap, kind, PSAP_LAST_RESORT),
	[4] = ROUTE(psap, routes), /* repeats: u64 trunk, u64 psap, user */
};
/* clang-format on */
LAYOUT(psap, DIR_PSAP);

/*
 * credential: who may say that they are this trunk.  Example:
 *
 *   14 71 72 bf 01 55 08 00
 *   55 67 65 6e 65 73 79 73
 *   01 08 00 07 00 00 00 00 00 00 00
 *   02 10 00 30 31 32 33 34 35 36 37 38 39 61 62 63
 *   64 65 66
 *   03 20 00 30 31 32 33 34 35 36 37 38 39 61 62 63
 *   64 65 66 30 31 32 33 34 35 36 37 38 39 61 62 63
 *   64 65 66
 */
/* clang-format off */
static const struct dir_row credential_rows[] = {
	[1] = U64(credential, trunk_id),
	[2] = TEXT(credential, ha1_md5),    /* 16 bytes */
	[3] = TEXT(credential, ha1_sha256), /* 32 bytes */
};
/* clang-format on */
LAYOUT(credential, DIR_CREDENTIAL);

/*
 * certificate: whose name stands for this trunk.  Example:
 *
 *   67 71 02 4e 01 43 0e 00
 *   43 61 2e 65 78 61 6d 70 6c 65 2e 63 6f 6d
 *   01 08 00 07 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row certificate_rows[] = {
	[1] = U64(certificate, trunk_id),
};
/* clang-format on */
LAYOUT(certificate, DIR_CERTIFICATE);

/*
 * station: where the devices are that see this access point, switch or port.
 * Example:
 *
 *   e2 b7 f0 e4 01 57 16 00
 *   57 00 00 00 00 00 00 00 03 01 30 30 30 30 35 65
 *   30 30 35 33 30 31
 *   01 08 00 33 00 00 00 00 00 00 00
 *   02 0b 00 41 50 20 34 2d 45 61 73 74 2d 32
 */
/* clang-format off */
static const struct dir_row station_rows[] = {
	[1] = U64(station, location_id),
	[2] = TEXT(station, name),
};
/* clang-format on */
LAYOUT(station, DIR_STATION);

/*
 * client: who may ask where devices are.  Example:
 *
 *   c5 12 ce 12 01 48 08 00
 *   48 67 65 6e 65 73 79 73
 *   01 08 00 03 00 00 00 00 00 00 00
 *   02 20 00 30 31 32 33 34 35 36 37 38 39 61 62 63
 *   64 65 66 30 31 32 33 34 35 36 37 38 39 61 62 63
 *   64 65 66
 *   03 01 00 01
 */
/* clang-format off */
static const struct dir_row client_rows[] = {
	[1] = U64(client, organization_id),
	[2] = TEXT(client, secret_sha256), /* 32 bytes */
	[3] = BOOL(client, by_source),
};
/* clang-format on */
LAYOUT(client, DIR_CLIENT);

/*
 * screen: a page that shows an organisation's calls.  Example:
 *
 *   a7 01 04 f8 01 44 09 00
 *   44 00 00 00 00 00 00 00 0c
 *   01 08 00 0c 00 00 00 00 00 00 00
 *   02 08 00 03 00 00 00 00 00 00 00
 *   03 05 00 4c 6f 62 62 79
 *   04 20 00 30 31 32 33 34 35 36 37 38 39 61 62 63
 *   64 65 66 30 31 32 33 34 35 36 37 38 39 61 62 63
 *   64 65 66
 *   05 08 00 09 00 00 00 00 00 00 00
 */
/* clang-format off */
static const struct dir_row screen_rows[] = {
	[1] = U64(screen, screen_id),
	[2] = U64(screen, organization_id),
	[3] = TEXT(screen, name),
	[4] = TEXT(screen, token_sha256), /* 32 bytes */
	[5] = U64(screen, building_id),
};
/* clang-format on */
LAYOUT(screen, DIR_SCREEN);

/*
 * recipient: who is told of calls.  Example:
 *
 *   a0 39 85 cc 01 52 1a 00
 *   52 00 00 00 00 00 00 00 03 02 00 00 00 00 00 00
 *   00 0c 00 00 00 00 00 00 00 09
 *   01 08 00 09 00 00 00 00 00 00 00
 *   02 08 00 03 00 00 00 00 00 00 00
 *   03 0d 00 53 65 63 75 72 69 74 79 20 64 65 73 6b
 *   04 01 00 03
 *   05 1e 00 68 74 74 70 73 3a 2f 2f 61 6c 65 72 74
 *   73 2e 65 78 61 6d 70 6c 65 2e 63 6f 6d 2f 39 31
 *   31
 *   06 05 00 73 6c 61 63 6b
 *   07 0e 00 77 68 73 65 63 5f 63 32 56 6a 63 6d 56
 *   30
 *   08 04 00 21 00 00 00
 *   09 02 00 66 72
 *   0a 08 00 04 00 00 00 00 00 00 00
 *   0b 08 00 05 00 00 00 00 00 00 00
 *   0c 01 00 01
 *   0d 01 00 01
 *   0e 04 00 3c 00 00 00
 */
/* clang-format off */
static const struct dir_row recipient_rows[] = {
	[1] = U64(recipient, recipient_id),
	[2] = U64(recipient, organization_id),
	[3] = TEXT(recipient, name),
	[4] = ENUM(recipient, channel, RECIPIENT_PHONE),
	[5] = TEXT(recipient, address),
	[6] = TEXT(recipient, preset),
	[7] = TEXT(recipient, secret),
	[8] = U32(recipient, events), /* bits */
	[9] = TEXT(recipient, language),
	[10] = U64(recipient, template_id),
	[11] = U64(recipient, hours_id),
	[12] = BOOL(recipient, outside_hours),
	[13] = BOOL(recipient, no_updates),
	[14] = U32(recipient, after_s),
};
/* clang-format on */
LAYOUT(recipient, DIR_RECIPIENT);

/*
 * template: the words of notices.  Example:
 *
 *   00 a3 6f 8c 01 46 0a 00
 *   46 01 00 00 00 00 00 00 00 04
 *   01 08 00 03 00 00 00 00 00 00 00
 *   02 0e 00 39 31 31 3a 20 7b 61 64 64 72 65 73 73
 *   7d
 *   03 20 00 43 61 6c 6c 20 7b 63 61 6c 6c 62 61 63
 *   6b 5f 6e 75 6d 62 65 72 7d 0a 7b 61 64 64 72 65
 *   73 73 7d
 *   04 1f 00 39 31 31 20 7b 63 61 6c 6c 62 61 63 6b
 *   5f 6e 75 6d 62 65 72 7d 20 7b 61 64 64 72 65 73
 *   73 7d
 */
/* clang-format off */
static const struct dir_row template_rows[] = {
	[1] = U64(template, organization_id),
	[2] = TEXT(template, subject),
	[3] = TEXT(template, body),
	[4] = TEXT(template, sms),
};
/* clang-format on */
LAYOUT(template, DIR_TEMPLATE);

/*
 * hours: when somebody is told.  Example:
 *
 *   88 d6 fe 4b 01 4b 09 00
 *   4b 00 00 00 00 00 00 00 05
 *   01 08 00 03 00 00 00 00 00 00 00
 *   02 13 00 41 6d 65 72 69 63 61 2f 4c 6f 73 5f 41
 *   6e 67 65 6c 65 73
 *   03 05 00 1f 38 04 68 01
 */
/* clang-format off */
static const struct dir_row hours_rows[] = {
	[1] = U64(hours, organization_id),
	[2] = TEXT(hours, time_zone),
	[3] = TEXT(hours, spans), /* 5 bytes each */
};
/* clang-format on */
LAYOUT(hours, DIR_HOURS);

const char *trunk_role_name(enum trunk_role r)
{
	switch (r) {
	case TRUNK_ORIGIN:
		return "origin";
	case TRUNK_PSAP:
		return "psap";
	case TRUNK_PSTN:
		return "pstn";
	}
	return "unknown";
}

const char *trunk_profile_name(enum trunk_profile p)
{
	switch (p) {
	case PROFILE_LEGACY:
		return "legacy";
	case PROFILE_PBX:
		return "pbx";
	case PROFILE_I3:
		return "i3";
	}
	return "?";
}

const char *trunk_media_name(enum trunk_media m)
{
	switch (m) {
	case MEDIA_RTP:
		return "rtp";
	case MEDIA_SDES:
		return "sdes";
	case MEDIA_DTLS:
		return "dtls";
	case MEDIA_PASS:
		return "pass";
	}
	return "?";
}

const char *trunk_transport_name(enum trunk_transport t)
{
	switch (t) {
	case TRANSPORT_UDP:
		return "udp";
	case TRANSPORT_TCP:
		return "tcp";
	case TRANSPORT_TLS:
		return "tls";
	}
	return "unknown";
}

const char *psap_kind_name(enum psap_kind k)
{
	switch (k) {
	case PSAP_PRIMARY:
		return "psap";
	case PSAP_RELAY_CENTER:
		return "relay_center";
	case PSAP_LAST_RESORT:
		return "last_resort";
	}
	return "unknown";
}
