/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/changes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "directory/refusal.h"

#define WHO "publisher"

struct changed {
	struct dir_key key;
	bool found; /* its row is there */
};

void changes_init(struct changes *c)
{
	*c = (struct changes){ 0 };
	for (int i = 0; i < ENTITY_COUNT; i++) {
		db_array_init(&c->set[i].ids);
		db_array_init(&c->set[i].texts);
	}
}

void changes_fini(struct changes *c)
{
	for (int i = 0; i < ENTITY_COUNT; i++) {
		free(c->set[i].items);
		db_array_fini(&c->set[i].ids);
		db_array_fini(&c->set[i].texts);
	}
	changes_init(c);
}

/* ---- taking ---- */

static int add(struct changes *c, enum entity_kind kind, uint64_t id,
	       struct text key)
{
	const struct entity *e = entity_get(kind);
	struct change_set *s = &c->set[kind];
	struct entity_key k = { 0 };

	if (e->key_of(id, key, &k) < 0)
		return -EINVAL;
	if (s->count == s->size) {
		size_t size = s->size ? s->size * 2 : 64;
		struct changed *p = realloc(s->items, size * sizeof(*p));

		if (!p)
			return -ENOMEM;
		s->items = p;
		s->size = size;
	}
	s->items[s->count++] = (struct changed){ .key = k.key };
	db_array_add_u64(&s->ids, k.id);
	db_array_add(&s->texts, k.text);
	return 0;
}

/* Prefix lengths stand in other records than their ranges. */
static int add_owner(struct changes *c, enum entity_kind kind, struct text key)
{
	uint64_t id;
	struct text rest;

	if (kind == ENTITY_TRUNK_SOURCE)
		return add(c, ENTITY_GATEWAY, 0, text_of(""));
	if (kind != ENTITY_NETWORK_RANGE)
		return 0;
	if (row_parse_pair(key, &id, &rest) < 0)
		return -EINVAL;
	return add(c, ENTITY_ORGANIZATION, id, text_of(""));
}

int changes_add(struct changes *c, const struct db_row *row)
{
	struct text name = db_text(row, 2), key = db_text(row, 4);
	struct changes_cursor at = { .at_us = 0 };
	enum entity_kind kind;
	uint64_t id;
	int err;

	if (db_u64(row, 0, &at.txid) < 0 || db_u64(row, 1, &at.change_id) < 0)
		return -EPROTO;
	c->cursor = at;
	c->count++;
	if (text_equal(name, text_of("everything"))) {
		c->everything = true;
		return 0;
	}
	err = entity_find(name, &kind);
	if (err >= 0)
		err = db_u64(row, 3, &id);
	if (err >= 0)
		err = add(c, kind, id, key);
	if (err >= 0)
		err = add_owner(c, kind, key);
	if (err == -ENOMEM)
		return err;
	if (err < 0)
		log_error(WHO,
			  "change %" PRIu64 " makes no sense, ignored: '%.*s' "
			  "'%.*s'",
			  at.change_id, (int)name.len, name.p, (int)key.len,
			  key.p);
	return 0;
}

static int on_change(const struct db_row *row, void *arg)
{
	return changes_add(arg, row);
}

static int on_time(const struct db_row *row, void *arg)
{
	struct changes *c = arg;

	return db_u64(row, 0, &c->cursor.at_us);
}

static void format(uint64_t n, char ret[24])
{
	(void)snprintf(ret, 24, "%" PRIu64, n);
}

int changes_take(struct changes *c, struct db *db,
		 const struct changes_cursor *after, int64_t max)
{
	char txid[24], change_id[24], limit[24];
	const char *params[] = { txid, change_id, limit };
	int err;

	format(after->txid, txid);
	format(after->change_id, change_id);
	format((uint64_t)max, limit);
	c->cursor = *after;
	err = db_exec(db, DB_CHANGE_TAKE, params, on_change, c);
	if (err >= 0 && c->count) {
		format(c->cursor.txid, txid);
		format(c->cursor.change_id, change_id);
		err = db_exec(db, DB_CHANGE_TIME, params, on_time, c);
	}
	return err < 0 ? err : (int)c->count;
}

/* ---- fetching ---- */

static int compare(const void *a, const void *b)
{
	const struct dir_key *x = &((const struct changed *)a)->key;
	const struct dir_key *y = &((const struct changed *)b)->key;
	size_t n = x->len < y->len ? x->len : y->len;
	int d = memcmp(x->b, y->b, n);

	return d ? d : (x->len > y->len) - (x->len < y->len);
}

static void sort_once(struct change_set *s)
{
	size_t n = 0;

	if (!s->count)
		return;
	qsort(s->items, s->count, sizeof(s->items[0]), compare);
	for (size_t i = 0; i < s->count; i++) {
		if (n && compare(&s->items[n - 1], &s->items[i]) == 0)
			continue;
		s->items[n++] = s->items[i];
	}
	s->count = n;
}

struct fetch {
	struct change_set *set;
	const struct entity *entity;
	struct dir_batch *batch;
	struct names *names;
};

static void found(const struct fetch *f, const struct dir_key *key)
{
	const struct changed want = { .key = *key };
	struct changed *c;

	if (!f->set->count)
		return;
	c = bsearch(&want, f->set->items, f->set->count, sizeof(want), compare);
	if (c)
		c->found = true;
}

static int on_row(const struct db_row *row, void *arg)
{
	const struct fetch *f = arg;
	struct row_out out = { .batch = f->batch, .names = f->names };

	if (f->entity->read(row, &out) < 0)
		refusal_tell(f->entity, row, out.why, true);
	if (out.key.len)
		found(f, &out.key);
	return 0;
}

static int on_psap(const struct dir_psap *r, const char *refused, void *arg)
{
	const struct fetch *f = arg;
	uint8_t buf[DIR_RECORD_MAX];
	struct dir_key key;
	int n;

	dir_key_psap(&key, r->psap_id);
	found(f, &key);
	n = refused ? -EINVAL : dir_psap_encode(r, &key, buf, sizeof(buf));
	if (n >= 0) {
		dir_batch_put(f->batch, &key, buf, (size_t)n);
		return 0;
	}
	refusal_tell_psap(r->psap_id, refused ? refused : "it does not fit",
			  true);
	return 0;
}

static int add_psap(const struct db_row *row, void *arg)
{
	return refusal_of_psap(row, psap_graph_add(arg, row));
}

static int add_route(const struct db_row *row, void *arg)
{
	return refusal_of_psap(row, psap_graph_add_route(arg, row));
}

static int fetch_psaps(const struct fetch *f, struct db *db,
		       const char *const *params)
{
	struct psap_graph g;
	int err;

	psap_graph_init(&g);
	err = db_exec(db, DB_PSAP_SOME, params, add_psap, &g);
	if (err >= 0)
		err = db_exec(db, DB_PSAP_ROUTE_SOME, params, add_route, &g);
	if (err >= 0)
		err = psap_graph_each(&g, on_psap, (void *)f);
	psap_graph_fini(&g);
	return err;
}

static int fetch_some(const struct fetch *f, struct db *db)
{
	const char *ids = db_array_get(&f->set->ids);
	const char *texts = db_array_get(&f->set->texts);
	const char *params[2] = { ids, texts };

	if (!ids || !texts)
		return -ENOMEM;
	if (f->entity->params == PARAMS_TEXT)
		params[0] = texts;
	if (!f->entity->read)
		return fetch_psaps(f, db, params);
	return db_exec(db, f->entity->some, params, on_row, (void *)f);
}

int changes_fetch(struct changes *c, struct db *db, struct dir_batch *batch)
{
	for (int i = 0; i < ENTITY_COUNT; i++) {
		struct fetch f = {
			.set = &c->set[i],
			.entity = entity_get((enum entity_kind)i),
			.batch = batch,
			.names = c->names,
		};
		int err;

		if (!f.set->count)
			continue;
		sort_once(f.set);
		err = fetch_some(&f, db);
		if (err < 0)
			return err;
		for (size_t k = 0; k < f.set->count; k++) {
			if (!f.set->items[k].found)
				f.entity->forget(batch, &f.set->items[k].key);
		}
	}
	return 0;
}
