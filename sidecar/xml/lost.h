/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lost: what requests and responses of LoST (RFC 5222) share. */
#pragma once

#include "text.h"

#define LOST_NS           "urn:ietf:params:xml:ns:lost1"
#define LOST_CONTENT_TYPE "application/lost+xml"
#define LOST_SERVICE      "urn:service:sos"

enum lost_error {
#define LOST_ERROR(NAME, element) LOST_ERROR_##NAME,
#define LOST_WARNING(NAME, element, message)
#include "xml/lost.def"
#undef LOST_ERROR
#undef LOST_WARNING
	LOST_ERROR_COUNT
};
const char *lost_error_name(enum lost_error e); /* "badRequest" */

enum lost_warning {
#define LOST_ERROR(NAME, element)
#define LOST_WARNING(NAME, element, message) LOST_WARNING_##NAME,
#include "xml/lost.def"
#undef LOST_ERROR
#undef LOST_WARNING
	LOST_WARNING_COUNT
};

/* Names of profiles that nobody knows, as NMTOKENS. */
#define LOST_PROFILES_SIZE 256

/* Why there is no answer. */
struct lost_fault {
	enum lost_error error;
	const char *message;               /* a constant */
	char profiles[LOST_PROFILES_SIZE]; /* of PROFILE_UNRECOGNIZED */
};

/* Can it be the name of a server, and so stand in a response: a domain name of
 * at least two labels (appUniqueString of the schema)? */
bool lost_source_is_valid(struct text name);
