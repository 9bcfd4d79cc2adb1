/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dir_page.h"

#include <errno.h>

#include "bytes.h"

#define NODE_HEAD   8
#define FLAG_BRANCH 1
#define FLAG_LEAF   2
#define FLAG_LONG   4
#define NODE_LONG   1 /* its value stands on pages of its own */
#define PAGE_NUMBER 8 /* bytes of it, where a long value's stands */

/* Each look into the directory compares some twenty keys: inlined there. */
static inline int compare(struct text a, struct text b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	return d ? d : (a.len > b.len) - (a.len < b.len);
}

int dir_page_compare(struct text a, struct text b)
{
	return compare(a, b);
}

static uint32_t value_len(const uint8_t *node)
{
	return le16_get(node) | (uint32_t)le16_get(node + 2) << 16;
}

static unsigned key_len(const uint8_t *node)
{
	return le16_get(node + 6);
}

/* NULL: it, or its key, would not be within the page's nodes. */
static inline const uint8_t *node(const struct dir_page *page, unsigned i)
{
	size_t at = le16_get(page->p + DIR_PAGE_HEAD + 2 * (size_t)i);
	const uint8_t *n = page->p + at;

	if (at < page->begin || at + NODE_HEAD > page->size ||
	    key_len(n) > page->size - at - NODE_HEAD)
		return NULL;
	return n;
}

/* Of the whole node; 0: it leaves the page. */
static size_t node_size(const struct dir_page *page, const uint8_t *node)
{
	size_t room = page->size - (size_t)(node - page->p), len;

	len = NODE_HEAD + (size_t)key_len(node);
	if (!page->is_branch)
		len += le16_get(node + 4) & NODE_LONG ? PAGE_NUMBER
						      : value_len(node);
	return len > room ? 0 : len + (len & 1);
}

static inline struct text key_of(const struct dir_page *page, unsigned i)
{
	const uint8_t *n = node(page, i);

	return n ? text_make((const char *)n + NODE_HEAD, key_len(n))
		 : text_of(NULL);
}

struct text dir_page_key(const struct dir_page *page, unsigned i)
{
	return key_of(page, i);
}

unsigned dir_page_count_until(const struct dir_page *page, unsigned from,
			      struct text key)
{
	unsigned low = from, high = page->count;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (compare(key_of(page, middle), key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t dir_page_child(const struct dir_page *page, unsigned i)
{
	const uint8_t *n = node(page, i);

	return n ? value_len(n) | (uint64_t)le16_get(n + 4) << 32 : 0;
}

int dir_page_value(const struct dir_page *page, unsigned i,
		   struct dir_page_value *ret)
{
	const uint8_t *n = node(page, i), *value;

	if (!n || !node_size(page, n))
		return -EBADMSG;
	value = n + NODE_HEAD + key_len(n);
	switch (le16_get(n + 4)) {
	case 0:
		ret->here = text_make((const char *)value, value_len(n));
		return 0;
	case NODE_LONG:
		ret->here = text_of(NULL);
		ret->long_page = le64_get(value);
		ret->long_len = value_len(n);
		return 0;
	default:
		return -EBADMSG;
	}
}

/* All nodes are within the page, and together fill it. */
static bool nodes_fill(const struct dir_page *page)
{
	size_t sum = 0;

	for (unsigned i = 0; i < page->count; i++) {
		const uint8_t *n = node(page, i);
		size_t size = n ? node_size(page, n) : 0;

		if (!size)
			return false;
		sum += size;
	}
	return sum == page->size - page->begin;
}

static bool keys_ascend(const struct dir_page *page)
{
	/* The first key of a branch counts as less than all. */
	for (unsigned i = page->is_branch ? 2 : 1; i < page->count; i++)
		if (dir_page_compare(dir_page_key(page, i - 1),
				     dir_page_key(page, i)) >= 0)
			return false;
	return true;
}

bool dir_page_is_whole(struct dir_page *page)
{
	if (!page->is_checked)
		page->is_whole = nodes_fill(page) && keys_ascend(page);
	page->is_checked = true;
	return page->is_whole;
}

int dir_page_open(struct dir_page *ret, const uint8_t *p, size_t size,
		  uint64_t number)
{
	unsigned flags, lower, upper;

	if (size < DIR_PAGE_HEAD || size > DIR_PAGE_MAX ||
	    le64_get(p) != number)
		return -EBADMSG;
	flags = le16_get(p + 10);
	lower = le16_get(p + 12);
	upper = le16_get(p + 14);
	if (flags != FLAG_BRANCH && flags != FLAG_LEAF)
		return -EBADMSG;
	if (lower <= DIR_PAGE_HEAD || lower & 1 || lower > upper ||
	    upper > size)
		return -EBADMSG;
	*ret = (struct dir_page){
		.p = p,
		.size = (uint32_t)size,
		.begin = (uint16_t)upper,
		.count = (uint16_t)((lower - DIR_PAGE_HEAD) / 2),
		.is_branch = flags == FLAG_BRANCH,
	};
	return 0;
}

int dir_page_long(const uint8_t *p, uint64_t number, uint64_t pages)
{
	if (le64_get(p) != number || le16_get(p + 10) != FLAG_LONG ||
	    le32_get(p + 12) < pages)
		return -EBADMSG;
	return 0;
}
