/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handle.h"

#include <errno.h>
#include <stdio.h>

#include "alert_call.h"
#include "b2bua.h"
#include "b2bua_tm.h"
#include "callback.h"
#include "connection_watch.h"
#include "early.h"
#include "gate.h"
#include "handle_replaces.h"
#include "header_policy.h"
#include "located.h"
#include "replay.h"
#include "route_tls.h"
#include "session_timer.h"
#include "setup.h"
#include "sip_message.h"
#include "stateless.h"
#include "test_call.h"
#include "worker.h"

#define OFFER_HEADERS_SIZE 65536

/* What the latest call settled, for the script. */
static struct path last_path;
static unsigned last_msg_id;
static bool last_valid;
static uint32_t last_setup; /* setup.h: until its call holds it */

const struct path *handle_last_path(struct sip_msg *msg)
{
	return last_valid && msg->id == last_msg_id ? &last_path : NULL;
}

/* ---- classify ---- */

static bool from_psap(void *arg)
{
	struct sip_msg *msg = arg;
	struct directory *d = worker_directory_begin();
	struct dir_trunk trunk;
	uint8_t source[16];
	uint16_t port;
	bool psap;

	message_source(msg, source, &port);
	psap = d && directory_trunk_by_source(d, source, &trunk) == 0 &&
	       trunk.role != TRUNK_ORIGIN;
	worker_directory_end(d);
	return psap;
}

static bool is_from_agent(struct sip_msg *msg)
{
	uint8_t source[16];
	uint16_t port;

	message_source(msg, source, &port);
	return alert_call_is_from(&worker_conf.test_agent, source, port) &&
	       message_flow(msg).transport == TRANSPORT_UDP;
}

enum request_class request_classify(struct sip_msg *msg)
{
	bool invite = msg->first_line.u.request.method_value == METHOD_INVITE;

	if (msg->first_line.u.request.method_value == METHOD_CANCEL ||
	    msg->first_line.u.request.method_value == METHOD_ACK)
		return REQUEST_IN_DIALOG;
	if (message_parse(msg) >= 0 && message_to_tag(msg).len)
		return REQUEST_IN_DIALOG;
	if (!invite)
		return REQUEST_FOREIGN;
	if (is_from_agent(msg))
		return REQUEST_ALERT;
	return classify_invite(message_request_uri(msg), has_replaces(msg),
			       from_psap, msg);
}

/* ---- a new call ---- */

static struct uuid new_call_id(int64_t utc_ms)
{
	struct uuid u;

	/* Time-ordered (RFC 9562 5.7): neighbours in the index are
	 * neighbours in time. */
	random_bytes(u.b, sizeof(u.b));
	for (int i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(utc_ms >> (8 * (5 - i)));
	u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x70);
	u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
	return u;
}

static void new_tag(char tag[17])
{
	uint8_t rnd[8];

	random_bytes(rnd, sizeof(rnd));
	text_hex(tag, rnd, sizeof(rnd));
}

static void fill_request(struct sip_msg *msg, struct path_request *rq)
{
	struct sip_flow flow = message_flow(msg);

	memset(rq, 0, sizeof(*rq));
	rq->view.request_uri = message_request_uri(msg);
	rq->view.headers = message_headers(msg, &rq->view.header_count);
	request_note_names(&rq->view);
	message_source(msg, rq->source, &rq->source_port);
	if (flow.transport == TRANSPORT_TLS)
		rq->tls_connection = (int)flow.connection;
	rq->method = message_method(msg);
	rq->sip_call_id = message_call_id(msg);
	rq->now_ms = clock_utc_ms();
}

static bool fill_leg_a(struct call *call, struct sip_msg *msg,
		       const struct path_request *rq)
{
	char contact[256], host[CALL_HOST_SIZE + 2], tag[17];
	static char route_set[8192];
	struct leg *a = call->a;

	new_tag(tag);
	a->flow = message_flow(msg);
	message_peer(msg, &a->peer);
	a->remote_cseq = a->invite_cseq_in = message_cseq(msg);
	if (early_option_listed(rq->view.headers, rq->view.header_count,
				"100rel"))
		a->peer_options |= LEG_OPTION_100REL;
	if (session_timer_is_on())
		a->options |= LEG_OPTION_TIMER;
	session_timer_asked(a, rq->view.headers, rq->view.header_count);
	if (socket_contact(a->flow.socket, contact, sizeof(contact), host,
			   sizeof(host)) < 0)
		return false;
	return call_text_set(call, &a->call_id, rq->sip_call_id) &&
	       call_text_set(call, &a->local_tag, text_of(tag)) &&
	       call_text_set(call, &a->remote_tag, message_from_tag(msg)) &&
	       call_text_set(call, &a->local_uri, message_to_uri(msg)) &&
	       call_text_set(call, &a->remote_uri, message_from_uri(msg)) &&
	       call_text_set(call, &a->contact, text_of(contact)) &&
	       call_text_set(call, &a->route_set,
			     message_route_set(msg, false, route_set,
					       sizeof(route_set))) &&
	       call_text_set(call, &a->remote_target, message_contact(msg));
}

static bool fill_offer(struct call *call, struct sip_msg *msg,
		       const struct path_request *rq)
{
	static char headers[OFFER_HEADERS_SIZE];
	struct text_writer w = text_writer_on(headers, sizeof(headers));
	/* Which route will take the call, and so its profile, is not known
	 * yet: leg_invite() chooses among these. */
	struct header_way way = { .side = call_goes_to_platform(call)
						  ? HEADER_CALLBACK_OUT
						  : HEADER_INVITE_OUT };

	(void)headers_format(rq->view.headers, rq->view.header_count, &way, &w);
	return call_text_set(call, &call->offer_headers, text_written(&w)) &&
	       call_text_set(call, &call->offer_body, message_body(msg));
}

/* Is the number that leg B is shown the one that leg A shows? */
static bool shows_caller(const struct path *p)
{
	uint64_t number;

	return e164_to_u64(text_of(p->identities.number), &number) == 0 &&
	       number == p->shown_number;
}

/*
 * What an ESInet wants to know stands in the directory, which is closed when
 * later routes are tried.  Without memory the call goes out without it.
 */
static void fill_i3(struct call *call, const struct path *p)
{
	/* Where a location leads that the call brought is not known yet. */
	bool wanted = p->trunk.caller_location == BROUGHT_PREFERRED;

	for (unsigned i = 0; i < p->route_count && !wanted; i++)
		wanted = p->routes[i].profile == PROFILE_I3;
	if (wanted &&
	    (!call_text_set(call, &call->civic, p->location.civic) ||
	     !call_text_set(call, &call->caller_name, p->endpoint.name) ||
	     !call_text_set(call, &call->organization_name,
			    p->organization.name)))
		stat_add(STAT_memory_failures, 1);
}

/* A trunk that nobody knows is taken for a platform when it places an
 * emergency call. */
static uint8_t profile_of_a(enum call_kind kind, const struct path *p)
{
	if (p->trunk.profile)
		return (uint8_t)p->trunk.profile;
	return kind == CALL_CALLBACK || kind == CALL_ALERT ? PROFILE_LEGACY
							   : PROFILE_PBX;
}

/* Whom we ask for when we must connect to the platform: after a restart, or
 * when its own connection is gone. */
static void fill_tls_of_a(struct call *call, const struct path *p)
{
	struct leg *a = call->a;
	struct call_route route = { .transport = a->peer.transport };

	if (a->peer.transport != TRANSPORT_TLS)
		return;
	(void)snprintf(route.host, sizeof(route.host), "%s", a->peer.host);
	route_tls_set(&route, &p->trunk, 0);
	a->tls_check = route.tls_check;
	a->tls_unverified = route.tls_unverified;
	if (!call_text_set(call, &a->tls_name, text_of(route.tls_name)) ||
	    !call_text_set(call, &a->tls_sni, text_of(route.tls_sni)))
		stat_add(STAT_memory_failures, 1);
}

/* A call object for this INVITE; NULL without memory. */
static struct call *call_from(struct sip_msg *msg, enum call_kind kind,
			      const struct path_request *rq,
			      const struct sip_transaction *t,
			      const struct path *p)
{
	struct call *call = call_new(kind);

	if (!call)
		return NULL;
	call->id = p->call_id;
	call->started_ms = rq->now_ms;
	if (!fill_leg_a(call, msg, rq) || !fill_offer(call, msg, rq) ||
	    !call_routes_set(call, p->routes, p->route_count) ||
	    !call_text_set(call, &call->addresses, p->addresses)) {
		call_unref(call);
		return NULL;
	}
	/* A PSAP's request that may go no further was refused before. */
	(void)gate_max_forwards(msg, &p->trunk, &call->max_forwards);
	call->setup = last_setup;
	last_setup = 0;
	call->a->invite = *t;
	call->a->trunk_id = p->trunk.trunk_id;
	call->a->profile = profile_of_a(kind, p);
	fill_tls_of_a(call, p);
	call->a->media = (uint8_t)p->trunk.media;
	call->trunk_id = p->trunk.trunk_id;
	call->organization_id = p->organization.organization_id;
	call->endpoint_id = p->endpoint.endpoint_id;
	call->location_id = p->location.location_id;
	call->shown_number = p->shown_number;
	call->shows_caller = shows_caller(p);
	memcpy(call->shown_user, p->shown_user, sizeof(call->shown_user));
	call->held_number = p->holds_number ? p->shown_number : 0;
	call->elin_timeout_s = p->elin_timeout_s;
	fill_i3(call, p);
	return call;
}

static void refuse(struct sip_transaction *t, unsigned code, const char *reason)
{
	char tag[17];

	new_tag(tag);
	(void)sip_reply(t, &(struct sip_answer){ .code = code,
						 .reason = text_of(reason),
						 .to_tag = text_of(tag) });
}

/* Shared memory is short: the caller's platform tries the other node. */
static void refuse_without_memory(struct sip_transaction *t,
				  const struct path *p)
{
	log_line(LEVEL_ERR, "bridge: shared memory is short: call refused");
	stat_add(STAT_memory_failures, 1);
	stat_add(STAT_calls_failed, 1);
	setup_end(&last_setup);
	if (p->holds_number)
		elin_table_release(worker_shared->elins, p->shown_number,
				   p->now_ms, 0);
	refuse(t, 503, "Service Unavailable");
}

static void begin_path(struct sip_msg *msg, const struct path_request *rq)
{
	path_clear(&last_path);
	last_path.call_id = new_call_id(rq->now_ms);
	last_msg_id = msg->id;
	last_valid = true;
}

/* A second copy of a request that is already being served (RFC 3261
 * 8.2.2.2), or that was answered before a restart; it has its answer then. */
static bool is_served(struct sip_msg *msg, struct sip_transaction *t)
{
	struct leg *twin = call_store_find_invite(
		worker_shared->calls, message_call_id(msg),
		message_from_tag(msg), message_cseq(msg));
	bool is_over;

	if (!twin)
		return false;
	/* Only a request that is still being served has a twin: after our
	 * 503, or a lost connection, the same INVITE on another branch is the
	 * caller's second try. */
	is_over = __atomic_load_n(&twin->call->state, __ATOMIC_RELAXED) ==
		  CALL_ENDED;
	if (!is_over && !b2bua_answer_again(twin, t))
		refuse(t, 482, "Loop Detected");
	call_unref(twin->call);
	return !is_over;
}

/* Before the caller hears that it need not repeat its INVITE. */
static uint32_t write_down(struct sip_msg *msg, const struct path_request *rq)
{
	struct setup_invite how = {
		.call = last_path.call_id,
		.at_ms = rq->now_ms,
		.source_port = rq->source_port,
	};
	struct sip_flow flow = message_flow(msg);

	how.replays = (uint8_t)replay_count();
	memcpy(how.source, rq->source, sizeof(how.source));
	how.transport = flow.transport;
	how.via_port = message_via_port(msg);
	sip_socket_name(&flow, how.socket, sizeof(how.socket));
	return setup_begin(&how, text_make(msg->buf, msg->len));
}

/*
 * Make the transaction of an initial INVITE.  False: it is absorbed, or is
 * served already, or the node drains, or tm cannot serve it (*ret_failed).
 */
static bool begin_unwritten(struct sip_msg *msg, struct sip_transaction *t,
			    bool *ret_failed)
{
	*ret_failed = false;
	switch (tm_new_transaction(msg, t)) {
	case TM_ABSORBED:
		return false;
	case TM_FAILED:
		*ret_failed = true;
		return false;
	case TM_NEW:
		break;
	}
	if (is_served(msg, t))
		return false;
	if (worker_is_draining()) {
		stat_add(STAT_calls_drained, 1);
		refuse(t, 503, "Service Unavailable");
		return false;
	}
	if (replay_mode() == REPLAY_REFUSE) {
		refuse(t, 503, "Service Unavailable");
		return false;
	}
	return true;
}

/* ... and one that a death of ours does not lose. */
static bool begin_invite(struct sip_msg *msg, const struct path_request *rq,
			 struct sip_transaction *t, bool *ret_failed)
{
	if (!begin_unwritten(msg, t, ret_failed))
		return false;
	last_setup = write_down(msg, rq);
	/* Before anything is looked up: from here on it comes again by the
	 * replay alone, which gives up one that has ended us twice, and not by
	 * the caller's copies, which nobody counts. */
	tm_trying(msg);
	return true;
}

/* Run the path, end this look at the directory, and start the call. */
static void start_emergency(struct sip_msg *msg, struct path_request *rq,
			    struct directory *d, struct sip_transaction *t)
{
	struct inquiry *inquiry = NULL;
	struct path *p = &last_path;
	struct call *call;

	path_run(p, rq, d, &worker_conf.path);
	call = call_from(msg, CALL_EMERGENCY, rq, t, p);
	if (!call) {
		worker_directory_end(d);
		refuse_without_memory(t, p);
		return;
	}
	path_count(p);
	path_report_started(p, rq, call, worker_conf.node);
	gate_counts(call, p, rq);
	/* Who waits since before a start has waited enough. */
	if (replay_mode() == REPLAY_NONE)
		inquiry = located_prepare(call, p, rq, message_body(msg));
	connection_watch_keep((int)message_flow(msg).connection);
	worker_directory_end(d);
	if (located_start(call, inquiry))
		tm_leave_open();
	call_unref(call);
}

/* True: the gate answered it.  Else the path need not ask who it is. */
static bool is_refused(struct sip_msg *msg, struct path_request *rq,
		       struct directory *d, struct sender *sender)
{
	rq->damage_count = d ? directory_damage_count(d) : 0;
	if (gate_refuses(msg, rq, d, sender))
		return true;
	rq->sender = sender;
	return false;
}

int handle_emergency(struct sip_msg *msg)
{
	struct sip_transaction t;
	struct path_request rq;
	struct sender sender;
	struct directory *d;
	bool failed = false;

	if (message_parse(msg) < 0)
		return -1;
	fill_request(msg, &rq);
	d = worker_directory_begin();
	/* What is served again passed the gate before the start, and may have
	 * lost what it showed with its connection. */
	if ((replay_mode() == REPLAY_NONE &&
	     is_refused(msg, &rq, d, &sender)) ||
	    gate_defers(msg, &rq, d)) {
		worker_directory_end(d);
		return 1;
	}
	begin_path(msg, &rq);
	if (!begin_invite(msg, &rq, &t, &failed)) {
		worker_directory_end(d);
		return failed ? -1 : 1;
	}
	start_emergency(msg, &rq, d, &t);
	return 1;
}

static void refuse_test(struct path_request *rq, struct sip_transaction *t,
			unsigned status)
{
	struct directory *d = worker_directory_begin();
	struct path *p = &last_path;

	if (!d || directory_trunk_by_source(d, rq->source, &p->trunk) < 0)
		memset(&p->trunk, 0, sizeof(p->trunk));
	stat_add(STAT_tests_refused, 1);
	path_report_test(p, rq, status, worker_conf.node);
	worker_directory_end(d);
	refuse(t, status,
	       status == 404   ? "Not Found"
	       : status == 486 ? "Busy Here"
			       : "Service Unavailable");
	setup_end(&last_setup);
}

/* As start_emergency(), but no number is lent and there is one route. */
static void start_test(struct sip_msg *msg, struct path_request *rq,
		       struct sip_transaction *t)
{
	struct directory *d = worker_directory_begin();
	struct path *p = &last_path;
	char note[TEST_NOTE_SIZE];
	struct text told;
	struct call *call;

	rq->dry_run = true;
	path_run(p, rq, d, &worker_conf.path);
	told = test_call_turn(p, &worker_conf.test_agent, note);
	call = call_from(msg, CALL_TEST, rq, t, p);
	if (call && !call_text_set(call, &call->test, told)) {
		call_unref(call);
		call = NULL;
	}
	if (!call) {
		worker_directory_end(d);
		refuse_without_memory(t, p);
		return;
	}
	stat_add(STAT_tests_started, 1);
	path_report_started(p, rq, call, worker_conf.node);
	connection_watch_keep((int)message_flow(msg).connection);
	worker_directory_end(d);
	b2bua_start(call);
	call_unref(call);
}

int handle_test(struct sip_msg *msg)
{
	struct sip_transaction t;
	struct path_request rq;
	struct sender sender;
	struct directory *d;
	unsigned status;
	bool failed, refused;

	if (message_parse(msg) < 0)
		return -1;
	fill_request(msg, &rq);
	d = worker_directory_begin();
	refused = gate_refuses(msg, &rq, d, &sender);
	worker_directory_end(d);
	if (refused || gate_asks(msg, &rq) ||
	    gate_gives_way(msg, &rq, STAT_tests_refused))
		return 1;
	begin_path(msg, &rq);
	if (!begin_invite(msg, &rq, &t, &failed))
		return failed ? -1 : 1;
	status = test_call_refusal(&rq, &worker_conf.test_agent,
				   (unsigned)worker_conf.test_sos_status);
	if (status)
		refuse_test(&rq, &t, status);
	else
		start_test(msg, &rq, &t);
	return 1;
}

/* ---- callback ---- */

static bool called_number(struct sip_msg *msg, uint64_t *ret_number)
{
	char e164[E164_SIZE], user[64];
	struct address_view a;

	return address_parse(message_request_uri(msg), &a) >= 0 &&
	       text_percent_decode(a.user, user, sizeof(user)) >= 0 &&
	       e164_normalise(text_of(user), NULL, e164) >= 0 &&
	       e164_to_u64(text_of(e164), ret_number) >= 0;
}

/* What the called party sees: the PSAP's number, else its user part. */
static void show_caller(struct path *p, const struct path_request *rq)
{
	struct identity_profile profile = { 0 };

	memcpy(profile.order, identity_order_default, sizeof(profile.order));
	identity_collect(&rq->view, &profile, &p->identities);
	(void)!e164_to_u64(text_of(p->identities.number), &p->shown_number);
	path_user_format(p->identities.user, p->shown_user,
			 sizeof(p->shown_user));
}

int handle_callback(struct sip_msg *msg)
{
	struct elin_binding binding;
	struct path *p = &last_path;
	struct sip_transaction t;
	struct path_request rq;
	struct directory *d;
	uint64_t number;
	struct call *call;
	uint8_t hops;
	bool failed;

	if (message_parse(msg) < 0 || !called_number(msg, &number))
		return -1;
	fill_request(msg, &rq);
	begin_path(msg, &rq);
	d = worker_directory_begin();
	if (d && directory_trunk_by_source(d, rq.source, &p->trunk) < 0)
		memset(&p->trunk, 0, sizeof(p->trunk));
	if (path_callback(p, &rq, d, &worker_conf.path, number, &binding) < 0) {
		stat_add(STAT_callbacks_unknown, 1);
		worker_directory_end(d);
		return -1;
	}
	if (!gate_max_forwards(msg, &p->trunk, &hops)) {
		worker_directory_end(d);
		stateless_reply(msg, 483, "Too Many Hops");
		return 1;
	}
	if (!begin_invite(msg, &rq, &t, &failed)) {
		worker_directory_end(d);
		return failed ? -1 : 1;
	}
	show_caller(p, &rq);
	call = call_from(msg, CALL_CALLBACK, &rq, &t, p);
	if (!call) {
		worker_directory_end(d);
		refuse_without_memory(&t, p);
		return 1;
	}
	call->organization_id = binding.organization_id;
	call->location_id = binding.location_id;
	call->is_marked = callback_is_marked(p, &binding);
	stat_add(STAT_callbacks_started, 1);
	if (uuid_is_nil(&binding.call))
		stat_add(STAT_callbacks_to_desk, 1);
	path_report_callback(p, &rq, call, &binding, worker_conf.node);
	worker_directory_end(d);
	b2bua_start(call);
	call_unref(call);
	return 1;
}

/* ---- an alert of our own agent ---- */

static struct call *alert_from(struct sip_msg *msg, struct path_request *rq,
			       struct sip_transaction *t, uint64_t number)
{
	struct directory *d = worker_directory_begin();
	struct path *p = &last_path;
	uint64_t organization = alert_call_organization(&rq->view);
	struct call *call = NULL;

	show_caller(p, rq);
	if (path_alert(p, d, number, organization) < 0) {
		stat_add(STAT_alerts_refused, 1);
		refuse(t, 404, "Not Found");
	} else {
		alert_call_routes_mend(p);
		call = call_from(msg, CALL_ALERT, rq, t, p);
		if (!call)
			refuse_without_memory(t, p);
	}
	worker_directory_end(d);
	if (call)
		call->organization_id = organization;
	return call;
}

int handle_alert(struct sip_msg *msg)
{
	struct sip_transaction t;
	struct path_request rq;
	struct call *call;
	uint64_t number = 0;
	bool failed;

	if (message_parse(msg) < 0)
		return -1;
	fill_request(msg, &rq);
	if (gate_gives_way(msg, &rq, STAT_alerts_refused))
		return 1;
	begin_path(msg, &rq);
	/* The agent places it again by itself. */
	if (!begin_unwritten(msg, &t, &failed))
		return failed ? -1 : 1;
	tm_trying(msg);
	/* 911 and its like are no numbers that may be called. */
	(void)called_number(msg, &number);
	call = alert_from(msg, &rq, &t, number);
	if (!call)
		return 1;
	stat_add(STAT_alerts_started, 1);
	b2bua_start(call);
	call_unref(call);
	return 1;
}

/* ---- in a dialog ---- */

static int handle_cancel(struct sip_msg *msg)
{
	struct sip_transaction t;
	struct leg *leg;

	leg = call_store_find_invite(worker_shared->calls, message_call_id(msg),
				     message_from_tag(msg), message_cseq(msg));
	if (!leg)
		return -1;
	if (tm_new_transaction(msg, &t) == TM_NEW)
		b2bua_on_cancel(leg, t);
	call_unref(leg->call);
	return 1;
}

/* False: it is answered already, or cannot be. */
static bool may_be_answered(struct sip_msg *msg, struct sip_transaction *t)
{
	if (msg->first_line.u.request.method_value != METHOD_BYE)
		return tm_new_transaction(msg, t) == TM_NEW;
	/* Answered at once, and by the call itself when it comes again. */
	tm_take_in_hand(msg, t);
	return true;
}

int handle_in_dialog(struct sip_msg *msg)
{
	struct sip_transaction answered = { 0 };
	bool ack = msg->first_line.u.request.method_value == METHOD_ACK;
	struct sip_request_view view;
	struct leg *leg;

	if (message_parse(msg) < 0)
		return -1;
	if (msg->first_line.u.request.method_value == METHOD_CANCEL)
		return handle_cancel(msg);
	if (ack)
		tm_ack_in(msg, &answered);
	leg = call_store_find(worker_shared->calls, message_call_id(msg),
			      message_to_tag(msg));
	if (!leg) {
		if (answered.open)
			sip_answer_heard(&answered);
		return -1;
	}
	connection_watch_keep((int)message_flow(msg).connection);
	message_request_view(msg, &view);
	if (ack || may_be_answered(msg, &view.transaction))
		b2bua_on_request(leg, &view);
	tm_put_down();
	call_unref(leg->call);
	if (answered.open)
		sip_answer_heard(&answered);
	return 1;
}

/* A number that reads back to the people of whoever calls. */
static bool calls_test_number(struct sip_msg *msg)
{
	static struct path p;
	struct directory *d;
	struct path_request rq;
	bool is_one;

	if (message_parse(msg) < 0)
		return false;
	fill_request(msg, &rq);
	d = worker_directory_begin();
	path_clear(&p);
	(void)path_share(&p, &rq, d, &worker_conf.path);
	is_one = p.source_known && p.trunk.role == TRUNK_ORIGIN &&
		 test_call_has_number(p.organization.test_numbers,
				      rq.view.request_uri);
	worker_directory_end(d);
	return is_one;
}

/* No business of ours, unless it calls a number that is. */
static int handle_foreign(struct sip_msg *msg)
{
	uint64_t number;

	if (msg->first_line.u.request.method_value == METHOD_INVITE &&
	    calls_test_number(msg))
		return handle_test(msg);
	return msg->first_line.u.request.method_value == METHOD_INVITE &&
			       message_parse(msg) >= 0 &&
			       called_number(msg, &number) &&
			       gate_refuses_callback(msg, number)
		       ? 1
		       : -1;
}

int handle_any(struct sip_msg *msg)
{
	switch (request_classify(msg)) {
	case REQUEST_IN_DIALOG:
		return handle_in_dialog(msg);
	case REQUEST_EMERGENCY:
		return handle_emergency(msg);
	case REQUEST_TEST:
		return handle_test(msg);
	case REQUEST_CALLBACK:
		return handle_callback(msg);
	case REQUEST_ALERT:
		return handle_alert(msg);
	case REQUEST_REPLACES:
		return handle_replaces(msg);
	case REQUEST_FOREIGN:
		break;
	}
	return handle_foreign(msg);
}
