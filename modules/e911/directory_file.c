/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dir_codec.h"
#include "platform.h"

/*
 * Pages kept per place, powers of two.  A million endpoints have some 1,300
 * branches in their lowest level, each of which leads to many calls; a leaf
 * seldom serves two.  A page has WAYS slots where it may lie, so that few make
 * room for one another while there is room elsewhere.
 */
#define BRANCHES_KEPT 4096
#define LEAVES_KEPT   32
#define WAYS          4
#define CHUNK_SIZE    ((size_t)64 * 1024) /* bytes */
#define RENEW_MOST    8                   /* looks */
/* What was the newest state stands for a second at least (LMDB_GRACE_MS). */
#define STOPPED_MS 500
/* A change that nobody tells of in time is seen so late. */
#define TRUSTED_MS 50

/* One page that was read; its bytes are its slot's part of 'bytes'. */
struct slot {
	uint64_t transaction; /* 0: empty */
	uint64_t number;
	uint64_t used; /* how many pages had been asked for by then */
	struct dir_page page;
};

/* Most of it is never touched, and so takes no memory. */
struct place {
	struct slot *slots;  /* owned; NULL: not yet used */
	uint8_t *bytes;      /* owned: page_size for each slot */
	size_t wanted;       /* slots, a power of two */
	size_t count;        /* those that there was memory for */
	struct slot *latest; /* NULL: none */
};

/* Values that were handed out in this message. */
struct chunk {
	struct chunk *next; /* owned */
	size_t size, len;
	char bytes[];
};

struct directory_file {
	int fd;
	uint32_t page_size;
	bool is_begun;
	uint64_t changes;     /* told before the latest look; 0: not told of */
	int64_t looked_at;    /* ms, monotonic: not behind the latest look */
	uint64_t asked;       /* pages so far */
	struct dir_tree tree; /* transaction 0: none */
	struct dir_pages pages;
	struct place places[DIR_TREE_PLACES];
	uint8_t *value; /* owned: the latest long value */
	uint8_t *meta;  /* owned: the first page and the next one's begin */
	struct chunk *chunk; /* owned: the newest, all others behind it */
};

/* All of it, or why not: an end of the file is damage. */
static int read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	uint8_t *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)offset);

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

static void place_free(struct place *p)
{
	free(p->slots);
	free(p->bytes);
	*p = (struct place){ .slots = NULL };
}

/* Short of memory it keeps fewer pages, as long as it can read any. */
static int place_make(struct place *p, size_t wanted, uint32_t page_size)
{
	for (size_t count = wanted; count >= WAYS; count /= 2) {
		place_free(p);
		p->slots = calloc(count, sizeof(*p->slots));
		p->bytes = calloc(count, page_size);
		p->wanted = wanted;
		p->count = count;
		if (p->slots && p->bytes)
			return 0;
	}
	place_free(p);
	return -ENOMEM;
}

/* A tree that has grown has its leaves elsewhere. */
static size_t kept_at(const struct directory_file *f, unsigned place)
{
	return place % DIR_TREE_DEPTH_MAX + 1 == f->tree.depth ? LEAVES_KEPT
							       : BRANCHES_KEPT;
}

/* When it was asked for; a page of another state is of no more use. */
static uint64_t use_of(const struct slot *s, uint64_t transaction)
{
	return s->transaction == transaction ? s->used : 0;
}

/* Where it lies, or else may lie: the slot used least lately. */
static struct slot *slot_of(const struct place *kept, uint64_t transaction,
			    uint64_t number)
{
	struct slot *set = kept->slots + (number * WAYS & (kept->count - 1));
	struct slot *oldest = set;

	for (struct slot *s = set; s < set + WAYS; s++) {
		if (s->number == number && s->transaction)
			return s;
		if (use_of(s, transaction) < use_of(oldest, transaction))
			oldest = s;
	}
	return oldest;
}

static int page_get(void *arg, unsigned place, uint64_t number,
		    struct dir_page **ret)
{
	struct directory_file *f = arg;
	struct place *kept = &f->places[place];
	size_t wanted = kept_at(f, place);
	struct slot *s;
	uint8_t *p;
	int err = 0;

	if (kept->wanted != wanted)
		err = place_make(kept, wanted, f->page_size);
	if (err < 0)
		return err;
	s = slot_of(kept, f->tree.transaction, number);
	s->used = ++f->asked;
	p = kept->bytes + (size_t)(s - kept->slots) * f->page_size;
	kept->latest = s;
	if (s->transaction != f->tree.transaction || s->number != number) {
		s->transaction = 0;
		err = read_at(f->fd, p, f->page_size, number * f->page_size);
		if (err >= 0)
			err = dir_page_open(&s->page, p, f->page_size, number);
		if (err < 0)
			return err;
		s->transaction = f->tree.transaction;
		s->number = number;
	}
	*ret = &s->page;
	return 0;
}

static int long_get(void *arg, uint64_t number, size_t len, const uint8_t **ret)
{
	struct directory_file *f = arg;
	int err;

	if (len > DIR_PAGE_HEAD + DIR_RECORD_MAX)
		return -EBADMSG;
	err = read_at(f->fd, f->value, len, number * f->page_size);
	if (err < 0)
		return err;
	*ret = f->value;
	return 0;
}

static void chunks_free(struct chunk *c)
{
	while (c) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
}

/* The first page tells how large pages are. */
static int first_read(const struct directory_file *f, struct dir_tree *ret)
{
	uint8_t p[DIR_TREE_META];
	int err = read_at(f->fd, p, sizeof(p), 0);

	return err < 0 ? err : dir_tree_parse(ret, p, 0);
}

int directory_file_open(struct directory_file **ret, const char *path)
{
	struct directory_file *f = calloc(1, sizeof(*f));
	struct dir_tree t = { 0 };
	int err;

	if (!f)
		return -ENOMEM;
	f->pages = (struct dir_pages){ page_get, long_get, f };
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	err = f->fd < 0 ? -errno : first_read(f, &t);
	f->page_size = t.page_size;
	if (err >= 0 && f->page_size) {
		f->value = malloc(DIR_PAGE_HEAD + DIR_RECORD_MAX);
		f->meta = malloc(f->page_size + DIR_TREE_META);
		if (!f->value || !f->meta)
			err = -ENOMEM;
	}
	if (err < 0) {
		(void)directory_file_close(f);
		return err;
	}
	*ret = f;
	return 0;
}

struct directory_file *directory_file_close(struct directory_file *f)
{
	if (!f)
		return NULL;
	if (f->fd >= 0)
		(void)close(f->fd);
	chunks_free(f->chunk);
	free(f->meta);
	free(f->value);
	for (unsigned i = 0; i < DIR_TREE_PLACES; i++)
		place_free(&f->places[i]);
	free(f);
	return NULL;
}

int directory_file_fd(const struct directory_file *f)
{
	return f->fd;
}

/* ---- a message ---- */

/*
 * Both must be in order: which of two is the newer one is not known when one
 * is damaged.  LMDB writes them in turn, so that their numbers follow one
 * another; -EAGAIN when they do not, since one may have been written between
 * our two looks.
 */
static int newest_read(const struct directory_file *f, struct dir_tree *ret)
{
	struct dir_tree a, b;
	/* Both by one call: it may be asked at each message. */
	int err = read_at(f->fd, f->meta, f->page_size + DIR_TREE_META, 0);

	if (err >= 0)
		err = dir_tree_parse(&a, f->meta, 0);
	if (err >= 0)
		err = dir_tree_parse(&b, f->meta + f->page_size, 1);
	if (err < 0)
		return err;
	if (a.page_size != f->page_size || b.page_size != f->page_size)
		return -EBADMSG;
	*ret = a.transaction > b.transaction ? a : b;
	return ret->transaction - (a.transaction + b.transaction -
				   ret->transaction) >
			       1
		       ? -EAGAIN
		       : 0;
}

static int check_length(const struct directory_file *f,
			const struct dir_tree *t)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0)
		return -errno;
	return (uint64_t)st.st_size / f->page_size > t->last_page ? 0
								  : -EBADMSG;
}

static bool is_same(const struct dir_tree *a, const struct dir_tree *b)
{
	return a->transaction == b->transaction && a->root == b->root &&
	       a->last_page == b->last_page && a->entries == b->entries &&
	       a->depth == b->depth;
}

/* Not while it is being written: the same twice. */
static int newest_settle(const struct directory_file *f, struct dir_tree *ret)
{
	struct dir_tree before = f->tree;
	int err = 0;

	for (unsigned i = 0; i < RENEW_MOST; i++) {
		err = newest_read(f, ret);
		if (err < 0 && err != -EAGAIN)
			return err;
		if (err == 0 && is_same(&before, ret))
			return 0;
		before = *ret;
	}
	return err == -EAGAIN ? -EBADMSG : -EAGAIN;
}

static int renew(struct directory_file *f)
{
	struct dir_tree t;
	int err;

	f->looked_at = clock_mono_ms();
	err = newest_settle(f, &t);
	if (err >= 0 && !is_same(&t, &f->tree))
		err = check_length(f, &t);
	if (err < 0) {
		f->tree.transaction = 0;
		return err;
	}
	f->tree = t;
	return 0;
}

/* The state of the latest look, as far as anybody knows. */
static bool is_newest(const struct directory_file *f, uint64_t changes)
{
	return f->tree.transaction && changes && changes == f->changes &&
	       clock_mono_ms() - f->looked_at < TRUSTED_MS;
}

int directory_file_begin(struct directory_file *f, uint64_t changes)
{
	int err = 0;

	directory_file_end(f);
	if (!is_newest(f, changes)) {
		f->changes = changes;
		err = renew(f);
	}
	f->is_begun = err >= 0;
	return err;
}

void directory_file_end(struct directory_file *f)
{
	struct chunk *c = f->chunk;

	f->is_begun = false;
	if (!c)
		return;
	/* One stays for the next message. */
	chunks_free(c->next);
	c->next = NULL;
	c->len = 0;
}

uint64_t directory_file_state(const struct directory_file *f)
{
	return f->tree.transaction;
}

/* A page may make room for another one, a value stays until the end. */
static int value_keep(struct directory_file *f, struct text *value)
{
	struct chunk *c = f->chunk;

	if (!c || value->len > c->size - c->len) {
		size_t size = value->len > CHUNK_SIZE ? value->len : CHUNK_SIZE;

		c = malloc(sizeof(*c) + size);
		if (!c)
			return -ENOMEM;
		*c = (struct chunk){ .next = f->chunk, .size = size };
		f->chunk = c;
	}
	memcpy(c->bytes + c->len, value->p, value->len);
	value->p = c->bytes + c->len;
	c->len += value->len;
	return 0;
}

/* Damage is not kept: a page may be in order when it is read again.  Those of
 * the latest walk; others have nothing to do with it. */
static void pages_forget(struct directory_file *f)
{
	for (unsigned i = 0; i < DIR_TREE_PLACES; i++)
		if (f->places[i].latest)
			f->places[i].latest->transaction = 0;
}

/* For so long that what it read may have been written anew meanwhile. */
static bool was_stopped(const struct directory_file *f)
{
	return clock_mono_ms() - f->looked_at > STOPPED_MS;
}

/* A message that was stopped for long: its pages may be others by now. */
static bool has_moved(struct directory_file *f)
{
	uint64_t before = f->tree.transaction;

	return renew(f) >= 0 && f->tree.transaction > before + 1;
}

/* To the record of this key, or when ret_key is not NULL to the one behind. */
static int walk(struct directory_file *f, const struct dir_key *key,
		struct dir_key *ret_key, struct text *ret)
{
	return ret_key ? dir_tree_after(&f->tree, &f->pages, key, ret_key, ret)
		       : dir_tree_find(&f->tree, &f->pages, key, ret);
}

/* What is found by its key is proven already. */
static bool is_damaged(int err, const struct dir_key *after, struct text value)
{
	if (err < 0 || !after)
		return err == -EBADMSG;
	return dir_record_check(after, value.p, value.len) < 0;
}

static int look(struct directory_file *f, const struct dir_key *key,
		struct dir_key *ret_key, struct text *ret)
{
	struct text value = text_of(NULL);
	int err;

	if (!f->is_begun || !f->tree.transaction)
		return -EBADMSG;
	err = walk(f, key, ret_key, &value);
	if (is_damaged(err, ret_key, value)) {
		pages_forget(f);
		err = walk(f, key, ret_key, &value);
	}
	if (err == -EBADMSG || (err == -ENOENT && was_stopped(f))) {
		pages_forget(f);
		if (has_moved(f))
			err = walk(f, key, ret_key, &value);
	}
	if (err >= 0)
		err = value_keep(f, &value);
	if (err >= 0)
		*ret = value;
	return err;
}

int directory_file_find(struct directory_file *f, const struct dir_key *key,
			struct text *ret)
{
	return look(f, key, NULL, ret);
}

int directory_file_after(struct directory_file *f, struct dir_key *key,
			 struct text *ret)
{
	struct dir_key found;
	int err = look(f, key, &found, ret);

	if (err >= 0)
		*key = found;
	return err;
}
