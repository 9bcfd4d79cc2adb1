/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "provision/session.h"

#define COLUMNS_MAX 64
#define PARAM_COUNT 6
/* pg_type.oid: bool, bigint, text, text[] */
#define OID_BOOL       16
#define OID_INT8       20
#define OID_TEXT       25
#define OID_TEXT_ARRAY 1009

struct session {
	PGconn *conn; /* owned */
	struct session_refusal refusal;
};

static void ignore_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

/* libpq's messages have several lines and end in one. */
static void put_line(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
	for (char *p = to; *p; p++)
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
}

static int lose(struct session *s)
{
	s->refusal = (struct session_refusal){ .sqlstate = "08006" };
	put_line(s->refusal.message, SESSION_ERROR_SIZE,
		 PQerrorMessage(s->conn));
	return -ENOTCONN;
}

static int refuse(struct session *s, const PGresult *r)
{
	struct session_refusal *why = &s->refusal;
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (!state || PQstatus(s->conn) == CONNECTION_BAD)
		return lose(s);
	put_line(why->sqlstate, sizeof(why->sqlstate), state);
	put_line(why->constraint, sizeof(why->constraint),
		 PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME));
	put_line(why->message, sizeof(why->message),
		 PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
	put_line(why->detail, sizeof(why->detail),
		 PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL));
	return -EPROTO;
}

/* No foreign schema in the search path, text as it is, and no end in the
 * middle of a load.  A client that is gone must not hold back everybody's
 * changes: what is open ends with it. */
static const char setup[] =
	"SET search_path = pg_catalog, pg_temp;"
	"SET client_encoding = 'UTF8'; SET application_name = 'e911 provision';"
	"SET DateStyle = 'ISO';"
	"SET statement_timeout = 0;"
	"SET idle_in_transaction_session_timeout = '60s';"
	"SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10;"
	"SET tcp_keepalives_count = 3; SET tcp_user_timeout = '60s';"
	"SET work_mem = '64MB';"
	"SET temp_buffers = '64MB'";

int session_open(struct session **ret, const char *conninfo)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret = s;
	s->conn = PQconnectdb(conninfo);
	if (PQstatus(s->conn) != CONNECTION_OK)
		return lose(s);
	PQsetNoticeReceiver(s->conn, ignore_notice, NULL);
	return session_script(s, setup);
}

struct session *session_close(struct session *s)
{
	if (s)
		PQfinish(s->conn);
	free(s);
	return NULL;
}

const struct session_refusal *session_refusal(const struct session *s)
{
	return &s->refusal;
}

static int check(struct session *s, PGresult *r, ExecStatusType wanted)
{
	ExecStatusType is = PQresultStatus(r);
	int err = is == wanted || (wanted == PGRES_COMMAND_OK &&
				   is == PGRES_TUPLES_OK)
			  ? 0
			  : refuse(s, r);

	PQclear(r);
	return err;
}

int session_script(struct session *s, const char *sql)
{
	return check(s, PQexec(s->conn, sql), PGRES_COMMAND_OK);
}

/* ---- one statement ---- */

static int on_result(struct session *s, const PGresult *r, int64_t *total,
		     session_row_f *on_row, void *arg)
{
	const char *column[COLUMNS_MAX];
	int columns = PQnfields(r), rows = PQntuples(r), err = 0;
	ExecStatusType is = PQresultStatus(r);

	if (is == PGRES_COMMAND_OK) {
		*total += strtoll(PQcmdTuples((PGresult *)r), NULL, 10);
		return 0;
	}
	if (is != PGRES_TUPLES_OK && is != PGRES_SINGLE_TUPLE)
		return refuse(s, r);
	for (int i = 0; i < rows && !err; i++) {
		(*total)++;
		for (int k = 0; k < columns && k < COLUMNS_MAX; k++)
			column[k] = PQgetisnull(r, i, k) ? NULL
							 : PQgetvalue(r, i, k);
		if (on_row)
			err = on_row(arg, (size_t)columns, column);
	}
	return err;
}

int64_t session_run(struct session *s, const char *sql,
		    const struct session_params *params, session_row_f *on_row,
		    void *arg)
{
	static const Oid types[PARAM_COUNT] = { OID_TEXT_ARRAY, OID_BOOL,
						OID_INT8,       OID_INT8,
						OID_INT8,       OID_TEXT };
	char after[24], up_to[24], limit[24];
	const char *values[PARAM_COUNT] = {
		params->columns, params->replace ? "t" : "f",
		after,           up_to,
		limit,           params->text
	};
	int64_t total = 0;
	int err = 0;
	PGresult *r;

	(void)snprintf(after, sizeof(after), "%" PRId64, params->after);
	(void)snprintf(up_to, sizeof(up_to), "%" PRId64, params->up_to);
	(void)snprintf(limit, sizeof(limit), "%" PRId64, params->limit);
	if (!PQsendQueryParams(s->conn, sql, PARAM_COUNT, types, values, NULL,
			       NULL, 0))
		return lose(s);
	/* Rows as they come: an export may be of any length. */
	(void)PQsetSingleRowMode(s->conn);
	while ((r = PQgetResult(s->conn))) {
		int now = err ? 0 : on_result(s, r, &total, on_row, arg);

		PQclear(r);
		if (!err)
			err = now;
	}
	if (!err && PQstatus(s->conn) == CONNECTION_BAD)
		err = lose(s);
	return err ? err : total;
}

/* ---- COPY ---- */

int session_copy_begin(struct session *s, const char *sql)
{
	return check(s, PQexec(s->conn, sql), PGRES_COPY_IN);
}

int session_copy_put(struct session *s, const char *data, size_t len)
{
	return PQputCopyData(s->conn, data, (int)len) == 1 ? 0 : lose(s);
}

int session_copy_end(struct session *s)
{
	PGresult *r;
	int err = 0;

	if (PQputCopyEnd(s->conn, NULL) != 1)
		return lose(s);
	while ((r = PQgetResult(s->conn))) {
		if (!err && PQresultStatus(r) != PGRES_COMMAND_OK)
			err = refuse(s, r);
		PQclear(r);
	}
	return err;
}
