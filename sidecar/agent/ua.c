/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ua.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/ua_call.h"
#include "base/clock.h"
#include "base/stats.h"

#define ABILITIES \
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO\r\n" \
	"Accept: application/sdp\r\nSupported: timer\r\n"

static const char *reason_of(unsigned status)
{
	switch (status) {
	case 180:
		return "Ringing";
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 405:
		return "Method Not Allowed";
	case 415:
		return "Unsupported Media Type";
	case 420:
		return "Bad Extension";
	case 422:
		return "Session Interval Too Small";
	case 481:
		return "Call/Transaction Does Not Exist";
	case 482:
		return "Loop Detected";
	case 486:
		return "Busy Here";
	case 487:
		return "Request Terminated";
	case 488:
		return "Not Acceptable Here";
	case 491:
		return "Request Pending";
	case 500:
		return "Server Internal Error";
	default:
		return "Service Unavailable";
	}
}

static void reply_with(struct ua *ua, struct sip_server *t, unsigned status,
		       const char *tag, const char *headers)
{
	(void)sip_stack_reply(
		ua->stack, t,
		&(struct sip_reply){ .status = status,
				     .reason = reason_of(status),
				     .to_tag = tag,
				     .headers = text_of(headers) },
		NULL);
}

static void reply(struct ua *ua, struct sip_server *t, unsigned status)
{
	char tag[UA_TAG_SIZE];

	ua_random_hex(tag, 8);
	reply_with(ua, t, status, tag,
		   status == 422   ? "Min-SE: 90\r\n"
		   : status == 415 ? "Accept: application/sdp\r\n"
		   : status == 405 || status == 200 ? ABILITIES
						    : "");
}

/* ---- what a request may ask of us ---- */

/* What we do not know among what we must. */
static bool asks_too_much(const struct sip_heard *h, char *ret, size_t size)
{
	const char *value;

	for (unsigned i = 0; (value = sip_heard_header(h, "Require", i)); i++) {
		struct text list = text_of(value), tag;

		while (text_cut(&list, ',', &tag)) {
			tag = text_trim(tag);
			if (!tag.len ||
			    text_equal_nocase(tag, text_of("timer")))
				continue;
			(void)snprintf(ret, size, "Unsupported: %.*s\r\n",
				       (int)(tag.len < 64 ? tag.len : 64),
				       tag.p);
			return true;
		}
	}
	return false;
}

/* ---- INVITE ---- */

static void begin_call(struct ua *ua, struct sip_server *t,
		       const struct sip_heard *h)
{
	struct ua_call *c;
	unsigned status;

	if (!h->contact[0]) {
		reply(ua, t, 400);
		return;
	}
	if (ua->count - ua->rings >= ua->conf.calls_max) {
		stats_add(STAT_AGENT_BUSY, 1);
		reply(ua, t, 486);
		return;
	}
	c = ua_call_begin(ua, h);
	if (!c) {
		reply(ua, t, 503);
		return;
	}
	c->invite = t;
	status = ua_call_hear_timer(c, h);
	if (!status)
		status = ua_call_hear_offer(c, h);
	if (status) {
		ua_refuse(c, status, reason_of(status));
		return;
	}
	c->is_told = true;
	/* A caller who is to be told something does not hear it ring. */
	if (!ua_call_announcement(c)[0])
		reply_with(ua, t, 180, c->local_tag, "");
	ua->conf.event(ua->conf.arg, c, UA_CALL, '\0');
}

static void invite_again(struct ua_call *c, struct sip_server *t,
			 const struct sip_heard *h)
{
	struct ua *ua = c->ua;
	unsigned status = 0;

	if (c->state != UA_STATE_TALKING)
		status = 491;
	else if (h->cseq <= c->remote_cseq)
		status = 500;
	if (!status)
		status = ua_call_hear_timer(c, h);
	if (!status)
		status = ua_call_hear_offer(c, h);
	if (status) {
		reply(ua, t, status);
		return;
	}
	c->remote_cseq = c->invite_cseq = h->cseq;
	ua_call_moved(c, h);
	if (ua_call_accept(c, t, true, true) < 0) {
		reply(ua, t, 500);
		return;
	}
	if (!c->is_late)
		ua_call_talk(c);
}

static void on_invite(struct ua *ua, struct sip_server *t,
		      const struct sip_heard *h)
{
	struct ua_call *c = ua_call_find(ua, h);

	if (!c && !h->to_tag[0])
		begin_call(ua, t, h);
	else if (!c)
		reply(ua, t, 481);
	else if (h->cseq == c->invite_cseq && c->state == UA_STATE_ANSWERED)
		/* Our 2xx was lost, and its transaction is over. */
		ua_call_accept_again(c, t);
	else if (h->to_tag[0] && h->cseq != c->invite_cseq)
		invite_again(c, t, h);
	else
		reply(ua, t, 482);
}

/* ---- the other methods ---- */

static void on_cancel(struct ua *ua, struct sip_server *t,
		      const struct sip_heard *h)
{
	struct ua_call *c = ua_call_find(ua, h);

	if (!c || h->cseq != c->invite_cseq) {
		reply(ua, t, 481);
		return;
	}
	reply_with(ua, t, 200, c->local_tag, "");
	if (c->state == UA_STATE_ASKED)
		ua_refuse(c, 487, reason_of(487));
}

static void on_bye(struct ua_call *c, struct sip_server *t,
		   const struct sip_heard *h)
{
	(void)h;
	reply(c->ua, t, 200);
	if (c->state == UA_STATE_ASKED)
		ua_refuse(c, 487, reason_of(487));
	else
		ua_call_end(c);
}

static void on_update(struct ua_call *c, struct sip_server *t,
		      const struct sip_heard *h)
{
	bool late = c->is_late;
	unsigned status = 0;

	if (h->body.len && c->state != UA_STATE_TALKING)
		status = 491;
	if (!status)
		status = ua_call_hear_timer(c, h);
	if (!status && h->body.len)
		status = ua_call_hear_offer(c, h);
	if (status) {
		reply(c->ua, t, status);
		return;
	}
	ua_call_moved(c, h);
	if (ua_call_accept(c, t, false, h->body.len > 0) < 0)
		reply(c->ua, t, 500);
	else if (h->body.len)
		ua_call_talk(c);
	else
		c->is_late = late;
}

/* "Signal=1", as many telephones without telephone-events say it. */
static char signal_of(struct text body)
{
	struct text line, name;

	while (text_cut(&body, '\n', &line)) {
		if (!text_cut(&line, '=', &name) ||
		    !text_equal_nocase(text_trim(name), text_of("Signal")))
			continue;
		line = text_trim(line);
		if (line.len == 1)
			return line.p[0];
	}
	return '\0';
}

static void on_info(struct ua_call *c, struct sip_server *t,
		    const struct sip_heard *h)
{
	char key = '\0';

	if (text_equal_nocase(h->content_type,
			      text_of("application/dtmf-relay")))
		key = signal_of(h->body);
	reply(c->ua, t, h->body.len && !key ? 415 : 200);
	if (key && c->state == UA_STATE_TALKING)
		c->ua->conf.event(c->ua->conf.arg, c, UA_KEY, key);
}

static const struct {
	const char *method;
	void (*take)(struct ua_call *c, struct sip_server *t,
		     const struct sip_heard *h);
} in_dialog[] = {
	{ "BYE", on_bye },
	{ "UPDATE", on_update },
	{ "INFO", on_info },
};

static void take_in_dialog(struct ua *ua, struct sip_server *t,
			   const struct sip_heard *h, size_t row)
{
	struct ua_call *c = h->to_tag[0] ? ua_call_find(ua, h) : NULL;

	if (!c) {
		reply(ua, t, 481);
		return;
	}
	if (h->cseq <= c->remote_cseq) {
		reply(ua, t, 500);
		return;
	}
	c->remote_cseq = h->cseq;
	in_dialog[row].take(c, t, h);
}

static void on_request(void *arg, struct sip_server *t,
		       const struct sip_heard *h)
{
	struct ua *ua = arg;
	char unsupported[96];

	if (strcmp(h->method, "CANCEL") == 0) {
		on_cancel(ua, t, h);
		return;
	}
	if (asks_too_much(h, unsupported, sizeof(unsupported))) {
		char tag[UA_TAG_SIZE];

		ua_random_hex(tag, 8);
		reply_with(ua, t, 420, tag, unsupported);
		return;
	}
	if (strcmp(h->method, "INVITE") == 0) {
		on_invite(ua, t, h);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(in_dialog); i++)
		if (strcmp(h->method, in_dialog[i].method) == 0) {
			take_in_dialog(ua, t, h, i);
			return;
		}
	if (strcmp(h->method, "OPTIONS") != 0)
		reply(ua, t, 405);
	else /* within a dialog: is the call still there? */
		reply(ua, t, h->to_tag[0] && !ua_call_find(ua, h) ? 481 : 200);
}

static void on_ack(void *arg, const struct sip_heard *h)
{
	struct ua *ua = arg;
	struct ua_call *c = h->to_tag[0] ? ua_call_find(ua, h) : NULL;
	bool first;

	if (!c || c->state != UA_STATE_ANSWERED || h->cseq != c->invite_cseq)
		return;
	c->state = UA_STATE_TALKING;
	free(c->answer);
	c->answer = NULL;
	if (c->is_ending) {
		ua_hang_up(c);
		return;
	}
	if (c->is_late) {
		if (ua_call_hear_offer(c, h) || c->is_late) {
			ua_hang_up(c);
			return;
		}
		ua_call_talk(c);
	}
	first = !c->has_been_up;
	c->has_been_up = true;
	if (first)
		ua->conf.event(ua->conf.arg, c, UA_UP, '\0');
}

/* Of an INVITE or UPDATE: nobody waits for the rest. */
static void on_response(void *arg, uint64_t cookie, const struct sip_heard *h)
{
	struct ua_call *c = cookie ? ua_call_of(arg, cookie) : NULL;

	if (strcmp(h->method, "INVITE") == 0) {
		ua_ring_heard(arg, cookie, h);
		return;
	}
	if (!c || h->status < 200)
		return;
	c->refreshes = false;
	if (h->status == 408 || h->status == 481)
		ua_hang_up(c);
	else
		c->refreshed_at_ms = clock_mono_ms();
}

static void on_silence(void *arg, uint64_t cookie)
{
	struct ua_call *c = cookie ? ua_call_of(arg, cookie) : NULL;

	if (c && c->state == UA_STATE_RINGING)
		ua_ring_silent(c);
	else if (c)
		ua_hang_up(c);
}

static int on_send(void *arg, const struct sip_flow *flow, struct text bytes)
{
	struct ua *ua = arg;

	return ua->conf.send(ua->conf.arg, flow, bytes);
}

/* ---- the user ---- */

const char *ua_call_test(const struct ua_call *c)
{
	return c->test;
}

const char *ua_call_announcement(const struct ua_call *c)
{
	return c->announcement ? c->announcement : "";
}

int ua_begin_early(struct ua_call *c)
{
	return c->state == UA_STATE_ASKED && c->invite ? ua_call_begin_early(c)
						       : -EINVAL;
}

void ua_answer(struct ua_call *c)
{
	struct sip_server *t = c->invite;

	if (c->state != UA_STATE_ASKED || !t)
		return;
	if (ua_call_accept(c, t, true, true) < 0) {
		ua_refuse(c, 500, reason_of(500));
		return;
	}
	c->invite = NULL;
	stats_add(STAT_AGENT_ANSWERED, 1);
	if (!c->is_late)
		ua_call_talk(c);
}

void ua_refuse(struct ua_call *c, unsigned status, const char *reason)
{
	struct sip_server *t = c->invite;

	if (c->state != UA_STATE_ASKED)
		return;
	c->invite = NULL;
	if (t)
		(void)sip_stack_reply(
			c->ua->stack, t,
			&(struct sip_reply){
				.status = status,
				.reason = reason,
				.to_tag = c->local_tag,
				.headers =
					text_of(status == 422 ? "Min-SE: 90\r\n"
							      : "") },
			NULL);
	ua_call_end(c);
}

void ua_call_bye(struct ua_call *c)
{
	if (c->state == UA_STATE_ASKED) {
		ua_refuse(c, 480, "Temporarily Unavailable");
		return;
	}
	if (c->state == UA_STATE_RINGING)
		ua_ring_cancel(c);
	else
		(void)ua_call_ask(c, "BYE", "", 0);
	ua_call_end(c);
}

void ua_hang_up(struct ua_call *c)
{
	if (c->state == UA_STATE_ASKED) {
		ua_refuse(c, 480, "Temporarily Unavailable");
		return;
	}
	if (c->state == UA_STATE_RINGING) {
		ua_ring_cancel(c);
		return;
	}
	/* Not before their ACK (RFC 3261 15). */
	c->is_ending = true;
	if (c->state == UA_STATE_TALKING)
		ua_call_bye(c);
}

void ua_play(struct ua_call *c, const struct media_clip *clip)
{
	media_play(c->ua->conf.media, c->line, clip);
}

/* ---- the whole ---- */

int ua_new(struct ua **ret, const struct ua_conf *conf)
{
	struct ua *ua = calloc(1, sizeof(*ua));
	const struct sip_users users = { .request = on_request,
					 .ack = on_ack,
					 .response = on_response,
					 .silence = on_silence,
					 .send = on_send,
					 .arg = ua };
	int err;

	if (!ua)
		return -ENOMEM;
	ua->conf = *conf;
	ua->calls = calloc(ua_places(ua), sizeof(*ua->calls));
	err = ua->calls ? sip_stack_new(&ua->stack, &users,
					ua_places(ua) * UA_TRANSACTIONS)
			: -ENOMEM;
	if (err < 0) {
		free(ua->calls);
		free(ua);
		return err;
	}
	*ret = ua;
	return 0;
}

struct ua *ua_free(struct ua *ua)
{
	if (!ua)
		return NULL;
	for (unsigned i = 0; i < ua_places(ua); i++)
		if (ua->calls[i].state != UA_STATE_FREE)
			ua_call_end(&ua->calls[i]);
	ua->stack = sip_stack_free(ua->stack);
	free(ua->calls);
	free(ua);
	return NULL;
}

int ua_take(struct ua *ua, struct text data, const struct sip_flow *flow)
{
	struct sip_frame *f = &ua->frame;
	int err = sip_frame_take(data, flow->is_stream, f);

	if (err == -EAGAIN)
		return 0;
	if (err == -ENODATA)
		return (int)f->len;
	if (err == 0)
		err = sip_stack_take(ua->stack, text_make(f->head, f->head_len),
				     f->content_type, f->body, flow);
	if (err < 0)
		stats_add(STAT_AGENT_MALFORMED, 1);
	/* A message of which we know where it ends is passed over. */
	return f->len ? (int)f->len : err;
}

void ua_tick(struct ua *ua)
{
	int64_t now_ms = clock_mono_ms();

	sip_stack_tick(ua->stack);
	for (unsigned i = 0; ua->count && i < ua_places(ua); i++)
		if (ua->calls[i].state != UA_STATE_FREE)
			ua_call_tick(&ua->calls[i], now_ms);
}

void ua_hear(struct ua *ua)
{
	struct media_event e;

	while (media_event_next(ua->conf.media, &e)) {
		struct ua_call *c = ua_call_of(ua, e.call);

		if (c)
			ua->conf.event(ua->conf.arg, c,
				       e.kind == MEDIA_KEY ? UA_KEY : UA_PLAYED,
				       e.key);
	}
}

void ua_hang_up_all(struct ua *ua)
{
	for (unsigned i = 0; i < ua_places(ua); i++)
		if (ua->calls[i].state != UA_STATE_FREE)
			ua_call_bye(&ua->calls[i]);
}

unsigned ua_call_count(const struct ua *ua)
{
	return ua->count;
}

unsigned ua_ring_count(const struct ua *ua)
{
	return ua->rings;
}

bool ua_is_idle(const struct ua *ua)
{
	return !ua->count && !sip_stack_count(ua->stack);
}
