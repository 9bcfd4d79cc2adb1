/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/dir_batch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "directory/dir_op.h"

void dir_batch_init(struct dir_batch *b)
{
	*b = (struct dir_batch){ 0 };
}

void dir_batch_fini(struct dir_batch *b)
{
	free(b->ops);
	free(b->arena);
	dir_batch_init(b);
}

void dir_batch_clear(struct dir_batch *b)
{
	b->count = 0;
	b->len = 0;
	b->failed = false;
}

size_t dir_batch_bytes(const struct dir_batch *b)
{
	return b->len;
}

/* ---- gathering ---- */

static size_t keep(struct dir_batch *b, const void *p, size_t len)
{
	size_t at = b->len;

	if (len)
		memcpy(b->arena + at, p, len);
	b->len += len;
	return at;
}

static struct dir_op *add(struct dir_batch *b, enum op_kind kind,
			  const struct dir_key *key, const void *value,
			  size_t len)
{
	struct dir_op *op;

	if (array_reserve((void **)&b->ops, &b->size, b->count + 1,
			  sizeof(*b->ops)) < 0 ||
	    array_reserve((void **)&b->arena, &b->capacity,
			  b->len + key->len + len, 1) < 0) {
		b->failed = true;
		return NULL;
	}
	op = &b->ops[b->count++];
	*op = (struct dir_op){ .kind = kind,
			       .key_len = key->len,
			       .value_len = len };
	op->key = keep(b, key->b, key->len);
	op->value = keep(b, value, len);
	return op;
}

void dir_batch_put(struct dir_batch *b, const struct dir_key *key,
		   const void *value, size_t len)
{
	(void)add(b, OP_PUT, key, value, len);
}

void dir_batch_delete(struct dir_batch *b, const struct dir_key *key)
{
	(void)add(b, OP_DELETE, key, NULL, 0);
}

void dir_batch_put_endpoint(struct dir_batch *b, const struct dir_key *key,
			    const void *value, size_t len)
{
	(void)add(b, OP_PUT_ENDPOINT, key, value, len);
}

void dir_batch_delete_endpoint(struct dir_batch *b, const struct dir_key *key)
{
	(void)add(b, OP_DELETE_ENDPOINT, key, NULL, 0);
}

void dir_batch_set_site(struct dir_batch *b, const struct dir_key *identity,
			uint64_t location_id)
{
	struct dir_op *op = add(b, OP_SET_SITE, identity, NULL, 0);

	if (op)
		op->location_id = location_id;
}

/* ---- applying ---- */

void dir_op_key(const struct dir_batch *b, const struct dir_op *op,
		struct dir_key *ret)
{
	ret->len = op->key_len;
	memcpy(ret->b, b->arena + op->key, op->key_len);
}

static struct lmdb_value value_of(const struct dir_key *key)
{
	return (struct lmdb_value){ key->b, key->len };
}

int dir_op_identities(const struct dir_endpoint *e,
		      struct owned_identity ret[DIR_IDENTITIES])
{
	const struct {
		enum identity_kind kind;
		struct text value;
	} all[DIR_IDENTITIES] = {
		{ IDENTITY_DEVICE_USER, e->device_user },
		{ IDENTITY_MAC, e->mac },
		{ IDENTITY_IP, e->ip },
		{ IDENTITY_NUMBER, e->number },
		{ IDENTITY_EXTENSION, e->extension },
	};

	for (size_t i = 0; i < DIR_IDENTITIES; i++) {
		int err;

		ret[i].present = !text_is_empty(all[i].value);
		if (!ret[i].present)
			continue;
		err = dir_key_identity(&ret[i].key, e->organization_id,
				       all[i].kind, all[i].value);
		if (err < 0)
			return err;
	}
	return 0;
}

/* The record as it is now; empty when there is none. */
static int read_identity(struct lmdb_txn *t, const struct dir_key *key,
			 struct dir_identity *ret)
{
	struct lmdb_value v;
	int err = lmdb_get(t, value_of(key), &v);

	if (err == -ENOENT) {
		*ret = (struct dir_identity){ 0 };
		return 0;
	}
	if (err < 0)
		return err;
	return dir_identity_decode(key, v.p, v.len, ret) < 0 ? -EBADMSG : 0;
}

static int write_identity(struct lmdb_txn *t, const struct dir_key *key,
			  const struct dir_identity *r)
{
	uint8_t buf[512];
	int n;

	if (!r->endpoint_id && !r->location_id)
		return lmdb_del(t, value_of(key));
	n = dir_identity_encode(r, key, buf, sizeof(buf));
	if (n < 0)
		return n;
	return lmdb_put(t, value_of(key),
			(struct lmdb_value){ buf, (size_t)n });
}

/* An endpoint lets go of an identity, unless another one has it now. */
static int release(struct lmdb_txn *t, const struct dir_key *key,
		   uint64_t endpoint_id)
{
	struct dir_identity r;
	int err = read_identity(t, key, &r);

	if (err < 0 || r.endpoint_id != endpoint_id)
		return err;
	r.endpoint_id = 0;
	return write_identity(t, key, &r);
}

static bool same_identity(const struct owned_identity *a,
			  const struct owned_identity *b)
{
	return a->present && b->present && a->key.len == b->key.len &&
	       memcmp(a->key.b, b->key.b, a->key.len) == 0;
}

/*
 * Before an endpoint is written or deleted: what its old record names and
 * the new one ('next', NULL: none) does not is released.
 */
static int release_old(struct lmdb_txn *t, const struct dir_key *key,
		       const struct owned_identity *next)
{
	struct owned_identity old[DIR_IDENTITIES];
	struct dir_endpoint e;
	struct lmdb_value v;
	int err = lmdb_get(t, value_of(key), &v);

	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	if (dir_endpoint_decode(key, v.p, v.len, &e) < 0 ||
	    dir_op_identities(&e, old) < 0)
		return -EBADMSG;
	/* 'e' points into the map and is not used once we write. */
	for (size_t i = 0; i < DIR_IDENTITIES && err >= 0; i++) {
		if (old[i].present &&
		    !(next && same_identity(&old[i], &next[i])))
			err = release(t, &old[i].key, e.endpoint_id);
	}
	return err;
}

static int decode_new(const struct dir_batch *b, const struct dir_op *op,
		      struct dir_endpoint *ret_e,
		      struct owned_identity ret[DIR_IDENTITIES])
{
	struct dir_key key;
	int err;

	dir_op_key(b, op, &key);
	err = dir_endpoint_decode(&key, b->arena + op->value, op->value_len,
				  ret_e);
	return err < 0 ? err : dir_op_identities(ret_e, ret);
}

static int set_site(struct lmdb_txn *t, const struct dir_key *key,
		    uint64_t location_id)
{
	struct dir_identity r;
	int err = read_identity(t, key, &r);

	if (err < 0 || r.location_id == location_id)
		return err;
	r.location_id = location_id;
	return write_identity(t, key, &r);
}

static int remove_one(const struct dir_batch *b, const struct dir_op *op,
		      struct lmdb_txn *t)
{
	struct owned_identity next[DIR_IDENTITIES];
	struct dir_endpoint e;
	struct dir_key key;
	int err;

	dir_op_key(b, op, &key);
	switch (op->kind) {
	case OP_DELETE:
		return lmdb_del(t, value_of(&key));
	case OP_DELETE_ENDPOINT:
		err = release_old(t, &key, NULL);
		return err < 0 ? err : lmdb_del(t, value_of(&key));
	case OP_PUT_ENDPOINT:
		err = decode_new(b, op, &e, next);
		return err < 0 ? err : release_old(t, &key, next);
	case OP_SET_SITE:
		return op->location_id ? 0 : set_site(t, &key, 0);
	case OP_PUT:
		break;
	}
	return 0;
}

static int take_identities(const struct dir_batch *b, const struct dir_op *op,
			   struct lmdb_txn *t)
{
	struct owned_identity own[DIR_IDENTITIES];
	struct dir_endpoint e;
	int err = decode_new(b, op, &e, own);

	for (size_t i = 0; i < DIR_IDENTITIES && err >= 0; i++) {
		struct dir_identity r;

		if (!own[i].present)
			continue;
		err = read_identity(t, &own[i].key, &r);
		if (err < 0 || r.endpoint_id == e.endpoint_id)
			continue;
		r.endpoint_id = e.endpoint_id;
		err = write_identity(t, &own[i].key, &r);
	}
	return err;
}

static int write_one(const struct dir_batch *b, const struct dir_op *op,
		     struct lmdb_txn *t)
{
	struct lmdb_value value = { b->arena + op->value, op->value_len };
	struct dir_key key;
	int err;

	dir_op_key(b, op, &key);
	switch (op->kind) {
	case OP_PUT:
		return lmdb_put(t, value_of(&key), value);
	case OP_PUT_ENDPOINT:
		err = lmdb_put(t, value_of(&key), value);
		return err < 0 ? err : take_identities(b, op, t);
	case OP_SET_SITE:
		return op->location_id ? set_site(t, &key, op->location_id) : 0;
	case OP_DELETE:
	case OP_DELETE_ENDPOINT:
		break;
	}
	return 0;
}

static int write_meta(struct lmdb_txn *t, const struct dir_meta *meta)
{
	struct dir_key key;
	uint8_t buf[512];
	int n;

	dir_key_meta(&key);
	n = dir_meta_encode(meta, &key, buf, sizeof(buf));
	if (n < 0)
		return n;
	return lmdb_put(t, value_of(&key),
			(struct lmdb_value){ buf, (size_t)n });
}

static int apply_once(const struct dir_batch *b, struct lmdb_env *env,
		      const struct dir_meta *meta)
{
	struct lmdb_txn t;
	int err = lmdb_txn_begin(&t, env, true);

	for (size_t i = 0; i < b->count && err >= 0; i++)
		err = remove_one(b, &b->ops[i], &t);
	for (size_t i = 0; i < b->count && err >= 0; i++)
		err = write_one(b, &b->ops[i], &t);
	if (err >= 0 && meta)
		err = write_meta(&t, meta);
	if (err < 0) {
		lmdb_txn_abort(&t);
		return err;
	}
	return lmdb_txn_commit(&t);
}

int dir_batch_apply(const struct dir_batch *b, struct lmdb_env *env,
		    const struct dir_meta *meta)
{
	int err;

	if (b->failed)
		return -ENOMEM;
	while ((err = apply_once(b, env, meta)) == -EOVERFLOW) {
		int grown = lmdb_env_grow(env);

		if (grown < 0)
			return grown;
	}
	return err;
}
