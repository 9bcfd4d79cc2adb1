/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/store/lmdb_env.c modules/e911/directory_file.c */
/* build: with test/unit/dir_world.c test/unit/dir_samples.c */
/* build: link e911_sidecar lmdb */
/* build: wrap clock_mono_ms calloc pread */
/* A reader without a slot, and the writer that knows of such readers. */
#include "modules/e911/directory_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "dir_world.h"
#include "store/lmdb_env.h"

#define PEOPLE 300

static int64_t now_ms = 5000;

int64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void)
{
	return now_ms;
}

/* Bytes that are to be had at once. */
static size_t memory_left = SIZE_MAX;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return size && count > memory_left / size ? NULL
						  : __real_calloc(count, size);
}

/* At the first page, where it says which state is the newest. */
static unsigned looks;

ssize_t __real_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset)
{
	looks += offset == 0;
	return __real_pread(fd, buf, len, offset);
}

static void write_all(struct lmdb_env *env, uint64_t location_id)
{
	struct lmdb_txn t;

	assert_int_equal(lmdb_txn_begin(&t, env, true), 0);
	for (uint64_t id = 1; id <= PEOPLE; id++) {
		const struct dir_endpoint e = { .endpoint_id = id,
						.location_id = location_id };
		struct dir_key key;
		uint8_t buf[256];
		int n;

		dir_key_endpoint(&key, id);
		n = dir_endpoint_encode(&e, &key, buf, sizeof(buf));
		assert_true(n > 0);
		assert_int_equal(
			lmdb_put(&t, (struct lmdb_value){ key.b, key.len },
				 (struct lmdb_value){ buf, (size_t)n }),
			0);
	}
	assert_int_equal(lmdb_txn_commit(&t), 0);
}

/* Everyone is at this place, as this message sees it. */
static void assert_all_at(struct directory_file *f, uint64_t location_id)
{
	for (uint64_t id = 1; id <= PEOPLE; id++) {
		struct dir_endpoint e;
		struct dir_key key;
		struct text v;

		dir_key_endpoint(&key, id);
		assert_int_equal(directory_file_find(f, &key, &v), 0);
		assert_int_equal(dir_endpoint_decode(&key, v.p, v.len, &e), 0);
		assert_int_equal(e.location_id, location_id);
	}
}

static void a_message_sees_one_state_for_a_second(void **state)
{
	const struct lmdb_options o = { .has_grace = true, .no_sync = true };
	struct directory_file *f;
	struct lmdb_env *env;

	(void)state;
	assert_int_equal(lmdb_env_open(&env, dir_root, &o), 0);
	write_all(env, 1);
	write_all(env, 2);
	assert_int_equal(directory_file_open(&f, at("data.mdb")), 0);
	for (uint64_t round = 2; round < 2000; round += 100) {
		assert_int_equal(directory_file_begin(f, 0), 0);
		for (uint64_t i = 1; i <= 100; i++) {
			write_all(env, round + i);
			now_ms += LMDB_GRACE_MS / 100 - 1;
		}
		assert_all_at(f, round);
	}
	directory_file_end(f);
	assert_null(directory_file_close(f));
	assert_null(lmdb_env_close(env));
}

/* Fewer pages are kept then, and all is found. */
static void it_is_read_while_memory_is_short(void **state)
{
	static const size_t lefts[] = { (size_t)1 << 20, 65536, 16384 };
	const struct lmdb_options o = { .no_sync = true };
	struct directory_file *f;
	struct lmdb_env *env;

	(void)state;
	assert_int_equal(lmdb_env_open(&env, dir_root, &o), 0);
	write_all(env, 3);
	for (size_t i = 0; i < ARRAY_SIZE(lefts); i++) {
		assert_int_equal(directory_file_open(&f, at("data.mdb")), 0);
		assert_int_equal(directory_file_begin(f, 0), 0);
		memory_left = lefts[i];
		assert_all_at(f, 3);
		memory_left = SIZE_MAX;
		directory_file_end(f);
		assert_null(directory_file_close(f));
	}
	assert_null(lmdb_env_close(env));
}

/* They lie on several pages. */
static void one_comes_after_another_to_the_last_one(void **state)
{
	const struct lmdb_options o = { .no_sync = true };
	struct dir_key key = { .len = 1, .b = { DIR_ENDPOINT } };
	struct directory_file *f;
	struct lmdb_env *env;
	struct text v;
	uint64_t id = 0;

	(void)state;
	assert_int_equal(lmdb_env_open(&env, dir_root, &o), 0);
	write_all(env, 7);
	assert_int_equal(directory_file_open(&f, at("data.mdb")), 0);
	assert_int_equal(directory_file_begin(f, 0), 0);
	while (directory_file_after(f, &key, &v) == 0) {
		struct dir_endpoint e;

		assert_int_equal(dir_endpoint_decode(&key, v.p, v.len, &e), 0);
		assert_int_equal(e.endpoint_id, ++id);
	}
	assert_int_equal(id, PEOPLE);
	assert_int_equal(directory_file_after(f, &key, &v), -ENOENT);
	directory_file_end(f);
	assert_null(directory_file_close(f));
	assert_null(lmdb_env_close(env));
}

/* Each STEP-th number is there all the time, others come between them. */
#define PLACES 4000
#define STEP   64

static unsigned next_number(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void put_endpoint(struct lmdb_txn *t, uint64_t id)
{
	const struct dir_endpoint e = { .endpoint_id = id, .location_id = 1 };
	struct dir_key key;
	uint8_t buf[256];
	int n;

	dir_key_endpoint(&key, id);
	n = dir_endpoint_encode(&e, &key, buf, sizeof(buf));
	assert_true(n > 0);
	assert_int_equal(lmdb_put(t, (struct lmdb_value){ key.b, key.len },
				  (struct lmdb_value){ buf, (size_t)n }),
			 0);
}

static uint64_t somebody(unsigned *seed)
{
	return (uint64_t)(next_number(seed) % PLACES + 1) * STEP;
}

static void write_some(struct lmdb_env *env, unsigned *seed)
{
	struct lmdb_txn t;

	assert_int_equal(lmdb_txn_begin(&t, env, true), 0);
	for (unsigned i = 0; i < 40; i++)
		put_endpoint(&t, somebody(seed) + next_number(seed) % STEP);
	assert_int_equal(lmdb_txn_commit(&t), 0);
}

static void finds(struct directory_file *f, uint64_t id)
{
	struct dir_key key;
	struct text v;

	dir_key_endpoint(&key, id);
	assert_int_equal(directory_file_find(f, &key, &v), 0);
}

/* Stopped for longer than pages stay as they are, it reads pages of other
 * states: whoever was there all the time is found. */
static void a_message_that_was_stopped_misses_nobody(void **state)
{
	const struct lmdb_options o = { .no_sync = true };
	struct directory_file *f;
	unsigned seed = 911;
	struct lmdb_env *env;
	struct lmdb_txn t;

	(void)state;
	assert_int_equal(lmdb_env_open(&env, dir_root, &o), 0);
	assert_int_equal(lmdb_txn_begin(&t, env, true), 0);
	for (uint64_t n = 1; n <= PLACES; n++)
		put_endpoint(&t, n * STEP);
	assert_int_equal(lmdb_txn_commit(&t), 0);
	assert_int_equal(directory_file_open(&f, at("data.mdb")), 0);
	for (unsigned round = 0; round < 1000; round++) {
		assert_int_equal(directory_file_begin(f, 0), 0);
		for (unsigned i = 0; i < 30; i++)
			finds(f, somebody(&seed));
		for (unsigned i = 0; i < 6; i++)
			write_some(env, &seed);
		now_ms += INT64_C(2) * LMDB_GRACE_MS;
		finds(f, somebody(&seed));
	}
	assert_null(directory_file_close(f));
	assert_null(lmdb_env_close(env));
}

static void the_file_does_not_grow_for_it(void **state)
{
	const struct lmdb_options o = { .has_grace = true, .no_sync = true };
	struct lmdb_env *env;
	off_t size = 0;

	(void)state;
	assert_int_equal(lmdb_env_open(&env, dir_root, &o), 0);
	for (uint64_t i = 1; i < 400; i++) {
		write_all(env, i);
		now_ms += LMDB_GRACE_MS / 2;
		if (i == 20)
			size = file_size("data.mdb");
	}
	assert_true(size > 0);
	assert_int_equal(file_size("data.mdb"), size);
	assert_null(lmdb_env_close(env));
}

static void the_map_grows_under_readers(void **state)
{
	const struct lmdb_options o = { .has_grace = true,
					.no_sync = true,
					.map_size = (size_t)1 << 20 };
	struct directory_file *f;
	struct lmdb_env *env;

	(void)state;
	assert_int_equal(lmdb_env_open(&env, dir_root, &o), 0);
	write_all(env, 1);
	write_all(env, 2);
	assert_int_equal(directory_file_open(&f, at("data.mdb")), 0);
	for (uint64_t i = 3; i < 10; i++) {
		assert_int_equal(directory_file_begin(f, 0), 0);
		assert_int_equal(lmdb_env_grow(env), 0);
		write_all(env, i);
		assert_all_at(f, i - 1);
		now_ms += LMDB_GRACE_MS;
	}
	assert_true(lmdb_env_map_size(env) > (size_t)64 << 20);
	assert_null(directory_file_close(f));
	assert_null(lmdb_env_close(env));
}

/* ---- when changes are told of ---- */

static struct lmdb_env *env_told;
static struct directory_file *file_told;

/* Under number 1 it has seen location 1; nobody has looked since. */
static int told_setup(void **state)
{
	const struct lmdb_options o = { .has_grace = true, .no_sync = true };

	if (dir_world_setup(state) < 0)
		return -1;
	assert_int_equal(lmdb_env_open(&env_told, dir_root, &o), 0);
	write_all(env_told, 1);
	assert_int_equal(directory_file_open(&file_told, at("data.mdb")), 0);
	assert_int_equal(directory_file_begin(file_told, 1), 0);
	assert_all_at(file_told, 1);
	looks = 0;
	return 0;
}

static int told_teardown(void **state)
{
	assert_null(directory_file_close(file_told));
	assert_null(lmdb_env_close(env_told));
	return dir_world_teardown(state);
}

static void while_the_number_stands_it_does_not_look(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 49; i++) {
		assert_int_equal(directory_file_begin(file_told, 1), 0);
		assert_all_at(file_told, 1);
		directory_file_end(file_told);
		now_ms++;
	}
	assert_int_equal(looks, 0);
}

static void a_change_is_seen_when_it_is_told_of(void **state)
{
	(void)state;
	for (uint64_t i = 2; i < 100; i++) {
		write_all(env_told, i);
		assert_int_equal(directory_file_begin(file_told, i), 0);
		assert_all_at(file_told, i);
	}
}

static void what_nobody_tells_of_is_seen_soon(void **state)
{
	(void)state;
	write_all(env_told, 2);
	now_ms += 49;
	assert_int_equal(directory_file_begin(file_told, 1), 0);
	assert_all_at(file_told, 1);
	now_ms += 1;
	assert_int_equal(directory_file_begin(file_told, 1), 0);
	assert_all_at(file_told, 2);
}

/* Not even when it was told of them before. */
static void who_is_not_told_looks_each_time(void **state)
{
	(void)state;
	for (uint64_t i = 2; i < 10; i++) {
		write_all(env_told, i);
		assert_int_equal(directory_file_begin(file_told, 0), 0);
		assert_all_at(file_told, i);
	}
	looks = 0;
	assert_int_equal(directory_file_begin(file_told, 1), 0);
	assert_true(looks > 0);
}

static void what_could_not_be_seen_is_looked_at_again(void **state)
{
	off_t size = file_size("data.mdb");

	(void)state;
	write_all(env_told, 2);
	file_truncate("data.mdb", 4096);
	assert_int_equal(directory_file_begin(file_told, 2), -EBADMSG);
	assert_int_equal(directory_file_begin(file_told, 2), -EBADMSG);
	file_truncate("data.mdb", size);
}

static void not_found(uint64_t id)
{
	struct dir_key key;
	struct text v;

	dir_key_endpoint(&key, id);
	assert_int_equal(directory_file_find(file_told, &key, &v), -ENOENT);
}

/* Pages stand for a second behind the look, whenever the message came. */
static void who_was_stopped_counts_from_the_look(void **state)
{
	(void)state;
	now_ms += 49;
	assert_int_equal(directory_file_begin(file_told, 1), 0);
	now_ms += 451;
	not_found(PEOPLE + 1);
	assert_int_equal(looks, 0);
	now_ms += 1;
	not_found(PEOPLE + 1);
	assert_true(looks > 0);
}

#define TOLD(name) \
	cmocka_unit_test_setup_teardown(name, told_setup, told_teardown)
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, dir_world_setup, \
					dir_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_sees_one_state_for_a_second),
		TEST(it_is_read_while_memory_is_short),
		TEST(one_comes_after_another_to_the_last_one),
		TEST(a_message_that_was_stopped_misses_nobody),
		TEST(the_file_does_not_grow_for_it),
		TEST(the_map_grows_under_readers),
		TOLD(while_the_number_stands_it_does_not_look),
		TOLD(a_change_is_seen_when_it_is_told_of),
		TOLD(what_nobody_tells_of_is_seen_soon),
		TOLD(who_is_not_told_looks_each_time),
		TOLD(what_could_not_be_seen_is_looked_at_again),
		TOLD(who_was_stopped_counts_from_the_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
