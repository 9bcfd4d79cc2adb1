/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/box.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "bytes.h"

#define WHO        "notify"
#define ID_SIZE    NOTICE_ID_SIZE
#define KEY_SIZE   (1 + ID_SIZE)
#define REPORT_KEY (1 + 8 + ID_SIZE)
#define CURSOR     (JOURNAL_ID_SIZE + 8)
#define PAGE       ((uint64_t)4096)
/* Of LMDB's for each value; and pages are not full. */
#define OVERHEAD ((uint64_t)64)
/* Beside what is counted: inner pages, and those that a transaction replaces
 * while a reader still sees them. */
#define MAP_SPARE ((uint64_t)64 << 20)

enum prefix {
	KEY_CURSOR = 'C',
	KEY_NOTICE = 'N',
	KEY_STATE = 'S',
	KEY_REPORT = 'R',
	KEY_CONTEXT = 'X',
	KEY_ACKNOWLEDGED = 'A',
	KEY_ACKNOWLEDGEMENT = 'B',
};

struct box {
	/* Held for reading while a transaction is open, whatever it does. */
	pthread_rwlock_t lock;
	char *path;           /* owned */
	struct lmdb_env *env; /* owned; NULL: it could not be opened */
	uint64_t max_bytes;
	_Atomic int64_t used;
};

/* A key as bytes. */
struct key {
	uint8_t b[REPORT_KEY];
	size_t len;
};

static struct key key_of(enum prefix prefix, const uint8_t id[ID_SIZE])
{
	struct key k = { .len = KEY_SIZE };

	k.b[0] = (uint8_t)prefix;
	memcpy(k.b + 1, id, ID_SIZE);
	return k;
}

static struct key report_key(int64_t queued_ms, const uint8_t id[ID_SIZE])
{
	struct key k = { .len = REPORT_KEY };

	k.b[0] = KEY_REPORT;
	be64_put(k.b + 1, (uint64_t)queued_ms);
	memcpy(k.b + 9, id, ID_SIZE);
	return k;
}

static struct lmdb_value value_of(const struct key *k)
{
	return (struct lmdb_value){ k->b, k->len };
}

/* ---- how much is in it ---- */

/* A large value has pages of its own, a small one its share of a page that
 * is two thirds full. */
static uint64_t cost_of(size_t len)
{
	uint64_t bytes = len + OVERHEAD;

	if (bytes <= PAGE / 2)
		return bytes * 3 / 2;
	return (bytes + PAGE - 1) / PAGE * PAGE + OVERHEAD;
}

uint64_t box_cost(size_t notice_len)
{
	return cost_of(notice_len) + cost_of(DELIVERY_HEAD + 400);
}

static int count_one(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	(void)key;
	*(int64_t *)arg += (int64_t)cost_of(value.len);
	return 0;
}

static void put(struct box_txn *t, const struct key *k, struct lmdb_value v)
{
	struct lmdb_value old = { NULL, 0 };

	if (lmdb_get(&t->txn, value_of(k), &old) == 0)
		t->added -= (int64_t)cost_of(old.len);
	if (lmdb_put(&t->txn, value_of(k), v) == 0)
		t->added += (int64_t)cost_of(v.len);
}

static void del(struct box_txn *t, const struct key *k)
{
	struct lmdb_value old;

	if (lmdb_get(&t->txn, value_of(k), &old) < 0)
		return;
	t->added -= (int64_t)cost_of(old.len);
	(void)lmdb_del(&t->txn, value_of(k));
}

uint64_t box_used(const struct box *b)
{
	int64_t used = atomic_load(&b->used);

	return used > 0 ? (uint64_t)used : 0;
}

bool box_is_full(const struct box *b, uint64_t bytes)
{
	return box_used(b) + bytes > b->max_bytes;
}

const char *box_path(const struct box *b)
{
	return b->path;
}

/* ---- open and close ---- */

static int open_env(struct box *b)
{
	const struct lmdb_options o = {
		.map_size = (size_t)(b->max_bytes * 2 + MAP_SPARE),
		.is_fixed = true,
	};
	int err = lmdb_env_open(&b->env, b->path, &o);

	if (err != -EBADMSG)
		return err;
	log_error(WHO,
		  "'%s' is damaged; it is made again, and what waited in it "
		  "is lost",
		  b->path);
	err = lmdb_env_remove(b->path);
	return err < 0 ? err : lmdb_env_open(&b->env, b->path, &o);
}

static int count_all(struct box *b)
{
	int64_t used = 0;
	struct lmdb_txn t;
	int err = lmdb_txn_begin(&t, b->env, false);

	if (err < 0)
		return err;
	err = lmdb_each(&t, NULL, count_one, &used);
	lmdb_txn_abort(&t);
	atomic_store(&b->used, used);
	return err;
}

static int open_all(struct box *b)
{
	int err = open_env(b);

	return err < 0 ? err : count_all(b);
}

int box_new(struct box **ret, const char *dir, uint64_t max_bytes)
{
	struct box *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	(void)pthread_rwlock_init(&b->lock, NULL);
	b->max_bytes = max_bytes;
	b->path = strdup(dir);
	err = b->path ? open_all(b) : -ENOMEM;
	if (err < 0) {
		log_error(WHO, "%s: %s", dir, strerror(-err));
		(void)box_free(b);
		return err;
	}
	*ret = b;
	return 0;
}

struct box *box_free(struct box *b)
{
	if (!b)
		return NULL;
	(void)lmdb_env_close(b->env);
	(void)pthread_rwlock_destroy(&b->lock);
	free(b->path);
	free(b);
	return NULL;
}

int box_reopen(struct box *b)
{
	int err;

	(void)pthread_rwlock_wrlock(&b->lock);
	if (b->env && !lmdb_env_is_replaced(b->env)) {
		(void)pthread_rwlock_unlock(&b->lock);
		return 0;
	}
	if (b->env)
		log_error(WHO,
			  "'%s' was taken away or cut; it is made again, and "
			  "what waited in it is lost",
			  b->path);
	b->env = lmdb_env_close(b->env);
	err = open_all(b);
	(void)pthread_rwlock_unlock(&b->lock);
	return err < 0 ? err : 1;
}

int box_begin(struct box *b, struct box_txn *t, bool write)
{
	int err;

	(void)pthread_rwlock_rdlock(&b->lock);
	*t = (struct box_txn){ .box = b, .is_write = write };
	err = b->env ? lmdb_txn_begin(&t->txn, b->env, write) : -EBADMSG;
	if (err < 0) {
		(void)pthread_rwlock_unlock(&b->lock);
		t->box = NULL;
	}
	return err;
}

int box_commit(struct box_txn *t)
{
	int err = lmdb_txn_commit(&t->txn);

	if (err == 0)
		(void)atomic_fetch_add(&t->box->used, t->added);
	(void)pthread_rwlock_unlock(&t->box->lock);
	t->box = NULL;
	return err;
}

void box_abort(struct box_txn *t)
{
	if (!t->box)
		return;
	lmdb_txn_abort(&t->txn);
	(void)pthread_rwlock_unlock(&t->box->lock);
	t->box = NULL;
}

/* ---- the cursor ---- */

static const struct key cursor_key = { .b = { KEY_CURSOR }, .len = 1 };

int box_get_cursor(struct box_txn *t, struct journal_cursor *ret)
{
	struct lmdb_value v;
	int err = lmdb_get(&t->txn, value_of(&cursor_key), &v);

	if (err < 0)
		return err;
	if (v.len != CURSOR)
		return -ENOENT;
	memcpy(ret->id, v.p, JOURNAL_ID_SIZE);
	ret->sequence = le64_get((const uint8_t *)v.p + JOURNAL_ID_SIZE);
	return 0;
}

void box_put_cursor(struct box_txn *t, const struct journal_cursor *c)
{
	uint8_t value[CURSOR];

	memcpy(value, c->id, JOURNAL_ID_SIZE);
	le64_put(value + JOURNAL_ID_SIZE, c->sequence);
	put(t, &cursor_key, (struct lmdb_value){ value, sizeof(value) });
}

/* ---- what is kept of a call ---- */

struct text box_get_context(struct box_txn *t, const uint8_t call[16])
{
	const struct key k = key_of(KEY_CONTEXT, call);
	struct lmdb_value v;

	if (lmdb_get(&t->txn, value_of(&k), &v) < 0 || v.len < 8)
		return text_of("");
	return text_make((const char *)v.p + 8, v.len - 8);
}

void box_put_context(struct box_txn *t, const uint8_t call[16],
		     struct text context, int64_t expires_ms)
{
	const struct key k = key_of(KEY_CONTEXT, call);
	uint8_t *value = malloc(8 + context.len);

	if (!value) {
		t->txn.err = -ENOMEM; /* sticks, as all of lmdb_txn does */
		return;
	}
	le64_put(value, (uint64_t)expires_ms);
	if (context.len)
		memcpy(value + 8, context.p, context.len);
	put(t, &k, (struct lmdb_value){ value, 8 + context.len });
	free(value);
}

struct forgetting {
	int64_t now_ms;
	unsigned left, count;
	uint8_t calls[64][ID_SIZE];
	uint8_t last[ID_SIZE];
	bool is_end;
};

static int look_at_context(struct lmdb_value key, struct lmdb_value value,
			   void *arg)
{
	struct forgetting *f = arg;
	const uint8_t *k = key.p;
	int64_t at;

	if (key.len != KEY_SIZE || k[0] != KEY_CONTEXT)
		return 1;
	memcpy(f->last, k + 1, ID_SIZE);
	at = value.len >= 8 ? (int64_t)le64_get(value.p) : 1;
	if (at && at <= f->now_ms)
		memcpy(f->calls[f->count++], k + 1, ID_SIZE);
	if (--f->left && f->count < ARRAY_SIZE(f->calls))
		return 0;
	f->is_end = false; /* there may be more */
	return 1;
}

int box_forget_contexts(struct box_txn *t, int64_t now_ms, unsigned max,
			uint8_t at[16])
{
	struct forgetting f = { .now_ms = now_ms, .left = max, .is_end = true };
	const struct key from = key_of(KEY_CONTEXT, at);
	const struct lmdb_value v = value_of(&from);

	if (lmdb_each(&t->txn, &v, look_at_context, &f) < 0)
		return 0;
	for (unsigned i = 0; i < f.count; i++) {
		const struct key context = key_of(KEY_CONTEXT, f.calls[i]);
		const struct key ack = key_of(KEY_ACKNOWLEDGED, f.calls[i]);

		del(t, &context);
		del(t, &ack);
	}
	if (f.is_end)
		memset(at, 0, ID_SIZE);
	else
		memcpy(at, f.last, ID_SIZE);
	return (int)f.count;
}

/* ---- notices ---- */

/* The state and the notice without its words; *ret is owned by the caller. */
static int encode_state(const struct delivery_state *s, const struct notice *n,
			struct text *ret)
{
	struct notice summary = *n;
	uint8_t *p;
	size_t size;
	int len;

	summary.secret = summary.text = summary.html = summary.json = NULL;
	size = notice_size(&summary);
	p = size ? malloc(DELIVERY_HEAD + size) : NULL;
	if (!p)
		return size ? -ENOMEM : -EMSGSIZE;
	delivery_state_encode(s, p);
	len = notice_encode(&summary, p + DELIVERY_HEAD, size);
	if (len < 0) {
		free(p);
		return len;
	}
	*ret = text_make((char *)p, DELIVERY_HEAD + (size_t)len);
	return 0;
}

static void tell(struct box_txn *t, const uint8_t id[16],
		 const struct delivery_state *s)
{
	const struct key k = report_key(s->queued_ms, id);
	uint8_t revision[4];

	le32_put(revision, s->revision);
	put(t, &k, (struct lmdb_value){ revision, sizeof(revision) });
}

int box_add(struct box_txn *t, const struct notice *n, struct text encoded,
	    const struct delivery_state *s)
{
	const struct key state = key_of(KEY_STATE, n->id);
	const struct key notice = key_of(KEY_NOTICE, n->id);
	struct lmdb_value old;
	struct text v = { NULL, 0 };
	int err = lmdb_get(&t->txn, value_of(&state), &old);

	if (err != -ENOENT)
		return err == 0 ? -EEXIST : err;
	err = encode_state(s, n, &v);
	if (err < 0)
		return err;
	put(t, &state, (struct lmdb_value){ v.p, v.len });
	free((char *)v.p);
	if (s->stage == DELIVERY_WAITING)
		put(t, &notice, (struct lmdb_value){ encoded.p, encoded.len });
	tell(t, n->id, s);
	return t->txn.err;
}

static int read_state(struct lmdb_value v, struct delivery_state *ret,
		      struct notice *ret_notice)
{
	struct notice n;
	int err = delivery_state_decode(v.p, v.len, ret);

	if (err < 0)
		return err;
	err = notice_decode((const uint8_t *)v.p + DELIVERY_HEAD,
			    v.len - DELIVERY_HEAD, &n);
	if (err >= 0 && ret_notice)
		*ret_notice = n;
	return err;
}

int box_get_state(struct box_txn *t, const uint8_t id[16],
		  struct delivery_state *ret, struct notice *ret_notice)
{
	const struct key k = key_of(KEY_STATE, id);
	struct lmdb_value v;
	int err = lmdb_get(&t->txn, value_of(&k), &v);

	return err < 0 ? err : read_state(v, ret, ret_notice);
}

int box_put_state(struct box_txn *t, const uint8_t id[16],
		  const struct delivery_state *s)
{
	const struct key state = key_of(KEY_STATE, id);
	const struct key notice = key_of(KEY_NOTICE, id);
	struct delivery_state before;
	struct lmdb_value v;
	uint8_t *copy;
	int err = lmdb_get(&t->txn, value_of(&state), &v);

	if (err >= 0)
		err = read_state(v, &before, NULL);
	if (err < 0)
		return err;
	copy = malloc(v.len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, v.p, v.len);
	delivery_state_encode(s, copy);
	put(t, &state, (struct lmdb_value){ copy, v.len });
	free(copy);
	if (s->stage != DELIVERY_WAITING)
		del(t, &notice);
	tell(t, id, s);
	return t->txn.err;
}

int box_get_notice(struct box_txn *t, const uint8_t id[16], struct text *ret)
{
	const struct key k = key_of(KEY_NOTICE, id);
	struct lmdb_value v;
	int err = lmdb_get(&t->txn, value_of(&k), &v);

	if (err < 0)
		return err;
	*ret = text_make(v.p, v.len);
	return 0;
}

struct telling {
	struct box_txn *t;
	box_waiting_f *f;
	void *arg;
	unsigned left;
};

static int tell_waiting(struct lmdb_value key, struct lmdb_value value,
			void *arg)
{
	const struct telling *w = arg;
	struct delivery_state s;
	struct notice n;

	if (key.len != KEY_SIZE || *(const uint8_t *)key.p != KEY_STATE)
		return 1;
	/* What is damaged cannot be told apart: its words are kept. */
	if (read_state(value, &s, &n) < 0 || s.stage != DELIVERY_WAITING)
		return 0;
	return w->f(&s, &n, w->arg);
}

int box_each_waiting(struct box_txn *t, box_waiting_f *f, void *arg)
{
	struct telling w = { .t = t, .f = f, .arg = arg };
	const struct lmdb_value from = { "S", 1 };
	int err = lmdb_each(&t->txn, &from, tell_waiting, &w);

	return err > 0 ? 0 : err;
}

/* ---- for PostgreSQL ---- */

static int tell_report(struct lmdb_value key, struct lmdb_value value,
		       void *arg)
{
	struct telling *w = arg;
	const uint8_t *k = key.p;
	struct delivery_state s;
	struct notice n;
	int err;

	(void)value;
	if (key.len != REPORT_KEY || k[0] != KEY_REPORT || !w->left)
		return 1;
	err = box_get_state(w->t, k + 9, &s, &n);
	if (err == -ENOENT || err == -EBADMSG)
		return 0; /* nothing can be told; box_drop_report() */
	if (err < 0)
		return err;
	w->left--;
	err = w->f(&s, &n, w->arg);
	return err;
}

int box_each_report(struct box_txn *t, unsigned max, box_waiting_f *f,
		    void *arg)
{
	struct telling w = { .t = t, .f = f, .arg = arg, .left = max };
	const struct lmdb_value from = { "R", 1 };
	int err = lmdb_each(&t->txn, &from, tell_report, &w);

	return err > 0 ? 0 : err;
}

void box_reported(struct box_txn *t, const uint8_t id[16], uint32_t revision)
{
	const struct key state = key_of(KEY_STATE, id);
	struct delivery_state s;
	struct key k;

	if (box_get_state(t, id, &s, NULL) < 0 || s.revision != revision)
		return;
	k = report_key(s.queued_ms, id);
	del(t, &k);
	if (s.stage != DELIVERY_WAITING)
		del(t, &state);
}

struct oldest {
	struct box_txn *t;
	struct key report;
	unsigned left;
};

static int find_done(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	struct oldest *o = arg;
	const uint8_t *k = key.p;
	struct delivery_state s;

	(void)value;
	if (key.len != REPORT_KEY || k[0] != KEY_REPORT || !o->left--)
		return -ENOENT;
	if (box_get_state(o->t, k + 9, &s, NULL) == 0 &&
	    s.stage == DELIVERY_WAITING)
		return 0;
	memcpy(o->report.b, k, REPORT_KEY);
	o->report.len = REPORT_KEY;
	return 1;
}

int box_drop_report(struct box_txn *t)
{
	struct oldest o = { .t = t, .left = 1000 };
	const struct lmdb_value from = { "R", 1 };
	int err = lmdb_each(&t->txn, &from, find_done, &o);
	struct key state;

	if (err <= 0)
		return err < 0 ? err : -ENOENT;
	state = key_of(KEY_STATE, o.report.b + 9);
	del(t, &o.report);
	del(t, &state);
	return 0;
}

/* ---- acknowledgements ---- */

int box_add_acknowledgement(struct box_txn *t, const struct acknowledgement *a)
{
	const struct key call = key_of(KEY_ACKNOWLEDGED, a->call_id);
	const struct key k = key_of(KEY_ACKNOWLEDGEMENT, a->id);
	uint8_t value[ACKNOWLEDGEMENT_MAX], at[8];
	struct lmdb_value old;

	if (lmdb_get(&t->txn, value_of(&k), &old) == 0)
		return -EEXIST;
	le64_put(at, (uint64_t)a->at_ms);
	if (lmdb_get(&t->txn, value_of(&call), &old) == -ENOENT)
		put(t, &call, (struct lmdb_value){ at, sizeof(at) });
	put(t, &k,
	    (struct lmdb_value){ value, acknowledgement_encode(a, value) });
	return t->txn.err;
}

bool box_is_acknowledged(struct box_txn *t, const uint8_t call[16])
{
	const struct key k = key_of(KEY_ACKNOWLEDGED, call);
	struct lmdb_value v;

	return lmdb_get(&t->txn, value_of(&k), &v) == 0;
}

struct telling_acknowledgements {
	box_acknowledgement_f *f;
	void *arg;
	unsigned left;
};

static int tell_acknowledgement(struct lmdb_value key, struct lmdb_value value,
				void *arg)
{
	struct telling_acknowledgements *w = arg;
	struct acknowledgement a;

	if (key.len != KEY_SIZE ||
	    *(const uint8_t *)key.p != KEY_ACKNOWLEDGEMENT || !w->left)
		return 1;
	if (acknowledgement_decode(value.p, value.len, &a) < 0)
		return 0;
	w->left--;
	return w->f(&a, w->arg);
}

int box_each_acknowledgement(struct box_txn *t, unsigned max,
			     box_acknowledgement_f *f, void *arg)
{
	struct telling_acknowledgements w = { .f = f, .arg = arg, .left = max };
	const struct lmdb_value from = { "B", 1 };
	int err = lmdb_each(&t->txn, &from, tell_acknowledgement, &w);

	return err > 0 ? 0 : err;
}

void box_acknowledgement_told(struct box_txn *t, const uint8_t id[16])
{
	const struct key k = key_of(KEY_ACKNOWLEDGEMENT, id);

	del(t, &k);
}
