/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/match.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "http/held_where.h"
#include "notify/compose.h"

#define WHO "notify"

struct matcher {
	struct held_directory *directory; /* owned */
	char *node;                       /* owned */
	struct event_facts facts;         /* of the event that is matched */
};

int matcher_new(struct matcher **ret, const char *state_dir, const char *node)
{
	struct matcher *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->node = strdup(node);
	if (!m->node || held_directory_new(&m->directory, state_dir) < 0) {
		(void)matcher_free(m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}

struct matcher *matcher_free(struct matcher *m)
{
	if (!m)
		return NULL;
	(void)held_directory_free(m->directory);
	free(m->node);
	free(m);
	return NULL;
}

int notify_event_read(struct text event, const uint8_t id[NOTICE_ID_SIZE],
		      struct notify_event *ret)
{
	struct event_facts f;
	int err = event_facts_read(event, &f);

	if (err < 0)
		return err;
	*ret = (struct notify_event){
		.kind = f.kind, .at_ms = f.at_ms, .call = f.call, .bytes = event
	};
	memcpy(ret->id, id, sizeof(ret->id));
	if (uuid_parse(event_fact(&f, FIELD_ORIGINAL_CALL), &ret->original) < 0)
		ret->original = (struct uuid){ { 0 } };
	return 0;
}

/* ---- the result ---- */

void notify_result_fini(struct notify_result *r)
{
	free(r->notices.v);
	arena_fini(&r->arena);
	*r = (struct notify_result){ 0 };
}

static void result_reset(struct notify_result *r)
{
	arena_reset(&r->arena);
	r->notices.count = 0;
	r->call = r->gateway = text_of("");
	r->call_is_new = r->call_is_over = r->gateway_is_new = false;
}

static int list_add(struct notice_list *l, const struct notice *n)
{
	if (l->count == l->size) {
		size_t size = l->size ? l->size * 2 : 16;
		struct notice *v = realloc(l->v, size * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->size = size;
	}
	l->v[l->count++] = *n;
	return 0;
}

/* ---- one event ---- */

struct matching {
	struct matcher *m;
	const struct notify_event *event;
	struct directory *d;
	struct notify_result *ret;
	struct context call; /* what is known of the call */
	struct composer composer;
	uint32_t wanted; /* enum recipient_event: told of one of these */
	enum said_event said;
	bool is_update;
	bool is_first;        /* the event says by itself what it is */
	struct text language; /* of the organisation */
	size_t passed_over;   /* recipients outside of their hours */
	bool ignore_hours;
};

static enum said_event said_to(const struct matching *g,
			       const struct dir_recipient *r)
{
	if (!g->is_first)
		return g->said;
	if (r->events & g->wanted & RECIPIENT_EMERGENCY_CALL)
		return g->said;
	if (r->events & g->wanted & RECIPIENT_RELAY_CALL)
		return SAID_RELAY_CALL;
	return r->events & g->wanted & RECIPIENT_UNDEFINED_LOCATION
		       ? SAID_UNDEFINED_LOCATION
		       : SAID_ENDPOINT_UNLOCATED;
}

static enum notice_channel channel_of(const struct dir_recipient *r)
{
	switch (r->channel) {
	case RECIPIENT_EMAIL:
		return NOTICE_EMAIL;
	case RECIPIENT_SMS:
		return NOTICE_SMS;
	case RECIPIENT_WEBHOOK:
		return NOTICE_WEBHOOK;
	case RECIPIENT_SCREEN:
		return NOTICE_SCREEN;
	case RECIPIENT_PHONE:
		return NOTICE_PHONE;
	}
	return NOTICE_EMAIL;
}

/* How often this target is told of the event already, and whether exactly so:
 * two recipients may be one person. */
static unsigned count_same(const struct notice_list *l, const struct notice *n,
			   bool *ret_is_twice)
{
	unsigned count = 0;

	*ret_is_twice = false;
	for (size_t i = 0; i < l->count; i++) {
		const struct notice *o = &l->v[i];

		if (o->channel != n->channel ||
		    strcmp(o->target, n->target) != 0)
			continue;
		count++;
		if (o->delay_ms == n->delay_ms && o->flags == n->flags &&
		    strcmp(o->preset, n->preset) == 0 &&
		    strcmp(o->event, n->event) == 0 &&
		    o->organization_id == n->organization_id &&
		    memcmp(o->instead_of, n->instead_of, NOTICE_ID_SIZE) == 0)
			*ret_is_twice = true;
	}
	return count;
}

static int copy_texts(struct matching *g, const struct dir_recipient *r,
		      struct notice *n)
{
	struct arena *a = &g->ret->arena;

	n->target = arena_copy(a, r->address);
	n->preset = arena_copy(a, r->preset);
	n->secret = arena_copy(a, r->secret);
	return n->target && n->preset && n->secret ? 0 : -ENOMEM;
}

/* Steps count from the call; what comes later has waited for them already. */
static uint32_t delay_of(const struct matching *g, uint32_t after_s)
{
	int64_t due = (int64_t)after_s * 1000;

	if (g->is_update)
		due -= g->event->at_ms - g->call.started_at_ms;
	return due < 0 ? 0 : due > UINT32_MAX ? UINT32_MAX : (uint32_t)due;
}

/* What r is sent; *n has delay, flags and instead_of. */
static int fill(struct matching *g, const struct dir_recipient *r,
		enum said_event said, struct notice *n)
{
	const struct composed *words = NULL;
	struct text language = r->language.len ? r->language : g->language;
	struct composed_for what = {
		.event = said,
		.language = language_find(language),
		.organization_id = r->organization_id,
		.template_id = r->template_id,
	};
	int err = copy_texts(g, r, n);

	n->channel = channel_of(r);
	what.is_short = n->channel == NOTICE_SMS || n->channel == NOTICE_PHONE;
	if (err >= 0)
		err = compose(&g->composer, &what, &words);
	if (err < 0)
		return err;
	memcpy(n->event_id, g->event->id, NOTICE_ID_SIZE);
	memcpy(n->call_id,
	       uuid_is_nil(&g->event->original) ? g->event->call.b
						: g->event->original.b,
	       NOTICE_ID_SIZE);
	n->event = said_event_code(said);
	n->organization_id = g->call.organization_id;
	n->recipient_id = r->recipient_id;
	n->at_ms = g->event->at_ms;
	n->language = language_name(what.language);
	n->subject = words->subject;
	n->text = words->text;
	n->html = "";
	n->json = words->json;
	return 0;
}

/* 1: the notice is in the list, -ENOENT: it is there already, or too many. */
static int add(struct matching *g, const struct dir_recipient *r,
	       enum said_event said, struct notice *n)
{
	struct notice_list *l = &g->ret->notices;
	bool is_twice;
	unsigned step;
	int err;

	if (l->count >= NOTIFY_NOTICES_MAX) {
		stats_add(STAT_NOTICES_TOO_MANY, 1);
		return -ENOENT;
	}
	err = fill(g, r, said, n);
	if (err < 0)
		return err;
	step = count_same(l, n, &is_twice);
	if (is_twice)
		return -ENOENT;
	notice_make_id(n, step);
	err = list_add(l, n);
	return err < 0 ? err : 1;
}

/* The other channels of r, for when its notice is not delivered. */
static int add_instead(struct matching *g, const struct dir_recipient *r,
		       enum said_event said, const struct notice *first)
{
	struct dir_recipient other = { 0 };
	int err = 0;

	while (err >= 0 || err == -ENOENT) {
		struct notice n = { .flags = first->flags |
					     NOTICE_UNLESS_DELIVERED };

		err = directory_recipient_after(
			g->d, r->organization_id, RECIPIENT_INSTEAD,
			r->recipient_id, other.recipient_id, &other);
		if (err < 0)
			return 0;
		memcpy(n.instead_of, first->id, NOTICE_ID_SIZE);
		n.delay_ms = first->delay_ms + other.after_s * 1000;
		err = add(g, &other, said, &n);
	}
	return err;
}

static int tell(struct matching *g, const struct dir_recipient *r)
{
	struct notice n = { .delay_ms = delay_of(g, r->after_s) };
	enum said_event said = said_to(g, r);
	int err;

	if (!(r->events & g->wanted) || (g->is_update && r->no_updates))
		return 0;
	if (r->after_s)
		n.flags = NOTICE_UNLESS_ACKNOWLEDGED;
	err = add(g, r, said, &n);
	if (err == -ENOENT)
		return 0;
	return err < 0 ? err : add_instead(g, r, said, &n);
}

static int tell_scope(struct matching *g, uint64_t organization_id,
		      enum recipient_scope scope, uint64_t scope_id)
{
	struct dir_recipient r = { 0 };
	int err = 0;

	if (scope != RECIPIENT_OF_ALL && !scope_id)
		return 0;
	while (err >= 0) {
		err = directory_recipient_after(g->d, organization_id, scope,
						scope_id, r.recipient_id, &r);
		if (err < 0)
			return err == -ENOENT ? 0 : -EAGAIN;
		err = tell(g, &r);
	}
	return err;
}

static int tell_all(struct matching *g)
{
	const struct context *c = &g->call;
	uint64_t org = c->organization_id;
	int err = 0;

	if (org)
		err = tell_scope(g, org, RECIPIENT_OF_ALL, 0);
	if (org && err >= 0)
		err = tell_scope(g, org, RECIPIENT_OF_BUILDING, c->building_id);
	if (org && err >= 0)
		err = tell_scope(g, org, RECIPIENT_OF_LOCATION, c->location_id);
	return err < 0 ? err : tell_scope(g, 0, RECIPIENT_OF_ALL, 0);
}

/* ---- values of the event ---- */

static int set_time(struct matching *g, enum variable v, int64_t at_ms)
{
	char text[CLOCK_TEXT_SIZE];
	size_t len;

	if (!at_ms || clock_format(at_ms, text) < 0)
		return 0;
	/* "2026-01-31 23:59:59.123+00" */
	len = strlen(text);
	if (len < 4 || text[10] != ' ')
		return 0;
	text[10] = 'T';
	text[len - 3] = 'Z';
	return variables_set(&g->composer.values, v, text_make(text, len - 2),
			     &g->ret->arena);
}

static int set_local_time(struct matching *g)
{
	char text[CLOCK_TEXT_SIZE + 4];
	size_t len;

	if (clock_format(g->event->at_ms, text) < 0)
		return 0;
	len = text_index(text_of(text), '.');
	memcpy(text + len, " UTC", 5);
	return variables_set(&g->composer.values, VARIABLE_LOCAL_TIME,
			     text_of(text), &g->ret->arena);
}

static int set_fact(struct matching *g, enum variable v, enum event_field f)
{
	return variables_set(&g->composer.values, v,
			     event_fact(&g->m->facts, f), &g->ret->arena);
}

static int set_course(struct matching *g)
{
	struct variables *v = &g->composer.values;
	const struct context *c = &g->call;
	char id[UUID_STRING_SIZE];
	int err = 0;

	uuid_format(uuid_is_nil(&g->event->original) ? &g->event->call
						     : &g->event->original,
		    id);
	err = variables_set(v, VARIABLE_CALL_ID, text_of(id), &g->ret->arena);
	v->v[VARIABLE_STATE] = text_of(call_state_name(c->state));
	if (err >= 0)
		err = set_time(g, VARIABLE_STARTED_AT, c->started_at_ms);
	if (err >= 0)
		err = set_time(g, VARIABLE_ANSWERED_AT, c->answered_at_ms);
	if (err >= 0 && g->event->at_ms >= c->started_at_ms)
		err = variables_set_u64(
			v, VARIABLE_DURATION_S,
			(uint64_t)(g->event->at_ms - c->started_at_ms) / 1000,
			&g->ret->arena);
	return err;
}

static int set_values(struct matching *g)
{
	int err;

	g->composer =
		(struct composer){ .arena = &g->ret->arena,
				   .directory = g->d,
				   .call = &g->call,
				   .values = g->call.known,
				   .is_call = g->call.state != CALL_UNBORN };
	err = set_time(g, VARIABLE_TIME, g->event->at_ms);
	if (err >= 0)
		err = set_local_time(g);
	if (err >= 0 && g->composer.is_call)
		err = set_course(g);
	if (err >= 0)
		err = set_fact(g, VARIABLE_OUTCOME, FIELD_OUTCOME);
	if (err >= 0)
		err = set_fact(g, VARIABLE_ENDED_BY, FIELD_ENDED_BY);
	if (err >= 0)
		err = set_fact(g, VARIABLE_REASON, FIELD_REASON);
	if (err >= 0 && !g->composer.values.v[VARIABLE_NODE].len)
		err = variables_set(&g->composer.values, VARIABLE_NODE,
				    text_of(g->m->node), &g->ret->arena);
	return err;
}

static void take_language(struct matching *g)
{
	struct dir_organization o;

	g->language = text_of("");
	if (g->call.organization_id &&
	    directory_organization(g->d, g->call.organization_id, &o) == 0)
		g->language = o.language;
}

static int tell_everybody(struct matching *g)
{
	int err = set_values(g);

	take_language(g);
	if (err >= 0)
		err = tell_all(g);
	if (g->composer.broken) {
		stats_add(STAT_NOTICES_TEMPLATE_BROKEN, g->composer.broken);
		log_warning(WHO, "a template cannot be used, the gateway's "
				 "words are");
	}
	return err;
}

static int keep_call(struct matching *g)
{
	int err = context_encode(&g->call, &g->ret->arena, &g->ret->call);

	g->ret->call_is_new = err >= 0;
	return err;
}

/* ---- what each event means ---- */

static bool is_unlocated(const struct event_facts *e)
{
	return !event_fact_u64(e, FIELD_LOCATION) ||
	       event_fact_is(e, FIELD_LOCATED_BY, "organization") ||
	       event_fact_is(e, FIELD_LOCATED_BY, "none");
}

static uint32_t kinds_of(const struct event_facts *e)
{
	uint32_t kinds = RECIPIENT_EMERGENCY_CALL;

	if (event_fact_is(e, FIELD_SERVICE, "test"))
		return RECIPIENT_TEST_CALL;
	if (event_fact_is(e, FIELD_ROUTED_BY, "relay_center"))
		kinds |= RECIPIENT_RELAY_CALL;
	if (is_unlocated(e))
		kinds |= RECIPIENT_UNDEFINED_LOCATION;
	if (is_unlocated(e) && event_fact_u64(e, FIELD_ENDPOINT))
		kinds |= RECIPIENT_ENDPOINT_UNLOCATED;
	return kinds;
}

static int on_started(struct matching *g)
{
	const struct event_facts *e = &g->m->facts;
	int err = context_begin(e, g->d, &g->ret->arena, &g->call);

	if (err < 0)
		return err;
	g->call.told_of = g->wanted = kinds_of(e);
	g->is_first = !(g->wanted & RECIPIENT_TEST_CALL);
	g->said = !g->is_first                       ? SAID_TEST_CALL
		  : g->wanted & RECIPIENT_RELAY_CALL ? SAID_RELAY_CALL
						     : SAID_EMERGENCY_CALL;
	err = keep_call(g);
	if (err >= 0)
		err = tell_everybody(g);
	if (err >= 0 && g->is_first && !g->ret->notices.count) {
		stats_add(STAT_NOTICES_NOBODY, 1);
		log_warning(WHO, "a 911 call has nobody who is to be told");
	}
	return err;
}

/* A call without a context began before there were notices. */
static bool is_known(const struct matching *g)
{
	return g->call.state != CALL_UNBORN;
}

static int update(struct matching *g, enum said_event said)
{
	int err = keep_call(g);

	g->is_update = true;
	g->said = said;
	g->wanted = g->call.told_of & ~(uint32_t)RECIPIENT_TEST_CALL;
	return err < 0 || !g->wanted ? err : tell_everybody(g);
}

static int on_answered(struct matching *g)
{
	if (!is_known(g) || g->call.state != CALL_IS_RINGING)
		return 0;
	g->call.state = CALL_IS_ANSWERED;
	g->call.answered_at_ms = g->event->at_ms;
	return update(g, SAID_ANSWERED);
}

static int on_recovered(struct matching *g)
{
	if (!is_known(g) || g->call.state == CALL_HAS_ENDED)
		return 0;
	g->call.state = CALL_IS_RECOVERED;
	return update(g, SAID_RECOVERED);
}

static int on_ended(struct matching *g)
{
	g->ret->call_is_over = true;
	if (!is_known(g) || g->call.state == CALL_HAS_ENDED)
		return 0;
	g->call.state = CALL_HAS_ENDED;
	return update(g, SAID_ENDED);
}

/* What the path went by is what a PSAP is told. */
static int on_located(struct matching *g)
{
	const struct event_facts *e = &g->m->facts;
	struct text point = event_fact(e, FIELD_POINT);
	size_t comma = text_index(point, ',');
	struct variables *v = &g->call.known;
	struct arena *a = &g->ret->arena;
	int err;

	if (!is_known(g) || !event_fact_is(e, FIELD_LOCATION_USED, "brought"))
		return 0;
	err = variables_set(v, VARIABLE_PLACE, event_fact(e, FIELD_PLACE), a);
	if (err >= 0 && comma < point.len)
		err = variables_set(v, VARIABLE_LATITUDE,
				    text_make(point.p, comma), a);
	if (err >= 0 && comma < point.len)
		err = variables_set(
			v, VARIABLE_LONGITUDE,
			text_make(point.p + comma + 1, point.len - comma - 1),
			a);
	return err < 0 ? err : update(g, SAID_LOCATED);
}

/* Told to those who were told of the call, and to those who want callbacks. */
static int on_callback(struct matching *g, struct text original)
{
	struct context c;

	if (context_decode(original, &c) == 0) {
		g->call = c;
	} else {
		int err = context_begin(&g->m->facts, g->d, &g->ret->arena,
					&g->call);

		if (err < 0)
			return err;
	}
	g->said = SAID_CALLBACK;
	g->wanted = (g->call.told_of & ~(uint32_t)RECIPIENT_TEST_CALL) |
		    RECIPIENT_CALLBACK;
	return tell_everybody(g);
}

static int on_test(struct matching *g)
{
	const struct event_facts *e = &g->m->facts;
	struct dir_trunk t;
	int err = context_begin(e, g->d, &g->ret->arena, &g->call);

	if (err >= 0 && !g->call.organization_id &&
	    directory_trunk(g->d, event_fact_u64(e, FIELD_TRUNK), &t) == 0)
		err = context_add_organization(
			&g->call, g->d, t.organization_id, &g->ret->arena);
	g->said = SAID_TEST_CALL;
	g->wanted = RECIPIENT_TEST_CALL;
	return err < 0 ? err : tell_everybody(g);
}

static int dispatch(struct matching *g, const struct notify_contexts *before)
{
	switch (g->event->kind) {
	case EVENT_CALL_STARTED:
		return on_started(g);
	case EVENT_CALL_LOCATED:
		return on_located(g);
	case EVENT_CALL_ANSWERED:
		return on_answered(g);
	case EVENT_CALL_RECOVERED:
		return on_recovered(g);
	case EVENT_CALL_ENDED:
		return on_ended(g);
	case EVENT_CALLBACK_STARTED:
		return on_callback(g, before->original);
	case EVENT_TEST_REFUSED:
		return on_test(g);
	default:
		return 0;
	}
}

static bool is_ours(unsigned kind)
{
	switch (kind) {
	case EVENT_CALL_STARTED:
	case EVENT_CALL_LOCATED:
	case EVENT_CALL_ANSWERED:
	case EVENT_CALL_RECOVERED:
	case EVENT_CALL_ENDED:
	case EVENT_CALLBACK_STARTED:
	case EVENT_TEST_REFUSED:
		return true;
	default:
		return false;
	}
}

static void take_context(struct matching *g, struct text bytes)
{
	if (bytes.len && context_decode(bytes, &g->call) < 0) {
		stats_add(STAT_NOTICES_CONTEXT_DAMAGED, 1);
		log_warning(WHO, "what was kept of a call is damaged");
	}
}

int notify_match(struct matcher *m, const struct notify_event *e,
		 const struct notify_contexts *before,
		 struct notify_result *ret)
{
	struct matching g = { .m = m, .event = e, .ret = ret };
	int err;

	result_reset(ret);
	if (!is_ours(e->kind))
		return 0;
	err = event_facts_read(e->bytes, &m->facts);
	if (err < 0)
		return 0; /* it was sound when it was read */
	g.d = held_directory_begin(m->directory);
	if (!g.d)
		return -EAGAIN;
	take_context(&g, before->call);
	err = dispatch(&g, before);
	held_directory_end(m->directory, g.d);
	if (err < 0)
		result_reset(ret);
	return err;
}
