/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir_world: a publisher for tests.  Real LMDB environments in a temporary
 * folder of each test, dir_root, written with the encoders of core.
 *
 * A process must not open one environment twice: what happens beside a
 * reader happens in a child.
 */
#pragma once

#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/types.h>

#include <cmocka.h>

#include "dir_record.h"

#define MAP_SIZE ((size_t)1 << 20)

extern char dir_root[64];

/* cmocka's fixture: makes and removes dir_root. */
int dir_world_setup(void **state);
int dir_world_teardown(void **state);

/* "<dir_root>/<name>"; good for the next three calls. */
const char *at(const char *name);

struct writer {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
};
struct writer writer_begin(const char *generation, size_t map_size);
void writer_commit(struct writer *w);

void put_raw(struct writer *w, struct dir_key *key, void *value, size_t len);
/* One of each kind. */
void put_samples(struct writer *w);
/* The meta record; change_id tells generations apart. */
void put_change_id(struct writer *w, uint64_t change_id);

#define PUT(w, name, key, ...) \
	do { \
		uint8_t put_buf[DIR_RECORD_MAX]; \
		struct dir_##name put_r = { __VA_ARGS__ }; \
		int put_n = dir_##name##_encode(&put_r, key, put_buf, \
						sizeof(put_buf)); \
		assert_true(put_n > 0); \
		put_raw(w, key, put_buf, (size_t)put_n); \
	} while (0)

/* A generation with all samples and this change_id. */
void publish(const char *generation, uint64_t change_id);
/* The link 'name' leads to the generation now. */
void point(const char *name, const char *generation);

/* Run in a process of its own and wait for it. */
void in_child(void (*run)(void));

void file_truncate(const char *name, off_t size);
off_t file_size(const char *name);
