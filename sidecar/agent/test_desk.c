/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/test_desk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/test_note.h"
#include "base/clock.h"
#include "base/stats.h"
#include "http/held_where.h"
#include "speech/prompt.h"
#include "speech/test_text.h"

#define SPEECH_WAIT_MS 3000 /* then the caller hears that it cannot be said */
#define KEY_WAIT_MS    6000 /* for a 1, after the last word */
#define HEARINGS_MAX   10

struct visit {
	struct ua_call *call;           /* borrowed; NULL: free */
	const struct speech_clip *clip; /* shared; NULL: is being made */
	int64_t until_ms;               /* 0: nothing is waited for */
	unsigned hearings;
	size_t text_len;
	char text[SPEECH_TEXT_MAX];
};

struct test_desk {
	const struct conf *conf;          /* borrowed */
	struct speech *speech;            /* borrowed */
	struct held_directory *directory; /* owned */
	unsigned count;
	struct visit *visits; /* owned, agent_calls_max of them */
};

int test_desk_new(struct test_desk **ret, const struct conf *conf,
		  struct speech *speech)
{
	struct test_desk *d = calloc(1, sizeof(*d));
	int err = -ENOMEM;

	if (!d)
		return err;
	d->conf = conf;
	d->speech = speech;
	d->visits = calloc((size_t)conf->agent_calls_max, sizeof(*d->visits));
	if (d->visits)
		err = held_directory_new(&d->directory, conf->state_dir);
	if (err < 0) {
		free(d->visits);
		free(d);
		return err;
	}
	*ret = d;
	return 0;
}

struct test_desk *test_desk_free(struct test_desk *d)
{
	if (!d)
		return NULL;
	d->directory = held_directory_free(d->directory);
	free(d->visits);
	free(d);
	return NULL;
}

/* ---- the words ---- */

/* Whose location it is was settled by the path; that it is still theirs is
 * looked at again. */
static bool find_place(struct directory *d, const struct test_note *n,
		       struct dir_location *ret)
{
	return n->location_id &&
	       directory_location(d, n->location_id, ret) == 0 &&
	       ret->organization_id == n->organization_id;
}

/* 0, or negative: nobody can say where that is. */
static int words(struct test_desk *desk, const struct test_note *n,
		 struct visit *v)
{
	struct directory *d = held_directory_begin(desk->directory);
	struct text_writer w = text_writer_on(v->text, sizeof(v->text));
	struct test_facts f = { .callback_number = n->callback_number,
				.language = "en",
				.by_relay = n->by_relay };
	struct dir_location location;
	struct dir_psap psap;
	int err = 0;

	if (d && find_place(d, n, &location)) {
		f.is_located = true;
		f.civic = location.civic;
		f.address = location.address;
	} else if (n->location_id) {
		err = -ENOENT;
	}
	if (d && desk->conf->test_says_psap && n->psap_id && !n->by_relay &&
	    directory_psap(d, n->psap_id, &psap) == 0)
		f.psap = psap.name;
	if (err == 0)
		err = test_text(&f, &w);
	held_directory_end(desk->directory, d);
	v->text_len = w.used;
	return err < 0 ? err : 0;
}

/* ---- a visit ---- */

static struct visit *visit_of(struct test_desk *d, const struct ua_call *c)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->visits[i].call == c)
			return &d->visits[i];
	return NULL;
}

static struct visit *visit_begin(struct test_desk *d, struct ua_call *c)
{
	struct visit *v = visit_of(d, NULL);

	if (!v) {
		if (d->count == (unsigned)d->conf->agent_calls_max)
			return NULL;
		v = &d->visits[d->count++];
	}
	v->call = c;
	v->clip = NULL;
	v->until_ms = 0;
	v->hearings = 0;
	return v;
}

static void visit_end(struct visit *v)
{
	speech_unref(v->clip);
	v->clip = NULL;
	v->call = NULL;
}

static void answer_with(struct visit *v, const struct speech_clip *clip)
{
	v->clip = clip;
	v->until_ms = 0;
	ua_answer(v->call);
}

static void answer_unspoken(struct test_desk *d, struct visit *v)
{
	int err;
	const struct speech_clip *clip = speech_get(
		d->speech, text_of(prompt_text(PROMPT_TEST_NOT_SPOKEN, "en")),
		"en", &err);

	stats_add(STAT_TESTS_UNSPOKEN, 1);
	if (clip)
		answer_with(v, clip);
	else
		ua_refuse(v->call, 503, "Service Unavailable");
}

static void try_to_speak(struct test_desk *d, struct visit *v)
{
	int err = 0;
	const struct speech_clip *clip = speech_get(
		d->speech, text_make(v->text, v->text_len), "en", &err);

	if (clip)
		answer_with(v, clip);
	else if (err < 0)
		answer_unspoken(d, v);
}

static void begin(struct test_desk *d, struct ua_call *c)
{
	struct test_note note;
	struct visit *v;

	if (test_note_parse(text_of(ua_call_test(c)), &note) < 0) {
		ua_refuse(c, 404, "Not Found");
		return;
	}
	v = visit_begin(d, c);
	if (!v) {
		ua_refuse(c, 486, "Busy Here");
		return;
	}
	stats_add(STAT_TESTS, 1);
	v->until_ms = clock_mono_ms() + SPEECH_WAIT_MS;
	if (words(d, &note, v) < 0)
		answer_unspoken(d, v);
	else
		try_to_speak(d, v);
}

static void release(const void *owner)
{
	speech_unref(owner);
}

static void speak(struct visit *v)
{
	const struct speech_clip *clip = speech_ref(v->clip);

	v->hearings++;
	v->until_ms = 0;
	ua_play(v->call, &(struct media_clip){ .samples = clip->samples,
					       .count = clip->count,
					       .owner = clip,
					       .release = release });
}

void test_desk_event(void *desk, struct ua_call *c, enum ua_event what,
		     char key)
{
	struct test_desk *d = desk;
	struct visit *v = what == UA_CALL ? NULL : visit_of(d, c);

	if (what == UA_CALL) {
		begin(d, c);
		return;
	}
	if (!v)
		return;
	if (what == UA_UP && v->clip)
		speak(v);
	if (what == UA_KEY && key == '1' && v->clip &&
	    v->hearings < HEARINGS_MAX) {
		stats_add(STAT_TESTS_REPEATED, 1);
		speak(v);
	}
	if (what == UA_PLAYED)
		v->until_ms = clock_mono_ms() + KEY_WAIT_MS;
	if (what == UA_ENDED)
		visit_end(v);
}

void test_desk_spoken(struct test_desk *d)
{
	uint64_t count;

	(void)!read(speech_fd(d->speech), &count, sizeof(count));
	for (unsigned i = 0; i < d->count; i++)
		if (d->visits[i].call && !d->visits[i].clip)
			try_to_speak(d, &d->visits[i]);
}

void test_desk_tick(struct test_desk *d)
{
	int64_t now_ms = clock_mono_ms();

	for (unsigned i = 0; i < d->count; i++) {
		struct visit *v = &d->visits[i];

		if (!v->call || !v->until_ms || now_ms < v->until_ms)
			continue;
		if (v->clip)
			ua_hang_up(v->call);
		else
			answer_unspoken(d, v);
	}
}
