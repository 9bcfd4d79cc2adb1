/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/events/event_row.c sidecar/events/journal.c */
/* build: with sidecar/events/outbox.c sidecar/events/refused.c */
/* build: link e911_sidecar */
#define _GNU_SOURCE /* nftw */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "crc32c.h"
#include "event.h"
#include "events/event_row.h"
#include "events/journal.h"
#include "events/outbox.h"
#include "events/refused.h"

#define T(s) text_make((s), sizeof(s) - 1)

static const uint8_t journal_id[JOURNAL_ID_SIZE] = { 0x00, 0x11, 0x22, 0x33,
						     0x44, 0x55, 0x66, 0x77,
						     0x88, 0x99, 0xaa, 0xbb,
						     0xcc, 0xdd, 0xee, 0xff };
static const struct uuid call = { { 0x11, 0x11, 0x11, 0x11, 0, 0, 0x40, 0, 0x80,
				    0, 0, 0, 0, 0, 0, 1 } };

/* ---- event -> row ---- */

static void an_event_becomes_the_parameters_of_event_store(void **s)
{
	uint8_t buf[EVENT_MAX];
	struct event_writer w;
	struct event_row r;
	size_t n;

	(void)s;
	event_begin(&w, buf, sizeof(buf), EVENT_CALL_STARTED, &call,
		    1700000000123);
	event_u64(&w, FIELD_TRUNK, 7);
	event_text(&w, FIELD_CALLER_NUMBER, T("+12065550100"));
	event_text(&w, FIELD_NODE, T("gw2"));
	n = event_finish(&w);
	assert_int_equal(event_row_init(&r, journal_id, 258,
					text_make((char *)buf, n), "gw1"),
			 0);
	assert_string_equal(r.params[EVENT_PARAM_ID],
			    "00112233-4455-6677-0000-000000000102");
	assert_string_equal(r.params[EVENT_PARAM_CALL],
			    "11111111-0000-4000-8000-000000000001");
	assert_string_equal(r.params[EVENT_PARAM_AT],
			    "2023-11-14 22:13:20.123+00");
	assert_string_equal(r.params[EVENT_PARAM_KIND], "call.started");
	assert_string_equal(r.params[EVENT_PARAM_NODE], "gw2");
	assert_string_equal(r.params[EVENT_PARAM_DETAIL],
			    "{\"trunk_id\":7,\"caller_number\":"
			    "\"+12065550100\",\"node\":\"gw2\"}");
	event_row_fini(&r);
}

static void an_event_without_call_and_node_gets_null_and_ours(void **s)
{
	const struct uuid none = { { 0 } };
	uint8_t buf[EVENT_MAX];
	struct event_writer w;
	struct event_row r;
	size_t n;

	(void)s;
	event_begin(&w, buf, sizeof(buf), (enum event_kind)999, &none, 0);
	n = event_finish(&w);
	assert_int_equal(event_row_init(&r, journal_id, 1,
					text_make((char *)buf, n), "gw1"),
			 0);
	assert_null(r.params[EVENT_PARAM_CALL]);
	assert_string_equal(r.params[EVENT_PARAM_KIND], "unknown.999");
	assert_string_equal(r.params[EVENT_PARAM_NODE], "gw1");
	assert_string_equal(r.params[EVENT_PARAM_DETAIL], "{}");
	event_row_fini(&r);
}

/* Fields that the writer would not make: bytes of another module. */
static size_t forge(uint8_t *buf, const uint8_t *fields, size_t len)
{
	const struct uuid none = { { 0 } };
	struct event_writer w;
	size_t n;

	event_begin(&w, buf, EVENT_MAX, EVENT_INPUT_MALFORMED, &none, 5);
	n = event_finish(&w);
	memcpy(buf + n, fields, len);
	le32_put(buf, crc32c(0, buf + 4, n + len - 4));
	return n + len;
}

static void invalid_text_and_unknown_fields_cannot_stop_an_event(void **s)
{
	/* FAULT "\xff\0", FAULT "x", field 250 of 2 bytes */
	static const uint8_t fields[] = { FIELD_FAULT, 2, 0, 0xff, 0,
					  FIELD_FAULT, 1, 0, 'x',  250,
					  2,           0, 1, 2 };
	uint8_t buf[EVENT_MAX];
	struct event_row r;
	size_t n = forge(buf, fields, sizeof(fields));

	(void)s;
	assert_int_equal(event_row_init(&r, journal_id, 1,
					text_make((char *)buf, n), "gw1"),
			 0);
	assert_string_equal(r.params[EVENT_PARAM_DETAIL],
			    "{\"fault\":\"\xef\xbf\xbd\xef\xbf\xbd, x\"}");
	event_row_fini(&r);
}

static void each_cut_and_each_changed_byte_of_an_event_is_told(void **s)
{
	uint8_t buf[EVENT_MAX], copy[EVENT_MAX];
	struct event_writer w;
	struct event_row r;
	size_t n;

	(void)s;
	event_begin(&w, buf, sizeof(buf), EVENT_CALL_ENDED, &call, 1);
	event_text(&w, FIELD_OUTCOME, T("answered"));
	n = event_finish(&w);
	for (size_t len = 0; len < n; len++)
		assert_int_equal(event_row_init(&r, journal_id, 1,
						text_make((char *)buf, len),
						"gw1"),
				 -EBADMSG);
	for (size_t i = 0; i < n; i++) {
		memcpy(copy, buf, n);
		copy[i] ^= 0x40;
		assert_int_equal(event_row_init(&r, journal_id, 1,
						text_make((char *)copy, n),
						"gw1"),
				 -EBADMSG);
	}
}

/* ---- LMDB: journal and outbox ---- */

struct place {
	char dir[64], journal[96], outbox[96];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/e911-unit-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->journal, sizeof(p->journal), "%s/journal", p->dir);
	(void)snprintf(p->outbox, sizeof(p->outbox), "%s/outbox", p->dir);
	*state = p;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_tree(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int tear_down(void **state)
{
	struct place *p = *state;

	remove_tree(p->dir);
	free(p);
	return 0;
}

/* Events first..last, each with its number as its bytes. */
static void write_journal(const struct place *p, const uint8_t *id,
			  uint64_t first, uint64_t last)
{
	const struct lmdb_options o = { .no_sync = true };
	struct lmdb_env *env;
	struct lmdb_txn t;

	assert_int_equal(lmdb_env_open(&env, p->journal, &o), 0);
	assert_int_equal(lmdb_txn_begin(&t, env, true), 0);
	(void)lmdb_put(&t, (struct lmdb_value){ "J", 1 },
		       (struct lmdb_value){ id, JOURNAL_ID_SIZE });
	for (uint64_t n = first; n <= last; n++) {
		uint8_t key[8], value = (uint8_t)n;

		be64_put(key, n);
		(void)lmdb_put(&t, (struct lmdb_value){ key, sizeof(key) },
			       (struct lmdb_value){ &value, 1 });
	}
	assert_int_equal(lmdb_txn_commit(&t), 0);
	(void)lmdb_env_close(env);
}

static void a_journal_that_is_not_there_yet_is_waited_for(void **s)
{
	const struct journal_cursor zero = { .sequence = 0 };
	struct journal_batch b = { .count = 0 };
	struct place *p = *s;
	struct journal j;

	journal_init(&j, p->journal);
	assert_int_equal(journal_read(&j, &zero, 10, &b), 0);
	write_journal(p, journal_id, 1, 3);
	assert_int_equal(journal_read(&j, &zero, 10, &b), 3);
	assert_memory_equal(b.id, journal_id, sizeof(journal_id));
	journal_batch_fini(&b);
	journal_fini(&j);
}

static void a_journal_is_read_in_order_from_behind_the_cursor(void **s)
{
	struct journal_cursor at = { .sequence = 254 };
	struct journal_batch b = { .count = 0 };
	struct place *p = *s;
	struct journal j;

	memcpy(at.id, journal_id, sizeof(at.id));
	write_journal(p, journal_id, 250, 260);
	journal_init(&j, p->journal);
	assert_int_equal(journal_read(&j, &at, 3, &b), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(b.items[i].sequence, 255 + i);
		assert_int_equal(b.items[i].len, 1);
		assert_int_equal(b.bytes[b.items[i].at], (255 + i) & 0xff);
	}
	at.sequence = 260;
	assert_int_equal(journal_read(&j, &at, 3, &b), 0);
	at.sequence = UINT64_MAX;
	assert_int_equal(journal_read(&j, &at, 3, &b), 0);
	journal_batch_fini(&b);
	journal_fini(&j);
}

static void a_new_journal_is_read_from_its_begin(void **s)
{
	static const uint8_t other[JOURNAL_ID_SIZE] = { 9 };
	struct journal_cursor at = { .sequence = 5 };
	struct journal_batch b = { .count = 0 };
	struct place *p = *s;
	struct journal j;

	memcpy(at.id, journal_id, sizeof(at.id));
	write_journal(p, journal_id, 1, 5);
	journal_init(&j, p->journal);
	assert_int_equal(journal_read(&j, &at, 10, &b), 0);
	remove_tree(p->journal);
	write_journal(p, other, 1, 2);
	assert_int_equal(journal_read(&j, &at, 10, &b), 2);
	assert_int_equal(b.items[0].sequence, 1);
	assert_memory_equal(b.id, other, sizeof(other));
	journal_batch_fini(&b);
	journal_fini(&j);
}

/* ---- how far the consumers are ---- */

#define BOTH (1u << OUTBOX_POSTGRESQL | 1u << OUTBOX_NOTIFY)
#define ONE  (1u << OUTBOX_POSTGRESQL)

static struct outbox *open_outbox(const struct place *p, unsigned consumers)
{
	struct outbox *o = NULL;

	assert_int_equal(outbox_new(&o, p->outbox, consumers), 0);
	return o;
}

static struct journal_cursor cursor_of(const uint8_t *id, uint64_t sequence)
{
	struct journal_cursor c = { .sequence = sequence };

	memcpy(c.id, id, sizeof(c.id));
	return c;
}

static void move(struct outbox *o, enum outbox_consumer who, const uint8_t *id,
		 uint64_t sequence)
{
	const struct journal_cursor c = cursor_of(id, sequence);

	assert_int_equal(outbox_put_cursor(o, who, &c), 0);
	assert_int_equal(outbox_cursor(o, who).sequence, sequence);
}

/* The value of a key, while nobody has the outbox open; its length. */
static size_t value_of(const struct place *p, const char *key, uint8_t ret[32])
{
	const struct lmdb_options options = { .read_only = true };
	struct lmdb_value v = { NULL, 0 };
	struct lmdb_env *env;
	struct lmdb_txn t;

	assert_int_equal(lmdb_env_open(&env, p->outbox, &options), 0);
	assert_int_equal(lmdb_txn_begin(&t, env, false), 0);
	if (lmdb_get(&t, (struct lmdb_value){ key, strlen(key) }, &v) < 0)
		v.len = 0;
	assert_true(v.len <= 32);
	if (v.len)
		memcpy(ret, v.p, v.len);
	lmdb_txn_abort(&t);
	(void)lmdb_env_close(env);
	return v.len;
}

/* Up to which event the module forgets, in this journal. */
static uint64_t forgotten(const struct place *p, const uint8_t *id)
{
	uint8_t value[32];

	assert_int_equal(value_of(p, "cursor:collector", value), 24);
	return memcmp(value, id, 16) != 0 ? 0 : le64_get(value + 16);
}

static void the_cursor_lies_in_the_outbox_as_the_module_reads_it(void **s)
{
	static const uint8_t wanted[24] = {
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x02, 0x01
	};
	struct place *p = *s;
	struct outbox *o = open_outbox(p, ONE);
	uint8_t value[32];

	assert_int_equal(outbox_cursor(o, OUTBOX_POSTGRESQL).sequence, 0);
	move(o, OUTBOX_POSTGRESQL, journal_id, 258);
	o = outbox_free(o);
	assert_int_equal(value_of(p, "cursor:collector", value), 24);
	assert_memory_equal(value, wanted, sizeof(wanted));
	o = open_outbox(p, ONE);
	assert_int_equal(outbox_cursor(o, OUTBOX_POSTGRESQL).sequence, 258);
	assert_memory_equal(outbox_cursor(o, OUTBOX_POSTGRESQL).id, journal_id,
			    16);
	(void)outbox_free(o);
}

static void only_what_all_have_dealt_with_is_forgotten(void **s)
{
	struct place *p = *s;
	struct outbox *o = open_outbox(p, BOTH);

	move(o, OUTBOX_POSTGRESQL, journal_id, 90);
	o = outbox_free(o);
	assert_int_equal(forgotten(p, journal_id), 0);
	o = open_outbox(p, BOTH);
	assert_int_equal(outbox_cursor(o, OUTBOX_NOTIFY).sequence, 0);
	move(o, OUTBOX_NOTIFY, journal_id, 70);
	o = outbox_free(o);
	assert_int_equal(forgotten(p, journal_id), 70);
	o = open_outbox(p, BOTH);
	assert_int_equal(outbox_cursor(o, OUTBOX_POSTGRESQL).sequence, 90);
	assert_int_equal(outbox_cursor(o, OUTBOX_NOTIFY).sequence, 70);
	move(o, OUTBOX_NOTIFY, journal_id, 95);
	(void)outbox_free(o);
	assert_int_equal(forgotten(p, journal_id), 90);
}

static void who_does_not_run_holds_nothing_back(void **s)
{
	struct place *p = *s;
	struct outbox *o = open_outbox(p, BOTH);
	uint8_t value[32];

	move(o, OUTBOX_NOTIFY, journal_id, 10);
	move(o, OUTBOX_POSTGRESQL, journal_id, 50);
	o = outbox_free(o);
	assert_int_equal(forgotten(p, journal_id), 10);
	o = open_outbox(p, ONE);
	move(o, OUTBOX_POSTGRESQL, journal_id, 60);
	o = outbox_free(o);
	assert_int_equal(forgotten(p, journal_id), 60);
	assert_int_equal(value_of(p, "cursor:notify", value), 0);
	/* It comes again: not with what is long past. */
	o = open_outbox(p, BOTH);
	assert_int_equal(outbox_cursor(o, OUTBOX_NOTIFY).sequence, 60);
	(void)outbox_free(o);
}

/* What an e911d of before has left: one key, of its only consumer. */
static void an_outbox_of_before_is_taken_over(void **s)
{
	static const uint8_t value[24] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
					   0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
					   0xcc, 0xdd, 0xee, 0xff, 42 };
	const struct lmdb_options options = { .no_sync = true };
	struct place *p = *s;
	struct lmdb_env *env;
	struct lmdb_txn t;
	struct outbox *o;

	assert_int_equal(lmdb_env_open(&env, p->outbox, &options), 0);
	assert_int_equal(lmdb_txn_begin(&t, env, true), 0);
	assert_int_equal(lmdb_put(&t,
				  (struct lmdb_value){ "cursor:collector", 16 },
				  (struct lmdb_value){ value, 24 }),
			 0);
	assert_int_equal(lmdb_txn_commit(&t), 0);
	(void)lmdb_env_close(env);
	o = open_outbox(p, BOTH);
	assert_int_equal(outbox_cursor(o, OUTBOX_POSTGRESQL).sequence, 42);
	assert_int_equal(outbox_cursor(o, OUTBOX_NOTIFY).sequence, 42);
	(void)outbox_free(o);
	assert_int_equal(forgotten(p, journal_id), 42);
}

static void who_is_in_an_old_journal_has_dealt_with_nothing_of_the_new(void **s)
{
	static const uint8_t other[JOURNAL_ID_SIZE] = { 9 };
	struct place *p = *s;
	struct outbox *o = open_outbox(p, BOTH);

	move(o, OUTBOX_POSTGRESQL, journal_id, 100);
	move(o, OUTBOX_NOTIFY, journal_id, 100);
	move(o, OUTBOX_POSTGRESQL, other, 7);
	o = outbox_free(o);
	assert_int_equal(forgotten(p, other), 0);
	assert_int_equal(forgotten(p, journal_id), 0);
	o = open_outbox(p, BOTH);
	move(o, OUTBOX_NOTIFY, other, 5);
	(void)outbox_free(o);
	assert_int_equal(forgotten(p, other), 5);
}

static void an_outbox_that_is_taken_away_is_made_again_with_all(void **s)
{
	struct place *p = *s;
	struct outbox *o = open_outbox(p, BOTH);

	move(o, OUTBOX_POSTGRESQL, journal_id, 100);
	move(o, OUTBOX_NOTIFY, journal_id, 90);
	remove_tree(p->outbox);
	assert_int_equal(outbox_look_after(o), 0);
	assert_int_equal(outbox_cursor(o, OUTBOX_NOTIFY).sequence, 90);
	o = outbox_free(o);
	assert_int_equal(forgotten(p, journal_id), 90);
}

/* ---- refused events ---- */

static void refused_events_are_whole_lines(void **s)
{
	struct place *p = *s;
	struct event_row r = { .sequence = 7 };
	char path[96], text[1024];
	size_t n;
	FILE *in;

	r.params[EVENT_PARAM_ID] = "id";
	r.params[EVENT_PARAM_AT] = "at";
	r.params[EVENT_PARAM_KIND] = "kind";
	r.params[EVENT_PARAM_NODE] = "gw1";
	r.params[EVENT_PARAM_DETAIL] = "{\"a\":1}";
	(void)snprintf(path, sizeof(path), "%s/refused.jsonl", p->dir);
	assert_int_equal(refused_append(path, &r, "no\nway"), 0);
	assert_int_equal(refused_append(path, &r, "again"), 0);
	in = fopen(path, "r");
	assert_non_null(in);
	n = fread(text, 1, sizeof(text) - 1, in);
	(void)fclose(in);
	text[n] = '\0';
	assert_non_null(strstr(text, "\"error\":\"no\\nway\",\"sequence\":7,"
				     "\"event_id\":\"id\",\"call_id\":null,"
				     "\"at\":\"at\",\"kind\":\"kind\","
				     "\"node\":\"gw1\","
				     "\"detail\":\"{\\\"a\\\":1}\"}\n{"));
	assert_string_equal(text + n - 2, "}\n");
	assert_int_equal(refused_append("/does/not/exist", &r, "x"), -ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_event_becomes_the_parameters_of_event_store),
		cmocka_unit_test(
			an_event_without_call_and_node_gets_null_and_ours),
		cmocka_unit_test(
			invalid_text_and_unknown_fields_cannot_stop_an_event),
		cmocka_unit_test(
			each_cut_and_each_changed_byte_of_an_event_is_told),
		TEST(a_journal_that_is_not_there_yet_is_waited_for),
		TEST(a_journal_is_read_in_order_from_behind_the_cursor),
		TEST(a_new_journal_is_read_from_its_begin),
		TEST(the_cursor_lies_in_the_outbox_as_the_module_reads_it),
		TEST(only_what_all_have_dealt_with_is_forgotten),
		TEST(who_does_not_run_holds_nothing_back),
		TEST(an_outbox_of_before_is_taken_over),
		TEST(who_is_in_an_old_journal_has_dealt_with_nothing_of_the_new),
		TEST(an_outbox_that_is_taken_away_is_made_again_with_all),
		TEST(refused_events_are_whole_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
