/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reference: follow a URI of a location with HELD (RFC 6753 3): a POST of an
 * empty locationRequest.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "locate/reference_rules.h"
#include "locate_wire.h"

#define REFERENCE_DOCUMENT_MAX 65536

struct reference {
	const struct conf *conf; /* borrowed */
	const struct stop *stop; /* borrowed */
	struct reference_rules rules;
};

/* May it be followed, as far as the URI alone tells? */
bool reference_may_be_followed(const struct reference *r, struct text uri);

/*
 * The document behind the URI, in buf of at least REFERENCE_DOCUMENT_MAX
 * bytes: its length.  -EPERM: it may not be followed; else why it led to
 * nothing; *ret_why is a constant.  Waits up to timeout_ms.
 */
int must_check reference_follow(const struct reference *r, struct text uri,
				int timeout_ms, char *buf,
				const char **ret_why);
