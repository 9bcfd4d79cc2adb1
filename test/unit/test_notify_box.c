/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/sweep.c */
/* build: link e911_sidecar */
#define _GNU_SOURCE /* nftw */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "notify/box.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "crc32c.h"
#include "test/support/sweep.h"

#define MB ((uint64_t)1 << 20)

static char dir[64];
static struct box *box;

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/e911-unit-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(box_new(&box, dir, 4 * MB), 0);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	box = box_free(box);
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void open_again(void)
{
	box = box_free(box);
	assert_int_equal(box_new(&box, dir, 4 * MB), 0);
}

static struct box_txn begin(void)
{
	struct box_txn t;

	assert_int_equal(box_begin(box, &t, true), 0);
	return t;
}

static struct notice notice_of(unsigned number)
{
	struct notice n = {
		.event = "emergency_call",
		.channel = NOTICE_WEBHOOK,
		.target = "https://a",
		.subject = "911",
		.text = "words",
		.json = "{}",
		.at_ms = 1700000000000,
	};

	le32_put(n.event_id, number);
	notice_make_id(&n, 0);
	return n;
}

static int add(struct box_txn *t, const struct notice *n, int64_t queued_ms)
{
	const struct delivery_state s = { .revision = 1,
					  .queued_ms = queued_ms };
	uint8_t bytes[1024];
	int len = notice_encode(n, bytes, sizeof(bytes));

	assert_true(len > 0);
	return box_add(t, n, text_make((char *)bytes, (size_t)len), &s);
}

static int count_one(const struct delivery_state *s, const struct notice *n,
		     void *arg)
{
	(void)s;
	assert_string_equal(n->text, ""); /* its words are elsewhere */
	assert_string_equal(n->target, "https://a");
	++*(unsigned *)arg;
	return 0;
}

static unsigned waiting(void)
{
	struct box_txn t;
	unsigned count = 0;

	assert_int_equal(box_begin(box, &t, false), 0);
	assert_int_equal(box_each_waiting(&t, count_one, &count), 0);
	box_abort(&t);
	return count;
}

static unsigned reports(void)
{
	struct box_txn t;
	unsigned count = 0;

	assert_int_equal(box_begin(box, &t, false), 0);
	assert_int_equal(box_each_report(&t, 100, count_one, &count), 0);
	box_abort(&t);
	return count;
}

static void what_is_committed_is_there_after_a_restart(void **state)
{
	const struct journal_cursor at = { .id = "journal-journal", 77 };
	struct journal_cursor c = { .sequence = 0 };
	struct notice n = notice_of(1), found;
	struct delivery_state s;
	struct box_txn t = begin();
	struct text words;

	(void)state;
	assert_int_equal(box_get_cursor(&t, &c), -ENOENT);
	assert_int_equal(add(&t, &n, 5), 0);
	assert_int_equal(add(&t, &n, 5), -EEXIST);
	box_put_cursor(&t, &at);
	assert_int_equal(box_commit(&t), 0);
	t = begin();
	n = notice_of(2);
	assert_int_equal(add(&t, &n, 6), 0);
	box_abort(&t);
	open_again();
	assert_int_equal(waiting(), 1);
	t = begin();
	n = notice_of(1);
	assert_int_equal(box_get_cursor(&t, &c), 0);
	assert_int_equal(c.sequence, 77);
	assert_int_equal(box_get_state(&t, n.id, &s, &found), 0);
	assert_int_equal(s.stage, DELIVERY_WAITING);
	assert_string_equal(found.subject, "911");
	assert_int_equal(box_get_notice(&t, n.id, &words), 0);
	assert_int_equal(notice_decode(words.p, words.len, &found), 0);
	assert_string_equal(found.text, "words");
	box_abort(&t);
}

static void what_is_done_and_told_is_forgotten(void **state)
{
	const uint64_t empty = box_used(box);
	struct notice n = notice_of(1);
	struct delivery_state s;
	struct box_txn t = begin();
	struct text words;

	(void)state;
	assert_int_equal(add(&t, &n, 5), 0);
	assert_int_equal(box_commit(&t), 0);
	assert_int_equal(reports(), 1);
	t = begin();
	box_reported(&t, n.id, 1);
	assert_int_equal(box_get_state(&t, n.id, &s, NULL), 0);
	s.stage = DELIVERY_DELIVERED;
	s.revision = 2;
	assert_int_equal(box_put_state(&t, n.id, &s), 0);
	assert_int_equal(box_get_notice(&t, n.id, &words), -ENOENT);
	assert_int_equal(box_commit(&t), 0);
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(), 1);
	t = begin();
	box_reported(&t, n.id, 1); /* an older state: it is told again */
	assert_int_equal(box_commit(&t), 0);
	assert_int_equal(reports(), 1);
	t = begin();
	box_reported(&t, n.id, 2);
	assert_int_equal(box_get_state(&t, n.id, &s, NULL), -ENOENT);
	assert_int_equal(box_commit(&t), 0);
	assert_int_equal(reports(), 0);
	assert_int_equal(box_used(box), empty);
}

static void the_oldest_that_is_done_is_dropped_first(void **state)
{
	struct delivery_state s;
	struct box_txn t = begin();

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct notice n = notice_of(i);

		assert_int_equal(add(&t, &n, 10 + i), 0);
		if (!i)
			continue; /* the oldest waits */
		assert_int_equal(box_get_state(&t, n.id, &s, NULL), 0);
		s.stage = DELIVERY_GIVEN_UP;
		assert_int_equal(box_put_state(&t, n.id, &s), 0);
	}
	assert_int_equal(box_drop_report(&t), 0);
	assert_int_equal(box_get_state(&t, notice_of(1).id, &s, NULL), -ENOENT);
	assert_int_equal(box_get_state(&t, notice_of(2).id, &s, NULL), 0);
	assert_int_equal(box_drop_report(&t), 0);
	assert_int_equal(box_drop_report(&t), -ENOENT);
	assert_int_equal(box_get_state(&t, notice_of(0).id, &s, NULL), 0);
	assert_int_equal(box_commit(&t), 0);
}

static int keep_ack(const struct acknowledgement *a, void *arg)
{
	assert_string_equal(a->who, "Ann");
	assert_string_equal(a->note, "");
	memcpy(arg, a->id, 16);
	return 0;
}

static void an_acknowledgement_is_told_once_and_known_longer(void **state)
{
	struct acknowledgement a = { .call_id = "call-call-call-",
				     .who = "Ann",
				     .channel = "screen",
				     .at_ms = 7 };
	uint8_t id[16] = { 0 };
	struct box_txn t = begin();

	(void)state;
	acknowledgement_make_id(&a);
	assert_false(box_is_acknowledged(&t, a.call_id));
	assert_int_equal(box_add_acknowledgement(&t, &a), 0);
	assert_int_equal(box_add_acknowledgement(&t, &a), -EEXIST);
	assert_int_equal(box_each_acknowledgement(&t, 9, keep_ack, id), 0);
	assert_memory_equal(id, a.id, 16);
	box_acknowledgement_told(&t, id);
	memset(id, 0, sizeof(id));
	assert_int_equal(box_each_acknowledgement(&t, 9, keep_ack, id), 0);
	assert_int_equal(id[0], 0);
	assert_true(box_is_acknowledged(&t, a.call_id));
	assert_int_equal(box_commit(&t), 0);
}

static void what_is_kept_of_a_call_goes_when_its_time_is_over(void **state)
{
	uint8_t at[16] = { 0 };
	struct box_txn t = begin();

	(void)state;
	box_put_context(&t, (const uint8_t *)"a---------------", text_of("x"),
			1000);
	box_put_context(&t, (const uint8_t *)"b---------------", text_of("y"),
			2000);
	box_put_context(&t, (const uint8_t *)"c---------------", text_of("z"),
			0);
	assert_int_equal(box_forget_contexts(&t, 1500, 9, at), 1);
	assert_int_equal(
		box_get_context(&t, (const uint8_t *)"a---------------").len,
		0);
	assert_true(text_equal(
		box_get_context(&t, (const uint8_t *)"b---------------"),
		text_of("y")));
	assert_int_equal(box_forget_contexts(&t, INT64_MAX, 9, at), 1);
	assert_true(text_equal(
		box_get_context(&t, (const uint8_t *)"c---------------"),
		text_of("z")));
	assert_int_equal(box_commit(&t), 0);
}

static void a_box_that_is_taken_away_or_cut_is_made_again(void **state)
{
	struct notice n = notice_of(1);
	struct box_txn t = begin();
	char path[96];

	(void)state;
	assert_int_equal(add(&t, &n, 5), 0);
	assert_int_equal(box_commit(&t), 0);
	assert_int_equal(box_reopen(box), 0); /* nothing was wrong */
	(void)snprintf(path, sizeof(path), "%s/data.mdb", dir);
	assert_int_equal(truncate(path, 4096), 0);
	assert_int_equal(box_begin(box, &t, true), -EBADMSG);
	assert_int_equal(box_reopen(box), 1);
	assert_int_equal(waiting(), 0);
	t = begin();
	assert_int_equal(add(&t, &n, 5), 0);
	assert_int_equal(box_commit(&t), 0);
	assert_int_equal(waiting(), 1);
}

static void a_full_box_says_so_long_before_its_map_is(void **state)
{
	unsigned count = 0;

	(void)state;
	while (!box_is_full(box, box_cost(1024))) {
		struct box_txn t = begin();

		for (unsigned i = 0; i < 100; i++) {
			struct notice n = notice_of(count++);

			assert_int_equal(add(&t, &n, count), 0);
		}
		assert_int_equal(box_commit(&t), 0);
	}
	assert_in_range(count, 1000, 8000);
	/* As much again can be written: nothing waits for room. */
	for (unsigned more = 0; more < count; more += 100) {
		struct box_txn t = begin();

		for (unsigned i = 0; i < 100; i++) {
			struct notice n = notice_of(1000000 + more + i);

			assert_int_equal(add(&t, &n, count), 0);
		}
		assert_int_equal(box_commit(&t), 0);
	}
	open_again();
	assert_true(waiting() >= 2 * count);
}

/* ---- records ---- */

static void a_damaged_state_is_refused(void **state)
{
	const struct delivery_state s = { .stage = DELIVERY_GIVEN_UP,
					  .status = 503,
					  .attempts = 9,
					  .revision = 10,
					  .queued_ms = 1,
					  .done_ms = 2,
					  .why = "connection refused" };
	struct delivery_state r;
	uint8_t b[DELIVERY_HEAD];

	(void)state;
	delivery_state_encode(&s, b);
	assert_int_equal(delivery_state_decode(b, sizeof(b), &r), 0);
	assert_memory_equal(&r, &s, sizeof(r));
	for (size_t cut = 0; cut < sizeof(b); cut++)
		assert_int_equal(delivery_state_decode(b, cut, &r), -EBADMSG);
	for (size_t i = 0; i < sizeof(b); i++)
		for (unsigned v = 0; v < 256; v++) {
			uint8_t lie[DELIVERY_HEAD];

			memcpy(lie, b, sizeof(b));
			lie[i] = (uint8_t)v;
			if (lie[i] != b[i])
				assert_int_equal(delivery_state_decode(
							 lie, sizeof(lie), &r),
						 -EBADMSG);
			le32_put(lie, crc32c(0, lie + 4, sizeof(lie) - 4));
			if (delivery_state_decode(lie, sizeof(lie), &r) == 0)
				assert_true(strlen(r.why) < DELIVERY_WHY_SIZE);
		}
}

static void read_ack(struct text t)
{
	struct acknowledgement a;
	uint8_t again[ACKNOWLEDGEMENT_MAX];
	char *p = (char *)t.p;

	if (acknowledgement_decode(t.p, t.len, &a) == 0)
		assert_true(strlen(a.note) < t.len);
	if (t.len < 48)
		return;
	p[4] = 1;
	le32_put(p, crc32c(0, p + 4, t.len - 4));
	if (acknowledgement_decode(t.p, t.len, &a) == 0)
		assert_true(acknowledgement_encode(&a, again) <=
			    ACKNOWLEDGEMENT_MAX);
}

static void an_acknowledgement_that_lies_is_refused_or_whole(void **state)
{
	const struct acknowledgement a = { .who = "Ann",
					   .channel = "screen",
					   .note = "on my way" };
	uint8_t b[ACKNOWLEDGEMENT_MAX];
	struct acknowledgement r;
	size_t len = acknowledgement_encode(&a, b);

	(void)state;
	assert_int_equal(acknowledgement_decode(b, len, &r), 0);
	assert_string_equal(r.note, "on my way");
	sweep(text_make((char *)b, len), read_ack);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_committed_is_there_after_a_restart),
		TEST(what_is_done_and_told_is_forgotten),
		TEST(the_oldest_that_is_done_is_dropped_first),
		TEST(an_acknowledgement_is_told_once_and_known_longer),
		TEST(what_is_kept_of_a_call_goes_when_its_time_is_over),
		TEST(a_box_that_is_taken_away_or_cut_is_made_again),
		TEST(a_full_box_says_so_long_before_its_map_is),
		cmocka_unit_test(a_damaged_state_is_refused),
		cmocka_unit_test(
			an_acknowledgement_that_lies_is_refused_or_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
