/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir_page: one page of the directory's file, looked at as hostile bytes.
 *
 * The file is LMDB's, format 1 (LMDB 0.9).  LMDB itself walks through it as
 * through memory of its own: a damaged page makes it read behind the end,
 * serve another key's value or miss a key.  Here what is read of a page is
 * within it, whatever stands there; whether all of it is in order is a
 * question of its own, since who finds a genuine record need not ask.
 *
 *   0  u64  the page's own number
 *   8  u16  not used here
 *  10  u16  1 branch, 2 leaf, 4 first of a long value, 8 meta
 *  12  u16  end of the offsets        (long value: u32 number of pages)
 *  14  u16  begin of the nodes
 *  16  u16  offset of each node, in the order of their keys
 *
 * A node is u16 low and u16 high of a value's length, u16 flags, u16 key
 * length, key, value; in a branch the first three are a page's number, and
 * the first key counts as less than all.  Nodes fill the page's end without a
 * gap, each of even length: a node that got lost leaves one.
 *
 * All integers little endian, as on the machine that wrote it.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define DIR_PAGE_MAX 32768 /* bytes; LMDB's own limit */

struct dir_page {
	const uint8_t *p; /* borrowed */
	uint32_t size;    /* bytes */
	uint16_t begin;   /* of the nodes */
	uint16_t count;   /* nodes, at least 1 */
	bool is_branch;
	bool is_checked, is_whole; /* see dir_page_is_whole() */
};

/* 0, or -EBADMSG: this is no branch or leaf with that number. */
int must_check dir_page_open(struct dir_page *ret, const uint8_t *p,
			     size_t size, uint64_t number);

/*
 * All nodes are there, each within the page, and their keys ascend.  Otherwise
 * a key that is not found may yet be there.  Looked through at the first call.
 */
bool dir_page_is_whole(struct dir_page *page);

/* i: 0..count-1.  Empty: it would leave the page. */
struct text dir_page_key(const struct dir_page *page, unsigned i);
/* How many of the keys from 'from' on are not behind this one, as far as they
 * ascend. */
unsigned dir_page_count_until(const struct dir_page *page, unsigned from,
			      struct text key);
/* Of a branch: where keys from this one on are; 0: it would leave the page. */
uint64_t dir_page_child(const struct dir_page *page, unsigned i);

/* Of a leaf. */
struct dir_page_value {
	struct text here;   /* the value; p NULL: it is elsewhere */
	uint64_t long_page; /* ... on this page and those after it */
	uint32_t long_len;  /* ... and so long */
};
/* -EBADMSG: of a kind that the directory does not have, or it would leave the
 * page. */
int must_check dir_page_value(const struct dir_page *page, unsigned i,
			      struct dir_page_value *ret);

/* A long value begins so many bytes behind the begin of its first page. */
#define DIR_PAGE_HEAD 16
/* p: DIR_PAGE_HEAD bytes.  0, or -EBADMSG: not the first of 'pages' or more
 * pages of a long value. */
int must_check dir_page_long(const uint8_t *p, uint64_t number, uint64_t pages);

/* As LMDB sorts: bytes, then length. */
int dir_page_compare(struct text a, struct text b);
