/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The desk with a real socket and a clock that stands still; the test plays
 * e911d.
 *
 * build: link e911_bridge
 * build: with test/support/fake_sip.c test/support/fake_report.c
 * build: with test/support/platform_libc.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "modules/e911/call_store.h"
#include "modules/e911/inquiry_desk.h"
#include "support/fake_report.h"
#include "support/platform_libc.h"

#define TIMEOUT 200

static struct inquiries *inquiries;
static struct desk *desk;
static struct call *call;
static char folder[64], path[96];
static int listener = -1, e911d = -1;

/* ---- what is done ---- */

static struct {
	unsigned count, answered;
	char why[16][80];
	uint64_t psap_id;
	struct inquiry *last;
} done;

static void on_done(struct inquiry *i, const struct locate_answer *a,
		    const char *why)
{
	if (done.count < ARRAY_SIZE(done.why))
		(void)snprintf(done.why[done.count], sizeof(done.why[0]), "%s",
			       why);
	done.count++;
	if (a) {
		done.answered++;
		done.psap_id = a->psap_id;
	}
	inquiry_free(i);
}

/* ---- e911d ---- */

static void e911d_listens(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	(void)unlink(path);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 4), 0);
}

static void e911d_accepts(void)
{
	e911d = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(e911d >= 0);
}

static void e911d_dies(void)
{
	if (e911d >= 0)
		close(e911d);
	if (listener >= 0)
		close(listener);
	e911d = listener = -1;
	(void)unlink(path);
}

/* The next question; false: there is none. */
static bool e911d_hears(struct locate_question *ret)
{
	static uint8_t buf[LOCATE_QUESTION_MAX];
	ssize_t n = recv(e911d, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0)
		return false;
	assert_int_equal(locate_question_decode(buf, (size_t)n, ret), 0);
	return true;
}

static void e911d_says(const struct locate_answer *a)
{
	uint8_t buf[LOCATE_ANSWER_MAX];
	int n = locate_answer_encode(a, buf, sizeof(buf));

	assert_true(n > 0);
	assert_int_equal(send(e911d, buf, (size_t)n, 0), n);
}

static void e911d_answers_the_probe(void)
{
	struct locate_question q;

	assert_true(e911d_hears(&q));
	assert_int_equal(q.count, 0);
	e911d_says(&(struct locate_answer){ .nonce = q.nonce,
					    .status = LOCATE_HERE });
}

static void e911d_finds(const struct locate_question *q, uint64_t psap_id)
{
	e911d_says(&(struct locate_answer){ .nonce = q->nonce,
					    .status = LOCATE_FOUND,
					    .kind = BROUGHT_VALUE,
					    .psap_id = psap_id });
}

/* ---- the scene ---- */

static void turn(void)
{
	int ms = desk_turn(desk);

	assert_true(ms >= 0 && ms <= DESK_PROBE_MS);
}

static int setup(void **state)
{
	(void)state;
	memset(&done, 0, sizeof(done));
	fake_report_reset();
	log_clear();
	clock_set(INT64_C(1700000000000), 1000000);
	snprintf(folder, sizeof(folder), "/tmp/e911-desk-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/locate.sock", folder);
	inquiries = inquiries_new();
	assert_non_null(inquiries);
	desk = desk_new(&(struct desk_conf){ .inquiries = inquiries,
					     .path = path,
					     .timeout_ms = TIMEOUT,
					     .done = on_done });
	assert_non_null(desk);
	call = call_new(CALL_EMERGENCY);
	assert_non_null(call);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	desk = desk_free(desk);
	inquiries = inquiries_free(inquiries);
	e911d_dies();
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(call->refs, 1);
	call_unref(call);
	assert_int_equal(shared_in_use(), 0);
	return 0;
}

static void everything_works(void)
{
	e911d_listens();
	turn();
	e911d_accepts();
	e911d_answers_the_probe();
	turn();
	assert_null(inquiries_problem(inquiries));
}

static void a_call_asks_about(enum brought_kind kind)
{
	const struct brought b = {
		.count = 1,
		.items = { { kind, { "https://a.example", 17 } } },
	};
	const char *why = "";
	struct inquiry *i = inquiry_new(inquiries, call, &b, 150, &why);

	if (!i)
		fail_msg("%s", why);
	inquiries_put(inquiries, i);
}

static void a_call_asks(void)
{
	a_call_asks_about(BROUGHT_VALUE);
}

/* ---- stories ---- */

static void without_e911d_nobody_asks(void **state)
{
	(void)state;
	turn();
	assert_string_equal(inquiries_problem(inquiries), "e911d is not there");
	assert_int_equal(desk_fd(desk), -1);
	/* Who asks all the same, in a race, is told at once. */
	a_call_asks();
	turn();
	assert_int_equal(done.count, 1);
	assert_string_equal(done.why[0], "e911d is not there");
}

static void e911d_must_answer_before_a_call_asks(void **state)
{
	(void)state;
	e911d_listens();
	turn();
	e911d_accepts();
	assert_non_null(inquiries_problem(inquiries));
	e911d_answers_the_probe();
	turn();
	assert_null(inquiries_problem(inquiries));
}

static void a_question_is_answered_once(void **state)
{
	struct locate_question q;

	(void)state;
	everything_works();
	a_call_asks();
	turn();
	assert_true(e911d_hears(&q));
	assert_int_equal(q.count, 1);
	assert_int_equal(q.budget_ms, 150);
	e911d_finds(&q, 17);
	e911d_finds(&q, 18);
	turn();
	assert_int_equal(done.count, 1);
	assert_int_equal(done.psap_id, 17);
	assert_int_equal(stat_get(STAT_locations_asked), 1);
	assert_int_equal(stat_get(STAT_locations_unasked), 1);
	assert_int_equal(inquiries_count(inquiries), 0);
}

static void answers_may_come_in_another_order(void **state)
{
	struct locate_question one, two;

	(void)state;
	everything_works();
	a_call_asks();
	a_call_asks();
	turn();
	assert_true(e911d_hears(&one));
	assert_true(e911d_hears(&two));
	e911d_finds(&two, 2);
	turn();
	assert_int_equal(done.psap_id, 2);
	e911d_finds(&one, 1);
	turn();
	assert_int_equal(done.psap_id, 1);
	assert_int_equal(done.answered, 2);
	a_call_asks();
	turn();
	assert_true(e911d_hears(&one));
}

static void a_forged_answer_is_no_answer(void **state)
{
	struct locate_question q;

	(void)state;
	everything_works();
	a_call_asks();
	turn();
	assert_true(e911d_hears(&q));
	q.nonce.b[15] ^= 1;
	e911d_finds(&q, 666);
	assert_int_equal(send(e911d, "E9LA nonsense", 13, 0), 13);
	turn();
	assert_int_equal(done.count, 0);
	assert_int_equal(stat_get(STAT_locations_unasked), 2);
	q.nonce.b[15] ^= 1;
	e911d_finds(&q, 17);
	turn();
	assert_int_equal(done.psap_id, 17);
}

static void the_first_silence_spares_all_others(void **state)
{
	struct locate_question q;

	(void)state;
	everything_works();
	a_call_asks();
	clock_advance(50);
	a_call_asks();
	turn();
	clock_advance(149);
	turn();
	assert_int_equal(done.count, 0);
	clock_advance(1);
	turn();
	assert_int_equal(done.count, 2);
	assert_string_equal(done.why[0], "no answer in time");
	assert_string_equal(done.why[1],
			    "e911d has not answered another call in time");
	assert_string_equal(inquiries_problem(inquiries),
			    "e911d has not answered in time before");
	assert_int_equal(stat_get(STAT_locations_missed), 1);
	assert_int_equal(fake_report_of(EVENT_LOCATE_DOWN), 1);
	/* Late answers change nothing. */
	assert_true(e911d_hears(&q));
	e911d_finds(&q, 17);
	turn();
	assert_int_equal(done.count, 2);
	assert_int_equal(stat_get(STAT_locations_unasked), 1);
	assert_non_null(inquiries_problem(inquiries));
}

/* The server that it names may be what is silent. */
static void a_reference_without_an_answer_spares_nobody(void **state)
{
	struct locate_question q;

	(void)state;
	everything_works();
	a_call_asks_about(BROUGHT_REFERENCE);
	a_call_asks_about(BROUGHT_REFERENCE);
	turn();
	clock_advance(TIMEOUT - 1);
	a_call_asks();
	turn();
	for (unsigned i = 0; i < 3; i++)
		assert_true(e911d_hears(&q));
	clock_advance(1);
	turn();
	assert_int_equal(done.count, 2);
	assert_string_equal(done.why[1], "no answer in time");
	assert_int_equal(stat_get(STAT_locations_missed), 2);
	assert_null(inquiries_problem(inquiries));
	assert_int_equal(fake_report_of(EVENT_LOCATE_DOWN), 0);
	e911d_answers_the_probe();
	e911d_finds(&q, 17);
	turn();
	assert_int_equal(done.psap_id, 17);
	clock_advance(TIMEOUT);
	turn();
	assert_null(inquiries_problem(inquiries));
}

/* And e911d itself is asked at once whether it is there. */
static void a_hung_e911d_is_known_by_references_too(void **state)
{
	struct locate_question q;

	(void)state;
	everything_works();
	a_call_asks_about(BROUGHT_REFERENCE);
	turn();
	assert_true(e911d_hears(&q));
	clock_advance(TIMEOUT);
	turn();
	assert_true(e911d_hears(&q));
	assert_int_equal(q.count, 0);
	clock_advance(1);
	a_call_asks();
	turn();
	clock_advance(TIMEOUT - 1);
	turn();
	assert_int_equal(done.count, 2);
	assert_string_equal(done.why[1], "e911d has not answered in time");
	assert_non_null(inquiries_problem(inquiries));
	assert_int_equal(fake_report_of(EVENT_LOCATE_DOWN), 1);
}

/* e911d has not been silent: it was not asked, or hardly. */
static void our_own_delay_spares_nobody(void **state)
{
	struct locate_question q;

	(void)state;
	everything_works();
	a_call_asks();
	clock_advance(TIMEOUT);
	turn();
	assert_false(e911d_hears(&q));
	assert_int_equal(done.count, 1);
	assert_string_equal(done.why[0],
			    "its time was over before e911d could be asked");
	assert_int_equal(stat_get(STAT_locations_late), 1);
	a_call_asks();
	clock_advance(TIMEOUT - 1);
	turn();
	assert_true(e911d_hears(&q));
	clock_advance(1);
	turn();
	assert_int_equal(done.count, 2);
	assert_string_equal(done.why[1], "no answer in time");
	assert_null(inquiries_problem(inquiries));
	assert_int_equal(fake_report_of(EVENT_LOCATE_DOWN), 0);
	e911d_answers_the_probe();
	turn();
	clock_advance(TIMEOUT);
	turn();
	assert_null(inquiries_problem(inquiries));
}

/* Its answer is behind those of many others. */
static void an_answer_that_is_there_is_not_missed(void **state)
{
	static struct locate_question q[100];

	(void)state;
	everything_works();
	for (unsigned i = 0; i < ARRAY_SIZE(q); i++) {
		a_call_asks();
		turn();
		assert_true(e911d_hears(&q[i]));
	}
	for (unsigned i = ARRAY_SIZE(q); i > 0; i--)
		e911d_finds(&q[i - 1], i);
	clock_advance(TIMEOUT);
	turn();
	assert_int_equal(done.answered, ARRAY_SIZE(q));
	assert_int_equal(done.psap_id, 1);
	assert_int_equal(stat_get(STAT_locations_missed), 0);
	assert_null(inquiries_problem(inquiries));
}

static void a_probe_in_time_ends_the_sparing(void **state)
{
	struct locate_question q;

	(void)state;
	everything_works();
	a_call_asks();
	turn();
	assert_true(e911d_hears(&q));
	clock_advance(TIMEOUT);
	turn();
	assert_int_equal(done.count, 1);
	clock_advance(DESK_PROBE_MS - 1);
	turn();
	assert_false(e911d_hears(&q));
	clock_advance(1);
	turn();
	/* It is answered late: e911d is there, but slow. */
	clock_advance(TIMEOUT);
	turn();
	e911d_answers_the_probe();
	turn();
	assert_non_null(inquiries_problem(inquiries));
	clock_advance(DESK_PROBE_MS);
	turn();
	e911d_answers_the_probe();
	turn();
	assert_null(inquiries_problem(inquiries));
	assert_int_equal(fake_report_of(EVENT_LOCATE_UP), 1);
	assert_int_equal(fake_report_of(EVENT_LOCATE_DOWN), 1);
}

static void a_death_of_e911d_is_known_at_once(void **state)
{
	(void)state;
	everything_works();
	a_call_asks();
	turn();
	e911d_dies();
	turn();
	assert_int_equal(done.count, 1);
	assert_string_equal(done.why[0], "e911d has gone");
	assert_string_equal(inquiries_problem(inquiries), "e911d is not there");
	e911d_listens();
	turn();
	assert_int_equal(desk_fd(desk), -1);
	clock_advance(DESK_PROBE_MS);
	turn();
	e911d_accepts();
	e911d_answers_the_probe();
	turn();
	assert_null(inquiries_problem(inquiries));
}

static void who_has_slept_proves_anew_that_all_is_well(void **state)
{
	(void)state;
	everything_works();
	inquiries_spare(inquiries);
	inquiries_spare(inquiries);
	assert_int_equal(fake_report_of(EVENT_LOCATE_DOWN), 1);
	assert_int_equal(stat_get(STAT_locations_missed), 2);
	assert_non_null(inquiries_problem(inquiries));
	turn();
	e911d_answers_the_probe();
	turn();
	assert_null(inquiries_problem(inquiries));
	assert_int_equal(fake_report_of(EVENT_LOCATE_UP), 1);
}

static void a_full_socket_is_no_answer(void **state)
{
	unsigned n = 0;

	(void)state;
	everything_works();
	while (!done.count && n++ < 5000) {
		a_call_asks();
		turn();
		if (inquiries_count(inquiries) == INQUIRIES_MAX)
			break;
	}
	/* Either the socket or the bound on what is under way came first. */
	if (done.count)
		assert_string_equal(done.why[0],
				    "e911d takes no more questions");
	else
		assert_int_equal(n, INQUIRIES_MAX);
	e911d_dies();
}

static void what_is_under_way_is_bounded(void **state)
{
	static char big[60000];
	const struct brought b = {
		.count = 1,
		.items = { { BROUGHT_VALUE, { big, sizeof(big) } } },
	};
	const struct brought too_big = {
		.count = 2,
		.items = { { BROUGHT_VALUE, { big, sizeof(big) } },
			   { BROUGHT_VALUE, { big, sizeof(big) } } },
	};
	struct inquiry *all[INQUIRIES_MAX] = { 0 };
	const char *why = "";
	unsigned n = 0;

	(void)state;
	assert_null(inquiry_new(inquiries, call, &too_big, 1, &why));
	assert_string_equal(why, "it is too long");
	while (n < INQUIRIES_MAX &&
	       (all[n] = inquiry_new(inquiries, call, &b, 1, &why)))
		n++;
	assert_int_equal(n, INQUIRIES_BYTES_MAX / (sizeof(big) + 36 +
						   sizeof(struct inquiry)));
	assert_string_equal(why, "too much is asked at once");
	while (n)
		inquiry_free(all[--n]);
	shared_fail_after(0);
	assert_null(inquiry_new(inquiries, call, &b, 1, &why));
	shared_fail_after(-1);
	assert_string_equal(why, "memory is short");
	assert_int_equal(inquiries_count(inquiries), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_e911d_nobody_asks),
		TEST(e911d_must_answer_before_a_call_asks),
		TEST(a_question_is_answered_once),
		TEST(answers_may_come_in_another_order),
		TEST(a_forged_answer_is_no_answer),
		TEST(the_first_silence_spares_all_others),
		TEST(a_reference_without_an_answer_spares_nobody),
		TEST(a_hung_e911d_is_known_by_references_too),
		TEST(our_own_delay_spares_nobody),
		TEST(an_answer_that_is_there_is_not_missed),
		TEST(a_probe_in_time_ends_the_sparing),
		TEST(a_death_of_e911d_is_known_at_once),
		TEST(who_has_slept_proves_anew_that_all_is_well),
		TEST(a_full_socket_is_no_answer),
		TEST(what_is_under_way_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
