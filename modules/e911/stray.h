/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stray: replies to requests of ours that tm does not know, or no more: 2xx to
 * an INVITE, what old_leg.h waits for, and those to a BYE of hangup.h.
 *
 * The far side repeats its 2xx until the ACK comes, for 32 s (RFC 3261
 * 13.3.1.4); tm forgets the INVITE 5 s after its end.  In a call that goes on
 * the ACK is sent again.  An answer that belongs to no call, after a restart,
 * is acknowledged and hung up, lest a dispatcher sits in a dead line; only when
 * it comes from the address of a trunk, and not more than
 * STRAY_HANGUPS_MAX a second.
 */
#pragma once

#include "core/parser/msg_parser.h"

#define STRAY_HANGUPS_MAX 200

/* Kamailio's hook for replies: 0: it was dealt with, 1: not ours. */
int stray_reply(struct sip_msg *msg);
