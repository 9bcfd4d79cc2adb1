/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clip_cache: texts and what was made of them, the ones used last within a
 * bound; and those that wait to be made, in order.  Not locked: speech.c does.
 */
#pragma once

#include <stdint.h>

#include "speech/prompt.h"
#include "speech/speech.h"

/* ---- clips ---- */

/* Takes the samples, to free() them.  NULL: no memory; they are the caller's
 * still. */
const struct speech_clip *clip_new(const int16_t *samples, size_t count);

/* ---- entries ---- */

enum clip_state { CLIP_WAITING, CLIP_READY, CLIP_FAILED };

struct clip_entry {
	enum clip_state state;
	bool stays; /* is never forgotten */
	enum prompt_language language;
	struct text words;              /* owned */
	const struct speech_clip *clip; /* a reference; NULL unless ready */
	int64_t failed_at_ms;           /* monotonic */
	uint64_t hash;
	struct clip_entry *same_hash; /* next in its bucket */
	struct clip_entry *newer, *older;
	struct clip_entry *next; /* behind it in the queue */
};

struct clip_cache;

/* -ENOMEM */
int must_check clip_cache_new(struct clip_cache **ret, size_t bytes_max);
/* Accepts NULL; returns NULL. */
struct clip_cache *clip_cache_free(struct clip_cache *c);

/* It counts as used last then.  NULL: not there. */
struct clip_entry *clip_cache_find(struct clip_cache *c, struct text words,
				   enum prompt_language l);
/* A new one, at the end of the queue.  NULL: no memory. */
struct clip_entry *clip_cache_add(struct clip_cache *c, struct text words,
				  enum prompt_language l);
/* Of a failed one: at the end of the queue again. */
void clip_cache_again(struct clip_cache *c, struct clip_entry *e);
/* Off the front of the queue, or NULL; it stays an entry. */
struct clip_entry *clip_cache_next(struct clip_cache *c);
size_t clip_cache_waiting(const struct clip_cache *c);
size_t clip_cache_bytes(const struct clip_cache *c);

/* What was made of an entry that clip_cache_next() gave: a reference is taken
 * over; NULL: it failed.  Others are forgotten if that is too much. */
void clip_cache_done(struct clip_cache *c, struct clip_entry *e,
		     const struct speech_clip *clip, int64_t now_ms);
