/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)64 << 10)

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

static struct arena_block *block_new(struct arena *a, size_t size)
{
	struct arena_block *b;

	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	b = malloc(sizeof(*b) + size);
	if (!b)
		return NULL;
	b->next = a->blocks;
	b->size = size;
	b->used = 0;
	a->blocks = b;
	return b;
}

void *arena_take(struct arena *a, size_t size)
{
	size_t rounded =
		(size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *b = a->blocks;
	void *p;

	if (rounded < size)
		return NULL;
	if (!b || b->size - b->used < rounded)
		b = block_new(a, rounded);
	if (!b)
		return NULL;
	p = b->bytes + b->used;
	b->used += rounded;
	return p;
}

char *arena_copy(struct arena *a, struct text t)
{
	char *p = arena_take(a, t.len + 1);

	if (!p)
		return NULL;
	if (t.len)
		memcpy(p, t.p, t.len);
	p[t.len] = '\0';
	return p;
}

/* Free all blocks but 'keep'. */
static void free_blocks(struct arena *a, struct arena_block *keep)
{
	struct arena_block *b = a->blocks;

	while (b) {
		struct arena_block *next = b->next;

		if (b != keep)
			free(b);
		b = next;
	}
	a->blocks = keep;
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->blocks;

	/* The first one taken is of the usual size. */
	while (keep && keep->next)
		keep = keep->next;
	if (keep && keep->size != BLOCK_SIZE)
		keep = NULL;
	free_blocks(a, keep);
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
	}
}

void arena_fini(struct arena *a)
{
	free_blocks(a, NULL);
}
