/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay.h"

#include <stdlib.h>

#include "core/forward.h"
#include "core/receive.h"
#include "core/resolve.h"
#include "setup.h"
#include "sip_message.h"
#include "worker.h"

/* One entry of the store. */
struct replay {
	struct replay *next;
	bool is_back;
	uint32_t kept; /* its entry in the new store; 0: none */
	struct setup_invite how;
	struct setup_leg leg;
	char *invite, *cancel; /* NULL: none; owned */
	size_t invite_len, cancel_len;
};

/* Filled before the fork; the process that keeps time uses its copy. */
static struct replay *replays, **last = &replays;
static bool was_away_long;
static enum replay_mode mode;
static unsigned replays_before; /* of the INVITE that is served now */

bool replay_waits(void)
{
	return replays != NULL;
}

unsigned replay_count(void)
{
	return mode == REPLAY_NONE ? 0 : replays_before + 1;
}

enum replay_mode replay_mode(void)
{
	return mode;
}

/* ---- what is left ---- */

/* The structure in front of the text; the text is copied. */
static bool split(struct text t, void *how, size_t how_size, char **ret,
		  size_t *ret_len)
{
	if (t.len <= how_size)
		return false;
	memcpy(how, t.p, how_size);
	*ret_len = t.len - how_size;
	*ret = malloc(*ret_len);
	if (*ret)
		memcpy(*ret, t.p + how_size, *ret_len);
	return *ret != NULL;
}

static void replay_free(struct replay *r)
{
	free(r->invite);
	free(r->cancel);
	free(r);
}

struct search {
	const struct uuid *id;
	bool is_loading;
	bool is_back, waits;
};

static bool is_it(struct call *call, void *arg)
{
	struct search *s = arg;

	if (!uuid_equal(&call->id, s->id))
		return true;
	s->is_back = true;
	if (s->is_loading)
		survival_unheard(call);
	/* Looked at without its lock: a caller who confirms at this very
	 * moment hears its answer once more. */
	s->waits = call->answers_again && call->state == CALL_ANSWERED;
	return false;
}

/* Is it back from the journal: its answer was given, or about to be? */
static bool call_is_back(const struct uuid *id)
{
	struct search s = { .id = id, .is_loading = true };

	call_store_each(worker_shared->calls, is_it, &s);
	return s.is_back;
}

/* It is, and the caller has not confirmed the answer by now. */
static bool call_waits(const struct uuid *id)
{
	struct search s = { .id = id };

	call_store_each(worker_shared->calls, is_it, &s);
	return s.waits;
}

static void on_found(struct text invite, struct text leg, void *arg)
{
	struct replay *r = calloc(1, sizeof(*r));
	int64_t *oldest = arg;

	if (!r)
		return;
	if (!split(invite, &r->how, sizeof(r->how), &r->invite,
		   &r->invite_len)) {
		replay_free(r);
		return;
	}
	r->how.socket[sizeof(r->how.socket) - 1] = '\0';
	if (split(leg, &r->leg, sizeof(r->leg), &r->cancel, &r->cancel_len)) {
		r->leg.socket[sizeof(r->leg.socket) - 1] = '\0';
		r->leg.to.host[sizeof(r->leg.to.host) - 1] = '\0';
	}
	r->is_back = call_is_back(&r->how.call);
	if (r->how.at_ms < *oldest)
		*oldest = r->how.at_ms;
	*last = r;
	last = &r->next;
}

void replay_load(const void *memory, size_t size)
{
	int64_t now = clock_utc_ms(), oldest = now;
	struct setup_left left =
		setup_store_read(memory, size, on_found, &oldest);
	int64_t away = now - left.alive_ms;

	if (!left.found && !left.damaged)
		return;
	was_away_long = away < 0 || away > REPLAY_AWAY_MAX_MS;
	log_line(LEVEL_WARNING,
		 "%u calls were being set up when the process before this one "
		 "ended %lld ms ago, the oldest for %lld ms; %u more cannot be "
		 "read",
		 left.found, (long long)away,
		 (long long)(left.alive_ms - oldest), left.damaged);
}

/* ---- the leg that rang ---- */

static bool set_address(const char *host, uint16_t port,
			union sockaddr_union *su)
{
	str name = { (char *)host, (int)strlen(host) };
	struct ip_addr *ip = str2ip(&name);

	if (!ip)
		ip = str2ip6(&name);
	return ip && init_su(su, ip, port) == 0;
}

static int proto_of(uint8_t transport)
{
	return transport == TRANSPORT_TCP   ? PROTO_TCP
	       : transport == TRANSPORT_TLS ? PROTO_TLS
					    : PROTO_UDP;
}

bool replay_send(const struct setup_leg *to, struct text message)
{
	struct sip_flow flow = { 0 };
	struct dest_info dst;

	init_dest_info(&dst);
	dst.proto = (char)proto_of(to->to.transport);
	if (!set_address(to->to.host, to->to.port, &dst.to))
		return false;
	if (sip_socket_find(text_of(to->socket), &flow))
		dst.send_sock = flow.socket;
	else
		dst.send_sock =
			get_send_socket2(NULL, &dst.to, dst.proto, NULL);
	return dst.send_sock && msg_send_buffer(&dst, (char *)message.p,
						(int)message.len, 0) >= 0;
}

static void cancel_leg(const struct replay *r)
{
	if (!r->cancel)
		return;
	if (!old_legs_cancel(worker_shared->old_legs, &r->leg,
			     text_make(r->cancel, r->cancel_len),
			     clock_mono_ms())) {
		log_line(LEVEL_ERR,
			 "bridge: a leg that rings at '%s' since before the "
			 "start cannot be cancelled",
			 r->leg.to.host);
		return;
	}
	stat_add(STAT_setups_cancelled, 1);
}

/* ---- the call that nobody serves any more ---- */

static void tell_its_end(const struct uuid *id)
{
	struct event_writer w;

	report_begin_id(&w, EVENT_CALL_ENDED, id);
	event_text(&w, FIELD_OUTCOME, text_of("failed"));
	event_text(&w, FIELD_ENDED_BY, text_of("gateway"));
	report_end(&w);
}

/* ---- the INVITE ---- */

static bool fill_receive_info(const struct setup_invite *how,
			      struct receive_info *rcv)
{
	bool is_stream = how->transport != TRANSPORT_UDP;
	/* The port of a connection that is gone is not one to answer to. */
	uint16_t port = is_stream ? how->via_port : how->source_port;
	char host[CALL_HOST_SIZE];
	struct sip_flow flow = { 0 };
	struct socket_info *si;

	memset(rcv, 0, sizeof(*rcv));
	path_ip_format(how->source, host, sizeof(host));
	if (!sip_socket_find(text_of(how->socket), &flow) ||
	    !set_address(host, port, &rcv->src_su))
		return false;
	si = flow.socket;
	su2ip_addr(&rcv->src_ip, &rcv->src_su);
	rcv->src_port = port;
	rcv->dst_ip = si->address;
	rcv->dst_port = si->port_no;
	rcv->bind_address = si;
	rcv->proto = si->proto;
	return true;
}

static void serve(struct replay *r)
{
	bool is_udp = r->how.transport == TRANSPORT_UDP;
	struct receive_info rcv;
	char *buf;

	if (!fill_receive_info(&r->how, &rcv)) {
		log_line(LEVEL_ERR,
			 "bridge: a caller at '%s' waits since before the "
			 "start and cannot be answered: we do not listen there "
			 "any more",
			 r->how.socket);
		return;
	}
	mode = r->is_back || (is_udp && !was_away_long && !r->how.replays)
		       ? REPLAY_SERVE
		       : REPLAY_REFUSE;
	replays_before = r->how.replays;
	stat_add(mode == REPLAY_SERVE ? STAT_setups_replayed
				      : STAT_setups_refused,
		 1);
	/* Kamailio wants room behind the message. */
	buf = malloc(r->invite_len + 16);
	if (buf) {
		memcpy(buf, r->invite, r->invite_len);
		memset(buf + r->invite_len, 0, 16);
		(void)receive_msg(buf, (unsigned)r->invite_len, &rcv);
	}
	free(buf);
	mode = REPLAY_NONE;
}

/* Until each is served: a death while others are keeps it. */
void replay_keep(void)
{
	for (struct replay *r = replays; r; r = r->next) {
		r->kept = setup_begin(&r->how,
				      text_make(r->invite, r->invite_len));
		setup_keep_leg(r->kept, &r->leg,
			       text_make(r->cancel, r->cancel_len));
	}
}

void replay_run(void)
{
	old_legs_tick(worker_shared->old_legs, clock_mono_ms());
	while (replays) {
		struct replay *r = replays;

		replays = r->next;
		/* From here on it is the call's, which writes it down anew
		 * when it has been understood: what ends this process is not
		 * found again. */
		setup_end(&r->kept);
		if (!r->is_back) {
			cancel_leg(r);
			tell_its_end(&r->how.call);
		}
		if (!r->is_back || call_waits(&r->how.call))
			serve(r);
		replay_free(r);
	}
	last = &replays;
}
