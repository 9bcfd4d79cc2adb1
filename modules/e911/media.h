/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media: the voice goes through an engine (rtpengine), which speaks RTP to
 * one side and SRTP to the other.
 *
 * Whatever session description crosses from a leg to the other goes through
 * the functions here: as an offer it is written anew for whom it goes to, as
 * an answer for whom it comes back to.  A call has one session at one engine,
 * from its first INVITE to its end: its name is the call's, its parties are
 * called as our tags on the legs.  Another far side is another party of the
 * same session, so leg A keeps the ports that it has.
 *
 * Without an engine, or when none answers, descriptions cross as they are: the
 * media then go past us, if the two sides agree.  That is decided with each
 * offer; its answer follows it.  When an engine dies, its calls are moved to
 * another one, or past us, by re-INVITE (media_due()).
 *
 * Asking an engine is the only wait in the path of a call: bounded by
 * media_timeout, and spent on an engine that is dead only until one process
 * has found out (docs/adr/0025).
 *
 * Called with the call's lock held.
 */
#pragma once

#include "crossing.h"
#include "media_port.h"
#include "own_request.h"

/* Borrowed; NULL, or without engines: everything crosses as it is. */
void media_init(const struct media_port *port);

enum media_role { MEDIA_OFFER, MEDIA_ANSWER };

/*
 * A session description of from, as to must be given it; in the call's memory
 * until the next one of from, or sdp itself.  Remembered in
 * from->session_shown.
 */
struct text media_session(struct leg *from, struct leg *to,
			  enum media_role role, struct text sdp);

/* The same of the description in a message, alone or as a part: in itself, or
 * a copy that lives until the next call. */
const struct crossing_in *media_cross(struct leg *from, struct leg *to,
				      enum media_role role,
				      const struct crossing_in *in);
const struct sip_reply_view *media_reply(struct leg *from, struct leg *to,
					 enum media_role role,
					 const struct sip_reply_view *r);

/* What the other side was last given of theirs. */
struct text media_shown(const struct leg *from);

/* What from offered was refused: what was in force before holds again. */
void media_refused(struct leg *from, struct leg *to);

/* The call is over. */
void media_ends(struct call *call);

/* ---- engines die ---- */

/* An engine (from 0) is dead, or lives and has forgotten its sessions: is
 * that the call's business?  It is moved in delay_ms then. */
bool media_lost(struct call *call, unsigned engine, int delay_ms);
/* CALL_TIMER_MOVE. */
void media_due(struct call *call);
own_result_f media_moved; /* for own_request.c */
