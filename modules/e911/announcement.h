/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announcement: the last word to an emergency caller whose every route
 * failed, if the operator wants it (announce_agent).
 *
 * One more leg B, toward e911d's agent.  It speaks as early media, so that
 * the call is never answered, and then refuses; A gets the 503 that it would
 * have had at once.  An announcer that is gone, busy or silent costs its
 * response time at most (core/call_fsm.h, announcing and telling).  A PSAP that
 * answers meanwhile takes its place (hunt_takes()).
 *
 * Called with the call's lock held.
 */
#pragma once

#include "call.h"

struct b2bua;

/* What tells the announcer what to say; a whole line.  No caller's message
 * can bring it (header_policy.h). */
#define ANNOUNCEMENT_HEADER "X-E911-Announce: routes-failed\r\n"

/* The announcer is given up quickly, and never taken for a dead trunk. */
void announcement_route_mend(struct call_route *route);

/* Is there an announcer, and may this call, which has no route left, still
 * hear it?  Not a callback or a test; nor a caller who has confirmed another
 * far side's description, and would hear nothing of this one's. */
bool announcement_is_due(const struct call *call, const struct b2bua *b);
/* Invite it.  Negative errno: it is not invited. */
int must_check announcement_begin(struct call *call, const struct b2bua *b);
/* A was shown where its words come from; once. */
void announcement_heard(struct leg *leg);
/* A PSAP has answered after all.  The announcer is no route of a recovery. */
void announcement_gives_way(struct call *call);
/* The call is about to be refused; counts what was missed. */
void announcement_ends(const struct call *call);
