/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * b2bua: what one leg does when the other moves.
 *
 * Speaks sip_port.h downwards and is spoken to by it.  Owns call->state and
 * is the only file that changes it, by the rows of core/call_fsm.h.
 */
#pragma once

#include "call_store.h"
#include "elin_table.h"
#include "sip_port.h"

struct replace_invite;
struct inquiries;

struct b2bua {
	struct call_store *store;
	struct elin_table *elins;
	struct trunk_health *health;     /* NULL: every trunk is in service */
	struct trunk_calls *trunk_calls; /* NULL: no trunk has a limit */
	struct fair_share *shares;       /* NULL: there are none */
	struct inquiries *inquiries;     /* NULL: nobody is asked */
	const struct call_route *announcer; /* announcement.h; NULL: none */
	int ladder_ms; /* bound of a hunt; 0: the states' own guards */
	int linger_ms; /* how long an ended call is kept; 32000 by RFC 3261 */
};
/* Process-wide; set once before any call. */
void b2bua_init(const struct b2bua *conf);

/*
 * Begin the hunt of a call whose leg A, routes and offer are filled in, and
 * answer leg A's INVITE if nothing can be tried.  Takes the call into the
 * store.
 */
void b2bua_start(struct call *call);

/*
 * The same, but nobody is invited before b2bua_on_located(), or before the
 * state's guard time is over.
 */
void b2bua_hold(struct call *call);

/* What became of a location that the call brought. */
struct call_located {
	/* In place of the call's; count 0: they stay. */
	const struct call_route *routes;
	unsigned route_count;
	enum call_brought brought;
};
/*
 * The hunt of a held call begins.  False, and nothing happens, when it has
 * begun already or the caller has given up.
 */
bool b2bua_on_located(struct call *call, const struct call_located *how);

/* A reply to a request of ours. */
void b2bua_on_reply(struct exchange *ex, const struct sip_reply_view *r);
/* The same of one that went without a transaction (hangup.h): it has this
 * branch. */
void b2bua_on_bye_reply(struct call *call, struct text branch, unsigned code);
/* Any 2xx to an INVITE, also a repeated one: ACK it again if we did. */
void b2bua_on_2xx_again(struct exchange *ex, struct text to_tag);

/* A 2xx to an INVITE with this CSeq, whose transaction is forgotten, on the leg
 * with this Call-ID and tag: its ACK again; a fork or a route given up is hung
 * up. */
void b2bua_on_stray_2xx(struct leg *found, uint32_t cseq,
			const struct sip_reply_view *r);

/* An INVITE that would take the place of this leg, found by what its Replaces
 * says (RFC 3891 3). */
void b2bua_on_replace(struct leg *found, const struct replace_invite *in);
/* A request in a dialog, found by call_store_find(); ACK included. */
void b2bua_on_request(struct leg *found, const struct sip_request_view *rq);
/*
 * The INVITE of a call that came back after a start and whose answer A may not
 * have heard: it is answered as it was.  False: this is no such call.
 */
bool b2bua_answer_again(struct leg *a, const struct sip_transaction *t);
/* CANCEL of leg A's INVITE or of a re-INVITE on either leg; its own 200 is
 * sent here. */
void b2bua_on_cancel(struct leg *leg, struct sip_transaction cancel);

/* Memory is short: forget every call that has ended, retransmissions or
 * not.  How many. */
size_t b2bua_reclaim(void);

/* Nobody is there any more on this leg, which is up; under the call's lock.
 * Called by recovery.c alone. */
void b2bua_on_leg_lost(struct leg *leg);

/* The network says that what went to this leg reached nobody; why is static
 * text, is_sent_again as for hunt_gives_up_unreachable().  True when a route
 * was given up for it. */
bool b2bua_on_unreachable(struct leg *leg, const char *why, bool is_sent_again);

/* Nobody hears the OPTIONS by which this leg was asked after a closing; why is
 * static text. */
void b2bua_on_probe_unreachable(struct leg *leg, const char *why);
/* Connections have closed: ask the legs of the call that used one of them,
 * which is for the function to say, under the call's lock. */
typedef bool(b2bua_used_f)(const struct leg *leg, const void *arg);
void b2bua_on_connection_closed(struct call *call, b2bua_used_f *used,
				const void *arg);

/* An engine of media (from 0) has died or forgotten its sessions.  True when
 * the call is moved for it, in delay_ms. */
bool b2bua_on_media_lost(struct call *call, unsigned engine, int delay_ms);

/* Leg B has hung up while somebody was to take its place, and nobody does. */
void b2bua_on_left(struct call *call);

/* A time of the call is over. */
void b2bua_on_due(struct call *call);
