/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hunt: which route is tried next.
 *
 * Serial only: no route is invited while another one may still answer.
 * Called with the call's lock held.
 */
#pragma once

#include "call_store.h"
#include "sip_port.h"

/* Invite the first route; false when none could be invited. */
bool hunt_begin(struct call *call, struct call_store *store);
/* Leg B was answered and is lost: invite the route behind it.  The routes are
 * gone through once, round and round; that of the lost leg is the last.  False
 * when none could be invited. */
bool hunt_again(struct call *call, struct call_store *store);
/* The latest route refused or stayed silent: invite the next one.  False
 * when nothing is left to try. */
bool hunt_next(struct call *call, struct call_store *store,
	       const struct sip_reply_view *refusal);
