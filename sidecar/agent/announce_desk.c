/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/announce_desk.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/stats.h"
#include "speech/prompt.h"

/* Until the other side knows where the words come from: its description
 * reaches the caller through Kamailio and the engine of media. */
#define LEAD_MS 400
/* The module waits for 20 s; a recording that is longer is cut by us. */
#define SPEAK_MS_MAX 18000

struct listener {
	struct ua_call *call;           /* borrowed; NULL: free */
	const struct speech_clip *clip; /* shared; NULL: is being played */
	int64_t begin_at_ms, end_at_ms;
};

struct announce_desk {
	struct speech *speech;      /* borrowed */
	unsigned max, count;        /* count: no more were in use at a time */
	struct listener *listeners; /* owned, max of them */
};

int announce_desk_new(struct announce_desk **ret, unsigned calls_max,
		      struct speech *speech)
{
	struct announce_desk *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->speech = speech;
	d->max = calls_max;
	d->listeners = calloc(calls_max, sizeof(*d->listeners));
	if (!d->listeners) {
		free(d);
		return -ENOMEM;
	}
	*ret = d;
	return 0;
}

struct announce_desk *announce_desk_free(struct announce_desk *d)
{
	if (!d)
		return NULL;
	free(d->listeners);
	free(d);
	return NULL;
}

static struct listener *listener_of(struct announce_desk *d,
				    const struct ua_call *c)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->listeners[i].call == c)
			return &d->listeners[i];
	return NULL;
}

static struct listener *listener_free(struct announce_desk *d)
{
	struct listener *l = listener_of(d, NULL);

	if (!l && d->count < d->max)
		l = &d->listeners[d->count++];
	return l;
}

static const char *sentence_of(const struct ua_call *c)
{
	const char *name = prompt_file(PROMPT_ROUTES_FAILED);

	return strcmp(ua_call_announcement(c), name) == 0
		       ? prompt_text(PROMPT_ROUTES_FAILED, "en")
		       : NULL;
}

static void begin(struct announce_desk *d, struct ua_call *c)
{
	const char *sentence = sentence_of(c);
	const struct speech_clip *clip;
	struct listener *l;
	int err;

	if (!sentence) {
		ua_refuse(c, 404, "Not Found");
		return;
	}
	clip = speech_get(d->speech, text_of(sentence), "en", &err);
	l = clip ? listener_free(d) : NULL;
	if (!l || ua_begin_early(c) < 0) {
		speech_unref(clip);
		ua_refuse(c, 503, "Service Unavailable");
		return;
	}
	*l = (struct listener){ .call = c,
				.clip = clip,
				.begin_at_ms = clock_mono_ms() + LEAD_MS,
				.end_at_ms = clock_mono_ms() + SPEAK_MS_MAX };
	stats_add(STAT_ANNOUNCEMENTS, 1);
}

static void release(const void *owner)
{
	speech_unref(owner);
}

static void speak(struct listener *l)
{
	const struct speech_clip *clip = l->clip;

	l->clip = NULL;
	ua_play(l->call, &(struct media_clip){ .samples = clip->samples,
					       .count = clip->count,
					       .owner = clip,
					       .release = release });
}

static void end(struct listener *l)
{
	speech_unref(l->clip);
	*l = (struct listener){ 0 };
}

void announce_desk_event(struct announce_desk *d, struct ua_call *c,
			 enum ua_event what)
{
	struct listener *l = what == UA_CALL ? NULL : listener_of(d, c);

	if (what == UA_CALL)
		begin(d, c);
	else if (l && what == UA_PLAYED)
		ua_refuse(c, 503, "Service Unavailable");
	else if (l && what == UA_ENDED)
		end(l);
}

void announce_desk_tick(struct announce_desk *d)
{
	int64_t now_ms = clock_mono_ms();

	for (unsigned i = 0; i < d->count; i++) {
		struct listener *l = &d->listeners[i];

		if (l->call && now_ms >= l->end_at_ms)
			ua_refuse(l->call, 503, "Service Unavailable");
		else if (l->call && l->clip && now_ms >= l->begin_at_ms)
			speak(l);
	}
}
