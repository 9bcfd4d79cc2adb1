/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Thousands of calls in which anything happens in any order, and calls in
 * which each allocation fails once.  No story is expected; what is demanded
 * holds in every one of them (see run_end()).
 *
 * A run is a function of its seed alone.  FLOW_SEED=n in the environment runs
 * that one and tells what happens.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/flow_call.c test/support/platform_libc.c
 * build: wrap random_bytes shared_malloc
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "modules/e911/recovery.h"
#include "modules/e911/trunk_calls.h"
#include "support/fake_report.h"
#include "support/fake_sip.h"
#include "support/flow_call.h"
#include "support/platform_libc.h"

#define OFFER  "v=0\r\no=caller 1 1 IN IP4 198.51.100.9\r\n"
#define ANSWER "v=0\r\no=psap 1 1 IN IP4 203.0.113.9\r\n"
#define OTHER  "v=0\r\no=hold 1 2 IN IP4 203.0.113.9\r\n"

#define RUNS       6000
#define STEPS      40
#define LINGER     32000
#define B_LEGS     16
#define ROUTES_MAX 4
#define NO_SEED    UINT64_MAX

/* What a run knows of the far sides: enough to be a plausible nuisance. */
struct run {
	uint64_t rnd;
	struct call_store *store;
	struct elin_table *elins;
	struct trunk_calls *trunk_calls;
	struct call *call;
	uint32_t a_cseq, a_invite_cseq;
	uint32_t b_cseq;
	bool failures; /* injected ones are allowed */
	bool loud;
};

static uint64_t current_seed = NO_SEED;

/* ---- allocations that fail ---- */

static long alloc_count, alloc_fails_at; /* 1: the first; 0: none */
static bool alloc_fails_on;              /* also all later ones */
static unsigned alloc_failed;

void *__real_shared_malloc(size_t size);
void *__wrap_shared_malloc(size_t size);
void *__wrap_shared_malloc(size_t size)
{
	alloc_count++;
	if (alloc_fails_at &&
	    (alloc_count == alloc_fails_at ||
	     (alloc_fails_on && alloc_count > alloc_fails_at))) {
		alloc_failed++;
		return NULL;
	}
	return __real_shared_malloc(size);
}

static void allocs_fail(long at, bool and_all_later)
{
	alloc_count = 0;
	alloc_fails_at = at;
	alloc_fails_on = and_all_later;
}

/* ---- chance ---- */

static unsigned chance(struct run *r, unsigned n)
{
	r->rnd ^= r->rnd << 13;
	r->rnd ^= r->rnd >> 7;
	r->rnd ^= r->rnd << 17;
	return (unsigned)(r->rnd >> 11) % n;
}

static const char *pick(struct run *r, const char *const *list, size_t count)
{
	return list[chance(r, (unsigned)count)];
}

#define PICK(r, list) pick(r, list, ARRAY_SIZE(list))

/* ---- what holds after every event ---- */

static void demand(bool ok, const char *what)
{
	if (!ok)
		fail_msg("seed %llu: %s (FLOW_SEED=%llu tells the story)",
			 (unsigned long long)current_seed, what,
			 (unsigned long long)current_seed);
}

static bool was_disturbed(void)
{
	return fake_sip_injected() || alloc_failed;
}

/* A trunk carries the legs B that ring or are up, and no others. */
static void check_counts(struct run *r)
{
	struct call_route route;

	for (unsigned i = 0; i < ROUTES_MAX; i++) {
		unsigned busy = 0;

		flow_route(i, &route);
		for (const struct leg *l = r->call->legs; l; l = l->next)
			busy += l->side == LEG_B &&
				l->trunk_id == route.trunk_id &&
				r->call->state != CALL_ENDED &&
				(l->state == LEG_INVITED ||
				 l->state == LEG_EARLY || l->state == LEG_UP);
		demand(trunk_calls_count(r->trunk_calls, route.trunk_id) ==
			       busy,
		       "a trunk's calls are not counted right");
	}
}

static void check(struct run *r)
{
	const struct call *call = r->call;

	check_counts(r);
	if (fake_sip_fault() && !was_disturbed())
		demand(false, fake_sip_fault());
	if (!was_disturbed())
		demand(fake_sip_live(LEG_B) <= 1, "two legs B are up");
	demand(elin_table_active(r->elins) == (call->held_number != 0),
	       "the ELIN is not held exactly as long as the call");
	demand((call->state == CALL_ENDED) ==
		       (fake_report_of(EVENT_CALL_ENDED) == 1),
	       "call.ended is not told exactly at the end");
	demand(fake_report_of(EVENT_CALL_ANSWERED) <= 1, "answered twice");
	demand(call->state != CALL_CONNECTED ||
		       call->timers[CALL_TIMER_GUARD] == 0,
	       "a connected call has a guard");
	demand(call->state == CALL_CONNECTED ||
		       call->timers[CALL_TIMER_GUARD] != 0 || !call->stored,
	       "a state has no way out by time");
}

/* ---- stimuli ---- */

static const char *tag_of(struct run *r, const struct leg *leg)
{
	static char tag[32];

	if (leg->side == LEG_A)
		return FLOW_CALLER_TAG;
	snprintf(tag, sizeof(tag), "b-%u%s", leg->attempt,
		 chance(r, 12) ? "" : "-fork");
	return tag;
}

/* Only an initial INVITE can fork. */
static struct text reply_tag(struct run *r, const struct fake_client *c,
			     unsigned code)
{
	bool initial = c->exchange && c->exchange->kind == EXCHANGE_INVITE;

	if (code <= 100)
		return text_of(NULL);
	return initial ? text_of(tag_of(r, c->leg))
		       : call_text_get(&c->leg->remote_tag);
}

/* For RSeq and RAck. */
static const char *const numbers[] = { "1", "2", "3", "4", "4294967295", "x" };

static void reply_to(struct run *r, struct fake_client *c, unsigned code)
{
	bool has_body = chance(r, 2);
	/* Each as it suits: the latter two make a 18x reliable. */
	struct header_view headers[] = {
		{ text_of("Content-Type"), text_of("application/sdp") },
		{ text_of("Require"), text_of("100rel") },
		{ text_of("RSeq"), text_of(PICK(r, numbers)) },
	};
	bool is_reliable = code > 100 && code < 200 && chance(r, 2);
	struct sip_reply_view view = {
		.code = code,
		.reason = text_of("Random"),
		.to_tag = reply_tag(r, c, code),
		.contact = text_of(chance(r, 4) ? "sip:far@192.0.2.50" : NULL),
		.headers = headers + (has_body ? 0 : 1),
		.header_count = (size_t)has_body + 2 * (size_t)is_reliable,
		.body = text_of(has_body ? ANSWER : NULL),
	};

	if (r->loud)
		print_message("  %u %s to attempt %u, tag %.*s\n", code,
			      c->method, c->leg->attempt, (int)view.to_tag.len,
			      view.to_tag.p ? view.to_tag.p : "");
	fake_sip_reply(c, &view);
}

static void someone_replies(struct run *r)
{
	static const unsigned codes[] = { 100, 180, 180, 183, 199, 200,
					  200, 200, 202, 302, 404, 408,
					  481, 486, 487, 491, 503, 603 };
	size_t n = fake_sip_client_count();

	if (n == 0)
		return;
	/* The latest few are the likely ones, the others the nasty ones. */
	n = chance(r, 4) ? n - 1 - chance(r, n < 3 ? (unsigned)n : 3)
			 : chance(r, (unsigned)n);
	reply_to(r, fake_sip_client_at(n), codes[chance(r, ARRAY_SIZE(codes))]);
}

static void someone_is_silent(struct run *r)
{
	size_t n = fake_sip_client_count();

	if (n)
		fake_sip_give_up(fake_sip_client_at(chance(r, (unsigned)n)));
}

static struct leg *any_leg_b(struct run *r)
{
	struct leg *legs[B_LEGS];
	unsigned n = 0;

	for (struct leg *l = r->call->legs; l && n < B_LEGS; l = l->next)
		if (l->side == LEG_B && l->call_id.len)
			legs[n++] = l;
	return n ? legs[chance(r, n)] : NULL;
}

static void send_in_dialog(struct run *r, struct leg *leg, const char *method,
			   uint32_t cseq)
{
	struct header_view headers[] = {
		{ text_of("RAck"), text_of(PICK(r, numbers)) },
		{ text_of("Content-Type"), text_of("application/sdp") },
	};
	bool has_body = chance(r, 2);
	struct sip_request_view rq = {
		.method = text_of(method),
		.cseq = cseq,
		.from_tag = text_of(tag_of(r, leg)),
		.contact =
			text_of(chance(r, 4) ? "sip:far-2@192.0.2.51" : NULL),
		.headers = headers,
		.header_count = 1 + (size_t)has_body,
		.body = text_of(has_body ? OTHER : NULL),
	};
	struct leg *found =
		call_store_find(r->store, call_text_get(&leg->call_id),
				call_text_get(&leg->local_tag));

	if (r->loud)
		print_message("  %s %u from leg %s\n", method, cseq,
			      leg->side == LEG_A ? "A" : "B");
	if (!found)
		return;
	if (strcmp(method, "ACK") != 0)
		rq.transaction = fake_sip_ask(leg, method, cseq);
	if (strcmp(method, "BYE") == 0)
		fake_sip_hung_up(leg, rq.from_tag);
	b2bua_on_request(found, &rq);
	call_unref(found->call);
}

static const char *const methods[] = { "ACK",     "ACK",   "ACK",    "INVITE",
				       "INVITE",  "INFO",  "UPDATE", "REFER",
				       "OPTIONS", "PRACK", "PRACK" };

static void the_caller_sends(struct run *r)
{
	const char *method = PICK(r, methods);
	uint32_t cseq = ++r->a_cseq;

	if (strcmp(method, "ACK") == 0)
		cseq = chance(r, 8) ? r->a_invite_cseq : chance(r, 200);
	else if (chance(r, 20) == 0)
		cseq = 3;
	else if (strcmp(method, "INVITE") == 0)
		r->a_invite_cseq = cseq;
	send_in_dialog(r, r->call->a, method, cseq);
}

static void a_psap_sends(struct run *r)
{
	const char *method = PICK(r, methods);
	struct leg *leg = any_leg_b(r);
	uint32_t cseq = ++r->b_cseq;

	if (!leg)
		return;
	if (strcmp(method, "ACK") == 0)
		cseq = chance(r, 2) ? leg->invite_cseq_in : chance(r, 3);
	send_in_dialog(r, leg, method, cseq);
}

static void someone_hangs_up(struct run *r)
{
	struct leg *leg = chance(r, 2) ? r->call->a : any_leg_b(r);
	uint32_t *cseq = leg == r->call->a ? &r->a_cseq : &r->b_cseq;

	if (!leg)
		return;
	send_in_dialog(r, leg, "BYE", ++*cseq);
	/* Nobody below the call absorbs a copy. */
	if (chance(r, 3) == 0)
		send_in_dialog(r, leg, "BYE", *cseq);
}

static void the_caller_cancels(struct run *r)
{
	struct leg *leg = call_store_find_invite(
		r->store, text_of("caller-call-id"), text_of(FLOW_CALLER_TAG),
		r->a_invite_cseq);

	if (!leg)
		return;
	if (r->loud)
		print_message("  CANCEL\n");
	b2bua_on_cancel(leg, fake_sip_ask(leg, "CANCEL", r->a_invite_cseq));
	call_unref(leg->call);
}

static void on_due(struct call *call, void *arg)
{
	(void)arg;
	b2bua_on_due(call);
}

static void time_goes_on(struct run *r, int64_t ms)
{
	if (r->loud)
		print_message("  %lld ms\n", (long long)ms);
	clock_advance(ms);
	fake_sip_tick();
	call_store_tick(r->store, clock_mono_ms(), on_due, NULL);
}

static void some_time_passes(struct run *r)
{
	static const int lengths[] = { 1, 500, 2000, 5001, 30000, 33000 };

	time_goes_on(r, lengths[chance(r, ARRAY_SIZE(lengths))]);
}

static void something_fails(struct run *r)
{
	if (!r->failures)
		return;
	switch (chance(r, 3)) {
	case 0:
		fake_sip_fail_sends(1 + (int)chance(r, 3));
		break;
	case 1:
		fake_sip_fail_replies(1 + (int)chance(r, 3));
		break;
	default:
		allocs_fail(1 + (long)chance(r, 6), chance(r, 2));
		break;
	}
	if (chance(r, 3) == 0) {
		fake_sip_fail_sends(0);
		fake_sip_fail_replies(0);
		allocs_fail(0, false);
	}
}

static void media_is_lost(struct run *r)
{
	struct leg *leg = chance(r, 4) ? r->call->b : r->call->a;

	if (!leg)
		return;
	if (r->loud)
		print_message("  no media from leg %s\n",
			      leg->side == LEG_A ? "A" : "B");
	recovery_media_lost(leg);
}

/* Also of a call that never waited for it. */
static void the_location_is_judged(struct run *r)
{
	struct call_route route;

	flow_route(chance(r, ROUTES_MAX), &route);
	(void)b2bua_on_located(r->call, &(struct call_located){
						.routes = &route,
						.route_count = chance(r, 2),
					});
}

static void something_happens(struct run *r)
{
	unsigned n = chance(r, 100);

	if (n < 48)
		someone_replies(r);
	else if (n < 65)
		the_caller_sends(r);
	else if (n < 78)
		a_psap_sends(r);
	else if (n < 82)
		someone_hangs_up(r);
	else if (n < 84)
		the_caller_cancels(r);
	else if (n < 88)
		someone_is_silent(r);
	else if (n < 92)
		some_time_passes(r);
	else if (n < 94)
		media_is_lost(r);
	else if (n < 97)
		the_location_is_judged(r);
	else
		something_fails(r);
	check(r);
}

/* ---- one run ---- */

static void on_said(const struct said *s, void *arg)
{
	(void)arg;
	print_message("    we: %s %u/%u to %s %u, tag %.*s\n", s->method,
		      s->code, s->cseq, s->leg->side == LEG_A ? "A" : "B",
		      s->leg->attempt, (int)s->leg->remote_tag.len,
		      s->leg->remote_tag.p ? s->leg->remote_tag.p : "");
}

static void run_begin(struct run *r, uint64_t seed)
{
	memset(r, 0, sizeof(*r));
	r->rnd = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	current_seed = seed;
	allocs_fail(0, false);
	alloc_failed = 0;
	clock_set(INT64_C(1700000000000), 1000000);
	fake_sip_reset();
	fake_report_reset();
	r->store = call_store_new(4);
	r->elins = elin_table_new(4);
	assert_non_null(r->store);
	assert_non_null(r->elins);
	r->trunk_calls = trunk_calls_new();
	assert_non_null(r->trunk_calls);
	b2bua_init(&(struct b2bua){ .store = r->store,
				    .elins = r->elins,
				    .trunk_calls = r->trunk_calls,
				    .linger_ms = LINGER });
	r->a_cseq = r->a_invite_cseq = 101;
}

/* Both sides do what is right from now on: the caller hangs up, whoever is
 * asked answers, and time passes. */
static void run_winds_up(struct run *r)
{
	fake_sip_fail_sends(0);
	fake_sip_fail_replies(0);
	allocs_fail(0, false);
	time_goes_on(r, 33000);
	check(r);
	send_in_dialog(r, r->call->a, "BYE", ++r->a_cseq);
	for (int i = 0; i < 30 && r->call->state != CALL_ENDED; i++) {
		time_goes_on(r, 30000);
		check(r);
	}
	demand(r->call->state == CALL_ENDED, "the call never ends");
	/* Late answers of whatever is still open, then all is forgotten. */
	for (int i = 0; i < 10; i++)
		time_goes_on(r, 30000);
	fake_sip_forget();
}

static void check_answers(const struct run *r)
{
	for (size_t i = 0; i < fake_sip_server_count(); i++) {
		const struct fake_server *s = fake_sip_server_at(i);

		demand(s->status || s->attempts || alloc_failed,
		       "a request was never answered");
	}
	/* The caller's INVITE: always one final answer, unless each attempt
	 * to send one was made to fail. */
	demand(fake_sip_server_at(0)->status || fake_sip_server_at(0)->attempts,
	       "the caller never got a final answer");
	(void)r;
}

static void run_end(struct run *r)
{
	check_answers(r);
	if (!was_disturbed()) {
		demand(fake_sip_live(LEG_B) == 0, "a leg B stayed up");
		demand(fake_sip_unacknowledged() == 0,
		       "an answer was never acknowledged");
	}
	demand(fake_report_of(EVENT_CALL_ENDED) == 1, "ended not once");
	demand(elin_table_active(r->elins) == 0, "the ELIN is still held");
	demand(call_store_count(r->store) == 0, "the call is still there");
	demand(r->call->refs == 1, "somebody still holds the call");
	check_counts(r);
	trunk_calls_free(r->trunk_calls);
	call_unref(r->call);
	call_store_free(r->store);
	elin_table_free(r->elins);
	fake_sip_reset();
}

static void one_run(uint64_t seed, bool failures)
{
	size_t in_use;
	struct run r;

	fake_sip_reset(); /* what a failed run left */
	in_use = shared_in_use();
	run_begin(&r, seed);
	r.failures = failures;
	r.loud = getenv("FLOW_SEED") != NULL;
	if (r.loud)
		fake_sip_listen(on_said, NULL);
	fake_sip_forget_tags(chance(&r, 4) == 0);
	r.call = flow_call_new(r.elins, 1 + chance(&r, ROUTES_MAX),
			       chance(&r, 3) ? OFFER : NULL);
	assert_non_null(r.call);
	/* Half of them have used up the memory that a call begins with. */
	if (seed % 2)
		assert_non_null(call_memory(r.call, 8192));
	for (unsigned i = 0; i < r.call->route_count; i++)
		r.call->routes[i].max_calls = (seed + i) % 2;
	if (chance(&r, 2))
		r.call->a->peer_options = LEG_OPTION_100REL;
	if (chance(&r, 4))
		b2bua_start(r.call);
	else
		b2bua_hold(r.call);
	check(&r);
	for (int i = 0; i < STEPS; i++)
		something_happens(&r);
	run_winds_up(&r);
	run_end(&r);
	demand(shared_in_use() == in_use, "memory leaks");
}

static void many_runs(bool failures)
{
	const char *one = getenv("FLOW_SEED");

	if (one) {
		one_run(strtoull(one, NULL, 10), failures);
		return;
	}
	for (uint64_t seed = 1; seed <= RUNS; seed++)
		one_run(seed, failures);
}

static void whatever_the_far_sides_do_no_leg_stays_up_alone(void **state)
{
	(void)state;
	many_runs(false);
}

static void whatever_fails_the_call_ends_and_nothing_leaks(void **state)
{
	(void)state;
	many_runs(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			whatever_the_far_sides_do_no_leg_stays_up_alone),
		cmocka_unit_test(
			whatever_fails_the_call_ends_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
