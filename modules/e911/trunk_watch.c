/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trunk_watch.h"

#include <errno.h>
#include <stdio.h>

#include "leg_i3.h"
#include "leg_line.h"
#include "report.h"
#include "route_tls.h"

/* What was missed of the OPTIONS that should renew "out of service": one, and
 * the time in which this process had other things to do. */
#define HOLD_SPARE_MS 5000

/* One OPTIONS, until tm forgets it. */
struct trunk_probe {
	struct call_route route; /* where it went */
	struct trunk_answer answer;
	bool is_over;
};

/* Where one is due. */
struct question {
	struct call_route route;
	uint32_t every_ms, timeout_ms;
};

static struct trunk_health *health; /* shared */
static uint64_t asked_last; /* id of a trunk; of the process that asks */

void trunk_watch_init(struct trunk_health *h)
{
	health = h;
}

/* ---- what came of it ---- */

void trunk_watch_answered(struct trunk_probe *probe, unsigned code)
{
	const struct call_route *route = &probe->route;

	if (probe->is_over)
		return;
	probe->is_over = true;
	probe->answer.code = code;
	if (!code)
		stat_add(STAT_options_silent, 1);
	switch (trunk_health_answered(health, route, &probe->answer,
				      clock_mono_ms())) {
	case TRUNK_GOES_DOWN:
		stat_add(STAT_trunks_failed, 1);
		report_trunk(
			EVENT_TRUNK_DOWN, route,
			text_of(code ? "503 to OPTIONS" : "silent to OPTIONS"));
		break;
	case TRUNK_COMES_UP:
		report_trunk(EVENT_TRUNK_UP, route,
			     text_of("answered OPTIONS"));
		break;
	case TRUNK_STAYS:
		break;
	}
}

void trunk_watch_forgotten(struct trunk_probe *probe)
{
	if (!probe->is_over)
		trunk_health_unasked(health, &probe->route);
	shared_free(probe);
}

/* ---- sending ---- */

static struct call_text borrow(const char *s)
{
	return (struct call_text){ (char *)s, (uint32_t)strlen(s), 0 };
}

/* A leg of no call: as much of one as a request needs. */
static int send(const struct question *q, struct trunk_probe *probe)
{
	char contact[CALL_USER_SIZE + CALL_HOST_SIZE + 64];
	char host[CALL_HOST_SIZE + 2], from[CALL_HOST_SIZE + 256];
	char target[NEXT_HOP_URI_SIZE], name[49], lines[512];
	struct text_writer w = text_writer_on(lines, sizeof(lines));
	struct leg leg = { .side = LEG_B, .local_cseq = 1 };
	struct sip_transaction ignored;
	const char *domain = NULL;
	uint8_t rnd[24];
	int err = sip_flow_to(&q->route, &leg.flow, contact, sizeof(contact),
			      host, sizeof(host));

	if (err < 0)
		return err;
	leg.peer = (struct next_hop){ .port = q->route.port,
				      .transport = q->route.transport };
	memcpy(leg.peer.host, q->route.host, sizeof(leg.peer.host));
	next_hop_format(&leg.peer, target);
	if (q->route.profile == PROFILE_I3)
		domain = leg_i3_host();
	(void)snprintf(from, sizeof(from), "sip:%s", domain ? domain : host);
	random_bytes(rnd, sizeof(rnd));
	text_hex(name, rnd, sizeof(rnd));
	leg.call_id = borrow(name);
	leg.call_id.len = 32;
	leg.local_tag = borrow(name + 32);
	leg.local_uri = borrow(from);
	leg.remote_uri = leg.remote_target = borrow(target);
	leg.contact = borrow(contact);
	leg.trunk_id = q->route.trunk_id;
	leg.tls_check = q->route.tls_check;
	leg.tls_name = borrow(q->route.tls_name);
	leg.tls_sni = borrow(q->route.tls_sni);
	leg_line_contact(&w, &leg);
	leg_line_abilities(&w, &leg);
	text_writef(&w, "Accept: application/sdp\r\n");
	return sip_send(&(struct sip_out){ .method = "OPTIONS",
					   .leg = &leg,
					   .cseq = leg.local_cseq,
					   .headers = text_written(&w),
					   .response_timeout_ms = q->timeout_ms,
					   .probe = probe },
			&ignored);
}

/* What cannot be sent says nothing of the far side: a call would find out. */
static bool ask(const struct question *q)
{
	struct trunk_probe *probe = shared_alloc(sizeof(*probe));

	if (probe) {
		probe->route = q->route;
		probe->answer.asked_at = clock_mono_ms();
		probe->answer.hold_ms =
			2 * ((int64_t)q->every_ms + q->timeout_ms) +
			HOLD_SPARE_MS;
	}
	if (!probe || send(q, probe) < 0) {
		trunk_health_unasked(health, &q->route);
		shared_free(probe);
		return false;
	}
	stat_add(STAT_options_sent, 1);
	return true;
}

/* ---- who is due ---- */

/* A trunk has no host as long as the name of it was never resolved. */
static bool is_due(const struct dir_trunk *trunk, struct text host,
		   struct question *q)
{
	return !text_is_empty(host) &&
	       text_to_cstr(host, q->route.host, sizeof(q->route.host)) >= 0 &&
	       trunk_health_ask(health, &q->route, clock_mono_ms(),
				(int64_t)trunk->oos_check_s * 1000);
}

/* Those of its destinations that are due; as many as there is room for. */
static size_t collect(const struct dir_trunk *trunk, struct question *list,
		      size_t room)
{
	struct question q = {
		.route = { .trunk_id = trunk->trunk_id,
			   .profile = (uint8_t)trunk->profile },
		.every_ms = trunk->oos_check_s * 1000,
		.timeout_ms = trunk->oos_force_s ? trunk->oos_force_s * 1000
						 : trunk->response_timeout_ms,
	};
	size_t n = 0;

	for (uint32_t i = 0; i <= trunk->contact_count && n < room; i++) {
		const struct dir_contact *c = &trunk->contacts[i ? i - 1 : 0];

		q.route.port = i ? c->port : trunk->port;
		q.route.transport =
			(uint8_t)(i ? c->transport : trunk->transport);
		route_tls_set(&q.route, trunk, i);
		if (is_due(trunk, i ? c->host : trunk->host, &q))
			list[n++] = q;
	}
	return n;
}

/* Once around, from the trunk behind the one that was asked last. */
static size_t collect_all(struct directory *d, struct question *list,
			  size_t room)
{
	uint64_t first = asked_last, at = first;
	bool is_round = first == 0;
	struct dir_trunk trunk;
	size_t n = 0;

	while (n < room) {
		int err = directory_trunk_after(d, at, &trunk);

		if (err == -ENOENT && !is_round) {
			is_round = true;
			at = 0;
			continue;
		}
		if (err < 0 || (first && is_round && trunk.trunk_id > first))
			break;
		at = asked_last = trunk.trunk_id;
		if (trunk.oos_check_s)
			n += collect(&trunk, list + n, room - n);
	}
	return n;
}

size_t trunk_watch_turn(struct directory *d, void (*end)(struct directory *d))
{
	static struct question list[TRUNK_WATCH_BATCH];
	size_t sent = 0, n = d ? collect_all(d, list, ARRAY_SIZE(list)) : 0;

	end(d);
	for (size_t i = 0; i < n; i++)
		sent += ask(&list[i]);
	return sent;
}
