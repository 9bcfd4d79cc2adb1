/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held: what a device, or a server for it, asks of a location server, and what
 * it hears (RFC 5985; identity of the device RFC 6155; by reference RFC 6753;
 * what it sees of its network, RFC 7105: access point, and LLDP).
 *
 * Elements are known by their names, whatever their namespace.
 */
#pragma once

#include <stdint.h>

#include "text_writer.h"
#include "xml/xml_doc.h"

#define HELD_NS           "urn:ietf:params:xml:ns:geopriv:held"
#define HELD_ID_NS        HELD_NS ":id"
#define HELD_CONTENT_TYPE "application/held+xml"

enum held_error {
#define HELD_ERROR(NAME, code) HELD_ERROR_##NAME,
#define HELD_IDENTITY(NAME, element)
#include "xml/held.def"
#undef HELD_ERROR
#undef HELD_IDENTITY
	HELD_ERROR_COUNT
};
const char *held_error_name(enum held_error e); /* "requestError" */

enum held_identity_kind {
#define HELD_ERROR(NAME, code)
#define HELD_IDENTITY(NAME, element) HELD_IDENTITY_##NAME,
#include "xml/held.def"
#undef HELD_ERROR
#undef HELD_IDENTITY
	HELD_IDENTITY_COUNT
};
const char *held_identity_name(enum held_identity_kind k); /* "mac" */

struct held_identity {
	enum held_identity_kind kind;
	struct text value; /* borrowed from the document; not empty */
};

/* When an answer is wanted; milliseconds otherwise. */
#define HELD_NO_TIME            (-1)
#define HELD_EMERGENCY_ROUTING  (-2)
#define HELD_EMERGENCY_DISPATCH (-3)

#define HELD_IDENTITIES_MAX 16

struct held_request {
	int64_t response_time_ms; /* or one of the above */
	/* None of the three: any will do. */
	bool wants_civic, wants_geodetic, wants_uri;
	bool exact;      /* these or an error */
	bool has_device; /* somebody's, whatever is said of it */
	/* What it sees; borrowed, empty: not said. */
	struct text bssid;
	struct held_octets {
		struct text hex;
		bool is_mac; /* by its type (IEEE 802.1AB 8.5.2, 8.5.3) */
	} chassis, port;
	uint32_t identity_count; /* 0: whoever sends this, or the reference */
	struct held_identity identities[HELD_IDENTITIES_MAX];
	/* Identities that must be used: a bit for each kind, and whether there
	 * is one that nobody knows. */
	uint32_t required;
	bool requires_unknown;
};

/*
 * 0; -EINVAL, and *ret_error and *ret_why, a constant, are to be sent back.
 */
int must_check held_request_read(const struct xml_doc *doc,
				 struct held_request *ret,
				 enum held_error *ret_error,
				 const char **ret_why);
/* The text that these bytes are, decoded into buf; what is a MAC address, or no
 * text, stays as it is. */
#define HELD_OCTETS_MAX 255
struct text held_octets_read(const struct held_octets *o,
			     char buf[HELD_OCTETS_MAX]);
bool held_wants_any(const struct held_request *r);

#define HELD_URIS_MAX 4

struct held_location {
	struct text uris[HELD_URIS_MAX]; /* location by reference */
	uint32_t uri_count;
	int64_t uris_expire_ms; /* UTC */
	/* A PIDF-LO as pidf_lo_format() writes it; empty: none. */
	struct text presence;
};

void held_location_write(struct text_writer *w, const struct held_location *l);
void held_error_write(struct text_writer *w, enum held_error error,
		      const char *message);
