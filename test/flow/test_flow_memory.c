/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each allocation of a call fails: once, or it and all that follow until the
 * caller has an answer.  The caller always hears a final answer or talks;
 * nothing leaks, and nobody stays on the line alone.
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

#include <cmocka.h>

#include "support/fake_report.h"
#include "support/fake_sip.h"
#include "support/flow_call.h"
#include "support/platform_libc.h"

#define OFFER  "v=0\r\no=caller 1 1 IN IP4 198.51.100.9\r\n"
#define ANSWER "v=0\r\no=psap 1 1 IN IP4 203.0.113.9\r\n"

#define LINGER 32000
#define ROUTES 3
#define LONG   8000 /* more than a call begins with: each needs memory */

/* ---- allocations that fail ---- */

static long count, fails_at; /* 1: the first; 0: none */
static bool fails_on;
static unsigned failed;

void *__real_shared_malloc(size_t size);
void *__wrap_shared_malloc(size_t size);
void *__wrap_shared_malloc(size_t size)
{
	count++;
	if (fails_at && (count == fails_at || (fails_on && count > fails_at))) {
		failed++;
		return NULL;
	}
	return __real_shared_malloc(size);
}

/* ---- the scene ---- */

struct scene {
	struct call_store *store;
	struct elin_table *elins;
	struct call *call;
	const char *offer;
	uint32_t a_cseq, b_cseq;
	bool connected;   /* the caller has heard a 2xx */
	struct leg *rung; /* when a route given up answered; NULL */
};

static char long_contact[LONG], long_body[LONG];

static void script_begin(void)
{
	memset(long_contact, 'c', sizeof(long_contact) - 1);
	memcpy(long_contact, "sip:", 4);
	memset(long_body, 'b', sizeof(long_body) - 1);
}

/* Far side of leg answers our latest request of this method on it. */
static void answers(const struct leg *leg, const char *method, unsigned code)
{
	struct fake_client *c = fake_sip_client(leg, method);
	struct sip_reply_view r = {
		.code = code,
		.to_tag =
			text_of(leg->side == LEG_A ? FLOW_CALLER_TAG : "b-tag"),
		.contact = text_of(long_contact),
		.route_set = text_of("<sip:proxy;lr>"),
		.body = text_of(code < 300 ? ANSWER : NULL),
	};

	if (c && !c->status)
		fake_sip_reply(c, &r);
}

static void asks(struct scene *s, struct leg *leg, const char *method,
		 uint32_t cseq)
{
	bool ack = strcmp(method, "ACK") == 0;
	struct sip_request_view rq = {
		.method = text_of(method),
		.cseq = cseq,
		.from_tag =
			text_of(leg->side == LEG_A ? FLOW_CALLER_TAG : "b-tag"),
		.contact = text_of(long_contact),
		.body = text_of(ack && s->offer ? NULL : long_body),
	};
	struct leg *found =
		call_store_find(s->store, call_text_get(&leg->call_id),
				call_text_get(&leg->local_tag));

	if (!found)
		return;
	if (!ack)
		rq.transaction = fake_sip_ask(leg, method, cseq);
	if (strcmp(method, "BYE") == 0)
		fake_sip_hung_up(leg, rq.from_tag);
	b2bua_on_request(found, &rq);
	call_unref(found->call);
}

static void on_due(struct call *call, void *arg)
{
	(void)arg;
	b2bua_on_due(call);
}

static void time_goes_on(struct scene *s, int64_t ms)
{
	clock_advance(ms);
	fake_sip_tick();
	call_store_tick(s->store, clock_mono_ms(), on_due, NULL);
}

/* ---- acts of a call; each does what still makes sense ---- */

static void the_first_route_rings_and_refuses(struct scene *s)
{
	struct leg *b = s->call->b;

	if (!b)
		return;
	answers(b, "INVITE", 180);
	answers(b, "INVITE", 503);
}

static void the_next_route_answers(struct scene *s)
{
	/* Where memory was short the hunt may be one further on. */
	for (int i = 0; i < ROUTES && s->call->state <= CALL_RINGING; i++)
		if (s->call->b) {
			answers(s->call->b, "INVITE", 183);
			answers(s->call->b, "INVITE", 200);
		}
	if (fake_sip_server_at(0)->status != 200)
		return;
	s->connected = true;
	asks(s, s->call->a, "ACK", 101);
	assert_int_equal(s->call->state, CALL_CONNECTED);
}

static void they_talk(struct scene *s)
{
	struct leg *a = s->call->a, *b = s->call->b;

	if (!s->connected)
		return;
	asks(s, a, "INVITE", ++s->a_cseq);
	answers(b, "INVITE", 200);
	asks(s, a, "ACK", s->a_cseq);
	asks(s, b, "INFO", ++s->b_cseq);
	answers(a, "INFO", 200);
	asks(s, b, "UPDATE", ++s->b_cseq);
	answers(a, "UPDATE", 200);
	assert_int_equal(s->call->state, CALL_CONNECTED);
}

static void the_caller_hangs_up(struct scene *s)
{
	if (!s->connected)
		return;
	asks(s, s->call->a, "BYE", ++s->a_cseq);
	answers(s->call->b, "BYE", 200);
}

static void the_psap_hangs_up(struct scene *s)
{
	if (!s->connected)
		return;
	asks(s, s->call->b, "BYE", ++s->b_cseq);
	answers(s->call->a, "BYE", 200);
}

static void the_caller_cancels(struct scene *s)
{
	struct leg *b = s->call->b;

	b2bua_on_cancel(s->call->a, fake_sip_ask(s->call->a, "CANCEL", 101));
	if (b)
		answers(b, "INVITE", 487);
}

static void the_answer_crosses_the_cancel(struct scene *s)
{
	struct leg *b = s->call->b;

	b2bua_on_cancel(s->call->a, fake_sip_ask(s->call->a, "CANCEL", 101));
	if (!b)
		return;
	answers(b, "INVITE", 200);
	answers(b, "BYE", 200);
}

static void the_route_given_up_answers(struct scene *s)
{
	struct leg *first = s->call->b;

	if (!first || !fake_sip_client(first, "INVITE"))
		return;
	time_goes_on(s, 2000);
	answers(first, "INVITE", 408);
	s->rung = s->call->b;
	fake_sip_reply(fake_sip_client(first, "INVITE"),
		       &(struct sip_reply_view){
			       .code = 200,
			       .to_tag = text_of("b-tag"),
			       .contact = text_of(long_contact),
			       .body = text_of(ANSWER),
		       });
	answers(first, "BYE", 200);
}

static void who_was_rung_meanwhile_answers_too(struct scene *s)
{
	if (!s->rung || s->rung == s->call->b)
		return;
	answers(s->rung, "INVITE", 200);
	answers(s->rung, "BYE", 200);
}

static void another_fork_answers(struct scene *s)
{
	if (s->connected)
		fake_sip_reply(fake_sip_client(s->call->b, "INVITE"),
			       &(struct sip_reply_view){
				       .code = 200,
				       .to_tag = text_of("fork-tag"),
				       .contact = text_of(long_contact),
			       });
}

typedef void(act_f)(struct scene *s);
static act_f *const plays[][6] = {
	{ the_first_route_rings_and_refuses, the_next_route_answers, they_talk,
	  the_caller_hangs_up },
	{ the_next_route_answers, they_talk, the_psap_hangs_up },
	{ the_first_route_rings_and_refuses, the_caller_cancels },
	{ the_answer_crosses_the_cancel },
	{ the_route_given_up_answers, the_next_route_answers,
	  who_was_rung_meanwhile_answers_too, they_talk, the_psap_hangs_up },
	{ the_next_route_answers, another_fork_answers, they_talk,
	  the_caller_hangs_up },
};

/* ---- one play ---- */

static void scene_begin(struct scene *s, const char *offer)
{
	memset(s, 0, sizeof(*s));
	clock_set(INT64_C(1700000000000), 1000000);
	fake_report_reset();
	fails_at = 0;
	failed = 0;
	s->store = call_store_new(4);
	s->elins = elin_table_new(4);
	assert_non_null(s->store);
	assert_non_null(s->elins);
	s->offer = offer;
	s->a_cseq = 101;
	b2bua_init(&(struct b2bua){
		.store = s->store, .elins = s->elins, .linger_ms = LINGER });
	s->call = flow_call_new(s->elins, ROUTES, offer);
	assert_non_null(s->call);
}

static void check_the_end(const struct scene *s)
{
	const struct fake_server *invite = fake_sip_server_at(0);

	assert_true(invite->status >= 200);
	assert_int_equal(s->connected, invite->status == 200);
	assert_null(fake_sip_fault());
	for (size_t i = 0; i < fake_sip_server_count(); i++)
		assert_true(fake_sip_server_at(i)->status >= 200);
	assert_int_equal(s->call->state, CALL_ENDED);
	assert_int_equal(fake_report_of(EVENT_CALL_ENDED), 1);
	assert_int_equal(fake_report_of(EVENT_CALL_ANSWERED), s->connected);
	assert_int_equal(elin_table_active(s->elins), 0);
	assert_int_equal(call_store_count(s->store), 0);
	assert_int_equal(s->call->refs, 1);
	/* Who answered but could not be remembered hears no ACK, and hangs
	 * up by itself (RFC 3261 13.3.1.4); everyone else was told. */
	assert_true(fake_sip_live(LEG_B) <= failed);
	if (failed == 0) {
		assert_int_equal(fake_sip_live(LEG_B), 0);
		assert_int_equal(fake_sip_unacknowledged(), 0);
	}
}

/* True when memory was short in it. */
static bool play(act_f *const acts[6], const char *offer, long at, bool on)
{
	struct scene s;
	size_t in_use;

	fake_sip_reset();
	in_use = shared_in_use();
	scene_begin(&s, offer);
	count = 0;
	fails_at = at;
	fails_on = on;
	b2bua_start(s.call);
	for (size_t i = 0; i < 6 && acts[i]; i++)
		acts[i](&s);
	fails_at = 0;
	for (int i = 0; i < 20; i++)
		time_goes_on(&s, 33000);
	check_the_end(&s);
	call_unref(s.call);
	call_store_free(s.store);
	elin_table_free(s.elins);
	fake_sip_reset();
	assert_int_equal(shared_in_use(), in_use);
	return failed > 0;
}

static void play_all(bool on)
{
	static const char *const offers[] = { OFFER, NULL };

	script_begin();
	for (size_t i = 0; i < ARRAY_SIZE(plays); i++)
		for (size_t k = 0; k < ARRAY_SIZE(offers); k++) {
			long at = 1;

			assert_false(play(plays[i], offers[k], 0, false));
			while (play(plays[i], offers[k], at, on))
				at++;
			assert_true(at > 2);
		}
}

static void an_allocation_that_fails_costs_no_caller_the_answer(void **state)
{
	(void)state;
	play_all(false);
}

static void memory_that_ends_costs_no_caller_the_answer(void **state)
{
	(void)state;
	play_all(true);
}

static void a_call_that_needs_no_memory_more_is_not_disturbed(void **state)
{
	(void)state;
	assert_false(play(plays[0], OFFER, 1000, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_allocation_that_fails_costs_no_caller_the_answer),
		cmocka_unit_test(memory_that_ends_costs_no_caller_the_answer),
		cmocka_unit_test(
			a_call_that_needs_no_memory_more_is_not_disturbed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
