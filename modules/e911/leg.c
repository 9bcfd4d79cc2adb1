/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leg.h"

#include <errno.h>

#include "crossing.h"
#include "hangup.h"
#include "leg_line.h"
#include "own_request.h"
#include "session_timer.h"

#define BYES_MAX 3 /* to one leg */

/* One process, one thread: a scratch buffer for the headers of the message
 * that is being written. */
static char scratch[LEG_HEADERS_SIZE];

/* ---- the dialog ---- */

void leg_refresh(struct leg *leg, struct text contact)
{
	/* Copies of a BYE go where the first went. */
	if (contact.len && !leg->hangup.cseq)
		(void)call_text_set(leg->call, &leg->remote_target, contact);
}

int leg_learn(struct leg *leg, const struct sip_reply_view *r)
{
	struct call *call = leg->call;
	bool ok = true;

	if (r->to_tag.len)
		ok &= call_text_set(call, &leg->remote_tag, r->to_tag);
	if (r->contact.len)
		ok &= call_text_set(call, &leg->remote_target, r->contact);
	if (r->route_set.len || r->code >= 200)
		ok &= call_text_set(call, &leg->route_set, r->route_set);
	return ok ? 0 : -ENOMEM;
}

static void send_ack(struct leg *leg, uint32_t cseq, struct text headers,
		     struct text body)
{
	struct sip_transaction none;

	/* A lost ACK is repaired by the next 2xx: nobody is told here. */
	(void)!sip_send(&(struct sip_out){ .method = "ACK",
					   .leg = leg,
					   .cseq = cseq,
					   .headers = headers,
					   .body = body },
			&none);
}

void leg_ack_again(struct leg *leg, uint32_t invite_cseq)
{
	bool latest = invite_cseq == leg->ack_cseq;
	struct text none = text_of(NULL);

	/* Only the latest ACK's body is kept: an older 2xx that still comes
	 * is acknowledged without. */
	if (invite_cseq <= leg->ack_cseq)
		send_ack(leg, invite_cseq,
			 latest ? call_text_get(&leg->ack_headers) : none,
			 latest ? call_text_get(&leg->ack_body) : none);
}

void leg_ack_late(struct leg *leg, uint32_t invite_cseq)
{
	bool waits = leg->ack_due && invite_cseq == leg->invite_cseq_out;

	if (waits || invite_cseq <= leg->ack_cseq)
		return;
	leg->ack_cseq = invite_cseq;
	leg->ack_headers.len = leg->ack_body.len = 0;
	leg_ack_again(leg, invite_cseq);
}

void leg_ack(struct leg *leg, const struct header_view *headers, size_t count,
	     struct text body)
{
	struct text_writer w = text_writer_on(scratch, sizeof(scratch));
	struct text lines;

	if (body.len)
		crossing_make(leg, HEADER_DIALOG_REQUEST,
			      &(struct crossing_in){ headers, count, body }, &w,
			      &body);
	lines = text_written(&w);
	leg->ack_due = false;
	leg->ack_cseq = leg->invite_cseq_out;
	/* Sent from the message, then remembered: what must get through does
	 * not depend on memory. */
	send_ack(leg, leg->ack_cseq, lines, body);
	if (!call_text_set(leg->call, &leg->ack_headers, lines) ||
	    !call_text_set(leg->call, &leg->ack_body, body))
		leg->ack_headers.len = leg->ack_body.len = 0;
}

/* 0: its end is told; -ENOMEM: it was sent, but there is no memory to hear of
 * its end; ... */
static int send_bye(struct leg *leg)
{
	struct exchange *ex;
	struct sip_transaction t;
	int err;

	leg->local_cseq++;
	if (hangup_send(leg, leg->local_cseq, leg->call->bye_lines) == 0) {
		leg->byes++;
		return 0;
	}
	ex = exchange_new(EXCHANGE_BYE, leg);
	err = sip_send(
		&(struct sip_out){ .method = "BYE",
				   .leg = leg,
				   .cseq = leg->local_cseq,
				   .headers = text_of(leg->call->bye_lines),
				   .exchange = ex },
		&t);
	leg->byes++;
	if (err < 0)
		exchange_free(ex);
	return err < 0 || ex ? err : -ENOMEM;
}

int leg_bye(struct leg *leg)
{
	int err;

	own_request_cancel(leg);
	err = send_bye(leg);
	(void)leg_step(leg, LEG_EV_BYE_OUT);
	if (err < 0)
		(void)leg_step(leg, LEG_EV_BYE_DONE);
	return err;
}

bool leg_bye_again(struct leg *leg)
{
	int err;

	if (leg->state != LEG_LEAVING || leg->byes >= BYES_MAX)
		return false;
	/* It went over UDP, and is repeated as it is. */
	if (leg->hangup.cseq)
		return false;
	/* The answer to either ends the leg. */
	err = send_bye(leg);
	return err >= 0 || err == -ENOMEM;
}

void leg_drop(struct leg *leg)
{
	leg_ack(leg, NULL, 0, text_of(NULL));
	if (leg_bye(leg) < 0)
		log_line(LEVEL_WARNING,
			 "bridge: nobody hears whether the BYE of leg '%.*s' "
			 "arrives",
			 TEXT_ARG(leg->call_id));
}

/* ---- answering ---- */

int leg_reply_invite(struct leg *a, unsigned code, struct text reason,
		     const struct sip_reply_view *from_b)
{
	return leg_reply_invite_with(a, code, reason, from_b, text_of(NULL));
}

int leg_reply_invite_with(struct leg *a, unsigned code, struct text reason,
			  const struct sip_reply_view *from_b,
			  struct text lines)
{
	struct sip_answer answer = { .code = code, .reason = reason };
	struct text_writer w = text_writer_on(scratch, sizeof(scratch));
	int err;

	answer.to_tag = call_text_get(&a->local_tag);
	if (code < 300) {
		leg_line_contact(&w, a);
		leg_line_abilities(&w, a);
	}
	if (code >= 200 && code < 300)
		session_timer_answer(a, &w);
	text_write(&w, lines);
	if (from_b) {
		crossing_make(a, HEADER_REPLY_BACK,
			      &(struct crossing_in){ from_b->headers,
						     from_b->header_count,
						     from_b->body },
			      &w, &answer.body);
	}
	answer.headers = text_written(&w);
	err = sip_reply(&a->invite, &answer);
	if (err < 0)
		log_line(LEVEL_WARNING,
			 "bridge: the caller of '%.*s' could not be sent %u",
			 TEXT_ARG(a->call_id), code);
	return err;
}

void leg_reply_plain(struct leg *leg, struct sip_transaction *t, unsigned code,
		     const char *reason)
{
	struct sip_answer answer = { .code = code,
				     .reason = text_of(reason),
				     .to_tag = call_text_get(&leg->local_tag) };

	(void)sip_reply(t, &answer);
}
