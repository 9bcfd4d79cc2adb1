/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dir_tree.h"

#include <errno.h>

#include "bytes.h"
#include "dir_codec.h"

#define MAGIC      0xBEEFC0DEU
#define FORMAT     1
#define FLAG_META  8
#define PAGE_NONE  UINT64_MAX
#define PAGE_FIRST 2 /* before it are the meta pages */
#define PAGE_LEAST 256

/* Offsets in a meta page: its head, then LMDB's struct MDB_meta. */
#define AT_MAGIC       16
#define AT_FORMAT      20
#define AT_PAGE_SIZE   40 /* in the tree of free pages */
#define AT_DEPTH       94 /* in the tree of records, as all below */
#define AT_ENTRIES     120
#define AT_ROOT        128
#define AT_LAST        136
#define AT_TRANSACTION 144

int dir_tree_parse(struct dir_tree *ret, const uint8_t *p, uint64_t number)
{
	struct dir_tree t = {
		.root = le64_get(p + AT_ROOT),
		.last_page = le64_get(p + AT_LAST),
		.transaction = le64_get(p + AT_TRANSACTION),
		.entries = le64_get(p + AT_ENTRIES),
		.page_size = le32_get(p + AT_PAGE_SIZE),
		.depth = le16_get(p + AT_DEPTH),
	};

	if (le64_get(p) != number || le16_get(p + 10) != FLAG_META ||
	    le32_get(p + AT_MAGIC) != MAGIC ||
	    le32_get(p + AT_FORMAT) != FORMAT)
		return -EBADMSG;
	if (t.page_size < PAGE_LEAST || t.page_size > DIR_PAGE_MAX ||
	    t.depth > DIR_TREE_DEPTH_MAX || !t.depth != !t.entries ||
	    !t.depth != (t.root == PAGE_NONE))
		return -EBADMSG;
	*ret = t;
	return 0;
}

/* ---- walking ---- */

struct step {
	struct dir_page *page; /* borrowed */
	unsigned at;           /* node that was taken */
};

struct walk {
	const struct dir_tree *t;
	const struct dir_pages *pages;
	unsigned first_place;
	struct step steps[DIR_TREE_DEPTH_MAX];
};

enum whither {
	TO_KEY,
	TO_KEY_PERHAPS, /* whether the branches are whole is not asked */
	TO_FIRST,
	TO_LAST
};

static struct step *leaf_of(struct walk *w)
{
	return &w->steps[w->t->depth - 1];
}

static int get(struct walk *w, unsigned level, uint64_t number,
	       enum whither whither)
{
	struct dir_page *page;
	int err;

	if (number < PAGE_FIRST || number > w->t->last_page)
		return -EBADMSG;
	err = w->pages->get(w->pages->arg, w->first_place + level, number,
			    &page);
	if (err < 0)
		return err;
	if (page->is_branch != (level + 1 < w->t->depth))
		return -EBADMSG;
	if (page->is_branch && whither != TO_KEY_PERHAPS &&
	    !dir_page_is_whole(page))
		return -EBADMSG;
	w->steps[level].page = page;
	return 0;
}

/* From a page of this level down to a leaf; there 'at' is not set. */
static int descend(struct walk *w, unsigned level, uint64_t number,
		   enum whither whither, struct text key)
{
	for (;; level++) {
		struct step *s = &w->steps[level];
		int err = get(w, level, number, whither);

		if (err < 0 || level + 1 == w->t->depth)
			return err;
		s->at = 0;
		if (whither == TO_LAST)
			s->at = s->page->count - 1U;
		else if (whither != TO_FIRST)
			s->at = dir_page_count_until(s->page, 1, key) - 1;
		number = dir_page_child(s->page, s->at);
	}
}

/* To the leaf behind (+1) or before (-1): 1, or 0 when there is none. */
static int turn(struct walk *w, int direction)
{
	for (unsigned level = w->t->depth - 1; level-- > 0;) {
		struct step *s = &w->steps[level];
		int err;

		if (direction > 0 ? s->at + 1U >= s->page->count : s->at == 0)
			continue;
		s->at = direction > 0 ? s->at + 1 : s->at - 1;
		err = descend(w, level + 1, dir_page_child(s->page, s->at),
			      direction > 0 ? TO_FIRST : TO_LAST,
			      text_of(NULL));
		return err < 0 ? err : 1;
	}
	return 0;
}

/* ---- records ---- */

static int value_get(const struct walk *w, const struct dir_page *page,
		     unsigned i, struct text *ret)
{
	struct dir_page_value v;
	const uint8_t *p;
	uint64_t count;
	size_t len;
	int err = dir_page_value(page, i, &v);

	if (err < 0)
		return err;
	if (v.here.p) {
		*ret = v.here;
		return 0;
	}
	len = DIR_PAGE_HEAD + (size_t)v.long_len;
	count = (len + w->t->page_size - 1) / w->t->page_size;
	if (v.long_len > DIR_RECORD_MAX || v.long_page < PAGE_FIRST ||
	    v.long_page > w->t->last_page ||
	    count > w->t->last_page - v.long_page + 1)
		return -EBADMSG;
	err = w->pages->get_long(w->pages->arg, v.long_page, len, &p);
	if (err >= 0)
		err = dir_page_long(p, v.long_page, count);
	if (err < 0)
		return err;
	*ret = text_make((const char *)p + DIR_PAGE_HEAD, v.long_len);
	return 0;
}

static int key_copy(struct text key, struct dir_key *ret)
{
	if (key.len == 0 || key.len > sizeof(ret->b))
		return -EBADMSG;
	ret->len = key.len;
	memcpy(ret->b, key.p, key.len);
	return 0;
}

/* The record is this key's and as it was written. */
static int own_get(const struct walk *w, const struct dir_page *page,
		   unsigned i, const struct dir_key *key, struct text *ret)
{
	int err = value_get(w, page, i, ret);

	if (err < 0)
		return err;
	return dir_record_check(key, ret->p, ret->len) < 0 ? -EBADMSG : 0;
}

/* The record is as it was written: so is its key. */
static int genuine_get(const struct walk *w, const struct dir_page *page,
		       unsigned i, struct text *ret)
{
	struct dir_key key;
	int err = key_copy(dir_page_key(page, i), &key);

	return err < 0 ? err : own_get(w, page, i, &key, ret);
}

static bool is_genuine(const struct walk *w, const struct dir_page *page,
		       unsigned i)
{
	struct text value;

	return genuine_get(w, page, i, &value) == 0;
}

/* ---- absence ---- */

/* Keys of this leaf are not less than this, says the deepest branch that
 * does; empty: none does. */
static struct text least_key(const struct walk *w)
{
	for (unsigned level = w->t->depth - 1; level-- > 0;) {
		const struct step *s = &w->steps[level];

		if (s->at > 0)
			return dir_page_key(s->page, s->at);
	}
	return text_of(NULL);
}

/* ... and less than this. */
static struct text end_key(const struct walk *w)
{
	for (unsigned level = w->t->depth - 1; level-- > 0;) {
		const struct step *s = &w->steps[level];

		if (s->at + 1U < s->page->count)
			return dir_page_key(s->page, s->at + 1);
	}
	return text_of(NULL);
}

/* The key would be before all of this leaf: nothing stands before it there
 * (the leaf before ends earlier), and the leaf is the right one. */
static bool proven_at_begin(struct walk *w, struct text key)
{
	struct walk other = *w;
	struct dir_page *page = leaf_of(w)->page;
	struct text end = end_key(w);
	unsigned last = page->count - 1U;
	int n;

	if (!is_genuine(w, page, last) ||
	    (end.len && dir_page_compare(dir_page_key(page, last), end) >= 0))
		return false;
	other.first_place = DIR_TREE_DEPTH_MAX;
	n = turn(&other, -1);
	if (n <= 0)
		return n == 0;
	page = leaf_of(&other)->page;
	last = page->count - 1U;
	return dir_page_is_whole(page) && is_genuine(&other, page, last) &&
	       dir_page_compare(dir_page_key(page, last), key) < 0;
}

static bool proven_at_end(struct walk *w, struct text key)
{
	struct walk other = *w;
	struct dir_page *page = leaf_of(w)->page;
	int n;

	if (!is_genuine(w, page, 0) ||
	    dir_page_compare(dir_page_key(page, 0), least_key(w)) < 0)
		return false;
	other.first_place = DIR_TREE_DEPTH_MAX;
	n = turn(&other, +1);
	if (n <= 0)
		return n == 0;
	page = leaf_of(&other)->page;
	return dir_page_is_whole(page) && is_genuine(&other, page, 0) &&
	       dir_page_compare(dir_page_key(page, 0), key) > 0;
}

/* The leaf is whole; place: of the first key behind. */
static bool is_proven_absent(struct walk *w, struct text key, unsigned place)
{
	const struct dir_page *page = leaf_of(w)->page;

	if (place > 0 ? !is_genuine(w, page, place - 1)
		      : !proven_at_begin(w, key))
		return false;
	return place < page->count ? is_genuine(w, page, place)
				   : proven_at_end(w, key);
}

/* ---- looking up ---- */

static struct text key_text(const struct dir_key *key)
{
	return text_make((const char *)key->b, key->len);
}

/* Keys out of order: each of them is looked at. */
static int search_all(const struct walk *w, const struct dir_page *page,
		      struct text key, struct text *ret)
{
	for (unsigned i = 0; i < page->count; i++)
		if (text_equal(dir_page_key(page, i), key))
			return genuine_get(w, page, i, ret);
	return -EBADMSG;
}

/* Most keys are there, and what is found is proven by itself: no page need be
 * whole for it.  Otherwise -EBADMSG. */
static int find_quickly(struct walk *w, const struct dir_key *key,
			struct text *ret)
{
	struct text wanted = key_text(key);
	const struct dir_page *page;
	unsigned place;
	int err = descend(w, 0, w->t->root, TO_KEY_PERHAPS, wanted);

	if (err < 0)
		return -EBADMSG;
	page = leaf_of(w)->page;
	place = dir_page_count_until(page, 0, wanted);
	if (place == 0 || !text_equal(dir_page_key(page, place - 1), wanted))
		return -EBADMSG;
	return own_get(w, page, place - 1, key, ret);
}

int dir_tree_find(const struct dir_tree *t, const struct dir_pages *pages,
		  const struct dir_key *key, struct text *ret)
{
	struct walk w = { .t = t, .pages = pages };
	struct text wanted = key_text(key);
	struct dir_page *page;
	unsigned place;
	int err;

	if (!t->depth)
		return -ENOENT;
	if (find_quickly(&w, key, ret) >= 0)
		return 0;
	err = descend(&w, 0, t->root, TO_KEY, wanted);
	if (err < 0)
		return err;
	page = leaf_of(&w)->page;
	if (!dir_page_is_whole(page))
		return search_all(&w, page, wanted, ret);
	place = dir_page_count_until(page, 0, wanted);
	if (place > 0 && text_equal(dir_page_key(page, place - 1), wanted))
		return genuine_get(&w, page, place - 1, ret);
	return is_proven_absent(&w, wanted, place) ? -ENOENT : -EBADMSG;
}

/* The leaf is whole and its keys are those that the branches lead here for. */
static bool leaf_belongs(struct walk *w)
{
	struct dir_page *page = leaf_of(w)->page;
	struct text end;

	if (!dir_page_is_whole(page) ||
	    dir_page_compare(dir_page_key(page, 0), least_key(w)) < 0)
		return false;
	end = end_key(w);
	return !end.len ||
	       dir_page_compare(dir_page_key(page, page->count - 1U), end) < 0;
}

int dir_tree_after(const struct dir_tree *t, const struct dir_pages *pages,
		   const struct dir_key *key, struct dir_key *ret_key,
		   struct text *ret)
{
	struct walk w = { .t = t, .pages = pages };
	struct text from = key_text(key);
	struct dir_key found;
	unsigned place;
	int err;

	if (!t->depth)
		return -ENOENT;
	err = descend(&w, 0, t->root, TO_KEY, from);
	if (err < 0)
		return err;
	if (!leaf_belongs(&w))
		return -EBADMSG;
	place = dir_page_count_until(leaf_of(&w)->page, 0, from);
	/* Who goes on from a damaged record has heard of it. */
	if (place > 0 &&
	    !text_equal(dir_page_key(leaf_of(&w)->page, place - 1), from) &&
	    !is_genuine(&w, leaf_of(&w)->page, place - 1))
		return -EBADMSG;
	if (place == leaf_of(&w)->page->count) {
		err = turn(&w, +1);
		if (err <= 0)
			return err < 0 ? err : -ENOENT;
		place = 0;
		if (!leaf_belongs(&w) ||
		    dir_page_compare(dir_page_key(leaf_of(&w)->page, 0),
				     from) <= 0)
			return -EBADMSG;
	}
	err = key_copy(dir_page_key(leaf_of(&w)->page, place), &found);
	if (err >= 0)
		err = value_get(&w, leaf_of(&w)->page, place, ret);
	if (err >= 0)
		*ret_key = found;
	return err;
}

/* ---- all ---- */

struct tour {
	struct walk w;
	struct dir_key before; /* the last key of the leaf before */
	uint64_t count;
	dir_tree_item_f *on_item;
	void *arg;
};

static int tour_leaf(struct tour *r, unsigned from)
{
	struct dir_page *page = leaf_of(&r->w)->page;
	struct text value;

	if (!leaf_belongs(&r->w) ||
	    (r->before.len && dir_page_compare(dir_page_key(page, 0),
					       key_text(&r->before)) <= 0))
		return -EBADMSG;
	for (unsigned i = from; i < page->count; i++) {
		int err = value_get(&r->w, page, i, &value);

		if (err >= 0)
			err = r->on_item(dir_page_key(page, i), value, r->arg);
		if (err)
			return err;
		r->count++;
	}
	return key_copy(dir_page_key(page, page->count - 1U), &r->before);
}

static int tour_all(struct tour *r, unsigned place)
{
	for (;; place = 0) {
		int err = tour_leaf(r, place);

		if (err)
			return err;
		err = turn(&r->w, +1);
		if (err <= 0)
			return err;
	}
}

int dir_tree_each(const struct dir_tree *t, const struct dir_pages *pages,
		  const struct dir_key *from, dir_tree_item_f *on_item,
		  void *arg)
{
	struct tour r = {
		.w = { .t = t, .pages = pages },
		.on_item = on_item,
		.arg = arg,
	};
	struct text key = from ? key_text(from) : text_of(NULL);
	struct dir_page *page;
	unsigned place = 0;
	int err;

	if (!t->depth)
		return 0;
	err = descend(&r.w, 0, t->root, key.len ? TO_KEY : TO_FIRST, key);
	if (err < 0)
		return err;
	page = leaf_of(&r.w)->page;
	if (key.len) {
		place = dir_page_count_until(page, 0, key);
		if (place > 0 && text_equal(dir_page_key(page, place - 1), key))
			place--;
	}
	err = tour_all(&r, place);
	return err == 0 && !key.len && r.count != t->entries ? -EBADMSG : err;
}
