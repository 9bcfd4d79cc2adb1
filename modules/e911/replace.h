/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replace: somebody else takes the place of leg B (RFC 3891): a PSAP that
 * transfers the call, or a bridge that it is to join.
 *
 * An INVITE with Replaces that names the dialog of an answered leg B, from the
 * trunk of a PSAP.  Its offer goes to A in a re-INVITE; when A has accepted,
 * the new one is answered with what A said, and the old one gets BYE.  Until
 * then nothing changes; when A refuses, the new one hears it.  Without an
 * offer the new one is offered what A last described, and A is told what it
 * answers.
 *
 * Called with the call's lock held.
 */
#pragma once

#include "call_store.h"
#include "own_request.h"

/* An INVITE outside a dialog, to be answered through its transaction. */
struct replace_invite {
	const struct sip_request_view *view;
	struct text call_id, from_uri, to_uri, route_set, local_tag;
	struct text contact; /* ours: "<sip:...>" */
	struct next_hop peer;
	uint64_t trunk_id;
	uint8_t profile;
	uint8_t media;            /* enum trunk_media */
	struct text replaced_tag; /* theirs, of the dialog to be replaced */
	bool early_only;
};

/* ---- for b2bua.c ---- */

/* The INVITE is answered, now or later. */
void replace_begin(struct leg *old, const struct replace_invite *in,
		   struct call_store *store);
/* CANCEL of it, or BYE: true when leg is the new one. */
bool replace_cancelled(struct leg *leg);
/* The call may have moved on: nobody must be left waiting. */
void replace_settle(struct call *call);
/* ACK of who took the place with a late offer. */
void replace_acknowledged(struct leg *b, const struct sip_request_view *rq);

own_result_f replace_offered; /* for own_request.c */
