/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The desk that calls people.  The telephone, the voice and the clock are the
 * test's; who writes acknowledgements down is, too.
 */
/* build: link e911_sidecar pthread */
/* build: wrap clock_mono_ms ua_ring ua_play ua_hang_up ua_call_status */
/* build: wrap ua_call_has_rung */
/* build: wrap speech_get speech_ref speech_unref */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "agent/alert_desk.h"
#include "speech/prompt.h"

#define CALLS 3

/* ---- the clock ---- */

static int64_t clock_ms;

int64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void)
{
	return clock_ms;
}

/* ---- the voice: a clip is a text ---- */

static const char *being_made; /* this text is not there yet */
static unsigned clips_held;
static int voice_err; /* instead of a clip */

struct fake_clip {
	struct speech_clip clip;
	char text[SPEECH_TEXT_MAX];
};
static struct fake_clip fakes[16];
static unsigned fake_count;

const struct speech_clip *__wrap_speech_get(struct speech *s, struct text text,
					    const char *language, int *err);
const struct speech_clip *__wrap_speech_get(struct speech *s, struct text text,
					    const char *language, int *err)
{
	struct fake_clip *f;

	(void)s;
	(void)language;
	*err = voice_err;
	if (voice_err || (being_made && text_equal(text, text_of(being_made))))
		return NULL;
	f = &fakes[fake_count++ % 16];
	assert_int_equal(text_to_cstr(text, f->text, sizeof(f->text)), 0);
	clips_held++;
	return &f->clip;
}

const struct speech_clip *__wrap_speech_ref(const struct speech_clip *c);
const struct speech_clip *__wrap_speech_ref(const struct speech_clip *c)
{
	clips_held++;
	return c;
}

void __wrap_speech_unref(const struct speech_clip *c);
void __wrap_speech_unref(const struct speech_clip *c)
{
	clips_held -= c != NULL;
}

/* ---- the telephone ---- */

static struct {
	char uri[128], headers[64];
	bool is_up, has_rung;
	unsigned hang_ups, status;
	const char *playing; /* of a fake clip */
} calls[CALLS];
static char places[CALLS]; /* what calls point to; nobody looks there */
static unsigned call_count;
static int ring_err;

static struct ua_call *call_at(unsigned i)
{
	return (struct ua_call *)(void *)&places[i];
}

static unsigned index_of(const struct ua_call *c)
{
	return (unsigned)((const char *)c - places);
}

int __wrap_ua_ring(struct ua *ua, const struct ua_ring *whom,
		   struct ua_call **ret);
int __wrap_ua_ring(struct ua *ua, const struct ua_ring *whom,
		   struct ua_call **ret)
{
	(void)ua;
	if (ring_err)
		return ring_err;
	assert_true(call_count < CALLS);
	(void)snprintf(calls[call_count].uri, sizeof(calls[0].uri), "%s",
		       whom->uri);
	(void)snprintf(calls[call_count].headers, sizeof(calls[0].headers),
		       "%s", whom->headers);
	*ret = call_at(call_count++);
	return 0;
}

void __wrap_ua_play(struct ua_call *c, const struct media_clip *clip);
void __wrap_ua_play(struct ua_call *c, const struct media_clip *clip)
{
	const struct fake_clip *f = clip->owner;

	calls[index_of(c)].playing = f->text;
	clip->release(clip->owner);
}

void __wrap_ua_hang_up(struct ua_call *c);
void __wrap_ua_hang_up(struct ua_call *c)
{
	calls[index_of(c)].hang_ups++;
}

unsigned __wrap_ua_call_status(const struct ua_call *c);
unsigned __wrap_ua_call_status(const struct ua_call *c)
{
	return calls[index_of(c)].status;
}

bool __wrap_ua_call_has_rung(const struct ua_call *c);
bool __wrap_ua_call_has_rung(const struct ua_call *c)
{
	return calls[index_of(c)].has_rung;
}

/* ---- who delivers, and who writes down ---- */

static struct alert_result results[8];
static void *cookies[8];
static unsigned result_count;
static struct acknowledgement acknowledged;
static char acknowledged_by[32];
static int acknowledge_err;
static unsigned acknowledgements;

static void on_done(void *arg, void *cookie, const struct alert_result *r)
{
	(void)arg;
	assert_true(result_count < 8);
	cookies[result_count] = cookie;
	results[result_count++] = *r;
}

static int on_acknowledge(void *arg, const struct acknowledgement *a)
{
	(void)arg;
	acknowledged = *a;
	(void)snprintf(acknowledged_by, sizeof(acknowledged_by), "%s", a->who);
	__atomic_add_fetch(&acknowledgements, 1, __ATOMIC_RELEASE);
	return acknowledge_err;
}

/* ---- the scene ---- */

static struct conf conf = { .phone_calls_max = 2,
			    .phone_ring_s = 40,
			    .phone_number = (char *)"+12065550190" };
static struct alerts *alerts;
static struct alert_desk *desk;
static struct stop stop;
static pthread_t thread;

static void *run(void *arg)
{
	(void)arg;
	assert_int_equal(alerts_run(alerts, &stop), 0);
	return NULL;
}

static int set_up(void **state)
{
	const struct alert_desk_conf with = { .conf = &conf,
					      .gateway_host = "127.0.0.1",
					      .gateway_port = 5060 };
	struct alert_desk_conf full = with;

	(void)state;
	clock_ms = 1000000;
	being_made = NULL;
	voice_err = ring_err = acknowledge_err = 0;
	call_count = result_count = acknowledgements = clips_held = 0;
	memset(calls, 0, sizeof(calls));
	assert_int_equal(alerts_new(&alerts), 0);
	alerts_use(alerts, on_done, on_acknowledge, NULL);
	full.alerts = alerts;
	assert_int_equal(alert_desk_new(&desk, &full), 0);
	assert_int_equal(stop_init(&stop), 0);
	assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stop_ask(&stop);
	(void)pthread_join(thread, NULL);
	stop_fini(&stop);
	desk = alert_desk_free(desk);
	alerts = alerts_free(alerts);
	assert_int_equal(clips_held, 0);
	return 0;
}

static int submit(const char *number, const char *text, uint8_t call)
{
	struct notice n = { .target = number,
			    .text = text,
			    .language = "en",
			    .organization_id = 7,
			    .call_id = { call } };

	return alerts_submit(alerts, &n, (void *)places);
}

static void tell(unsigned call, enum ua_event what, char key)
{
	alert_desk_event(desk, call_at(call), what, key);
}

static void pick_up(unsigned call)
{
	calls[call].is_up = true;
	tell(call, UA_UP, '\0');
}

static void ends(unsigned call, unsigned status)
{
	calls[call].status = status;
	tell(call, UA_ENDED, '\0');
}

static void wait_ms(int64_t ms)
{
	clock_ms += ms;
	alert_desk_tick(desk);
}

static void hears(unsigned call, const char *text)
{
	assert_non_null(calls[call].playing);
	assert_string_equal(calls[call].playing, text);
}

static void hears_prompt(unsigned call, enum prompt p)
{
	hears(call, prompt_text(p, "en"));
}

/* Until the other thread has written it down. */
static void until_acknowledged(unsigned count)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < 30000 && __atomic_load_n(&acknowledgements,
						     __ATOMIC_ACQUIRE) < count;
	     i++)
		(void)nanosleep(&ms, NULL);
	assert_int_equal(acknowledgements, count);
}

/* What it told the desk comes a moment later. */
static void until(bool (*is_so)(void))
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < 30000 && !is_so(); i++) {
		(void)nanosleep(&ms, NULL);
		alert_desk_tick(desk);
	}
	assert_true(is_so());
}

static bool is_thanked(void)
{
	return calls[0].playing &&
	       strcmp(calls[0].playing,
		      prompt_text(PROMPT_ALERT_ACKNOWLEDGED, "en")) == 0;
}

static bool is_told(void)
{
	return result_count > 0;
}

/* ---- stories ---- */

static void who_presses_1_is_thanked(void **state)
{
	(void)state;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	assert_string_equal(calls[0].uri, "sip:+12065550102@127.0.0.1:5060");
	assert_string_equal(calls[0].headers,
			    "X-E911-Alert: organization=7\r\n");
	pick_up(0);
	hears_prompt(0, PROMPT_ALERT_GREETING);
	tell(0, UA_PLAYED, '\0');
	hears(0, "Help");
	tell(0, UA_KEY, '5');
	tell(0, UA_PLAYED, '\0');
	hears_prompt(0, PROMPT_ALERT_ACKNOWLEDGE);
	assert_int_equal(acknowledgements, 0);
	tell(0, UA_KEY, '1');
	tell(0, UA_KEY, '1');
	until(is_thanked);
	assert_int_equal(acknowledgements, 1);
	assert_string_equal(acknowledged_by, "+12065550102");
	assert_string_equal(acknowledged.channel, "phone");
	assert_int_equal(acknowledged.call_id[0], 9);
	assert_int_equal(result_count, 0);
	tell(0, UA_PLAYED, '\0');
	assert_int_equal(calls[0].hang_ups, 1);
	ends(0, 0);
	assert_int_equal(result_count, 1);
	assert_int_equal(results[0].outcome, ALERT_ACKNOWLEDGED);
}

static void what_is_of_no_call_is_taken_note_of(void **state)
{
	(void)state;
	assert_int_equal(submit("+12065550102", "Trunk down", 0), 0);
	alert_desk_tick(desk);
	pick_up(0);
	tell(0, UA_KEY, '1');
	until(is_thanked);
	assert_int_equal(acknowledgements, 0);
	ends(0, 0);
	assert_int_equal(results[0].outcome, ALERT_ACKNOWLEDGED);
}

static void it_is_said_again_and_then_no_more(void **state)
{
	(void)state;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	pick_up(0);
	for (int i = 0; i < 4; i++) {
		hears_prompt(0, PROMPT_ALERT_GREETING);
		for (int part = 0; part < 3; part++)
			tell(0, UA_PLAYED, '\0');
		wait_ms(3000);
		assert_int_equal(calls[0].hang_ups, 0);
		wait_ms(2000);
	}
	assert_int_equal(calls[0].hang_ups, 1);
	ends(0, 0);
	assert_int_equal(results[0].outcome, ALERT_AGAIN);
	assert_true(results[0].was_tried);
	assert_string_equal(results[0].why,
			    "answered, and nobody has pressed 1");
}

static void what_rings_too_long_is_given_up(void **state)
{
	(void)state;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	wait_ms(39000);
	assert_int_equal(calls[0].hang_ups, 0);
	wait_ms(2000);
	assert_int_equal(calls[0].hang_ups, 1);
	/* They answer in the same moment: it is over all the same. */
	pick_up(0);
	assert_null(calls[0].playing);
	ends(0, 0);
	assert_int_equal(results[0].outcome, ALERT_AGAIN);
}

static void what_they_refuse_with_decides(void **state)
{
	static const struct {
		unsigned status;
		enum alert_outcome outcome;
		bool was_tried;
	} all[] = {
		{ 486, ALERT_AGAIN, true },   { 480, ALERT_AGAIN, true },
		{ 603, ALERT_AGAIN, true },   { 404, ALERT_REFUSED, true },
		{ 604, ALERT_REFUSED, true }, { 503, ALERT_AGAIN, false },
		{ 403, ALERT_AGAIN, false },
	};

	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		call_count = result_count = 0;
		assert_int_equal(submit("+12065550102", "Help", 9), 0);
		alert_desk_tick(desk);
		ends(0, all[i].status);
		assert_int_equal(results[0].outcome, all[i].outcome);
		assert_int_equal(results[0].was_tried, all[i].was_tried);
		assert_int_equal(results[0].status, all[i].status);
	}
}

/* It is written down whoever hangs up first. */
static void a_key_counts_though_they_hang_up(void **state)
{
	(void)state;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	pick_up(0);
	tell(0, UA_KEY, '1');
	ends(0, 0);
	until_acknowledged(1);
	until(is_told);
	assert_int_equal(results[0].outcome, ALERT_ACKNOWLEDGED);
}

static bool has_failed(void)
{
	return acknowledgements == 1 && result_count == 1;
}

static void what_cannot_be_written_down_is_no_acknowledgement(void **state)
{
	(void)state;
	acknowledge_err = -ENOMEM;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	pick_up(0);
	tell(0, UA_KEY, '1');
	ends(0, 0);
	until(has_failed);
	assert_int_equal(results[0].outcome, ALERT_AGAIN);
}

static void words_that_cannot_be_spoken_are_told_of(void **state)
{
	(void)state;
	being_made = "Help";
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	wait_ms(9000);
	assert_int_equal(call_count, 0);
	wait_ms(2000);
	assert_int_equal(call_count, 1);
	pick_up(0);
	tell(0, UA_PLAYED, '\0');
	hears_prompt(0, PROMPT_ALERT_NOT_SPOKEN);
	ends(0, 0);
}

/* The desk rings many, and there is one voice: words may come after all. */
static void words_that_come_while_it_rings_are_said(void **state)
{
	(void)state;
	being_made = "Help";
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	wait_ms(11000);
	assert_int_equal(call_count, 1);
	being_made = NULL;
	wait_ms(3000);
	pick_up(0);
	tell(0, UA_PLAYED, '\0');
	hears(0, "Help");
	ends(0, 0);
	assert_int_equal(clips_held, 0);
}

static void words_that_come_while_it_speaks_are_said_the_next_time(void **state)
{
	(void)state;
	being_made = "Help";
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	wait_ms(11000);
	pick_up(0);
	tell(0, UA_PLAYED, '\0');
	hears_prompt(0, PROMPT_ALERT_NOT_SPOKEN);
	being_made = NULL;
	wait_ms(1000);
	hears_prompt(0, PROMPT_ALERT_NOT_SPOKEN);
	tell(0, UA_PLAYED, '\0');
	hears_prompt(0, PROMPT_ALERT_ACKNOWLEDGE);
	tell(0, UA_PLAYED, '\0');
	wait_ms(5000);
	hears_prompt(0, PROMPT_ALERT_GREETING);
	tell(0, UA_PLAYED, '\0');
	hears(0, "Help");
	ends(0, 0);
}

static void words_wait_while_the_voice_is_too_busy(void **state)
{
	static const int errs[] = { -EAGAIN, -ENOMEM };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(submit("+12065550102", "Help", 9), 0);
		voice_err = errs[i];
		alert_desk_tick(desk);
		assert_int_equal(call_count, i);
		voice_err = 0;
		wait_ms(999);
		assert_int_equal(call_count, i);
		wait_ms(1);
		assert_int_equal(call_count, i + 1);
		pick_up(i);
		tell(i, UA_PLAYED, '\0');
		hears(i, "Help");
		ends(i, 0);
	}
}

static void who_was_first_stays_first_with_a_busy_voice(void **state)
{
	(void)state;
	assert_int_equal(submit("+12065550102", "One", 9), 0);
	assert_int_equal(submit("+12065550103", "Two", 8), 0);
	voice_err = -EAGAIN;
	alert_desk_tick(desk);
	voice_err = 0;
	being_made = "Two";
	wait_ms(1000);
	assert_int_equal(call_count, 1);
	assert_string_equal(calls[0].uri, "sip:+12065550102@127.0.0.1:5060");
	ends(0, 486);
	being_made = NULL;
	alert_desk_tick(desk);
	assert_int_equal(call_count, 2);
	ends(1, 486);
}

static void words_that_cannot_be_made_are_asked_for_once(void **state)
{
	(void)state;
	being_made = "Help";
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	wait_ms(11000);
	assert_int_equal(call_count, 1);
	voice_err = -EIO;
	alert_desk_tick(desk);
	voice_err = 0;
	being_made = NULL;
	alert_desk_tick(desk);
	pick_up(0);
	tell(0, UA_PLAYED, '\0');
	hears_prompt(0, PROMPT_ALERT_NOT_SPOKEN);
	ends(0, 0);
}

/* Those who ring without their words are not behind those who came later. */
static void who_has_waited_longest_has_words_first(void **state)
{
	(void)state;
	being_made = "One";
	assert_int_equal(submit("+12065550102", "One", 9), 0);
	assert_int_equal(submit("+12065550103", "Two", 8), 0);
	alert_desk_tick(desk);
	wait_ms(11000);
	assert_int_equal(call_count, 2);
	ends(0, 486);
	being_made = "Three";
	assert_int_equal(submit("+12065550104", "Three", 7), 0);
	alert_desk_tick(desk);
	pick_up(1);
	tell(1, UA_PLAYED, '\0');
	hears(1, "Two");
	ends(1, 0);
	being_made = NULL;
	alert_desk_tick(desk);
	assert_int_equal(call_count, 3);
	ends(2, 486);
}

/* One text of ours at a time: who dials 933 waits for one at most. */
static void one_text_is_made_at_a_time(void **state)
{
	(void)state;
	being_made = "One";
	assert_int_equal(submit("+12065550102", "One", 9), 0);
	assert_int_equal(submit("+12065550103", "Two", 9), 0);
	alert_desk_tick(desk);
	wait_ms(1000);
	assert_int_equal(call_count, 0);
	being_made = NULL;
	alert_desk_tick(desk);
	assert_int_equal(call_count, 2);
	ends(0, 486);
	ends(1, 486);
}

static void more_than_so_many_wait(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	assert_int_equal(call_count, 2);
	ends(0, 486);
	alert_desk_tick(desk);
	assert_int_equal(call_count, 3);
	ends(1, 486);
	ends(2, 486);
	assert_int_equal(result_count, 3);
}

static void without_a_line_or_a_voice_it_is_tried_again(void **state)
{
	(void)state;
	ring_err = -EIO;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	assert_int_equal(results[0].outcome, ALERT_AGAIN);
	assert_false(results[0].was_tried);
	voice_err = -EIO;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	wait_ms(11000);
	assert_int_equal(result_count, 2);
	assert_string_equal(results[1].why, "it cannot be spoken");
	assert_int_equal(call_count, 0);
}

static void no_service_is_called(void **state)
{
	static const char *const numbers[] = {
		"911",          "+1911",        "933", "112",  "+19115550100",
		"+12069110100", "+19005550100", "",    "4102", "+442071234567",
	};

	(void)state;
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(submit(numbers[i], "Help", 9), -EINVAL);
	alert_desk_tick(desk);
	assert_int_equal(call_count, 0);
}

/* Carriers say many things of a telephone that rang and nobody took. */
static void what_has_rung_was_tried(void **state)
{
	(void)state;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	calls[0].has_rung = true;
	ends(0, 503);
	assert_int_equal(results[0].outcome, ALERT_AGAIN);
	assert_true(results[0].was_tried);
}

static void a_telephone_falls_silent_when_it_is_acknowledged(void **state)
{
	const uint8_t ours[NOTICE_ID_SIZE] = { 9 },
		      other[NOTICE_ID_SIZE] = { 8 };

	(void)state;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	being_made = "Two";
	assert_int_equal(submit("+12065550103", "Two", 9), 0);
	alert_desk_tick(desk);
	alerts_moot(alerts, other);
	alert_desk_tick(desk);
	assert_int_equal(calls[0].hang_ups, 0);
	alerts_moot(alerts, ours);
	alert_desk_tick(desk);
	assert_int_equal(calls[0].hang_ups, 1);
	assert_int_equal(call_count, 1); /* the other one does not ring */
	assert_int_equal(result_count, 1);
	ends(0, 0);
	assert_int_equal(result_count, 2);
}

/* Who speaks with us is not cut off. */
static void who_has_picked_up_is_told_all_the_same(void **state)
{
	const uint8_t ours[NOTICE_ID_SIZE] = { 9 };

	(void)state;
	assert_int_equal(submit("+12065550102", "Help", 9), 0);
	alert_desk_tick(desk);
	pick_up(0);
	alerts_moot(alerts, ours);
	alert_desk_tick(desk);
	assert_int_equal(calls[0].hang_ups, 0);
	ends(0, 0);
}

static void only_what_rang_counts(void **state)
{
	const struct alert_result unreached = { .outcome = ALERT_AGAIN },
				  busy = { .outcome = ALERT_AGAIN,
					   .was_tried = true },
				  refused = { .outcome = ALERT_REFUSED };
	unsigned rings = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_false(alert_is_over(&unreached, &rings, 5));
	for (int i = 0; i < 4; i++)
		assert_false(alert_is_over(&busy, &rings, 5));
	assert_false(alert_is_over(&unreached, &rings, 5));
	assert_true(alert_is_over(&busy, &rings, 5));
	rings = 0;
	assert_true(alert_is_over(&refused, &rings, 5));
}

/* As at the start of e911d, when notices have waited for it. */
static void what_comes_before_the_agent_waits_for_it(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(submit("+12065550102", "Help", 9), 0);
	assert_int_equal(result_count, 0);
	alert_desk_tick(desk);
	assert_int_equal(call_count, 2);
	ends(0, 486);
	ends(1, 486);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(who_presses_1_is_thanked),
		STORY(what_is_of_no_call_is_taken_note_of),
		STORY(it_is_said_again_and_then_no_more),
		STORY(what_rings_too_long_is_given_up),
		STORY(what_they_refuse_with_decides),
		STORY(a_key_counts_though_they_hang_up),
		STORY(what_cannot_be_written_down_is_no_acknowledgement),
		STORY(words_that_cannot_be_spoken_are_told_of),
		STORY(words_that_come_while_it_rings_are_said),
		STORY(words_that_come_while_it_speaks_are_said_the_next_time),
		STORY(words_wait_while_the_voice_is_too_busy),
		STORY(who_was_first_stays_first_with_a_busy_voice),
		STORY(words_that_cannot_be_made_are_asked_for_once),
		STORY(who_has_waited_longest_has_words_first),
		STORY(one_text_is_made_at_a_time),
		STORY(more_than_so_many_wait),
		STORY(without_a_line_or_a_voice_it_is_tried_again),
		STORY(no_service_is_called),
		STORY(what_has_rung_was_tried),
		STORY(a_telephone_falls_silent_when_it_is_acknowledged),
		STORY(who_has_picked_up_is_told_all_the_same),
		STORY(only_what_rang_counts),
		STORY(what_comes_before_the_agent_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
