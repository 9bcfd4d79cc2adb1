/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/ua_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/stats.h"
#include "text_writer.h"

/* RFC 3261 13.3.1.4, 17 */
#define T1_MS 500
#define T2_MS 4000

#define ALLOW "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO\r\n"

void ua_random_hex(char *out, size_t bytes)
{
	uint8_t rnd[16] = { 0 };

	/* Up to 256 bytes are never cut short. */
	(void)!getrandom(rnd, bytes < sizeof(rnd) ? bytes : sizeof(rnd), 0);
	text_hex(out, rnd, bytes < sizeof(rnd) ? bytes : sizeof(rnd));
}

/* ---- begin and end ---- */

static struct ua_call *free_one(struct ua *ua)
{
	for (unsigned i = 0; i < ua_places(ua); i++)
		if (ua->calls[i].state == UA_STATE_FREE)
			return &ua->calls[i];
	return NULL;
}

void ua_call_forget(struct ua_call *c)
{
	char *const owned[] = { c->call_id,      c->remote_tag, c->local,
				c->remote,       c->target,     c->route_set,
				c->test,         c->answer,     c->offer_body,
				c->announcement, c->ack };

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	memset(c, 0, sizeof(*c));
}

/* Our From is their To, with the tag that we give it. */
static char *tagged(const char *to, const char *tag)
{
	char buf[1280];
	int n = snprintf(buf, sizeof(buf), "%s;tag=%s", to, tag);

	return n < 0 || n >= (int)sizeof(buf) ? NULL : strdup(buf);
}

static bool fill(struct ua_call *c, const struct sip_heard *h)
{
	const char *test = sip_heard_header(h, "X-E911-Test", 0);
	const char *what = sip_heard_header(h, "X-E911-Announce", 0);

	c->call_id = strdup(h->call_id);
	c->remote_tag = strdup(h->from_tag);
	c->local = tagged(h->to, c->local_tag);
	c->remote = strdup(h->from);
	c->target = strdup(h->contact);
	c->route_set = strdup(h->route_set);
	c->test = strdup(test ? test : "");
	c->announcement = strdup(what ? what : "");
	return c->call_id && c->remote_tag && c->local && c->remote &&
	       c->target && c->route_set && c->test && c->announcement;
}

struct ua_call *ua_call_take(struct ua *ua)
{
	struct ua_call *c = free_one(ua);

	if (!c)
		return NULL;
	*c = (struct ua_call){
		.ua = ua,
		.id = ++ua->next_id,
		.began_at_ms = clock_mono_ms(),
		.remote_cseq = -1,
	};
	c->line = media_open(ua->conf.media, c->id, &c->port);
	if (c->line < 0 || getrandom(&c->session_id, 4, 0) != 4) {
		if (c->line >= 0)
			media_close(ua->conf.media, c->line);
		ua_call_forget(c);
		return NULL;
	}
	ua_random_hex(c->local_tag, 8);
	return c;
}

struct ua_call *ua_call_begin(struct ua *ua, const struct sip_heard *h)
{
	struct ua_call *c = ua_call_take(ua);

	if (!c)
		return NULL;
	c->flow = *h->flow;
	c->invite_cseq = h->cseq;
	c->remote_cseq = h->cseq;
	if (!fill(c, h)) {
		media_close(ua->conf.media, c->line);
		ua_call_forget(c);
		return NULL;
	}
	c->state = UA_STATE_ASKED;
	ua->count++;
	stats_add(STAT_AGENT_CALLS, 1);
	return c;
}

void ua_call_end(struct ua_call *c)
{
	struct ua *ua = c->ua;

	if (c->is_told)
		ua->conf.event(ua->conf.arg, c, UA_ENDED, '\0');
	media_close(ua->conf.media, c->line);
	if (c->state == UA_STATE_RINGING)
		sip_stack_forget(ua->stack, c->id);
	ua->rings -= c->is_ours;
	ua->count--;
	ua_call_forget(c);
}

struct ua_call *ua_call_of(struct ua *ua, uint64_t id)
{
	for (unsigned i = 0; i < ua_places(ua); i++)
		if (ua->calls[i].state != UA_STATE_FREE &&
		    ua->calls[i].id == id)
			return &ua->calls[i];
	return NULL;
}

struct ua_call *ua_call_find(struct ua *ua, const struct sip_heard *h)
{
	for (unsigned i = 0; i < ua_places(ua); i++) {
		struct ua_call *c = &ua->calls[i];

		if (c->state != UA_STATE_FREE &&
		    strcmp(c->call_id, h->call_id) == 0 &&
		    strcmp(c->remote_tag, h->from_tag) == 0 &&
		    (!h->to_tag[0] || strcmp(c->local_tag, h->to_tag) == 0))
			return c;
	}
	return NULL;
}

/* ---- offers and answers ---- */

static bool is_sdp(struct text type)
{
	return text_equal_nocase(
		text_trim(text_make(type.p, text_index(type, ';'))),
		text_of("application/sdp"));
}

unsigned ua_call_hear_offer(struct ua_call *c, const struct sip_heard *h)
{
	struct sdp offer;
	char *body;

	if (!h->body.len) {
		c->is_late = true;
		return 0;
	}
	if (!is_sdp(h->content_type))
		return 415;
	body = strndup(h->body.p, h->body.len);
	if (!body)
		return 503;
	if (sdp_parse(text_of(body), &offer) < 0 ||
	    offer.is_v6 != (strchr(c->ua->conf.media_host, ':') != NULL)) {
		free(body);
		return 488;
	}
	free(c->offer_body);
	c->offer_body = body;
	c->offer = offer;
	c->is_late = false;
	return 0;
}

void ua_call_talk(struct ua_call *c)
{
	if (c->offer_body)
		media_talk(c->ua->conf.media, c->line, &c->offer);
}

void ua_call_put_session(struct ua_call *c, struct text_writer *w)
{
	const struct sdp_local local = {
		.host = c->ua->conf.media_host,
		.is_v6 = strchr(c->ua->conf.media_host, ':') != NULL,
		.port = c->port,
		.session_id = c->session_id,
		.version = ++c->session_version,
	};

	if (c->is_late)
		sdp_offer_format(w, &local);
	else
		sdp_answer_format(w, &local, &c->offer);
}

static void put_contact(const struct ua_call *c, struct text_writer *w)
{
	const struct ua_conf *conf = &c->ua->conf;
	bool v6 = strchr(conf->host, ':') != NULL;

	text_writef(w, "Contact: <sip:e911d@%s%s%s:%u%s>\r\n", v6 ? "[" : "",
		    conf->host, v6 ? "]" : "", conf->port,
		    c->flow.is_stream ? ";transport=tcp" : "");
}

static void put_timer(const struct ua_call *c, struct text_writer *w)
{
	if (!c->interval_s)
		return;
	text_writef(w, "Session-Expires: %u;refresher=%s\r\n", c->interval_s,
		    c->we_refresh ? "uas" : "uac");
	if (!c->we_refresh)
		text_write_cstr(w, "Require: timer\r\n");
}

int ua_call_accept(struct ua_call *c, struct sip_server *t, bool is_invite,
		   bool with_session)
{
	char headers[1024], body[SDP_BYTES_MAX + 1024];
	struct text_writer w = text_writer_on(headers, sizeof(headers));
	struct text_writer b = text_writer_on(body, sizeof(body));
	char *copy = NULL;
	int err;

	put_contact(c, &w);
	text_write_cstr(&w, ALLOW "Supported: timer\r\n");
	put_timer(c, &w);
	if (with_session)
		ua_call_put_session(c, &b);
	if (w.full || b.full)
		return -ENOSPC;
	err = sip_stack_reply(c->ua->stack, t,
			      &(struct sip_reply){ .status = 200,
						   .reason = "OK",
						   .to_tag = c->local_tag,
						   .headers = text_written(&w),
						   .body = text_written(&b) },
			      is_invite ? &copy : NULL);
	c->refreshed_at_ms = clock_mono_ms();
	if (!is_invite || err < 0) {
		free(copy);
		return err;
	}
	free(c->answer);
	c->answer = copy;
	c->state = UA_STATE_ANSWERED;
	c->answer_at_ms = c->refreshed_at_ms;
	c->repeat_ms = T1_MS;
	c->repeat_at_ms = c->answer_at_ms + T1_MS;
	return 0;
}

int ua_call_begin_early(struct ua_call *c)
{
	char headers[1024], body[SDP_BYTES_MAX + 1024];
	struct text_writer w = text_writer_on(headers, sizeof(headers));
	struct text_writer b = text_writer_on(body, sizeof(body));
	int err;

	if (c->is_late)
		return -ENOTSUP;
	put_contact(c, &w);
	text_write_cstr(&w, ALLOW);
	ua_call_put_session(c, &b);
	if (w.full || b.full)
		return -ENOSPC;
	err = sip_stack_reply(c->ua->stack, c->invite,
			      &(struct sip_reply){ .status = 183,
						   .reason = "Session Progress",
						   .to_tag = c->local_tag,
						   .headers = text_written(&w),
						   .body = text_written(&b) },
			      NULL);
	if (err >= 0)
		ua_call_talk(c);
	return err;
}

void ua_call_accept_again(struct ua_call *c, struct sip_server *t)
{
	c->session_version--;
	(void)ua_call_accept(c, t, true, true);
}

void ua_call_moved(struct ua_call *c, const struct sip_heard *h)
{
	char *target = h->contact[0] ? strdup(h->contact) : NULL;

	c->flow = *h->flow;
	if (!target)
		return;
	free(c->target);
	c->target = target;
}

/* ---- requests of ours ---- */

void ua_call_put_request(struct ua_call *c, struct text_writer *w,
			 const char *method, uint32_t cseq, const char *branch)
{
	const struct ua_conf *conf = &c->ua->conf;
	bool v6 = strchr(conf->host, ':') != NULL;

	text_writef(w, "%s %s SIP/2.0\r\n", method, c->target);
	text_writef(w, "Via: SIP/2.0/%s %s%s%s:%u;branch=z9hG4bK%s;rport\r\n",
		    c->flow.is_stream ? "TCP" : "UDP", v6 ? "[" : "",
		    conf->host, v6 ? "]" : "", conf->port, branch);
	if (c->route_set[0])
		text_writef(w, "Route: %s\r\n", c->route_set);
	text_writef(w, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n",
		    c->local, c->remote, c->call_id, cseq, method);
	put_contact(c, w);
	text_write_cstr(w, "Max-Forwards: 70\r\nUser-Agent: e911d\r\n");
}

int ua_call_ask(struct ua_call *c, const char *method, const char *headers,
		uint64_t cookie)
{
	char buf[2 * SIP_HEAD_MAX], branch[UA_BRANCH_SIZE];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	ua_random_hex(branch, 8);
	ua_call_put_request(c, &w, method, ++c->local_cseq, branch);
	text_write_cstr(&w, headers);
	text_write_cstr(&w, "Content-Length: 0\r\n\r\n");
	if (w.full)
		return -ENOSPC;
	return sip_stack_ask(c->ua->stack, &c->flow, text_written(&w), cookie);
}

/* ---- the session timer ---- */

static bool knows_timer(const struct sip_heard *h)
{
	const char *value;

	for (unsigned i = 0; (value = sip_heard_header(h, "Supported", i));
	     i++) {
		struct text list = text_of(value), tag;

		while (text_cut(&list, ',', &tag))
			if (text_equal_nocase(text_trim(tag), text_of("timer")))
				return true;
	}
	return false;
}

unsigned ua_call_hear_timer(struct ua_call *c, const struct sip_heard *h)
{
	const char *value = sip_heard_header(h, "Session-Expires", 0);
	struct session_expires se;

	c->knows_timer = knows_timer(h);
	if (!value) {
		c->interval_s = 0;
		return 0;
	}
	if (session_expires_parse(text_of(value), &se) < 0)
		return 400;
	if (se.interval_s < SESSION_EXPIRES_MIN)
		return c->knows_timer ? 422 : 0;
	c->interval_s = se.interval_s;
	c->we_refresh = se.refresher == REFRESHER_UAS || !c->knows_timer;
	return 0;
}

void ua_call_timer_agreed(struct ua_call *c, const struct sip_heard *h)
{
	const char *value = sip_heard_header(h, "Session-Expires", 0);
	struct session_expires se;

	c->knows_timer = knows_timer(h);
	c->refreshed_at_ms = clock_mono_ms();
	/* What makes no sense is no timer: the call has its own end. */
	if (!value || session_expires_parse(text_of(value), &se) < 0 ||
	    se.interval_s < SESSION_EXPIRES_MIN)
		return;
	c->interval_s = se.interval_s;
	c->we_refresh = se.refresher != REFRESHER_UAS;
}

static void tick_timer(struct ua_call *c, int64_t now_ms)
{
	int64_t age = now_ms - c->refreshed_at_ms;
	int64_t whole = (int64_t)c->interval_s * 1000;
	int64_t early = whole / 3 < 32000 ? whole / 3 : 32000;
	char line[64];

	if (!c->interval_s || c->state != UA_STATE_TALKING)
		return;
	if (age >= whole - early) {
		ua_hang_up(c);
		return;
	}
	if (!c->we_refresh || c->refreshes || age < whole / 2)
		return;
	(void)snprintf(line, sizeof(line),
		       "Session-Expires: %u;refresher=uac\r\n"
		       "Supported: timer\r\n",
		       c->interval_s);
	c->refreshes = ua_call_ask(c, "UPDATE", line, c->id) == 0;
}

/* ---- time ---- */

static void repeat_answer(struct ua_call *c, int64_t now_ms)
{
	const struct ua_conf *conf = &c->ua->conf;

	c->repeat_ms = c->repeat_ms * 2 < T2_MS ? c->repeat_ms * 2 : T2_MS;
	c->repeat_at_ms = now_ms + c->repeat_ms;
	/* Over a stream too: what lies behind it may lose it. */
	if (c->answer)
		(void)conf->send(conf->arg, &c->flow, text_of(c->answer));
}

void ua_call_tick(struct ua_call *c, int64_t now_ms)
{
	int64_t most = (int64_t)c->ua->conf.call_s_max * 1000;

	if (c->state == UA_STATE_RINGING) {
		ua_ring_tick(c, now_ms);
		return;
	}
	if (c->state == UA_STATE_ANSWERED) {
		if (now_ms - c->answer_at_ms >= UA_WAIT_MS) {
			ua_call_bye(c);
			return;
		}
		if (now_ms >= c->repeat_at_ms)
			repeat_answer(c, now_ms);
	}
	if (now_ms - c->began_at_ms < most)
		tick_timer(c, now_ms);
	else if (c->state == UA_STATE_ASKED)
		ua_refuse(c, 480, "Temporarily Unavailable");
	else
		ua_hang_up(c);
}
