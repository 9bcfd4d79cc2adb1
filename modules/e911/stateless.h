/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stateless: answers that cost no transaction, by Kamailio's module sl.
 */
#pragma once

#include "core/parser/msg_parser.h"
#include "text.h"

/* mod_init; negative errno when sl is not loaded. */
int must_check stateless_bind(void);

/* Answer a request.  Its ACK, if it gets one, is the script's.  False: it could
 * not be sent. */
bool stateless_reply(struct sip_msg *msg, int code, const char *reason);
/* ... with whole header lines more. */
void stateless_reply_with(struct sip_msg *msg, int code, const char *reason,
			  struct text lines);
