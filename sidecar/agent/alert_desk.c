/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/alert_desk.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/stats.h"
#include "e164.h"
#include "speech/prompt.h"

#define SPEECH_WAIT_MS 10000 /* then it rings without the words */
#define VOICE_AGAIN_MS 1000  /* a voice that is too busy is asked so often */
#define KEY_WAIT_MS    4000  /* for a 1, after the last word */
#define THANKS_WAIT_MS 5000  /* at most, for the last words */
#define HEARINGS_MAX   4

enum visit_state {
	VISIT_PREPARES, /* its words are being made */
	VISIT_RINGS,
	VISIT_SPEAKS,
	VISIT_LISTENS, /* behind the last word */
	VISIT_THANKS,
	VISIT_LEAVES, /* hung up by us */
};

/* What is said, in order. */
enum part { PART_GREETING, PART_WORDS, PART_KEY, PART_THANKS, PARTS };

struct visit {
	struct alert *alert;  /* ours to end; NULL: free */
	struct ua_call *call; /* borrowed; NULL: none */
	enum visit_state state;
	const struct speech_clip *clips[PARTS]; /* shared */
	enum part part;
	unsigned hearings;
	int64_t taken_ms, until_ms;
	/* wants_words: they may still be made; until then, or for ever, a
	 * sentence stands in for them. */
	bool wants_words, has_words, was_unspoken;
	bool has_been_up, has_pressed, is_acknowledged;
	struct alert_result result; /* unless somebody acknowledges */
};

struct alert_desk {
	struct alert_desk_conf conf;
	struct visit *visits;   /* owned, phone_calls_max of them */
	struct visit *makes;    /* whose words are being made; NULL: nobody's */
	int64_t voice_again_ms; /* when it was too busy */
};

static unsigned visits_max(const struct alert_desk *d)
{
	return (unsigned)d->conf.conf->phone_calls_max;
}

int alert_desk_new(struct alert_desk **ret, const struct alert_desk_conf *conf)
{
	struct alert_desk *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->conf = *conf;
	d->visits = calloc(visits_max(d), sizeof(*d->visits));
	if (!d->visits) {
		free(d);
		return -ENOMEM;
	}
	*ret = d;
	return 0;
}

static void drop_clips(struct visit *v)
{
	for (size_t i = 0; i < PARTS; i++) {
		speech_unref(v->clips[i]);
		v->clips[i] = NULL;
	}
}

/* What is not over is told by nobody: it is attempted after the next start. */
struct alert_desk *alert_desk_free(struct alert_desk *d)
{
	if (!d)
		return NULL;
	for (unsigned i = 0; i < visits_max(d); i++)
		drop_clips(&d->visits[i]);
	free(d->visits);
	free(d);
	return NULL;
}

/* ---- the end of a visit ---- */

static const struct alert_result unheard = {
	.outcome = ALERT_AGAIN,
	.was_tried = true,
	.why = "nobody has answered",
};

static void end(struct alert_desk *d, struct visit *v)
{
	struct alert *alert = v->alert;
	struct alert_result r = v->result;

	if (v->is_acknowledged) {
		r = (struct alert_result){ .outcome = ALERT_ACKNOWLEDGED,
					   .why = "" };
		stats_add(STAT_ALERTS_ACKNOWLEDGED, 1);
	}
	if (d->makes == v)
		d->makes = NULL;
	drop_clips(v);
	v->alert = NULL;
	v->call = NULL;
	alerts_end(d->conf.alerts, alert, &r);
}

/* Not while somebody writes down that they have pressed 1. */
static void try_to_end(struct alert_desk *d, struct visit *v)
{
	if (!v->call && (!v->has_pressed || v->is_acknowledged))
		end(d, v);
}

static void hang_up(struct visit *v)
{
	v->state = VISIT_LEAVES;
	ua_hang_up(v->call);
}

static void judge_status(struct alert_result *r, unsigned status)
{
	static const struct {
		unsigned status;
		enum alert_outcome outcome;
		bool was_tried;
		const char *why;
	} all[] = {
		{ 404, ALERT_REFUSED, true, "there is no such number" },
		{ 410, ALERT_REFUSED, true, "there is no such number" },
		{ 484, ALERT_REFUSED, true, "there is no such number" },
		{ 604, ALERT_REFUSED, true, "there is no such number" },
		{ 408, ALERT_AGAIN, true, "nobody has answered" },
		{ 480, ALERT_AGAIN, true, "nobody has answered" },
		{ 487, ALERT_AGAIN, true, "nobody has answered" },
		{ 486, ALERT_AGAIN, true, "the line is busy" },
		{ 600, ALERT_AGAIN, true, "the line is busy" },
		{ 603, ALERT_AGAIN, true, "the call was declined" },
	};

	*r = (struct alert_result){ .outcome = ALERT_AGAIN,
				    .status = status,
				    .why = "no route takes the call" };
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].status == status) {
			r->outcome = all[i].outcome;
			r->was_tried = all[i].was_tried;
			r->why = all[i].why;
		}
}

/* ---- what is said ---- */

static void release(const void *owner)
{
	speech_unref(owner);
}

static void play(struct visit *v, enum part part)
{
	const struct speech_clip *clip = speech_ref(v->clips[part]);

	if (part == PART_WORDS && !v->has_words && !v->was_unspoken) {
		v->was_unspoken = true;
		stats_add(STAT_ALERTS_UNSPOKEN, 1);
	}
	v->part = part;
	ua_play(v->call, &(struct media_clip){ .samples = clip->samples,
					       .count = clip->count,
					       .owner = clip,
					       .release = release });
}

static void speak(struct visit *v)
{
	v->state = VISIT_SPEAKS;
	v->hearings++;
	play(v, PART_GREETING);
}

static void on_played(struct visit *v)
{
	if (v->state == VISIT_THANKS) {
		hang_up(v);
	} else if (v->state == VISIT_SPEAKS && v->part < PART_KEY) {
		play(v, v->part + 1);
	} else if (v->state == VISIT_SPEAKS) {
		v->state = VISIT_LISTENS;
		v->until_ms = clock_mono_ms() + KEY_WAIT_MS;
	}
}

static void on_key(struct alert_desk *d, struct visit *v, char key)
{
	if (key != '1' || v->has_pressed ||
	    (v->state != VISIT_SPEAKS && v->state != VISIT_LISTENS))
		return;
	v->has_pressed = true;
	alerts_acknowledge(d->conf.alerts, v->alert);
}

static void look_whether_acknowledged(struct alert_desk *d, struct visit *v)
{
	int err = v->has_pressed && !v->is_acknowledged
			  ? alerts_acknowledged(v->alert)
			  : 1;

	if (err > 0)
		return;
	/* Escalation has ended, also where it is not on disk. */
	v->is_acknowledged = err == 0 || err == -EIO;
	v->has_pressed = v->is_acknowledged;
	if (!v->call)
		end(d, v);
	else if (v->is_acknowledged && v->state != VISIT_LEAVES) {
		v->state = VISIT_THANKS;
		v->until_ms = clock_mono_ms() + THANKS_WAIT_MS;
		play(v, PART_THANKS);
	}
}

static struct visit *visit_of(struct alert_desk *d, const struct ua_call *c)
{
	for (unsigned i = 0; i < visits_max(d); i++)
		if (d->visits[i].alert && d->visits[i].call == c)
			return &d->visits[i];
	return NULL;
}

static void on_ended(struct alert_desk *d, struct visit *v)
{
	unsigned status = ua_call_status(v->call);

	if (status)
		judge_status(&v->result, status);
	else if (v->has_been_up)
		v->result = (struct alert_result){
			.outcome = ALERT_AGAIN,
			.was_tried = true,
			.why = "answered, and nobody has pressed 1",
		};
	else
		v->result = unheard;
	/* Whatever a network makes of a telephone that nobody took. */
	v->result.was_tried |= ua_call_has_rung(v->call);
	v->call = NULL;
	try_to_end(d, v);
}

void alert_desk_event(struct alert_desk *d, struct ua_call *c,
		      enum ua_event what, char key)
{
	struct visit *v = visit_of(d, c);

	if (!v)
		return;
	switch (what) {
	case UA_UP:
		v->has_been_up = true;
		/* Hung up by us in the same moment: it is over soon. */
		if (v->state == VISIT_RINGS)
			speak(v);
		break;
	case UA_KEY:
		on_key(d, v, key);
		break;
	case UA_PLAYED:
		on_played(v);
		break;
	case UA_ENDED:
		on_ended(d, v);
		break;
	case UA_CALL:
		break;
	}
}

/* ---- the call ---- */

static void ring(struct alert_desk *d, struct visit *v)
{
	const struct conf *conf = d->conf.conf;
	char uri[128], from[128], headers[64], number[E164_SIZE];
	struct ua_ring whom = { .flow = { .peer = d->conf.gateway },
				.uri = uri,
				.from = from,
				.headers = headers };
	int err;

	whom.flow.peer_len = d->conf.gateway.ss_family == AF_INET6
				     ? sizeof(struct sockaddr_in6)
				     : sizeof(struct sockaddr_in);
	e164_from_u64(v->alert->number, number);
	(void)snprintf(uri, sizeof(uri), "sip:%s@%s:%u", number,
		       d->conf.gateway_host, d->conf.gateway_port);
	(void)snprintf(from, sizeof(from), "<sip:%s@%s>",
		       conf->phone_number[0] ? conf->phone_number : "anonymous",
		       d->conf.gateway_host);
	(void)snprintf(headers, sizeof(headers),
		       "X-E911-Alert: organization=%llu\r\n",
		       (unsigned long long)v->alert->organization_id);
	err = ua_ring(d->conf.ua, &whom, &v->call);
	if (err < 0) {
		v->call = NULL;
		v->result = (struct alert_result){
			.outcome = ALERT_AGAIN,
			.why = err == -EBUSY ? "all lines are in use"
					     : "the gateway cannot be reached",
		};
		end(d, v);
		return;
	}
	stats_add(STAT_ALERTS_CALLS, 1);
	v->state = VISIT_RINGS;
	v->until_ms = clock_mono_ms() + conf->phone_ring_s * 1000;
}

/* ---- words ---- */

static const struct speech_clip *prompt_clip(struct alert_desk *d,
					     const struct visit *v,
					     enum prompt p)
{
	const char *language = v->alert->language;
	int err;

	return speech_get(d->conf.speech, text_of(prompt_text(p, language)),
			  language, &err);
}

/* The fixed sentences, which are there unless there is no voice at all. */
static bool get_prompts(struct alert_desk *d, struct visit *v)
{
	static const enum prompt prompts[PARTS] = {
		[PART_GREETING] = PROMPT_ALERT_GREETING,
		[PART_KEY] = PROMPT_ALERT_ACKNOWLEDGE,
		[PART_THANKS] = PROMPT_ALERT_ACKNOWLEDGED,
	};

	for (size_t i = 0; i < PARTS; i++) {
		if (i != PART_WORDS && !v->clips[i])
			v->clips[i] = prompt_clip(d, v, prompts[i]);
		if (i != PART_WORDS && !v->clips[i])
			return false;
	}
	return true;
}

static void cannot_speak(struct alert_desk *d, struct visit *v)
{
	v->result = (struct alert_result){ .outcome = ALERT_AGAIN,
					   .why = "it cannot be spoken" };
	end(d, v);
}

/* Who has waited longest, of those who would still hear them. */
static struct visit *next_to_make(struct alert_desk *d)
{
	struct visit *oldest = NULL;

	for (unsigned i = 0; i < visits_max(d); i++) {
		struct visit *v = &d->visits[i];

		if (v->alert && v->wants_words && !v->has_pressed &&
		    v->state != VISIT_LEAVES &&
		    (!oldest || v->taken_ms < oldest->taken_ms))
			oldest = v;
	}
	return oldest;
}

/* False: they are being made, or so much waits that they are asked for later.
 */
static bool get_words(struct alert_desk *d, struct visit *v, int64_t now_ms)
{
	const struct speech_clip *clip;
	int err;

	clip = speech_get(d->conf.speech, text_of(v->alert->text), "en", &err);
	if (!clip && err >= 0)
		return false;
	d->makes = NULL;
	if (err == -EAGAIN || err == -ENOMEM) {
		d->voice_again_ms = now_ms + VOICE_AGAIN_MS;
		return false;
	}
	v->wants_words = false;
	if (clip) {
		speech_unref(v->clips[PART_WORDS]);
		v->clips[PART_WORDS] = clip;
		v->has_words = true;
	}
	return true;
}

/* Whose turn comes late rings meanwhile, and hears them when they are there. */
static void make_words(struct alert_desk *d, int64_t now_ms)
{
	if (now_ms < d->voice_again_ms)
		return;
	do {
		if (!d->makes)
			d->makes = next_to_make(d);
	} while (d->makes && get_words(d, d->makes, now_ms));
}

static void prepare(struct alert_desk *d, struct visit *v, int64_t now_ms)
{
	bool is_late = now_ms >= v->until_ms;

	if (v->wants_words && !is_late)
		return;
	if (!v->clips[PART_WORDS])
		v->clips[PART_WORDS] =
			prompt_clip(d, v, PROMPT_ALERT_NOT_SPOKEN);
	if (v->clips[PART_WORDS] && get_prompts(d, v))
		ring(d, v);
	else if (is_late)
		cannot_speak(d, v);
}

static void take_alerts(struct alert_desk *d, int64_t now_ms)
{
	for (unsigned i = 0; i < visits_max(d); i++) {
		struct visit *v = &d->visits[i];

		if (v->alert)
			continue;
		v->alert = alerts_next(d->conf.alerts);
		if (!v->alert)
			return;
		*v = (struct visit){ .alert = v->alert,
				     .state = VISIT_PREPARES,
				     .wants_words = true,
				     .taken_ms = now_ms,
				     .until_ms = now_ms + SPEECH_WAIT_MS,
				     .result = unheard };
	}
}

static void look_at(struct alert_desk *d, struct visit *v, int64_t now_ms)
{
	look_whether_acknowledged(d, v);
	if (!v->alert)
		return;
	/* Somebody else was faster: the deliverer knows why. */
	if (alerts_is_moot(v->alert) && v->state == VISIT_PREPARES) {
		v->result.was_tried = false;
		end(d, v);
		return;
	}
	if (alerts_is_moot(v->alert) && v->state == VISIT_RINGS) {
		hang_up(v);
		return;
	}
	if (v->state == VISIT_PREPARES) {
		prepare(d, v, now_ms);
		return;
	}
	if (!v->call || now_ms < v->until_ms)
		return;
	if (v->state == VISIT_LISTENS && v->hearings < HEARINGS_MAX)
		speak(v);
	else if (v->state == VISIT_RINGS || v->state == VISIT_THANKS ||
		 (v->state == VISIT_LISTENS && !v->has_pressed))
		hang_up(v);
}

void alert_desk_tick(struct alert_desk *d)
{
	int64_t now_ms = clock_mono_ms();

	take_alerts(d, now_ms);
	make_words(d, now_ms);
	for (unsigned i = 0; i < visits_max(d); i++)
		if (d->visits[i].alert)
			look_at(d, &d->visits[i], now_ms);
}
