/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/page_tour.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct tour_file {
	struct lmdb_file file;
	uint8_t *pages; /* owned: one for each place, and a long value */
	struct dir_page opened[DIR_TREE_PLACES];
};

static int read_at(const struct tour_file *f, void *buf, size_t len,
		   uint64_t page)
{
	uint64_t offset = page * f->file.page_size;
	uint8_t *p = buf;

	while (len) {
		ssize_t n = pread(f->file.fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int page_get(void *arg, unsigned place, uint64_t number,
		    struct dir_page **ret)
{
	struct tour_file *f = arg;
	uint8_t *p = f->pages + (size_t)place * f->file.page_size;
	int err = read_at(f, p, f->file.page_size, number);

	*ret = &f->opened[place];
	return err < 0 ? err
		       : dir_page_open(*ret, p, f->file.page_size, number);
}

static int long_get(void *arg, uint64_t number, size_t len, const uint8_t **ret)
{
	struct tour_file *f = arg;
	uint8_t *p = f->pages + (size_t)DIR_TREE_PLACES * f->file.page_size;
	int err;

	if (len > DIR_PAGE_HEAD + DIR_RECORD_MAX)
		return -EBADMSG;
	err = read_at(f, p, len, number);
	if (err >= 0)
		*ret = p;
	return err;
}

/* LMDB writes the two meta pages in turn. */
static int tree_of(struct tour_file *f, struct dir_tree *ret)
{
	uint64_t number = f->file.transaction % 2;
	uint8_t meta[DIR_TREE_META];
	int err = read_at(f, meta, sizeof(meta), number);

	if (err >= 0)
		err = dir_tree_parse(ret, meta, number);
	if (err < 0)
		return err;
	return ret->transaction == f->file.transaction &&
			       ret->page_size == f->file.page_size
		       ? 0
		       : -EBADMSG;
}

static int tour(const struct lmdb_txn *t, const struct dir_key *from,
		dir_tree_item_f *on_item, void *arg)
{
	struct tour_file f = { .pages = NULL };
	const struct dir_pages pages = { page_get, long_get, &f };
	struct dir_tree tree;
	int err = lmdb_txn_file(t, &f.file);

	if (err < 0)
		return err;
	f.pages = malloc((size_t)DIR_TREE_PLACES * f.file.page_size +
			 DIR_PAGE_HEAD + DIR_RECORD_MAX);
	if (!f.pages)
		return -ENOMEM;
	err = tree_of(&f, &tree);
	if (err >= 0)
		err = dir_tree_each(&tree, &pages, from, on_item, arg);
	free(f.pages);
	return err;
}

int page_tour(struct lmdb_env *env, const struct dir_key *from,
	      dir_tree_item_f *on_item, void *arg)
{
	struct lmdb_txn t;
	int err = lmdb_txn_begin(&t, env, false);

	if (err >= 0)
		err = tour(&t, from, on_item, arg);
	lmdb_txn_abort(&t);
	return err;
}
