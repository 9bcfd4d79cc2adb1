/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hunt: which route is tried next.
 *
 * Serial only: no route is invited before the one before it has refused, was
 * silent for too long, or has been cancelled.  Routes whose destination is in
 * service (trunk_health.h) and whose trunk is below its limit (trunk_calls.h)
 * go first, in their order; when none is left those at their limit, then
 * those out of service.  None is left out.  Whoever answers first is taken,
 * also one that was given up meanwhile (docs/adr/0045).  Called with the
 * call's lock held.
 */
#pragma once

#include "call_store.h"
#include "sip_port.h"

struct b2bua;

/* Invite the first route; false when none could be invited. */
bool hunt_begin(struct call *call, const struct b2bua *b);
/* Leg B was answered and is lost: invite the route behind it.  The routes are
 * gone through once, round and round; that of the lost leg is the last.  False
 * when none could be invited. */
bool hunt_again(struct call *call, const struct b2bua *b);
/* The latest route refused or stayed silent: invite the next one.  False
 * when nothing is left to try. */
bool hunt_next(struct call *call, const struct b2bua *b,
	       const struct sip_reply_view *refusal);

/* The first reply to leg B's INVITE, whatever it says: its destination is in
 * service. */
void hunt_heard(const struct leg *leg, const struct b2bua *b);
/* Leg B has said 100: it has its route's time to ring
 * (CALL_TIMER_PROGRESS). */
void hunt_trying(struct leg *leg);
/* That time is over: cancel leg B, if there is another route.  True: the
 * next one is due. */
bool hunt_gives_up_silent(struct call *call);
/* The network says that nobody is where leg B's INVITE went, which has heard
 * nothing yet.  is_sent_again: the INVITE is repeated and may still arrive, so
 * the last route keeps its time.  True: the next one is due. */
bool hunt_gives_up_unreachable(struct call *call, bool is_sent_again);

/* A leg that was given up has been answered, and the caller waits: it is leg B
 * again, and who is rung in its place is cancelled. */
void hunt_takes(struct leg *late);
