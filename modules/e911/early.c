/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early.h"

#include <stdio.h>

#include "leg.h"
#include "media.h"
#include "own_request.h"
#include "report.h"
#include "request.h"
#include "session.h"

#define DIALOGS_MAX 8   /* parked for one INVITE; more overwrite each other */
#define HEADERS_MAX 256 /* looked at in a 2xx */

static const struct text sdp_type = { "application/sdp", 15 };

/* ---- headers ---- */

static struct text header_find(const struct header_view *headers, size_t count,
			       const char *name)
{
	const struct text wanted = text_of(name);

	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(headers[i].name, wanted))
			return text_trim(headers[i].value);
	return text_of(NULL);
}

static bool list_has(struct text list, struct text tag)
{
	while (list.len) {
		const char *comma = memchr(list.p, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.p) : list.len;

		if (text_equal_nocase(text_trim(text_make(list.p, len)), tag))
			return true;
		len += comma != NULL;
		list = text_make(list.p + len, list.len - len);
	}
	return false;
}

/* In any of the headers with this name. */
static bool headers_list(const struct header_view *headers, size_t count,
			 struct text name, struct text tag)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(headers[i].name, name) &&
		    list_has(headers[i].value, tag))
			return true;
	return false;
}

bool early_option_listed(const struct header_view *headers, size_t count,
			 const char *option)
{
	const struct text tag = text_of(option);

	return headers_list(headers, count, text_of("Supported"), tag) ||
	       headers_list(headers, count, text_of("k"), tag) ||
	       headers_list(headers, count, text_of("Require"), tag);
}

/* The number at the start of *t, which is moved behind it and the blanks
 * that follow; 0: there is none, or none that RFC 3262 7.1 allows. */
static uint32_t number_take(struct text *t)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < t->len && t->p[i] >= '0' && t->p[i] <= '9'; i++)
		if (n <= UINT32_MAX)
			n = n * 10 + (uint64_t)(t->p[i] - '0');
	while (i < t->len && (t->p[i] == ' ' || t->p[i] == '\t'))
		i++;
	*t = text_make(t->p + i, t->len - i);
	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* RSeq of a reply that must be confirmed; 0: it need not. */
static uint32_t reliable_rseq(const struct sip_reply_view *r)
{
	struct text rseq = header_find(r->headers, r->header_count, "RSeq");

	return headers_list(r->headers, r->header_count, text_of("Require"),
			    text_of("100rel"))
		       ? number_take(&rseq)
		       : 0;
}

/* ---- early dialogs ---- */

#define SWAP(a, b) \
	do { \
		__typeof__(a) swapped = (a); \
		(a) = (b); \
		(b) = swapped; \
	} while (0)

static void change_places(struct leg *leg, struct early_dialog *d)
{
	SWAP(leg->remote_tag, d->remote_tag);
	SWAP(leg->remote_target, d->remote_target);
	SWAP(leg->route_set, d->route_set);
	SWAP(leg->session_heard, d->session_heard);
	SWAP(leg->remote_cseq, d->remote_cseq);
	SWAP(leg->early, d->early);
}

static struct early_dialog *parked_find(const struct leg *leg, struct text tag)
{
	for (struct early_dialog *d = leg->parked; d; d = d->next)
		if (text_equal(call_text_get(&d->remote_tag), tag))
			return d;
	return NULL;
}

bool early_knows(const struct leg *leg, struct text their_tag)
{
	return text_equal(call_text_get(&leg->remote_tag), their_tag) ||
	       parked_find(leg, their_tag) != NULL;
}

/* A dialog not heard of yet: leg B knows of it what it knows of its route. */
static void park_current(struct leg *leg)
{
	struct early_dialog *d;
	unsigned count = 0;

	for (d = leg->parked; d; d = d->next)
		count++;
	d = count < DIALOGS_MAX ? call_memory(leg->call, sizeof(*d)) : NULL;
	if (!d) {
		/* What the current one confirmed is not the new one's. */
		memset(&leg->early, 0, sizeof(leg->early));
		leg->remote_cseq = 0;
		leg->session_heard.len = 0;
		return;
	}
	change_places(leg, d);
	d->next = leg->parked;
	leg->parked = d;
	/* Until its Contact is learnt, requests go where the others do. */
	(void)call_text_set(leg->call, &leg->remote_target,
			    call_text_get(&d->remote_target));
}

void early_enter(struct leg *leg, struct text their_tag)
{
	struct early_dialog *d;

	if (!their_tag.len || !leg->remote_tag.len ||
	    text_equal(call_text_get(&leg->remote_tag), their_tag))
		return;
	d = parked_find(leg, their_tag);
	if (d)
		change_places(leg, d);
	else
		park_current(leg);
}

/* ---- replies that must be confirmed ---- */

static struct early_reply *reply_of(struct early_state *e, uint32_t rseq)
{
	struct early_reply *reply = &e->replies[rseq % EARLY_REPLIES_MAX];

	return rseq && reply->theirs == rseq ? reply : NULL;
}

static bool a_confirms(const struct leg *leg)
{
	const struct leg *a = leg->call->a;

	return a->invite.open && (a->peer_options & LEG_OPTION_100REL);
}

static void confirm_ourselves(struct leg *leg, uint32_t rseq)
{
	char line[48];

	(void)snprintf(line, sizeof(line), "RAck: %u %u INVITE\r\n", rseq,
		       leg->invite_cseq_out);
	if (own_request_send(
		    leg, OWN_PRACK,
		    &(struct own_request){ .method = "PRACK",
					   .headers = text_of(line) }) < 0)
		log_line(LEVEL_WARNING,
			 "bridge: a reliable %s could not be confirmed",
			 "provisional reply");
}

/* The session description that it carries is the answer, and the 2xx need
 * not repeat it (RFC 3262 5): A, who had it unreliably, needs it there. */
static void remember_answer(struct leg *leg, const struct sip_reply_view *r)
{
	struct text type =
		header_find(r->headers, r->header_count, "Content-Type");

	if (!r->body.len || !leg->offer_out)
		return;
	if (!type.len)
		type = header_find(r->headers, r->header_count, "c");
	if (!call_text_set(leg->call, &leg->early.answer, r->body) ||
	    !call_text_set(leg->call, &leg->early.answer_type,
			   type.len ? type : sdp_type))
		leg->early.answer.len = 0;
}

/* New, repeated or out of order (RFC 3262 4).  True: to be shown. */
static bool take_reliable(struct leg *leg, uint32_t rseq,
			  const struct sip_reply_view *r)
{
	struct early_state *e = &leg->early;
	struct early_reply *reply;

	if (e->latest && rseq <= e->latest) {
		reply = reply_of(e, rseq);
		return reply && reply->ours && !reply->is_confirmed;
	}
	if (e->latest && rseq != e->latest + 1)
		return false;
	e->latest = rseq;
	reply = &e->replies[rseq % EARLY_REPLIES_MAX];
	*reply = (struct early_reply){ .theirs = rseq };
	remember_answer(leg, r);
	if (a_confirms(leg) && r->code != 199) {
		reply->ours = ++leg->call->rseq_out;
		return true;
	}
	confirm_ourselves(leg, rseq);
	return true;
}

bool early_take(struct leg *leg, const struct sip_reply_view *r)
{
	uint32_t rseq = reliable_rseq(r);
	bool is_shown = true;

	/* Overtaken by the answer: the dialog is settled. */
	if (leg_is_answered(leg) || leg_is_gone(leg))
		return true;
	early_enter(leg, r->to_tag);
	/* The 2xx teaches it again: memory may have come back by then. */
	if (leg_learn(leg, r) < 0)
		stat_add(STAT_memory_failures, 1);
	if (rseq && r->to_tag.len)
		is_shown = take_reliable(leg, rseq, r);
	/* RFC 6228: that early dialog is over; the others go on. */
	if (r->code == 199)
		leg->early.is_over = true;
	return is_shown && r->code != 199;
}

/* A takes the first description that it gets reliably for the answer (RFC
 * 3261 13.2.1), whoever answers in the end. */
static void note_answer(struct leg *leg, const struct sip_reply_view *r)
{
	struct leg *a = leg->call->a;

	if (!r->body.len)
		return;
	leg->early.has_answered = true;
	early_answered(leg, r);
	a->early.has_answered = true;
}

const struct sip_reply_view *early_shown(struct leg *leg,
					 const struct sip_reply_view *r)
{
	return media_reply(leg, leg->call->a,
			   leg->offer_out ? MEDIA_ANSWER : MEDIA_OFFER, r);
}

int early_show(struct leg *leg, const struct sip_reply_view *r)
{
	struct early_reply *reply = reply_of(&leg->early, reliable_rseq(r));
	const struct sip_reply_view *shown = early_shown(leg, r);
	char lines[64] = "";

	if (reply && reply->ours) {
		note_answer(leg, r);
		(void)snprintf(lines, sizeof(lines),
			       "Require: 100rel\r\nRSeq: %u\r\n", reply->ours);
	}
	return leg_reply_invite_with(leg->call->a, r->code, r->reason, shown,
				     text_of(lines));
}

const struct sip_reply_view *early_answer(struct leg *leg,
					  const struct sip_reply_view *r)
{
	static struct header_view headers[HEADERS_MAX + 1];
	static struct sip_reply_view whole;
	size_t count =
		r->header_count < HEADERS_MAX ? r->header_count : HEADERS_MAX;

	if (r->body.len || !leg->early.answer.len || leg->early.has_answered)
		return r;
	whole = *r;
	if (count)
		memcpy(headers, r->headers, count * sizeof(headers[0]));
	headers[count++] =
		(struct header_view){ text_of("Content-Type"),
				      call_text_get(&leg->early.answer_type) };
	whole.headers = headers;
	whole.header_count = count;
	whole.body = call_text_get(&leg->early.answer);
	return &whole;
}

void early_answered(struct leg *leg, const struct sip_reply_view *r)
{
	struct crossing_in in = { r->headers, r->header_count, r->body };
	struct leg *a = leg->call->a;

	if (a->early.has_answered)
		session_heard(leg, &in);
	else
		session_crossed(leg, a, &in);
}

bool early_media_must_move(const struct call *call)
{
	return call->a->early.has_answered && call->b->session_heard.len &&
	       !session_is_same(call_text_get(&call->a->session_sent),
				media_shown(call->b));
}

/* ---- PRACK ---- */

static struct early_reply *shown_as(struct early_state *e, uint32_t ours)
{
	for (size_t i = 0; i < EARLY_REPLIES_MAX; i++)
		if (ours && e->replies[i].ours == ours)
			return &e->replies[i];
	return NULL;
}

/* The reply that A knows by this number, and the dialog it came in. */
static struct early_reply *shown_find(struct call *call, uint32_t ours,
				      struct leg **ret_leg,
				      struct text *ret_dialog, bool *ret_over)
{
	struct early_reply *reply;

	for (struct leg *l = call->legs; l; l = l->next) {
		*ret_leg = l;
		*ret_dialog = call_text_get(&l->remote_tag);
		*ret_over = l->early.is_over;
		if ((reply = shown_as(&l->early, ours)))
			return reply;
		for (struct early_dialog *d = l->parked; d; d = d->next) {
			*ret_dialog = call_text_get(&d->remote_tag);
			*ret_over = d->early.is_over || leg_is_answered(l);
			if ((reply = shown_as(&d->early, ours)))
				return reply;
		}
	}
	return NULL;
}

enum early_prack early_prack(struct leg *a, const struct sip_request_view *rq,
			     struct leg **ret_leg, struct text *ret_dialog,
			     struct text_writer *w)
{
	struct text rack = header_find(rq->headers, rq->header_count, "RAck");
	uint32_t ours = number_take(&rack);
	struct early_reply *reply;
	bool is_over;

	if (a->side != LEG_A)
		return EARLY_PRACK_UNKNOWN;
	reply = shown_find(a->call, ours, ret_leg, ret_dialog, &is_over);
	if (!reply)
		return EARLY_PRACK_UNKNOWN;
	if (a->call->state >= CALL_CANCELLED || reply->is_confirmed ||
	    is_over || *ret_leg != a->call->b || leg_is_gone(*ret_leg))
		return EARLY_PRACK_DONE;
	reply->is_confirmed = true;
	text_writef(w, "RAck: %u %u INVITE\r\n", reply->theirs,
		    (*ret_leg)->invite_cseq_out);
	return EARLY_PRACK_PASS;
}
