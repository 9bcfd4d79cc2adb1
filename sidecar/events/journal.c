/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/journal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "event_pack.h"

#define KEY_SIZE 8
/* Other keys begin with a letter; no number gets that far. */
static const uint8_t events_end[] = { 0x01 };

void journal_init(struct journal *j, const char *path)
{
	*j = (struct journal){ .path = path };
	(void)pthread_mutex_init(&j->lock, NULL);
}

void journal_fini(struct journal *j)
{
	j->env = lmdb_env_close(j->env);
	(void)pthread_mutex_destroy(&j->lock);
}

void journal_batch_fini(struct journal_batch *b)
{
	free(b->items);
	free(b->bytes);
	*b = (struct journal_batch){ 0 };
}

int journal_reader_check(struct journal *j)
{
	int dead;

	(void)pthread_mutex_lock(&j->lock);
	dead = j->env ? lmdb_env_reader_check(j->env) : 0;
	(void)pthread_mutex_unlock(&j->lock);
	return dead;
}

static void format_key(uint64_t sequence, uint8_t ret[KEY_SIZE])
{
	for (int i = KEY_SIZE - 1; i >= 0; i--) {
		ret[i] = (uint8_t)sequence;
		sequence >>= 8;
	}
}

static uint64_t parse_key(const uint8_t *p)
{
	uint64_t n = 0;

	for (int i = 0; i < KEY_SIZE; i++)
		n = n << 8 | p[i];
	return n;
}

struct taking {
	struct journal_batch *b;
	uint64_t behind; /* the cursor */
	size_t max;
};

static int take_event(struct journal_batch *b, uint64_t sequence,
		      struct text event)
{
	int err = array_reserve((void **)&b->items, &b->size, b->count + 1,
				sizeof(*b->items));

	if (err >= 0)
		err = array_reserve((void **)&b->bytes, &b->capacity,
				    b->len + event.len, 1);
	if (err < 0)
		return err;
	b->items[b->count++] = (struct journal_item){
		.sequence = sequence,
		.at = b->len,
		.len = event.len,
	};
	if (event.len)
		memcpy(b->bytes + b->len, event.p, event.len);
	b->len += event.len;
	return 0;
}

static int take(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	const struct taking *t = arg;
	struct event_pack pack;
	struct text event;
	uint64_t last, sequence;
	size_t count;
	int err = 0;

	if (key.len != KEY_SIZE)
		return 1; /* no event: they come before all else */
	last = parse_key(key.p);
	count = event_pack_open(&pack, value.p, value.len);
	if (last < count)
		return -EBADMSG;
	sequence = last - count;
	while (err == 0 && t->b->count < t->max &&
	       event_pack_next(&pack, &event))
		if (++sequence > t->behind)
			err = take_event(t->b, sequence, event);
	if (err < 0)
		return err;
	return t->b->count == t->max ? 1 : 0;
}

static int read_events(struct lmdb_txn *txn, const struct journal_cursor *after,
		       struct taking *t)
{
	uint8_t key[KEY_SIZE];
	struct lmdb_value from = { key, sizeof(key) }, id;
	uint64_t sequence = after->sequence;
	int err = lmdb_get(txn, (struct lmdb_value){ "J", 1 }, &id);

	if (err == -ENOENT)
		return 0; /* just being made */
	if (err < 0)
		return err;
	if (id.len != JOURNAL_ID_SIZE)
		return -EBADMSG;
	memcpy(t->b->id, id.p, id.len);
	if (memcmp(id.p, after->id, id.len) != 0)
		sequence = 0;
	if (sequence == UINT64_MAX)
		return 0;
	t->behind = sequence;
	format_key(sequence + 1, key);
	return lmdb_each(txn, &from, take, t);
}

static int open_if_needed(struct journal *j)
{
	const struct lmdb_options o = { .read_only = true };

	if (j->env && !lmdb_env_is_replaced(j->env))
		return 0;
	j->env = lmdb_env_close(j->env);
	return lmdb_env_open(&j->env, j->path, &o);
}

static int read_batch(struct journal *j, const struct journal_cursor *after,
		      size_t max, struct journal_batch *b)
{
	struct taking t = { .b = b, .max = max };
	struct lmdb_txn txn;
	int err = open_if_needed(j);

	b->count = 0;
	b->len = 0;
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	err = lmdb_txn_begin(&txn, j->env, false);
	if (err < 0)
		return err;
	err = read_events(&txn, after, &t);
	lmdb_txn_abort(&txn);
	return err < 0 ? err : (int)b->count;
}

int journal_read(struct journal *j, const struct journal_cursor *after,
		 size_t max, struct journal_batch *b)
{
	int n;

	(void)pthread_mutex_lock(&j->lock);
	n = read_batch(j, after, max, b);
	(void)pthread_mutex_unlock(&j->lock);
	return n;
}

static int count_events(struct lmdb_txn *txn,
			const struct journal_cursor *after, uint64_t *ret)
{
	struct lmdb_value id, key;
	int err = lmdb_get(txn, (struct lmdb_value){ "J", 1 }, &id);
	uint64_t last, from = after->sequence;

	*ret = 0;
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	if (id.len != JOURNAL_ID_SIZE)
		return -EBADMSG;
	if (memcmp(id.p, after->id, id.len) != 0)
		from = 0;
	err = lmdb_before(txn,
			  (struct lmdb_value){ events_end, sizeof(events_end) },
			  &key);
	if (err == -ENOENT || (err >= 0 && key.len != KEY_SIZE))
		return 0;
	if (err < 0)
		return err;
	last = parse_key(key.p);
	*ret = last > from ? last - from : 0;
	return 0;
}

static int count(struct journal *j, const struct journal_cursor *after,
		 uint64_t *ret)
{
	struct lmdb_txn txn;
	int err = open_if_needed(j);

	if (err == -ENOENT) {
		*ret = 0;
		return 0;
	}
	if (err < 0)
		return err;
	err = lmdb_txn_begin(&txn, j->env, false);
	if (err < 0)
		return err;
	err = count_events(&txn, after, ret);
	lmdb_txn_abort(&txn);
	return err;
}

int journal_count(struct journal *j, const struct journal_cursor *after,
		  uint64_t *ret)
{
	int err;

	(void)pthread_mutex_lock(&j->lock);
	err = count(j, after, ret);
	(void)pthread_mutex_unlock(&j->lock);
	return err;
}
