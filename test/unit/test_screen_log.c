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
#include "notify/screen_entry.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "test/support/sweep.h"

static char dir[64];

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int make_dir(void **s)
{
	(void)s;
	(void)snprintf(dir, sizeof(dir), "/tmp/e911-screen-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **s)
{
	(void)s;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct screen_log *open_log(void)
{
	struct screen_log *l = NULL;

	assert_int_equal(screen_log_new(&l, dir), 0);
	return l;
}

static struct notice notice_of(unsigned number, unsigned call)
{
	struct notice n = {
		.event = "emergency_call",
		.organization_id = 3,
		.channel = NOTICE_SCREEN,
		.target = "Lobby",
		.at_ms = clock_utc_ms(),
		.language = "en",
		.subject = "911",
		.text = "somebody\ncalls",
		.json = "{\"caller\":\"Zo\xc3\xab\"}",
	};

	memcpy(n.id, &number, sizeof(number));
	memcpy(n.call_id, &call, sizeof(call));
	return n;
}

static struct screen_key lobby(void)
{
	struct screen_key k;

	screen_key_make(&k, 3, text_of("Lobby"));
	return k;
}

static int post(struct screen_log *l, unsigned number, unsigned call)
{
	struct notice n = notice_of(number, call);
	int posted = screen_log_post(l, &n);

	return posted == SCREEN_DARK ? SCREEN_WAITING : posted;
}

/* Entries behind an id; *ret_last: the last one's. */
static unsigned count_behind(struct screen_log *l, const struct screen_key *k,
			     uint64_t after, uint64_t *ret_last)
{
	struct screen_entry e;
	unsigned n = 0;

	while (screen_log_next(l, k, after, &e) == 0) {
		assert_true(e.id > after);
		after = e.id;
		free(e.json);
		n++;
	}
	*ret_last = after;
	return n;
}

static void a_notice_is_there_once_and_stays(void **s)
{
	struct screen_log *l = open_log();
	struct screen_key k = lobby(), other;
	struct screen_entry e = { 0 };
	uint64_t first, last;

	(void)s;
	assert_int_equal(screen_log_last(l, &k), 0);
	assert_int_equal(screen_log_next(l, &k, 0, &e), -ENOENT);
	assert_int_equal(post(l, 1, 7), SCREEN_WAITING);
	assert_int_equal(post(l, 1, 7), SCREEN_WAITING);
	first = screen_log_last(l, &k);
	assert_int_equal(post(l, 2, 7), SCREEN_WAITING);
	assert_int_equal(count_behind(l, &k, 0, &last), 2);
	assert_int_equal(count_behind(l, &k, first, &last), 1);
	assert_int_equal(last, screen_log_last(l, &k));
	/* The same name elsewhere is another screen. */
	screen_key_make(&other, 4, text_of("Lobby"));
	assert_int_equal(screen_log_next(l, &other, 0, &e), -ENOENT);
	(void)screen_log_free(l);

	l = open_log();
	assert_int_equal(count_behind(l, &k, first, &last), 1);
	assert_int_equal(screen_log_next(l, &k, 0, &e), 0);
	assert_int_equal(e.id, first);
	assert_non_null(strstr(e.json, "\"event\":\"emergency_call\""));
	assert_non_null(
		strstr(e.json, "\"facts\":{\"caller\":\"Zo\xc3\xab\"}"));
	assert_non_null(strstr(e.json, "somebody\\ncalls"));
	assert_null(strchr(e.json, '\n'));
	free(e.json);
	(void)screen_log_free(l);
}

static void what_a_page_has_shown_is_delivered(void **s)
{
	struct screen_log *l = open_log();
	struct screen_key k = lobby();

	(void)s;
	assert_int_equal(post(l, 1, 7), SCREEN_WAITING);
	assert_int_equal(screen_log_shown(l, &k, screen_log_last(l, &k)), 0);
	assert_int_equal(screen_log_shown(l, &k, 1), 0);
	assert_int_equal(screen_log_flush(l), 0);
	assert_int_equal(post(l, 1, 7), SCREEN_SHOWN);
	/* What a page says of the future counts for nothing. */
	assert_int_equal(screen_log_shown(l, &k, UINT64_MAX), 0);
	assert_int_equal(screen_log_flush(l), 0);
	assert_int_equal(post(l, 2, 7), SCREEN_WAITING);
	assert_int_equal(screen_log_shown(l, &k, 1), 0);
	assert_int_equal(screen_log_flush(l), 0);
	assert_int_equal(post(l, 1, 7), SCREEN_SHOWN);
	(void)screen_log_free(l);
	l = open_log();
	assert_int_equal(post(l, 1, 7), SCREEN_SHOWN);
	assert_int_equal(post(l, 2, 7), SCREEN_WAITING);
	(void)screen_log_free(l);
}

static void an_acknowledgement_reaches_each_screen_of_the_call_once(void **s)
{
	struct screen_log *l = open_log();
	struct screen_key k = lobby(), gate;
	struct screen_ack a = { .who = "Ann",
				.channel = "screen",
				.note = "<b>on my way</b>",
				.at_ms = 5 };
	struct notice n = notice_of(3, 7);
	struct pollfd fd = { .fd = screen_log_fd(l), .events = POLLIN };
	struct screen_entry e;
	uint64_t last;

	(void)s;
	memcpy(a.call_id, n.call_id, sizeof(a.call_id));
	assert_int_equal(screen_log_acknowledged(NULL, &a), 0);
	assert_int_equal(screen_log_acknowledged(l, &a), 0);
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_int_equal(post(l, 1, 7), SCREEN_WAITING);
	assert_int_equal(poll(&fd, 1, 0), 1);
	screen_log_drain(l);
	assert_int_equal(poll(&fd, 1, 0), 0);
	n.target = "Gate";
	assert_int_equal(screen_log_post(l, &n), SCREEN_DARK);
	assert_int_equal(post(l, 4, 8), SCREEN_WAITING);
	screen_key_make(&gate, 3, text_of("Gate"));
	assert_int_equal(screen_log_has_call(l, &gate, n.call_id), 0);
	assert_int_equal(screen_log_acknowledged(l, &a), 2);
	assert_int_equal(screen_log_acknowledged(l, &a), 0);
	assert_int_equal(count_behind(l, &k, 0, &last), 3);
	assert_int_equal(count_behind(l, &gate, 0, &last), 2);
	assert_int_equal(screen_log_next(l, &gate, last - 1, &e), 0);
	assert_non_null(strstr(e.json, "\"who\":\"Ann\""));
	assert_non_null(strstr(e.json, "\"note\":\"<b>on my way</b>\""));
	free(e.json);
	memset(a.call_id, 9, sizeof(a.call_id));
	assert_int_equal(screen_log_acknowledged(l, &a), 0);
	assert_int_equal(screen_log_has_call(l, &gate, a.call_id), -ENOENT);
	(void)screen_log_free(l);
}

static void a_screen_without_a_page_is_dark(void **s)
{
	struct screen_log *l = open_log();
	struct screen_key k = lobby(), gate;
	struct notice n = notice_of(1, 7);

	(void)s;
	screen_key_make(&gate, 3, text_of("Gate"));
	screen_log_watch(l, &gate, true);
	assert_int_equal(screen_log_post(l, &n), SCREEN_DARK);
	screen_log_watch(l, &k, true);
	screen_log_watch(l, &k, true);
	assert_int_equal(screen_log_post(l, &n), SCREEN_WAITING);
	screen_log_watch(l, &k, false);
	assert_int_equal(screen_log_post(l, &n), SCREEN_WAITING);
	screen_log_watch(l, &k, false);
	screen_log_watch(l, &k, false);
	assert_int_equal(screen_log_post(l, &n), SCREEN_DARK);
	assert_int_equal(screen_log_shown(l, &k, UINT64_MAX), 0);
	assert_int_equal(screen_log_flush(l), 0);
	assert_int_equal(screen_log_post(l, &n), SCREEN_SHOWN);
	(void)screen_log_free(l);
}

static void a_log_has_an_end(void **s)
{
	struct screen_log *l = open_log();
	struct screen_key k = lobby();
	struct notice n = notice_of(1, 7);
	uint64_t last;

	(void)s;
	for (unsigned i = 0; i < SCREEN_ENTRIES_MAX + 20; i++)
		assert_int_equal(post(l, i, 100 + i), SCREEN_WAITING);
	assert_int_equal(count_behind(l, &k, 0, &last), SCREEN_ENTRIES_MAX);
	n = notice_of(0, 100);
	assert_int_equal(screen_log_has_call(l, &k, n.call_id), -ENOENT);
	n = notice_of(20, 120);
	assert_int_equal(screen_log_has_call(l, &k, n.call_id), 0);
	/* What is old goes, of all screens. */
	assert_int_equal(screen_log_prune(l, clock_utc_ms()), 0);
	n = notice_of(1, 1);
	n.target = "Gate";
	assert_int_equal(screen_log_post(l, &n), SCREEN_DARK);
	assert_int_equal(screen_log_prune(l, n.at_ms + SCREEN_KEEP_MS + 60000),
			 1000);
	assert_int_equal(screen_log_prune(l, n.at_ms + SCREEN_KEEP_MS + 60000),
			 1);
	assert_int_equal(count_behind(l, &k, 0, &last), 0);
	assert_true(screen_log_last(l, &k) > 0);
	assert_int_equal(post(l, 1, 1), SCREEN_WAITING);
	assert_int_equal(count_behind(l, &k, 0, &last), 1);
	(void)screen_log_free(l);
}

static void a_log_that_is_lost_begins_above_the_one_before(void **s)
{
	struct screen_log *l = open_log();
	struct screen_key k = lobby();
	char path[128];
	uint64_t before;
	int64_t now_ms;
	FILE *f;

	(void)s;
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(post(l, i, 7), SCREEN_WAITING);
	before = screen_log_last(l, &k);
	now_ms = clock_utc_ms();
	(void)screen_log_free(l);
	(void)snprintf(path, sizeof(path), "%s/screens/data.mdb", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("this is no LMDB file at all", f) >= 0);
	assert_int_equal(fclose(f), 0);
	while (clock_utc_ms() <= now_ms)
		; /* another millisecond */
	l = open_log();
	assert_int_equal(post(l, 99, 7), SCREEN_WAITING);
	assert_true(screen_log_last(l, &k) > before);
	(void)screen_log_free(l);
}

static void what_cannot_be_kept_is_an_error(void **s)
{
	char *big = malloc(SCREEN_JSON_MAX + 100), path[128];
	struct notice n = notice_of(1, 7);
	struct screen_log *l = open_log();
	struct screen_key k = lobby();
	struct screen_entry e;
	FILE *f;

	(void)s;
	assert_non_null(big);
	assert_int_equal(screen_log_post(NULL, &n), -ENOTSUP);
	/* Without what is too long, that there is a call. */
	memset(big, 'x', SCREEN_JSON_MAX + 90);
	memcpy(big, "{\"x\":\"", 6);
	memcpy(big + SCREEN_JSON_MAX + 88, "\"}", 3);
	n.json = big;
	assert_int_equal(screen_log_post(l, &n), SCREEN_DARK);
	assert_int_equal(screen_log_next(l, &k, 0, &e), 0);
	assert_null(strstr(e.json, "facts"));
	free(e.json);
	n = notice_of(2, 7);
	n.json = "{no JSON";
	assert_int_equal(screen_log_post(l, &n), SCREEN_DARK);
	n = notice_of(3, 7);
	n.text = big;
	assert_int_equal(screen_log_post(l, &n), -EMSGSIZE);
	free(big);
	(void)screen_log_free(l);
	/* A file where the directory should be; and then not any more. */
	assert_int_equal(remove_dir(NULL), 0);
	assert_int_equal(make_dir(NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/screens", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	l = open_log();
	assert_true(post(l, 1, 7) < 0);
	assert_int_equal(screen_log_last(l, &k), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(post(l, 1, 7), SCREEN_WAITING);
	(void)screen_log_free(l);
}

static uint8_t line_bytes[SCREEN_ENTRY_MAX];
static size_t line_len;

static void check(struct text input)
{
	struct screen_line line;

	if (input.len == line_len && memcmp(input.p, line_bytes, line_len) == 0)
		return;
	assert_int_equal(screen_line_decode(input.p, input.len, &line),
			 -EBADMSG);
}

static void a_damaged_entry_is_none(void **s)
{
	struct screen_line line = { .notice_id = "0123456789abcde",
				    .call_id = "call-call-call-",
				    .at_ms = 1700000000123,
				    .json = { "{\"a\":1}", 7 } },
			   got;

	(void)s;
	line_len = screen_line_encode(&line, line_bytes);
	assert_int_equal(line_len, SCREEN_ENTRY_HEAD + 7);
	assert_int_equal(screen_line_decode(line_bytes, line_len, &got), 0);
	assert_true(text_equal(got.json, line.json));
	assert_int_equal(got.at_ms, line.at_ms);
	sweep(text_make((const char *)line_bytes, line_len), check);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
		TEST(a_notice_is_there_once_and_stays),
		TEST(what_a_page_has_shown_is_delivered),
		TEST(an_acknowledgement_reaches_each_screen_of_the_call_once),
		TEST(a_screen_without_a_page_is_dark),
		TEST(a_log_has_an_end),
		TEST(a_log_that_is_lost_begins_above_the_one_before),
		TEST(what_cannot_be_kept_is_an_error),
		cmocka_unit_test(a_damaged_entry_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
