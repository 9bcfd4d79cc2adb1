/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session_expires: the values of Session-Expires and Min-SE (RFC 4028 4, 5).
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define SESSION_EXPIRES_MIN 90 /* s: RFC 4028 5 */

enum session_refresher {
	REFRESHER_NONE, /* not said */
	REFRESHER_UAC,  /* who sent the request */
	REFRESHER_UAS,
};

struct session_expires {
	uint32_t interval_s; /* not 0 */
	enum session_refresher refresher;
};

/* "1800;refresher=uac".  -EINVAL; more than 32 bits count as the most. */
int must_check session_expires_parse(struct text value,
				     struct session_expires *ret);
/* "90".  -EINVAL. */
int must_check min_se_parse(struct text value, uint32_t *ret_s);

/* "uac" or "uas"; NULL when it is not said. */
const char *session_refresher_name(enum session_refresher r);
