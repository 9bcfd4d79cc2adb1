/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with sidecar/directory/dir_batch.c sidecar/directory/generation.c */
/* build: with sidecar/directory/record_check.c sidecar/store/lmdb_env.c */
/* build: with sidecar/directory/page_tour.c */
/* build: link e911_sidecar lmdb */
#define _GNU_SOURCE /* nftw */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory/dir_batch.h"
#include "directory/generation.h"
#include "directory/record_check.h"
#include "store/lmdb_env.h"

#define T(s) text_make((s), sizeof(s) - 1)

struct place {
	char dir[64];
	struct lmdb_env *env;
};

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_tree(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int set_up(void **state)
{
	const struct lmdb_options o = { .map_size = 1 << 20, .no_sync = true };
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/e911-unit-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(lmdb_env_open(&p->env, p->dir, &o), 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	(void)lmdb_env_close(p->env);
	remove_tree(p->dir);
	free(p);
	return 0;
}

/* ---- helpers ---- */

static void put_endpoint(struct dir_batch *b, uint64_t id, const char *number,
			 const char *extension)
{
	const struct dir_endpoint e = {
		.endpoint_id = id,
		.organization_id = 3,
		.name = T("x"),
		.number = text_of(number),
		.extension = text_of(extension),
	};
	uint8_t buf[DIR_RECORD_MAX];
	struct dir_key key;
	int n;

	dir_key_endpoint(&key, id);
	n = dir_endpoint_encode(&e, &key, buf, sizeof(buf));
	assert_true(n > 0);
	dir_batch_put_endpoint(b, &key, buf, (size_t)n);
}

static void delete_endpoint(struct dir_batch *b, uint64_t id)
{
	struct dir_key key;

	dir_key_endpoint(&key, id);
	dir_batch_delete_endpoint(b, &key);
}

static void set_site(struct dir_batch *b, const char *number,
		     uint64_t location_id)
{
	struct dir_key key;

	assert_int_equal(
		dir_key_identity(&key, 3, IDENTITY_NUMBER, text_of(number)), 0);
	dir_batch_set_site(b, &key, location_id);
}

static void apply(struct place *p, struct dir_batch *b)
{
	assert_int_equal(dir_batch_apply(b, p->env, NULL), 0);
	dir_batch_clear(b);
}

/* Who has a number: "endpoint 1", "location 2", both, or "". */
static const char *owner(const struct place *p, enum identity_kind kind,
			 const char *value)
{
	static char said[64];
	struct dir_identity r = { 0 };
	struct lmdb_value v;
	struct dir_key key;
	struct lmdb_txn t;
	int err;

	assert_int_equal(dir_key_identity(&key, 3, kind, text_of(value)), 0);
	assert_int_equal(lmdb_txn_begin(&t, p->env, false), 0);
	err = lmdb_get(&t, (struct lmdb_value){ key.b, key.len }, &v);
	if (err == 0)
		assert_int_equal(dir_identity_decode(&key, v.p, v.len, &r), 0);
	lmdb_txn_abort(&t);
	if (err < 0)
		return "none";
	(void)snprintf(said, sizeof(said), "endpoint %u location %u",
		       (unsigned)r.endpoint_id, (unsigned)r.location_id);
	return said;
}

static const char *number_owner(const struct place *p, const char *number)
{
	return owner(p, IDENTITY_NUMBER, number);
}

/* ---- identities ---- */

static void an_endpoint_brings_its_identities(void **s)
{
	struct place *p = *s;
	struct dir_batch b;

	dir_batch_init(&b);
	put_endpoint(&b, 1, "+12065550100", "4100");
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"),
			    "endpoint 1 location 0");
	assert_string_equal(owner(p, IDENTITY_EXTENSION, "4100"),
			    "endpoint 1 location 0");
	put_endpoint(&b, 1, "+12065550101", "4100");
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"), "none");
	assert_string_equal(number_owner(p, "+12065550101"),
			    "endpoint 1 location 0");
	delete_endpoint(&b, 1);
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550101"), "none");
	assert_string_equal(owner(p, IDENTITY_EXTENSION, "4100"), "none");
	dir_batch_fini(&b);
}

/* The same changes in both orders: what a batch holds is a set. */
static void an_identity_that_moves_within_a_batch_ends_at_the_new_one(void **s)
{
	struct place *p = *s;
	struct dir_batch b;

	dir_batch_init(&b);
	put_endpoint(&b, 1, "+12065550100", "1");
	put_endpoint(&b, 2, "+12065550102", "2");
	apply(p, &b);
	put_endpoint(&b, 2, "+12065550100", "2");
	put_endpoint(&b, 1, "+12065550101", "1");
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"),
			    "endpoint 2 location 0");
	assert_string_equal(number_owner(p, "+12065550102"), "none");
	put_endpoint(&b, 1, "+12065550100", "1");
	delete_endpoint(&b, 2);
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"),
			    "endpoint 1 location 0");
	dir_batch_fini(&b);
}

static void two_endpoints_can_swap_their_identities(void **s)
{
	struct place *p = *s;
	struct dir_batch b;

	dir_batch_init(&b);
	put_endpoint(&b, 1, "+12065550101", "1");
	put_endpoint(&b, 2, "+12065550102", "2");
	apply(p, &b);
	put_endpoint(&b, 1, "+12065550102", "1");
	put_endpoint(&b, 2, "+12065550101", "2");
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550101"),
			    "endpoint 2 location 0");
	assert_string_equal(number_owner(p, "+12065550102"),
			    "endpoint 1 location 0");
	dir_batch_fini(&b);
}

/* Across batches: the new owner is known before the old one has let go. */
static void who_lets_go_late_does_not_take_it_from_the_new_owner(void **s)
{
	struct place *p = *s;
	struct dir_batch b;

	dir_batch_init(&b);
	put_endpoint(&b, 1, "+12065550100", "1");
	apply(p, &b);
	put_endpoint(&b, 2, "+12065550100", "2");
	apply(p, &b);
	delete_endpoint(&b, 1);
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"),
			    "endpoint 2 location 0");
	dir_batch_fini(&b);
}

static void a_site_and_an_endpoint_share_a_number_in_any_order(void **s)
{
	struct place *p = *s;
	struct dir_batch b;

	dir_batch_init(&b);
	set_site(&b, "+12065550100", 50);
	put_endpoint(&b, 1, "+12065550100", "1");
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"),
			    "endpoint 1 location 50");
	delete_endpoint(&b, 1);
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"),
			    "endpoint 0 location 50");
	put_endpoint(&b, 1, "+12065550100", "1");
	set_site(&b, "+12065550100", 0);
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"),
			    "endpoint 1 location 0");
	delete_endpoint(&b, 1);
	apply(p, &b);
	assert_string_equal(number_owner(p, "+12065550100"), "none");
	dir_batch_fini(&b);
}

static void a_map_that_is_full_grows_and_the_batch_is_done_again(void **s)
{
	struct place *p = *s;
	struct dir_batch b;
	size_t count, size = lmdb_env_map_size(p->env);
	const struct dir_meta meta = { .schema_version = 1,
				       .database_id = T("x") };

	dir_batch_init(&b);
	for (uint64_t i = 1; i <= 30000; i++) {
		char number[24];

		(void)snprintf(number, sizeof(number), "+1206%07u",
			       (unsigned)i);
		put_endpoint(&b, i, number, NULL);
	}
	assert_int_equal(dir_batch_apply(&b, p->env, &meta), 0);
	assert_true(lmdb_env_map_size(p->env) >= 4 * size);
	assert_int_equal(record_check_all(p->env, &count), 0);
	assert_int_equal(count, 60001);
	dir_batch_fini(&b);
}

/* ---- reading back ---- */

static void spoil(struct place *p, const struct dir_key *key)
{
	uint8_t copy[DIR_RECORD_MAX];
	struct lmdb_value v, k = { key->b, key->len };
	struct lmdb_txn t;

	assert_int_equal(lmdb_txn_begin(&t, p->env, true), 0);
	assert_int_equal(lmdb_get(&t, k, &v), 0);
	memcpy(copy, v.p, v.len);
	copy[v.len - 1] ^= 1;
	assert_int_equal(lmdb_put(&t, k, (struct lmdb_value){ copy, v.len }),
			 0);
	assert_int_equal(lmdb_txn_commit(&t), 0);
}

static void a_damaged_record_is_found_and_stops_a_batch(void **s)
{
	const struct dir_meta meta = { .schema_version = 1,
				       .change_id = 5,
				       .database_id = T("d") };
	struct place *p = *s;
	struct record_meta read;
	struct dir_key key, from = { .len = 0 };
	struct dir_batch b;
	size_t count;

	assert_int_equal(record_check_all(p->env, &count), -EBADMSG);
	assert_int_equal(record_read_meta(p->env, &read), -ENOENT);
	dir_batch_init(&b);
	put_endpoint(&b, 1, "+12065550100", "1");
	put_endpoint(&b, 2, "+12065550102", "2");
	assert_int_equal(dir_batch_apply(&b, p->env, &meta), 0);
	dir_batch_clear(&b);
	assert_int_equal(record_check_all(p->env, &count), 0);
	assert_int_equal(count, 7);
	assert_int_equal(record_read_meta(p->env, &read), 0);
	assert_int_equal(read.meta.change_id, 5);
	assert_true(text_equal(read.meta.database_id, T("d")));

	dir_key_endpoint(&key, 2);
	spoil(p, &key);
	assert_int_equal(record_check_all(p->env, &count), -EBADMSG);
	assert_int_equal(record_check_some(p->env, 1, &from), 1);
	assert_int_equal(record_check_some(p->env, 1, &from), -EBADMSG);
	put_endpoint(&b, 2, "+12065550109", "2");
	assert_int_equal(dir_batch_apply(&b, p->env, NULL), -EBADMSG);
	dir_batch_fini(&b);
}

static void pieces_add_up_to_the_whole(void **s)
{
	struct place *p = *s;
	struct dir_key from = { .len = 0 };
	struct dir_batch b;
	int pieces = 1, more;

	dir_batch_init(&b);
	for (uint64_t i = 1; i <= 10; i++)
		put_endpoint(&b, i, NULL, "1");
	apply(p, &b);
	while ((more = record_check_some(p->env, 3, &from)) == 1)
		pieces++;
	assert_int_equal(more, 0);
	assert_int_equal(pieces, 4); /* 10 endpoints and one extension */
	assert_int_equal(from.len, 0);
	dir_batch_fini(&b);
}

/* ---- the LMDB door ---- */

static void a_cut_file_is_an_error_and_no_crash(void **s)
{
	const struct lmdb_options o = { .read_only = true };
	struct place *p = *s;
	struct lmdb_env *env;
	struct dir_batch b;
	struct stat st;
	char path[96];

	dir_batch_init(&b);
	for (uint64_t i = 1; i <= 1000; i++)
		put_endpoint(&b, i, NULL, "1");
	apply(p, &b);
	dir_batch_fini(&b);
	p->env = lmdb_env_close(p->env);
	(void)snprintf(path, sizeof(path), "%s/data.mdb", p->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
	assert_int_equal(lmdb_env_open(&env, p->dir, &o), -EBADMSG);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(lmdb_env_open(&env, p->dir, &o), -ENOENT);
}

static void a_file_of_something_else_is_no_environment(void **s)
{
	const struct lmdb_options o = { .read_only = true };
	struct place *p = *s;
	struct lmdb_env *env;
	char path[96], junk[8192];
	int fd;

	p->env = lmdb_env_close(p->env);
	(void)snprintf(path, sizeof(path), "%s/data.mdb", p->dir);
	memset(junk, 'j', sizeof(junk));
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	(void)close(fd);
	assert_int_equal(lmdb_env_open(&env, p->dir, &o), -EBADMSG);
}

static void files_are_shared_with_the_group_whatever_the_umask(void **s)
{
	const struct lmdb_options o = { .map_size = 0 };
	struct place *p = *s;
	struct lmdb_env *env;
	struct stat st;
	char path[96], file[128];
	mode_t old = umask(077);

	(void)snprintf(path, sizeof(path), "%s/env", p->dir);
	assert_int_equal(lmdb_env_open(&env, path, &o), 0);
	(void)umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0770);
	(void)snprintf(file, sizeof(file), "%s/lock.mdb", path);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	(void)lmdb_env_close(env);
}

static void a_replaced_file_is_noticed(void **s)
{
	struct place *p = *s;
	char path[96], other[96];

	assert_false(lmdb_env_is_replaced(p->env));
	(void)snprintf(path, sizeof(path), "%s/data.mdb", p->dir);
	(void)snprintf(other, sizeof(other), "%s/old.mdb", p->dir);
	assert_int_equal(rename(path, other), 0);
	assert_true(lmdb_env_is_replaced(p->env));
}

/* ---- generations ---- */

static void make(const char *dir, unsigned number)
{
	const struct lmdb_options o = { .no_sync = true };
	char path[GENERATION_PATH_MAX];
	struct lmdb_env *env;

	generation_path(dir, number, path);
	assert_int_equal(lmdb_env_open(&env, path, &o), 0);
	(void)lmdb_env_close(env);
}

static bool is_there(const char *dir, unsigned number)
{
	char path[GENERATION_PATH_MAX];

	generation_path(dir, number, path);
	return access(path, F_OK) == 0;
}

static void a_switch_keeps_the_generation_before(void **s)
{
	struct place *p = *s;
	char dir[96];
	unsigned n;

	(void)snprintf(dir, sizeof(dir), "%s/directory", p->dir);
	assert_int_equal(generation_init(dir), 0);
	assert_int_equal(generation_init(dir), 0);
	assert_int_equal(generation_current(dir, &n), -ENOENT);
	for (unsigned i = 1; i <= 4; i++) {
		assert_int_equal(generation_next(dir, &n), 0);
		assert_int_equal(n, i);
		make(dir, n);
		assert_int_equal(generation_switch(dir, n), 0);
		assert_int_equal(generation_current(dir, &n), 0);
		assert_int_equal(n, i);
	}
	assert_false(is_there(dir, 1));
	assert_false(is_there(dir, 2));
	assert_true(is_there(dir, 3));
	assert_true(is_there(dir, 4));
}

static void what_a_crash_left_is_cleaned_and_nothing_else(void **s)
{
	struct place *p = *s;
	char dir[96], mine[128];
	unsigned n;

	(void)snprintf(dir, sizeof(dir), "%s/directory", p->dir);
	assert_int_equal(generation_init(dir), 0);
	make(dir, 1);
	assert_int_equal(generation_switch(dir, 1), 0);
	make(dir, 2); /* never switched to */
	(void)snprintf(mine, sizeof(mine), "%s/gen-mine", dir);
	assert_int_equal(mkdir(mine, 0700), 0);
	generation_clean(dir);
	assert_true(is_there(dir, 1));
	assert_false(is_there(dir, 2));
	assert_int_equal(access(mine, F_OK), 0);
	assert_int_equal(generation_next(dir, &n), 0);
	assert_int_equal(n, 2);
}

static void a_link_that_leads_elsewhere_is_not_followed(void **s)
{
	struct place *p = *s;
	char path[96];
	unsigned n;

	(void)snprintf(path, sizeof(path), "%s/current", p->dir);
	assert_int_equal(symlink("/etc", path), 0);
	assert_int_equal(generation_current(p->dir, &n), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("gen-1", path), 0);
	assert_int_equal(generation_current(p->dir, &n), -ENOENT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(generation_current(p->dir, &n), -ENOENT);
}

static void the_mark_of_a_check_stays_until_it_is_taken_away(void **s)
{
	struct place *p = *s;

	assert_false(generation_is_marked(p->dir));
	assert_int_equal(generation_mark(p->dir), 0);
	assert_int_equal(generation_mark(p->dir), 0);
	assert_true(generation_is_marked(p->dir));
	generation_unmark(p->dir);
	assert_false(generation_is_marked(p->dir));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_endpoint_brings_its_identities),
		TEST(an_identity_that_moves_within_a_batch_ends_at_the_new_one),
		TEST(two_endpoints_can_swap_their_identities),
		TEST(who_lets_go_late_does_not_take_it_from_the_new_owner),
		TEST(a_site_and_an_endpoint_share_a_number_in_any_order),
		TEST(a_map_that_is_full_grows_and_the_batch_is_done_again),
		TEST(a_damaged_record_is_found_and_stops_a_batch),
		TEST(pieces_add_up_to_the_whole),
		TEST(a_cut_file_is_an_error_and_no_crash),
		TEST(a_file_of_something_else_is_no_environment),
		TEST(files_are_shared_with_the_group_whatever_the_umask),
		TEST(a_replaced_file_is_noticed),
		TEST(a_switch_keeps_the_generation_before),
		TEST(what_a_crash_left_is_cleaned_and_nothing_else),
		TEST(a_link_that_leads_elsewhere_is_not_followed),
		TEST(the_mark_of_a_check_stays_until_it_is_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
