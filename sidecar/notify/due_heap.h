/* SPDX-License-Identifier: GPL-2.0-or-later */
/* due_heap: what is due first.  Times are of whatever clock the owner has. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct due {
	int64_t at_ms;
	size_t place; /* in the heap, from 1; 0: not in it */
};

struct due_heap {
	struct due **v; /* owned; of each a borrowed one */
	size_t count, size;
};

void due_heap_fini(struct due_heap *h);
/* Room for so many: due_heap_put() cannot fail up to there.  -ENOMEM */
int must_check due_heap_reserve(struct due_heap *h, size_t count);
/* Put in, or moved to another time. */
void due_heap_put(struct due_heap *h, struct due *d, int64_t at_ms);
/* Not being in it is fine. */
void due_heap_remove(struct due_heap *h, struct due *d);
/* The first; NULL: none. */
struct due *due_heap_first(const struct due_heap *h);
