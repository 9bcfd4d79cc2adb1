/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/outbox.h"

#include <errno.h>

#define VALUE_SIZE (JOURNAL_ID_SIZE + 8)

static const struct lmdb_value key = { "cursor:collector", 16 };

int outbox_get_cursor(struct lmdb_env *env, struct journal_cursor *ret)
{
	struct journal_cursor c = { .sequence = 0 };
	struct lmdb_value v;
	struct lmdb_txn t;
	int err = lmdb_txn_begin(&t, env, false);

	if (err < 0)
		return err;
	err = lmdb_get(&t, key, &v);
	if (err >= 0 && v.len == VALUE_SIZE) {
		const uint8_t *p = v.p;

		memcpy(c.id, p, sizeof(c.id));
		for (int i = 7; i >= 0; i--)
			c.sequence = c.sequence << 8 | p[JOURNAL_ID_SIZE + i];
	}
	lmdb_txn_abort(&t);
	if (err < 0 && err != -ENOENT)
		return err;
	*ret = c;
	return 0;
}

int outbox_put_cursor(struct lmdb_env *env, const struct journal_cursor *c)
{
	uint8_t value[VALUE_SIZE];
	struct lmdb_txn t;
	int err;

	memcpy(value, c->id, JOURNAL_ID_SIZE);
	for (int i = 0; i < 8; i++)
		value[JOURNAL_ID_SIZE + i] = (uint8_t)(c->sequence >> (8 * i));
	do {
		err = lmdb_txn_begin(&t, env, true);
		if (err < 0)
			return err;
		(void)lmdb_put(&t, key,
			       (struct lmdb_value){ value, sizeof(value) });
		err = lmdb_txn_commit(&t);
	} while (err == -EOVERFLOW && lmdb_env_grow(env) >= 0);
	return err;
}
