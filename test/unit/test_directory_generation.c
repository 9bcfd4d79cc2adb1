/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/directory_lmdb.c modules/e911/directory_file.c */
/* build: with modules/e911/record_cache.c test/support/platform_libc.c */
/* build: with test/unit/dir_samples.c test/unit/dir_world.c */
/* build: link lmdb */
/* Which generation is read, and what happens beside a writer. */
#include "modules/e911/directory.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dir_world.h"
#include "support/platform_libc.h"

static struct directory *open_begun(void)
{
	struct directory *d = NULL;

	assert_int_equal(directory_open(&d, dir_root), 0);
	assert_non_null(d);
	assert_int_equal(directory_begin(d), 0);
	return d;
}

static uint64_t change_id_seen(struct directory *d)
{
	struct dir_meta meta;

	assert_int_equal(directory_begin(d), 0);
	assert_int_equal(directory_meta(d, &meta), 0);
	directory_end(d);
	return meta.change_id;
}

static void assert_opens_as(uint64_t change_id, bool is_stale)
{
	struct directory *d = NULL;

	assert_int_equal(directory_open(&d, dir_root), 0);
	assert_int_equal(change_id_seen(d), change_id);
	assert_int_equal(directory_is_stale(d), is_stale);
	assert_null(directory_close(d));
}

static void assert_refused(int why)
{
	struct directory *d = NULL;

	assert_int_equal(directory_open(&d, dir_root), why);
	assert_null(d);
}

/* ---- generations ---- */

static void nothing_there_is_enoent(void **state)
{
	(void)state;
	assert_refused(-ENOENT);
	point("current", "gen-000001");
	assert_refused(-ENOENT);
	point("previous", "gen-000000");
	assert_refused(-ENOENT);
	assert_int_equal(mkdir(at("gen-000001"), 0770), 0);
	assert_refused(-ENOENT);
}

static void something_else_than_a_link_is_no_generation(void **state)
{
	(void)state;
	publish("current", 1);
	assert_refused(-ENOENT);
	publish("gen-000001", 2);
	point("previous", "gen-000001");
	assert_opens_as(2, true);
}

static void missing_current_falls_back_to_previous(void **state)
{
	(void)state;
	publish("gen-000001", 1);
	point("previous", "gen-000001");
	assert_opens_as(1, true);
	point("current", "gen-000002");
	assert_opens_as(1, true);
	publish("gen-000002", 2);
	assert_opens_as(2, false);
}

static void generation_without_its_meta_record_is_not_served(void **state)
{
	struct writer w = writer_begin("gen-000002", MAP_SIZE);
	struct dir_key key;

	(void)state;
	dir_key_psap(&key, 1);
	PUT(&w, psap, &key, .psap_id = 1);
	writer_commit(&w);
	point("current", "gen-000002");
	assert_refused(-EBADMSG);
	publish("gen-000001", 1);
	point("previous", "gen-000001");
	assert_opens_as(1, true);
}

static void generation_with_a_damaged_meta_record_is_not_served(void **state)
{
	struct dir_key key;
	uint8_t buf[64];
	int n;

	(void)state;
	publish("gen-000001", 1);
	point("previous", "gen-000001");
	point("current", "gen-000002");
	dir_key_meta(&key);
	n = dir_meta_encode(&(struct dir_meta){ .change_id = 2 }, &key, buf,
			    sizeof(buf));
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		struct writer w = writer_begin("gen-000002", MAP_SIZE);

		buf[i] ^= 0x04;
		put_raw(&w, &key, buf, (size_t)n);
		writer_commit(&w);
		buf[i] ^= 0x04;
		assert_opens_as(1, true);
	}
}

static void foreign_file_is_not_served(void **state)
{
	FILE *f;

	(void)state;
	publish("gen-000001", 1);
	point("previous", "gen-000001");
	point("current", "gen-000002");
	assert_int_equal(mkdir(at("gen-000002"), 0770), 0);
	f = fopen(at("gen-000002/data.mdb"), "w");
	assert_non_null(f);
	for (int i = 0; i < 4096; i++)
		assert_true(fputs("911 ", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_opens_as(1, true);
	point("previous", "gen-000002");
	assert_refused(-EBADMSG);
}

/* LMDB itself would open it, and the first lookup would be a SIGBUS. */
static void cut_file_is_not_served(void **state)
{
	off_t whole;

	(void)state;
	publish("gen-000001", 1);
	publish("gen-000002", 2);
	point("current", "gen-000002");
	point("previous", "gen-000001");
	whole = file_size("gen-000002/data.mdb");
	for (off_t size = whole - 1; size >= 0; size -= 1021) {
		file_truncate("gen-000002/data.mdb", size);
		assert_opens_as(1, true);
	}
	publish("gen-000003", 3);
	file_truncate("gen-000003/data.mdb", whole / 2);
	point("current", "gen-000003");
	point("previous", "gen-000003");
	assert_refused(-EBADMSG);
}

static void hint_makes_the_next_begin_follow_the_link(void **state)
{
	struct directory *d = NULL;

	(void)state;
	publish("gen-000001", 1);
	publish("gen-000002", 2);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	directory_hint(d, 5);
	assert_int_equal(change_id_seen(d), 1);
	point("current", "gen-000002");
	assert_int_equal(change_id_seen(d), 1);
	directory_hint(d, 6);
	assert_int_equal(change_id_seen(d), 2);
	assert_false(directory_is_stale(d));
	directory_close(d);
}

static void open_generation_stays_when_the_new_one_is_bad(void **state)
{
	struct directory *d = NULL;

	(void)state;
	publish("gen-000001", 1);
	publish("gen-000002", 2);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);

	file_truncate("gen-000002/data.mdb", 8192);
	point("current", "gen-000002");
	directory_hint(d, 1);
	assert_int_equal(change_id_seen(d), 1);
	assert_true(directory_is_stale(d));

	point("previous", "gen-000001"); /* which is open */
	directory_hint(d, 2);
	assert_int_equal(change_id_seen(d), 1);
	assert_true(directory_is_stale(d));

	publish("gen-000003", 3);
	point("current", "gen-000003");
	directory_hint(d, 3);
	assert_int_equal(change_id_seen(d), 3);
	assert_false(directory_is_stale(d));
	directory_close(d);
}

static void removed_generation_stays_readable(void **state)
{
	struct directory *d;
	struct dir_psap psap;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	d = open_begun();
	assert_int_equal(unlink(at("gen-000001/data.mdb")), 0);
	assert_int_equal(unlink(at("gen-000001/lock.mdb")), 0);
	directory_hint(d, 1);
	assert_int_equal(directory_begin(d), 0);
	assert_int_equal(directory_psap(d, 80, &psap), 0);
	assert_int_equal(psap.route_count, 3);
	assert_true(directory_is_stale(d));
	directory_close(d);
}

static unsigned open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	assert_int_equal(closedir(dir), 0);
	return count;
}

static void switching_leaves_no_files_open(void **state)
{
	struct directory *d = NULL;
	unsigned before = open_files(), opened;

	(void)state;
	publish("gen-000001", 1);
	publish("gen-000002", 2);
	publish("gen-000003", 3);
	file_truncate("gen-000003/data.mdb", 8192);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	opened = open_files();
	for (unsigned i = 1; i < 30; i++) {
		static const char *const names[] = { "gen-000001", "gen-000002",
						     "gen-000003" };

		point("current", names[i % 3]);
		directory_hint(d, i);
		assert_int_equal(change_id_seen(d), i % 3 == 0 ? 1 : 2);
		assert_int_equal(open_files(), opened);
	}
	directory_close(d);
	assert_int_equal(open_files(), before);
	for (unsigned i = 0; i < 10; i++) {
		point("current", "gen-000003");
		assert_refused(-EBADMSG);
	}
	assert_int_equal(open_files(), before);
}

/* ---- beside a writer ---- */

static void add_change_2(void)
{
	struct writer w = writer_begin("gen-000001", MAP_SIZE);

	put_change_id(&w, 2);
	writer_commit(&w);
}

static void message_sees_one_state_of_the_directory(void **state)
{
	struct dir_meta meta;
	struct directory *d;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	d = open_begun();
	in_child(add_change_2);
	assert_int_equal(directory_meta(d, &meta), 0);
	assert_int_equal(meta.change_id, 1);
	directory_end(d);
	assert_int_equal(change_id_seen(d), 2);
	directory_close(d);
}

/* More than the reader's map holds. */
static void add_many(void)
{
	static char address[3000];
	struct writer w = writer_begin("gen-000001", 16 * MAP_SIZE);
	struct dir_key key;

	memset(address, 'a', sizeof(address));
	for (unsigned id = 1000; id < 3000; id++) {
		dir_key_location(&key, id);
		PUT(&w, location, &key, .location_id = id,
		    .address = { address, sizeof(address) });
	}
	put_change_id(&w, 2);
	writer_commit(&w);
}

/* As long as nobody says that there is another. */
static void who_is_told_of_changes_takes_what_was_seen(void **state)
{
	struct directory *d = NULL;

	(void)state;
	clock_set(INT64_C(1700000000000), 1000000);
	publish("gen-000001", 1);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	directory_told(d, 5);
	assert_int_equal(change_id_seen(d), 1);
	in_child(add_change_2);
	assert_int_equal(change_id_seen(d), 1);
	directory_told(d, 6);
	assert_int_equal(change_id_seen(d), 2);
	/* Another file has nothing to do with what was seen. */
	publish("gen-000002", 3);
	point("current", "gen-000002");
	directory_hint(d, 1);
	assert_int_equal(change_id_seen(d), 3);
	directory_close(d);
	clock_free();
}

static void grown_map_is_adopted(void **state)
{
	struct dir_location place;
	struct directory *d = NULL;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	in_child(add_many);
	assert_true(file_size("gen-000001/data.mdb") > (off_t)MAP_SIZE);
	assert_int_equal(directory_begin(d), 0);
	assert_int_equal(directory_location(d, 2999, &place), 0);
	assert_int_equal(place.location_id, 2999);
	assert_int_equal(place.address.len, 3000);
	assert_false(directory_is_stale(d));
	directory_close(d);
}

static void add_many_and_cut(void)
{
	off_t before = file_size("gen-000001/data.mdb");

	add_many();
	file_truncate("gen-000001/data.mdb", before);
}

static void file_that_lost_its_end_meanwhile_is_left(void **state)
{
	struct directory *d = NULL;

	(void)state;
	publish("gen-000001", 1);
	publish("gen-000002", 7);
	point("current", "gen-000001");
	point("previous", "gen-000002");
	assert_int_equal(directory_open(&d, dir_root), 0);
	in_child(add_many_and_cut);
	assert_int_equal(change_id_seen(d), 7);
	assert_true(directory_is_stale(d));
	directory_close(d);
}

static void begin_without_any_directory_left_fails_each_time(void **state)
{
	struct directory *d = NULL;
	struct dir_psap psap;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	in_child(add_many_and_cut);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(directory_begin(d), -EBADMSG);
		assert_int_equal(directory_psap(d, 80, &psap), -EBADMSG);
		directory_end(d);
	}
	publish("gen-000002", 2);
	point("current", "gen-000002");
	assert_int_equal(change_id_seen(d), 2);
	directory_close(d);
}

/* Nothing of the reader is in the way of the writer, nor the other way. */
static void lock_file_is_not_looked_at(void **state)
{
	struct directory *d = NULL;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	assert_int_equal(directory_begin(d), 0);
	file_truncate("gen-000001/lock.mdb", 0);
	assert_int_equal(change_id_seen(d), 1);
	assert_int_equal(unlink(at("gen-000001/lock.mdb")), 0);
	assert_int_equal(change_id_seen(d), 1);
	directory_close(d);
	assert_opens_as(1, false);
}

static void what_the_system_refused_is_tried_again(void **state)
{
	struct directory *d = NULL;
	unsigned begins = 0;
	const char *name, *aside;

	(void)state;
	publish("gen-000001", 1);
	publish("gen-000002", 2);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	/* A folder in its place: EISDIR, and nothing is damaged. */
	name = at("gen-000002/data.mdb");
	aside = at("aside");
	assert_int_equal(rename(name, aside), 0);
	assert_int_equal(mkdir(name, 0770), 0);
	point("current", "gen-000002");
	directory_hint(d, 1);
	assert_int_equal(change_id_seen(d), 1);
	assert_true(directory_is_stale(d));
	assert_int_equal(rmdir(at("gen-000002/data.mdb")), 0);
	assert_int_equal(rename(at("aside"), at("gen-000002/data.mdb")), 0);
	while (change_id_seen(d) == 1)
		assert_true(++begins < 1000);
	assert_int_equal(change_id_seen(d), 2);
	assert_false(directory_is_stale(d));
	directory_close(d);
}

static void begin_and_end_may_come_twice_or_alone(void **state)
{
	struct directory *d = NULL;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	directory_end(d);
	assert_int_equal(directory_begin(d), 0);
	assert_int_equal(directory_begin(d), 0);
	directory_end(d);
	directory_end(d);
	assert_int_equal(change_id_seen(d), 1);
	assert_int_equal(directory_begin(d), 0);
	assert_null(directory_close(d)); /* in the middle of a message */
	assert_null(directory_close(NULL));
}

static void lookup_outside_a_message_gives_nothing(void **state)
{
	struct directory *d = NULL;
	struct dir_psap psap;

	(void)state;
	publish("gen-000001", 1);
	point("current", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	assert_int_equal(directory_psap(d, 80, &psap), -EBADMSG);
	directory_close(d);
}

static void target_of_current_is_told(void **state)
{
	char buf[32];

	(void)state;
	assert_int_equal(directory_current_target(dir_root, buf, sizeof(buf)),
			 -ENOENT);
	point("current", "gen-000042");
	assert_int_equal(directory_current_target(dir_root, buf, sizeof(buf)),
			 10);
	assert_string_equal(buf, "gen-000042");
	assert_int_equal(directory_current_target(dir_root, buf, 10), -ENOSPC);
	assert_int_equal(directory_current_target(dir_root, buf, 11), 10);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, dir_world_setup, \
					dir_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_there_is_enoent),
		TEST(something_else_than_a_link_is_no_generation),
		TEST(missing_current_falls_back_to_previous),
		TEST(generation_without_its_meta_record_is_not_served),
		TEST(generation_with_a_damaged_meta_record_is_not_served),
		TEST(foreign_file_is_not_served),
		TEST(cut_file_is_not_served),
		TEST(hint_makes_the_next_begin_follow_the_link),
		TEST(open_generation_stays_when_the_new_one_is_bad),
		TEST(removed_generation_stays_readable),
		TEST(switching_leaves_no_files_open),
		TEST(message_sees_one_state_of_the_directory),
		TEST(who_is_told_of_changes_takes_what_was_seen),
		TEST(grown_map_is_adopted),
		TEST(file_that_lost_its_end_meanwhile_is_left),
		TEST(begin_without_any_directory_left_fails_each_time),
		TEST(lock_file_is_not_looked_at),
		TEST(what_the_system_refused_is_tried_again),
		TEST(begin_and_end_may_come_twice_or_alone),
		TEST(lookup_outside_a_message_gives_nothing),
		TEST(target_of_current_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
