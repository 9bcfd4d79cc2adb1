/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include <osip2/osip.h>
#include <osipparser2/osip_parser.h>

#include "agent/sip_frame.h"
#include "agent/sip_stack.h"
#include "text_writer.h"

/* What we keep of a transaction, whoever began it. */
struct sip_server {
	struct sip_stack *stack; /* borrowed */
	osip_transaction_t *tr;  /* borrowed */
	struct sip_flow flow;
	uint64_t cookie; /* of a client's; 0: its user has heard the end */
	struct sip_server *next_ended;
};

struct sip_stack {
	struct sip_users users;
	osip_t *osip;             /* owned */
	struct sip_server *ended; /* owned: to be freed behind the step */
	unsigned count, count_max;
	/* What came, until the callbacks are over. */
	const struct sip_flow *flow;
	struct text content_type, body;
};

/* ---- a message as the user sees it ---- */

#define OWNED_MAX 8
struct owned {
	char *p[OWNED_MAX];
	unsigned count;
};

static const char *own(struct owned *o, int err, char *p)
{
	if (err != OSIP_SUCCESS || !p)
		return "";
	o->p[o->count++] = p;
	return p;
}

static void disown(struct owned *o)
{
	/* A macro, which names its argument twice. */
	while (o->count) {
		char *p = o->p[--o->count];

		osip_free(p);
	}
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static const char *param_of(const osip_list_t *params, const char *name)
{
	for (int i = 0; i < osip_list_size(params); i++) {
		const osip_generic_param_t *p = osip_list_get(params, i);

		if (p && p->gname &&
		    text_equal_nocase(text_of(p->gname), text_of(name)))
			return or_empty(p->gvalue);
	}
	return "";
}

static const char *tag_of(const osip_from_t *header)
{
	return param_of(&header->gen_params, "tag");
}

/* They stood in a head, with more than two bytes between two of them. */
#define ROUTE_SET_MAX SIP_HEAD_MAX

static const char *route_set_of(const osip_message_t *m, struct owned *o)
{
	struct text_writer w;
	char *buf = osip_malloc(ROUTE_SET_MAX);
	int n = osip_list_size(&m->record_routes);

	if (!buf)
		return "";
	o->p[o->count++] = buf;
	w = text_writer_on(buf, ROUTE_SET_MAX);
	for (int i = 0; i < n; i++) {
		char *one = NULL;

		int at = MSG_IS_RESPONSE(m) ? n - 1 - i : i;

		if (osip_record_route_to_str(
			    osip_list_get(&m->record_routes, at), &one) !=
		    OSIP_SUCCESS)
			continue;
		text_write_cstr(&w, i ? ", " : "");
		text_write_cstr(&w, one);
		osip_free(one);
	}
	(void)text_writer_end(&w);
	return buf;
}

/* May a user see it?  What is asked of here holds for all that follows. */
static bool is_whole(const osip_message_t *m)
{
	const osip_via_t *via = osip_list_get(&m->vias, 0);

	if (!m->call_id || !m->call_id->number || !m->from || !m->from->url ||
	    !m->to || !m->to->url || !m->cseq || !m->cseq->number ||
	    !m->cseq->method || !via || !via->host || !via->protocol)
		return false;
	if (strncmp(param_of(&via->via_params, "branch"), "z9hG4bK", 7) != 0)
		return false;
	if (MSG_IS_RESPONSE(m))
		return m->status_code >= 100 && m->status_code < 700;
	return m->sip_method && m->req_uri &&
	       strcmp(m->sip_method, m->cseq->method) == 0 &&
	       tag_of(m->from)[0];
}

static void show(struct sip_stack *s, const osip_message_t *m,
		 const struct sip_flow *flow, struct sip_heard *ret,
		 struct owned *o)
{
	const osip_contact_t *contact = osip_list_get(&m->contacts, 0);
	char *text = NULL;
	int err;

	*ret = (struct sip_heard){
		.status = MSG_IS_RESPONSE(m) ? (unsigned)m->status_code : 0,
		.method = m->cseq->method,
		.request_user =
			or_empty(m->req_uri ? m->req_uri->username : NULL),
		.from_tag = tag_of(m->from),
		.to_tag = tag_of(m->to),
		.cseq = (uint32_t)strtoul(m->cseq->number, NULL, 10),
		.contact = "",
		.route_set = route_set_of(m, o),
		.content_type = s->content_type,
		.body = s->body,
		.flow = flow,
		.message = m,
	};
	err = osip_call_id_to_str(m->call_id, &text);
	ret->call_id = own(o, err, text);
	err = osip_from_to_str(m->from, &text);
	ret->from = own(o, err, text);
	err = osip_to_to_str(m->to, &text);
	ret->to = own(o, err, text);
	if (contact && contact->url) {
		err = osip_uri_to_str(contact->url, &text);
		ret->contact = own(o, err, text);
	}
}

const char *sip_heard_header(const struct sip_heard *h, const char *name,
			     unsigned index)
{
	const osip_message_t *m = h->message;
	osip_header_t *header = NULL;
	int at = 0;

	for (unsigned i = 0; i <= index; i++, at++) {
		at = osip_message_header_get_byname(m, name, at, &header);
		if (at < 0 || !header)
			return NULL;
	}
	return or_empty(header->hvalue);
}

/* ---- out ---- */

/* NOLINTNEXTLINE(readability-non-const-parameter): libosip2's type */
static int send_message(osip_transaction_t *tr, osip_message_t *m, char *host,
			int port, int socket)
{
	struct sip_server *t = osip_transaction_get_your_instance(tr);
	char *text = NULL;
	size_t len = 0;
	int err;

	(void)host;
	(void)port;
	(void)socket;
	if (!t || osip_message_to_str(m, &text, &len) != OSIP_SUCCESS)
		return -1;
	err = t->stack->users.send(t->stack->users.arg, &t->flow,
				   text_make(text, len));
	osip_free(text);
	/* An answer that cannot be sent is one that is lost: its transaction
	 * stays as long as its user may hold it. */
	return err < 0 && (tr->ctx_type == ICT || tr->ctx_type == NICT) ? -1
									: 0;
}

/* Of our own making, so its shape is known. */
static osip_message_t *message_of(struct text text)
{
	osip_message_t *m = NULL;

	if (osip_message_init(&m) != OSIP_SUCCESS)
		return NULL;
	if (osip_message_parse(m, text.p, text.len) == OSIP_SUCCESS)
		return m;
	osip_message_free(m);
	return NULL;
}

static int execute_outgoing(osip_transaction_t *tr, osip_message_t *m)
{
	osip_event_t *event = osip_new_outgoing_sipmessage(m);

	if (!event) {
		osip_message_free(m);
		return -ENOMEM;
	}
	event->transactionid = tr->transactionid;
	return osip_transaction_execute(tr, event) < 0 ? -EIO : 0;
}

static void put_body(struct text_writer *w, struct text body)
{
	if (body.len)
		text_write_cstr(w, "Content-Type: application/sdp\r\n");
	text_writef(w, "Content-Length: %zu\r\n\r\n", body.len);
	text_write(w, body);
}

static void put_copied(struct text_writer *w, const char *name, int err,
		       char *value)
{
	if (err != OSIP_SUCCESS || !value) {
		w->full = true;
		return;
	}
	text_writef(w, "%s: %s\r\n", name, value);
	osip_free(value);
}

static void put_lists(struct text_writer *w, const osip_message_t *rq,
		      bool is_dialog)
{
	char *text = NULL;
	int err;

	for (int i = 0; i < osip_list_size(&rq->vias); i++) {
		err = osip_via_to_str(osip_list_get(&rq->vias, i), &text);
		put_copied(w, "Via", err, text);
	}
	for (int i = 0; is_dialog && i < osip_list_size(&rq->record_routes);
	     i++) {
		err = osip_record_route_to_str(
			osip_list_get(&rq->record_routes, i), &text);
		put_copied(w, "Record-Route", err, text);
	}
}

static void put_reply(struct text_writer *w, const osip_message_t *rq,
		      const struct sip_reply *r)
{
	char *text = NULL;
	int err;

	text_writef(w, "SIP/2.0 %u %s\r\n", r->status, r->reason);
	put_lists(w, rq, r->status > 100 && r->status < 300);
	err = osip_from_to_str(rq->from, &text);
	put_copied(w, "From", err, text);
	err = osip_to_to_str(rq->to, &text);
	if (err == OSIP_SUCCESS && r->to_tag && !tag_of(rq->to)[0]) {
		text_writef(w, "To: %s;tag=%s\r\n", text, r->to_tag);
		osip_free(text);
	} else {
		put_copied(w, "To", err, text);
	}
	err = osip_call_id_to_str(rq->call_id, &text);
	put_copied(w, "Call-ID", err, text);
	err = osip_cseq_to_str(rq->cseq, &text);
	put_copied(w, "CSeq", err, text);
	text_write_cstr(w, "User-Agent: e911d\r\n");
	text_write(w, r->headers);
	put_body(w, r->body);
}

/* ---- transactions ---- */

/* libosip2 is still in it: freed when the step is over. */
static void on_kill(int type, osip_transaction_t *tr)
{
	struct sip_server *t = osip_transaction_get_your_instance(tr);

	(void)type;
	if (!t)
		return;
	t->next_ended = t->stack->ended;
	t->stack->ended = t;
}

static void sweep(struct sip_stack *s)
{
	while (s->ended) {
		struct sip_server *t = s->ended;

		s->ended = t->next_ended;
		(void)osip_transaction_free(t->tr);
		free(t);
		s->count--;
	}
}

static struct sip_server *attach(struct sip_stack *s, osip_transaction_t *tr,
				 const struct sip_flow *flow, uint64_t cookie)
{
	struct sip_server *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->stack = s;
	t->tr = tr;
	t->flow = *flow;
	t->cookie = cookie;
	(void)osip_transaction_set_your_instance(tr, t);
	s->count++;
	return t;
}

static void on_response(int type, osip_transaction_t *tr, osip_message_t *m)
{
	struct sip_server *t = osip_transaction_get_your_instance(tr);
	struct sip_heard h;
	struct owned o = { .count = 0 };
	uint64_t cookie;

	(void)type;
	if (!t || !t->cookie || !m)
		return;
	cookie = t->cookie;
	if (m->status_code >= 200)
		t->cookie = 0;
	show(t->stack, m, t->stack->flow ? t->stack->flow : &t->flow, &h, &o);
	t->stack->users.response(t->stack->users.arg, cookie, &h);
	disown(&o);
}

static void on_silence(int type, osip_transaction_t *tr, osip_message_t *m)
{
	struct sip_server *t = osip_transaction_get_your_instance(tr);
	uint64_t cookie = t ? t->cookie : 0;

	(void)type;
	(void)m;
	if (!cookie)
		return;
	t->cookie = 0;
	t->stack->users.silence(t->stack->users.arg, cookie);
}

static void on_transport_error(int type, osip_transaction_t *tr, int error)
{
	(void)error;
	on_silence(type, tr, NULL);
}

/* It tells stdout what it makes of what strangers send. */
static void say_nothing(const char *file, int line, osip_trace_level_t level,
			const char *format, va_list args)
{
	(void)file;
	(void)line;
	(void)level;
	(void)format;
	(void)args;
}

static void set_callbacks(osip_t *o)
{
	static const int responses[] = {
		OSIP_ICT_STATUS_1XX_RECEIVED,  OSIP_ICT_STATUS_2XX_RECEIVED,
		OSIP_ICT_STATUS_3XX_RECEIVED,  OSIP_ICT_STATUS_4XX_RECEIVED,
		OSIP_ICT_STATUS_5XX_RECEIVED,  OSIP_ICT_STATUS_6XX_RECEIVED,
		OSIP_NICT_STATUS_2XX_RECEIVED, OSIP_NICT_STATUS_3XX_RECEIVED,
		OSIP_NICT_STATUS_4XX_RECEIVED, OSIP_NICT_STATUS_5XX_RECEIVED,
		OSIP_NICT_STATUS_6XX_RECEIVED,
	};

	osip_set_cb_send_message(o, send_message);
	for (int i = 0; i < OSIP_KILL_CALLBACK_COUNT; i++)
		(void)osip_set_kill_transaction_callback(o, i, on_kill);
	for (size_t i = 0; i < ARRAY_SIZE(responses); i++)
		(void)osip_set_message_callback(o, responses[i], on_response);
	(void)osip_set_message_callback(o, OSIP_ICT_STATUS_TIMEOUT, on_silence);
	(void)osip_set_message_callback(o, OSIP_NICT_STATUS_TIMEOUT,
					on_silence);
	(void)osip_set_transport_error_callback(o, OSIP_ICT_TRANSPORT_ERROR,
						on_transport_error);
	(void)osip_set_transport_error_callback(o, OSIP_NICT_TRANSPORT_ERROR,
						on_transport_error);
}

int sip_stack_new(struct sip_stack **ret, const struct sip_users *users,
		  unsigned transactions_max)
{
	struct sip_stack *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	osip_trace_initialize_func(TRACE_LEVEL0, say_nothing);
	if (osip_init(&s->osip) != OSIP_SUCCESS) {
		free(s);
		return -ENOMEM;
	}
	s->users = *users;
	s->count_max = transactions_max;
	set_callbacks(s->osip);
	*ret = s;
	return 0;
}

static void free_all(struct sip_stack *s, osip_list_t *list)
{
	osip_transaction_t *tr;

	(void)s;
	while ((tr = osip_list_get(list, 0))) {
		free(osip_transaction_get_your_instance(tr));
		(void)osip_transaction_free(tr);
	}
}

struct sip_stack *sip_stack_free(struct sip_stack *s)
{
	if (!s)
		return NULL;
	sweep(s);
	free_all(s, &s->osip->osip_ict_transactions);
	free_all(s, &s->osip->osip_ist_transactions);
	free_all(s, &s->osip->osip_nict_transactions);
	free_all(s, &s->osip->osip_nist_transactions);
	osip_release(s->osip);
	free(s);
	return NULL;
}

unsigned sip_stack_count(const struct sip_stack *s)
{
	return s->count;
}

/* ---- in ---- */

static void drop(osip_event_t *event)
{
	osip_message_free(event->sip);
	event->sip = NULL;
	osip_free(event);
}

/* An ACK of a 2xx, or a 2xx that is heard again: nobody's transaction. */
static void pass_on(struct sip_stack *s, osip_event_t *event)
{
	const osip_message_t *m = event->sip;
	struct owned o = { .count = 0 };
	struct sip_heard h;

	show(s, m, s->flow, &h, &o);
	if (MSG_IS_ACK(m))
		s->users.ack(s->users.arg, &h);
	else if (MSG_IS_RESPONSE(m) && h.status >= 200 && h.status < 300 &&
		 strcmp(h.method, "INVITE") == 0)
		s->users.response(s->users.arg, 0, &h);
	disown(&o);
	drop(event);
}

static int serve(struct sip_stack *s, osip_event_t *event)
{
	struct owned o = { .count = 0 };
	osip_transaction_t *tr;
	struct sip_server *t;
	struct sip_heard h;

	if (s->count >= s->count_max) {
		drop(event);
		return -EBUSY;
	}
	tr = osip_create_transaction(s->osip, event);
	t = tr ? attach(s, tr, s->flow, 0) : NULL;
	if (!t) {
		if (tr)
			(void)osip_transaction_free(tr);
		drop(event);
		return -ENOMEM;
	}
	(void)osip_transaction_execute(tr, event);
	if (!tr->orig_request)
		return -EIO;
	show(s, tr->orig_request, s->flow, &h, &o);
	s->users.request(s->users.arg, t, &h);
	disown(&o);
	return 0;
}

static int dispatch(struct sip_stack *s, osip_event_t *event)
{
	osip_transaction_t *tr;

	if (!event->sip || !is_whole(event->sip)) {
		drop(event);
		return -EBADMSG;
	}
	tr = __osip_find_transaction(s->osip, event, 0);
	if (tr) {
		(void)osip_transaction_execute(tr, event);
		return 0;
	}
	if (MSG_IS_RESPONSE(event->sip) || MSG_IS_ACK(event->sip)) {
		pass_on(s, event);
		return 0;
	}
	return serve(s, event);
}

int sip_stack_take(struct sip_stack *s, struct text head,
		   struct text content_type, struct text body,
		   const struct sip_flow *flow)
{
	osip_event_t *event;
	int err;

	if (head.len > SIP_HEAD_MAX)
		return -EBADMSG;
	event = osip_parse(head.p, head.len);
	if (!event)
		return -EBADMSG;
	s->flow = flow;
	s->content_type = content_type;
	s->body = body;
	err = dispatch(s, event);
	s->flow = NULL;
	s->content_type = s->body = text_of("");
	sweep(s);
	return err;
}

void sip_stack_tick(struct sip_stack *s)
{
	if (!s->count)
		return;
	osip_timers_ict_execute(s->osip);
	osip_timers_ist_execute(s->osip);
	osip_timers_nict_execute(s->osip);
	osip_timers_nist_execute(s->osip);
	(void)osip_ict_execute(s->osip);
	(void)osip_ist_execute(s->osip);
	(void)osip_nict_execute(s->osip);
	(void)osip_nist_execute(s->osip);
	sweep(s);
}

int sip_stack_reply(struct sip_stack *s, struct sip_server *t,
		    const struct sip_reply *r, char **ret_copy)
{
	static _Thread_local char buf[SIP_MESSAGE_MAX];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	osip_message_t *m;

	put_reply(&w, t->tr->orig_request, r);
	m = w.full ? NULL : message_of(text_written(&w));
	if (!m)
		return -ENOMEM;
	if (ret_copy) {
		*ret_copy = strndup(buf, w.used);
		if (!*ret_copy) {
			osip_message_free(m);
			return -ENOMEM;
		}
	}
	(void)s;
	return execute_outgoing(t->tr, m);
}

int sip_stack_ask(struct sip_stack *s, const struct sip_flow *flow,
		  struct text request, uint64_t cookie)
{
	bool invite = text_has_prefix_nocase(request, text_of("INVITE "));
	osip_transaction_t *tr = NULL;
	struct sip_server *t;
	osip_message_t *m;

	if (s->count >= s->count_max)
		return -EBUSY;
	m = message_of(request);
	if (!m)
		return -EINVAL;
	if (osip_transaction_init(&tr, invite ? ICT : NICT, s->osip, m) !=
	    OSIP_SUCCESS) {
		osip_message_free(m);
		return -ENOMEM;
	}
	t = attach(s, tr, flow, cookie);
	if (!t) {
		(void)osip_transaction_free(tr);
		osip_message_free(m);
		return -ENOMEM;
	}
	return execute_outgoing(tr, m);
}

void sip_stack_forget(struct sip_stack *s, uint64_t cookie)
{
	osip_list_t *all = &s->osip->osip_ict_transactions;

	for (int i = 0; cookie && i < osip_list_size(all); i++) {
		osip_transaction_t *tr = osip_list_get(all, i);
		struct sip_server *t = osip_transaction_get_your_instance(tr);

		if (!t || t->cookie != cookie)
			continue;
		t->cookie = 0;
		(void)osip_remove_transaction(s->osip, tr);
		on_kill(OSIP_ICT_KILL_TRANSACTION, tr);
		return;
	}
}
