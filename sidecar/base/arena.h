/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arena: memory that is given back all at once. */
#pragma once

#include "text.h"

struct arena_block;

/* All zero: an empty one. */
struct arena {
	struct arena_block *blocks; /* owned; the latest first */
};

/* Aligned for anything, not cleared; NULL: there is no memory. */
void *arena_take(struct arena *a, size_t size);
/* A copy with a NUL behind it; NULL likewise. */
char *arena_copy(struct arena *a, struct text t);
/* What was taken is not used any more; one block is kept for the next. */
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);
