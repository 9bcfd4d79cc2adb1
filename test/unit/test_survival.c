/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/platform_libc.c */
/* build: link e911_bridge pthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "modules/e911/call_record.h"
#include "modules/e911/report.h"
#include "modules/e911/survival.h"
#include "support/platform_libc.h"

#define NOW     1700000000000
#define RECORDS 64

/* ---- the journal: what was emitted, by key, sorted as LMDB does ---- */

struct record {
	char key[17];
	size_t key_len, len;
	uint8_t value[2048];
};
static struct record records[RECORDS];
static size_t record_count, written, deleted;
static int counters[STAT_COUNT];

static int by_key(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return memcmp(x->key, y->key, sizeof(x->key));
}

void survival_emit(struct text key, struct text value)
{
	struct record *r = records;

	while (r < records + record_count &&
	       !text_equal(text_make(r->key, r->key_len), key))
		r++;
	if (!value.len) {
		deleted++;
		if (r < records + record_count)
			*r = records[--record_count];
	} else {
		written++;
		assert_true(r < records + RECORDS);
		assert_true(value.len <= sizeof(r->value));
		record_count += r == records + record_count;
		*r = (struct record){ .key_len = key.len, .len = value.len };
		memcpy(r->key, key.p, key.len);
		memcpy(r->value, value.p, value.len);
	}
	qsort(records, record_count, sizeof(records[0]), by_key);
}

static unsigned events; /* told */

void report_emit(const void *event, size_t len)
{
	struct event_reader r;

	assert_int_equal(event_open(event, len, &r), 0);
	events++;
}

void stat_add(enum stat s, int n)
{
	counters[s] += n;
}

void sip_socket_name(const struct sip_flow *flow, char *name, size_t size)
{
	(void)flow;
	snprintf(name, size, "udp:192.0.2.1:5060");
}

bool sip_socket_find(struct text name, struct sip_flow *flow)
{
	(void)name;
	flow->socket = NULL;
	return false;
}

/* ---- a node, and the one after a crash ---- */

static struct survival node;

static void node_begin(void)
{
	node = (struct survival){ .calls = call_store_new(4),
				  .elins = elin_table_new(4) };
	survival_init(&node);
}

static void node_crash(void)
{
	call_store_free(node.calls);
	elin_table_free(node.elins);
}

static struct survival_count node_restart(int64_t now_ms)
{
	struct survival_count count = { 0 };

	clock_set(now_ms, 1000);
	node_begin();
	for (size_t i = 0; i < record_count; i++)
		survival_restore(
			text_make(records[i].key, records[i].key_len),
			text_make((char *)records[i].value, records[i].len),
			&count);
	survival_settle(&count);
	return count;
}

static int setup(void **state)
{
	(void)state;
	record_count = written = deleted = 0;
	events = 0;
	memset(counters, 0, sizeof(counters));
	log_clear();
	clock_set(NOW, 1000);
	node_begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	node_crash();
	clock_free();
	return shared_in_use() == 0 ? 0 : -1;
}

static void set(struct call *call, struct call_text *t, const char *value)
{
	assert_true(call_text_set(call, t, text_of(value)));
}

static void name_leg(struct leg *leg, const char *name)
{
	set(leg->call, &leg->call_id, name);
	set(leg->call, &leg->local_tag, "ours");
	set(leg->call, &leg->remote_tag, "theirs");
	set(leg->call, &leg->remote_target, "sip:x@192.0.2.9");
	leg->state = LEG_UP;
}

/* A connected call that is in the store and written down. */
static struct call *call_up(uint8_t n)
{
	struct call *call = call_new(CALL_EMERGENCY);
	char name[16];

	call->id.b[0] = 1;
	call->id.b[15] = n;
	call->b = call_leg_new(call, LEG_B);
	snprintf(name, sizeof(name), "a%u", n);
	name_leg(call->a, name);
	snprintf(name, sizeof(name), "b%u", n);
	name_leg(call->b, name);
	call->state = CALL_CONNECTED;
	call_store_add(node.calls, call);
	survival_note(call);
	call_unref(call);
	return call;
}

static uint64_t hold_number(struct call *call, uint64_t number)
{
	struct elin_binding who = { .number = number,
				    .call = call->id,
				    .caller = "7/e1",
				    .user = "4102",
				    .trunk_id = 9,
				    .timeout_s = 60 };
	uint64_t lent = 0;

	(void)elin_table_lease(node.elins, &number, 1, 1, &who, NOW, &lent);
	call->held_number = lent;
	return lent;
}

static size_t calls_of(char letter)
{
	size_t n = 0;

	for (size_t i = 0; i < record_count; i++)
		n += records[i].key[0] == letter;
	return n;
}

static struct call *find(const char *call_id)
{
	struct leg *leg =
		call_store_find(node.calls, text_of(call_id), text_of("ours"));

	if (!leg)
		return NULL;
	call_unref(leg->call);
	return leg->call;
}

/* ---- calls ---- */

static void a_call_costs_one_record_and_one_deletion(void **state)
{
	struct call *call = call_up(1);

	(void)state;
	assert_int_equal(written, 1);
	for (int i = 0; i < 10; i++) {
		call->a->local_cseq++;
		call->b->remote_cseq++;
		survival_note(call);
	}
	assert_int_equal(written, 1);
	call->state = CALL_ENDING;
	survival_note(call);
	assert_int_equal(deleted, 0);
	call->state = CALL_ENDED;
	survival_note(call);
	survival_note(call);
	assert_int_equal(deleted, 1);
	assert_int_equal(record_count, 0);
}

static void a_new_target_is_written_down(void **state)
{
	struct call *call = call_up(1);

	(void)state;
	set(call, &call->b->remote_target, "sip:x@192.0.2.9"); /* the same */
	survival_note(call);
	assert_int_equal(written, 1);
	set(call, &call->b->remote_target, "sip:y@192.0.2.10");
	survival_note(call);
	assert_int_equal(written, 2);
	node_crash();
	assert_int_equal(node_restart(NOW).calls, 1);
	call = find("b1");
	assert_true(text_equal(call_text_get(&call->b->remote_target),
			       text_of("sip:y@192.0.2.10")));
}

static void a_call_in_set_up_is_not_written_down(void **state)
{
	struct call *call = call_new(CALL_EMERGENCY);

	(void)state;
	name_leg(call->a, "a1");
	call->a->state = LEG_INVITED;
	call->state = CALL_RINGING;
	survival_note(call);
	assert_int_equal(written, 0);
	call->state = CALL_ENDED;
	survival_note(call);
	assert_int_equal(deleted, 0);
	call_unref(call);
}

static void calls_come_back_and_are_found_by_both_dialogs(void **state)
{
	struct survival_count count;
	struct call *call;

	(void)state;
	(void)call_up(1);
	(void)call_up(2);
	node_crash();
	count = node_restart(NOW);
	assert_int_equal(count.calls, 2);
	assert_int_equal(counters[STAT_calls_restored], 2);
	assert_int_equal(events, 3); /* each call, and how many */
	assert_int_equal(call_store_count(node.calls), 2);
	assert_non_null(find("a1"));
	assert_ptr_equal(find("a2"), find("b2"));
	/* Its end deleted it, and a second crash brings nothing back. */
	call = find("a1");
	call->state = CALL_ENDED;
	survival_note(call);
	node_crash();
	assert_int_equal(node_restart(NOW).calls, 1);
	assert_null(find("a1"));
}

static void a_call_too_big_is_counted_once(void **state)
{
	static char big[40000];
	struct call *call = call_new(CALL_EMERGENCY);

	(void)state;
	memset(big, 'r', sizeof(big));
	call->b = call_leg_new(call, LEG_B);
	name_leg(call->a, "a1");
	name_leg(call->b, "b1");
	assert_true(call_text_set(call, &call->b->route_set,
				  text_make(big, sizeof(big))));
	call->state = CALL_CONNECTED;
	survival_note(call);
	set(call, &call->b->remote_target, "sip:y@192.0.2.10");
	survival_note(call);
	assert_int_equal(written, 0);
	assert_int_equal(counters[STAT_calls_unrecorded], 1);
	call_unref(call);
}

static void a_damaged_record_leaves_the_others(void **state)
{
	struct survival_count count;

	(void)state;
	(void)call_up(1);
	(void)call_up(2);
	records[0].value[40] ^= 1;
	node_crash();
	count = node_restart(NOW);
	assert_int_equal(count.calls, 1);
	assert_int_equal(count.unreadable, 1);
	assert_int_equal(log_count(LEVEL_ERR, "cannot be used"), 1);
}

/* ---- bindings ---- */

static void a_binding_comes_back_as_it_was(void **state)
{
	struct elin_binding b;
	uint64_t number = hold_number(call_up(1), 12065550101);

	(void)state;
	node_crash();
	assert_int_equal(node_restart(NOW).bindings, 1);
	assert_int_equal(elin_table_find(node.elins, number, NOW, &b), 0);
	assert_string_equal(b.user, "4102");
	assert_string_equal(b.caller, "7/e1");
	assert_int_equal(b.trunk_id, 9);
	assert_int_equal(b.call.b[15], 1);
	assert_true(b.was_lent);
}

static void two_calls_hold_their_number_again(void **state)
{
	struct elin_binding b;
	struct call *one, *two;
	uint64_t number;

	(void)state;
	one = call_up(1);
	two = call_up(2);
	number = hold_number(one, 12065550101);
	(void)hold_number(two, 12065550101);
	one->touched = two->touched = true;
	survival_note(one);
	survival_note(two);
	node_crash();
	(void)node_restart(NOW + 1000);
	assert_int_equal(elin_table_active(node.elins), 2);
	for (int i = 0; i < 2; i++)
		elin_table_release(node.elins, number, NOW + 2000, 60);
	assert_int_equal(elin_table_active(node.elins), 0);
	assert_int_equal(elin_table_find(node.elins, number, NOW + 61999, &b),
			 0);
	assert_true(elin_table_find(node.elins, number, NOW + 62001, &b) < 0);
	assert_int_equal(log_count(LEVEL_ERR, ""), 0);
}

static void a_number_whose_call_is_gone_is_remembered_from_the_start(
	void **state)
{
	struct elin_binding b;
	struct call *call = call_new(CALL_EMERGENCY); /* was in set-up */
	uint64_t number = hold_number(call, 12065550101);

	(void)state;
	node_crash();
	(void)node_restart(NOW + 5000);
	assert_int_equal(elin_table_active(node.elins), 0);
	assert_int_equal(elin_table_find(node.elins, number, NOW + 64999, &b),
			 0);
	assert_true(elin_table_find(node.elins, number, NOW + 65001, &b) < 0);
	call_unref(call);
}

static void a_remembered_number_keeps_its_time(void **state)
{
	struct elin_binding b;
	struct call *call = call_new(CALL_EMERGENCY);
	uint64_t number = hold_number(call, 12065550101);

	(void)state;
	elin_table_release(node.elins, number, NOW + 1000, 60);
	node_crash();
	(void)node_restart(NOW + 30000);
	assert_int_equal(elin_table_find(node.elins, number, NOW + 60999, &b),
			 0);
	assert_true(elin_table_find(node.elins, number, NOW + 61001, &b) < 0);
	call_unref(call);
}

static int put_again(struct text key, struct text value, void *arg)
{
	(void)arg;
	survival_emit(key, value);
	return 0;
}

static void all_of_it_can_be_written_anew(void **state)
{
	(void)state;
	for (uint8_t n = 1; n <= 20; n++)
		(void)hold_number(call_up(n), 12065550100 + n);
	record_count = 0;
	assert_int_equal(survival_each(put_again, NULL), 0);
	assert_int_equal(calls_of('C'), 20);
	assert_int_equal(calls_of('B'), 20);
	node_crash();
	(void)node_restart(NOW);
	assert_int_equal(call_store_count(node.calls), 20);
	assert_int_equal(elin_table_active(node.elins), 20);
}

/* One for each state from the answer to the end. */
static void what_is_going_on_is_written_anew_in_every_state(void **state)
{
	enum call_state states[] = { CALL_ANSWERED,  CALL_CROSSED,
				     CALL_CONNECTED, CALL_RECOVERING,
				     CALL_HANGING,   CALL_ENDING };
	struct call *call;
	char name[16];

	(void)state;
	for (uint8_t i = 0; i < ARRAY_SIZE(states); i++) {
		call = call_up(i);
		call->state = states[i];
		if (call->state == CALL_HANGING || call->state == CALL_ENDING)
			call->b->state = LEG_GONE;
		survival_note(call);
	}
	call = call_up(99);
	call->state = CALL_ENDED;
	survival_note(call);
	record_count = 0;
	assert_int_equal(survival_each(put_again, NULL), 0);
	assert_int_equal(calls_of('C'), ARRAY_SIZE(states));
	node_crash();
	(void)node_restart(NOW);
	for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
		snprintf(name, sizeof(name), "b%u", i);
		assert_non_null(find(name));
	}
}

static void a_lost_leg_is_still_lost_after_a_start(void **state)
{
	struct call *call = call_up(1);
	struct leg *lost = call->b;

	(void)state;
	call->state = CALL_RECOVERING;
	call->lost = lost;
	call->touched = true;
	lost->state = LEG_LEAVING;
	call->b = call_leg_new(call, LEG_B);
	call->b->state = LEG_INVITED;
	survival_note(call);
	assert_int_equal(written, 2);
	record_count = 0;
	assert_int_equal(survival_each(put_again, NULL), 0);
	node_crash();
	assert_int_equal(node_restart(NOW).calls, 1);
	call = find("b1");
	assert_non_null(call);
	assert_int_equal(call->state, CALL_CONNECTED);
	assert_ptr_equal(call->lost, call->b);
	assert_int_equal(call->due_at, 2000); /* asked first of all */
	/* Somebody has taken its place, and then the gateway dies again. */
	call->lost = NULL;
	call->touched = true;
	survival_note(call);
	node_crash();
	(void)node_restart(NOW);
	assert_null(find("b1")->lost);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_call_costs_one_record_and_one_deletion),
		T(a_new_target_is_written_down),
		T(a_call_in_set_up_is_not_written_down),
		T(calls_come_back_and_are_found_by_both_dialogs),
		T(a_call_too_big_is_counted_once),
		T(a_damaged_record_leaves_the_others),
		T(a_binding_comes_back_as_it_was),
		T(two_calls_hold_their_number_again),
		T(a_number_whose_call_is_gone_is_remembered_from_the_start),
		T(a_remembered_number_keeps_its_time),
		T(all_of_it_can_be_written_anew),
		T(what_is_going_on_is_written_anew_in_every_state),
		T(a_lost_leg_is_still_lost_after_a_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
