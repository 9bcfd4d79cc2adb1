/* SPDX-License-Identifier: GPL-2.0-or-later */
/* render: words become samples, by recordings and the voice; one thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "speech/prompt.h"

struct renderer;

/* Without a voice it goes on, with recordings alone; that is told in the log.
 * -ENOMEM. */
int must_check renderer_new(struct renderer **ret, const char *recordings);
/* Accepts NULL; returns NULL. */
struct renderer *renderer_free(struct renderer *r);
bool renderer_has_voice(const struct renderer *r);

/*
 * Lines as spoken_text() writes them.  The samples are the caller's to free();
 * at most 'max' of them, the rest is left out.  -EIO: nothing could be made of
 * a line that belongs to it; -ENOMEM.
 */
int must_check render(struct renderer *r, struct text words,
		      enum prompt_language l, size_t max, int16_t **ret_samples,
		      size_t *ret_count);
