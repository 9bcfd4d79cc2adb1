/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handle_replaces: an INVITE with Replaces (RFC 3891) on its way to replace.h.
 */
#pragma once

#include <stdbool.h>

#include "core/parser/msg_parser.h"

/* Has it the header?  Whether it is of our business says its source. */
bool has_replaces(struct sip_msg *msg);
/* 1: it was dealt with. */
int handle_replaces(struct sip_msg *msg);
