/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/base/retry.c */
/* build: link e911_sidecar */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "events/wake.h"
#include "store/db.h"

#define T(s) text_make((s), sizeof(s) - 1)

/* ---- utf8 ---- */

static void sound_utf8_is_told_from_the_rest(void **s)
{
	(void)s;
	assert_true(utf8_is_valid(T("")));
	assert_true(utf8_is_valid(T("Z\xc3\xbcrich \xe2\x82\xac "
				    "\xf0\x9f\x9a\x92")));
	assert_false(utf8_is_valid(T("\x80")));
	assert_false(utf8_is_valid(T("\xc0\xaf")));         /* overlong */
	assert_false(utf8_is_valid(T("\xe0\x80\xaf")));     /* overlong */
	assert_false(utf8_is_valid(T("\xed\xa0\x80")));     /* surrogate */
	assert_false(utf8_is_valid(T("\xf4\x90\x80\x80"))); /* too much */
	assert_false(utf8_is_valid(T("\xf5\x80\x80\x80")));
	assert_false(utf8_is_valid(T("a\xe2\x82"))); /* cut */
}

static void controls_are_seen_in_both_ranges(void **s)
{
	(void)s;
	assert_false(utf8_has_controls(T("caf\xc3\xa9")));
	assert_true(utf8_has_controls(T("a\nb")));
	assert_true(utf8_has_controls(T("a\x7f")));
	assert_true(utf8_has_controls(T("a\xc2\x85")));
	assert_true(utf8_has_controls(text_make("a\0b", 3)));
}

static void a_valid_copy_holds_no_unsound_byte_and_no_nul(void **s)
{
	char buf[64];
	size_t n;

	(void)s;
	n = utf8_copy_valid(text_make("a\xff\0\xc3\xa9\xe2\x82", 7), buf);
	assert_int_equal(n, 1 + 3 + 3 + 2 + 3 + 3);
	assert_true(utf8_is_valid(text_make(buf, n)));
	assert_memory_equal(buf, "a\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9", 9);
}

static void any_bytes_become_printable(void **s)
{
	(void)s;
	for (unsigned seed = 0; seed < 2000; seed++) {
		char buf[32], copy[3 * sizeof(buf)];
		unsigned x = seed * 2654435761U;

		for (size_t i = 0; i < sizeof(buf); i++) {
			x = x * 1103515245U + 12345U;
			buf[i] = (char)(x >> 16);
		}
		assert_true(utf8_is_valid(text_make(
			copy,
			utf8_copy_valid(text_make(buf, sizeof(buf)), copy))));
		utf8_make_printable(buf, sizeof(buf));
		assert_true(utf8_is_valid(text_make(buf, sizeof(buf))));
		assert_false(utf8_has_controls(text_make(buf, sizeof(buf))));
	}
}

/* ---- log ---- */

static size_t logged(char *buf, size_t size, void (*speak)(void))
{
	int fds[2];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	log_set_fd(fds[1]);
	speak();
	log_set_fd(STDERR_FILENO);
	(void)close(fds[1]);
	n = read(fds[0], buf, size - 1);
	(void)close(fds[0]);
	assert_true(n >= 0);
	buf[n] = '\0';
	return (size_t)n;
}

static void speak_forged(void)
{
	log_error("x", "name '%s'", "a\n<0>kernel: gone\x1b[2J\xff");
}

static void text_of_users_cannot_forge_a_line(void **s)
{
	char buf[256];

	(void)s;
	(void)logged(buf, sizeof(buf), speak_forged);
	assert_string_equal(buf, "<3>x: name 'a?<0>kernel: gone?[2J?'\n");
}

static void speak_long(void)
{
	char name[3 * LOG_LINE_MAX];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	log_warning("x", "%s", name);
}

static void a_long_message_is_cut_and_says_so(void **s)
{
	char buf[2 * LOG_LINE_MAX];
	size_t n;

	(void)s;
	n = logged(buf, sizeof(buf), speak_long);
	assert_int_equal(n, LOG_LINE_MAX);
	assert_string_equal(buf + n - 4, "...\n");
}

static void speak_of_all_levels(void)
{
	log_set_level(LOG_LVL_NOTICE);
	log_debug("x", "debug");
	log_info("x", "info");
	log_notice("x", "notice");
	log_error("x", "error");
	log_set_level(LOG_LVL_INFO);
}

static void messages_above_the_level_are_dropped(void **s)
{
	char buf[256];

	(void)s;
	(void)logged(buf, sizeof(buf), speak_of_all_levels);
	assert_string_equal(buf, "<5>x: notice\n<3>x: error\n");
}

static void levels_have_names(void **s)
{
	(void)s;
	assert_int_equal(log_level_find(T("error")), LOG_LVL_ERROR);
	assert_int_equal(log_level_find(T("debug")), LOG_LVL_DEBUG);
	assert_int_equal(log_level_find(T("")), -EINVAL);
	assert_string_equal(log_level_name(LOG_LVL_WARNING), "warning");
}

/* ---- clock, retry, stop ---- */

static void times_are_written_for_timestamptz(void **s)
{
	char buf[CLOCK_TEXT_SIZE];

	(void)s;
	assert_int_equal(clock_format(0, buf), 0);
	assert_string_equal(buf, "1970-01-01 00:00:00.000+00");
	assert_int_equal(clock_format(1700000000123, buf), 0);
	assert_string_equal(buf, "2023-11-14 22:13:20.123+00");
	assert_int_equal(clock_format(-1, buf), 0);
	assert_string_equal(buf, "1969-12-31 23:59:59.999+00");
}

static void no_time_however_wrong_does_harm(void **s)
{
	static const int64_t wrong[] = { INT64_MIN, INT64_MAX, INT64_MIN + 1,
					 253402300800000 };
	char buf[CLOCK_TEXT_SIZE];

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		int err = clock_format(wrong[i], buf);

		assert_true(err == 0 || err == -EINVAL);
	}
}

static void pauses_double_up_to_the_longest(void **s)
{
	static const int wanted[] = { 100, 200, 400, 800, 1000, 1000 };
	struct retry r;

	(void)s;
	retry_init(&r, 1000);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(retry_next_ms(&r), wanted[i]);
	retry_reset(&r);
	assert_int_equal(retry_next_ms(&r), 100);
	retry_init(&r, 50);
	assert_int_equal(retry_next_ms(&r), 50);
	assert_int_equal(retry_next_ms(&r), 50);
}

static void *wait_for_stop(void *arg)
{
	return (void *)(intptr_t)stop_wait(arg, -1, 60000);
}

static void whoever_waits_is_woken_by_the_stop(void **s)
{
	struct stop stop;
	pthread_t t[3];
	void *result;

	(void)s;
	assert_int_equal(stop_init(&stop), 0);
	assert_false(stop_is_asked(&stop));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		assert_int_equal(
			pthread_create(&t[i], NULL, wait_for_stop, &stop), 0);
	stop_ask(&stop);
	stop_ask(&stop);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		assert_int_equal(pthread_join(t[i], &result), 0);
		assert_int_equal((intptr_t)result, -ECANCELED);
	}
	assert_true(stop_is_asked(&stop));
	stop_fini(&stop);
}

/* ---- json ---- */

static void json_takes_any_bytes(void **s)
{
	struct json *j;
	char *text;

	(void)s;
	assert_int_equal(json_new(&j), 0);
	assert_int_equal(json_put_text(j, "a", text_make("\xff\0\"\n", 4)), 0);
	assert_int_equal(json_put_u64(j, "n", 18446744073709551615U), 0);
	assert_int_equal(json_put_u64(j, "m", 9223372036854775807U), 0);
	assert_int_equal(json_put_null(j, "z"), 0);
	assert_int_equal(json_format(j, &text), 0);
	assert_string_equal(text, "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\\\"\\n\","
				  "\"n\":\"18446744073709551615\","
				  "\"m\":9223372036854775807,\"z\":null}");
	free(text);
	assert_null(json_free(j));
	assert_null(json_free(NULL));
}

static void a_text_told_twice_is_kept_twice(void **s)
{
	struct json *j;
	char *text;

	(void)s;
	assert_int_equal(json_new(&j), 0);
	assert_int_equal(json_put_text(j, "fault", T("From")), 0);
	assert_int_equal(json_put_text(j, "fault", T("PAI")), 0);
	assert_int_equal(json_format(j, &text), 0);
	assert_string_equal(text, "{\"fault\":\"From, PAI\"}");
	free(text);
	(void)json_free(j);
}

static void a_list_begins_with_its_first_member(void **s)
{
	struct json *j, *child;
	char *text;

	(void)s;
	assert_int_equal(json_new(&j), 0);
	assert_int_equal(json_new(&child), 0);
	assert_int_equal(json_put_bool(child, "b", true), 0);
	assert_int_equal(json_add_text(j, "a", text_make("x\xff\0", 3)), 0);
	assert_int_equal(json_add_text(j, "a", T("x")), 0);
	assert_int_equal(json_add_object(j, "o", child), 0);
	assert_int_equal(json_put_bool(child, "b", false), 0);
	assert_int_equal(json_add_object(j, "o", child), 0);
	assert_int_equal(json_put_list(j, "none"), 0);
	assert_int_equal(json_put_list(j, "a"), 0);
	assert_int_equal(json_format(j, &text), 0);
	assert_string_equal(text,
			    "{\"a\":[\"x\xef\xbf\xbd\xef\xbf\xbd\",\"x\"],"
			    "\"o\":[{\"b\":true},{\"b\":false}],"
			    "\"none\":[]}");
	free(text);
	(void)json_free(child);
	(void)json_free(j);
}

/* ---- array parameters ---- */

static void array_literals_escape_what_array_in_would_read(void **s)
{
	struct db_array a;

	(void)s;
	db_array_init(&a);
	assert_string_equal(db_array_get(&a), "{}");
	db_array_add(&a, T("plain"));
	db_array_add(&a, T("a\"b\\c,{}"));
	db_array_add(&a, T("NULL"));
	db_array_add(&a, T(""));
	db_array_add_u64(&a, UINT64_MAX);
	assert_string_equal(db_array_get(&a),
			    "{\"plain\",\"a\\\"b\\\\c,{}\",\"NULL\",\"\","
			    "\"18446744073709551615\"}");
	/* Getting it does not end it. */
	db_array_add(&a, T("x"));
	assert_non_null(strstr(db_array_get(&a), "5\",\"x\"}"));
	db_array_fini(&a);
}

static void an_array_grows_as_needed(void **s)
{
	struct db_array a;
	const char *text;
	size_t commas = 0;

	(void)s;
	db_array_init(&a);
	for (uint64_t i = 0; i < 10000; i++)
		db_array_add_u64(&a, i);
	text = db_array_get(&a);
	assert_non_null(text);
	for (; *text; text++)
		commas += *text == ',';
	assert_int_equal(commas, 9999);
	db_array_fini(&a);
}

static void a_column_is_read_as_a_number_only_if_it_is_one(void **s)
{
	const struct text col[] = { T("42"),
				    T("18446744073709551615"),
				    T("18446744073709551616"),
				    T("-1"),
				    T("4x"),
				    T(""),
				    { NULL, 0 } };
	const struct db_row row = { .count = ARRAY_SIZE(col), .col = col };
	uint64_t n;

	(void)s;
	assert_int_equal(db_u64(&row, 0, &n), 0);
	assert_int_equal(n, 42);
	assert_int_equal(db_u64(&row, 1, &n), 0);
	assert_true(n == UINT64_MAX);
	for (size_t i = 2; i <= 5; i++)
		assert_int_equal(db_u64(&row, i, &n), -EINVAL);
	assert_int_equal(db_u64(&row, 6, &n), 0);
	assert_int_equal(n, 0);
	assert_true(db_is_null(&row, 6));
	assert_true(db_is_null(&row, 7)); /* behind the last column */
	assert_int_equal(db_text(&row, 6).len, 0);
}

/* ---- wake ---- */

static void a_stale_socket_is_replaced_and_a_file_is_not(void **s)
{
	char dir[] = "/tmp/e911-wake-XXXXXX", path[64];
	struct stat st;
	int fd;

	(void)s;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/run/wake.sock", dir);
	fd = wake_open(path);
	assert_true(fd >= 0);
	(void)close(fd); /* as after kill -9: the socket stays */
	fd = wake_open(path);
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	wake_close(fd, path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(wake_open(path), -EEXIST);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/run", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_utf8_is_told_from_the_rest),
		cmocka_unit_test(controls_are_seen_in_both_ranges),
		cmocka_unit_test(a_valid_copy_holds_no_unsound_byte_and_no_nul),
		cmocka_unit_test(any_bytes_become_printable),
		cmocka_unit_test(text_of_users_cannot_forge_a_line),
		cmocka_unit_test(a_long_message_is_cut_and_says_so),
		cmocka_unit_test(messages_above_the_level_are_dropped),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(times_are_written_for_timestamptz),
		cmocka_unit_test(no_time_however_wrong_does_harm),
		cmocka_unit_test(pauses_double_up_to_the_longest),
		cmocka_unit_test(whoever_waits_is_woken_by_the_stop),
		cmocka_unit_test(json_takes_any_bytes),
		cmocka_unit_test(a_text_told_twice_is_kept_twice),
		cmocka_unit_test(a_list_begins_with_its_first_member),
		cmocka_unit_test(
			array_literals_escape_what_array_in_would_read),
		cmocka_unit_test(an_array_grows_as_needed),
		cmocka_unit_test(
			a_column_is_read_as_a_number_only_if_it_is_one),
		cmocka_unit_test(a_stale_socket_is_replaced_and_a_file_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
