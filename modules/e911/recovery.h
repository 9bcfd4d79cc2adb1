/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recovery: an answered call outlives the death of its far side.
 *
 * When leg B is lost, leg A stays up: the hunt goes on behind the route that
 * died, then from the first one, that one last; its INVITE offers what A last
 * described.  When a new B answers, A gets a re-INVITE with B's session
 * description if it differs from the one that A has; if A then answers
 * something else than B was offered, B gets that in a re-INVITE, once.
 * The lent number stays bound all the time.  When A is lost, B gets BYE.
 *
 * Silence alone is not death: a far side may drop a method that it does not
 * know.  So silence is followed by one OPTIONS in the dialog, and only when
 * that fails too the leg is lost.  481 means it at once (RFC 3261 12.2.1.2).
 *
 * Called with the call's lock held.
 */
#pragma once

#include "own_request.h"

/* Nobody is there any more.  Nothing when the leg is not up.  May end or
 * move the call: the last word of who calls it. */
void recovery_leg_lost(struct leg *leg, const char *why);
/* Is anybody there?  Asks, and calls recovery_leg_lost() if not. */
void recovery_probe(struct leg *leg, const char *why);
/* A request in the leg's dialog had this reply: is anybody there? */
void recovery_judge(struct leg *leg, const struct sip_reply_view *r);

/*
 * The connection to its far side has closed: asks by OPTIONS, on a new one.
 * Who has not answered our BYE gets another one instead.  Leg B is lost when
 * that is silent; leg A only when it is answered 481: a caller's platform may
 * take no connection but those that it opens itself, and no emergency call ends
 * for that.
 */
void recovery_connection_closed(struct leg *leg);
/*
 * Leg A, no ACK of which has come: it may have lost its way, and so may the BYE
 * that came behind it.  Asks by OPTIONS; lost only when that is answered 481.
 */
void recovery_caller_unheard(struct leg *leg);
/* Nobody is where that OPTIONS went: asked once more two seconds later, when a
 * proxy that was starting anew is back. */
void recovery_probe_unreachable(struct leg *leg, const char *why);

/* A media monitor or an operator says that no media comes from this leg.
 * Acted upon at the next tick: leg B is taken as lost, leg A is asked. */
void recovery_media_lost(struct leg *leg);

/* ---- for b2bua.c ---- */

/* Leg B of this call is lost: hang up what may be left of it. */
void recovery_begins(struct call *call);
/* A new B has answered. */
void recovery_joins(struct call *call);
void recovery_due_rejoin(struct call *call);
void recovery_due_media(struct call *call);
void recovery_due_probe(struct call *call);

/* ---- results, for own_request.c ---- */
own_result_f recovery_probed, recovery_closed_probed;
own_result_f recovery_rejoined, recovery_aligned;
