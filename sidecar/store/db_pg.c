/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that speaks libpq; always non-blocking. */
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "store/db.h"

#define ERROR_SIZE  512
#define COLUMNS_MAX 32
/* The server gives up first, so that we learn why; we only if it is mute. */
#define SERVER_GRACE_MS 1000

struct db {
	struct db_options options;
	PGconn *conn; /* owned; NULL: not connected */
	char error[ERROR_SIZE];
	enum db_refusal refusal;
};

struct stmt {
	const char *name;
	int user; /* enum db_user, or'ed */
	int params;
	const char *sql;
};

#define STMT(n, u, p, s) [DB_##n] = { #n, (u), (p), (s) },
static const struct stmt stmts[DB_STMT_COUNT] = {
#include "store/sql_stmt.def"
};
#undef STMT

int db_new(struct db **ret, const struct db_options *options)
{
	struct db *db = calloc(1, sizeof(*db));

	if (!db)
		return -ENOMEM;
	db->options = *options;
	*ret = db;
	return 0;
}

struct db *db_free(struct db *db)
{
	if (db)
		db_disconnect(db);
	free(db);
	return NULL;
}

void db_disconnect(struct db *db)
{
	if (db->conn)
		PQfinish(db->conn);
	db->conn = NULL;
}

bool db_is_connected(const struct db *db)
{
	return db->conn != NULL;
}

const char *db_error(const struct db *db)
{
	return db->error;
}

enum db_refusal db_refusal(const struct db *db)
{
	return db->refusal;
}

/* libpq's messages have several lines and end in one. */
static void set_error(struct db *db, const char *message)
{
	char *p;

	(void)snprintf(db->error, sizeof(db->error), "%s", message);
	for (p = db->error; *p; p++) {
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	}
}

/* The connection is of no use any more. */
static int lose(struct db *db, const char *message)
{
	set_error(db, message ? message : PQerrorMessage(db->conn));
	db_disconnect(db);
	stats_add(STAT_DB_LOST, 1);
	return -ENOTCONN;
}

/* clang-format off */
static const struct {
	const char *prefix;
	enum db_refusal refusal;
} states[] = { /* Appendix A of the manual: by class, the longer first */
	{ "22", DB_REFUSED_DATA },	/* data exception */
	{ "23", DB_REFUSED_DATA },	/* integrity constraint violation */
	{ "54", DB_REFUSED_DATA },	/* program limit exceeded */
	{ "P0", DB_REFUSED_DATA },	/* RAISE EXCEPTION */
	{ "25", DB_REFUSED_FOR_NOW },	/* a read-only standby */
	{ "40", DB_REFUSED_FOR_NOW },	/* deadlock, serialization */
	{ "53", DB_REFUSED_FOR_NOW },	/* out of disk, memory, slots */
	{ "55", DB_REFUSED_FOR_NOW },	/* lock not available */
	{ "57", DB_REFUSED_FOR_NOW },	/* time-out, shutdown */
	{ "58", DB_REFUSED_FOR_NOW },	/* I/O error */
	{ "0A", DB_REFUSED_SCHEMA },	/* not supported by this version */
	{ "3F", DB_REFUSED_SCHEMA },	/* no such schema */
	{ "42", DB_REFUSED_SCHEMA },	/* no such table, column, right */
};
/* clang-format on */

static enum db_refusal classify(const char *sqlstate)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (strncmp(sqlstate, states[i].prefix, 2) == 0)
			return states[i].refusal;
	}
	return DB_REFUSED_UNCLEAR;
}

/* A statement failed; the connection may have died of it. */
static int refuse(struct db *db, const PGresult *r)
{
	const char *sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (PQstatus(db->conn) == CONNECTION_BAD || !sqlstate)
		return lose(db, PQresultErrorMessage(r));
	if (strncmp(sqlstate, "57P", 3) == 0) /* the server shuts down */
		return lose(db, PQresultErrorMessage(r));
	set_error(db, PQresultErrorMessage(r));
	db->refusal = classify(sqlstate);
	return -EPROTO;
}

static void on_notice(void *arg, const PGresult *r)
{
	(void)arg;
	log_debug("postgres", "%s", PQresultErrorMessage(r));
}

/* ---- connecting ---- */

/* As pg_stat_activity shows it. */
static const char *user_name(enum db_user user)
{
	switch (user) {
	case DB_PUBLISHER:
		return "e911d publisher";
	case DB_COLLECTOR:
		return "e911d collector";
	case DB_RESOLVER:
		return "e911d psap";
	case DB_ALI:
		return "e911d ali";
	case DB_NOTIFIER:
		return "e911d notify";
	case DB_SCREEN:
		return "e911d screens";
	case DB_OPERATOR:
		break;
	}
	return "e911ctl";
}

static PGconn *start(const struct db *db)
{
	/* What the operator's string says comes later and wins. */
	static const char *const keys[] = {
		"keepalives_idle",           "keepalives_interval",
		"keepalives_count",          "tcp_user_timeout",
		"fallback_application_name", "dbname",
		"client_encoding",           NULL,
	};
	const char *const values[] = {
		"10",
		"5",
		"3",
		"15000",
		user_name(db->options.user),
		db->options.conninfo,
		"UTF8",
		NULL,
	};

	return PQconnectStartParams(keys, values, 1);
}

static int finish_connecting(struct db *db)
{
	int64_t until = clock_mono_ms() + db->options.connect_timeout_ms;
	PostgresPollingStatusType p = PGRES_POLLING_WRITING;

	while (p != PGRES_POLLING_OK) {
		int64_t left = until - clock_mono_ms();
		int n;

		if (p == PGRES_POLLING_FAILED)
			return lose(db, NULL);
		if (left <= 0)
			return lose(db, "time-out while connecting");
		n = stop_wait_events(db->options.stop, PQsocket(db->conn),
				     p == PGRES_POLLING_READING ? POLLIN
								: POLLOUT,
				     (int)left);
		if (n == -ECANCELED) {
			db_disconnect(db);
			return n;
		}
		if (n < 0)
			return lose(db, "poll failed");
		if (n > 0)
			p = PQconnectPoll(db->conn);
	}
	return 0;
}

/* ---- one result ---- */

/*
 * The next result (NULL: this statement is done) by 'until', writing what is
 * still to be written meanwhile.
 */
static int next_result(struct db *db, int64_t until, PGresult **ret)
{
	for (;;) {
		int unsent = PQflush(db->conn), n;
		int64_t left = until - clock_mono_ms();

		if (unsent < 0)
			return lose(db, NULL);
		if (!PQisBusy(db->conn)) {
			*ret = PQgetResult(db->conn);
			return 0;
		}
		if (left <= 0)
			return lose(db, "no answer in time");
		n = stop_wait_events(db->options.stop, PQsocket(db->conn),
				     (short)(POLLIN | (unsent ? POLLOUT : 0)),
				     (int)left);
		if (n == -ECANCELED) {
			db_disconnect(db);
			return n;
		}
		if (n < 0)
			return lose(db, "poll failed");
		if (n > 0 && !PQconsumeInput(db->conn))
			return lose(db, NULL);
	}
}

static int give_rows(const PGresult *r, db_row_f *on_row, void *arg)
{
	struct text col[COLUMNS_MAX];
	struct db_row row = { .col = col };
	int columns = PQnfields(r), err = 0;

	if (columns > COLUMNS_MAX)
		return -E2BIG;
	row.count = (size_t)columns;
	for (int i = 0; i < PQntuples(r) && err >= 0; i++) {
		for (int c = 0; c < columns; c++) {
			col[c] = text_make(PQgetvalue(r, i, c),
					   (size_t)PQgetlength(r, i, c));
			if (PQgetisnull(r, i, c))
				col[c].p = NULL;
		}
		err = on_row(&row, arg);
	}
	return err;
}

static int64_t deadline(int timeout_ms)
{
	return clock_mono_ms() + timeout_ms + SERVER_GRACE_MS;
}

/* All results of one statement; the first error wins. */
static int take_results(struct db *db, int timeout_ms, db_row_f *on_row,
			void *arg)
{
	int64_t until = deadline(timeout_ms);
	int err = 0, n;
	PGresult *r;

	while ((n = next_result(db, until, &r)) == 0 && r) {
		switch (PQresultStatus(r)) {
		case PGRES_COMMAND_OK:
			break;
		case PGRES_SINGLE_TUPLE:
		case PGRES_TUPLES_OK:
			if (on_row && err >= 0)
				err = give_rows(r, on_row, arg);
			break;
		default:
			n = refuse(db, r);
			if (err >= 0)
				err = n;
			break;
		}
		PQclear(r);
		if (!db->conn)
			return -ENOTCONN;
	}
	return n < 0 ? n : err;
}

static int prepare_one(struct db *db, const struct stmt *s)
{
	if (!PQsendPrepare(db->conn, s->name, s->sql, 0, NULL))
		return lose(db, NULL);
	return take_results(db, db->options.statement_timeout_ms, NULL, NULL);
}

/* The schema is not what we are made for: until somebody does something. */
static int __attribute__((format(printf, 2, 3)))
misfit(struct db *db, const char *fmt, ...)
{
	char why[ERROR_SIZE];
	va_list ap;

	if (db->refusal != DB_REFUSED_SCHEMA)
		return -EPROTO;
	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	set_error(db, why);
	stats_add(STAT_DB_MISFITS, 1);
	return -ENOTSUP;
}

static int on_number(const struct db_row *row, void *arg)
{
	return db_u64(row, 0, arg);
}

static int no_schema(struct db *db)
{
	return misfit(db, "no e911 schema that we may read: %.400s", db->error);
}

int db_check_schema(struct db *db)
{
	uint64_t number = 0;
	int err = db_exec(db, DB_SCHEMA_NUMBER, NULL, on_number, &number);

	if (err == -EPROTO)
		return no_schema(db);
	if (err < 0 || number == DB_SCHEMA_EXPECTED)
		return err;
	db->refusal = DB_REFUSED_SCHEMA;
	return misfit(db,
		      "the database has schema number %" PRIu64
		      ", this program is made for %d: install that of the same "
		      "release or apply sql/migrations",
		      number, DB_SCHEMA_EXPECTED);
}

static int prepare(struct db *db)
{
	for (size_t i = 0; i < DB_STMT_COUNT; i++) {
		const struct stmt *s = &stmts[i];
		int err;

		if (!(s->user & (int)db->options.user) || i == DB_SCHEMA_NUMBER)
			continue;
		err = prepare_one(db, s);
		if (err == -EPROTO)
			return misfit(db,
				      "statement %s does not fit the schema: "
				      "%.400s",
				      s->name, db->error);
		if (err < 0)
			return err;
	}
	return 0;
}

static int settle(struct db *db)
{
	char timeout[16];
	const char *params[] = { timeout };

	(void)snprintf(timeout, sizeof(timeout), "%d",
		       db->options.statement_timeout_ms);
	return db_exec(db, DB_SETTINGS, params, NULL, NULL);
}

int db_connect(struct db *db)
{
	int err;

	db_disconnect(db);
	db->conn = start(db);
	if (!db->conn)
		return -ENOMEM;
	if (PQstatus(db->conn) == CONNECTION_BAD)
		return lose(db, NULL);
	(void)PQsetNoticeReceiver(db->conn, on_notice, NULL);
	err = finish_connecting(db);
	if (err < 0)
		return err;
	if (PQsetnonblocking(db->conn, 1) < 0)
		return lose(db, NULL);
	err = prepare_one(db, &stmts[DB_SCHEMA_NUMBER]);
	if (err == -EPROTO)
		err = no_schema(db);
	if (err >= 0)
		err = db_check_schema(db);
	if (err >= 0)
		err = prepare(db);
	if (err >= 0)
		err = settle(db);
	if (err < 0) {
		db_disconnect(db);
		return err;
	}
	stats_add(STAT_DB_CONNECTS, 1);
	return 0;
}

/* ---- statements ---- */

static int send_stmt(struct db *db, enum db_stmt stmt,
		     const char *const *params)
{
	const struct stmt *s = &stmts[stmt];

	if (!PQsendQueryPrepared(db->conn, s->name, s->params, params, NULL,
				 NULL, 0))
		return lose(db, NULL);
	return 0;
}

static int run(struct db *db, enum db_stmt stmt, const char *const *params,
	       int timeout_ms, db_row_f *on_row, void *arg)
{
	int err;

	if (!db->conn)
		return -ENOTCONN;
	err = send_stmt(db, stmt, params);
	if (err < 0)
		return err;
	(void)PQsetSingleRowMode(db->conn);
	return take_results(db, timeout_ms, on_row, arg);
}

int db_exec(struct db *db, enum db_stmt stmt, const char *const *params,
	    db_row_f *on_row, void *arg)
{
	return run(db, stmt, params, db->options.statement_timeout_ms, on_row,
		   arg);
}

int db_exec_slow(struct db *db, enum db_stmt stmt, int timeout_ms,
		 db_row_f *on_row, void *arg)
{
	return run(db, stmt, NULL, timeout_ms, on_row, arg);
}

/* ---- many runs in one round trip (libpq pipeline mode) ---- */

static int send_many(struct db *db, const struct db_many *m)
{
	int err = send_stmt(db, DB_BEGIN, NULL);

	for (size_t i = 0; i < m->count && err >= 0; i++)
		err = send_stmt(db, m->stmt, m->params_of(i, m->arg));
	if (err >= 0)
		err = send_stmt(db, DB_COMMIT, NULL);
	if (err >= 0 && !PQpipelineSync(db->conn))
		err = lose(db, NULL);
	return err;
}

struct many_outcome {
	size_t at; /* statement whose results come now; 0: BEGIN */
	bool done;
	int err;
	size_t failed;
};

static void take_one(struct db *db, const struct db_many *m, const PGresult *r,
		     struct many_outcome *o)
{
	int err = 0;

	switch (PQresultStatus(r)) {
	case PGRES_PIPELINE_SYNC:
		o->done = true;
		return;
	case PGRES_TUPLES_OK:
		if (m->on_row && o->err >= 0)
			err = give_rows(r, m->on_row, m->arg);
		break;
	case PGRES_COMMAND_OK:
	case PGRES_PIPELINE_ABORTED:
		break;
	default:
		err = refuse(db, r);
		break;
	}
	if (err < 0 && o->err >= 0) {
		o->err = err;
		o->failed = o->at > 0 ? o->at - 1 : 0;
	}
}

static int take_many(struct db *db, const struct db_many *m, size_t *ret_failed)
{
	struct many_outcome o = { 0 };

	while (!o.done) {
		int64_t until = deadline(db->options.statement_timeout_ms);
		PGresult *r;
		int n = next_result(db, until, &r);

		if (n < 0)
			return n;
		if (!r) {
			if (++o.at > m->count + 2)
				return lose(db, "a pipeline without an end");
			continue;
		}
		take_one(db, m, r, &o);
		PQclear(r);
		if (!db->conn)
			return -ENOTCONN;
	}
	if (o.err < 0)
		*ret_failed = o.failed;
	return o.err;
}

int db_exec_many(struct db *db, const struct db_many *m, size_t *ret_failed)
{
	int err;

	if (!db->conn)
		return -ENOTCONN;
	if (!PQenterPipelineMode(db->conn))
		return lose(db, NULL);
	err = send_many(db, m);
	if (err >= 0)
		err = take_many(db, m, ret_failed);
	if (!db->conn)
		return err;
	if (!PQexitPipelineMode(db->conn))
		return lose(db, NULL);
	if (err < 0) {
		char why[ERROR_SIZE];

		memcpy(why, db->error, sizeof(why));
		if (db_exec(db, DB_ROLLBACK, NULL, NULL, NULL) < 0)
			db_disconnect(db);
		set_error(db, why);
	}
	return err;
}

/* ---- NOTIFY ---- */

static int take_notifies(struct db *db)
{
	PGnotify *n;
	int count = 0;

	while ((n = PQnotifies(db->conn)) != NULL) {
		PQfreemem(n);
		count++;
	}
	return count;
}

int db_wait(struct db *db, int timeout_ms)
{
	int n;

	if (!db->conn)
		return -ENOTCONN;
	n = take_notifies(db);
	if (n > 0)
		return n;
	n = stop_wait(db->options.stop, PQsocket(db->conn), timeout_ms);
	if (n <= 0)
		return n;
	if (!PQconsumeInput(db->conn))
		return lose(db, NULL);
	return take_notifies(db);
}
