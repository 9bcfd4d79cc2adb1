/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speech/render.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "speech/recordings.h"
#include "speech/spoken.h"
#include "speech/voice.h"

#define WHO       "speech"
#define MS        8   /* samples */
#define LINE_GAP  350 /* ms behind a line */
#define GROUP_GAP 300 /* ms between groups of digits */
#define DIGIT_GAP 60
#define PIECE_MAX 1000 /* bytes given to the voice at once */
#define KEY_MAX   256

struct renderer {
	struct voice *voice;           /* owned; NULL: there is none */
	struct recordings *recordings; /* owned */
	/* What spoken_text() makes of each sentence. */
	char keys[PROMPT_LANGUAGES][PROMPT_COUNT][KEY_MAX];
};

struct sound {
	int16_t *samples; /* owned */
	size_t count, size, max;
};

/* ---- what has been said ---- */

static int make_room(struct sound *s, size_t count)
{
	size_t size = (s->count + count) * 2;
	int16_t *samples;

	if (s->samples && s->count + count <= s->size)
		return 0;
	samples = realloc(s->samples, size * sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	s->samples = samples;
	s->size = size;
	return 0;
}

/* All of it or, when it does not fit, nothing more: 1. */
static int add(struct sound *s, const int16_t *samples, size_t count)
{
	int err;

	if (count > s->max - s->count) {
		s->max = s->count;
		return 1;
	}
	err = make_room(s, count);
	if (err < 0)
		return err;
	if (samples)
		memcpy(s->samples + s->count, samples,
		       count * sizeof(*samples));
	else
		memset(s->samples + s->count, 0, count * sizeof(*samples));
	s->count += count;
	return 0;
}

static int add_gap(struct sound *s, unsigned ms)
{
	return s->count ? add(s, NULL, (size_t)ms * MS) : 0;
}

/* ---- by the voice ---- */

/* Up to a pause, or at least between words. */
static struct text cut_piece(struct text *rest)
{
	struct text piece = *rest;
	size_t n = PIECE_MAX;

	if (piece.len > PIECE_MAX) {
		while (n && !strchr(",.", piece.p[n - 1]))
			n--;
		for (size_t i = PIECE_MAX; !n && i; i--)
			if (piece.p[i - 1] == ' ')
				n = i;
		piece.len = n ? n : PIECE_MAX;
	}
	*rest = text_make(rest->p + piece.len, rest->len - piece.len);
	return piece;
}

static int speak(struct renderer *r, struct sound *s, struct text line)
{
	int err = 0;

	while (line.len && !err) {
		struct text piece = cut_piece(&line);
		int16_t *samples = NULL;
		size_t count = 0;

		if (!r->voice)
			return -EIO;
		err = voice_speak(r->voice, piece, &samples, &count);
		/* Nothing but pauses. */
		if (err == -EINVAL) {
			err = 0;
			continue;
		}
		if (err < 0)
			return err == -ENOMEM ? err : -EIO;
		err = add(s, samples, count);
		free(samples);
		if (!err && line.len)
			err = add_gap(s, GROUP_GAP);
	}
	return err;
}

/* ---- by recordings ---- */

static bool find_prompt(const struct renderer *r, struct text line,
			enum prompt *ret)
{
	for (enum prompt_language l = 0; l < PROMPT_LANGUAGES; l++) {
		for (enum prompt p = 0; p < PROMPT_COUNT; p++) {
			if (text_equal(line, text_of(r->keys[l][p]))) {
				*ret = p;
				return true;
			}
		}
	}
	return false;
}

/* 0..9, RECORDING_PLUS; -1: it is no digit. */
static int digit_of(struct text word)
{
	static const char *const words[RECORDING_DIGITS] = {
		"zero", "one",   "two",   "three", "four", "five",
		"six",  "seven", "eight", "nine",  "plus",
	};

	while (word.len && strchr(",.", word.p[word.len - 1]))
		word.len--;
	for (int i = 0; i < RECORDING_DIGITS; i++)
		if (text_equal(word, text_of(words[i])))
			return i;
	return -1;
}

static bool is_digits(struct text line)
{
	struct text word;

	while (text_cut(&line, ' ', &word))
		if (digit_of(word) < 0)
			return false;
	return true;
}

static int play_digits(struct renderer *r, struct sound *s, struct text line,
		       enum prompt_language l)
{
	struct text word;
	int err = 0;

	while (!err && text_cut(&line, ' ', &word)) {
		struct recording digit = recordings_digit(
			r->recordings, l, (unsigned)digit_of(word));
		bool ends_group = strchr(",.", word.p[word.len - 1]) != NULL;

		err = add(s, digit.samples, digit.count);
		if (!err && line.len)
			err = add_gap(s, ends_group ? GROUP_GAP : DIGIT_GAP);
	}
	return err;
}

static int say_line(struct renderer *r, struct sound *s, struct text line,
		    enum prompt_language l)
{
	enum prompt p;

	if (find_prompt(r, line, &p)) {
		struct recording whole = recordings_prompt(r->recordings, l, p);

		if (whole.samples)
			return add(s, whole.samples, whole.count);
		return speak(r, s, text_of(r->keys[PROMPT_EN][p]));
	}
	if (recordings_digit(r->recordings, l, 0).samples && is_digits(line))
		return play_digits(r, s, line, l);
	return speak(r, s, line);
}

/* ---- all of it ---- */

int render(struct renderer *r, struct text words, enum prompt_language l,
	   size_t max, int16_t **ret_samples, size_t *ret_count)
{
	struct sound s = { .max = max };
	struct text line;
	int err = 0;

	while (!err && text_cut(&words, '\n', &line)) {
		if (!line.len)
			continue;
		err = add_gap(&s, LINE_GAP);
		if (!err)
			err = say_line(r, &s, line, l);
	}
	if (err >= 0 && !s.count)
		err = -EIO;
	if (err < 0) {
		free(s.samples);
		return err;
	}
	*ret_samples = s.samples;
	*ret_count = s.count;
	return 0;
}

int renderer_new(struct renderer **ret, const char *recordings)
{
	struct renderer *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	err = recordings_new(&r->recordings, recordings);
	if (err < 0) {
		free(r);
		return err;
	}
	for (enum prompt_language l = 0; l < PROMPT_LANGUAGES; l++) {
		for (enum prompt p = 0; p < PROMPT_COUNT; p++) {
			struct text_writer w =
				text_writer_on(r->keys[l][p], KEY_MAX);

			(void)spoken_text(&w,
					  text_of(prompt_text(
						  p, prompt_language_name(l))));
			(void)text_writer_end(&w);
		}
	}
	err = voice_new(&r->voice);
	if (err < 0)
		log_error(WHO, "no voice, only recordings: %s",
			  err == -ENOMEM ? "no memory" : "flite has no kal16");
	*ret = r;
	return 0;
}

struct renderer *renderer_free(struct renderer *r)
{
	if (!r)
		return NULL;
	r->voice = voice_free(r->voice);
	r->recordings = recordings_free(r->recordings);
	free(r);
	return NULL;
}

bool renderer_has_voice(const struct renderer *r)
{
	return r->voice != NULL;
}
