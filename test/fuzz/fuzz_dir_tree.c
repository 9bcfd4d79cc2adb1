/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_dir_tree: any bytes as the file of a directory, of pages of 256 bytes:
 * looked through by key, by step and as a whole.
 */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#include "dir_tree.h"

#define PAGE 256

struct file {
	const uint8_t *p;
	size_t len;
	uint8_t *copies[DIR_TREE_PLACES]; /* exact: a byte too far is seen */
	struct dir_page opened[DIR_TREE_PLACES];
	uint8_t *long_copy;
};

static int copy(struct file *f, uint8_t **to, uint64_t page, size_t len)
{
	if (page > f->len / PAGE || len > f->len - page * PAGE)
		return -EBADMSG;
	free(*to);
	*to = malloc(len);
	if (!*to)
		return -ENOMEM;
	memcpy(*to, f->p + page * PAGE, len);
	return 0;
}

static int get(void *arg, unsigned place, uint64_t number,
	       struct dir_page **ret)
{
	struct file *f = arg;
	int err;

	if (place >= DIR_TREE_PLACES)
		abort();
	err = copy(f, &f->copies[place], number, PAGE);
	*ret = &f->opened[place];
	return err < 0 ? err
		       : dir_page_open(*ret, f->copies[place], PAGE, number);
}

static int get_long(void *arg, uint64_t number, size_t len, const uint8_t **ret)
{
	struct file *f = arg;
	int err = copy(f, &f->long_copy, number, len);

	if (err == 0)
		*ret = f->long_copy;
	return err;
}

static int touch(struct text key, struct text value, void *arg)
{
	unsigned *sum = arg;

	for (size_t i = 0; i < key.len; i++)
		*sum += (uint8_t)key.p[i];
	for (size_t i = 0; i < value.len; i++)
		*sum += (uint8_t)value.p[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file f = { .p = data, .len = size };
	const struct dir_pages pages = { get, get_long, &f };
	uint8_t meta[DIR_TREE_META] = { 0 };
	struct dir_tree t = { .page_size = PAGE,
			      .depth = 1,
			      .root = 2,
			      .last_page = size / PAGE,
			      .entries = 1 };
	struct dir_key key;
	struct text value;
	unsigned sum = 0;

	memcpy(meta, data, size < sizeof(meta) ? size : sizeof(meta));
	if (dir_tree_parse(&t, meta, 0) == 0 && t.page_size != PAGE)
		return 0;
	for (unsigned kind = 'A'; kind <= 'Z'; kind++) {
		key = (struct dir_key){ .len = 2, .b = { (uint8_t)kind, 1 } };
		if (dir_tree_find(&t, &pages, &key, &value) == 0)
			(void)touch(text_of(""), value, &sum);
		for (unsigned i = 0; i < 4; i++)
			if (dir_tree_after(&t, &pages, &key, &key, &value) ||
			    touch(text_of(""), value, &sum))
				break;
	}
	if (dir_tree_each(&t, &pages, NULL, touch, &sum) > 0)
		abort();
	for (size_t i = 0; i < DIR_TREE_PLACES; i++)
		free(f.copies[i]);
	free(f.long_copy);
	return 0;
}
