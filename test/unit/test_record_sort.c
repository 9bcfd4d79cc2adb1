/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/directory/record_sort.c sidecar/directory/dir_batch.c */
/* build: with sidecar/store/lmdb_env.c */
/* build: with test/unit/dir_world.c test/unit/dir_samples.c */
/* build: link e911_sidecar lmdb */
/* A directory that is sorted and appended is the one that batches make. */
#include "directory/record_sort.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "dir_world.h"

#define MEMORY ((size_t)64 << 10) /* so that there are many pieces */

static uint64_t random_below(uint64_t n)
{
	static uint64_t x = 911;

	x = x * 6364136223846793005U + 1442695040888963407U;
	return (x >> 33) % n;
}

static void put_endpoint(struct dir_batch *b, uint64_t id)
{
	struct dir_endpoint e = { .endpoint_id = id, .organization_id = 1 };
	char number[24], user[24];
	struct dir_key key;
	uint8_t buf[512];
	int n;

	(void)snprintf(number, sizeof(number), "+1206555%04u",
		       (unsigned)random_below(10000));
	(void)snprintf(user, sizeof(user), "u%u",
		       (unsigned)random_below(UINT32_MAX));
	e.number = text_of(number);
	if (random_below(2))
		e.device_user = text_of(user);
	dir_key_endpoint(&key, id);
	n = dir_endpoint_encode(&e, &key, buf, sizeof(buf));
	assert_true(n > 0);
	dir_batch_put_endpoint(b, &key, buf, (size_t)n);
}

static void put_site(struct dir_batch *b)
{
	struct dir_key key;
	char number[24];

	(void)snprintf(number, sizeof(number), "+1206555%04u",
		       (unsigned)random_below(10000));
	assert_int_equal(
		dir_key_identity(&key, 1, IDENTITY_NUMBER, text_of(number)), 0);
	dir_batch_set_site(b, &key, 1 + random_below(99));
}

static void put_location(struct dir_batch *b, uint64_t id)
{
	struct dir_location r = { .location_id = id };
	static char address[6000];
	struct dir_key key;
	uint8_t buf[DIR_RECORD_MAX];
	int n;

	memset(address, 'a', sizeof(address));
	r.address = text_make(address, random_below(sizeof(address)));
	dir_key_location(&key, id);
	n = dir_location_encode(&r, &key, buf, sizeof(buf));
	assert_true(n > 0);
	dir_batch_put(b, &key, buf, (size_t)n);
}

static int append(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	return lmdb_append(arg, key, value);
}

struct listing {
	char *p;
	size_t len, size, count;
};

static int list(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	struct listing *l = arg;

	if (l->len + key.len + value.len > l->size) {
		l->size = 2 * (l->size + key.len + value.len);
		l->p = realloc(l->p, l->size);
		assert_non_null(l->p);
	}
	memcpy(l->p + l->len, key.p, key.len);
	memcpy(l->p + l->len + key.len, value.p, value.len);
	l->len += key.len + value.len;
	l->count++;
	return 0;
}

static struct listing list_all(struct lmdb_env *env)
{
	struct listing l = { 0 };
	struct lmdb_txn t;

	assert_int_equal(lmdb_txn_begin(&t, env, false), 0);
	assert_int_equal(lmdb_each(&t, NULL, list, &l), 0);
	lmdb_txn_abort(&t);
	return l;
}

static void sorted_and_appended_is_the_same(void **state)
{
	const struct lmdb_options o = { .no_sync = true };
	struct record_sort *sort;
	struct lmdb_env *one, *two;
	struct listing a, b;
	struct dir_batch batch;
	struct lmdb_txn t;

	(void)state;
	assert_int_equal(lmdb_env_open(&one, at("one"), &o), 0);
	assert_int_equal(lmdb_env_open(&two, at("two"), &o), 0);
	assert_int_equal(record_sort_new(&sort, dir_root, MEMORY), 0);
	dir_batch_init(&batch);
	/* Identities have two owners now and then, and two endpoints. */
	for (uint64_t id = 1; id <= 6000; id++) {
		dir_batch_clear(&batch);
		put_endpoint(&batch, id);
		if (id % 3 == 0)
			put_site(&batch);
		if (id % 10 == 0)
			put_location(&batch, 1 + random_below(1000));
		assert_int_equal(record_sort_add(sort, &batch), 0);
		assert_int_equal(dir_batch_apply(&batch, one, NULL), 0);
	}
	assert_int_equal(lmdb_env_make_room(two, (size_t)32 << 20), 0);
	assert_int_equal(lmdb_txn_begin(&t, two, true), 0);
	assert_int_equal(record_sort_each(sort, append, &t), 0);
	assert_int_equal(lmdb_txn_commit(&t), 0);
	a = list_all(one);
	b = list_all(two);
	assert_true(a.count > 10000);
	assert_int_equal(a.count, b.count);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.p, b.p, a.len);
	free(a.p);
	free(b.p);
	dir_batch_fini(&batch);
	assert_null(record_sort_free(sort));
	assert_null(lmdb_env_close(one));
	assert_null(lmdb_env_close(two));
}

static void a_batch_that_takes_away_is_refused(void **state)
{
	struct record_sort *sort;
	struct dir_batch batch;
	struct dir_key key;

	(void)state;
	assert_int_equal(record_sort_new(&sort, dir_root, MEMORY), 0);
	dir_batch_init(&batch);
	dir_key_endpoint(&key, 1);
	dir_batch_delete(&batch, &key);
	assert_int_equal(record_sort_add(sort, &batch), -EINVAL);
	dir_batch_fini(&batch);
	assert_null(record_sort_free(sort));
}

static int never(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	(void)key;
	(void)value;
	(void)arg;
	return -EINVAL;
}

static void nothing_is_in_order(void **state)
{
	struct record_sort *sort;

	(void)state;
	assert_int_equal(record_sort_new(&sort, dir_root, MEMORY), 0);
	assert_int_equal(record_sort_each(sort, never, NULL), 0);
	assert_null(record_sort_free(sort));
	assert_int_equal(record_sort_new(&sort, at("nowhere"), MEMORY),
			 -ENOENT);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, dir_world_setup, \
					dir_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sorted_and_appended_is_the_same),
		TEST(a_batch_that_takes_away_is_refused),
		TEST(nothing_is_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
