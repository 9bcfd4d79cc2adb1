/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session: a connection to PostgreSQL for one long piece of work.
 *
 * Unlike store/db.h, which e911d shares with the path's needs, it waits: for
 * statements that take minutes, and for COPY.  Values are bound parameters or
 * COPY data, never parts of a statement.
 *
 * Errors: -ENOTCONN the connection is gone or was not made; -EPROTO the
 * statement was refused, session_refusal() tells why.
 */
#pragma once

#include <stdint.h>

#include "text.h"

struct session; /* opaque; one thread */

#define SESSION_ERROR_SIZE 512
struct session_refusal {
	char sqlstate[6];
	char constraint[64]; /* "" if none */
	char message[SESSION_ERROR_SIZE];
	char detail[SESSION_ERROR_SIZE];
};

/* Connects; *ret is set also with -ENOTCONN, for session_refusal(). */
int must_check session_open(struct session **ret, const char *conninfo);
/* Accepts NULL; returns NULL. */
struct session *session_close(struct session *s);
/* Never NULL. */
const struct session_refusal *session_refusal(const struct session *s);

/* What every statement of an import or export may ask for. */
struct session_params {
	const char *columns;  /* $1 text[]: which columns the file has */
	bool replace;         /* $2 */
	int64_t after, up_to; /* $3, $4 bigint: lines */
	int64_t limit;        /* $5 bigint */
	const char *text;     /* $6 text */
};

/* Columns of a row; NULL for SQL's NULL; valid during the callback.  A
 * negative result ends the statement and is returned. */
typedef int session_row_f(void *arg, size_t count, const char *const *column);

/* Statements without parameters, any number. */
int must_check session_script(struct session *s, const char *sql);
/* How many rows it changed or gave, or negative. */
int64_t must_check session_run(struct session *s, const char *sql,
			       const struct session_params *params,
			       session_row_f *on_row, void *arg);

/* ---- COPY ... FROM STDIN, text format ---- */

int must_check session_copy_begin(struct session *s, const char *sql);
int must_check session_copy_put(struct session *s, const char *data,
				size_t len);
int must_check session_copy_end(struct session *s);
