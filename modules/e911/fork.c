/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fork.h"

#include "call_store.h"

struct leg *fork_answered(struct leg *leg, struct text to_tag)
{
	struct text call_id = call_text_get(&leg->call_id);

	for (struct leg *l = leg->call->legs; l; l = l->next)
		if (leg_is_answered(l) &&
		    text_equal(call_text_get(&l->remote_tag), to_tag) &&
		    text_equal(call_text_get(&l->call_id), call_id))
			return l;
	return NULL;
}

struct leg *fork_new(const struct exchange *ex)
{
	struct leg *leg = ex->leg, *fork = call_leg_new(leg->call, LEG_B);
	struct leg *next;

	if (!fork)
		return NULL;
	next = fork->next;
	*fork = *leg;
	fork->next = next;
	fork->bucket_next = NULL;
	fork->state = LEG_NEW;
	fork->ack_due = false;
	fork->is_counted = false;
	fork->invite_cseq_out = ex->cseq;
	fork->remote_cseq = 0;
	/* Texts that change must not be shared with the dialog in use. */
	fork->remote_tag = fork->remote_target = fork->route_set =
		(struct call_text){ 0 };
	fork->ack_body = fork->ack_headers = (struct call_text){ 0 };
	fork->own = (struct own_pending){ 0 };
	fork->session = (struct session_timer){ 0 };
	fork->early = (struct early_state){ 0 };
	fork->parked = NULL;
	fork->hangup = (struct hangup){ 0 };
	fork->byes = 0;
	fork->session_heard = fork->session_sent = fork->session_offered =
		fork->session_shown = (struct call_text){ 0 };
	if (!call_text_set(leg->call, &fork->remote_target,
			   call_text_get(&leg->remote_target)))
		return NULL;
	return fork;
}
