/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "located.h"

#include "b2bua.h"
#include "report.h"

static struct located_conf conf;

void located_init(const struct located_conf *c)
{
	conf = *c;
}

/* ---- the worker ---- */

static struct brought_rival rival_of(const struct path *p,
				     const struct brought *b)
{
	return (struct brought_rival){
		.is_known = p->location.psap_id != 0,
		.is_by_network =
			text_equal(text_of(p->located_by), text_of("network")),
		.denies_routing = b->denies_routing,
		.now_ms = p->now_ms,
		.uncertainty_max_m = conf.uncertainty_max_m,
		.age_max_s = conf.age_max_s,
	};
}

/* e911d is to answer, if only that it knows nothing, while somebody waits. */
static uint32_t budget_ms(void)
{
	return (uint32_t)conf.timeout_ms * 3 / 4;
}

static void tell_unasked(const struct call *call, const struct brought *b,
			 const char *why)
{
	report_located(call, &(struct located_report){
				     .brought = b->count ? b->items[0].kind
							 : BROUGHT_NOTHING,
				     .why = why });
}

struct inquiry *located_prepare(struct call *call, const struct path *p,
				const struct path_request *rq, struct text body)
{
	static char decoded[LOCATE_QUESTION_MAX];
	struct inquiry *i = NULL;
	struct brought b;
	const char *why;

	if (!brought_is_there(&rq->view))
		return NULL;
	stat_add(STAT_locations_brought, 1);
	if (p->trunk.caller_location != BROUGHT_LOGGED &&
	    p->trunk.caller_location != BROUGHT_PREFERRED)
		return NULL;
	brought_find(&rq->view, body, decoded, sizeof(decoded), &b);
	why = b.count ? inquiries_problem(conf.inquiries) : b.problem;
	if (why && b.count)
		stat_add(STAT_locations_spared, 1);
	if (!why)
		i = inquiry_new(conf.inquiries, call, &b, budget_ms(), &why);
	if (!i) {
		tell_unasked(call, &b, why);
		return NULL;
	}
	i->is_held = p->trunk.caller_location == BROUGHT_PREFERRED;
	i->rival = rival_of(p, &b);
	i->registered_psap_id = p->location.psap_id;
	i->relay_center_psap_id = p->organization.relay_center_psap_id;
	return i;
}

bool located_start(struct call *call, struct inquiry *i)
{
	bool is_held = i && i->is_held;

	/* The answer may come before the next line. */
	if (is_held)
		b2bua_hold(call);
	else
		b2bua_start(call);
	if (i)
		inquiries_put(conf.inquiries, i);
	return is_held;
}

/* ---- e911 locate ---- */

/* Why the answer does not lead the call; NULL: it does. */
static const char *judge(const struct inquiry *i, const struct locate_answer *a)
{
	const struct brought_place place = {
		.psap_id = a->psap_id,
		.has_point = a->has_point,
		.is_civic = a->is_civic,
		.uncertainty_m = a->uncertainty_m,
		.confidence = a->confidence,
		.at_ms = a->at_ms,
	};

	if (a->status == LOCATE_FOUND || a->status == LOCATE_NO_PSAP)
		return brought_is_worse(&place, &i->rival);
	return locate_status_name(a->status);
}

/* The routes of its PSAP, and behind them those that the call has. */
static void route_anew(const struct inquiry *i, uint64_t psap_id,
		       struct directory *d, struct path *p)
{
	path_clear(p);
	p->now_ms = clock_utc_ms();
	p->brought_psap_id = psap_id;
	p->location.psap_id = i->registered_psap_id;
	p->organization.relay_center_psap_id = i->relay_center_psap_id;
	step_route(p, NULL, d, conf.path);
}

static void report(const struct inquiry *i, const struct locate_answer *a,
		   const char *why, bool is_used)
{
	static const struct locate_answer none;

	report_located(i->call, &(struct located_report){
					.brought = a ? a->kind : i->kind,
					.is_used = is_used,
					.why = why,
					.answer = a ? a : &none,
					.took_ms = (uint64_t)(clock_mono_ms() -
							      i->asked_at) });
}

static void settle_held(struct inquiry *i, const struct locate_answer *a,
			const char *why, struct directory *d)
{
	static struct path path;
	struct call_located how = { .brought = CALL_BROUGHT_UNJUDGED };
	bool is_used = a && !why;

	/* A place was found, and the registered one is preferred to it. */
	if (a && why && i->rival.is_known &&
	    (a->status == LOCATE_FOUND || a->status == LOCATE_NO_PSAP))
		how.brought = CALL_BROUGHT_WORSE;
	if (is_used) {
		route_anew(i, a->psap_id, d, &path);
		/* Its PSAP has no route that can be tried. */
		is_used = path.routed_by && path.psap_id == a->psap_id;
		why = is_used ? "it is better" : "its PSAP has no route";
	}
	if (a && a->status == LOCATE_UNUSABLE)
		how.brought = CALL_BROUGHT_UNUSABLE;
	if (is_used) {
		how.brought = CALL_BROUGHT_USED;
		how.routes = path.routes;
		how.route_count = path.route_count;
	}
	if (!b2bua_on_located(i->call, &how))
		return;
	/* Written once, by the call before. */
	if (is_used && i->call->brought != CALL_BROUGHT_USED) {
		is_used = false;
		why = "no memory for its routes";
	}
	if (is_used)
		stat_add(STAT_locations_used, 1);
	report(i, a, why, is_used);
}

void located_settle(struct inquiry *i, const struct locate_answer *a,
		    const char *why, struct directory *d)
{
	if (a)
		why = judge(i, a);
	if (i->is_held)
		settle_held(i, a, why, d);
	else
		report(i, a, why ? why : "it would be better", false);
	inquiry_free(i);
}
