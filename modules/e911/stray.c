/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stray.h"

#include "b2bua.h"
#include "b2bua_tm.h"
#include "core/parser/parse_cseq.h"
#include "hangup.h"
#include "sip_message.h"
#include "text_writer.h"
#include "worker.h"

#define ROUTE_SET_SIZE 8192

static char route_set[ROUTE_SET_SIZE];

/* METHOD_UNDEF: not known. */
static int method_of(struct sip_msg *msg)
{
	return msg->cseq && get_cseq(msg) ? (int)get_cseq(msg)->method_id
					  : METHOD_UNDEF;
}

static bool is_answer(struct sip_msg *msg)
{
	return msg->first_line.u.reply.statuscode / 100 == 2 &&
	       method_of(msg) == METHOD_INVITE;
}

/* Of a leg that rang when the process before this one ended. */
static bool is_of_old_leg(struct sip_msg *msg)
{
	int method = method_of(msg);
	struct old_leg_reply r = {
		.to_invite = method == METHOD_INVITE,
		.code = msg->first_line.u.reply.statuscode,
	};

	if (!old_legs_wait(worker_shared->old_legs) ||
	    (method != METHOD_INVITE && method != METHOD_CANCEL))
		return false;
	if (tm_knows_reply(msg) || message_parse(msg) < 0)
		return false;
	r.call_id = message_call_id(msg);
	r.to = message_to(msg);
	return old_legs_reply(worker_shared->old_legs, &r);
}

static bool is_hex(struct text t, size_t len)
{
	for (size_t i = 0; i < t.len; i++)
		if (text_hex_digit(t.p[i]) < 0)
			return false;
	return t.len == len;
}

/* Call-ID and tag as leg_invite.c makes them. */
static bool looks_like_ours(struct sip_msg *msg)
{
	return is_hex(message_call_id(msg), 32) &&
	       is_hex(message_from_tag(msg), 16);
}

static bool is_from_trunk(const uint8_t ip[16])
{
	struct directory *d = worker_directory_begin();
	struct dir_trunk trunk;
	bool known = d && directory_trunk_by_source(d, ip, &trunk) == 0;

	worker_directory_end(d);
	return known;
}

/* Forged answers must not make us send without end. */
static bool may_hang_up(void)
{
	int64_t second = clock_mono_ms() / 1000;
	int64_t *window = &worker_shared->stray_second;

	if (__atomic_exchange_n(window, second, __ATOMIC_RELAXED) != second)
		__atomic_store_n(&worker_shared->stray_count, 0,
				 __ATOMIC_RELAXED);
	return __atomic_add_fetch(&worker_shared->stray_count, 1,
				  __ATOMIC_RELAXED) <= STRAY_HANGUPS_MAX;
}

/* The texts stay the message's. */
static struct call_text borrow(struct text t)
{
	return (struct call_text){ .p = (char *)t.p, .len = (uint32_t)t.len };
}

static void say(struct leg *leg, const char *method, uint32_t cseq)
{
	struct sip_transaction none;

	(void)!sip_send(
		&(struct sip_out){ .method = method, .leg = leg, .cseq = cseq },
		&none);
}

static void hang_up(struct sip_msg *msg, const struct sip_reply_view *r)
{
	struct sip_flow flow = message_flow(msg);
	uint32_t cseq = message_cseq(msg);
	uint8_t ip[16];
	uint16_t port;
	struct leg leg = {
		.side = LEG_B,
		.call_id = borrow(message_call_id(msg)),
		.local_tag = borrow(message_from_tag(msg)),
		.remote_tag = borrow(r->to_tag),
		.local_uri = borrow(message_from_uri(msg)),
		.remote_uri = borrow(message_to_uri(msg)),
		.remote_target = borrow(r->contact),
		.route_set = borrow(r->route_set),
		.flow = flow,
	};

	message_source(msg, ip, &port);
	message_peer(msg, &leg.peer);
	if (!is_from_trunk(ip) || !may_hang_up())
		return;
	stat_add(STAT_answers_stray, 1);
	log_line(LEVEL_WARNING,
		 "bridge: answer of '%s' to a call that nobody knows: BYE",
		 leg.peer.host);
	say(&leg, "ACK", cseq);
	say(&leg, "BYE", cseq + 1);
}

/* To a BYE that tm has not sent: hangup.h.  Whatever else it says: no more of
 * it is read than leads to the call. */
static bool is_of_hangup(struct sip_msg *msg)
{
	struct text branch = message_branch(msg);
	struct leg *leg;

	if (!hangup_is_branch(branch))
		return false;
	if (!message_find_call_id(msg))
		return true;
	leg = call_store_find(worker_shared->calls, message_call_id(msg),
			      hangup_tag(branch));
	if (leg) {
		b2bua_on_bye_reply(leg->call, branch,
				   msg->first_line.u.reply.statuscode);
		call_unref(leg->call);
	}
	return true;
}

int stray_reply(struct sip_msg *msg)
{
	struct sip_reply_view view;
	struct leg *leg;

	if (is_of_hangup(msg))
		return 0;
	if (is_of_old_leg(msg))
		return 0;
	if (!is_answer(msg) || tm_knows_reply(msg) || message_parse(msg) < 0)
		return 1;
	message_reply_view(msg, &view, route_set, sizeof(route_set));
	leg = call_store_find(worker_shared->calls, message_call_id(msg),
			      message_from_tag(msg));
	if (leg) {
		b2bua_on_stray_2xx(leg, message_cseq(msg), &view);
		call_unref(leg->call);
		return 0;
	}
	if (!looks_like_ours(msg))
		return 1;
	hang_up(msg, &view);
	return 0;
}
