/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session_timer: is the far side of a leg still there (RFC 4028)?
 *
 * Each leg has a timer of its own; nothing of it crosses.  On leg A whatever
 * interval the caller's platform asks for is taken, unless it is below the
 * parameter session_min_se: then no timer is agreed, and we ask for one of our
 * own later (docs/adr/0020).  On leg B we ask for the parameter
 * session_expires, or more if a 422 said so.  Who of both refreshes
 * is agreed in each INVITE and UPDATE; we do it by UPDATE without a body where
 * Allow names it, else by a re-INVITE that says again what we said before.
 *
 * A far side that misses its refresh is not hung up, though RFC 4028 10 would
 * have it so: it is asked by OPTIONS, and again, and only when it is silent is
 * the leg lost (recovery.h).
 *
 * Called with the call's lock held.
 */
#pragma once

#include "own_request.h"
#include "text_writer.h"

/* At the start, in seconds.  session_expires_s 0: we use no session timer.
 * session_min_se_s: the least interval that is agreed to, 90 by RFC 4028 5. */
void session_timer_init(uint32_t session_expires_s, uint32_t session_min_se_s);

/* Does a new leg offer it? */
bool session_timer_is_on(void);

/* ---- their INVITE or UPDATE ---- */

/* What it asks for. */
void session_timer_asked(struct leg *leg, const struct header_view *headers,
			 size_t count);
/* The lines of our 2xx; the timer runs from now on. */
void session_timer_answer(struct leg *leg, struct text_writer *w);

/* ---- our INVITE or UPDATE ---- */

/* Its lines, besides Supported. */
void session_timer_ask(const struct leg *leg, struct text_writer *w);
/* Their 2xx; the timer runs from now on, or there is none. */
void session_timer_agreed(struct leg *leg, const struct sip_reply_view *r);
/* Their 422: the next INVITE or UPDATE of this leg asks for what its Min-SE
 * says.  True if that is more than before. */
bool session_timer_too_brief(struct leg *leg, const struct sip_reply_view *r);

/* ---- for b2bua.c and own_request.c ---- */

void session_timer_due(struct call *call);
/* A call that came back: what we refresh is due at once. */
void session_timer_restored(struct call *call);
own_result_f session_timer_refreshed, session_timer_probed;
