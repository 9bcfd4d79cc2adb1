/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relay: requests inside a dialog, passed from one leg to the other, and
 * their replies back.
 *
 * Moves no state of the call.  Called with the call's lock held.
 */
#pragma once

#include "sip_port.h"

/* Any request but BYE, CANCEL and ACK: pass it on or refuse it. */
void relay_request(struct leg *leg, const struct sip_request_view *rq);
/* CANCEL of a re-INVITE that came on this leg; nothing if there is none. */
void relay_cancel(struct leg *leg);
/* An ACK: what it carries goes on when the other side waits for it. */
void relay_ack(struct leg *leg, const struct sip_request_view *rq);
/* The reply to a request that was passed on: give it to who asked. */
void relay_reply(struct exchange *ex, const struct sip_reply_view *r);
