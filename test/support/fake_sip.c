/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* asprintf */
#include "fake_sip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "dir_record.h"
#include "modules/e911/hangup.h"

#define SAID_MAX     512
#define PEERS_MAX    256
#define DIALOGS_MAX  64
#define FORGET_MS    5000  /* tm's wt_timer */
#define BARE_MS      10000 /* how long an answer may come */
#define SILENCE_MS   30000 /* tm's fr_timer */
#define FINAL_MS     120000
#define LABEL_CLIENT 1
#define LABEL_SERVER 2

/* An answered INVITE dialog of ours as the far side sees it. */
struct dialog {
	enum leg_side side;
	char call_id[80], tag[FAKE_TAG_SIZE];
	struct {
		uint32_t cseq; /* of an INVITE that they answered 2xx */
		bool acknowledged;
	} invites[16];
	unsigned invite_count;
	bool bye_sent, bye_heard;
};

static struct said said[SAID_MAX];
static size_t said_count;
static struct fake_client clients[PEERS_MAX];
static size_t client_count, lost_bye_count; /* of those that came first */
static struct fake_server servers[PEERS_MAX];
static size_t server_count;
static struct dialog dialogs[DIALOGS_MAX];
static size_t dialog_count;

static said_f *listener;
static void *listener_arg;
static int failing_sends, failing_replies;
static const char *unreachable;
static bool tags_are_forgotten;
static unsigned injected;
static char fault[160];

static void note_fault(const char *what, const char *method, unsigned n)
{
	if (!fault[0])
		snprintf(fault, sizeof(fault), "%s (%s %u)", what, method, n);
}

static void client_forget(struct fake_client *c)
{
	struct exchange *ex = c->exchange;
	struct call *call = c->call;

	c->exchange = NULL;
	c->call = NULL;
	exchange_free(ex);
	call_unref(call);
}

void fake_sip_reset(void)
{
	for (size_t i = 0; i < client_count; i++)
		client_forget(&clients[i]);
	for (size_t i = 0; i < said_count; i++)
		free(said[i].text);
	memset(clients, 0, sizeof(clients));
	memset(servers, 0, sizeof(servers));
	memset(dialogs, 0, sizeof(dialogs));
	said_count = client_count = server_count = dialog_count = 0;
	lost_bye_count = 0;
	listener = NULL;
	failing_sends = failing_replies = 0;
	unreachable = NULL;
	tags_are_forgotten = false;
	injected = 0;
	fault[0] = '\0';
}

void fake_sip_listen(said_f *on_said, void *arg)
{
	listener = on_said;
	listener_arg = arg;
}

size_t fake_sip_count(void)
{
	return said_count;
}

const struct said *fake_sip_said(size_t i)
{
	return i < said_count ? &said[i] : NULL;
}

/* ---- exchanges ---- */

struct exchange *exchange_new(enum exchange_kind kind, struct leg *leg)
{
	struct exchange *ex = shared_alloc(sizeof(*ex));

	if (!ex)
		return NULL;
	ex->kind = kind;
	ex->leg = leg;
	call_ref(leg->call);
	return ex;
}

void exchange_free(struct exchange *ex)
{
	struct call *call;

	if (!ex)
		return;
	call = ex->leg->call;
	shared_free(ex);
	call_unref(call);
}

/* ---- the judge ---- */

static void text_copy(char *to, size_t size, struct text t)
{
	if (text_to_cstr(t, to, size) < 0)
		to[0] = '\0';
}

static struct dialog *dialog_find(const struct leg *leg, struct text tag)
{
	for (size_t i = 0; i < dialog_count; i++)
		if (dialogs[i].side == leg->side &&
		    text_equal(text_of(dialogs[i].tag), tag) &&
		    text_equal(text_of(dialogs[i].call_id),
			       call_text_get(&leg->call_id)))
			return &dialogs[i];
	return NULL;
}

static void dialog_answered(const struct fake_client *c, struct text tag)
{
	struct dialog *d = dialog_find(c->leg, tag);

	if (!d) {
		if (dialog_count == DIALOGS_MAX)
			abort();
		d = &dialogs[dialog_count++];
		d->side = c->leg->side;
		text_copy(d->call_id, sizeof(d->call_id),
			  call_text_get(&c->leg->call_id));
		text_copy(d->tag, sizeof(d->tag), tag);
	}
	if (d->invite_count < ARRAY_SIZE(d->invites))
		d->invites[d->invite_count++].cseq = c->cseq;
}

static void judge_ack(const struct leg *leg, uint32_t cseq)
{
	struct dialog *d = dialog_find(leg, call_text_get(&leg->remote_tag));

	for (unsigned i = 0; d && i < d->invite_count; i++)
		if (d->invites[i].cseq == cseq) {
			d->invites[i].acknowledged = true;
			return;
		}
	note_fault("ACK of what was never answered 2xx", "ACK", cseq);
}

static bool waiting_for_ack(const struct dialog *d)
{
	for (unsigned i = 0; i < d->invite_count; i++)
		if (!d->invites[i].acknowledged)
			return true;
	return false;
}

static void judge_request(const struct sip_out *out)
{
	const struct leg *leg = out->leg;
	struct text tag = call_text_get(&leg->remote_tag);
	struct dialog *d = dialog_find(leg, tag);
	bool initial = strcmp(out->method, "INVITE") == 0 &&
		       leg->side == LEG_B && !tag.len;

	if (strcmp(out->method, "ACK") == 0) {
		judge_ack(leg, out->cseq);
		return;
	}
	if (!initial && !tag.len)
		note_fault("request in a dialog without their tag", out->method,
			   out->cseq);
	if (d && (d->bye_sent || d->bye_heard))
		note_fault("request in a dialog that is over", out->method,
			   out->cseq);
	if (strcmp(out->method, "BYE") == 0) {
		if (d && waiting_for_ack(d))
			note_fault("BYE before the ACK", "BYE", out->cseq);
		if (d)
			d->bye_sent = true;
	}
	for (size_t i = 0; i < client_count; i++) {
		if (clients[i].leg != leg)
			continue;
		if (clients[i].cseq >= out->cseq)
			note_fault("CSeq does not grow", out->method,
				   out->cseq);
		if (strcmp(clients[i].method, "BYE") == 0 &&
		    i >= lost_bye_count)
			note_fault("request after the BYE", out->method,
				   out->cseq);
	}
}

const char *fake_sip_fault(void)
{
	return fault[0] ? fault : NULL;
}

/* Leg A is answered by us: the far side's INVITE, no client of ours. */
unsigned fake_sip_live(enum leg_side side)
{
	unsigned n = 0;

	for (size_t i = 0; i < dialog_count; i++)
		n += dialogs[i].side == side && !dialogs[i].bye_sent &&
		     !dialogs[i].bye_heard;
	return n;
}

unsigned fake_sip_unacknowledged(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < dialog_count; i++)
		n += waiting_for_ack(&dialogs[i]) && !dialogs[i].bye_heard;
	return n;
}

void fake_sip_hung_up(const struct leg *leg, struct text their_tag)
{
	struct dialog *d = dialog_find(leg, their_tag);

	if (d)
		d->bye_heard = true;
}

/* ---- what we say ---- */

static struct said *say(enum said_kind kind, const struct leg *leg,
			const char *method)
{
	struct said *s;

	if (said_count == SAID_MAX)
		abort();
	s = &said[said_count++];
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	s->leg = leg;
	snprintf(s->method, sizeof(s->method), "%s", method);
	return s;
}

#define T(t) (int)(t).len, (t).p ? (t).p : ""

static void said_is(struct said *s, char *head, struct text headers,
		    struct text body)
{
	int n;

	n = asprintf(&s->text, "%s%.*s\r\n%.*s", head, T(headers), T(body));
	free(head);
	if (n < 0)
		abort();
	s->body = s->text + (size_t)n - body.len;
	if (listener)
		listener(s, listener_arg);
}

static bool is_injected(int *failing)
{
	if (*failing == 0)
		return false;
	if (*failing > 0)
		--*failing;
	injected++;
	return true;
}

static char *request_head(const struct sip_out *out)
{
	const struct leg *l = out->leg;
	char *head;

	if (asprintf(&head,
		     "%s %.*s SIP/2.0\r\nRoute: %.*s\r\n"
		     "From: <%.*s>;tag=%.*s\r\nTo: <%.*s>;tag=%.*s\r\n"
		     "Call-ID: %.*s\r\nCSeq: %u %s\r\n",
		     out->method, T(l->remote_target), T(l->route_set),
		     T(l->local_uri), T(l->local_tag), T(l->remote_uri),
		     T(l->remote_tag), T(l->call_id), out->cseq,
		     out->method) < 0)
		abort();
	return head;
}

static struct fake_client *client_new(const struct sip_out *out)
{
	struct fake_client *c;

	if (client_count == PEERS_MAX)
		abort();
	c = &clients[client_count++];
	c->leg = out->leg;
	c->cseq = out->cseq;
	snprintf(c->method, sizeof(c->method), "%s", out->method);
	return c;
}

static void client_add(const struct sip_out *out, struct sip_transaction *ret)
{
	struct fake_client *c = client_new(out);
	uint32_t silence = out->response_timeout_ms;

	c->exchange = out->exchange;
	c->give_up_at = clock_mono_ms() + (silence ? silence : SILENCE_MS);
	c->final_timeout_ms =
		out->final_timeout_ms ? out->final_timeout_ms : FINAL_MS;
	*ret = (struct sip_transaction){ .index = (unsigned)client_count,
					 .label = LABEL_CLIENT,
					 .open = true };
}

int sip_send(const struct sip_out *out, struct sip_transaction *ret)
{
	struct said *s;

	if (is_injected(&failing_sends))
		return -EIO;
	judge_request(out);
	if (out->exchange)
		client_add(out, ret);
	else
		*ret = (struct sip_transaction){ 0 };
	s = say(SAID_REQUEST, out->leg, out->method);
	s->cseq = out->cseq;
	said_is(s, request_head(out), out->headers, out->body);
	return 0;
}

static struct fake_client *bare_find(struct text branch)
{
	for (size_t i = 0; i < client_count; i++)
		if (text_equal(text_of(clients[i].branch), branch))
			return &clients[i];
	return NULL;
}

static void bare_add(const struct sip_out *out, struct text branch)
{
	struct fake_client *c;

	judge_request(out);
	c = client_new(out);
	text_copy(c->branch, sizeof(c->branch), branch);
	c->call = out->leg->call;
	c->forget_at = clock_mono_ms() + BARE_MS;
	call_ref(c->call);
}

int sip_send_bare(const struct sip_out *out)
{
	char branch[FAKE_TAG_SIZE];
	struct text_writer w = text_writer_on(branch, sizeof(branch));
	struct said *s;
	bool is_copy;

	if (out->leg->flow.transport > TRANSPORT_UDP)
		return -EOPNOTSUPP;
	if (is_injected(&failing_sends))
		return -EHOSTUNREACH;
	hangup_branch(out->leg, &w);
	if (w.full)
		abort();
	is_copy = bare_find(text_written(&w));
	if (!is_copy)
		bare_add(out, text_written(&w));
	s = say(SAID_REQUEST, out->leg, out->method);
	s->is_copy = is_copy;
	s->cseq = out->cseq;
	said_is(s, request_head(out), out->headers, out->body);
	return 0;
}

int sip_reply(struct sip_transaction *t, const struct sip_answer *answer)
{
	struct fake_server *server;
	struct said *s;
	char *head;

	if (!t->open)
		return -EALREADY;
	if (t->label != LABEL_SERVER || t->index > server_count)
		abort();
	server = &servers[t->index - 1];
	if (is_injected(&failing_replies)) {
		server->attempts += answer->code >= 200;
		return -EIO;
	}
	if (server->status)
		note_fault("answer after the final one", server->method,
			   answer->code);
	if (answer->code >= 200) {
		server->status = answer->code;
		t->open = false;
	}
	s = say(SAID_REPLY, server->leg, server->method);
	s->code = answer->code;
	s->cseq = server->cseq;
	if (asprintf(&head, "SIP/2.0 %u %.*s\r\nTo: tag=%.*s\r\n", answer->code,
		     T(answer->reason), T(answer->to_tag)) < 0)
		abort();
	said_is(s, head, answer->headers, answer->body);
	return 0;
}

void sip_answer_heard(const struct sip_transaction *t)
{
	/* Nothing is repeated here. */
	(void)t;
}

void sip_cancel(struct sip_transaction *t)
{
	struct fake_client *c;
	struct said *s;
	char *head;

	if (!t->open || t->label != LABEL_CLIENT || t->index > client_count) {
		note_fault("CANCEL of what is not open", "CANCEL", 0);
		return;
	}
	c = &clients[t->index - 1];
	if (c->is_cancelled)
		note_fault("second CANCEL", "CANCEL", c->cseq);
	c->is_cancelled = true;
	s = say(SAID_CANCEL, c->leg, "CANCEL");
	s->cseq = c->cseq;
	if (asprintf(&head, "CANCEL\r\nCSeq: %u CANCEL\r\n", c->cseq) < 0)
		abort();
	said_is(s, head, text_of(NULL), text_of(NULL));
}

int sip_flow_to(const struct call_route *route, struct sip_flow *ret_flow,
		char *contact, size_t contact_size, char *host,
		size_t host_size)
{
	if (unreachable && strcmp(route->host, unreachable) == 0)
		return -EHOSTUNREACH;
	memset(ret_flow, 0, sizeof(*ret_flow));
	ret_flow->transport = route->transport;
	snprintf(contact, contact_size, "<sip:e911@192.0.2.100:5060>");
	snprintf(host, host_size, "192.0.2.100");
	return 0;
}

void sip_socket_name(const struct sip_flow *flow, char *name, size_t size)
{
	snprintf(name, size, "%s", flow->socket ? (char *)flow->socket : "");
}

bool sip_socket_find(struct text name, struct sip_flow *flow)
{
	(void)name;
	flow->socket = NULL;
	return false;
}

/* ---- what they say ---- */

struct fake_client *fake_sip_client(const struct leg *leg, const char *method)
{
	for (size_t i = client_count; i-- > 0;)
		if ((!leg || clients[i].leg == leg) &&
		    strcmp(clients[i].method, method) == 0)
			return &clients[i];
	return NULL;
}

size_t fake_sip_client_count(void)
{
	return client_count;
}

struct fake_client *fake_sip_client_at(size_t i)
{
	return &clients[i];
}

static void client_ends(struct fake_client *c, unsigned status)
{
	c->status = status;
	c->give_up_at = 0;
	c->forget_at = clock_mono_ms() + FORGET_MS;
}

static bool tag_is_new(struct fake_client *c, struct text tag)
{
	for (unsigned i = 0; i < c->tag_count; i++)
		if (text_equal(text_of(c->tags[i]), tag))
			return false;
	if (c->tag_count < ARRAY_SIZE(c->tags))
		text_copy(c->tags[c->tag_count++], FAKE_TAG_SIZE, tag);
	return true;
}

static void reply_2xx(struct fake_client *c, const struct sip_reply_view *r)
{
	bool is_new = tag_is_new(c, r->to_tag);

	if (is_new) {
		client_ends(c, r->code);
		dialog_answered(c, r->to_tag);
	}
	b2bua_on_2xx_again(c->exchange, r->to_tag);
	if (is_new || tags_are_forgotten)
		b2bua_on_reply(c->exchange, r);
}

void fake_sip_reply(struct fake_client *c, const struct sip_reply_view *r)
{
	bool invite = strcmp(c->method, "INVITE") == 0;

	if (c->call)
		b2bua_on_bye_reply(c->call, text_of(c->branch), r->code);
	if (!c->exchange)
		return;
	if (invite && r->code >= 200 && r->code < 300) {
		reply_2xx(c, r);
		return;
	}
	if (c->status)
		return;
	c->heard = true;
	if (r->code >= 200)
		client_ends(c, r->code);
	else if (invite)
		c->give_up_at = clock_mono_ms() + c->final_timeout_ms;
	b2bua_on_reply(c->exchange, r);
}

void fake_sip_give_up(struct fake_client *c)
{
	struct sip_reply_view r = { .code = 408,
				    .is_local = true,
				    .reason = text_of("Request Timeout") };

	if (!c->exchange || c->status)
		return;
	client_ends(c, 408);
	b2bua_on_reply(c->exchange, &r);
}

struct sip_transaction fake_sip_ask(const struct leg *leg, const char *method,
				    uint32_t cseq)
{
	struct fake_server *s;

	if (server_count == PEERS_MAX)
		abort();
	s = &servers[server_count++];
	s->leg = leg;
	s->cseq = cseq;
	snprintf(s->method, sizeof(s->method), "%s", method);
	return (struct sip_transaction){ .index = (unsigned)server_count,
					 .label = LABEL_SERVER,
					 .open = true };
}

size_t fake_sip_server_count(void)
{
	return server_count;
}

const struct fake_server *fake_sip_server_at(size_t i)
{
	return &servers[i];
}

/* ---- time ---- */

int64_t fake_sip_due(void)
{
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < client_count; i++) {
		const struct fake_client *c = &clients[i];

		if (!c->exchange && !c->call)
			continue;
		if (c->give_up_at && c->give_up_at < due)
			due = c->give_up_at;
		if (c->forget_at && c->forget_at < due)
			due = c->forget_at;
	}
	return due;
}

void fake_sip_tick(void)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < client_count; i++) {
		struct fake_client *c = &clients[i];

		if (!c->exchange && !c->call)
			continue;
		if (c->give_up_at && c->give_up_at <= now)
			fake_sip_give_up(c);
		else if (c->forget_at && c->forget_at <= now)
			client_forget(c);
	}
}

void fake_sip_forget(void)
{
	for (size_t i = 0; i < client_count; i++)
		if (clients[i].exchange && clients[i].status)
			client_forget(&clients[i]);
}

/* ---- errors ---- */

void fake_sip_fail_sends(int n)
{
	failing_sends = n;
}

void fake_sip_fail_replies(int n)
{
	failing_replies = n;
}

void fake_sip_unreachable(const char *host)
{
	unreachable = host;
}

void fake_sip_forget_tags(bool on)
{
	tags_are_forgotten = on;
}

void fake_sip_lose_byes(void)
{
	lost_bye_count = client_count;
	for (size_t i = 0; i < dialog_count; i++)
		dialogs[i].bye_sent = false;
}

unsigned fake_sip_injected(void)
{
	return injected;
}
