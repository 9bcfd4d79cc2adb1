/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * voice: a text read aloud, by flite.
 *
 * Only voice_flite.c knows flite.  One thread uses a voice.  The voice is
 * cmu_us_kal16 of Debian's libflite1: of its voices the one that a recogniser
 * understands best over a telephone (test/bench/README.md).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define VOICE_TEXT_MAX 2048 /* bytes of one text */

struct voice;

/* -ENOTSUP: flite has no such voice; -ENOMEM. */
int must_check voice_new(struct voice **ret);
/* Accepts NULL; returns NULL. */
struct voice *voice_free(struct voice *v);

/*
 * Words as spoken.h writes them: small letters, ' ', ',', '.'; -EINVAL for
 * anything else, for no word and for more than VOICE_TEXT_MAX bytes.  8 kHz,
 * the silence around it cut off; the caller's to free().  -EIO: flite
 * cannot; -ENOMEM.
 */
int must_check voice_speak(struct voice *v, struct text words,
			   int16_t **ret_samples, size_t *ret_count);
