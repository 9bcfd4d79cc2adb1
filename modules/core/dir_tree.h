/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir_tree: looks a record up in the directory's file, and proves it when
 * there is none.
 *
 * The file is a B+tree of pages (dir_page.h).  Its pages have no checksums,
 * our records have (dir_record.h).  So what is found is proven by its own
 * record.  That a key is *not* there follows from its neighbours: the records
 * before and behind its place are genuine, adjacent, and on a page that
 * belongs there; else the answer is "damaged" and not "unknown".
 *
 * Pages come from whoever reads the file, by number.  No number of a damaged
 * page leads behind the last page, and no circle of them further than the
 * tree is deep.
 */
#pragma once

#include <stdint.h>

#include "dir_page.h"
#include "dir_record.h"

#define DIR_TREE_DEPTH_MAX 16

struct dir_tree {
	uint64_t root, last_page;
	uint64_t transaction; /* the one that wrote it */
	uint64_t entries;
	uint32_t page_size; /* bytes */
	unsigned depth;     /* pages from the root to a record; 0: empty */
};

/* Bytes of a meta page that are needed. */
#define DIR_TREE_META 152
/* p: begin of page 'number', 0 or 1.  -EBADMSG: no meta page of this format. */
int must_check dir_tree_parse(struct dir_tree *ret, const uint8_t *p,
			      uint64_t number);

/* Places for pages that are in use at the same time. */
#define DIR_TREE_PLACES (2 * DIR_TREE_DEPTH_MAX)

struct dir_pages {
	/* Page 'number', opened; it and its bytes stay until the next get for
	 * the same place.  Negative errno. */
	int (*get)(void *arg, unsigned place, uint64_t number,
		   struct dir_page **ret);
	/* len bytes from the begin of page 'number' on; they stay until the
	 * next get_long. */
	int (*get_long)(void *arg, uint64_t number, size_t len,
			const uint8_t **ret);
	void *arg;
};

/*
 * The value of a key, whose CRC and key echo are right: 0.  -ENOENT: there is
 * none.  -EBADMSG: damage on the way, or what a callback said.  The value
 * stays as long as the bytes that the callbacks gave.
 */
int must_check dir_tree_find(const struct dir_tree *t,
			     const struct dir_pages *pages,
			     const struct dir_key *key, struct text *ret);

/*
 * The record behind a key, in their order; its value is as it stands there,
 * for the caller to check.  -ENOENT: that was the last one.  -EBADMSG: damage
 * on the way, or the record before is damaged, unless it is the one of this
 * key.  *ret_key may be the same as *key.
 */
int must_check dir_tree_after(const struct dir_tree *t,
			      const struct dir_pages *pages,
			      const struct dir_key *key,
			      struct dir_key *ret_key, struct text *ret);

/*
 * Call on_item for each record from 'from' on (len 0: the first) in order,
 * until it returns non-zero, which is then the result; 0 at the end.  -EBADMSG:
 * a damaged page, keys out of order, or not as many as there should be.
 */
typedef int dir_tree_item_f(struct text key, struct text value, void *arg);
int must_check dir_tree_each(const struct dir_tree *t,
			     const struct dir_pages *pages,
			     const struct dir_key *from,
			     dir_tree_item_f *on_item, void *arg);
