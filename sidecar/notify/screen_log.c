/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/screen_log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bytes.h"
#include "notify/screen_entry.h"
#include "notify/screen_seen.h"
#include "sha256.h"
#include "store/lmdb_env.h"

#define WHO       "screens"
#define PATH_SIZE 512
#define MAP_SIZE  ((size_t)16 << 20)
/* Removed by one post, so that none takes long. */
#define PRUNE_AT_ONCE 16
#define PRUNE_MAX     1000
/* A disk that hangs holds up who writes, not who reads. */
#define READ_WAIT_NS 100000000L

/* Bytes of keys: a letter, 16 or 32 bytes, an id. */
#define ENTRY_KEY_SIZE  (1 + SCREEN_KEY_SIZE + 8)
#define PAIR_KEY_SIZE   (1 + 16 + 16)
#define LAST_KEY_SIZE   (1 + SCREEN_KEY_SIZE)
#define LAST_VALUE_SIZE 24

struct screen_log {
	char path[PATH_SIZE];
	/* Of all that lmdb_env does: the map may grow. */
	pthread_mutex_t lock;
	struct lmdb_env *env; /* owned; NULL: not open */
	int fd;               /* eventfd */
	int complaint;        /* why it could not be opened; told once */
	struct screen_seen seen;
};

struct last {
	uint64_t id, count, shown;
};

void screen_key_make(struct screen_key *ret, uint64_t organization_id,
		     struct text name)
{
	uint8_t hash[SHA256_SIZE], id[8];
	struct sha256 s;

	be64_put(id, organization_id);
	sha256_begin(&s);
	sha256_add(&s, id, sizeof(id));
	if (name.len)
		sha256_add(&s, name.p, name.len);
	sha256_end(&s, hash);
	memcpy(ret->b, hash, sizeof(ret->b));
}

/* ---- the environment ---- */

int screen_log_new(struct screen_log **ret, const char *state_dir)
{
	struct screen_log *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	(void)snprintf(l->path, sizeof(l->path), "%s/screens", state_dir);
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->fd < 0) {
		free(l);
		return -ENOMEM;
	}
	(void)pthread_mutex_init(&l->lock, NULL);
	screen_seen_init(&l->seen);
	*ret = l;
	return 0;
}

struct screen_log *screen_log_free(struct screen_log *l)
{
	if (!l)
		return NULL;
	l->env = lmdb_env_close(l->env);
	(void)pthread_mutex_destroy(&l->lock);
	screen_seen_fini(&l->seen);
	(void)close(l->fd);
	free(l);
	return NULL;
}

/* Under the lock, to write. */
static int open_env(struct screen_log *l)
{
	const struct lmdb_options o = { .map_size = MAP_SIZE };
	int err;

	if (l->env && lmdb_env_is_replaced(l->env))
		l->env = lmdb_env_close(l->env);
	if (l->env)
		return 0;
	err = lmdb_env_open(&l->env, l->path, &o);
	if (err == -EBADMSG) {
		log_error(WHO, "%s is damaged: it begins anew", l->path);
		err = lmdb_env_remove(l->path);
		if (err >= 0)
			err = lmdb_env_open(&l->env, l->path, &o);
	}
	if (err < 0 && err != l->complaint)
		log_error(WHO, "%s: %s", l->path, strerror(-err));
	l->complaint = err;
	return err;
}

typedef int txn_f(struct lmdb_txn *t, void *arg);

/* One transaction; again when the map has grown. */
static int write_with(struct screen_log *l, txn_f *f, void *arg)
{
	struct lmdb_txn t;
	int err, result = 0;

	(void)pthread_mutex_lock(&l->lock);
	err = open_env(l);
	while (err >= 0) {
		err = lmdb_txn_begin(&t, l->env, true);
		if (err < 0)
			break;
		result = f(&t, arg);
		if (result < 0 && t.err == 0) {
			lmdb_txn_abort(&t);
			err = result;
			break;
		}
		err = lmdb_txn_commit(&t);
		if (err != -EOVERFLOW || lmdb_env_grow(l->env) < 0)
			break;
		err = 0;
	}
	(void)pthread_mutex_unlock(&l->lock);
	return err < 0 ? err : result;
}

/* -EAGAIN: somebody is writing, for too long. */
static int lock_to_read(struct screen_log *l)
{
	struct timespec until;

	/* A clock that is set moves the end of one wait. */
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += READ_WAIT_NS;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	return pthread_mutex_timedlock(&l->lock, &until) == 0 ? 0 : -EAGAIN;
}

static int read_with(struct screen_log *l, txn_f *f, void *arg)
{
	struct lmdb_txn t;
	int err = lock_to_read(l);

	if (err < 0)
		return err;
	err = open_env(l);
	if (err >= 0)
		err = lmdb_txn_begin(&t, l->env, false);
	if (err >= 0) {
		err = f(&t, arg);
		lmdb_txn_abort(&t);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return err;
}

/* ---- keys and values ---- */

static struct lmdb_value entry_key(uint8_t buf[ENTRY_KEY_SIZE],
				   const uint8_t *screen, uint64_t id)
{
	buf[0] = 'E';
	memcpy(buf + 1, screen, SCREEN_KEY_SIZE);
	be64_put(buf + 1 + SCREEN_KEY_SIZE, id);
	return (struct lmdb_value){ buf, ENTRY_KEY_SIZE };
}

/* "N" screen notice, "C" call screen. */
static struct lmdb_value pair_key(uint8_t buf[PAIR_KEY_SIZE], char letter,
				  const uint8_t a[16], const uint8_t b[16])
{
	buf[0] = (uint8_t)letter;
	memcpy(buf + 1, a, 16);
	memcpy(buf + 17, b, 16);
	return (struct lmdb_value){ buf, PAIR_KEY_SIZE };
}

/* 0; -ENOENT, also of what is no id. */
static int get_id(struct lmdb_txn *t, struct lmdb_value key, uint64_t *ret)
{
	struct lmdb_value v;
	int err = lmdb_get(t, key, &v);

	if (err < 0)
		return err;
	if (v.len != 8)
		return -ENOENT;
	*ret = be64_get(v.p);
	return 0;
}

static void put_id(struct lmdb_txn *t, struct lmdb_value key, uint64_t id)
{
	uint8_t value[8];

	be64_put(value, id);
	(void)lmdb_put(t, key, (struct lmdb_value){ value, sizeof(value) });
}

static struct lmdb_value last_key(uint8_t buf[LAST_KEY_SIZE],
				  const uint8_t *screen)
{
	buf[0] = 'L';
	memcpy(buf + 1, screen, SCREEN_KEY_SIZE);
	return (struct lmdb_value){ buf, LAST_KEY_SIZE };
}

static int get_last(struct lmdb_txn *t, const uint8_t *screen, struct last *ret)
{
	uint8_t buf[LAST_KEY_SIZE];
	struct lmdb_value v;
	int err = lmdb_get(t, last_key(buf, screen), &v);

	*ret = (struct last){ 0 };
	if (err == -ENOENT || (err >= 0 && v.len != LAST_VALUE_SIZE))
		return 0;
	if (err < 0)
		return err;
	ret->id = be64_get(v.p);
	ret->count = be64_get((const uint8_t *)v.p + 8);
	ret->shown = be64_get((const uint8_t *)v.p + 16);
	return 0;
}

static void put_last(struct lmdb_txn *t, const uint8_t *screen,
		     const struct last *last)
{
	uint8_t buf[LAST_KEY_SIZE], value[LAST_VALUE_SIZE];

	be64_put(value, last->id);
	be64_put(value + 8, last->count);
	be64_put(value + 16, last->shown);
	(void)lmdb_put(t, last_key(buf, screen),
		       (struct lmdb_value){ value, sizeof(value) });
}

/* ---- forgetting ---- */

static bool is_entry(struct lmdb_value key)
{
	return key.len == ENTRY_KEY_SIZE && *(const uint8_t *)key.p == 'E';
}

/* The first entry of a screen at or behind an id. */
struct found {
	const uint8_t *screen;
	bool is_there;
	uint64_t id;
	bool is_sound;
	struct screen_line line;
	struct screen_entry *copy; /* wanted, if not NULL */
	int err;
};

static int on_entry(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	const uint8_t *k = key.p;
	struct found *f = arg;

	if (!is_entry(key) || memcmp(k + 1, f->screen, SCREEN_KEY_SIZE) != 0)
		return 1;
	f->is_there = true;
	f->id = be64_get(k + 1 + SCREEN_KEY_SIZE);
	f->is_sound = screen_line_decode(value.p, value.len, &f->line) == 0;
	if (f->copy && f->is_sound) {
		f->copy->json = strndup(f->line.json.p, f->line.json.len);
		f->err = f->copy->json ? 0 : -ENOMEM;
	}
	return 1;
}

static int find_from(struct lmdb_txn *t, const uint8_t *screen, uint64_t id,
		     struct found *f)
{
	uint8_t buf[ENTRY_KEY_SIZE];
	const struct lmdb_value from = entry_key(buf, screen, id);
	int err;

	f->screen = screen;
	f->is_there = false;
	err = lmdb_each(t, &from, on_entry, f);
	return err < 0 ? err : f->err;
}

static void forget(struct lmdb_txn *t, const struct found *f)
{
	uint8_t buf[ENTRY_KEY_SIZE], pair[PAIR_KEY_SIZE];
	uint64_t id = 0;

	if (f->is_sound) {
		struct lmdb_value call =
			pair_key(pair, 'C', f->line.call_id, f->screen);

		if (get_id(t, call, &id) == 0 && id == f->id)
			(void)lmdb_del(t, call);
		(void)lmdb_del(
			t, pair_key(pair, 'N', f->screen, f->line.notice_id));
	}
	(void)lmdb_del(t, entry_key(buf, f->screen, f->id));
}

/* The oldest ones of a screen, while they are too many or too old. */
static int forget_some(struct lmdb_txn *t, const uint8_t *screen,
		       struct last *last, int64_t now_ms)
{
	for (unsigned i = 0; i < PRUNE_AT_ONCE; i++) {
		struct found f = { 0 };
		int err = find_from(t, screen, 0, &f);

		if (err < 0)
			return err;
		if (!f.is_there)
			break;
		if (last->count <= SCREEN_ENTRIES_MAX && f.is_sound &&
		    f.line.at_ms >= now_ms - SCREEN_KEEP_MS)
			break;
		forget(t, &f);
		last->count -= last->count > 0;
	}
	return 0;
}

/* ---- posting ---- */

struct post {
	struct screen_line line;
	struct screen_key screen;
	int64_t now_ms;
	uint8_t *buf; /* SCREEN_ENTRY_MAX */
	bool is_new;
};

static bool has_call(const struct post *p)
{
	static const uint8_t none[NOTICE_ID_SIZE];

	return memcmp(p->line.call_id, none, sizeof(none)) != 0;
}

/* Above all that were, also in a log that is no more. */
static uint64_t next_id(const struct last *last, int64_t now_ms)
{
	uint64_t now = now_ms > 0 ? (uint64_t)now_ms * 1000 : 0;

	return last->id >= now ? last->id + 1 : now;
}

static int append(struct lmdb_txn *t, struct post *p, struct last *last)
{
	const uint8_t *screen = p->screen.b;
	uint8_t key[ENTRY_KEY_SIZE], pair[PAIR_KEY_SIZE];
	size_t len = screen_line_encode(&p->line, p->buf);
	int err;

	last->id = next_id(last, p->now_ms);
	last->count++;
	(void)lmdb_put(t, entry_key(key, screen, last->id),
		       (struct lmdb_value){ p->buf, len });
	put_id(t, pair_key(pair, 'N', screen, p->line.notice_id), last->id);
	if (has_call(p))
		put_id(t, pair_key(pair, 'C', p->line.call_id, screen),
		       last->id);
	err = forget_some(t, screen, last, p->now_ms);
	put_last(t, screen, last);
	p->is_new = true;
	return err;
}

static int post_one(struct lmdb_txn *t, void *arg)
{
	struct post *p = arg;
	uint8_t pair[PAIR_KEY_SIZE];
	struct last last;
	uint64_t id = 0;
	int err = get_last(t, p->screen.b, &last);

	p->is_new = false;
	if (err < 0)
		return err;
	err = get_id(t, pair_key(pair, 'N', p->screen.b, p->line.notice_id),
		     &id);
	if (err == 0)
		return id <= last.shown ? SCREEN_SHOWN : SCREEN_WAITING;
	if (err != -ENOENT)
		return err;
	err = append(t, p, &last);
	return err < 0 ? err : SCREEN_WAITING;
}

static void tell(struct screen_log *l)
{
	const uint64_t one = 1;

	/* Full is readable, too. */
	(void)!write(l->fd, &one, sizeof(one));
}

/* Already there?  Without a write. */
static int find_posted(struct lmdb_txn *t, void *arg)
{
	const struct post *p = arg;
	uint8_t pair[PAIR_KEY_SIZE];
	struct last last;
	uint64_t id = 0;
	int err = get_last(t, p->screen.b, &last);

	if (err == 0)
		err = get_id(
			t, pair_key(pair, 'N', p->screen.b, p->line.notice_id),
			&id);
	if (err < 0)
		return err;
	return id <= last.shown ? SCREEN_SHOWN : SCREEN_WAITING;
}

static int post_new(struct screen_log *l, const struct notice *n,
		    struct post *p)
{
	char *json = NULL;
	int err = screen_json_of_notice(n, &json);

	if (err < 0)
		return err;
	p->line.json = text_of(json);
	p->buf = malloc(SCREEN_ENTRY_MAX);
	err = p->buf ? write_with(l, post_one, p) : -ENOMEM;
	if (err >= 0 && p->is_new)
		tell(l);
	free(p->buf);
	free(json);
	return err;
}

int screen_log_post(struct screen_log *l, const struct notice *n)
{
	struct post p = { .now_ms = clock_utc_ms() };
	int err;

	if (!l)
		return -ENOTSUP;
	p.line.at_ms = n->at_ms;
	memcpy(p.line.notice_id, n->id, NOTICE_ID_SIZE);
	memcpy(p.line.call_id, n->call_id, NOTICE_ID_SIZE);
	screen_key_make(&p.screen, n->organization_id, text_of(n->target));
	err = read_with(l, find_posted, &p);
	if (err < 0)
		err = post_new(l, n, &p);
	if (err == SCREEN_WAITING &&
	    !screen_seen_is_watched(&l->seen, &p.screen))
		return SCREEN_DARK;
	return err;
}

/* ---- acknowledging ---- */

/* Screens that know a call: copied, since the walk must not be written into. */
struct screens {
	const uint8_t *call_id;
	size_t count;
	struct screen_key v[256];
};

static int on_call(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	const uint8_t *k = key.p;
	struct screens *s = arg;

	(void)value;
	if (key.len != PAIR_KEY_SIZE || k[0] != 'C' ||
	    memcmp(k + 1, s->call_id, NOTICE_ID_SIZE) != 0 ||
	    s->count == ARRAY_SIZE(s->v))
		return 1;
	memcpy(s->v[s->count++].b, k + 17, SCREEN_KEY_SIZE);
	return 0;
}

struct ack {
	struct post post;
	struct screens screens;
	int told;
};

static int acknowledge_all(struct lmdb_txn *t, void *arg)
{
	static const uint8_t none[16];
	struct ack *a = arg;
	uint8_t pair[PAIR_KEY_SIZE];
	const struct lmdb_value from =
		pair_key(pair, 'C', a->post.line.call_id, none);
	int err;

	a->told = 0;
	a->screens.count = 0;
	a->screens.call_id = a->post.line.call_id;
	err = lmdb_each(t, &from, on_call, &a->screens);
	for (size_t i = 0; i < a->screens.count && err >= 0; i++) {
		a->post.screen = a->screens.v[i];
		err = post_one(t, &a->post);
		a->told += a->post.is_new;
	}
	return err < 0 ? err : 0;
}

/* The same acknowledgement is one entry of a screen. */
static void name_ack(struct screen_line *line)
{
	uint8_t hash[SHA256_SIZE];
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, line->json.p, line->json.len);
	sha256_end(&s, hash);
	memcpy(line->notice_id, hash, NOTICE_ID_SIZE);
}

int screen_log_acknowledged(struct screen_log *l, const struct screen_ack *a)
{
	struct ack *ack;
	char *json = NULL;
	int err;

	if (!l)
		return 0;
	ack = calloc(1, sizeof(*ack));
	err = ack ? screen_json_of_ack(a, &json) : -ENOMEM;
	if (err >= 0) {
		ack->post.now_ms = clock_utc_ms();
		ack->post.line.at_ms = a->at_ms;
		ack->post.line.json = text_of(json);
		memcpy(ack->post.line.call_id, a->call_id, NOTICE_ID_SIZE);
		name_ack(&ack->post.line);
		ack->post.buf = malloc(SCREEN_ENTRY_MAX);
		err = ack->post.buf ? write_with(l, acknowledge_all, ack)
				    : -ENOMEM;
		free(ack->post.buf);
	}
	if (err >= 0)
		err = ack->told;
	if (err > 0)
		tell(l);
	free(json);
	free(ack);
	return err;
}

/* ---- reading ---- */

struct look {
	const struct screen_key *screen;
	uint64_t id;
	const uint8_t *call_id;
	struct screen_entry *entry;
	struct last last;
};

/* What is damaged is passed over. */
static int find_next(struct lmdb_txn *t, void *arg)
{
	struct look *look = arg;
	uint64_t id = look->id;

	for (;;) {
		struct found f = { .copy = look->entry };
		int err;

		if (id == UINT64_MAX)
			return -ENOENT;
		err = find_from(t, look->screen->b, id + 1, &f);
		if (err < 0)
			return err;
		if (!f.is_there)
			return -ENOENT;
		id = f.id;
		look->entry->id = f.id;
		look->entry->at_ms = f.line.at_ms;
		if (f.is_sound)
			return 0;
	}
}

int screen_log_next(struct screen_log *l, const struct screen_key *screen,
		    uint64_t after, struct screen_entry *ret)
{
	struct screen_entry entry = { 0 };
	struct look look = { .screen = screen, .id = after, .entry = &entry };
	int err = read_with(l, find_next, &look);

	if (err == 0)
		*ret = entry;
	return err;
}

static int read_last(struct lmdb_txn *t, void *arg)
{
	struct look *look = arg;

	return get_last(t, look->screen->b, &look->last);
}

uint64_t screen_log_last(struct screen_log *l, const struct screen_key *screen)
{
	struct look look = { .screen = screen };

	return read_with(l, read_last, &look) < 0 ? 0 : look.last.id;
}

static int find_call(struct lmdb_txn *t, void *arg)
{
	struct look *look = arg;
	uint8_t pair[PAIR_KEY_SIZE];

	return get_id(t, pair_key(pair, 'C', look->call_id, look->screen->b),
		      &look->id);
}

int screen_log_has_call(struct screen_log *l, const struct screen_key *screen,
			const uint8_t call_id[NOTICE_ID_SIZE])
{
	struct look look = { .screen = screen, .call_id = call_id };

	return read_with(l, find_call, &look);
}

/* ---- what is shown ---- */

int screen_log_shown(struct screen_log *l, const struct screen_key *screen,
		     uint64_t id)
{
	int err = screen_seen_show(&l->seen, screen, id);

	tell(l);
	return err;
}

/* Those of one moment. */
struct flush {
	size_t count;
	struct screen_shown v[SCREEN_SHOWN_MAX];
};

static int put_shown(struct lmdb_txn *t, void *arg)
{
	struct flush *f = arg;

	for (size_t i = 0; i < f->count; i++) {
		const uint8_t *screen = f->v[i].screen.b;
		struct last last;
		int err = get_last(t, screen, &last);

		if (err < 0)
			return err;
		/* What a page says of the future counts for nothing. */
		if (f->v[i].id < last.shown || last.shown == last.id)
			continue;
		last.shown = f->v[i].id < last.id ? f->v[i].id : last.id;
		put_last(t, screen, &last);
	}
	return 0;
}

void screen_log_watch(struct screen_log *l, const struct screen_key *screen,
		      bool is_there)
{
	screen_seen_watch(&l->seen, screen, is_there);
}

int screen_log_flush(struct screen_log *l)
{
	struct flush *f = calloc(1, sizeof(*f));
	int err = 0;

	if (!f)
		return -ENOMEM;
	f->count = screen_seen_take(&l->seen, f->v);
	if (f->count)
		err = write_with(l, put_shown, f);
	free(f);
	return err;
}

/* ---- all that is old ---- */

struct prune {
	int64_t before_ms;
	size_t count;
	struct screen_shown v[PRUNE_MAX];
};

static int on_any(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	const uint8_t *k = key.p;
	struct prune *p = arg;
	struct screen_line line;

	if (!is_entry(key) || p->count == PRUNE_MAX)
		return 1;
	if (screen_line_decode(value.p, value.len, &line) == 0 &&
	    line.at_ms >= p->before_ms)
		return 0;
	memcpy(p->v[p->count].screen.b, k + 1, SCREEN_KEY_SIZE);
	p->v[p->count++].id = be64_get(k + 1 + SCREEN_KEY_SIZE);
	return 0;
}

static int prune_some(struct lmdb_txn *t, void *arg)
{
	static const uint8_t lowest[SCREEN_KEY_SIZE];
	uint8_t buf[ENTRY_KEY_SIZE];
	const struct lmdb_value from = entry_key(buf, lowest, 0);
	struct prune *p = arg;
	int err;

	p->count = 0;
	err = lmdb_each(t, &from, on_any, p);
	for (size_t i = 0; i < p->count && err >= 0; i++) {
		const uint8_t *screen = p->v[i].screen.b;
		struct found f = { 0 };
		struct last last;

		err = find_from(t, screen, p->v[i].id, &f);
		if (err >= 0 && f.is_there && f.id == p->v[i].id)
			forget(t, &f);
		if (err >= 0)
			err = get_last(t, screen, &last);
		if (err < 0)
			break;
		last.count -= last.count > 0;
		put_last(t, screen, &last);
	}
	return err < 0 ? err : (int)p->count;
}

int screen_log_prune(struct screen_log *l, int64_t now_ms)
{
	struct prune *p = malloc(sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->before_ms = now_ms - SCREEN_KEEP_MS;
	err = write_with(l, prune_some, p);
	free(p);
	return err;
}

/* ---- who waits ---- */

int screen_log_fd(const struct screen_log *l)
{
	return l->fd;
}

void screen_log_drain(struct screen_log *l)
{
	uint64_t n;

	(void)!read(l->fd, &n, sizeof(n));
}
