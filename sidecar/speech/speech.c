/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/speech.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "speech/clip_cache.h"
#include "speech/render.h"
#include "speech/spoken.h"

#define WHO         "speech"
#define WORDS_MAX   4096 /* bytes of words that are said */
#define RETRY_MS    60000
#define SAMPLES_MAX ((size_t)SPEECH_SECONDS_MAX * SPEECH_RATE)
/* The longest that becomes of SPEECH_TEXT_MAX bytes: a digit becomes " seven"
 * and perhaps a pause, "SH" "state highway". */
#define WORDS_SIZE (16 * SPEECH_TEXT_MAX)

struct speech {
	pthread_mutex_t lock;     /* of the cache */
	struct clip_cache *cache; /* owned */
	int work_fd;              /* owned: something waits */
	int done_fd;              /* owned: something is done */
};

/* ---- what is asked for ---- */

/* Where the words end that are said: behind a sentence, or a pause. */
static size_t cut_words(const char *words, size_t len)
{
	size_t n = WORDS_MAX;

	if (len <= WORDS_MAX)
		return len;
	while (n && !strchr(".,\n", words[n - 1]))
		n--;
	if (n)
		return n;
	n = WORDS_MAX;
	while (n && words[n] != ' ')
		n--;
	return n;
}

/* Of text that is too long nothing is looked at behind the last word. */
static struct text cut_text(struct text t)
{
	if (t.len <= SPEECH_TEXT_MAX)
		return t;
	t.len = SPEECH_TEXT_MAX;
	while (t.len && !text_is_blank(t.p[t.len - 1]))
		t.len--;
	return t;
}

static void ring(int fd)
{
	/* It is readable already when this fails. */
	(void)eventfd_write(fd, 1);
}

static int add(struct speech *s, struct text words, enum prompt_language l,
	       bool stays)
{
	struct clip_entry *e;

	if (clip_cache_waiting(s->cache) >= SPEECH_WAITING_MAX && !stays) {
		stats_add(STAT_SPEECH_BUSY, 1);
		return -EAGAIN;
	}
	e = clip_cache_add(s->cache, words, l);
	if (!e)
		return -ENOMEM;
	e->stays = stays;
	ring(s->work_fd);
	return 0;
}

static int look(struct speech *s, struct text words, enum prompt_language l,
		const struct speech_clip **ret)
{
	struct clip_entry *e = clip_cache_find(s->cache, words, l);

	if (!e)
		return add(s, words, l, false);
	if (e->state == CLIP_READY) {
		*ret = speech_ref(e->clip);
		return 0;
	}
	if (e->state == CLIP_WAITING)
		return 0;
	if (clock_mono_ms() - e->failed_at_ms < RETRY_MS)
		return -EIO;
	clip_cache_again(s->cache, e);
	ring(s->work_fd);
	return 0;
}

const struct speech_clip *speech_get(struct speech *s, struct text text,
				     const char *language, int *ret_err)
{
	const struct speech_clip *clip = NULL;
	char words[WORDS_SIZE];
	struct text_writer w = text_writer_on(words, sizeof(words));

	(void)spoken_text(&w, cut_text(text));
	w.used = cut_words(words, w.used);
	*ret_err = -EINVAL;
	if (!w.used)
		return NULL;
	(void)pthread_mutex_lock(&s->lock);
	*ret_err = look(s, text_written(&w), prompt_language_find(language),
			&clip);
	(void)pthread_mutex_unlock(&s->lock);
	return clip;
}

int speech_fd(const struct speech *s)
{
	return s->done_fd;
}

/* ---- what is made ---- */

static const struct speech_clip *make(struct renderer *r,
				      const struct clip_entry *e)
{
	const struct speech_clip *clip;
	int16_t *samples = NULL;
	size_t count = 0;
	int err =
		render(r, e->words, e->language, SAMPLES_MAX, &samples, &count);

	if (err < 0) {
		/* The words are of somebody's address. */
		log_error(WHO, "a text of %zu letters could not be spoken: %s",
			  e->words.len,
			  err == -ENOMEM ? "no memory" : "the voice cannot");
		stats_add(STAT_SPEECH_FAILED, 1);
		return NULL;
	}
	clip = clip_new(samples, count);
	if (!clip)
		free(samples);
	stats_add(clip ? STAT_SPEECH_MADE : STAT_SPEECH_FAILED, 1);
	return clip;
}

/* False: nothing waits.  The entry's words do not change while it waits. */
static bool make_next(struct speech *s, struct renderer *r)
{
	const struct speech_clip *clip;
	struct clip_entry *e;

	(void)pthread_mutex_lock(&s->lock);
	e = clip_cache_next(s->cache);
	(void)pthread_mutex_unlock(&s->lock);
	if (!e)
		return false;
	clip = make(r, e);
	(void)pthread_mutex_lock(&s->lock);
	clip_cache_done(s->cache, e, clip, clock_mono_ms());
	(void)pthread_mutex_unlock(&s->lock);
	ring(s->done_fd);
	return true;
}

static void want(struct speech *s, struct text words, enum prompt_language l)
{
	struct clip_entry *e = clip_cache_find(s->cache, words, l);

	if (e)
		e->stays = true;
	else
		(void)add(s, words, l, true);
}

/* Each sentence, in each language: what is there whatever happens. */
static void want_prompts(struct speech *s)
{
	for (enum prompt p = 0; p < PROMPT_COUNT; p++) {
		for (enum prompt_language l = 0; l < PROMPT_LANGUAGES; l++) {
			const char *text =
				prompt_text(p, prompt_language_name(l));
			char words[1024];
			struct text_writer w =
				text_writer_on(words, sizeof(words));

			(void)spoken_text(&w, text_of(text));
			(void)pthread_mutex_lock(&s->lock);
			want(s, text_written(&w), l);
			(void)pthread_mutex_unlock(&s->lock);
		}
	}
}

int speech_run(const struct conf *conf, const struct stop *stop,
	       struct speech *s)
{
	struct renderer *r = NULL;
	int err = renderer_new(&r, conf->speech_recordings);
	eventfd_t count;

	if (err < 0)
		return err;
	want_prompts(s);
	while (err >= 0) {
		while (!stop_is_asked(stop) && make_next(s, r))
			;
		err = stop_wait(stop, s->work_fd, -1);
		if (err > 0)
			(void)eventfd_read(s->work_fd, &count);
	}
	r = renderer_free(r);
	return err == -ECANCELED ? 0 : err;
}

/* ---- all of it ---- */

int speech_new(struct speech **ret, const struct conf *conf)
{
	struct speech *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->work_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&s->lock, NULL);
	err = s->work_fd < 0 || s->done_fd < 0 ? -errno : 0;
	if (err >= 0)
		err = clip_cache_new(&s->cache,
				     (size_t)conf->speech_cache_mb << 20);
	if (err < 0) {
		(void)speech_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

struct speech *speech_free(struct speech *s)
{
	if (!s)
		return NULL;
	s->cache = clip_cache_free(s->cache);
	(void)pthread_mutex_destroy(&s->lock);
	if (s->work_fd >= 0)
		(void)close(s->work_fd);
	if (s->done_fd >= 0)
		(void)close(s->done_fd);
	free(s);
	return NULL;
}
