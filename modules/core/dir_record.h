/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir_record: the records of the directory, as they lie in LMDB.
 *
 * Written by the sidecar's publisher, read by Kamailio's workers.  One
 * unnamed LMDB database; a key is one kind letter and a binary rest, a value
 * is
 *
 *   0  u32  CRC-32C of all that follows
 *   4  u8   layout version (1)
 *   5  u8   kind, the key's first byte
 *   6  u16  key length
 *   8  key  the whole key again: LMDB once served the neighbour's value
 *      fields, each: u8 tag, u16 length, bytes
 *
 * All integers are little endian; those in keys are big endian so that LMDB
 * sorts them.  A reader skips tags that it does not know; an absent field is
 * 0 or empty.  Each kind's tags and a worked hex example stand in
 * dir_record.c.
 *
 * Nobody serves a record whose CRC, kind or key echo is wrong: decode gives
 * -EBADMSG and the caller treats the directory as damaged.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "brought.h"
#include "e164.h"
#include "identity.h"
#include "text.h"
#include "uuid.h"

#define DIR_KEY_MAX    200
#define DIR_RECORD_MAX 16384 /* bytes of one value */

enum dir_kind {
	DIR_META = 'M',         /* "M" */
	DIR_GATEWAY = 'G',      /* "G": what holds for the whole gateway */
	DIR_SOURCE = 'S',       /* addr16, prefix length -> trunk */
	DIR_TRUNK = 'T',        /* trunk id */
	DIR_TRUNK_ORG = 'A',    /* trunk id, E911-Organization-ID */
	DIR_ORGANIZATION = 'O', /* organisation id */
	DIR_IDENTITY = 'I',     /* organisation id, identity kind, value */
	DIR_ENDPOINT = 'E',     /* endpoint id */
	DIR_NETWORK = 'N',      /* organisation id, addr16, prefix length */
	DIR_LOCATION = 'L',     /* location id */
	DIR_ELIN = 'X',         /* E.164 digits */
	DIR_PSAP = 'P',         /* psap id */
	DIR_CREDENTIAL = 'U',   /* user name of a digest */
	DIR_CERTIFICATE = 'C',  /* name in a client certificate */
	DIR_STATION = 'W',      /* organisation id, access point or port */
	DIR_CLIENT = 'H',       /* name of one that asks for locations */
	DIR_SCREEN = 'D',       /* screen id */
	DIR_RECIPIENT = 'R',    /* organisation id, scope, its id, recipient */
	DIR_TEMPLATE = 'F',     /* whose, its id */
	DIR_HOURS = 'K',        /* hours id */
};

/* What a device sees of the network it is in. */
enum station_kind {
	STATION_ACCESS_POINT = 1,
	STATION_SWITCH = 2,
	STATION_PORT = 3, /* of a switch */
};

/* Whose calls a recipient is told of. */
enum recipient_scope {
	RECIPIENT_OF_ALL = 1, /* of the organisation; its id is 0 */
	RECIPIENT_OF_BUILDING = 2,
	RECIPIENT_OF_LOCATION = 3,
	RECIPIENT_INSTEAD = 4, /* those of another recipient, by its id */
};

/* Whose words a template has. */
enum template_scope {
	TEMPLATE_OWN = 1,             /* template id */
	TEMPLATE_OF_ORGANIZATION = 2, /* organisation id: of all its notices */
};

struct dir_key {
	size_t len;
	uint8_t b[DIR_KEY_MAX];
};

/* Addresses are 16 bytes (IPv4 mapped: ::ffff:a.b.c.d) and prefix lengths
 * count from there (IPv4 /24 is 120).  Bits behind the prefix are cleared. */
void dir_key_meta(struct dir_key *ret);
void dir_key_gateway(struct dir_key *ret);
void dir_key_source(struct dir_key *ret, const uint8_t addr[16], unsigned plen);
void dir_key_trunk(struct dir_key *ret, uint64_t trunk_id);
void dir_key_trunk_org(struct dir_key *ret, uint64_t trunk_id,
		       const struct uuid *organization);
void dir_key_organization(struct dir_key *ret, uint64_t organization_id);
/* -ENOSPC when value is longer than IDENTITY_VALUE_MAX. */
int must_check dir_key_identity(struct dir_key *ret, uint64_t organization_id,
				enum identity_kind kind, struct text value);
void dir_key_endpoint(struct dir_key *ret, uint64_t endpoint_id);
void dir_key_network(struct dir_key *ret, uint64_t organization_id,
		     const uint8_t addr[16], unsigned plen);
void dir_key_location(struct dir_key *ret, uint64_t location_id);
void dir_key_elin(struct dir_key *ret, uint64_t number);
void dir_key_psap(struct dir_key *ret, uint64_t psap_id);
/* -ENOSPC when the name is longer than DIR_USERNAME_MAX. */
#define DIR_USERNAME_MAX 128
int must_check dir_key_credential(struct dir_key *ret, struct text username);
/* In lower case.  -ENOSPC when it is longer than DIR_CERTIFICATE_MAX. */
#define DIR_CERTIFICATE_MAX 127
int must_check dir_key_certificate(struct dir_key *ret, struct text name);
/* mac: as mac_normalise() writes it. */
void dir_key_access_point(struct dir_key *ret, uint64_t organization_id,
			  const char mac[13]);
/* As LLDP tells them, blanks around them aside; that a MAC address is written
 * with other punctuation or in capitals is overlooked.  Without a port: the
 * switch itself. */
void dir_key_switch(struct dir_key *ret, uint64_t organization_id,
		    struct text chassis, struct text port);
/* A UUID in lower case, or a name.  -ENOSPC when it is longer than
 * DIR_CLIENT_MAX. */
#define DIR_CLIENT_MAX 64
int must_check dir_key_client(struct dir_key *ret, struct text name);
void dir_key_screen(struct dir_key *ret, uint64_t screen_id);
/* organization_id 0: the gateway's own, told of all organisations' calls. */
void dir_key_recipient(struct dir_key *ret, uint64_t organization_id,
		       enum recipient_scope scope, uint64_t scope_id,
		       uint64_t recipient_id);
void dir_key_template(struct dir_key *ret, enum template_scope scope,
		      uint64_t id);
void dir_key_hours(struct dir_key *ret, uint64_t hours_id);
/* The parts of a key that was read; -EINVAL when it is of another kind.  The
 * name is borrowed. */
int must_check dir_key_source_parse(const struct dir_key *key,
				    uint8_t ret_addr[16], unsigned *ret_plen);
int must_check dir_key_credential_parse(const struct dir_key *key,
					struct text *ret_username);

/* Which prefix lengths exist: bit n of word n/64; 0..128. */
struct dir_plens {
	uint64_t word[3];
};
void dir_plens_add(struct dir_plens *p, unsigned plen);
/* The longest length <= from that is present; -1 if none. */
int dir_plens_next(const struct dir_plens *p, int from);

struct dir_meta {
	uint64_t schema_version; /* number of the last SQL migration */
	uint64_t change_txid;    /* last change_log row applied: its xid8 */
	uint64_t change_id;      /* ... and its id */
	int64_t change_at_us;    /* ... and its changed_at, UTC; 0: unknown */
	int64_t published_at_ms; /* UTC */
	struct text database_id; /* e911.gateway.database_id, a UUID */
};

/* Trunks in the order in which they are tried. */
#define DIR_TRUNK_IDS_MAX 8
struct dir_trunk_ids {
	uint32_t count;
	uint64_t id[DIR_TRUNK_IDS_MAX];
};

struct dir_gateway {
	uint64_t relay_center_psap_id; /* ECRC; 0: none */
	uint64_t last_resort_psap_id;  /* 0: none */
	struct dir_plens source_plens;
	uint64_t desk_number;             /* E.164 digits; 0: none */
	struct dir_trunk_ids pstn_trunks; /* into the telephone network */
	struct text digest_realm;
	bool asks_strangers; /* some trunk is known by digest alone */
};

struct dir_source {
	uint64_t trunk_id;
};

enum trunk_role { TRUNK_ORIGIN = 1, TRUNK_PSAP = 2, TRUNK_PSTN = 3 };
enum trunk_transport {
	TRANSPORT_UDP = 1,
	TRANSPORT_TCP = 2,
	TRANSPORT_TLS = 3
};
/* What a peer understands, and so what crosses to it (header_policy.h). */
enum trunk_profile {
	PROFILE_LEGACY = 1, /* a PSTN gateway: number and SDP only */
	PROFILE_PBX = 2,    /* a SIP platform */
	PROFILE_I3 = 3,     /* an ESInet, NENA-STA-010 */
};
const char *trunk_profile_name(enum trunk_profile p); /* "legacy" */
/* What carries the voice there, where we make the offer (media.h). */
enum trunk_media {
	MEDIA_RTP = 1,  /* RTP */
	MEDIA_SDES = 2, /* SRTP, its keys in the session description */
	MEDIA_DTLS = 3, /* SRTP, its keys by DTLS */
	MEDIA_PASS = 4, /* past us: descriptions cross as they are */
};
const char *trunk_media_name(enum trunk_media m);         /* "sdes" */
const char *trunk_role_name(enum trunk_role r);           /* "origin" */
const char *trunk_transport_name(enum trunk_transport t); /* "udp" */

/* What a request of a trunk must show, bits: all of them. */
enum trunk_proof {
	TRUNK_PROOF_ADDRESS = 1 << 0, /* of a trunk_source; 0 means this too */
	TRUNK_PROOF_DIGEST = 1 << 1,  /* a credential of this trunk's */
	TRUNK_PROOF_CERTIFICATE = 1 << 2, /* a name of this trunk's */
};

/* How much of the certificate of one that we connect to is checked. */
enum tls_check {
	TLS_CHECK_CHAIN = 1, /* that it leads to a CA that we trust */
	TLS_CHECK_NAME = 2,  /* and that it has the name */
	TLS_CHECK_NONE = 3,
};

/* One more place where a trunk is reached. */
#define DIR_CONTACTS_MAX     7
#define DIR_DESTINATIONS_MAX (1 + DIR_CONTACTS_MAX)
struct dir_contact {
	struct text host; /* IP literal without brackets */
	uint16_t port;
	enum trunk_transport transport;
};

struct dir_trunk {
	uint64_t trunk_id;
	struct text name;
	enum trunk_role role;
	enum trunk_transport transport;
	struct text host; /* IP literal without brackets; empty: nowhere */
	uint16_t port;
	uint64_t organization_id; /* the trunk's own; 0: none */
	enum identity_kind identify_order[IDENTITY_ORDER_MAX];
	struct text user_id_sources; /* identity_profile */
	enum number_format number_format;
	uint32_t response_timeout_ms; /* no reply at all: next route */
	uint32_t ring_timeout_ms;     /* no final answer: next route */
	uint32_t progress_timeout_ms; /* 100, but no ringing: next route */
	enum trunk_profile profile;
	enum trunk_media media;              /* 0: rtp */
	enum brought_policy caller_location; /* 0: ignore */
	enum brought_body location_body;     /* 0: the module's */
	uint32_t recovery_timeout_s; /* out of service after an error; 0: no */
	uint32_t oos_check_s;        /* between two OPTIONS; 0: none */
	uint32_t oos_force_s; /* silence to them that puts out of service; 0:
				 response_timeout_ms */
	uint32_t max_calls;   /* at a time; 0: no limit */
	struct text prefix;   /* of the numbers that go out here */
	bool has_replacement;
	struct text replace_prefix; /* what is sent instead, if so */
	uint32_t contact_count;
	struct dir_contact contacts[DIR_CONTACTS_MAX]; /* beside host:port */
	/* What the addresses above were made of, if some are those of a name:
	 * "udp 5060 psap.example.com,tls 5061 192.0.2.8".  For e911d only, to
	 * make them anew when a name has other ones. */
	struct text configured;
	/* Callbacks into it: callback_form.h; empty: as the route says. */
	struct text callback_uri, callback_to;
	struct text callback_header; /* one more line; empty: none */
	uint8_t proofs;              /* enum trunk_proof */
	/* Over TLS; an absent tls_check is that of the chain. */
	enum tls_check tls_check;
	bool tls_unverified;  /* rather so than not at all */
	struct text tls_name; /* of the certificate; empty: see route_tls.h */
	/* Names of host and contacts as configured, with commas between; one of
	 * an address is empty.  Empty: all are addresses. */
	struct text destination_names;
};

struct dir_trunk_org {
	uint64_t organization_id;
};

#define DIR_TIMEOUT_UNSET    UINT32_MAX
#define DIR_TEST_NUMBERS_MAX 135 /* 8 of 16 bytes, and commas */
struct dir_organization {
	uint64_t organization_id;
	struct uuid uuid; /* E911-Organization-ID (HELD Company ID) */
	struct text name;
	uint64_t default_location_id;
	uint32_t elin_timeout_s;       /* DIR_TIMEOUT_UNSET: the module's */
	bool keep_own_number;          /* a dialable caller keeps it: no ELIN */
	struct text home_npa;          /* 3 digits or empty */
	uint64_t relay_center_psap_id; /* 0: the gateway's */
	struct dir_plens network_plens;
	uint64_t desk_number;        /* E.164 digits; 0: none */
	struct dir_trunk_ids trunks; /* platforms of its people */
	/* Of what its recipients are sent: "America/Los_Angeles", empty: UTC;
	 * "fr", empty: "en". */
	struct text time_zone, language;
	/* Numbers that are as 933 for its callers, with commas between:
	 * test_call_has_number(). */
	struct text test_numbers;
};

/* Either an endpoint or (a site or trunk number, not a person) a location. */
struct dir_identity {
	uint64_t endpoint_id;
	uint64_t location_id;
};

struct dir_endpoint {
	uint64_t endpoint_id, organization_id;
	uint64_t location_id; /* 0: unknown */
	struct text name;
	uint64_t callback_number; /* E.164 digits of the user's own; 0: none */
	/* Its identities, so that the publisher can remove them; normalised
	 * as in dir_key_identity(); empty if absent. */
	struct text device_user, mac, ip, number, extension;
	uint64_t personal_location_id; /* where they said they are now; 0 */
};

struct dir_network {
	uint64_t location_id;
};

#define DIR_POOL_MAX 256
struct dir_location {
	uint64_t location_id, organization_id;
	struct text name;
	struct text address; /* civic, one line, for logs and people */
	struct text civic;   /* civicAddress element, see pidf_lo.h */
	uint64_t psap_id;    /* 0: none known */
	uint64_t desk_number;
	/* Millionths of a degree from the south pole and from 180 degrees west
	 * (WGS 84); both 0: it has no point. */
	uint32_t latitude_u6, longitude_u6;
	uint64_t building_id;  /* 0: none */
	struct text time_zone; /* empty: its organisation's */
	uint32_t elin_count;
	/* The pool, ascending; most are short, so the rest is never cleared. */
	uint64_t elins[DIR_POOL_MAX];
};
/* A member behind it would never be cleared either. */
_Static_assert(offsetof(struct dir_location, elins) +
			       sizeof(uint64_t[DIR_POOL_MAX]) ==
		       sizeof(struct dir_location),
	       "the pool is the last member");

struct dir_elin {
	uint64_t location_id, organization_id;
};

enum psap_kind {
	PSAP_PRIMARY = 1,
	PSAP_RELAY_CENTER = 2,
	PSAP_LAST_RESORT = 3
};
const char *psap_kind_name(enum psap_kind k); /* "psap", "relay_center",.. */

#define DIR_ROUTES_MAX 16
struct dir_route {
	uint64_t trunk_id;
	uint64_t psap_id; /* whose route: an alternate's differs from ours */
	struct text request_user; /* "911", "+12065550911" */
};
struct dir_psap {
	uint64_t psap_id;
	struct text name;
	enum psap_kind kind;
	uint32_t route_count;
	struct dir_route routes[DIR_ROUTES_MAX]; /* own, then alternates' */
};

/* Whoever knows the password sends for this trunk.  Hashes as in RFC 3261
 * 22.4: of user name, realm and password; empty: this algorithm is not
 * taken. */
struct dir_credential {
	uint64_t trunk_id;
	struct text ha1_md5, ha1_sha256; /* 16 and 32 bytes */
};

/* Whoever shows a certificate of that name, verified, sends for this trunk. */
struct dir_certificate {
	uint64_t trunk_id;
};

/* Where the devices are that see it. */
struct dir_station {
	uint64_t location_id;
	struct text name; /* as provisioned, for people */
};

/* Who may ask where devices are.  One whose name is the UUID of an
 * organisation is that organisation. */
struct dir_client {
	uint64_t organization_id;  /* whose; 0: of all */
	struct text secret_sha256; /* 32 bytes; empty: it has no secret */
	bool by_source; /* the address of a request says which device asks */
};

/* A page that shows an organisation's calls. */
struct dir_screen {
	uint64_t screen_id, organization_id;
	struct text name;         /* what recipients call it */
	struct text token_sha256; /* 32 bytes; empty: nobody can log in */
	uint64_t building_id;     /* where it hangs; 0: unsaid */
};

/* What a recipient is told of, bits. */
enum recipient_event {
	RECIPIENT_EMERGENCY_CALL = 1 << 0,
	RECIPIENT_RELAY_CALL = 1 << 1,
	RECIPIENT_TEST_CALL = 1 << 2,
	RECIPIENT_UNDEFINED_LOCATION = 1 << 3,
	RECIPIENT_ENDPOINT_UNLOCATED = 1 << 4,
	RECIPIENT_CALLBACK = 1 << 5,
	RECIPIENT_ELIN_POOL_EXHAUSTED = 1 << 6,
	RECIPIENT_TRUNK_DOWN = 1 << 7,
	RECIPIENT_PSAP_DOWN = 1 << 8,
	RECIPIENT_ALI_DOUBTFUL = 1 << 9,
};
enum recipient_channel {
	RECIPIENT_EMAIL = 1,
	RECIPIENT_SMS = 2,
	RECIPIENT_WEBHOOK = 3,
	RECIPIENT_SCREEN = 4,
	RECIPIENT_PHONE = 5,
};

/* Who is told. */
struct dir_recipient {
	uint64_t recipient_id, organization_id;
	struct text name;
	enum recipient_channel channel;
	struct text address;        /* as the channel wants it */
	struct text preset, secret; /* of the channel; empty: none */
	uint32_t events;            /* enum recipient_event */
	struct text language;       /* empty: the organisation's */
	uint64_t template_id;       /* 0: the organisation's words */
	uint64_t hours_id;          /* 0: always */
	bool outside_hours;         /* told when these are not, instead */
	bool no_updates;            /* told of the call, not of its course */
	/* Seconds without an acknowledgement before it is told; 0: at once.
	 * Of one that is told instead of another: seconds in which that one's
	 * was not delivered. */
	uint32_t after_s;
};

/* Own words; an empty one is the gateway's. */
struct dir_template {
	uint64_t organization_id; /* 0: the gateway's */
	struct text subject, body, sms;
};

/* When. */
#define DIR_HOURS_SPAN_SIZE 5
struct dir_hours {
	uint64_t organization_id; /* 0: the gateway's */
	struct text time_zone;    /* empty: that of the place of the call */
	/* Each: u8 days (Monday is bit 0), u16 first minute of the day, u16
	 * minute that it ends before; not larger: on the next day. */
	struct text spans;
};

/*
 * Encode into buf: length, or -ENOSPC.  Decode: 0; -EBADMSG when CRC,
 * version, kind or key echo is wrong; -EPROTO when a field is malformed; in
 * either case *ret is empty.  Read does the same of a value of which another
 * look has shown that it is the key's and whole (dir_record_check()).
 * Texts of a decoded record point into 'value' and live as long as it.
 * 'value' need not be aligned.
 */
#define DIR_RECORD_CODEC(name) \
	int must_check dir_##name##_encode(const struct dir_##name *r, \
					   const struct dir_key *key, \
					   uint8_t *buf, size_t size); \
	int must_check dir_##name##_decode(const struct dir_key *key, \
					   const void *value, size_t len, \
					   struct dir_##name *ret); \
	int must_check dir_##name##_read(const struct dir_key *key, \
					 const void *value, size_t len, \
					 struct dir_##name *ret)
DIR_RECORD_CODEC(meta);
DIR_RECORD_CODEC(gateway);
DIR_RECORD_CODEC(source);
DIR_RECORD_CODEC(trunk);
DIR_RECORD_CODEC(trunk_org);
DIR_RECORD_CODEC(organization);
DIR_RECORD_CODEC(identity);
DIR_RECORD_CODEC(endpoint);
DIR_RECORD_CODEC(network);
DIR_RECORD_CODEC(location);
DIR_RECORD_CODEC(elin);
DIR_RECORD_CODEC(psap);
DIR_RECORD_CODEC(credential);
DIR_RECORD_CODEC(certificate);
DIR_RECORD_CODEC(station);
DIR_RECORD_CODEC(client);
DIR_RECORD_CODEC(screen);
DIR_RECORD_CODEC(recipient);
DIR_RECORD_CODEC(template);
DIR_RECORD_CODEC(hours);
#undef DIR_RECORD_CODEC
