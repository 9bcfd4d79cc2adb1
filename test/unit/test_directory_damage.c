/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/directory_lmdb.c modules/e911/directory_file.c */
/* build: with modules/e911/record_cache.c test/support/platform_libc.c */
/* build: with test/unit/dir_samples.c test/unit/dir_world.c */
/* build: link lmdb */
/*
 * The file of the directory is overwritten, cut and emptied under an open
 * reader.  What it serves is right, or it says that something is damaged: no
 * wrong value, no key that is there called missing, no end of the process.
 */
#include "modules/e911/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "dir_world.h"

#define PEOPLE  600
#define DESKS   300 /* recipients of one organisation */
#define ROUNDS  200
#define LONG    3000 /* a value on pages of its own */
#define FORWARD 7    /* of ids, so that there are some between */

static const char file[] = "gen-000002/data.mdb";

/* One seed: a failure comes again. */
static uint32_t random_below(uint32_t n)
{
	static uint64_t x = 20240911;

	x = x * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(x >> 33) % n;
}

static struct text mac_of(unsigned n)
{
	static char mac[13];

	(void)snprintf(mac, sizeof(mac), "00155d%06x", n);
	return text_of(mac);
}

static void put_person(struct writer *w, unsigned n)
{
	static char address[LONG];
	struct dir_key key;

	memset(address, 'a', sizeof(address));
	assert_int_equal(dir_key_identity(&key, 3, IDENTITY_MAC, mac_of(n)), 0);
	PUT(w, identity, &key, .endpoint_id = n);
	dir_key_endpoint(&key, n);
	PUT(w, endpoint, &key, .endpoint_id = n, .organization_id = 3,
	    .location_id = n + 1, .name = mac_of(n));
	if (n % 50)
		return;
	dir_key_location(&key, n);
	PUT(w, location, &key, .location_id = n, .psap_id = n + 2,
	    .address = { address, sizeof(address) });
}

static void put_desk(struct writer *w, unsigned n)
{
	struct dir_key key;

	dir_key_recipient(&key, 3, RECIPIENT_OF_ALL, 0, n);
	PUT(w, recipient, &key, .recipient_id = n, .organization_id = 3,
	    .address = mac_of(n));
}

/* In many commits, as a publisher does; the latest touches it all over. */
static void publish_people(const char *generation)
{
	for (unsigned part = 0; part < 5; part++) {
		struct writer w = writer_begin(generation, 16 * MAP_SIZE);

		for (unsigned i = part; i < PEOPLE; i += 5)
			put_person(&w, (i + 1) * FORWARD);
		for (unsigned i = part; i < DESKS; i += 5)
			put_desk(&w, (i + 1) * FORWARD);
		put_change_id(&w, part + 1);
		writer_commit(&w);
	}
}

struct seen {
	unsigned right, damaged;
};

/* Someone who is there; and nobody, whose number stands between two. */
static void look_at_person(struct directory *d, unsigned n, struct seen *seen)
{
	struct dir_identity identity;
	struct dir_endpoint endpoint;
	struct dir_location place;
	int err = directory_identity(d, 3, IDENTITY_MAC, mac_of(n), &identity);

	assert_true(err == 0 || err == -EBADMSG);
	if (err == 0)
		assert_int_equal(identity.endpoint_id, n);
	*(err ? &seen->damaged : &seen->right) += 1;
	err = directory_endpoint(d, n, &endpoint);
	assert_true(err == 0 || err == -EBADMSG);
	if (err == 0) {
		assert_int_equal(endpoint.location_id, n + 1);
		assert_true(text_equal(endpoint.name, mac_of(n)));
	}
	*(err ? &seen->damaged : &seen->right) += 1;
	err = directory_identity(d, 3, IDENTITY_MAC, mac_of(n + 1), &identity);
	assert_true(err == -ENOENT || err == -EBADMSG);
	err = directory_endpoint(d, n - 1, &endpoint);
	assert_true(err == -ENOENT || err == -EBADMSG);
	if (n % 50)
		return;
	err = directory_location(d, n, &place);
	assert_true(err == 0 || err == -EBADMSG);
	if (err == 0)
		assert_int_equal(place.psap_id, n + 2);
	*(err ? &seen->damaged : &seen->right) += 1;
}

/* All who are to be told; whom damage hides is never passed over in silence. */
static void look_at_desks(struct directory *d, struct seen *seen)
{
	uint64_t before = directory_damage_count(d);
	struct dir_recipient r = { 0 };
	unsigned count = 0;
	uint64_t last = 0;
	int err;

	while ((err = directory_recipient_after(d, 3, RECIPIENT_OF_ALL, 0, last,
						&r)) == 0) {
		assert_true(r.recipient_id > last);
		assert_int_equal(r.recipient_id % FORWARD, 0);
		assert_true(text_equal(r.address,
				       mac_of((unsigned)r.recipient_id)));
		last = r.recipient_id;
		count++;
	}
	assert_true(err == -ENOENT || err == -EBADMSG);
	assert_true(count <= DESKS);
	seen->right += count;
	if (count == DESKS && err == -ENOENT)
		return;
	assert_true(directory_damage_count(d) > before);
	seen->damaged++;
}

/* Through an open reader and through a new one. */
static struct seen look(struct directory *d)
{
	struct seen seen = { 0 };
	bool is_new = !d;

	if (is_new && directory_open(&d, dir_root) < 0)
		return (struct seen){ .damaged = 1 };
	if (directory_begin(d) == 0) {
		for (unsigned i = 0; i < PEOPLE; i++)
			look_at_person(d, (i + 1) * FORWARD, &seen);
		look_at_desks(d, &seen);
		directory_end(d);
	} else {
		seen.damaged++;
	}
	assert_true(!seen.damaged || is_new || directory_is_stale(d) ||
		    directory_damage_count(d) || !seen.right);
	if (is_new)
		directory_close(d);
	return seen;
}

static void write_at(off_t at_byte, const void *p, size_t len)
{
	int fd = open(at(file), O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, len, at_byte), len);
	assert_int_equal(close(fd), 0);
}

static uint8_t *whole;
static size_t whole_len;

static void file_take(void)
{
	int fd = open(at(file), O_RDONLY);

	whole_len = (size_t)file_size(file);
	whole = malloc(whole_len);
	assert_non_null(whole);
	assert_int_equal(pread(fd, whole, whole_len, 0), whole_len);
	assert_int_equal(close(fd), 0);
}

static void file_restore(void)
{
	write_at(0, whole, whole_len);
	assert_int_equal(file_size(file), whole_len);
}

static void damage(unsigned round)
{
	uint8_t junk[16];

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = (uint8_t)random_below(256);
	switch (round % 4) {
	case 0: /* anywhere */
	case 1:
		write_at(random_below((uint32_t)whole_len - 4), junk, 4);
		break;
	case 2: /* the head of a page */
		write_at((off_t)random_below((uint32_t)whole_len / 4096) * 4096,
			 junk, 16);
		break;
	default: /* cut */
		file_truncate(file, random_below((uint32_t)whole_len));
		break;
	}
}

static int world(void **state)
{
	int err = dir_world_setup(state);

	publish_people("gen-000002");
	point("current", "gen-000002");
	file_take();
	return err;
}

static int world_end(void **state)
{
	free(whole);
	return dir_world_teardown(state);
}

static void whatever_is_overwritten_nothing_wrong_is_served(void **state)
{
	struct directory *d = NULL;
	unsigned affected = 0;
	struct seen all = look(NULL);

	(void)state;
	assert_int_equal(all.damaged, 0);
	assert_true(all.right > 2 * PEOPLE);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct seen seen;

		assert_int_equal(directory_open(&d, dir_root), 0);
		seen = look(d);
		assert_int_equal(seen.damaged, 0);
		damage(round);
		affected += look(d).damaged > 0;
		affected += look(NULL).damaged > 0;
		d = directory_close(d);
		file_restore();
	}
	/* The test does damage, and not only where nobody looks. */
	assert_true(affected > ROUNDS / 4);
}

/* Each byte that tells of the tree, one after the other. */
static void each_byte_of_the_heads_may_be_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < whole_len; i++) {
		uint8_t wrong = whole[i] ^ 0x41;

		if (i % 4096 >= 40 && !(i < 8192 && i % 4096 < 152))
			continue;
		if (i >= 8192 && i / 4096 % 9)
			continue;
		write_at((off_t)i, &wrong, 1);
		(void)look(NULL);
		write_at((off_t)i, &whole[i], 1);
	}
}

static void what_is_damaged_comes_from_the_generation_before(void **state)
{
	struct directory *d = NULL;
	unsigned long count = 0;
	struct seen seen;

	(void)state;
	publish_people("gen-000001");
	point("previous", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	/* The last record of each third page. */
	for (size_t i = 2; i < whole_len / 4096; i += 3)
		write_at((off_t)i * 4096 + 4090, "damage", 6);
	seen = look(d);
	assert_int_equal(seen.damaged, 0);
	assert_true(seen.right > 2 * PEOPLE);
	count = directory_damage_count(d);
	assert_true(count > 10);
	directory_close(d);
}

static void what_is_mended_is_served_again(void **state)
{
	struct directory *d = NULL;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(directory_open(&d, dir_root), 0);
		for (size_t page = 2; page < whole_len / 4096; page += 3)
			write_at((off_t)page * 4096 + 4090, "damage", 6);
		assert_true(look(d).damaged > 0);
		file_restore();
		assert_int_equal(look(d).damaged, 0);
		d = directory_close(d);
	}
}

static void put_database(const char *generation, const char *id)
{
	struct writer w = writer_begin(generation, 16 * MAP_SIZE);
	struct dir_key key;

	dir_key_meta(&key);
	PUT(&w, meta, &key, .change_id = 9, .database_id = text_of(id));
	writer_commit(&w);
}

static void not_from_another_database(void **state)
{
	struct directory *d = NULL;

	(void)state;
	publish_people("gen-000001");
	put_database("gen-000001", "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
	point("previous", "gen-000001");
	assert_int_equal(directory_open(&d, dir_root), 0);
	for (size_t i = 2; i < whole_len / 4096; i += 3)
		write_at((off_t)i * 4096 + 4090, "damage", 6);
	assert_true(look(d).damaged > 0);
	directory_close(d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_is_overwritten_nothing_wrong_is_served),
		TEST(each_byte_of_the_heads_may_be_wrong),
		TEST(what_is_damaged_comes_from_the_generation_before),
		TEST(what_is_mended_is_served_again),
		TEST(not_from_another_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
