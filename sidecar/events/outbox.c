/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/outbox.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "bytes.h"

#define WHO        "outbox"
#define VALUE_SIZE (JOURNAL_ID_SIZE + 8)

static const struct lmdb_options options = { .map_size = 1 << 20 };

/* What the module reads: its name is from when there was one consumer. */
static const struct lmdb_value all_key = { "cursor:collector", 16 };
static const struct lmdb_value keys[OUTBOX_CONSUMERS] = {
	[OUTBOX_POSTGRESQL] = { "cursor:postgresql", 17 },
	[OUTBOX_NOTIFY] = { "cursor:notify", 13 },
};

struct outbox {
	pthread_mutex_t lock;
	char *path;           /* owned */
	struct lmdb_env *env; /* owned; NULL: it has to be opened again */
	unsigned consumers;
	struct journal_cursor cursors[OUTBOX_CONSUMERS];
};

static bool runs(const struct outbox *o, unsigned consumer)
{
	return o->consumers & 1u << consumer;
}

/* ---- values ---- */

static int get(struct lmdb_txn *t, struct lmdb_value key,
	       struct journal_cursor *ret)
{
	struct lmdb_value v;
	int err = lmdb_get(t, key, &v);

	if (err < 0)
		return err;
	if (v.len != VALUE_SIZE)
		return -ENOENT;
	memcpy(ret->id, v.p, JOURNAL_ID_SIZE);
	ret->sequence = le64_get((const uint8_t *)v.p + JOURNAL_ID_SIZE);
	return 0;
}

static void put(struct lmdb_txn *t, struct lmdb_value key,
		const struct journal_cursor *c)
{
	uint8_t value[VALUE_SIZE];

	memcpy(value, c->id, JOURNAL_ID_SIZE);
	le64_put(value + JOURNAL_ID_SIZE, c->sequence);
	(void)lmdb_put(t, key, (struct lmdb_value){ value, sizeof(value) });
}

/*
 * What all have dealt with, in the journal that 'latest' is of.  Who is still
 * in another journal has dealt with nothing of this one.
 */
static struct journal_cursor least(const struct outbox *o,
				   const struct journal_cursor *latest)
{
	struct journal_cursor ret = *latest;

	for (unsigned i = 0; i < OUTBOX_CONSUMERS; i++) {
		const struct journal_cursor *c = &o->cursors[i];

		if (!runs(o, i))
			continue;
		if (memcmp(c->id, ret.id, JOURNAL_ID_SIZE) != 0)
			ret.sequence = 0;
		else if (c->sequence < ret.sequence)
			ret.sequence = c->sequence;
	}
	return ret;
}

/* Everything that is in memory; those who do not run here are forgotten. */
static int put_all(struct outbox *o, const struct journal_cursor *latest)
{
	const struct journal_cursor all = least(o, latest);
	struct lmdb_txn t;
	int err;

	do {
		err = lmdb_txn_begin(&t, o->env, true);
		if (err < 0)
			return err;
		for (unsigned i = 0; i < OUTBOX_CONSUMERS; i++) {
			if (runs(o, i))
				put(&t, keys[i], &o->cursors[i]);
			else
				(void)lmdb_del(&t, keys[i]);
		}
		put(&t, all_key, &all);
		err = lmdb_txn_commit(&t);
	} while (err == -EOVERFLOW && lmdb_env_grow(o->env) >= 0);
	return err;
}

/* ---- the file ---- */

static int make_again(struct outbox *o)
{
	int err;

	log_error(WHO, "'%s' is damaged; it is made again", o->path);
	o->env = lmdb_env_close(o->env);
	err = lmdb_env_remove(o->path);
	return err < 0 ? err : lmdb_env_open(&o->env, o->path, &options);
}

static int open_env(struct outbox *o)
{
	int err = lmdb_env_open(&o->env, o->path, &options);

	return err == -EBADMSG ? make_again(o) : err;
}

/* Opening looks at the first pages only: damage may show when it is used. */
static int write_all(struct outbox *o, const struct journal_cursor *latest)
{
	int err = put_all(o, latest);

	if (err != -EBADMSG)
		return err;
	err = make_again(o);
	return err < 0 ? err : put_all(o, latest);
}

/* Of the journal that anybody was in last; for a file that is made again. */
static const struct journal_cursor *furthest(const struct outbox *o)
{
	const struct journal_cursor *ret = &o->cursors[0];

	for (unsigned i = 0; i < OUTBOX_CONSUMERS; i++)
		if (runs(o, i) && o->cursors[i].sequence > ret->sequence)
			ret = &o->cursors[i];
	return ret;
}

/* The module reads the cursor from the file that is there now. */
static int look_after(struct outbox *o)
{
	int err;

	if (o->env && !lmdb_env_is_replaced(o->env))
		return 0;
	if (o->env)
		log_error(WHO, "'%s' was taken away or cut; it is made again",
			  o->path);
	o->env = lmdb_env_close(o->env);
	err = open_env(o);
	if (err < 0)
		return err;
	return write_all(o, furthest(o));
}

static int load(struct outbox *o)
{
	struct journal_cursor all = { .sequence = 0 };
	struct lmdb_txn t;
	int err = lmdb_txn_begin(&t, o->env, false);

	if (err < 0)
		return err;
	err = get(&t, all_key, &all);
	for (unsigned i = 0; i < OUTBOX_CONSUMERS; i++) {
		o->cursors[i] =
			all; /* it is new, and begins where others are */
		if (err == 0 || err == -ENOENT)
			err = get(&t, keys[i], &o->cursors[i]);
		if (err == -ENOENT && runs(o, i) && all.sequence)
			log_notice(WHO,
				   "%s is new and begins behind event "
				   "%" PRIu64,
				   (const char *)keys[i].p, all.sequence);
	}
	lmdb_txn_abort(&t);
	if (err < 0 && err != -ENOENT)
		return err;
	return write_all(o, all.sequence ? &all : furthest(o));
}

int outbox_new(struct outbox **ret, const char *dir, unsigned consumers)
{
	struct outbox *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	(void)pthread_mutex_init(&o->lock, NULL);
	o->consumers = consumers;
	o->path = strdup(dir);
	err = o->path ? open_env(o) : -ENOMEM;
	if (err >= 0)
		err = load(o);
	if (err == -EBADMSG) {
		err = make_again(o);
		if (err >= 0)
			err = load(o);
	}
	if (err < 0) {
		log_error(WHO, "%s: %s", dir, strerror(-err));
		(void)outbox_free(o);
		return err;
	}
	*ret = o;
	return 0;
}

struct outbox *outbox_free(struct outbox *o)
{
	if (!o)
		return NULL;
	(void)lmdb_env_close(o->env);
	(void)pthread_mutex_destroy(&o->lock);
	free(o->path);
	free(o);
	return NULL;
}

/* ---- for consumers ---- */

struct journal_cursor outbox_cursor(struct outbox *o,
				    enum outbox_consumer consumer)
{
	struct journal_cursor ret;

	(void)pthread_mutex_lock(&o->lock);
	ret = o->cursors[consumer];
	(void)pthread_mutex_unlock(&o->lock);
	return ret;
}

int outbox_put_cursor(struct outbox *o, enum outbox_consumer consumer,
		      const struct journal_cursor *c)
{
	struct journal_cursor before;
	int err;

	(void)pthread_mutex_lock(&o->lock);
	before = o->cursors[consumer];
	err = look_after(o);
	if (err >= 0) {
		o->cursors[consumer] = *c;
		err = write_all(o, c);
	}
	if (err < 0)
		o->cursors[consumer] = before;
	(void)pthread_mutex_unlock(&o->lock);
	return err;
}

int outbox_look_after(struct outbox *o)
{
	int err;

	(void)pthread_mutex_lock(&o->lock);
	err = look_after(o);
	(void)pthread_mutex_unlock(&o->lock);
	return err;
}

int outbox_reader_check(struct outbox *o)
{
	int dead;

	(void)pthread_mutex_lock(&o->lock);
	dead = o->env ? lmdb_env_reader_check(o->env) : 0;
	(void)pthread_mutex_unlock(&o->lock);
	return dead;
}

const char *outbox_path(const struct outbox *o)
{
	return o->path;
}
