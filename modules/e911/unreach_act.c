/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unreach_act.h"

#include "b2bua.h"
#include "dir_record.h"
#include "hwaddr.h"
#include "report.h"

static bool is_at(const struct next_hop *hop, const uint8_t ip[16],
		  uint16_t port)
{
	uint8_t own[16];

	return hop->port == port &&
	       ip_normalise(text_of(hop->host), own) == 0 &&
	       memcmp(own, ip, sizeof(own)) == 0;
}

bool unreach_act_on_icmp(struct call_store *store, const struct unreach *u)
{
	struct leg *leg;
	bool is_given_up;

	if (!u->call_id.len)
		return false;
	leg = call_store_find_own(store, u->call_id);
	if (!leg)
		return false;
	is_given_up = leg->peer.transport == TRANSPORT_UDP &&
		      is_at(&leg->peer, u->to, u->to_port) &&
		      b2bua_on_unreachable(leg, u->why, true);
	call_unref(leg->call);
	if (is_given_up)
		stat_add(STAT_legs_unreachable, 1);
	return is_given_up;
}
