/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * b2bua_tm: legs as transactions of tm.
 *
 * A request of ours is a dlg_t on the stack, filled from the leg; tm copies
 * what it needs.  tm keeps one "current transaction" per process:
 * t_lookup_ident() overwrites it, so it is saved around every use.
 */
#include "b2bua_tm.h"

#include <errno.h>

#include "b2bua.h"
#include "bare_request.h"
#include "core/forward.h"
#include "core/mem/shm_mem.h"
#include "core/msg_translator.h"
#include "core/parser/parse_cseq.h"
#include "core/parser/parse_rr.h"
#include "core/resolve.h"
#include "hangup.h"
#include "modules/tm/tm_load.h"
#include "report.h"
#include "setup.h"
#include "sip_message.h"
#include "stateless.h"
#include "tls_peer.h"
#include "trunk_watch.h"
#include "worker.h"

#define ROUTE_SET_SIZE 8192
#define REPLY_ROOM     2048  /* start line, Via, tags, lengths */
#define BARE_SIZE      16384 /* of a request without a transaction */
#define BRANCH_RANDOM  16u   /* bytes */

#define ANSWER_MS 32000 /* 64*T1: RFC 3261 13.3.1.4 */
#define WAIT_MS   5000  /* until tm has told */

static struct tm_binds tmb;
/* Shared: how long tm keeps an ended transaction (its wt_timer). */
static ticks_t *usual_wait;
/* What is being sent now: read by on_local_request(), which tm runs inside
 * t_uac before the request is on the wire. */
static const struct sip_out *sending;
/* What is served now and has no transaction; NULL. */
static struct sip_msg *in_hand;

/* ---- exchange ---- */

struct exchange *exchange_new(enum exchange_kind kind, struct leg *leg)
{
	/* Of what a leg has once: it may stay until the call ends. */
	bool is_calls =
		kind == EXCHANGE_INVITE || (kind == EXCHANGE_BYE && !leg->byes);
	struct exchange *ex = is_calls ? call_memory(leg->call, sizeof(*ex))
				       : shared_alloc(sizeof(*ex));

	if (!ex)
		return NULL;
	ex->kind = kind;
	ex->leg = leg;
	ex->is_calls = is_calls;
	call_ref(leg->call);
	return ex;
}

void exchange_free(struct exchange *ex)
{
	struct call *call;

	if (!ex)
		return;
	call = ex->leg->call;
	if (!ex->is_calls)
		shared_free(ex);
	call_unref(call);
}

/* ---- what tm tells ---- */

static void tell_reply(struct exchange *ex, struct sip_msg *rpl, int code)
{
	static char route_set[ROUTE_SET_SIZE];
	struct sip_reply_view view = { 0 };

	if (rpl && rpl != FAKED_REPLY && ex->kind == EXCHANGE_BYE)
		/* It is over, whatever else it says. */
		view.code = rpl->first_line.u.reply.statuscode;
	else if (rpl && rpl != FAKED_REPLY)
		message_reply_view(rpl, &view, route_set, sizeof(route_set));
	else
		view = (struct sip_reply_view){
			.code = (unsigned)code,
			.is_local = true,
			.reason = text_of(code == 408 ? "Request Timeout"
						      : "Server Error"),
		};
	b2bua_on_reply(ex, &view);
}

/* tm keeps a 100 to itself; for the hunt it is a sign of life. */
static void tell_trying(struct exchange *ex, struct sip_msg *rpl)
{
	static const struct sip_reply_view trying = { .code = 100 };

	if (ex->kind == EXCHANGE_INVITE && rpl && rpl != FAKED_REPLY &&
	    rpl->first_line.u.reply.statuscode == 100)
		b2bua_on_reply(ex, &trying);
}

static void tell_2xx(struct exchange *ex, struct sip_msg *rpl)
{
	bool invite = ex->kind == EXCHANGE_INVITE || ex->is_invite;

	if (!invite || !rpl || rpl == FAKED_REPLY ||
	    rpl->first_line.u.reply.statuscode / 100 != 2 ||
	    !message_reply_parse(rpl))
		return;
	/* The 200 to our CANCEL comes here too (RFC 3261 9.2). */
	if (get_cseq(rpl)->method_id != METHOD_INVITE)
		return;
	b2bua_on_2xx_again(ex, message_to_tag(rpl));
}

static void on_tm(struct cell *t, int type, struct tmcb_params *ps)
{
	struct exchange *ex = *ps->param;
	struct cell *saved = tmb.t_gett();
	int saved_branch = tmb.t_gett_branch();

	(void)t;
	if (type & TMCB_DESTROY) {
		exchange_free(ex);
		return;
	}
	if (type & TMCB_LOCAL_RESPONSE_IN) {
		tell_trying(ex, ps->rpl);
		tell_2xx(ex, ps->rpl);
	} else {
		tell_reply(ex, ps->rpl, ps->code);
	}
	tmb.t_sett(saved, saved_branch);
}

/* An OPTIONS outside of any call. */
static void on_probe(struct cell *t, int type, struct tmcb_params *ps)
{
	struct trunk_probe *probe = *ps->param;
	bool is_heard = ps->rpl && ps->rpl != FAKED_REPLY;

	(void)t;
	if (type & TMCB_DESTROY)
		trunk_watch_forgotten(probe);
	else
		trunk_watch_answered(probe, is_heard ? (unsigned)ps->code : 0);
}

static int proto_of(uint8_t transport)
{
	return transport == TRANSPORT_TCP   ? PROTO_TCP
	       : transport == TRANSPORT_TLS ? PROTO_TLS
					    : PROTO_UDP;
}

/* The one that the far side opened, 0: none.  Only of the same kind: its
 * Contact may name another. */
static int connection_of(const struct leg *leg, int proto)
{
	return proto == proto_of(leg->flow.transport) ? leg->flow.connection
						      : 0;
}

/* A tick less (62.5 ms): tm counts whole ones, and what follows takes a moment,
 * yet a caller is not to wait longer than the other side was given. */
static ticks_t at_most(uint32_t ms)
{
	ticks_t ticks = MS_TO_TICKS(ms);

	return ticks > 1 ? ticks - 1 : 1;
}

/* What would cancel it, per-request timers, and the connection that the far
 * side opened. */
static void on_local_request(struct cell *t, int type, struct tmcb_params *ps)
{
	int connection;

	(void)type;
	(void)ps;
	if (!sending)
		return;
	if (sending->exchange && sending->exchange->kind == EXCHANGE_INVITE)
		setup_ringing(sending->leg, &sending->leg->peer,
			      text_make(t->uac[0].request.buffer,
					(size_t)t->uac[0].request.buffer_len));
	if (sending->response_timeout_ms)
		t->fr_timeout = at_most(sending->response_timeout_ms);
	if (sending->final_timeout_ms)
		t->fr_inv_timeout = MS_TO_TICKS(sending->final_timeout_ms);
	connection = connection_of(sending->leg, t->uac[0].request.dst.proto);
	if (connection)
		t->uac[0].request.dst.id = connection;
}

int tm_bind(void)
{
	if (load_tm_api(&tmb) < 0)
		return -ENOENT;
	usual_wait = shared_alloc(sizeof(*usual_wait));
	if (!usual_wait)
		return -ENOMEM;
	*usual_wait = MS_TO_TICKS(WAIT_MS);
	if (tmb.register_tmcb(0, 0, TMCB_LOCAL_REQUEST_IN, on_local_request, 0,
			      0) <= 0)
		return -ENOMEM;
	return 0;
}

/* ---- sending ---- */

static str call_str(const struct call_text *t)
{
	return (str){ t->p, (int)t->len };
}

/* How one request of ours leaves. */
struct departure {
	dlg_t dialog;
	struct next_hop hop;
	char next_hop[NEXT_HOP_URI_SIZE + 3], peer[NEXT_HOP_URI_SIZE];
};

/* By the listening socket that reaches it: false where there is none. */
static bool destination_of(const struct next_hop *hop,
			   struct socket_info *our_socket,
			   struct dest_info *ret)
{
	str name = { (char *)hop->host, (int)strlen(hop->host) };
	struct ip_addr *ip = str2ip(&name);

	init_dest_info(ret);
	if (!ip)
		ip = str2ip6(&name);
	if (!ip || init_su(&ret->to, ip, hop->port) != 0)
		return false;
	ret->proto = (char)proto_of(hop->transport);
	ret->send_sock = get_send_socket2(our_socket, &ret->to,
					  proto_of(hop->transport), NULL);
	return ret->send_sock != NULL;
}

static bool is_reachable(const struct next_hop *hop,
			 struct socket_info *our_socket)
{
	struct dest_info to;

	return destination_of(hop, our_socket, &to);
}

static bool next_hop_is(const struct next_hop *a, const struct next_hop *b)
{
	return a->port == b->port && a->transport == b->transport &&
	       strcmp(a->host, b->host) == 0;
}

/* Where it goes, in numbers: tm would ask the DNS for a name. */
static void settle_next_hop(struct departure *d, const struct leg *leg)
{
	rr_t *route = d->dialog.route_set;
	struct next_hop hop;
	str *uri = route ? &route->nameaddr.uri : &d->dialog.rem_target;
	struct sip_uri parsed;
	bool is_strict = route && parse_uri(uri->s, uri->len, &parsed) >= 0 &&
			 !parsed.lr.s;

	if (next_hop_of(str_to_text(*uri), &leg->peer, &hop) &&
	    !next_hop_is(&hop, &leg->peer) &&
	    !is_reachable(&hop, leg->flow.socket))
		hop = leg->peer;
	d->hop = hop;
	next_hop_format(&hop, d->next_hop);
	if (route && !is_strict)
		memcpy(d->next_hop + strlen(d->next_hop), ";lr", 4);
	*(route ? uri : &d->dialog.dst_uri) =
		(str){ d->next_hop, (int)strlen(d->next_hop) };
}

/* The texts live as long as d and the leg's. */
static void fill_departure(struct departure *d, const struct sip_out *out)
{
	struct leg *leg = out->leg;
	dlg_t *g = &d->dialog;

	memset(d, 0, sizeof(*d));
	g->id.call_id = call_str(&leg->call_id);
	g->id.loc_tag = call_str(&leg->local_tag);
	g->id.rem_tag = call_str(&leg->remote_tag);
	g->loc_seq.value = out->cseq;
	g->loc_seq.is_set = 1;
	g->loc_uri = call_str(&leg->local_uri);
	g->rem_uri = call_str(&leg->remote_uri);
	g->rem_target = call_str(&leg->remote_target);
	g->state = DLG_CONFIRMED;
	g->send_sock = leg->flow.socket;
	/* A Contact that cannot stand in a request line. */
	if (!next_hop_uri_is_sound(str_to_text(g->rem_target))) {
		next_hop_format(&leg->peer, d->peer);
		g->rem_target = (str){ d->peer, (int)strlen(d->peer) };
	}
	/* Routes that cannot be read are done without. */
	if (leg->route_set.len &&
	    parse_rr_body(leg->route_set.p, (int)leg->route_set.len,
			  &g->route_set) < 0)
		g->route_set = NULL;
	settle_next_hop(d, leg);
}

/* Over TCP and TLS nobody tells when it could not be delivered. */
static bool is_watched(const struct sip_out *out, const struct next_hop *hop,
		       enum unreach_note_kind *ret_kind)
{
	const struct exchange *ex = out->exchange;

	if (!ex || hop->transport == TRANSPORT_UDP)
		return false;
	*ret_kind = ex->kind == EXCHANGE_INVITE ? UNREACH_NOTE_INVITE
						: UNREACH_NOTE_PROBE;
	return ex->kind == EXCHANGE_INVITE ||
	       (ex->kind == EXCHANGE_OWN && ex->purpose == OWN_CLOSED);
}

/* Of a request that nobody answers, and that is not repeated. */
static void branch_random(struct text_writer *w)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t random[BRANCH_RANDOM];
	char digits[2 * sizeof(random)];

	random_bytes(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++) {
		digits[2 * i] = hex[random[i] >> 4];
		digits[2 * i + 1] = hex[random[i] & 15];
	}
	text_write_cstr(w, MCOOKIE);
	text_write(w, text_make(digits, sizeof(digits)));
}

/* A CRLF-terminated line; the caller's to pkg_free.  NULL: no memory. */
static char *via_new(struct dest_info *to, struct text branch, struct text *ret)
{
	str its = text_to_str(branch);
	struct hostport hp;
	unsigned int len = 0;
	char *line;

	set_hostport(&hp, NULL);
	line = via_builder(&len, NULL, to, &its, NULL, &hp);
	*ret = text_make(line, len);
	return line;
}

/* Without tm, which would make a transaction of some kB for it.  As
 * sip_send_bare(). */
static int send_bare(const struct sip_out *out, const struct departure *d,
		     struct text branch)
{
	static char buf[BARE_SIZE];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	const dlg_t *g = &d->dialog;
	struct dest_info to;
	struct bare_request r = {
		.method = text_of(out->method),
		.target = str_to_text(g->rem_target),
		.to_uri = str_to_text(g->rem_uri),
		.to_tag = str_to_text(g->id.rem_tag),
		.from_uri = str_to_text(g->loc_uri),
		.from_tag = str_to_text(g->id.loc_tag),
		.call_id = str_to_text(g->id.call_id),
		.cseq = out->cseq,
		.headers = out->headers,
		.body = out->body,
	};
	char *via;

	if (!destination_of(&d->hop, out->leg->flow.socket, &to))
		return -EHOSTUNREACH;
	to.id = connection_of(out->leg, to.proto);
	via = via_new(&to, branch, &r.via);
	if (!via)
		return -ENOMEM;
	bare_request_write(&w, &r);
	pkg_free(via);
	if (w.full)
		return -ENOSPC;
	tls_peer_begin(out->leg);
	(void)msg_send(&to, buf, (int)w.used);
	(void)tls_peer_end();
	return 0;
}

static int send_ack(const struct sip_out *out, const struct departure *d)
{
	char buf[MCOOKIE_LEN + 2 * (size_t)BRANCH_RANDOM];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	branch_random(&w);
	return send_bare(out, d, text_written(&w));
}

/* Routes and their order are tm's to write. */
static bool is_simple_ack(const struct sip_out *out, const struct departure *d)
{
	return !out->exchange && !out->probe && !d->dialog.route_set &&
	       strcmp(out->method, "ACK") == 0;
}

int sip_send_bare(const struct sip_out *out)
{
	char buf[HANGUP_BRANCH_SIZE];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	struct departure d;
	int err = -EOPNOTSUPP;

	hangup_branch(out->leg, &w);
	if (w.full)
		return -ENOSPC;
	/* Routes are tm's to write, and so are connections to watch. */
	if (out->leg->route_set.len)
		return err;
	fill_departure(&d, out);
	if (d.hop.transport == TRANSPORT_UDP)
		err = send_bare(out, &d, text_written(&w));
	return err;
}

int sip_send(const struct sip_out *out, struct sip_transaction *ret)
{
	str method = { (char *)out->method, (int)strlen(out->method) };
	str headers = text_to_str(out->headers), body = text_to_str(out->body);
	unsigned index = 0, label = 0;
	uac_req_t req;
	enum unreach_note_kind kind = UNREACH_NOTE_INVITE;
	struct departure d;
	bool watched, is_withheld;
	int rc;

	fill_departure(&d, out);
	*ret = (struct sip_transaction){ 0 };
	if (is_simple_ack(out, &d) && send_ack(out, &d) == 0)
		return 0;
	watched = is_watched(out, &d.hop, &kind);
	set_uac_req(&req, &method, headers.len ? &headers : NULL,
		    body.len ? &body : NULL, &d.dialog, 0, NULL, NULL);
	if (out->exchange) {
		req.cb_flags =
			TMCB_LOCAL_COMPLETED | TMCB_DESTROY | TMCB_DONT_ACK;
		/* Of a BYE only the end is of interest. */
		if (out->exchange->kind != EXCHANGE_BYE)
			req.cb_flags |= TMCB_LOCAL_RESPONSE_OUT |
					TMCB_LOCAL_RESPONSE_IN;
		req.cb = on_tm;
		req.cbp = out->exchange;
	} else if (out->probe) {
		req.cb_flags = TMCB_LOCAL_COMPLETED | TMCB_DESTROY;
		req.cb = on_probe;
		req.cbp = out->probe;
	}
	sending = out;
	tls_peer_begin(out->leg);
	rc = tmb.t_uac_with_ids(&req, &index, &label);
	is_withheld = tls_peer_end();
	sending = NULL;
	if (d.dialog.route_set)
		free_rr(&d.dialog.route_set);
	if (rc <= 0)
		return -EIO;
	*ret = (struct sip_transaction){ .index = index,
					 .label = label,
					 .open = out->exchange || out->probe };
	if (watched)
		unreach_ring_sent(worker_shared->connections, kind, out->leg,
				  &d.hop);
	if (watched && is_withheld)
		unreach_ring_not_sent(worker_shared->connections, out->leg,
				      "certificate refused");
	return 0;
}

/* ---- how long a transaction of theirs is kept ---- */

/*
 * tm forgets a transaction 5 s after its final reply, and with it the 2xx that
 * an INVITE's sender has not acknowledged.  Let the wait be over then instead;
 * the cell must be referenced.
 */
static void wait_anew(struct cell *cell, ticks_t ticks)
{
	if (timer_del(&cell->wait_timer) < 0)
		return; /* it runs, or is not set */
	timer_reinit(&cell->wait_timer);
	(void)timer_add(&cell->wait_timer, ticks);
}

/* Our 2xx to an INVITE is repeated until its ACK comes, for 32 s. */
static void keep_answer(const struct sip_transaction *t)
{
	struct cell *cell;

	if (tmb.t_lookup_ident(&cell, t->index, t->label) < 0)
		return;
	if (is_invite(cell)) {
		ticks_t usual = cell->wait_timer.initial_timeout;

		/* What tm's wt_timer is; one that was put off already tells
		 * nothing. */
		if (usual < MS_TO_TICKS(ANSWER_MS))
			__atomic_store_n(usual_wait, usual, __ATOMIC_RELAXED);
		wait_anew(cell, MS_TO_TICKS(ANSWER_MS + 1000));
	}
	tmb.unref_cell(cell);
}

/* ---- answering and cancelling ---- */

/* Where tm has no memory for a reply it gives the whole transaction up, after
 * a provisional one too: A would never hear an answer.  So it is not asked. */
static bool has_memory_for(const struct cell *cell,
			   const struct sip_answer *answer)
{
	size_t echoed = cell->uas.request ? cell->uas.request->len : 0;
	void *p;

	/* No pieces are so small that none of half the memory would do. */
	if (shm_available() > shm_mem_size / 2)
		return true;
	p = shm_malloc(echoed + answer->headers.len + answer->body.len +
		       REPLY_ROOM);
	if (p)
		shm_free(p);
	return p != NULL;
}

/* The memory was taken by another process meanwhile: a provisional reply is
 * lost, the transaction stays. */
static void revive(const struct sip_transaction *t)
{
	struct cell *cell;

	if (tmb.t_lookup_ident(&cell, t->index, t->label) < 0)
		return;
	/* One that has its final reply waits for its end rightly. */
	if (cell->uas.status < 200 && timer_del(&cell->wait_timer) >= 0)
		timer_reinit(&cell->wait_timer);
	tmb.unref_cell(cell);
}

/* With neither headers nor a body: a BYE's answer has none. */
static int reply_in_hand(struct sip_transaction *t, unsigned code,
			 const char *reason)
{
	if (!in_hand || !stateless_reply(in_hand, (int)code, reason))
		return -EIO;
	t->open = code < 200;
	return 0;
}

int sip_reply(struct sip_transaction *t, const struct sip_answer *answer)
{
	str reason = text_to_str(answer->reason);
	str body = text_to_str(answer->body);
	str headers = text_to_str(answer->headers);
	str tag = text_to_str(answer->to_tag);
	struct cell *saved = tmb.t_gett(), *cell;
	int saved_branch = tmb.t_gett_branch(), rc;
	char phrase[128];

	if (!t->open)
		return -EALREADY;
	/* tm wants a C string behind the reason. */
	if (text_to_cstr(answer->reason, phrase, sizeof(phrase)) < 0)
		reason = (str)STR_STATIC_INIT("Reply");
	else
		reason.s = phrase;
	if (t->is_bare)
		return reply_in_hand(t, answer->code, reason.s);
	if (tmb.t_lookup_ident(&cell, t->index, t->label) < 0) {
		tmb.t_sett(saved, saved_branch);
		t->open = false;
		return -ENOENT;
	}
	if (!has_memory_for(cell, answer)) {
		tmb.unref_cell(cell);
		tmb.t_sett(saved, saved_branch);
		stat_add(STAT_memory_failures, 1);
		return -ENOMEM;
	}
	rc = tmb.t_reply_with_body(cell, answer->code, &reason, &body, &headers,
				   &tag);
	if (rc > 0 && answer->code >= 200 && answer->code < 300)
		keep_answer(t);
	else if (rc <= 0 && answer->code < 200)
		revive(t);
	tmb.t_sett(saved, saved_branch);
	/* Where there was no memory for this answer, there may be some for a
	 * shorter one. */
	if (rc > 0 && answer->code >= 200)
		t->open = false;
	return rc > 0 ? 0 : -EIO;
}

void sip_cancel(struct sip_transaction *t)
{
	struct cell *saved = tmb.t_gett(), *cell;
	int saved_branch = tmb.t_gett_branch();

	if (tmb.t_lookup_ident(&cell, t->index, t->label) >= 0)
		tmb.cancel_all_uacs(cell, F_CANCEL_UNREF);
	tmb.t_sett(saved, saved_branch);
}

/* ---- where to ---- */

int sip_flow_to(const struct call_route *route, struct sip_flow *ret_flow,
		char *contact, size_t contact_size, char *host,
		size_t host_size)
{
	str name = { (char *)route->host, (int)strlen(route->host) };
	struct ip_addr *ip = str2ip(&name);
	union sockaddr_union to;
	struct socket_info *si;

	if (!ip)
		ip = str2ip6(&name);
	if (!ip || init_su(&to, ip, route->port) < 0)
		return -EHOSTUNREACH;
	si = get_send_socket2(NULL, &to, proto_of(route->transport), NULL);
	if (!si)
		return -EHOSTUNREACH;
	*ret_flow = (struct sip_flow){ .socket = si,
				       .transport = route->transport };
	return socket_contact(si, contact, contact_size, host, host_size);
}

/* ---- transactions of the far side ---- */

enum tm_newtran tm_new_transaction(struct sip_msg *msg,
				   struct sip_transaction *ret)
{
	int rc = tmb.t_newtran(msg);

	*ret = (struct sip_transaction){ 0 };
	if (rc == 0)
		return TM_ABSORBED;
	if (rc < 0 || tmb.t_get_trans_ident(msg, &ret->index, &ret->label) < 0)
		return TM_FAILED;
	/* How long an answer of ours is repeated; no other reply is. */
	if (is_invite(tmb.t_gett()))
		tmb.t_gett()->fr_timeout = MS_TO_TICKS(ANSWER_MS);
	ret->open = true;
	return TM_NEW;
}

void tm_take_in_hand(struct sip_msg *msg, struct sip_transaction *ret)
{
	in_hand = msg;
	*ret = (struct sip_transaction){ .open = true, .is_bare = true };
}

void tm_put_down(void)
{
	in_hand = NULL;
}

/* What t_unref() does at the end of the script, but for its judgement: that
 * asks whether this process has forwarded or answered it. */
void tm_leave_open(void)
{
	struct cell *cell = tmb.t_gett();

	if (!cell || cell == T_UNDEFINED)
		return;
	tmb.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
	tmb.unref_cell(cell);
}

void tm_trying(struct sip_msg *msg)
{
	(void)tmb.t_reply(msg, 100, "Trying");
}

bool tm_knows_request(struct sip_msg *msg)
{
	return tmb.t_check(msg, NULL) == 1;
}

void tm_ack_in(struct sip_msg *msg, struct sip_transaction *ret)
{
	struct cell *cell;

	*ret = (struct sip_transaction){ 0 };
	(void)tmb.t_newtran(msg);
	cell = tmb.t_gett();
	if (cell && cell != T_UNDEFINED && is_invite(cell) &&
	    cell->uas.status / 100 == 2)
		*ret = (struct sip_transaction){ .index = cell->hash_index,
						 .label = cell->label,
						 .open = true };
}

void sip_answer_heard(const struct sip_transaction *t)
{
	struct cell *saved = tmb.t_gett(), *cell;
	int saved_branch = tmb.t_gett_branch();

	if (tmb.t_lookup_ident(&cell, t->index, t->label) >= 0) {
		if (is_invite(cell) && cell->uas.status / 100 == 2)
			wait_anew(cell, __atomic_load_n(usual_wait,
							__ATOMIC_RELAXED));
		tmb.unref_cell(cell);
	}
	tmb.t_sett(saved, saved_branch);
}

bool tm_knows_reply(struct sip_msg *msg)
{
	int branch;

	return tmb.t_check(msg, &branch) == 1;
}
