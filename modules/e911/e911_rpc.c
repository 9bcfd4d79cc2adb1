/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RPC: what is going on in this node, and what would happen to a call.
 *
 * Numbers that may exceed 31 bits are given as text, so that every RPC
 * transport shows them whole.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/rpc.h"
#include "core/rpc_lookup.h"
#include "e911_mod.h"
#include "media_engine.h"
#include "recovery.h"
#include "worker.h"

/* ---- shared by the commands ---- */

static void add_text(rpc_t *rpc, void *h, char *name, const char *value)
{
	rpc->struct_add(h, "s", name, value ? value : "");
}

static void add_id(rpc_t *rpc, void *h, char *name, uint64_t id)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)id);
	add_text(rpc, h, name, digits);
}

static void add_number(rpc_t *rpc, void *h, char *name, uint64_t number)
{
	char e164[E164_SIZE] = "";

	if (number)
		e164_from_u64(number, e164);
	add_text(rpc, h, name, e164);
}

static void add_view(rpc_t *rpc, void *h, char *name, struct text t)
{
	char buf[512];

	if (text_to_cstr(t, buf, sizeof(buf)) < 0)
		(void)snprintf(buf, sizeof(buf), "(too long)");
	add_text(rpc, h, name, buf);
}

/* ---- e911.calls ---- */

/* A datagram of the RPC transports holds a few hundred. */
#define RPC_CALLS_DEFAULT 200

struct rpc_walk {
	rpc_t *rpc;
	void *ctx;
	int64_t now_ms;
	int left;
};

static bool add_call(struct call *call, void *arg)
{
	struct rpc_walk *w = arg;
	char id[UUID_STRING_SIZE];
	void *h;

	if (w->left-- <= 0 || w->rpc->add(w->ctx, "{", &h) < 0)
		return false;
	uuid_format(&call->id, id);
	shared_lock_take(&call->lock);
	add_text(w->rpc, h, "call_id", id);
	add_text(w->rpc, h, "kind", call_kind_name(call->kind));
	add_text(w->rpc, h, "state", call_state_name(call->state));
	w->rpc->struct_add(h, "d", "recoveries", (int)call->recoveries);
	add_id(w->rpc, h, "age_ms",
	       (uint64_t)(w->now_ms > call->started_ms
				  ? w->now_ms - call->started_ms
				  : 0));
	add_id(w->rpc, h, "trunk_id", call->trunk_id);
	add_id(w->rpc, h, "organization_id", call->organization_id);
	add_id(w->rpc, h, "endpoint_id", call->endpoint_id);
	add_id(w->rpc, h, "location_id", call->location_id);
	add_number(w->rpc, h, "shown_number", call->shown_number);
	w->rpc->struct_add(h, "dd", "route_index", (int)call->route_index,
			   "route_count", (int)call->route_count);
	add_view(w->rpc, h, "sip_call_id_a", call_text_get(&call->a->call_id));
	if (call->b)
		add_view(w->rpc, h, "sip_call_id_b",
			 call_text_get(&call->b->call_id));
	shared_lock_drop(&call->lock);
	return true;
}

static const char *rpc_calls_doc[] = {
	"Calls of this node, ended ones included until they are forgotten. "
	"Parameter: how many at most (200).",
	0
};

static void rpc_calls(rpc_t *rpc, void *ctx)
{
	struct rpc_walk w = { rpc, ctx, clock_utc_ms(), RPC_CALLS_DEFAULT };
	int most;

	if (rpc->scan(ctx, "*d", &most) > 0)
		w.left = most;

	call_store_each(worker_shared->calls, add_call, &w);
}

/* ---- e911.media_lost ---- */

struct media_walk {
	struct text name;
	struct uuid id;
	bool is_id;
	unsigned found;
};

static bool is_leg(const struct leg *leg, struct text call_id)
{
	return leg && text_equal(call_text_get(&leg->call_id), call_id);
}

static bool lose_media(struct call *call, void *arg)
{
	struct media_walk *w = arg;
	struct leg *leg = NULL;

	shared_lock_take(&call->lock);
	if (is_leg(call->b, w->name) ||
	    (w->is_id && memcmp(&call->id, &w->id, sizeof(w->id)) == 0))
		leg = call->b;
	else if (is_leg(call->a, w->name))
		leg = call->a;
	if (leg && leg_is_up(leg)) {
		recovery_media_lost(leg);
		w->found++;
	}
	shared_lock_drop(&call->lock);
	return w->found == 0;
}

static const char *rpc_media_lost_doc[] = {
	"No media come from the far side of a call: ring another one. "
	"Parameter: the SIP Call-ID of a leg, or the call's id (its PSAP).",
	0
};

static void rpc_media_lost(rpc_t *rpc, void *ctx)
{
	struct media_walk w = { 0 };
	char *name;

	if (rpc->scan(ctx, "s", &name) < 1) {
		rpc->fault(ctx, 400, "parameter: Call-ID of a leg, or call");
		return;
	}
	w.name = text_of(name);
	w.is_id = uuid_parse(w.name, &w.id) >= 0;
	call_store_each(worker_shared->calls, lose_media, &w);
	if (!w.found)
		rpc->fault(ctx, 404, "no answered call of that name");
}

/* ---- e911.trunks ---- */

#define RPC_TRUNKS_DEFAULT 150

/* One trunk, whose destinations are gone through. */
struct rpc_trunks {
	rpc_t *rpc;
	void *ctx;
	int64_t mono_ms;
	struct text only; /* "all", "down" or a trunk's name */
	int left;
	uint64_t trunk_id;
	struct text name;
	uint32_t max_calls, oos_check_s;
};

/* "": there is none. */
static void add_ms(rpc_t *rpc, void *h, char *name, int64_t ms)
{
	if (ms < 0)
		add_text(rpc, h, name, "");
	else
		add_id(rpc, h, name, (uint64_t)ms);
}

static bool is_wanted(const struct rpc_trunks *w,
		      const struct trunk_health_view *v)
{
	if (text_equal(w->only, text_of("down")))
		return !v->up;
	return text_equal(w->only, text_of("all")) ||
	       text_equal(w->only, w->name);
}

static void add_destination(const struct trunk_health_view *v, void *arg)
{
	struct rpc_trunks *w = arg;
	uint64_t trunk_id = w->trunk_id ? w->trunk_id : v->trunk_id;
	rpc_t *rpc = w->rpc;
	void *h;

	if (!is_wanted(w, v) || w->left-- <= 0 || rpc->add(w->ctx, "{", &h) < 0)
		return;
	add_id(rpc, h, "trunk_id", trunk_id);
	add_view(rpc, h, "name", w->name);
	add_text(rpc, h, "host", v->host);
	rpc->struct_add(h, "d", "port", (int)v->port);
	add_text(rpc, h, "transport", trunk_transport_name(v->transport));
	add_text(rpc, h, "state", v->up ? "up" : "down");
	add_text(rpc, h, "why", v->why);
	add_ms(rpc, h, "since_ms_ago", v->since_ms);
	add_id(rpc, h, "left_ms", (uint64_t)v->left_ms);
	add_id(rpc, h, "failures", v->failures);
	add_id(rpc, h, "calls",
	       trunk_calls_count(worker_shared->trunk_calls, trunk_id));
	add_id(rpc, h, "max_calls", w->max_calls);
	add_id(rpc, h, "oos_check_s", w->oos_check_s);
	add_ms(rpc, h, "options_ms_ago", v->asked_ms);
	add_ms(rpc, h, "round_trip_ms", v->round_trip_ms);
}

static void add_route(struct rpc_trunks *w, const struct call_route *route)
{
	struct trunk_health_view v;

	(void)trunk_health_look(worker_shared->health, route, w->mono_ms, &v);
	add_destination(&v, w);
}

static void add_trunk(struct rpc_trunks *w, const struct dir_trunk *trunk)
{
	struct call_route route = { .trunk_id = trunk->trunk_id };

	w->trunk_id = trunk->trunk_id;
	w->name = trunk->name;
	w->max_calls = trunk->max_calls;
	w->oos_check_s = trunk->oos_check_s;
	for (uint32_t i = 0; i <= trunk->contact_count; i++) {
		const struct dir_contact *c = &trunk->contacts[i ? i - 1 : 0];
		struct text host = i ? c->host : trunk->host;

		if (text_to_cstr(host, route.host, sizeof(route.host)) < 0)
			continue;
		route.port = i ? c->port : trunk->port;
		route.transport =
			(uint8_t)(i ? c->transport : trunk->transport);
		add_route(w, &route);
	}
}

static const char *rpc_trunks_doc[] = {
	"Where calls are sent to: whether it is in service, since when and "
	"why, how many calls it carries, its latest OPTIONS. Parameters: all "
	"(default), down, or a trunk's name; how many at most (150).",
	0
};

static void rpc_trunks(rpc_t *rpc, void *ctx)
{
	struct rpc_trunks w = { .rpc = rpc,
				.ctx = ctx,
				.mono_ms = clock_mono_ms() };
	struct directory *d = worker_directory_begin();
	struct dir_trunk trunk;
	uint64_t id = 0;
	char *only;
	int most;

	w.only = text_of(rpc->scan(ctx, "*s", &only) > 0 ? only : "all");
	w.left = rpc->scan(ctx, "*d", &most) > 0 ? most : RPC_TRUNKS_DEFAULT;
	while (d && directory_trunk_after(d, id, &trunk) == 0) {
		id = trunk.trunk_id;
		if (trunk.role != TRUNK_ORIGIN || trunk.oos_check_s)
			add_trunk(&w, &trunk);
	}
	worker_directory_end(d);
	w.trunk_id = 0;
	w.name = text_of(NULL);
	w.max_calls = w.oos_check_s = 0;
	for (unsigned i = 0; i < worker_conf.path.default_route_count; i++)
		add_route(&w, &worker_conf.path.default_routes[i]);
	/* Without a directory: what is remembered. */
	if (!d)
		trunk_health_each(worker_shared->health, w.mono_ms,
				  add_destination, &w);
}

/* ---- e911.elins ---- */

/* The table's lock is held while it is walked: copy first, speak later. */
struct elin_copy {
	struct elin_binding *at;
	size_t used, room;
};

static void copy_binding(const struct elin_binding *b, void *arg)
{
	struct elin_copy *c = arg;

	if (c->used < c->room)
		c->at[c->used++] = *b;
}

static const char *rpc_elins_doc[] = {
	"Numbers lent on this node: caller, way back, times.", 0
};

static void rpc_elins(rpc_t *rpc, void *ctx)
{
	struct elin_copy copy = { 0 };
	int64_t now = clock_utc_ms();

	copy.room = elin_table_count(worker_shared->elins) + 16;
	copy.at = calloc(copy.room, sizeof(*copy.at));
	if (!copy.at) {
		rpc->fault(ctx, 500, "no memory");
		return;
	}
	elin_table_each(worker_shared->elins, copy_binding, &copy);
	for (size_t i = 0; i < copy.used; i++) {
		const struct elin_binding *b = &copy.at[i];
		char call[UUID_STRING_SIZE];
		int64_t left = b->active_count ? 0 : b->expires_at_ms - now;
		void *h;

		if (rpc->add(ctx, "{", &h) < 0)
			break;
		uuid_format(&b->call, call);
		add_number(rpc, h, "number", b->number);
		rpc->struct_add(h, "d", "active_count", (int)b->active_count);
		add_text(rpc, h, "caller", b->caller);
		add_text(rpc, h, "user", b->user);
		add_id(rpc, h, "trunk_id", b->trunk_id);
		add_id(rpc, h, "location_id", b->location_id);
		add_text(rpc, h, "call_id", call);
		add_id(rpc, h, "remembered_ms", left > 0 ? (uint64_t)left : 0);
	}
	free(copy.at);
}

/* ---- e911.stats ---- */

static const char *rpc_stats_doc[] = {
	"Counters of the module and the state of its journal.", 0
};

static void rpc_stats(rpc_t *rpc, void *ctx)
{
	const struct journal_stats *j = &worker_shared->journal;
	void *h;

	if (rpc->add(ctx, "{", &h) < 0)
		return;
	for (enum stat s = 0; s < STAT_COUNT; s++)
		add_id(rpc, h, (char *)stat_name(s), stat_get(s));
	add_id(rpc, h, "calls_active", call_store_count(worker_shared->calls));
	add_id(rpc, h, "elins_active", elin_table_active(worker_shared->elins));
	add_id(rpc, h, "ring_bytes", journal_ring_used(worker_shared->ring));
	add_id(rpc, h, "journal_written", j->events_written);
	add_id(rpc, h, "journal_commits", j->commits);
	add_id(rpc, h, "journal_failed", j->batches_failed);
	add_id(rpc, h, "journal_waiting", j->waiting);
	add_id(rpc, h, "journal_last", j->last_sequence);
	add_id(rpc, h, "journal_pending", j->pending);
}

/* ---- e911.directory ---- */

static const char *rpc_directory_doc[] = {
	"The directory that this node reads: version, age, damage.", 0
};

static void rpc_directory(rpc_t *rpc, void *ctx)
{
	struct directory *d = worker_directory_begin();
	struct dir_meta meta;
	void *h;

	if (rpc->add(ctx, "{", &h) < 0)
		goto out;
	if (!d || directory_meta(d, &meta) < 0) {
		add_text(rpc, h, "state", "missing or damaged");
		goto out;
	}
	add_text(rpc, h, "state", "in use");
	add_id(rpc, h, "schema_version", meta.schema_version);
	add_id(rpc, h, "change_txid", meta.change_txid);
	add_id(rpc, h, "change_id", meta.change_id);
	add_view(rpc, h, "database_id", meta.database_id);
	add_id(rpc, h, "published_ms_ago",
	       (uint64_t)(clock_utc_ms() - meta.published_at_ms));
	add_id(rpc, h, "damaged_records", directory_damage_count(d));
	add_text(rpc, h, "changes",
		 worker_directory_is_watched() ? "told of" : "looked for");
out:
	worker_directory_end(d);
}

/* ---- e911.explain ---- */

static const char *rpc_explain_doc[] = {
	"What would happen to a 911 call. Parameters: source address, then any "
	"number of header lines, each 'Name: value'. Lends nothing.",
	0
};

#define EXPLAIN_HEADERS_MAX 16

/* Split "Name: value"; false when there is no colon. */
static bool header_of(const char *line, struct header_view *ret)
{
	struct text t = text_of(line);
	size_t colon = text_index(t, ':');

	if (!line || colon == t.len)
		return false;
	ret->name = text_trim(text_make(t.p, colon));
	ret->value = text_trim(text_make(t.p + colon + 1, t.len - colon - 1));
	return true;
}

static void explain_routes(rpc_t *rpc, void *h, const struct path *p)
{
	char line[CALL_HOST_SIZE + CALL_USER_SIZE + 64];
	void *list;

	if (rpc->struct_add(h, "[", "routes", &list) < 0)
		return;
	for (unsigned i = 0; i < p->route_count; i++) {
		const struct call_route *r = &p->routes[i];

		(void)snprintf(line, sizeof(line), "sip:%s@%s:%u;transport=%s",
			       r->user, r->host, r->port,
			       trunk_transport_name(r->transport));
		rpc->array_add(list, "s", line);
	}
}

static void explain(rpc_t *rpc, void *ctx, const struct path *p)
{
	void *h;

	if (rpc->add(ctx, "{", &h) < 0)
		return;
	add_view(rpc, h, "trunk", p->trunk.name);
	add_view(rpc, h, "organization", p->organization.name);
	add_text(rpc, h, "organization_from", p->organization_from);
	add_view(rpc, h, "endpoint", p->endpoint.name);
	add_text(rpc, h, "identified_by", p->identified_by);
	add_text(rpc, h, "identified_from", p->identified_from);
	add_text(rpc, h, "identified_value", p->identified_value);
	add_view(rpc, h, "location", p->location.name);
	add_view(rpc, h, "address", p->location.address);
	add_text(rpc, h, "located_by", p->located_by);
	add_text(rpc, h, "routed_by", p->routed_by);
	add_number(rpc, h, "callback_number", p->shown_number);
	add_text(rpc, h, "bound_by", p->bound_by);
	explain_routes(rpc, h, p);
}

static void rpc_explain(rpc_t *rpc, void *ctx)
{
	static struct header_view headers[EXPLAIN_HEADERS_MAX];
	struct path_request rq = { .now_ms = clock_utc_ms(), .dry_run = true };
	static struct path p;
	struct directory *d;
	char *source, *line;

	if (rpc->scan(ctx, "s", &source) < 1 ||
	    ip_normalise(text_of(source), rq.source) < 0) {
		rpc->fault(ctx, 400, "first parameter: source IP address");
		return;
	}
	while (rq.view.header_count < EXPLAIN_HEADERS_MAX &&
	       rpc->scan(ctx, "*s", &line) > 0) {
		if (!header_of(line, &headers[rq.view.header_count])) {
			rpc->fault(ctx, 400, "not 'Name: value': %s", line);
			return;
		}
		rq.view.header_count++;
	}
	rq.view.headers = headers;
	rq.view.request_uri = text_of("sip:911@localhost");
	memset(&p, 0, sizeof(p));
	d = worker_directory_begin();
	path_run(&p, &rq, d, &worker_conf.path);
	explain(rpc, ctx, &p);
	worker_directory_end(d);
}

/* ---- e911.media ---- */

static const char *rpc_media_doc[] = {
	"Engines of media, in the order of trying: do they answer?", 0
};

static void rpc_media(rpc_t *rpc, void *ctx)
{
	const struct media_port *port = media_engine_port();

	for (unsigned i = 0; port && i < port->count; i++) {
		struct media_engine_view v;
		void *h;

		if (rpc->add(ctx, "{", &h) < 0)
			break;
		media_engine_look(i, &v);
		add_text(rpc, h, "engine", v.address);
		add_text(rpc, h, "state", v.up ? "up" : "down");
		rpc->struct_add(h, "d", "restarts", (int)v.epoch);
		add_id(rpc, h, "asked", v.asked);
		add_id(rpc, h, "failed", v.failed);
		rpc->struct_add(h, "d", "round_trip_ms", v.round_trip_ms);
	}
}

/* ---- e911.locate ---- */

static const char *rpc_locate_doc[] = {
	"Is e911d asked about locations that calls bring, and how many wait?", 0
};

static void rpc_locate(rpc_t *rpc, void *ctx)
{
	const struct inquiries *q = worker_shared->inquiries;
	void *h;

	if (rpc->add(ctx, "{", &h) < 0)
		return;
	add_text(rpc, h, "state", q ? inquiries_state_name(q) : "away");
	rpc->struct_add(h, "d", "waiting", q ? (int)inquiries_count(q) : 0);
}

static rpc_export_t commands[] = {
	{ "e911.calls", rpc_calls, rpc_calls_doc, RET_ARRAY },
	{ "e911.media_lost", rpc_media_lost, rpc_media_lost_doc, 0 },
	{ "e911.trunks", rpc_trunks, rpc_trunks_doc, RET_ARRAY },
	{ "e911.media", rpc_media, rpc_media_doc, RET_ARRAY },
	{ "e911.locate", rpc_locate, rpc_locate_doc, 0 },
	{ "e911.elins", rpc_elins, rpc_elins_doc, RET_ARRAY },
	{ "e911.stats", rpc_stats, rpc_stats_doc, 0 },
	{ "e911.directory", rpc_directory, rpc_directory_doc, 0 },
	{ "e911.explain", rpc_explain, rpc_explain_doc, 0 },
	{ 0, 0, 0, 0 },
};

int e911_rpc_register(void)
{
	return rpc_register_array(commands) == 0 ? 0 : -1;
}
