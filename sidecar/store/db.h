/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * db: a connection to the system of record.
 *
 * Statements are the rows of sql_stmt.def, prepared when the connection is
 * made: one that no longer fits the schema is told then and not by a call.
 * Values travel only as bound parameters.  Nothing here blocks beyond its
 * time-out, and every wait ends when the stop is asked for.
 *
 * A connection belongs to one thread.
 *
 * Errors: -ECANCELED the stop was asked for; -ENOTCONN the connection is gone
 * (or too slow, which is the same): connect again; -EPROTO PostgreSQL refused
 * the statement, db_error() says why and db_refusal() what sort it is; -ENOTSUP
 * (from db_connect() and db_check_schema()) the schema is not the one this
 * program is made for.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/stop.h"
#include "text.h"

/* Number of the last migration that the statements fit (sql/migrations). */
#define DB_SCHEMA_EXPECTED 56

/* Whose statements a connection prepares. */
enum db_user {
	DB_PUBLISHER = 1,
	DB_COLLECTOR = 2,
	DB_OPERATOR = 4,
	DB_RESOLVER = 8,
	DB_ALI = 16,
	DB_NOTIFIER = 32,
	DB_SCREEN = 64
};

#define STMT(name, user, params, sql) DB_##name,
enum db_stmt {
#include "store/sql_stmt.def"
	DB_STMT_COUNT
};
#undef STMT

enum db_refusal {
	DB_REFUSED_DATA,    /* the values are at fault: never again */
	DB_REFUSED_SCHEMA,  /* no such table, column, right */
	DB_REFUSED_FOR_NOW, /* disk, memory, deadlock, shutdown: try later */
	DB_REFUSED_UNCLEAR, /* anything else */
};

struct db;

struct db_options {
	const char *conninfo; /* borrowed, like all of them */
	enum db_user user;
	const struct stop *stop;
	int connect_timeout_ms;
	int statement_timeout_ms;
};

int must_check db_new(struct db **ret, const struct db_options *options);
/* Accepts NULL; returns NULL. */
struct db *db_free(struct db *db);

/*
 * One attempt: connect, compare the schema's number, prepare.  A former
 * connection is dropped.
 */
int must_check db_connect(struct db *db);
/* Is it still the schema that we are made for?  In a transaction: the one that
 * this transaction sees. */
int must_check db_check_schema(struct db *db);
bool db_is_connected(const struct db *db);
void db_disconnect(struct db *db);

/* One line about the last failure; never NULL. */
const char *db_error(const struct db *db);
enum db_refusal db_refusal(const struct db *db);

/* A row: text of each column; p is NULL for SQL's NULL. */
struct db_row {
	size_t count;
	const struct text *col; /* valid during the callback */
};
/* A negative result ends the statement and is returned. */
typedef int db_row_f(const struct db_row *row, void *arg);

/*
 * Run one statement; on_row (may be NULL) sees the rows as they come, so a
 * failure can follow some of them.  0 or negative.
 */
int must_check db_exec(struct db *db, enum db_stmt stmt,
		       const char *const *params, db_row_f *on_row, void *arg);
/* As above with a time-out of its own. */
int must_check db_exec_slow(struct db *db, enum db_stmt stmt, int timeout_ms,
			    db_row_f *on_row, void *arg);

/*
 * Run one statement 'count' times in one transaction and one round trip.
 * params_of gives the parameters of run i, which must stay valid until the
 * end.  All or nothing; when run i is refused, *ret_failed is i, or count
 * when the commit is.  on_row sees the rows of a transaction that may still
 * fail.
 */
typedef const char *const *db_params_f(size_t i, void *arg);
struct db_many {
	enum db_stmt stmt;
	size_t count;
	db_params_f *params_of;
	db_row_f *on_row;
	void *arg;
};
int must_check db_exec_many(struct db *db, const struct db_many *many,
			    size_t *ret_failed);

/*
 * Wait for a NOTIFY.  How many came (they are taken), 0 when timeout_ms
 * passed, negative as above.
 */
int must_check db_wait(struct db *db, int timeout_ms);

/* ---- reading a row ---- */

bool db_is_null(const struct db_row *row, size_t col);
/* Empty for NULL. */
struct text db_text(const struct db_row *row, size_t col);
/* 0 for NULL; -EINVAL unless it is a number of 0..2^64-1. */
int must_check db_u64(const struct db_row *row, size_t col, uint64_t *ret);
/* 't'; NULL is false. */
bool db_bool(const struct db_row *row, size_t col);

/* ---- building an array parameter: {"a","b"} ---- */

struct db_array {
	char *s; /* owned; NULL until the first element */
	size_t len, size;
	bool failed; /* out of memory */
};
void db_array_init(struct db_array *a);
void db_array_fini(struct db_array *a);
void db_array_add(struct db_array *a, struct text value);
void db_array_add_u64(struct db_array *a, uint64_t value);
/* The literal, owned by the array; NULL when memory ran out. */
const char *db_array_get(struct db_array *a);
