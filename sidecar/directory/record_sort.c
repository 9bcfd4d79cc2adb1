/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* O_TMPFILE */
#include "directory/record_sort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "directory/dir_op.h"

#define BUFFER_SIZE ((size_t)256 << 10) /* of each piece while merging */
#define PIECES_MAX  512
#define HEAD_SIZE   6 /* key length, value length, what it is */
#define ENTRY_MAX   (HEAD_SIZE + DIR_KEY_MAX + DIR_RECORD_MAX)

/* What an entry's value is. */
enum part { PART_RECORD, PART_ENDPOINT, PART_SITE };

/* In memory: where an entry is, with the begin of its key, which nearly
 * always decides. */
struct place {
	uint64_t first, second;
	uint32_t at;
};

struct piece {
	off_t begin, end; /* in the file */
	uint8_t *buffer;  /* owned */
	size_t len, at;   /* in the buffer */
	unsigned number;  /* later ones count more */
};

struct record_sort {
	int fd;
	off_t size;           /* of the file */
	uint8_t *arena;       /* owned */
	size_t len, capacity; /* bytes of it */
	struct place *places; /* owned */
	size_t count, count_max;
	struct piece pieces[PIECES_MAX];
	unsigned piece_count;
	uint8_t record[ENTRY_MAX]; /* the entry that is being merged */
};

static int file_new(const char *dir)
{
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* A file system without O_TMPFILE. */
	(void)snprintf(path, sizeof(path), "%s/sort.tmp", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	(void)unlink(path);
	return fd;
}

int record_sort_new(struct record_sort **ret, const char *dir, size_t memory)
{
	struct record_sort *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->fd = file_new(dir);
	s->capacity = memory;
	s->arena = malloc(memory);
	s->count_max = memory / sizeof(*s->places);
	s->places = malloc(s->count_max * sizeof(*s->places));
	if (s->fd < 0 || !s->arena || !s->places) {
		int err = s->fd < 0 ? s->fd : -ENOMEM;

		(void)record_sort_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

struct record_sort *record_sort_free(struct record_sort *s)
{
	if (!s)
		return NULL;
	for (unsigned i = 0; i < s->piece_count; i++)
		free(s->pieces[i].buffer);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s->places);
	free(s->arena);
	free(s);
	return NULL;
}

/* ---- entries ---- */

static size_t key_len(const uint8_t *entry)
{
	return entry[0];
}

static size_t value_len(const uint8_t *entry)
{
	return le32_get(entry + 2);
}

static enum part part_of(const uint8_t *entry)
{
	return (enum part)entry[1];
}

static size_t entry_size(const uint8_t *entry)
{
	return HEAD_SIZE + key_len(entry) + value_len(entry);
}

static int compare_keys(const uint8_t *a, const uint8_t *b)
{
	size_t x = key_len(a), y = key_len(b);
	int d = memcmp(a + HEAD_SIZE, b + HEAD_SIZE, x < y ? x : y);

	return d ? d : (x > y) - (x < y);
}

static uint64_t eight_of(const uint8_t *entry, size_t from)
{
	uint8_t b[8] = { 0 };
	size_t len = key_len(entry);

	if (len > from)
		memcpy(b, entry + HEAD_SIZE + from,
		       len - from < 8 ? len - from : 8);
	return be64_get(b);
}

/* ---- pieces ---- */

/* qsort_r is no standard: there is one sort at a time in a process. */
static __thread const uint8_t *sorted_arena;

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int d;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	d = compare_keys(sorted_arena + x->at, sorted_arena + y->at);
	return d ? d : (x->at > y->at) - (x->at < y->at);
}

static int write_all(int fd, const uint8_t *p, size_t len, off_t *at)
{
	while (len) {
		ssize_t n = pwrite(fd, p, len, *at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
		*at += n;
	}
	return 0;
}

/* What is in memory becomes a piece of the file. */
static int flush(struct record_sort *s)
{
	struct piece *piece = &s->pieces[s->piece_count];
	uint8_t *out;
	size_t used = 0;
	int err = 0;

	if (!s->count)
		return 0;
	if (s->piece_count == PIECES_MAX)
		return -EFBIG;
	out = malloc(BUFFER_SIZE + ENTRY_MAX);
	if (!out)
		return -ENOMEM;
	sorted_arena = s->arena;
	qsort(s->places, s->count, sizeof(*s->places), compare_places);
	*piece = (struct piece){ .begin = s->size, .number = s->piece_count };
	for (size_t i = 0; i < s->count && err >= 0; i++) {
		const uint8_t *entry = s->arena + s->places[i].at;

		memcpy(out + used, entry, entry_size(entry));
		used += entry_size(entry);
		if (used >= BUFFER_SIZE || i + 1 == s->count) {
			err = write_all(s->fd, out, used, &s->size);
			used = 0;
		}
	}
	free(out);
	if (err < 0)
		return err;
	piece->end = s->size;
	s->piece_count++;
	s->count = 0;
	s->len = 0;
	return 0;
}

static int add(struct record_sort *s, enum part part, const struct dir_key *key,
	       const void *value, size_t len)
{
	size_t size = HEAD_SIZE + key->len + len;
	uint8_t *entry;

	if (size > ENTRY_MAX)
		return -EMSGSIZE;
	if (s->count == s->count_max || size > s->capacity - s->len) {
		int err = flush(s);

		if (err < 0)
			return err;
	}
	entry = s->arena + s->len;
	entry[0] = (uint8_t)key->len;
	entry[1] = (uint8_t)part;
	le32_put(entry + 2, (uint32_t)len);
	memcpy(entry + HEAD_SIZE, key->b, key->len);
	if (len)
		memcpy(entry + HEAD_SIZE + key->len, value, len);
	s->places[s->count++] = (struct place){
		.first = eight_of(entry, 0),
		.second = eight_of(entry, 8),
		.at = (uint32_t)s->len,
	};
	s->len += size;
	return 0;
}

/* ---- adding ---- */

static int add_half(struct record_sort *s, enum part part,
		    const struct dir_key *key, uint64_t id)
{
	uint8_t value[8];

	le64_put(value, id);
	return add(s, part, key, value, sizeof(value));
}

static int add_endpoint(struct record_sort *s, const struct dir_key *key,
			const void *value, size_t len)
{
	struct owned_identity own[DIR_IDENTITIES];
	struct dir_endpoint e;
	int err = dir_endpoint_decode(key, value, len, &e);

	if (err >= 0)
		err = dir_op_identities(&e, own);
	if (err >= 0)
		err = add(s, PART_RECORD, key, value, len);
	for (size_t i = 0; i < DIR_IDENTITIES && err >= 0; i++) {
		if (own[i].present)
			err = add_half(s, PART_ENDPOINT, &own[i].key,
				       e.endpoint_id);
	}
	return err;
}

int record_sort_add(struct record_sort *s, const struct dir_batch *b)
{
	int err = b->failed ? -ENOMEM : 0;

	for (size_t i = 0; i < b->count && err >= 0; i++) {
		const struct dir_op *op = &b->ops[i];
		const uint8_t *value = b->arena + op->value;
		struct dir_key key;

		dir_op_key(b, op, &key);
		switch (op->kind) {
		case OP_PUT:
			err = add(s, PART_RECORD, &key, value, op->value_len);
			break;
		case OP_PUT_ENDPOINT:
			err = add_endpoint(s, &key, value, op->value_len);
			break;
		case OP_SET_SITE:
			err = add_half(s, PART_SITE, &key, op->location_id);
			break;
		case OP_DELETE:
		case OP_DELETE_ENDPOINT:
			err = -EINVAL;
			break;
		}
	}
	return err;
}

/* ---- merging ---- */

static bool is_at_end(const struct piece *p)
{
	return p->at == p->len;
}

/* The entry that a piece stands at. */
static const uint8_t *head_of(const struct piece *p)
{
	return p->buffer + p->at;
}

/* Read on, unless the next entry is whole in the buffer. */
static int fill(struct record_sort *s, struct piece *p)
{
	size_t left = p->len - p->at;

	if (left >= HEAD_SIZE && left >= entry_size(p->buffer + p->at))
		return 0;
	memmove(p->buffer, p->buffer + p->at, left);
	p->at = 0;
	p->len = left;
	while (p->len < BUFFER_SIZE && p->begin < p->end) {
		size_t want = BUFFER_SIZE - p->len;
		ssize_t n;

		if ((off_t)want > p->end - p->begin)
			want = (size_t)(p->end - p->begin);
		n = pread(s->fd, p->buffer + p->len, want, p->begin);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p->len += (size_t)n;
		p->begin += n;
	}
	return 0;
}

/* By key, then by age. */
static bool comes_first(const struct piece *a, const struct piece *b)
{
	int d = compare_keys(head_of(a), head_of(b));

	return d ? d < 0 : a->number < b->number;
}

/* A heap: the parent comes before its children. */
static void sink(struct piece **heap, unsigned count, unsigned i)
{
	for (;;) {
		unsigned child = 2 * i + 1;
		struct piece *p = heap[i];

		if (child >= count)
			return;
		if (child + 1 < count &&
		    comes_first(heap[child + 1], heap[child]))
			child++;
		if (!comes_first(heap[child], p))
			return;
		heap[i] = heap[child];
		heap[child] = p;
		i = child;
	}
}

/* What the entries of one key make together. */
struct merged {
	bool is_any;
	struct dir_key key;
	bool is_identity;
	struct dir_identity identity;
	uint8_t *record; /* borrowed: of an entry that was copied */
	size_t len;
};

static int finish(const struct merged *m, record_sort_f *on_record, void *arg)
{
	const struct lmdb_value key = { m->key.b, m->key.len };
	uint8_t buf[512];
	int n;

	if (!m->is_any)
		return 0;
	if (!m->is_identity)
		return on_record(key, (struct lmdb_value){ m->record, m->len },
				 arg);
	n = dir_identity_encode(&m->identity, &m->key, buf, sizeof(buf));
	if (n < 0)
		return n;
	return on_record(key, (struct lmdb_value){ buf, (size_t)n }, arg);
}

static bool is_of(const struct merged *m, const uint8_t *entry)
{
	return m->is_any && m->key.len == key_len(entry) &&
	       memcmp(m->key.b, entry + HEAD_SIZE, m->key.len) == 0;
}

static void begin(struct merged *m, const uint8_t *entry)
{
	m->is_any = true;
	m->is_identity = part_of(entry) != PART_RECORD;
	m->identity = (struct dir_identity){ 0 };
	m->key.len = key_len(entry);
	memcpy(m->key.b, entry + HEAD_SIZE, m->key.len);
}

static void take(struct merged *m, const uint8_t *entry)
{
	const uint8_t *value = entry + HEAD_SIZE + key_len(entry);

	switch (part_of(entry)) {
	case PART_RECORD:
		m->len = value_len(entry);
		memcpy(m->record, value, m->len);
		break;
	case PART_ENDPOINT:
		m->identity.endpoint_id = le64_get(value);
		break;
	case PART_SITE:
		m->identity.location_id = le64_get(value);
		break;
	}
}

static int merge(struct record_sort *s, struct piece **heap, unsigned count,
		 record_sort_f *on_record, void *arg)
{
	struct merged m = { .record = s->record };
	int err = 0;

	for (unsigned i = count; i-- > 0;)
		sink(heap, count, i);
	while (count) {
		struct piece *p = heap[0];
		const uint8_t *entry = head_of(p);

		if (!is_of(&m, entry)) {
			err = finish(&m, on_record, arg);
			if (err < 0)
				return err;
			begin(&m, entry);
		}
		take(&m, entry);
		p->at += entry_size(entry);
		err = fill(s, p);
		if (err < 0)
			return err;
		if (is_at_end(p))
			heap[0] = heap[--count];
		sink(heap, count, 0);
	}
	return finish(&m, on_record, arg);
}

int record_sort_each(struct record_sort *s, record_sort_f *on_record, void *arg)
{
	struct piece *heap[PIECES_MAX];
	unsigned count = 0;
	int err = flush(s);

	/* Their room is needed for the buffers now. */
	free(s->arena);
	free(s->places);
	s->arena = NULL;
	s->places = NULL;
	for (unsigned i = 0; i < s->piece_count && err >= 0; i++) {
		struct piece *p = &s->pieces[i];

		p->buffer = malloc(BUFFER_SIZE);
		err = p->buffer ? fill(s, p) : -ENOMEM;
		if (err >= 0 && !is_at_end(p))
			heap[count++] = p;
	}
	return err < 0 ? err : merge(s, heap, count, on_record, arg);
}
