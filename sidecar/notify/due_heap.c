/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/due_heap.h"

#include <errno.h>
#include <stdlib.h>

/* v[0] is the first; 'place' counts from 1, so that zeroes mean not in it. */

static void set(struct due_heap *h, size_t i, struct due *d)
{
	h->v[i] = d;
	d->place = i + 1;
}

static void sift_up(struct due_heap *h, size_t i)
{
	struct due *d = h->v[i];

	while (i && h->v[(i - 1) / 2]->at_ms > d->at_ms) {
		set(h, i, h->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	set(h, i, d);
}

static void sift_down(struct due_heap *h, size_t i)
{
	struct due *d = h->v[i];
	size_t child;

	while ((child = 2 * i + 1) < h->count) {
		if (child + 1 < h->count &&
		    h->v[child + 1]->at_ms < h->v[child]->at_ms)
			child++;
		if (h->v[child]->at_ms >= d->at_ms)
			break;
		set(h, i, h->v[child]);
		i = child;
	}
	set(h, i, d);
}

void due_heap_fini(struct due_heap *h)
{
	free(h->v);
	*h = (struct due_heap){ 0 };
}

int due_heap_reserve(struct due_heap *h, size_t count)
{
	size_t size = h->size ? h->size : 64;
	struct due **v;

	if (count <= h->size)
		return 0;
	while (size < count)
		size *= 2;
	v = realloc(h->v, size * sizeof(struct due *));
	if (!v)
		return -ENOMEM;
	h->v = v;
	h->size = size;
	return 0;
}

void due_heap_put(struct due_heap *h, struct due *d, int64_t at_ms)
{
	due_heap_remove(h, d);
	d->at_ms = at_ms;
	h->v[h->count] = d;
	sift_up(h, h->count++);
}

void due_heap_remove(struct due_heap *h, struct due *d)
{
	size_t i = d->place - 1;
	struct due *last;

	if (!d->place)
		return;
	d->place = 0;
	last = h->v[--h->count];
	if (last == d)
		return;
	set(h, i, last);
	sift_down(h, i);
	sift_up(h, last->place - 1);
}

struct due *due_heap_first(const struct due_heap *h)
{
	return h->count ? h->v[0] : NULL;
}
