/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recordings: sentences and digits that somebody has spoken.
 *
 *	DIRECTORY/fr/test-greeting.wav	a sentence, named in prompt.def
 *	DIRECTORY/fr/0.wav ... 9.wav, plus.wav
 *
 * WAV, 8 kHz, one channel, 16 bits.  English ones stand in for the voice one
 * by one (the digits together); of French and Spanish, which no voice speaks,
 * all must be there, or none is used: nobody is helped by half a language.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "speech/prompt.h"

struct recordings;

struct recording {
	const int16_t *samples; /* borrowed; NULL: there is none */
	size_t count;
};

#define RECORDING_PLUS   10 /* behind the digits */
#define RECORDING_DIGITS 11

/* Reads all there are; what cannot be used is told in the log.  An empty path:
 * there are none.  -ENOMEM. */
int must_check recordings_new(struct recordings **ret, const char *directory);
/* Accepts NULL; returns NULL. */
struct recordings *recordings_free(struct recordings *r);

struct recording recordings_prompt(const struct recordings *r,
				   enum prompt_language l, enum prompt p);
/* 0..9, or RECORDING_PLUS */
struct recording recordings_digit(const struct recordings *r,
				  enum prompt_language l, unsigned digit);
