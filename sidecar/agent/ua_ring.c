/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ua_ring: calls of ours, from the INVITE to its answer (RFC 3261 9, 13). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/ua_call.h"
#include "base/clock.h"
#include "base/stats.h"

#define FIRST_CSEQ 1

/* ---- the INVITE ---- */

static char *tagged(const char *from, const char *tag)
{
	char *p = NULL;

	return asprintf(&p, "%s;tag=%s", from, tag) < 0 ? NULL : p;
}

static bool fill(struct ua_call *c, const struct ua_ring *whom)
{
	char call_id[33];

	ua_random_hex(call_id, 16);
	ua_random_hex(c->branch, 8);
	c->flow = whom->flow;
	c->call_id = strdup(call_id);
	c->remote_tag = strdup("");
	c->local = tagged(whom->from, c->local_tag);
	c->target = strdup(whom->uri);
	c->route_set = strdup("");
	c->test = strdup("");
	if (asprintf(&c->remote, "<%s>", whom->uri) < 0)
		c->remote = NULL;
	c->local_cseq = FIRST_CSEQ;
	c->is_ours = true;
	c->is_late = true; /* the offer is ours */
	return c->call_id && c->remote_tag && c->local && c->target &&
	       c->route_set && c->test && c->remote;
}

static int invite(struct ua_call *c, const char *headers)
{
	char buf[2 * SIP_HEAD_MAX], body[1024];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	struct text_writer b = text_writer_on(body, sizeof(body));

	ua_call_put_session(c, &b);
	ua_call_put_request(c, &w, "INVITE", c->local_cseq, c->branch);
	text_writef(&w,
		    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO\r\n"
		    "Supported: timer\r\n%sContent-Type: application/sdp\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    headers, b.used);
	text_write(&w, text_written(&b));
	if (w.full || b.full)
		return -ENOSPC;
	return sip_stack_ask(c->ua->stack, &c->flow, text_written(&w), c->id);
}

int ua_ring(struct ua *ua, const struct ua_ring *whom, struct ua_call **ret)
{
	struct ua_call *c;
	uint64_t id;
	int err;

	/* What of ours waits for repeats takes no room of those who call. */
	if (ua->rings >= ua->conf.rings_max ||
	    sip_stack_count(ua->stack) >= ua_places(ua) * UA_TRANSACTIONS / 2)
		return -EBUSY;
	c = ua_call_take(ua);
	if (!c)
		return -ENOMEM;
	id = c->id;
	if (!fill(c, whom)) {
		media_close(ua->conf.media, c->line);
		ua_call_forget(c);
		return -ENOMEM;
	}
	c->state = UA_STATE_RINGING;
	ua->count++;
	ua->rings++;
	err = invite(c, whom->headers);
	/* It may be over already: nothing could be sent. */
	if (!ua_call_of(ua, id))
		return -EIO;
	if (err < 0) {
		ua_call_end(c);
		return err;
	}
	c->is_told = true;
	stats_add(STAT_AGENT_RINGS, 1);
	*ret = c;
	return 0;
}

unsigned ua_call_status(const struct ua_call *c)
{
	return c->status;
}

bool ua_call_is_ours(const struct ua_call *c)
{
	return c->is_ours;
}

bool ua_call_has_rung(const struct ua_call *c)
{
	return c->has_rung;
}

/* ---- CANCEL ---- */

static void send_cancel(struct ua_call *c)
{
	char buf[SIP_HEAD_MAX];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	c->is_cancelled = true;
	ua_call_put_request(c, &w, "CANCEL", FIRST_CSEQ, c->branch);
	text_write_cstr(&w, "Content-Length: 0\r\n\r\n");
	if (!w.full)
		(void)!sip_stack_ask(c->ua->stack, &c->flow, text_written(&w),
				     0);
}

void ua_ring_cancel(struct ua_call *c)
{
	if (!c->is_ending)
		c->cancelled_at_ms = clock_mono_ms();
	c->is_ending = true;
	/* What has not been heard of might come later than its CANCEL. */
	if (c->has_progress && !c->is_cancelled)
		send_cancel(c);
}

void ua_ring_tick(struct ua_call *c, int64_t now_ms)
{
	int64_t most = (int64_t)c->ua->conf.call_s_max * 1000;

	if (c->is_ending && now_ms - c->cancelled_at_ms >= UA_WAIT_MS)
		ua_call_end(c);
	else if (!c->is_ending && now_ms - c->began_at_ms >= most)
		ua_ring_cancel(c);
}

/* ---- what they say ---- */

static struct ua_call *call_of(struct ua *ua, const struct sip_heard *h)
{
	for (unsigned i = 0; i < ua_places(ua); i++) {
		struct ua_call *c = &ua->calls[i];

		if (c->state != UA_STATE_FREE && c->is_ours &&
		    strcmp(c->call_id, h->call_id) == 0 &&
		    strcmp(c->local_tag, h->from_tag) == 0)
			return c;
	}
	return NULL;
}

static bool take_over(char **to, const char *from)
{
	char *copy = strdup(from);

	if (!copy)
		return false;
	free(*to);
	*to = copy;
	return true;
}

/* The dialog is that of their 2xx (RFC 3261 12.1.2). */
static bool settle_dialog(struct ua_call *c, const struct sip_heard *h)
{
	return take_over(&c->remote_tag, h->to_tag) &&
	       take_over(&c->remote, h->to) &&
	       (!h->contact[0] || take_over(&c->target, h->contact)) &&
	       take_over(&c->route_set, h->route_set);
}

static void send_ack(struct ua_call *c)
{
	const struct ua_conf *conf = &c->ua->conf;
	char buf[2 * SIP_HEAD_MAX], branch[UA_BRANCH_SIZE];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	if (!c->ack) {
		ua_random_hex(branch, 8);
		ua_call_put_request(c, &w, "ACK", FIRST_CSEQ, branch);
		text_write_cstr(&w, "Content-Length: 0\r\n\r\n");
		c->ack = w.full ? NULL : strndup(buf, w.used);
	}
	if (c->ack)
		(void)conf->send(conf->arg, &c->flow, text_of(c->ack));
}

static void on_answer(struct ua_call *c, const struct sip_heard *h)
{
	struct ua *ua = c->ua;

	c->state = UA_STATE_TALKING;
	c->has_rung = true;
	if (!settle_dialog(c, h)) {
		/* Without memory nobody can be told; their timers end it. */
		ua_call_end(c);
		return;
	}
	send_ack(c);
	/* It crossed our CANCEL. */
	if (c->is_ending) {
		ua_call_bye(c);
		return;
	}
	if (ua_call_hear_offer(c, h) || c->is_late) {
		c->status = 488;
		ua_call_bye(c);
		return;
	}
	ua_call_timer_agreed(c, h);
	c->has_been_up = true;
	stats_add(STAT_AGENT_RINGS_ANSWERED, 1);
	ua_call_talk(c);
	ua->conf.event(ua->conf.arg, c, UA_UP, '\0');
}

void ua_ring_heard(struct ua *ua, uint64_t cookie, const struct sip_heard *h)
{
	struct ua_call *c = cookie ? ua_call_of(ua, cookie) : call_of(ua, h);

	if (!c || !c->is_ours || h->cseq != FIRST_CSEQ)
		return;
	if (c->state != UA_STATE_RINGING) {
		/* Our ACK was lost. */
		if (h->status >= 200 && h->status < 300 &&
		    strcmp(h->to_tag, c->remote_tag) == 0)
			send_ack(c);
		return;
	}
	if (h->status < 200) {
		c->has_progress = true;
		c->has_rung |= h->status >= 180;
		if (c->is_ending)
			ua_ring_cancel(c);
	} else if (h->status < 300) {
		on_answer(c, h);
	} else {
		c->status = c->is_ending ? 0 : h->status;
		ua_call_end(c);
	}
}

void ua_ring_silent(struct ua_call *c)
{
	c->status = c->is_ending ? 0 : 408;
	ua_call_end(c);
}
