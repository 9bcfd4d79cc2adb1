/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hangup: our BYE over UDP, without a transaction of tm.
 *
 * Of a client transaction a BYE needs that it is repeated and that its answer
 * is known.  The leg can do both, with a few bytes: which BYE it is, and when
 * the next copy is due.  The branch is made of its tag, its place among the
 * legs (forks have the same tag) and its CSeq, so that each copy has the same
 * one and an answer finds its leg.  Times as tm has them (RFC 3261 17.1.2):
 * again after T1, 2*T1, 4*T1, given up after HANGUP_MS.
 *
 * Over TCP and TLS, with a route set, and of a call that is over already,
 * whose memory may be wanted, tm sends it (leg_bye()).
 *
 * Called with the call's lock held.
 */
#pragma once

#include "sip_port.h"
#include "text_writer.h"

#define HANGUP_MS          4000 /* what kamailio.cfg gives tm as fr_timer */
#define HANGUP_BRANCH      "z9hG4bK-bye-" /* what each begins with */
#define HANGUP_BRANCH_SIZE 64

/* Send it as request cseq.  Negative errno: it wants a transaction, and nothing
 * was sent. */
int must_check hangup_send(struct leg *leg, uint32_t cseq, const char *lines);

/* What its copies have for a branch; what does not fit shows in w->full. */
void hangup_branch(const struct leg *leg, struct text_writer *w);
/* Is it one of those, of whatever leg? */
bool hangup_is_branch(struct text branch);
/* Our tag in it; empty: it has none. */
struct text hangup_tag(struct text branch);

/* A reply to one of them.  Whose final answer it is, is gone. */
void hangup_answered(struct call *call, struct text branch, unsigned code);
/* CALL_TIMER_HANGUP. */
void hangup_due(struct call *call);
