/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate.h"

#include <errno.h>

#include "b2bua_tm.h"
#include "core/mem/shm_mem.h"
#include "crc32c.h"
#include "sip_message.h"
#include "stateless.h"
#include "stranger.h"
#include "text_writer.h"
#include "worker.h"

#define MAX_FORWARDS     70 /* RFC 3261 8.1.1.6 */
#define MAX_FORWARDS_LOW 10

/* It may have a credential and does not know yet what we want. */
static void ask(struct sip_msg *msg, const char *realm, const struct sender *s,
		int64_t now_ms)
{
	char lines[2 * STRANGER_REALM_SIZE + 512];
	struct text_writer w = text_writer_on(lines, sizeof(lines));

	stat_add(STAT_credentials_asked, 1);
	credential_challenge(&w, text_of(realm), s, now_ms,
			     &worker_conf.path.credential);
	stateless_reply_with(msg, 401, "Unauthorized", text_written(&w));
}

static void tell_stranger(const struct path_request *rq)
{
	struct event_writer w;
	char ip[CALL_HOST_SIZE];

	stat_add(STAT_sources_unknown, 1);
	if (!source_table_may_tell(&worker_shared->strangers, rq->source,
				   clock_mono_ms()))
		return;
	path_ip_format(rq->source, ip, sizeof(ip));
	log_line(LEVEL_WARNING, "identify: no trunk has the source '%s'", ip);
	report_begin(&w, EVENT_SOURCE_UNKNOWN, NULL);
	event_text(&w, FIELD_SOURCE_ADDRESS, text_of(ip));
	event_text(&w, FIELD_SIP_CALL_ID, rq->sip_call_id);
	event_text(&w, FIELD_REQUEST_URI, rq->view.request_uri);
	report_end(&w);
}

/* Call-ID and From tag are those of a leg B: our own INVITE. */
static bool is_ours(struct sip_msg *msg, const struct path_request *rq)
{
	struct leg *leg = call_store_find(worker_shared->calls, rq->sip_call_id,
					  message_from_tag(msg));

	if (!leg)
		return false;
	call_unref(leg->call);
	return true;
}

bool gate_refuses(struct sip_msg *msg, const struct path_request *rq,
		  struct directory *d, struct sender *ret_sender)
{
	char realm[STRANGER_REALM_SIZE];
	enum stranger verdict;

	if (is_ours(msg, rq)) {
		stat_add(STAT_loops_refused, 1);
		log_line(LEVEL_WARNING, "bridge: INVITE '%.*s' came back to us",
			 TEXT_ARG(rq->sip_call_id));
		stateless_reply(msg, 482, "Loop Detected");
		return true;
	}
	verdict = stranger_judge(d, rq, &worker_conf.path.credential,
				 worker_conf.serve_unknown_source, realm,
				 ret_sender);
	switch (verdict) {
	case STRANGER_NONE:
		break;
	case STRANGER_SERVED:
		tell_stranger(rq);
		break;
	case STRANGER_ASKED:
		ask(msg, realm, ret_sender, rq->now_ms);
		return true;
	case STRANGER_REFUSED:
		tell_stranger(rq);
		stateless_reply(msg, 403, "Forbidden");
		return true;
	}
	return false;
}

/* What a call takes of shared memory while it is set up, with what tm keeps of
 * it (measured: 33 kB). */
#define CALL_MEMORY 40960

static struct fair_supply supply_of(struct sip_msg *msg)
{
	return (struct fair_supply){
		.room = shm_available() / CALL_MEMORY,
		.workers_are_late = message_socket_is_full(msg),
	};
}

static uint64_t request_hash(struct sip_msg *msg, const struct path_request *rq)
{
	struct text branch = message_branch(msg), call_id = rq->sip_call_id;

	return (uint64_t)crc32c(0, branch.p, branch.len) << 32 |
	       crc32c(0, call_id.p, call_id.len);
}

static void tell_share(const struct path *p, const struct path_request *rq,
		       unsigned calls, enum fair_verdict why)
{
	struct event_writer w;

	log_line(LEVEL_ERR,
		 "bridge: an organisation has its share: %u calls, new ones "
		 "are refused (%s)",
		 calls, why == FAIR_MEMORY ? "memory" : "workers");
	report_begin(&w, EVENT_SHARE_FULL, NULL);
	if (p->trunk.trunk_id)
		event_u64(&w, FIELD_TRUNK, p->trunk.trunk_id);
	if (p->organization.organization_id)
		event_u64(&w, FIELD_ORGANIZATION,
			  p->organization.organization_id);
	event_u64(&w, FIELD_COUNT, calls);
	event_text(&w, FIELD_REASON,
		   text_of(why == FAIR_MEMORY ? "memory" : "workers"));
	event_text(&w, FIELD_SIP_CALL_ID, rq->sip_call_id);
	report_end(&w);
}

/* Has whoever calls its share? */
static bool is_beyond_share(const struct path_request *rq, struct directory *d,
			    const struct fair_supply *s)
{
	static struct path p;
	enum fair_verdict verdict;
	unsigned calls;
	bool tell;

	path_clear(&p);
	verdict = fair_share_ask(worker_shared->shares,
				 path_share(&p, rq, d, &worker_conf.path), s,
				 clock_mono_ms(), &calls, &tell);
	if (tell)
		tell_share(&p, rq, calls, verdict);
	return verdict != FAIR_TAKEN;
}

/* A copy of one whose call is being set up already. */
static bool is_served(struct sip_msg *msg, const struct path_request *rq)
{
	struct leg *twin = call_store_find_invite(
		worker_shared->calls, rq->sip_call_id, message_from_tag(msg),
		message_cseq(msg));

	if (!twin)
		return false;
	call_unref(twin->call);
	return true;
}

bool gate_defers(struct sip_msg *msg, const struct path_request *rq,
		 struct directory *d)
{
	struct fair_share *shares = worker_shared->shares;
	struct fair_supply s = supply_of(msg);
	uint64_t request = request_hash(msg, rq);

	if (!fair_share_has_refused(shares, request, clock_mono_ms())) {
		if (!fair_share_is_short(shares, &s) || is_served(msg, rq) ||
		    !is_beyond_share(rq, d, &s))
			return false;
		/* Another worker has the first copy in its hands. */
		if (tm_knows_request(msg))
			return true;
		stat_add(STAT_shares_full, 1);
		fair_share_refused(shares, request, clock_mono_ms());
	}
	stateless_reply(msg, 503, "Service Unavailable");
	return true;
}

bool gate_gives_way(struct sip_msg *msg, const struct path_request *rq,
		    enum stat refused)
{
	struct fair_supply s = supply_of(msg);

	if ((!s.workers_are_late &&
	     call_store_count(worker_shared->calls) < s.room) ||
	    is_served(msg, rq))
		return false;
	if (tm_knows_request(msg))
		return true;
	stat_add(refused, 1);
	stateless_reply(msg, 503, "Service Unavailable");
	return true;
}

void gate_counts(struct call *call, const struct path *p,
		 const struct path_request *rq)
{
	fair_share_take(worker_shared->shares,
			fair_share_key(p->organization.organization_id,
				       p->trunk.trunk_id, rq->source),
			call, clock_mono_ms());
}

bool gate_is_unusable(void)
{
	struct directory *d;

	if (worker_is_draining() ||
	    shm_available() < (size_t)FAIR_SHARE_ALWAYS * CALL_MEMORY)
		return true;
	if (worker_conf.path.default_route_count)
		return false;
	d = worker_directory_begin();
	worker_directory_end(d);
	return !d;
}

bool gate_asks(struct sip_msg *msg, const struct path_request *rq)
{
	struct directory *d = worker_directory_begin();
	char realm[STRANGER_REALM_SIZE] = "";
	struct dir_gateway gateway;
	struct shown shown = path_shown(rq);
	struct sender s;

	sender_find(&s, d, &shown, &worker_conf.path.credential);
	/* The call shows what is damaged; a challenge would not. */
	if (s.lacks_proof && s.trunk.proofs & TRUNK_PROOF_DIGEST &&
	    !s.directory_error && directory_gateway(d, &gateway) == 0)
		(void)!text_to_cstr(gateway.digest_realm, realm, sizeof(realm));
	worker_directory_end(d);
	if (!realm[0])
		return false;
	ask(msg, realm, &s, rq->now_ms);
	return true;
}

static void tell_callback(struct sip_msg *msg, const uint8_t source[16])
{
	struct event_writer w;
	char ip[CALL_HOST_SIZE];

	stat_add(STAT_callbacks_refused, 1);
	if (!source_table_may_tell(&worker_shared->strangers, source,
				   clock_mono_ms()))
		return;
	path_ip_format(source, ip, sizeof(ip));
	log_line(LEVEL_WARNING, "bridge: '%s' may not call a lent number", ip);
	report_begin(&w, EVENT_CALLBACK_REFUSED, NULL);
	event_text(&w, FIELD_SOURCE_ADDRESS, text_of(ip));
	event_text(&w, FIELD_SIP_CALL_ID, message_call_id(msg));
	event_text(&w, FIELD_REQUEST_URI, message_request_uri(msg));
	report_end(&w);
}

bool gate_refuses_callback(struct sip_msg *msg, uint64_t number)
{
	struct directory *d = worker_directory_begin();
	uint8_t source[16];
	struct dir_elin elin;
	uint16_t port;
	bool is_lent;

	is_lent = d && directory_elin(d, number, &elin) == 0;
	worker_directory_end(d);
	if (!is_lent)
		return false;
	message_source(msg, source, &port);
	tell_callback(msg, source);
	stateless_reply(msg, 403, "Forbidden");
	return true;
}

bool gate_max_forwards(struct sip_msg *msg, const struct dir_trunk *trunk,
		       uint8_t *ret)
{
	int had = message_max_forwards(msg);
	bool counts = trunk->trunk_id && trunk->role != TRUNK_ORIGIN;

	*ret = MAX_FORWARDS;
	if (had < 0)
		return true;
	if (counts && had == 0)
		return false;
	if (counts || had >= MAX_FORWARDS_LOW)
		*ret = (uint8_t)(had - 1);
	return true;
}
