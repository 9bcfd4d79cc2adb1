/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/directory_watch.c modules/e911/directory_lmdb.c */
/* build: with modules/e911/directory_file.c modules/e911/record_cache.c */
/* build: with test/unit/dir_samples.c test/unit/dir_world.c */
/* build: with test/support/platform_libc.c */
/* build: wrap inotify_init1 inotify_add_watch */
/* build: link lmdb */
/* What the kernel tells of a directory, and what happens when it does not. */
#include "modules/e911/directory_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dir_world.h"
#include "support/platform_libc.h"

#define TURNS 10

/* Why the system refuses; 0: it does not. */
static int no_inotify, no_watch;
/* A file system that tells nothing: watched, as it seems. */
static bool is_silent;

int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);
int __wrap_inotify_init1(int flags)
{
	if (!no_inotify)
		return __real_inotify_init1(flags);
	errno = no_inotify;
	return -1;
}

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (is_silent)
		return 1000;
	if (!no_watch)
		return __real_inotify_add_watch(fd, path, mask);
	errno = no_watch;
	return -1;
}

static struct directory_watch w;

static int set_up(void **state)
{
	no_inotify = no_watch = 0;
	is_silent = false;
	if (dir_world_setup(state) < 0)
		return -1;
	directory_watch_init(&w, dir_root, 1);
	return 0;
}

static int tear_down(void **state)
{
	directory_watch_fini(&w);
	log_clear();
	return dir_world_teardown(state);
}

/* A generation is in use and watched. */
static void begin(void)
{
	publish("gen-000001", 1);
	point("current", "gen-000001");
	directory_watch_turn(&w);
	assert_int_equal(w.changes, 0);
	assert_true(w.is_busy);
	directory_watch_turn(&w);
	assert_int_not_equal(w.changes, 0);
	assert_false(w.is_busy);
}

/* Take in all; whether 'changes' is another number now. */
static bool has_changed(void)
{
	uint64_t before = w.changes;

	for (unsigned i = 0; i < TURNS; i++)
		directory_watch_turn(&w);
	return w.changes != before;
}

static bool has_moved(void)
{
	uint64_t before = w.generation;

	for (unsigned i = 0; i < TURNS; i++)
		directory_watch_turn(&w);
	return w.generation != before;
}

static void commit(const char *generation)
{
	struct writer wr = writer_begin(generation, MAP_SIZE);

	put_change_id(&wr, 9);
	writer_commit(&wr);
}

static void write_byte(const char *name)
{
	int fd = open(at(name), O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 4096), 1);
	assert_int_equal(close(fd), 0);
}

/* The clock of a file system is coarse: two writes may bear one time. */
static void write_later(const char *name)
{
	const struct timespec times[] = { { 911, 0 }, { 911, 0 } };

	write_byte(name);
	assert_int_equal(utimensat(AT_FDCWD, at(name), times, 0), 0);
}

/* ---- what is told ---- */

static void a_commit_is_told_of(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 5; i++) {
		uint64_t generation = w.generation;

		commit("gen-000001");
		assert_true(has_changed());
		assert_int_equal(w.generation, generation);
	}
}

static void at_rest_nothing_is_told(void **state)
{
	(void)state;
	begin();
	assert_false(has_changed());
	assert_false(has_moved());
}

static void many_writes_are_taken_in_together(void **state)
{
	uint64_t before;

	(void)state;
	begin();
	before = w.changes;
	for (unsigned i = 0; i < 100; i++)
		write_byte("gen-000001/data.mdb");
	directory_watch_turn(&w);
	assert_int_equal(w.changes, 0);
	directory_watch_turn(&w);
	assert_int_equal(w.changes, before + 1);
	assert_false(has_changed());
}

/* Which state is the newest is written last, some time behind its pages. */
static void while_it_is_written_all_look(void **state)
{
	uint64_t before;

	(void)state;
	begin();
	before = w.changes;
	for (unsigned i = 0; i < 5; i++) {
		write_byte("gen-000001/data.mdb");
		directory_watch_turn(&w);
		assert_int_equal(w.changes, 0);
		assert_true(w.is_busy);
	}
	directory_watch_turn(&w);
	assert_int_equal(w.changes, before + 1);
	assert_false(w.is_busy);
}

static void a_new_generation_is_told_of_and_watched(void **state)
{
	uint64_t before;

	(void)state;
	begin();
	publish("gen-000002", 2);
	assert_false(has_moved());
	before = w.generation;
	point("current", "gen-000002");
	directory_watch_turn(&w);
	assert_int_equal(w.generation, before + 1);
	write_byte("gen-000002/data.mdb");
	assert_true(has_changed());
	write_byte("gen-000001/data.mdb");
	assert_false(has_changed());
}

/* The numbers say that it is there when it is watched already. */
static void what_is_written_behind_a_move_is_told_of(void **state)
{
	uint64_t before;

	(void)state;
	begin();
	publish("gen-000002", 2);
	point("current", "gen-000002");
	before = w.generation;
	while (w.generation == before)
		directory_watch_turn(&w);
	write_byte("gen-000002/data.mdb");
	directory_watch_turn(&w);
	assert_true(w.is_busy);
}

static void another_file_in_its_place_is_another_generation(void **state)
{
	const char *from, *to;

	(void)state;
	begin();
	publish("gen-000002", 2);
	from = at("gen-000002/data.mdb");
	to = at("gen-000001/data.mdb");
	assert_int_equal(rename(from, to), 0);
	assert_true(has_moved());
	write_byte("gen-000001/data.mdb");
	assert_true(has_changed());
}

static void another_folder_in_its_place_is_watched(void **state)
{
	(void)state;
	begin();
	publish("gen-000002", 2);
	assert_int_equal(rename(at("gen-000001"), at("aside")), 0);
	assert_int_equal(rename(at("gen-000002"), at("gen-000001")), 0);
	assert_true(has_moved());
	write_byte("gen-000001/data.mdb");
	assert_true(has_changed());
}

static void a_cut_is_told_of(void **state)
{
	(void)state;
	begin();
	file_truncate("gen-000001/data.mdb", 8192);
	assert_true(has_changed());
}

/* Two names in turn: the same twice would be told of once. */
static void overflow(void)
{
	unsigned long most = 0;
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	char line[32];

	assert_non_null(f);
	if (fgets(line, sizeof(line), f))
		most = strtoul(line, NULL, 10);
	assert_int_equal(fclose(f), 0);
	assert_in_range(most, 1, 1000000);
	for (unsigned long i = 0; i < most / 2 + 1; i++) {
		write_byte("gen-000001/data.mdb");
		write_byte("gen-000001/other");
	}
}

static void what_is_too_much_counts_as_a_change(void **state)
{
	const char *aside;

	(void)state;
	begin();
	aside = at("gen-000001/other");
	assert_int_equal(link(at("gen-000001/data.mdb"), aside), 0);
	overflow();
	publish("gen-000002", 2);
	point("current", "gen-000002");
	do
		directory_watch_turn(&w);
	while (w.is_busy);
	write_byte("gen-000002/data.mdb");
	assert_true(has_changed());
}

/* ---- when there is nothing to tell of, or nobody who tells ---- */

static void a_directory_that_comes_later_is_watched(void **state)
{
	(void)state;
	directory_watch_turn(&w);
	assert_int_equal(w.changes, 0);
	begin();
	commit("gen-000001");
	assert_true(has_changed());
	assert_int_equal(log_count(LEVEL_NOTICE, "directory"), 0);
}

static void a_directory_that_goes_is_not_trusted(void **state)
{
	uint64_t before;

	(void)state;
	begin();
	before = w.changes;
	assert_int_equal(rename(at("gen-000001"), at("aside")), 0);
	assert_true(has_changed());
	assert_int_equal(w.changes, 0);
	assert_int_equal(rename(at("aside"), at("gen-000001")), 0);
	assert_true(has_changed());
	assert_int_not_equal(w.changes, before);
}

static void refuse(int *what, int why, const char *words)
{
	*what = why;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	assert_true(has_moved());
	assert_int_equal(w.changes, 0);
	write_byte("gen-000001/data.mdb");
	assert_false(has_changed());
	/* The link is followed all the same. */
	publish("gen-000002", 2);
	point("current", "gen-000002");
	assert_true(has_moved());
	assert_int_equal(w.changes, 0);
	assert_int_equal(log_count(LEVEL_NOTICE, "nobody tells of"), 1);
	assert_int_equal(log_count(LEVEL_NOTICE, words), 1);
	*what = 0;
	assert_true(has_changed());
	write_byte("gen-000002/data.mdb");
	assert_true(has_changed());
	assert_int_equal(log_count(LEVEL_NOTICE, "told of again"), 1);
}

static void a_system_without_it_is_not_trusted(void **state)
{
	(void)state;
	refuse(&no_inotify, ENOSYS, "Function not implemented");
}

static void a_limit_that_is_reached_is_not_trusted(void **state)
{
	(void)state;
	refuse(&no_watch, ENOSPC, "No space left");
}

static void a_file_system_that_tells_nothing_is_not_trusted(void **state)
{
	(void)state;
	is_silent = true;
	begin();
	assert_false(has_changed());
	write_later("gen-000001/data.mdb");
	assert_true(has_changed());
	assert_int_equal(w.changes, 0);
	assert_int_equal(log_count(LEVEL_NOTICE, "nobody tells of"), 1);
	/* Not because it is quiet now. */
	assert_false(has_changed());
	is_silent = false;
	directory_watch_turn(&w);
	write_byte("gen-000001/data.mdb");
	assert_true(has_changed());
	assert_int_not_equal(w.changes, 0);
	assert_int_equal(log_count(LEVEL_NOTICE, "told of again"), 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_commit_is_told_of),
		T(at_rest_nothing_is_told),
		T(many_writes_are_taken_in_together),
		T(while_it_is_written_all_look),
		T(a_new_generation_is_told_of_and_watched),
		T(what_is_written_behind_a_move_is_told_of),
		T(another_file_in_its_place_is_another_generation),
		T(another_folder_in_its_place_is_watched),
		T(a_cut_is_told_of),
		T(what_is_too_much_counts_as_a_change),
		T(a_directory_that_comes_later_is_watched),
		T(a_directory_that_goes_is_not_trusted),
		T(a_system_without_it_is_not_trusted),
		T(a_limit_that_is_reached_is_not_trusted),
		T(a_file_system_that_tells_nothing_is_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
