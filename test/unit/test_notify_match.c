/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/support/notify_world.c test/unit/dir_world.c */
/* build: with test/unit/dir_samples.c */
/* build: link e911_sidecar lmdb jansson */
#include "test/support/notify_world.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/stats.h"
#include "notify/context.h"

#define T(s) text_make((s), sizeof(s) - 1)

static struct matcher *m;
static struct notify_result r;

static int setup(void **state)
{
	int err = dir_world_setup(state);

	forget_calls();
	log_set_level(LOG_LVL_ERROR);
	if (err == 0)
		err = matcher_new(&m, dir_root, "node-x");
	return err;
}

static int teardown(void **state)
{
	notify_result_fini(&r);
	m = matcher_free(m);
	return dir_world_teardown(state);
}

/* By e-mail to a desk, of 911 calls, unless said. */
#define RECIPIENT(id, ...) \
	&(struct dir_recipient) \
	{ \
		.recipient_id = (id), __VA_ARGS__ \
	}
#define OURS .organization_id = WORLD_ORGANIZATION

static const struct notice *only(void)
{
	assert_int_equal(r.notices.count, 1);
	return &r.notices.v[0];
}

static void put_desk(struct writer *w)
{
	put_recipient(w, RECIPIENT_OF_ALL, 0, RECIPIENT(1, OURS));
}

/* ---- what is said ---- */

static void a_911_call_is_told_with_all_that_the_rule_names(void **state)
{
	const struct notice *n;

	(void)state;
	notify_world(put_desk);
	assert_int_equal(matched(m, call_started(), &r), 0);
	n = only();
	assert_string_equal(n->event, "emergency_call");
	assert_string_equal(n->target, "desk@example.com");
	assert_int_equal(n->channel, NOTICE_EMAIL);
	assert_int_equal(n->delay_ms, 0);
	assert_int_equal(n->flags, 0);
	assert_string_equal(n->language, "en");
	assert_string_equal(n->subject,
			    "911 call: 500 Pine St, Seattle, WA 98101 "
			    "(building A, floor 4, room 412)");
	assert_string_equal(
		n->text,
		"A 911 call has been made.\n"
		"Callback number: +12065550181\n"
		"Location: 500 Pine St, Seattle, WA 98101 (building A, floor "
		"4, room 412)\n"
		"Building: A\nFloor: 4\nRoom: 412 & 413\n"
		"Place: HQ 4 East\n"
		"State: being connected\n"
		"Time: 2026-11-21 14:03:22 PST (2026-11-21T22:03:22.123Z)\n"
		"Organization: Acme\n"
		"PSAP: King County\n"
		"ELIN: +12065550181\n"
		"Caller: Ben Ito 4102\n"
		"Device: extension 4102\n"
		"Call: 2f1c7c1e-2f6a-4c7e-9d0a-3c1f6a1b2c3d");
	assert_true(r.call_is_new);
	assert_false(r.call_is_over);
}

static const char *member(json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	if (!s)
		fail_msg("%s is no text", name);
	return s;
}

static void the_json_has_every_variable(void **state)
{
	json_t *j;

	(void)state;
	notify_world(put_desk);
	assert_int_equal(matched(m, call_started(), &r), 0);
	j = json_loads(only()->json, 0, NULL);
	assert_non_null(j);
	assert_string_equal(member(j, "event"), "emergency_call");
	assert_string_equal(member(j, "state"), "ringing");
	assert_string_equal(member(j, "callback_number"), "+12065550181");
	assert_string_equal(member(j, "room"), "412 & 413");
	assert_string_equal(member(j, "outcome"), "");
	assert_string_equal(member(j, "time"), "2026-11-21T22:03:22.123Z");
	assert_int_equal(
		json_integer_value(json_object_get(j, "organization_id")),
		WORLD_ORGANIZATION);
	assert_true(json_real_value(json_object_get(j, "latitude")) == 47.6119);
	assert_true(json_real_value(json_object_get(j, "longitude")) ==
		    -122.3372);
	assert_true(json_is_null(json_object_get(j, "count")));
	for (unsigned v = 1; v < VARIABLES; v++)
		if (variable_name((enum variable)v))
			assert_non_null(json_object_get(
				j, variable_name((enum variable)v)));
	json_decref(j);
}

static void an_update_follows_on_answer_recovery_and_end(void **state)
{
	struct event_writer *w;

	(void)state;
	notify_world(put_desk);
	assert_int_equal(matched(m, call_started(), &r), 0);
	w = call_event(EVENT_CALL_ANSWERED, 4000);
	assert_int_equal(matched(m, w, &r), 0);
	assert_string_equal(only()->event, "answered");
	assert_non_null(strstr(only()->text, "The 911 call was answered.\n"
					     "Callback number: +12065550181"));
	assert_non_null(strstr(only()->text, "Caller: Ben Ito 4102"));
	assert_non_null(strstr(only()->json, "\"duration_s\":4,"));
	/* Told once: a second answer is none. */
	assert_int_equal(matched(m, call_event(EVENT_CALL_ANSWERED, 4100), &r),
			 0);
	assert_int_equal(r.notices.count, 0);
	assert_int_equal(matched(m, call_event(EVENT_CALL_RECOVERED, 5000), &r),
			 0);
	assert_string_equal(only()->event, "recovered");
	w = call_event(EVENT_CALL_ENDED, 60000);
	event_text(w, FIELD_OUTCOME, T("answered"));
	event_text(w, FIELD_ENDED_BY, T("callee"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_string_equal(only()->event, "ended");
	assert_non_null(strstr(only()->text, "State: over\n"));
	assert_non_null(strstr(only()->json, "\"ended_by\":\"callee\""));
	assert_true(r.call_is_over);
}

static void a_call_that_nobody_answered_is_told_as_a_failure(void **state)
{
	struct event_writer *w;

	(void)state;
	notify_world(put_desk);
	assert_int_equal(matched(m, call_started(), &r), 0);
	w = call_event(EVENT_CALL_ENDED, 60000);
	event_text(w, FIELD_OUTCOME, T("failed"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_non_null(
		strstr(only()->text, "State: FAILED: nobody answered it\n"));
}

static void a_call_that_began_before_is_told_of_no_more(void **state)
{
	(void)state;
	notify_world(put_desk);
	assert_int_equal(matched(m, call_event(EVENT_CALL_ANSWERED, 1), &r), 0);
	assert_int_equal(r.notices.count, 0);
	assert_int_equal(matched(m, call_event(EVENT_CALL_ENDED, 1), &r), 0);
	assert_int_equal(r.notices.count, 0);
	assert_true(r.call_is_over);
}

static void a_callback_is_told_to_those_who_were_told_of_the_call(void **state)
{
	struct event_writer *w;

	(void)state;
	notify_world(put_desk);
	assert_int_equal(matched(m, call_started(), &r), 0);
	w = call_event(EVENT_CALLBACK_STARTED, 90000);
	event_text(w, FIELD_ORIGINAL_CALL,
		   T("2f1c7c1e-2f6a-4c7e-9d0a-3c1f6a1b2c3d"));
	event_u64(w, FIELD_ORGANIZATION, WORLD_ORGANIZATION);
	event_u64(w, FIELD_LOCATION, WORLD_LOCATION);
	event_text(w, FIELD_CALLER_NUMBER, T("+12065550911"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_string_equal(only()->event, "callback");
	assert_non_null(strstr(only()->text, "Calls back: +12065550911\n"
					     "Caller: Ben Ito 4102"));
	/* Of what was kept nothing is left: those of the place that want
	 * callbacks, and they are none here. */
	forget_calls();
	w = call_event(EVENT_CALLBACK_STARTED, 90000);
	event_u64(w, FIELD_ORGANIZATION, WORLD_ORGANIZATION);
	assert_int_equal(matched(m, w, &r), 0);
	assert_int_equal(r.notices.count, 0);
}

static void a_place_that_the_call_brought_is_an_update(void **state)
{
	struct event_writer *w;

	(void)state;
	notify_world(put_desk);
	assert_int_equal(matched(m, call_started(), &r), 0);
	w = call_event(EVENT_CALL_LOCATED, 100);
	event_text(w, FIELD_LOCATION_USED, T("registered"));
	event_text(w, FIELD_PLACE, T("elsewhere"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_int_equal(r.notices.count, 0);
	w = call_event(EVENT_CALL_LOCATED, 100);
	event_text(w, FIELD_LOCATION_USED, T("brought"));
	event_text(w, FIELD_PLACE, T("12 Bay Rd, Tacoma"));
	event_text(w, FIELD_POINT, T("47.250000,-122.440000"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_string_equal(only()->event, "located");
	assert_string_equal(only()->subject,
			    "911 call, location: 12 Bay Rd, Tacoma");
	assert_string_equal(
		only()->text,
		"The 911 call has brought its location along.\n"
		"Callback number: +12065550181\n"
		"Location: 12 Bay Rd, Tacoma\n"
		"Registered location, not where the call says it is: 500 Pine "
		"St, Seattle, WA 98101 (building A, floor 4, room 412)\n"
		"State: being connected\n"
		"Time: 2026-11-21 14:03:22 PST (2026-11-21T22:03:22.223Z)\n"
		"Organization: Acme\nPSAP: King County\n"
		"ELIN: +12065550181\nCaller: Ben Ito 4102\n"
		"Device: extension 4102\n"
		"Call: 2f1c7c1e-2f6a-4c7e-9d0a-3c1f6a1b2c3d");
	assert_non_null(strstr(only()->json, "\"latitude\":47.25"));
	/* It stays so until the end. */
	assert_int_equal(matched(m, call_event(EVENT_CALL_ANSWERED, 200), &r),
			 0);
	assert_non_null(strstr(only()->text, "Location: 12 Bay Rd, Tacoma\n"));
	assert_null(strstr(only()->text, "Floor"));
}

/* ---- who is told ---- */

static void put_many(struct writer *w)
{
	put_recipient(w, RECIPIENT_OF_BUILDING, WORLD_BUILDING,
		      RECIPIENT(2, OURS, .channel = RECIPIENT_SMS,
				.address = T("+12065550102")));
	put_recipient(w, RECIPIENT_OF_LOCATION, WORLD_LOCATION,
		      RECIPIENT(3, OURS, .channel = RECIPIENT_WEBHOOK,
				.address = T("https://a.example.com/"),
				.preset = T("slack"), .secret = T("s3cret"),
				.language = T("fr")));
	put_recipient(w, RECIPIENT_OF_LOCATION, 52, RECIPIENT(4, OURS));
	put_recipient(w, RECIPIENT_OF_BUILDING, 13, RECIPIENT(5, OURS));
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(6, OURS,
				.events = RECIPIENT_RELAY_CALL |
					  RECIPIENT_TEST_CALL));
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(7, .organization_id = 4));
	put_recipient(
		w, RECIPIENT_OF_ALL, 0,
		RECIPIENT(8, .organization_id = 0, .channel = RECIPIENT_SCREEN,
			  .address = T("operators"), .language = T("es")));
}

static void those_of_the_place_are_told_and_nobody_else(void **state)
{
	const struct notice *n;

	(void)state;
	notify_world(put_many);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_int_equal(r.notices.count, 3);
	n = &r.notices.v[1];
	assert_int_equal(n->recipient_id, 2);
	assert_int_equal(n->channel, NOTICE_SMS);
	assert_string_equal(
		n->text, "911 call. Call back +12065550181\n"
			 "500 Pine St, Seattle, WA 98101 (building A, floor 4, "
			 "room 412)\n"
			 "being connected\n2026-11-21 14:03:22 PST\nAcme\n"
			 "Ben Ito 4102");
	n = &r.notices.v[0];
	assert_int_equal(n->recipient_id, 3);
	assert_string_equal(n->language, "fr");
	assert_string_equal(n->preset, "slack");
	assert_string_equal(n->secret, "s3cret");
	assert_non_null(strstr(n->text, "Un appel au 911 a été fait.\n"
					"Numéro de rappel : +12065550181\n"));
	n = &r.notices.v[2];
	assert_int_equal(n->recipient_id, 8);
	assert_string_equal(n->language, "es");
	assert_int_equal(n->organization_id, WORLD_ORGANIZATION);
	assert_non_null(strstr(n->text, "Se ha hecho una llamada al 911.\n"));
}

static void what_a_call_is_decides_whom_it_concerns(void **state)
{
	struct event_writer *w;

	(void)state;
	notify_world(put_many);
	w = call_started();
	event_text(w, FIELD_ROUTED_BY, T("relay_center"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_int_equal(r.notices.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(r.notices.v[i].event, "relay_call");
	/* A test is told to those alone who want tests. */
	forget_calls();
	w = call_started();
	event_text(w, FIELD_SERVICE, T("test"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_int_equal(only()->recipient_id, 6);
	assert_string_equal(only()->event, "test_call");
	assert_non_null(strstr(only()->text, "This is a TEST"));
	assert_int_equal(matched(m, call_event(EVENT_CALL_ENDED, 1), &r), 0);
	assert_int_equal(r.notices.count, 0);
}

static void put_unknown(struct writer *w)
{
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(1, .organization_id = 0,
				.events = RECIPIENT_UNDEFINED_LOCATION));
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(2, .organization_id = 0,
				.address = T("b@example.com"),
				.events = RECIPIENT_ENDPOINT_UNLOCATED));
}

static void a_call_from_nowhere_is_told_as_such(void **state)
{
	struct event_writer *w = call_event(EVENT_CALL_STARTED, 0);

	(void)state;
	notify_world(put_unknown);
	event_text(w, FIELD_SERVICE, T("emergency"));
	event_u64(w, FIELD_ORGANIZATION, WORLD_ORGANIZATION);
	event_text(w, FIELD_LOCATED_BY, T("none"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_string_equal(only()->event, "undefined_location");
	assert_non_null(strstr(only()->text, "Callback number: not known\n"
					     "Location: not known\n"));
	forget_calls();
	w = call_started();
	event_text(w, FIELD_LOCATED_BY, T("organization"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_int_equal(r.notices.count, 2);
	assert_string_equal(r.notices.v[1].event, "endpoint_unlocated");
	/* Somewhere known: nothing of theirs. */
	forget_calls();
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_int_equal(r.notices.count, 0);
}

static void put_steps(struct writer *w)
{
	put_desk(w);
	put_recipient(w, RECIPIENT_INSTEAD, 1,
		      RECIPIENT(2, OURS, .channel = RECIPIENT_SMS,
				.address = T("+12065550102"), .after_s = 10));
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(3, OURS, .after_s = 60,
				.address = T("boss@example.com")));
	/* One person under two names is told once, but again after a while;
	 * the other ways of both are kept. */
	put_recipient(w, RECIPIENT_OF_LOCATION, WORLD_LOCATION,
		      RECIPIENT(4, OURS, .address = T("desk@EXAMPLE.com")));
	put_recipient(w, RECIPIENT_OF_LOCATION, WORLD_LOCATION,
		      RECIPIENT(5, OURS, .after_s = 60));
}

static const struct notice *of(uint64_t recipient_id)
{
	for (size_t i = 0; i < r.notices.count; i++)
		if (r.notices.v[i].recipient_id == recipient_id)
			return &r.notices.v[i];
	fail_msg("recipient %d is not told", (int)recipient_id);
	abort();
}

static void steps_and_second_channels_have_their_time(void **state)
{
	const struct notice *v;

	(void)state;
	notify_world(put_steps);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_int_equal(r.notices.count, 4);
	assert_int_equal(of(2)->delay_ms, 10000);
	assert_int_equal(of(2)->flags, NOTICE_UNLESS_DELIVERED);
	/* Instead of the one that stands for both. */
	assert_memory_equal(of(2)->instead_of, of(4)->id, NOTICE_ID_SIZE);
	assert_int_equal(of(3)->delay_ms, 60000);
	assert_int_equal(of(3)->flags, NOTICE_UNLESS_ACKNOWLEDGED);
	assert_int_equal(of(5)->delay_ms, 60000);
	v = r.notices.v;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(v[i].id, v[k].id,
						NOTICE_ID_SIZE);
	/* An update does not come before what it updates. */
	assert_int_equal(matched(m, call_event(EVENT_CALL_ANSWERED, 15000), &r),
			 0);
	assert_int_equal(of(4)->delay_ms, 0);
	assert_int_equal(of(3)->delay_ms, 45000);
}

static void the_same_event_gives_the_same_ids(void **state)
{
	struct notify_result again = { 0 };
	uint8_t id[NOTICE_ID_SIZE] = { 7 };
	static const struct notify_contexts none;
	struct notify_event e;
	struct event_writer *w = call_started();
	struct text bytes = text_make((char *)w->buf, event_finish(w));

	(void)state;
	notify_world(put_steps);
	assert_int_equal(notify_event_read(bytes, id, &e), 0);
	assert_int_equal(notify_match(m, &e, &none, &r), 0);
	assert_int_equal(notify_match(m, &e, &none, &again), 0);
	assert_int_equal(r.notices.count, again.notices.count);
	for (size_t i = 0; i < r.notices.count; i++)
		assert_memory_equal(r.notices.v[i].id, again.notices.v[i].id,
				    NOTICE_ID_SIZE);
	assert_true(text_equal(r.call, again.call));
	notify_result_fini(&again);
}

/* ---- own words ---- */

static void put_words(struct writer *w, struct text subject, struct text body,
		      struct text sms)
{
	struct dir_key key;

	put_desk(w);
	dir_key_template(&key, TEMPLATE_OF_ORGANIZATION, WORLD_ORGANIZATION);
	PUT(w, template, &key, .organization_id = WORLD_ORGANIZATION,
	    .subject = subject, .body = body, .sms = sms);
}

static void put_own(struct writer *w)
{
	put_words(w, T("HELP for {caller_name}"),
		  T("Go to {room}!\nUnit {unit}\nin {address}\ncall "
		    "{callback_number} {{now}}"),
		  T(""));
}

static void own_words_are_used_for_911_calls(void **state)
{
	(void)state;
	notify_world(put_own);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_string_equal(only()->subject, "HELP for Ben Ito");
	assert_string_equal(only()->text,
			    "Go to 412 & 413!\nin 500 Pine St, Seattle, WA "
			    "98101 (building A, floor 4, room 412)\n"
			    "call +12065550181 {now}");
	/* They do not say which event it is: not for updates. */
	assert_int_equal(matched(m, call_event(EVENT_CALL_ANSWERED, 1), &r), 0);
	assert_non_null(strstr(only()->text, "The 911 call was answered.\n"));
}

static void put_short(struct writer *w)
{
	put_words(w, T("{event_words}!"), T("Help."), T(""));
}

static void what_the_rule_wants_is_added_to_own_words(void **state)
{
	(void)state;
	notify_world(put_short);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_string_equal(only()->text,
			    "Help.\nCallback number: +12065550181\nLocation: "
			    "500 Pine St, Seattle, WA 98101 (building A, floor "
			    "4, room 412)");
	assert_int_equal(matched(m, call_event(EVENT_CALL_ANSWERED, 1), &r), 0);
	assert_string_equal(only()->subject, "911 call answered!");
}

static void put_short_sms(struct writer *w)
{
	put_words(w, T(""), T(""), T("Help {caller_name}!"));
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(1, OURS, .channel = RECIPIENT_SMS,
				.address = T("+12065550102")));
}

static void of_a_short_message_it_is_the_beginning(void **state)
{
	(void)state;
	notify_world(put_short_sms);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_string_equal(only()->text,
			    "Callback number: +12065550181\nLocation: 500 Pine "
			    "St, Seattle, WA 98101 (building A, floor 4, room "
			    "412)\nHelp Ben Ito!");
}

static void put_phone(struct writer *w)
{
	put_recipient(w, RECIPIENT_OF_ALL, 0,
		      RECIPIENT(1, OURS, .channel = RECIPIENT_PHONE,
				.address = T("+12065550102")));
}

static void what_is_spoken_has_one_number(void **state)
{
	(void)state;
	notify_world(put_phone);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_int_equal(only()->channel, NOTICE_PHONE);
	assert_string_equal(
		only()->text,
		"A 911 call has been made.\nThe caller is, Ben Ito.\n"
		"The callback number is, +12065550181.\n"
		"The location is, 500 Pine St, Seattle, WA 98101 (building A, "
		"floor 4, room 412).");
	assert_int_equal(only()->organization_id, WORLD_ORGANIZATION);
	/* Taken over by somebody, it is not to ring any more. */
	assert_true(only()->flags & NOTICE_UNLESS_ACKNOWLEDGED);
	/* Nor for what becomes of the call. */
	assert_int_equal(matched(m, call_event(EVENT_CALL_ANSWERED, 4000), &r),
			 0);
	assert_int_equal(r.notices.count, 0);
}

static void put_long(struct writer *w)
{
	char body[4000];
	struct text_writer t = text_writer_on(body, sizeof(body));

	while (!t.full)
		text_write_cstr(&t, "{address}{device}");
	put_words(w, T(""), text_written(&t), T(""));
}

static void what_does_not_fit_is_said_in_the_gateways_words(void **state)
{
	uint64_t before = stats_get(STAT_NOTICES_TEMPLATE_BROKEN);

	(void)state;
	notify_world(put_long);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_non_null(strstr(only()->text, "A 911 call has been made.\n"));
	assert_true(stats_get(STAT_NOTICES_TEMPLATE_BROKEN) == before + 1);
}

static void put_broken(struct writer *w)
{
	put_words(w, T("{no_such_thing}"), T("{ address"), T("}"));
}

static void a_broken_template_is_passed_over_and_counted(void **state)
{
	uint64_t before = stats_get(STAT_NOTICES_TEMPLATE_BROKEN);

	(void)state;
	notify_world(put_broken);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_non_null(strstr(only()->subject, "911 call: 500 Pine St"));
	assert_non_null(strstr(only()->text, "A 911 call has been made.\n"));
	assert_true(stats_get(STAT_NOTICES_TEMPLATE_BROKEN) == before + 2);
}

/* ---- what can be wrong ---- */

static void without_a_directory_it_is_asked_again(void **state)
{
	(void)state;
	assert_int_equal(matched(m, call_started(), &r), -EAGAIN);
	notify_world(put_desk);
	assert_int_equal(matched(m, call_started(), &r), 0);
	(void)only();
}

static void a_call_that_nobody_is_told_of_is_counted(void **state)
{
	uint64_t before = stats_get(STAT_NOTICES_NOBODY);

	(void)state;
	notify_world(NULL);
	assert_int_equal(matched(m, call_started(), &r), 0);
	assert_int_equal(r.notices.count, 0);
	assert_true(stats_get(STAT_NOTICES_NOBODY) == before + 1);
}

static void texts_of_strangers_are_shown_and_do_nothing(void **state)
{
	struct event_writer *w;

	(void)state;
	notify_world(put_desk);
	w = call_started();
	event_text(w, FIELD_CALLER_NUMBER,
		   T("x\xe2\x80\xae{call_id} https://evil.example/\xc2\x85"));
	assert_int_equal(matched(m, w, &r), 0);
	assert_non_null(strstr(only()->text, "Caller: Ben Ito x {call_id} "
					     "https: //evil.example/"));
}

static void a_damaged_context_counts_as_none(void **state)
{
	uint8_t id[NOTICE_ID_SIZE] = { 7 };
	char bytes[256] = { 0 };
	struct notify_contexts c = { .call = text_make(bytes, sizeof(bytes)) };
	struct notify_event e;
	struct event_writer *w = call_event(EVENT_CALL_ANSWERED, 1);
	uint64_t before = stats_get(STAT_NOTICES_CONTEXT_DAMAGED);

	(void)state;
	notify_world(put_desk);
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(
		notify_event_read(text_make((char *)w->buf, event_finish(w)),
				  id, &e),
		0);
	assert_int_equal(notify_match(m, &e, &c, &r), 0);
	assert_int_equal(r.notices.count, 0);
	assert_true(stats_get(STAT_NOTICES_CONTEXT_DAMAGED) == before + 1);
	assert_int_equal(notify_event_read(T("no event at all, but 32 bytes "
					     "and a few more"),
					   id, &e),
			 -EBADMSG);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_911_call_is_told_with_all_that_the_rule_names),
		TEST(the_json_has_every_variable),
		TEST(an_update_follows_on_answer_recovery_and_end),
		TEST(a_call_that_nobody_answered_is_told_as_a_failure),
		TEST(a_call_that_began_before_is_told_of_no_more),
		TEST(a_callback_is_told_to_those_who_were_told_of_the_call),
		TEST(a_place_that_the_call_brought_is_an_update),
		TEST(those_of_the_place_are_told_and_nobody_else),
		TEST(what_a_call_is_decides_whom_it_concerns),
		TEST(a_call_from_nowhere_is_told_as_such),
		TEST(steps_and_second_channels_have_their_time),
		TEST(the_same_event_gives_the_same_ids),
		TEST(own_words_are_used_for_911_calls),
		TEST(what_the_rule_wants_is_added_to_own_words),
		TEST(of_a_short_message_it_is_the_beginning),
		TEST(what_is_spoken_has_one_number),
		TEST(what_does_not_fit_is_said_in_the_gateways_words),
		TEST(a_broken_template_is_passed_over_and_counted),
		TEST(without_a_directory_it_is_asked_again),
		TEST(a_call_that_nobody_is_told_of_is_counted),
		TEST(texts_of_strangers_are_shown_and_do_nothing),
		TEST(a_damaged_context_counts_as_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
