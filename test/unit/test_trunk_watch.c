/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build: with modules/e911/trunk_watch.c modules/e911/trunk_health.c
 * build: with modules/e911/leg_line.c modules/e911/report.c
 * build: with modules/e911/route_tls.c
 * build: with test/support/fake_report.c test/support/platform_libc.c
 */
#include "modules/e911/trunk_watch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "modules/e911/leg_i3.h"
#include "modules/e911/sip_port.h"
#include "support/fake_report.h"
#include "support/platform_libc.h"

#define SENT_MAX   1024
#define TRUNKS_MAX 600
#define CHECK_S    10
#define SILENCE_MS 2000

/* ---- a directory of some trunks ---- */

static struct dir_trunk trunks[TRUNKS_MAX]; /* by id */
static unsigned trunk_count;
static char hosts[TRUNKS_MAX][CALL_HOST_SIZE];
static unsigned ended;

static struct dir_trunk *trunk_add(unsigned check_s)
{
	struct dir_trunk *t = &trunks[trunk_count];

	snprintf(hosts[trunk_count], CALL_HOST_SIZE, "10.0.%u.%u",
		 trunk_count / 200, trunk_count % 200 + 1);
	*t = (struct dir_trunk){ .trunk_id = 10 + 10 * trunk_count,
				 .role = TRUNK_PSAP,
				 .host = text_of(hosts[trunk_count]),
				 .port = 5060,
				 .transport = TRANSPORT_UDP,
				 .response_timeout_ms = SILENCE_MS,
				 .oos_check_s = check_s };
	trunk_count++;
	return t;
}

int directory_trunk_after(struct directory *d, uint64_t trunk_id,
			  struct dir_trunk *ret)
{
	(void)d;
	assert_int_equal(ended, 0);
	for (unsigned i = 0; i < trunk_count; i++)
		if (trunks[i].trunk_id > trunk_id) {
			*ret = trunks[i];
			return 0;
		}
	return -ENOENT;
}

static void end_directory(struct directory *d)
{
	(void)d;
	ended++;
}

/* ---- the wire ---- */

static struct {
	struct trunk_probe *probe;
	char target[128], headers[512], from[64];
	uint32_t timeout_ms;
} sent[SENT_MAX];
static unsigned sent_count;
static int send_error, flow_error;

int sip_flow_to(const struct call_route *route, struct sip_flow *ret_flow,
		char *contact, size_t contact_size, char *host,
		size_t host_size)
{
	(void)route;
	*ret_flow = (struct sip_flow){ .transport = route->transport };
	snprintf(contact, contact_size, "<sip:e911@192.0.2.100:5060>");
	snprintf(host, host_size, "192.0.2.100");
	return flow_error;
}

int sip_send(const struct sip_out *out, struct sip_transaction *ret)
{
	const struct leg *leg = out->leg;

	/* The directory is let go of before anything is sent. */
	assert_int_equal(ended, 1);
	assert_string_equal(out->method, "OPTIONS");
	assert_null(out->exchange);
	assert_null(leg->call);
	assert_int_equal(leg->remote_tag.len, 0);
	assert_int_equal(leg->call_id.len, 32);
	assert_int_equal(leg->local_tag.len, 16);
	if (send_error)
		return send_error;
	assert_true(sent_count < SENT_MAX);
	snprintf(sent[sent_count].target, 128, "%.*s",
		 TEXT_ARG(leg->remote_target));
	snprintf(sent[sent_count].headers, 512, "%.*s", TEXT_ARG(out->headers));
	snprintf(sent[sent_count].from, 64, "%.*s", TEXT_ARG(leg->local_uri));
	sent[sent_count].timeout_ms = out->response_timeout_ms;
	sent[sent_count++].probe = out->probe;
	*ret = (struct sip_transaction){ 0 };
	return 0;
}

const char *leg_i3_host(void)
{
	return "esinet.example.net";
}

/* ---- one test ---- */

static struct trunk_health *health;

static int begin(void **state)
{
	(void)state;
	trunk_count = sent_count = 0;
	send_error = flow_error = 0;
	clock_set(INT64_C(1700000000000), 1000000);
	fake_report_reset();
	health = trunk_health_new();
	trunk_watch_init(health);
	return health ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	trunk_watch_init(NULL);
	health = trunk_health_free(health);
	return shared_in_use() == 0 ? 0 : -1;
}

/* How many OPTIONS went out. */
static unsigned turn(void)
{
	unsigned before = sent_count;
	size_t n;

	ended = 0;
	n = trunk_watch_turn((struct directory *)hosts, end_directory);
	assert_int_equal(ended, 1);
	assert_int_equal(n, sent_count - before);
	return sent_count - before;
}

/* The latest ones are answered; 0: not at all. */
static void answered(unsigned count, unsigned code)
{
	for (unsigned i = sent_count - count; i < sent_count; i++) {
		if (count > 1) /* nobody reads of so many */
			fake_report_reset();
		trunk_watch_answered(sent[i].probe, code);
		trunk_watch_forgotten(sent[i].probe);
	}
}

static struct call_route route_to(const struct dir_trunk *t)
{
	struct call_route r = { .trunk_id = t->trunk_id,
				.port = t->port,
				.transport = (uint8_t)t->transport,
				.recovery_timeout_s = 30 };

	assert_true(text_to_cstr(t->host, r.host, sizeof(r.host)) == 0);
	return r;
}

static bool is_up(const struct dir_trunk *t)
{
	struct call_route r = route_to(t);

	return trunk_health_is_up(health, &r, clock_mono_ms());
}

static void only_trunks_that_want_it_are_asked(void **state)
{
	(void)state;
	trunk_add(0);
	trunk_add(CHECK_S);
	trunk_add(0);
	assert_int_equal(turn(), 1);
	assert_string_equal(sent[0].target, "sip:10.0.0.2:5060;transport=udp");
	assert_string_equal(sent[0].from, "sip:192.0.2.100");
	assert_non_null(strstr(sent[0].headers,
			       "Contact: <sip:e911@192.0.2.100:5060>\r\n"));
	assert_non_null(strstr(sent[0].headers, "Accept: application/sdp\r\n"));
	assert_int_equal(sent[0].timeout_ms, SILENCE_MS);
	answered(1, 200);
}

static void an_esinet_hears_our_domain(void **state)
{
	(void)state;
	trunk_add(CHECK_S)->profile = PROFILE_I3;
	assert_int_equal(turn(), 1);
	assert_string_equal(sent[0].from, "sip:esinet.example.net");
	answered(1, 200);
}

static void each_destination_is_asked(void **state)
{
	struct dir_trunk *t = trunk_add(CHECK_S);

	(void)state;
	t->contact_count = 2;
	t->contacts[0] = (struct dir_contact){ text_of("10.0.0.9"), 5060,
					       TRANSPORT_TCP };
	t->contacts[1] = (struct dir_contact){ text_of("2001:db8::9"), 5061,
					       TRANSPORT_TLS };
	assert_int_equal(turn(), 3);
	assert_string_equal(sent[1].target, "sip:10.0.0.9:5060;transport=tcp");
	assert_string_equal(sent[2].target,
			    "sip:[2001:db8::9]:5061;transport=tls");
	answered(3, 200);
}

static void a_trunk_whose_name_was_never_resolved_is_not_asked(void **state)
{
	(void)state;
	trunk_add(CHECK_S)->host = text_of("");
	assert_int_equal(turn(), 0);
}

static void it_is_asked_again_after_its_time(void **state)
{
	(void)state;
	trunk_add(CHECK_S);
	assert_int_equal(turn(), 1);
	answered(1, 200);
	clock_advance(CHECK_S * 1000 - 1);
	assert_int_equal(turn(), 0);
	clock_advance(1);
	assert_int_equal(turn(), 1);

	/* One that is open is not asked twice. */
	clock_advance(CHECK_S * 1000);
	assert_int_equal(turn(), 0);
	answered(1, 200);
	assert_int_equal(turn(), 1);
	answered(1, 200);
	assert_int_equal(stat_get(STAT_options_sent), 3);
}

static void silence_puts_it_out_of_service_until_it_answers(void **state)
{
	struct dir_trunk *t = trunk_add(CHECK_S);

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(turn(), 1);
		clock_advance(SILENCE_MS);
		answered(1, 0);
		assert_false(is_up(t));
		clock_advance(CHECK_S * 1000);
		assert_false(is_up(t));
	}
	assert_int_equal(fake_report_of(EVENT_TRUNK_DOWN), 1);
	assert_int_equal(fake_report_of(EVENT_TRUNK_UP), 0);
	assert_int_equal(stat_get(STAT_trunks_failed), 1);
	assert_int_equal(stat_get(STAT_options_silent), 100);
	assert_int_equal(turn(), 1);
	answered(1, 404);
	assert_true(is_up(t));
	assert_int_equal(fake_report_of(EVENT_TRUNK_UP), 1);
}

static void oos_force_is_how_long_it_may_be_silent(void **state)
{
	(void)state;
	trunk_add(CHECK_S)->oos_force_s = 30;
	assert_int_equal(turn(), 1);
	assert_int_equal(sent[0].timeout_ms, 30000);
	answered(1, 200);
}

static void a_503_puts_it_out_of_service_whatever_calls_say(void **state)
{
	struct dir_trunk *t = trunk_add(CHECK_S);
	struct call_route r = route_to(t);

	(void)state;
	assert_int_equal(turn(), 1);
	answered(1, 503);
	assert_false(is_up(t));
	assert_false(trunk_health_replied(health, &r, clock_mono_ms()));
	assert_false(is_up(t));
	clock_advance(CHECK_S * 1000);
	assert_int_equal(turn(), 1);
	answered(1, 200);
	assert_true(is_up(t));
	assert_int_equal(fake_report_of(EVENT_TRUNK_DOWN), 1);
	assert_int_equal(fake_report_of(EVENT_TRUNK_UP), 1);
}

static void one_that_a_call_found_silent_is_asked_at_once(void **state)
{
	struct dir_trunk *t = trunk_add(CHECK_S);
	struct call_route r = route_to(t);

	(void)state;
	assert_int_equal(turn(), 1);
	answered(1, 200);
	clock_advance(1000);
	assert_true(trunk_health_failed(health, &r, clock_mono_ms(),
					text_of("no reply at all")));
	assert_false(is_up(t));
	assert_int_equal(turn(), 1);
	answered(1, 200);
	assert_true(is_up(t));
	assert_int_equal(turn(), 0);
}

static void a_call_that_heard_of_it_meanwhile_is_believed(void **state)
{
	struct dir_trunk *t = trunk_add(CHECK_S);
	struct call_route r = route_to(t);

	(void)state;
	assert_int_equal(turn(), 1);
	clock_advance(1000);
	assert_false(trunk_health_replied(health, &r, clock_mono_ms()));
	clock_advance(1000);
	answered(1, 0);
	assert_true(is_up(t));
	assert_int_equal(fake_report_of(EVENT_TRUNK_DOWN), 0);
}

/* The column is set to 0, or this node cannot ask: nothing lasts for ever. */
static void who_is_not_asked_any_more_is_tried_again(void **state)
{
	struct dir_trunk *t = trunk_add(CHECK_S);

	(void)state;
	assert_int_equal(turn(), 1);
	answered(1, 0);
	t->oos_check_s = 0;
	clock_advance(2 * (CHECK_S * 1000 + SILENCE_MS) + 4999);
	assert_false(is_up(t));
	clock_advance(1);
	assert_true(is_up(t));
	assert_int_equal(turn(), 0);
}

static void what_cannot_be_sent_says_nothing(void **state)
{
	struct dir_trunk *t = trunk_add(CHECK_S);

	(void)state;
	send_error = -EIO;
	assert_int_equal(turn(), 0);
	send_error = 0;
	flow_error = -EHOSTUNREACH;
	clock_advance(CHECK_S * 1000);
	assert_int_equal(turn(), 0);
	flow_error = 0;
	assert_true(is_up(t));
	clock_advance(CHECK_S * 1000);
	assert_int_equal(turn(), 1);
	answered(1, 200);
	assert_int_equal(fake_report_of(EVENT_TRUNK_DOWN), 0);
}

static void what_is_forgotten_unanswered_says_nothing(void **state)
{
	struct dir_trunk *t = trunk_add(CHECK_S);

	(void)state;
	assert_int_equal(turn(), 1);
	trunk_watch_forgotten(sent[0].probe);
	assert_true(is_up(t));
	clock_advance(CHECK_S * 1000);
	assert_int_equal(turn(), 1);
	answered(1, 200);
}

static void without_a_directory_nobody_is_asked(void **state)
{
	(void)state;
	trunk_add(CHECK_S);
	ended = 0;
	assert_int_equal(trunk_watch_turn(NULL, end_directory), 0);
	assert_int_equal(ended, 1);
}

/* Nobody answers: the OPTIONS that are open are bounded, and when they are
 * over those come next that could not be asked. */
static void many_trunks_are_asked_in_turn(void **state)
{
	static unsigned seen[TRUNKS_MAX];
	unsigned open = 0, n;

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (unsigned i = 0; i < TRUNKS_MAX; i++)
		trunk_add(CHECK_S);
	while ((n = turn()) > 0) {
		assert_true(n <= TRUNK_WATCH_BATCH);
		open += n;
	}
	assert_int_equal(open, TRUNK_OPTIONS_OPEN);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < sent_count; i++) {
			unsigned a, b;

			sscanf(sent[i].target, "sip:10.0.%u.%u", &a, &b);
			seen[a * 200 + b - 1]++;
		}
		clock_advance(SILENCE_MS);
		answered(sent_count, 0);
		sent_count = 0;
		clock_advance(500);
		while (turn() > 0)
			;
	}
	answered(sent_count, 0);
	/* 21 x 256 questions to 600: each has had its share. */
	for (unsigned i = 0; i < TRUNKS_MAX; i++)
		assert_in_range(seen[i], 5, 10);
}

/* Whatever is answered, forgotten or lost, in whatever order. */
static void questions_never_leak(void **state)
{
	struct trunk_probe *open[SENT_MAX];
	unsigned count = 0;
	uint64_t rnd = 1;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		trunk_add(1 + i % 5);
	for (unsigned step = 0; step < 20000; step++) {
		static const unsigned codes[] = { 0, 200, 405, 503 };

		rnd = rnd * UINT64_C(6364136223846793005) + 1442695040888963407;
		sent_count = 0;
		(void)turn();
		for (unsigned i = 0; i < sent_count; i++)
			open[count++] = sent[i].probe;
		assert_true(count <= TRUNK_OPTIONS_OPEN);
		clock_advance((int64_t)(rnd >> 40) % 900);
		if (!count)
			continue;
		fake_report_reset();
		if (rnd >> 61)
			trunk_watch_answered(open[(rnd >> 33) % count],
					     codes[(rnd >> 50) % 4]);
		if (rnd >> 62 == 1) {
			unsigned at = (rnd >> 33) % count;

			trunk_watch_forgotten(open[at]);
			open[at] = open[--count];
		}
	}
	while (count)
		trunk_watch_forgotten(open[--count]);
	clock_advance(10000);
	sent_count = 0;
	assert_int_equal(turn(), 40);
	answered(40, 200);
	assert_int_equal(trunk_health_down_count(health, clock_mono_ms()), 0);
}

int main(void)
{
#define in_watch(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
	const struct CMUnitTest tests[] = {
		in_watch(only_trunks_that_want_it_are_asked),
		in_watch(an_esinet_hears_our_domain),
		in_watch(each_destination_is_asked),
		in_watch(a_trunk_whose_name_was_never_resolved_is_not_asked),
		in_watch(it_is_asked_again_after_its_time),
		in_watch(silence_puts_it_out_of_service_until_it_answers),
		in_watch(oos_force_is_how_long_it_may_be_silent),
		in_watch(a_503_puts_it_out_of_service_whatever_calls_say),
		in_watch(one_that_a_call_found_silent_is_asked_at_once),
		in_watch(a_call_that_heard_of_it_meanwhile_is_believed),
		in_watch(who_is_not_asked_any_more_is_tried_again),
		in_watch(what_cannot_be_sent_says_nothing),
		in_watch(what_is_forgotten_unanswered_says_nothing),
		in_watch(without_a_directory_nobody_is_asked),
		in_watch(many_trunks_are_asked_in_turn),
		in_watch(questions_never_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
