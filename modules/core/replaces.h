/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replaces: the value of Replaces (RFC 3891 6.1). */
#pragma once

#include "text.h"

/* Views of the value.  The tags are told as the sender of the header sees
 * the dialog: to_tag is that of whoever it is sent to. */
struct replaces {
	struct text call_id, to_tag, from_tag;
	bool early_only;
};

/* -EINVAL: no Call-ID, or not each tag once. */
int must_check replaces_parse(struct text value, struct replaces *ret);
