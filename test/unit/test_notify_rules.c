/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/notify_world.c test/unit/dir_world.c */
/* build: with test/unit/dir_samples.c */
/* build: link e911_sidecar lmdb */
#include "test/support/notify_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stats.h"
#include "bytes.h"
#include "notify/gateway_state.h"
#include "notify/hours.h"

#define T(s) text_make((s), sizeof(s) - 1)

/* ---- time zones ---- */

static const char *shown(const struct time_zone *z, int64_t utc_s)
{
	static char buf[64];
	struct local_time t;

	time_zone_local(z, utc_s * 1000, &t);
	(void)snprintf(buf, sizeof(buf), "%d-%02d-%02d %d %02d:%02d:%02d %s",
		       t.year, t.month, t.day, t.weekday, t.minute / 60,
		       t.minute % 60, t.second, t.name);
	return buf;
}

static void a_clock_on_the_wall_shows_what_the_law_says(void **state)
{
	/* date -u -d @N; TZ=... date -d @N */
	static const struct {
		const char *zone;
		int64_t utc_s;
		const char *want;
	} samples[] = {
		{ "America/New_York", 1773557999, "2026-03-15 6 02:59:59 EDT" },
		{ "America/New_York", 1772953199, "2026-03-08 6 01:59:59 EST" },
		{ "America/New_York", 1772953200, "2026-03-08 6 03:00:00 EDT" },
		{ "America/New_York", 1793512799, "2026-11-01 6 01:59:59 EDT" },
		{ "America/New_York", 1793512800, "2026-11-01 6 01:00:00 EST" },
		/* Beyond what the file lists. */
		{ "America/New_York", 2540260800, "2050-07-01 4 00:00:00 EDT" },
		{ "America/New_York", 2556144000, "2050-12-31 5 19:00:00 EST" },
		{ "America/Phoenix", 2540260800, "2050-06-30 3 21:00:00 MST" },
		{ "America/St_Johns", 1782864000, "2026-06-30 1 21:30:00 NDT" },
		{ "America/New_York", -3000000000,
		  "1874-12-07 0 13:43:58 LMT" },
	};

	(void)state;
	assert_string_equal(shown(NULL, 0), "1970-01-01 3 00:00:00 UTC");
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct time_zone *z = NULL;

		assert_int_equal(time_zone_load(&z, "/usr/share/zoneinfo",
						text_of(samples[i].zone)),
				 0);
		assert_string_equal(shown(z, samples[i].utc_s),
				    samples[i].want);
		(void)time_zone_free(z);
	}
}

static void no_name_leads_out_of_the_directory(void **state)
{
	static const char *const bad[] = {
		"",    "../../etc/passwd",   "/etc/passwd", ".", "America/../x",
		"a b", "America/New_York\n",
	};
	struct time_zone *z = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(time_zone_load(&z, "/usr/share/zoneinfo",
						text_of(bad[i])),
				 -EINVAL);
	assert_int_equal(time_zone_load(&z, "/usr/share/zoneinfo",
					text_of("Mars/Phobos")),
			 -ENOENT);
	assert_int_equal(time_zone_parse(&z, T("TZif2")), -EBADMSG);
}

/* ---- hours ---- */

static bool told_at(const char *spans, size_t len, int weekday, int minute)
{
	const struct dir_hours h = { .spans = text_make(spans, len) };
	const struct local_time t = { .weekday = weekday, .minute = minute };

	return hours_include(&h, &t);
}

static void hours_may_go_over_midnight(void **state)
{
	/* Mo-Fr 18:00-06:00 */
	static const char nights[] = "\x1f\x38\x04\x68\x01";
	/* Sa 00:00-24:00, Su 08:00-08:00 */
	static const char days[] = "\x20\x00\x00\xa0\x05\x40\xe0\x01\xe0\x01";

	(void)state;
	assert_false(told_at(nights, 5, 0, 5 * 60)); /* after Sunday */
	assert_false(told_at(nights, 5, 0, 1079));
	assert_true(told_at(nights, 5, 0, 1080));
	assert_true(told_at(nights, 5, 1, 359));
	assert_false(told_at(nights, 5, 1, 360));
	assert_true(told_at(nights, 5, 5, 0)); /* Friday's night */
	assert_false(told_at(nights, 5, 5, 1080));
	assert_true(told_at(days, 10, 5, 1439));
	assert_false(told_at(days, 10, 6, 479));
	assert_true(told_at(days, 10, 6, 480));
	assert_true(told_at(days, 10, 0, 479));
	assert_false(told_at(days, 10, 0, 480));
}

static struct matcher *m;
static struct notify_result r;

static int setup(void **state)
{
	int err = dir_world_setup(state);

	forget_calls();
	log_set_level((enum log_level)0);
	if (err == 0)
		err = matcher_new(&m, dir_root, "node-x");
	return err;
}

static int teardown(void **state)
{
	notify_result_fini(&r);
	m = matcher_free(m);
	log_set_level(LOG_LVL_INFO);
	return dir_world_teardown(state);
}

#define RECIPIENT(id, ...) \
	&(struct dir_recipient) \
	{ \
		.recipient_id = (id), __VA_ARGS__ \
	}
#define OURS .organization_id = WORLD_ORGANIZATION

/* The call is on a Saturday, 14:03 in Seattle, 17:03 in New York. */
static void put_hours(struct writer *w, uint64_t id, struct text zone,
		      unsigned from_h, unsigned until_h)
{
	struct dir_key key;
	uint8_t span[5] = { 1 << 5 };

	le16_put(span + 1, (uint16_t)(from_h * 60));
	le16_put(span + 3, (uint16_t)(until_h * 60));
	dir_key_hours(&key, id);
	PUT(w, hours, &key, .organization_id = WORLD_ORGANIZATION,
	    .time_zone = zone,
	    .spans = text_make((const char *)span, sizeof(span)));
}

static void put_shifts(struct writer *w)
{
	put_hours(w, 1, T(""), 14, 15);
	put_hours(w, 2, T("America/New_York"), 14, 15);
	put_hours(w, 3, T("Mars/Phobos"), 14, 15);
	for (uint64_t i = 1; i <= 3; i++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "%d@example.com",
			       (int)i);
		put_recipient(w, RECIPIENT_OF_ALL, 0,
			      RECIPIENT(i, OURS, .hours_id = i,
					.address = text_of(address)));
		put_recipient(w, RECIPIENT_OF_ALL, 0,
			      RECIPIENT(10 + i, OURS, .hours_id = i,
					.outside_hours = true,
					.channel = RECIPIENT_SCREEN,
					.address = text_of(address)));
	}
}

static bool is_told(uint64_t recipient_id)
{
	for (size_t i = 0; i < r.notices.count; i++)
		if (r.notices.v[i].recipient_id == recipient_id)
			return true;
	return false;
}

static void hours_are_those_of_the_place(void **state)
{
	(void)state;
	notify_world(put_shifts);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_true(is_told(1) && !is_told(11));
	assert_true(!is_told(2) && is_told(12));
	/* A zone that nobody knows leaves nobody out. */
	assert_true(is_told(3) && is_told(13));
	/* Who was told of the call is told of its course, hours later. */
	assert_int_equal(
		matched(m, call_event(EVENT_CALL_ANSWERED, 4 * 3600000), &r),
		0);
	assert_true(is_told(1) && !is_told(2));
}

static void put_off_duty(struct writer *w)
{
	put_hours(w, 1, T(""), 3, 4);
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(1, OURS, .hours_id = 1));
	/* The gateway's operators are far away. */
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(2, .organization_id = 0,
				.address = T("noc@example.com")));
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(3, OURS, .hours_id = 1,
				.address = T("test@example.com"),
				.events = RECIPIENT_TEST_CALL));
}

static void hours_that_leave_nobody_do_not_count(void **state)
{
	uint64_t before = stats_get(STAT_NOTICES_HOURS_IGNORED);
	struct event_writer *w;

	(void)state;
	notify_world(put_off_duty);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_true(is_told(1) && is_told(2));
	assert_int_equal(r.notices.count, 2);
	assert_true(stats_get(STAT_NOTICES_HOURS_IGNORED) == before + 1);
	assert_int_equal(matched(m, call_event(EVENT_CALL_ANSWERED, 1), &r), 0);
	assert_true(is_told(1));
	/* A test may go unheard. */
	forget_calls();
	w = call_started();
	event_text(w, FIELD_SERVICE, T("test"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_int_equal(r.notices.count, 0);
}

#define MANY 600

static void put_crowd(struct writer *w)
{
	for (uint64_t i = 1; i <= MANY; i++) {
		char address[64];

		(void)snprintf(address, sizeof(address),
			       "someone-of-many-%d@example.com", (int)i);
		put_recipient(w, RECIPIENT_OF_ALL, 0,
			      RECIPIENT(i, OURS, .address = text_of(address)));
	}
}

/* Their records fill many pages of the directory. */
static void each_of_many_is_told(void **state)
{
	(void)state;
	notify_world(put_crowd);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_int_equal(r.notices.count, MANY);
	for (uint64_t i = 0; i < MANY; i++)
		assert_int_equal(r.notices.v[i].recipient_id, i + 1);
}

/* ---- the gateway's own events ---- */

static void put_operators(struct writer *w)
{
	struct dir_key key;

	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(1, .organization_id = 0,
				.events = RECIPIENT_TRUNK_DOWN |
					  RECIPIENT_PSAP_DOWN));
	put_recipient(w, RECIPIENT_OF_LOCATION, WORLD_LOCATION,
		      RECIPIENT(2, OURS,
				.events = RECIPIENT_ELIN_POOL_EXHAUSTED |
					  RECIPIENT_ALI_DOUBTFUL));
	dir_key_trunk(&key, 21);
	PUT(w, trunk, &key, .trunk_id = 21, .name = T("king-b"),
	    .role = TRUNK_PSAP, .transport = TRANSPORT_UDP,
	    .host = T("192.0.2.21"), .port = 5060,
	    .number_format = NUMBER_FORMAT_E164, .profile = PROFILE_LEGACY);
	dir_key_psap(&key, 81);
	PUT(w, psap, &key, .psap_id = 81, .name = T("Pierce County"),
	    .kind = PSAP_PRIMARY, .route_count = 3,
	    .routes = { { 20, 81, T("911") },
			{ 21, 81, T("911") },
			{ 7, 80, T("911") } });
}

static int trunk_event(enum event_kind kind, uint64_t trunk_id, int64_t at_ms)
{
	struct event_writer *w = call_event(kind, at_ms);

	event_u64(w, FIELD_ROUTE_TRUNK, trunk_id);
	event_text(w, FIELD_DESTINATION, T("192.0.2.20:5060"));
	event_text(w, FIELD_REASON, T("silence"));
	return matched(m, w, &r);
}

static void a_trunk_and_the_psaps_that_it_alone_led_to_are_told(void **state)
{
	(void)state;
	notify_world(put_operators);
	assert_int_equal(trunk_event(EVENT_TRUNK_DOWN, 20, 0), 0);
	assert_int_equal(r.notices.count, 2);
	assert_string_equal(r.notices.v[0].event, "trunk_down");
	assert_string_equal(r.notices.v[0].subject,
			    "Trunk out of service: king-a 192.0.2.20:5060");
	assert_string_equal(
		r.notices.v[0].text,
		"A trunk of the emergency gateway is out of service.\n"
		"Trunk: king-a\nAddress: 192.0.2.20:5060\nReason: silence\n"
		"Node: node-x\n"
		"Time: 2026-11-21 22:03:22 UTC (2026-11-21T22:03:22.123Z)");
	assert_string_equal(r.notices.v[1].event, "psap_down");
	assert_non_null(strstr(r.notices.v[1].text, "PSAP: King County\n"
						    "How many: 1\n"));
	/* The other one led to Pierce County too. */
	assert_int_equal(trunk_event(EVENT_TRUNK_DOWN, 21, 1000), 0);
	assert_int_equal(r.notices.count, 2);
	assert_non_null(strstr(r.notices.v[1].text, "PSAP: Pierce County\n"));
	assert_int_equal(trunk_event(EVENT_TRUNK_UP, 20, 2000), 0);
	assert_int_equal(r.notices.count, 1);
	assert_string_equal(r.notices.v[0].event, "trunk_up");
	/* After a start all are taken to be in service. */
	assert_int_equal(matched(m, call_event(EVENT_CALLS_RESTORED, 3000), &r),
			 0);
	assert_int_equal(trunk_event(EVENT_TRUNK_DOWN, 20, 4000), 0);
	assert_int_equal(r.notices.count, 2);
	assert_non_null(strstr(r.notices.v[1].text, "PSAP: King County\n"));
}

static void a_trunk_that_flaps_does_not_flood(void **state)
{
	uint64_t before = stats_get(STAT_NOTICES_LIMITED);
	unsigned told = 0, last = 0;

	(void)state;
	notify_world(put_operators);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(
			trunk_event(i % 2 ? EVENT_TRUNK_UP : EVENT_TRUNK_DOWN,
				    21, (int64_t)i * 1000),
			0);
		told += (unsigned)r.notices.count;
		for (size_t k = 0; k < r.notices.count; k++)
			last += strcmp(r.notices.v[k].event,
				       "trunk_flapping") == 0;
	}
	assert_int_equal(told, STATE_TELL_MAX);
	assert_int_equal(last, 1);
	assert_true(stats_get(STAT_NOTICES_LIMITED) ==
		    before + 200 - STATE_TELL_MAX);
	/* Another one is told; this one too, after a while. */
	assert_int_equal(trunk_event(EVENT_TRUNK_DOWN, 7, 200000), 0);
	assert_int_equal(r.notices.count, 1);
	assert_int_equal(trunk_event(EVENT_TRUNK_DOWN, 21, 7200000), 0);
	assert_int_equal(r.notices.count, 1);
	assert_string_equal(r.notices.v[0].event, "trunk_down");
}

static void an_empty_pool_is_told_to_those_of_the_place(void **state)
{
	struct event_writer *w;

	(void)state;
	notify_world(put_operators);
	for (unsigned i = 0; i < 6; i++) {
		w = call_event(EVENT_POOL_EXHAUSTED, i);
		event_u64(w, FIELD_LOCATION, WORLD_LOCATION);
		event_text(w, FIELD_BOUND_BY, T("shared"));
		event_text(w, FIELD_ELIN, T("+12065550181"));
		assert_int_equal(matched(m, w, &r), 0);
		assert_int_equal(r.notices.count, i < STATE_TELL_MAX);
		if (i)
			continue;
		assert_string_equal(r.notices.v[0].event,
				    "elin_pool_exhausted");
		assert_non_null(
			strstr(r.notices.v[0].text, "Place: HQ 4 East\n"));
		assert_non_null(strstr(r.notices.v[0].text,
				       "ELIN: +12065550181\nReason: shared\n"));
	}
}

static void a_doubtful_record_is_told_with_its_call(void **state)
{
	struct event_writer *w;

	(void)state;
	notify_world(put_operators);
	assert_int_equal(matched(m, call_started(), &r), 0);
	for (unsigned i = 0; i < 6; i++) {
		w = call_event(EVENT_ALI_DOUBTFUL, i);
		event_text(w, FIELD_CALLBACK_NUMBER, T("+12065550181"));
		event_text(w, FIELD_PROVIDER, T("west"));
		event_text(w, FIELD_REASON, T("rejected 709"));
		assert_int_equal(matched(m, w, &r), 0);
		assert_int_equal(r.notices.count, i < STATE_TELL_MAX);
		if (i)
			continue;
		assert_string_equal(r.notices.v[0].event, "ali_doubtful");
		assert_non_null(strstr(r.notices.v[0].text,
				       "Callback number: +12065550181\n"));
		assert_non_null(strstr(r.notices.v[0].text,
				       "Reason: rejected 709\n"
				       "ALI provider: west\n"));
	}
	/* Of a call that nothing is kept of, what the event says. */
	forget_calls();
	w = call_event(EVENT_ALI_DOUBTFUL, 0);
	event_u64(w, FIELD_ORGANIZATION, WORLD_ORGANIZATION);
	event_u64(w, FIELD_LOCATION, WORLD_LOCATION);
	event_text(w, FIELD_CALLBACK_NUMBER, T("+12065550182"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_int_equal(r.notices.count, 1);
	assert_non_null(
		strstr(r.notices.v[0].text, "Callback number: +12065550182\n"));
	assert_non_null(strstr(r.notices.v[0].text, "Place: HQ 4 East\n"));
}

static void damaged_bytes_are_an_empty_state(void **state)
{
	static struct gateway_state s, again;
	struct arena a = { NULL };
	struct text bytes;
	char copy[64];

	(void)state;
	gateway_state_set_down(&s, 7, 1, 1000, true);
	gateway_state_set_down(&s, 7, 2, 1000, true);
	assert_int_equal(gateway_state_encode(&s, &a, &bytes), 0);
	assert_int_equal(gateway_state_decode(bytes, &again), 0);
	assert_int_equal(gateway_state_count_down(&again, 7, 2000), 2);
	gateway_state_set_down(&again, 7, 1, 2000, false);
	assert_int_equal(gateway_state_count_down(&again, 7, 2000), 1);
	assert_int_equal(gateway_state_count_down(&again, 7, 86402000), 0);
	assert_true(bytes.len < sizeof(copy));
	for (size_t i = 0; i < bytes.len; i++) {
		memcpy(copy, bytes.p, bytes.len);
		copy[i] = (char)(copy[i] ^ 1);
		assert_int_equal(gateway_state_decode(
					 text_make(copy, bytes.len), &again),
				 -EBADMSG);
		assert_int_equal(again.count, 0);
	}
	for (unsigned i = 0; i < 2 * STATE_ENTRIES_MAX; i++)
		gateway_state_set_down(&s, i, 3, i, true);
	assert_int_equal(s.count, STATE_ENTRIES_MAX);
	arena_fini(&a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_on_the_wall_shows_what_the_law_says),
		cmocka_unit_test(no_name_leads_out_of_the_directory),
		cmocka_unit_test(hours_may_go_over_midnight),
		TEST(hours_are_those_of_the_place),
		TEST(hours_that_leave_nobody_do_not_count),
		TEST(each_of_many_is_told),
		TEST(a_trunk_and_the_psaps_that_it_alone_led_to_are_told),
		TEST(a_trunk_that_flaps_does_not_flood),
		TEST(an_empty_pool_is_told_to_those_of_the_place),
		TEST(a_doubtful_record_is_told_with_its_call),
		cmocka_unit_test(damaged_bytes_are_an_empty_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
