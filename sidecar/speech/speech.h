/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * speech: what callers hear, made of text.
 *
 * A text is asked for and is there, or is being made: one thread of its own
 * (speech_run) makes it, and whoever asks never waits.  What was made is kept,
 * the texts asked for last first, within speech_cache_mb; the fixed sentences
 * (prompt.h) are made first and stay.
 *
 * Text is lines; each is a sentence of prompt.h, in a recording if there is
 * one, or is read by the voice.  Any bytes will do: what is written as people
 * write is said as people say it (spoken.h), and nothing in it can be an
 * order to the voice.  At most SPEECH_TEXT_MAX bytes are looked at, and
 * SPEECH_SECONDS_MAX are said; what is beyond is left out.
 *
 * Languages are "en", "fr", "es"; another is "en".  Debian's voices speak
 * English only.  Sentences and digits of French and Spanish are recordings
 * (speech_recordings); without all of them that language is said in English.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/stop.h"

#define SPEECH_RATE        8000 /* samples a second */
#define SPEECH_TEXT_MAX    2048 /* bytes */
#define SPEECH_SECONDS_MAX 120
#define SPEECH_WAITING_MAX 512 /* texts that wait to be made */

struct speech;

/* 8 kHz, one channel; never changed.  Shared and counted. */
struct speech_clip {
	const int16_t *samples;
	size_t count;
};

/* -ENOMEM, or what eventfd() says. */
int must_check speech_new(struct speech **ret, const struct conf *conf);
/* speech_run() has ended.  Clips live on as long as somebody has them.
 * Accepts NULL; returns NULL. */
struct speech *speech_free(struct speech *s);

/* The thread that makes it, until the stop is asked for.  A voice that cannot
 * be had is told and counted; recordings are played all the same. */
int must_check speech_run(const struct conf *conf, const struct stop *stop,
			  struct speech *s);

/*
 * Any thread; waits for nothing.  The clip, with a reference for the caller;
 * or NULL, and *ret_err is
 *	0		it is being made: ask again when speech_fd() says so
 *	-EAGAIN		SPEECH_WAITING_MAX texts wait
 *	-EIO		it could not be made; that is tried again a minute later
 *	-EINVAL		nothing in it can be spoken
 *	-ENOMEM
 * In the last four cases a sentence of prompt.h is there.
 */
const struct speech_clip *speech_get(struct speech *s, struct text text,
				     const char *language, int *ret_err);
/* Any thread; unref accepts NULL. */
const struct speech_clip *speech_ref(const struct speech_clip *c);
void speech_unref(const struct speech_clip *c);

/* An eventfd, of one reader: readable when some text was made, or could not
 * be.  Read it, then ask again for what is missed. */
int speech_fd(const struct speech *s);
