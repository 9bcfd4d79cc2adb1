/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recovery.h"

#include <errno.h>

#include "b2bua.h"
#include "leg.h"
#include "media.h"
#include "report.h"
#include "session.h"

#define REJOIN_AGAIN_MS 1000
#define PROBE_AGAIN_MS  2000
#define SDP_LINE        "Content-Type: application/sdp\r\n"

/* ---- is it lost? ---- */

void recovery_leg_lost(struct leg *leg, const char *why)
{
	if (!leg_is_current(leg) || !leg_is_up(leg))
		return;
	/* Somebody who lives is about to take its place (replace.h). */
	if (leg->side == LEG_B && leg->call->replacing)
		return;
	log_line(LEVEL_WARNING, "bridge: leg '%.*s' is lost: %s",
		 TEXT_ARG(leg->call_id), why);
	stat_add(STAT_legs_lost, 1);
	report_leg_lost(leg, why);
	b2bua_on_leg_lost(leg);
}

void recovery_probe(struct leg *leg, const char *why)
{
	int err;

	if (!leg_is_current(leg) || !leg_is_up(leg) || leg->is_probed)
		return;
	leg->is_probed = true;
	err = own_request_send(leg, OWN_PROBE,
			       &(struct own_request){ .method = "OPTIONS" });
	if (err == 0)
		return;
	leg->is_probed = false;
	/* Without memory nothing is known of the far side. */
	if (err == -ENOMEM)
		stat_add(STAT_memory_failures, 1);
	else
		recovery_leg_lost(leg, why);
}

void recovery_probed(struct leg *leg, enum own_result result,
		     const struct sip_reply_view *r)
{
	(void)r;
	/* One that nobody took: another has been sent since. */
	if (!leg->is_probed)
		return;
	leg->is_probed = false;
	leg->is_asked_again = false;
	if (result == OWN_SILENT)
		recovery_leg_lost(leg, "silent, also to OPTIONS");
	else if (result == OWN_UNKNOWN)
		recovery_leg_lost(leg, "the far side does not know it");
}

/* Nothing but their word, or for leg B silence, makes it lost. */
static int ask(struct leg *leg)
{
	int err;

	leg->is_probed = true;
	err = own_request_send(leg, OWN_CLOSED,
			       &(struct own_request){ .method = "OPTIONS" });
	if (err == 0)
		return 0;
	leg->is_probed = false;
	if (err == -ENOMEM)
		stat_add(STAT_memory_failures, 1);
	return err;
}

void recovery_connection_closed(struct leg *leg)
{
	int err;

	if (leg_bye_again(leg))
		stat_add(STAT_byes_repeated, 1);
	if (!leg_is_current(leg) || !leg_is_up(leg) || leg->is_probed)
		return;
	stat_add(STAT_connections_lost, 1);
	err = ask(leg);
	if (err < 0 && err != -ENOMEM && leg->side == LEG_B)
		recovery_leg_lost(leg, "its connection was closed");
}

void recovery_caller_unheard(struct leg *leg)
{
	if (leg_is_current(leg) && leg_is_up(leg) && !leg->is_probed)
		(void)ask(leg);
}

void recovery_closed_probed(struct leg *leg, enum own_result result,
			    const struct sip_reply_view *r)
{
	(void)r;
	if (!leg->is_probed)
		return;
	leg->is_probed = false;
	leg->is_asked_again = false;
	if (result == OWN_UNKNOWN)
		recovery_leg_lost(leg, "the far side does not know it");
	else if (result == OWN_SILENT && leg->side == LEG_B)
		recovery_leg_lost(leg, "its connection was closed");
}

void recovery_probe_unreachable(struct leg *leg, const char *why)
{
	if (leg->side != LEG_B || !leg->is_probed)
		return;
	leg->is_probed = false;
	/* A proxy of the PSAP may be starting anew: its calls live on. */
	if (!leg->is_asked_again && leg_is_current(leg) && leg_is_up(leg)) {
		leg->is_asked_again = true;
		call_timer_set(leg->call, CALL_TIMER_PROBE, PROBE_AGAIN_MS);
		return;
	}
	recovery_leg_lost(leg, why);
}

void recovery_due_probe(struct call *call)
{
	if (call->b)
		recovery_probe(call->b, "its connection was closed");
}

static bool is_ominous(const struct sip_reply_view *r)
{
	return r->code == 481 || r->code == 408 ||
	       (r->is_local && r->code >= 300);
}

void recovery_judge(struct leg *leg, const struct sip_reply_view *r)
{
	if (r->code == 481 && !r->is_local)
		recovery_leg_lost(leg, "the far side does not know it");
	else if (is_ominous(r))
		recovery_probe(leg, "silent, and no OPTIONS can be sent");
}

/* ---- media ---- */

void recovery_media_lost(struct leg *leg)
{
	leg->call->media_lost = leg;
	call_timer_set(leg->call, CALL_TIMER_MEDIA, 0);
}

void recovery_due_media(struct call *call)
{
	struct leg *leg = call->media_lost;

	call->media_lost = NULL;
	if (!leg || !leg_is_current(leg))
		return;
	/* A caller who is silent is no reason to hang up on it. */
	if (leg->side == LEG_A)
		recovery_probe(leg, "no media");
	else
		recovery_leg_lost(leg, "no media");
}

/* ---- recovery ---- */

void recovery_begins(struct call *call)
{
	struct leg *lost = call->b;

	call->recoveries++;
	call->lost_at_ms = clock_mono_ms();
	call->lost = lost;
	call->touched = true;
	own_request_stop(lost);
	/* The caller need not move its media to who is dead. */
	if (call->a->own.purpose == OWN_REJOIN)
		own_request_cancel(call->a);
	if (lost->ack_due)
		leg_ack(lost, NULL, 0, text_of(NULL));
	/* Dead or not: nobody must stay there. */
	if (leg_bye(lost) < 0)
		log_line(LEVEL_WARNING,
			 "bridge: no BYE to the lost leg, ignored");
}

static void acknowledge(struct leg *b, const struct crossing_in *answer)
{
	if (!b->ack_due)
		return;
	if (answer)
		leg_ack(b, answer->headers, answer->header_count, answer->body);
	else
		leg_ack(b, NULL, 0, text_of(NULL));
}

/* Let A send its media to the new B. */
static void rejoin(struct call *call)
{
	struct text offer = call_text_get(&call->b->session_heard);
	int err = -ENODATA;

	offer = media_session(call->b, call->a, MEDIA_OFFER, offer);
	if (offer.len)
		err = own_request_send(
			call->a, OWN_REJOIN,
			&(struct own_request){ .method = "INVITE",
					       .headers = text_of(SDP_LINE),
					       .body = offer });
	if (err >= 0)
		return;
	if (offer.len && err != -ENOTCONN) {
		call_timer_set(call, CALL_TIMER_REJOIN, REJOIN_AGAIN_MS);
		return;
	}
	acknowledge(call->b, NULL);
}

void recovery_joins(struct call *call)
{
	struct leg *a = call->a, *b = call->b;

	call->lost = NULL;
	call->touched = true;
	stat_add(STAT_calls_recovered, 1);
	report_recovered(call, b,
			 (uint64_t)(clock_mono_ms() - call->lost_at_ms));
	if (b->offer_out)
		(void)media_session(b, a, MEDIA_ANSWER,
				    call_text_get(&b->session_heard));
	if (b->session_heard.len && !b->ack_due &&
	    session_is_same(call_text_get(&a->session_sent), media_shown(b)))
		return;
	rejoin(call);
}

void recovery_due_rejoin(struct call *call)
{
	if (call->state == CALL_CONNECTED)
		rejoin(call);
}

/* A's changed answer goes to B, once. */
static void align(struct leg *b, struct text answer)
{
	int err = own_request_send(
		b, OWN_ALIGN,
		&(struct own_request){ .method = "INVITE",
				       .headers = text_of(SDP_LINE),
				       .body = answer });

	if (err < 0)
		log_line(LEVEL_WARNING,
			 "bridge: the far side is not told of the caller's "
			 "changed media: %s, ignored",
			 strerror(-err));
}

/* The CANCEL may have crossed the answer: A speaks to who is dead. */
static void rejoin_was_moot(struct leg *a, const struct crossing_in *answer,
			    unsigned code)
{
	if (code >= 300)
		return;
	(void)call_text_set(a->call, &a->session_sent,
			    call_text_get(&a->own.body));
	session_heard(a, answer);
	call_timer_set(a->call, CALL_TIMER_REJOIN, 0);
}

void recovery_rejoined(struct leg *a, enum own_result result,
		       const struct sip_reply_view *r)
{
	struct crossing_in in = { r->headers, r->header_count, r->body };
	struct leg *b = a->call->b;
	bool was_late = b->ack_due;

	if (result == OWN_MOOT) {
		rejoin_was_moot(a, &in, r->code);
		return;
	}
	if (result == OWN_SILENT || result == OWN_UNKNOWN) {
		acknowledge(b, NULL);
		recovery_judge(a, r);
		return;
	}
	if (result == OWN_REFUSED) {
		log_line(LEVEL_WARNING,
			 "bridge: the caller refuses to move its media: %u, "
			 "kept",
			 r->code);
		acknowledge(b, NULL);
		return;
	}
	(void)call_text_set(a->call, &a->session_sent, media_shown(b));
	acknowledge(b, media_cross(a, b, MEDIA_ANSWER, &in));
	session_heard(a, &in);
	if (was_late)
		(void)call_text_set(a->call, &b->session_sent, media_shown(a));
	else if (!session_is_same(media_shown(a),
				  call_text_get(&b->session_sent)))
		align(b, media_session(a, b, MEDIA_OFFER,
				       call_text_get(&a->session_heard)));
}

void recovery_aligned(struct leg *b, enum own_result result,
		      const struct sip_reply_view *r)
{
	struct crossing_in in = { r->headers, r->header_count, r->body };

	if (result == OWN_SILENT || result == OWN_UNKNOWN) {
		recovery_judge(b, r);
		return;
	}
	if (result == OWN_REFUSED)
		return;
	(void)call_text_set(b->call, &b->session_sent, media_shown(b->call->a));
	session_heard(b, &in);
	(void)media_session(b, b->call->a, MEDIA_ANSWER,
			    call_text_get(&b->session_heard));
}
