/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history, undo: who changed what when, and taking it back. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ctl/ctl.h"

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     100000
#define REASON_MAX    512

enum column {
	COLUMN_CHANGE,
	COLUMN_AT,
	COLUMN_BY,
	COLUMN_ACTING_AS,
	COLUMN_APPLICATION,
	COLUMN_CLIENT,
	COLUMN_REASON,
	COLUMN_WHAT,
	COLUMN_UNDOES,
	COLUMN_UNDONE_BY,
	COLUMNS,
};
static const char *const columns[COLUMNS] = {
	"change", "changed_at", "changed_by", "acting_as", "application",
	"client", "reason",     "what",       "undoes",    "undone_by",
};

enum row_column { ROW_ENTITY, ROW_KEY, ROW_ACTION, ROW_WHAT, ROW_COLUMNS };
static const char *const row_columns[ROW_COLUMNS] = { "entity", "key", "action",
						      "what" };

struct history {
	struct ctl *ctl;
	struct json *all; /* owned; NULL: as text */
	size_t count;
};

/* ---- a change ---- */

static void say(const char *before, struct text t, const char *after)
{
	if (text_is_empty(t))
		return;
	(void)fputs(before, stdout);
	ctl_print_text(stdout, t);
	(void)fputs(after, stdout);
}

static void print_change(const struct db_row *row)
{
	say("", db_text(row, COLUMN_CHANGE), "  ");
	say("", db_text(row, COLUMN_AT), "  ");
	say("", db_text(row, COLUMN_BY), "");
	say(" as ", db_text(row, COLUMN_ACTING_AS), "");
	say(" by ", db_text(row, COLUMN_APPLICATION), "");
	say(" from ", db_text(row, COLUMN_CLIENT), "");
	say("  ", db_text(row, COLUMN_WHAT), "");
	say("  (undoes ", db_text(row, COLUMN_UNDOES), ")");
	say("  (undone by ", db_text(row, COLUMN_UNDONE_BY), ")");
	say("  \"", db_text(row, COLUMN_REASON), "\"");
	(void)putchar('\n');
}

static int put_columns(struct json *j, const struct db_row *row,
		       const char *const *names, size_t count)
{
	int err = 0;

	for (size_t c = 0; c < count && err >= 0; c++) {
		bool is_number = names == columns &&
				 (c == COLUMN_CHANGE || c == COLUMN_UNDOES ||
				  c == COLUMN_UNDONE_BY);
		uint64_t n = 0;

		if (db_is_null(row, c))
			err = json_put_null(j, names[c]);
		else if (is_number && db_u64(row, c, &n) >= 0)
			err = json_put_u64(j, names[c], n);
		else
			err = json_put_text(j, names[c], db_text(row, c));
	}
	return err;
}

static int add(struct history *h, const char *list, const struct db_row *row,
	       const char *const *names, size_t count)
{
	struct json *one = NULL;
	int err = json_new(&one);

	if (err >= 0)
		err = put_columns(one, row, names, count);
	if (err >= 0)
		err = json_add_object(h->all, list, one);
	one = json_free(one);
	return err;
}

static int on_change(const struct db_row *row, void *arg)
{
	struct history *h = arg;

	h->count++;
	if (h->all)
		return add(h, "changes", row, columns, COLUMNS);
	print_change(row);
	return 0;
}

static int on_row(const struct db_row *row, void *arg)
{
	struct history *h = arg;

	if (h->all)
		return add(h, "rows", row, row_columns, ROW_COLUMNS);
	say("  ", db_text(row, ROW_ACTION), " ");
	say("", db_text(row, ROW_ENTITY), " ");
	say("", db_text(row, ROW_KEY), ": ");
	say("", db_text(row, ROW_WHAT), "");
	(void)putchar('\n');
	return 0;
}

/* "12" as the number of a change; -EINVAL, and it was told. */
static int change_number(const char *said)
{
	struct text t = text_of(said);

	for (size_t i = 0; i < t.len; i++)
		if (!text_is_digit(t.p[i]) || t.len > 18) {
			ctl_fail("'%s' is no number of a change", said);
			return -EINVAL;
		}
	return 0;
}

/* ---- history ---- */

static enum ctl_exit ask_one(struct history *h, struct db *db,
			     const char *change, const char *limit)
{
	const char *const params[] = { change, limit };
	int err;

	err = db_exec(db, DB_HISTORY_ONE, params, on_change, h);
	if (err >= 0 && !h->count) {
		ctl_fail("there is no change %s", change);
		return CTL_UNKNOWN;
	}
	if (err >= 0)
		err = db_exec(db, DB_HISTORY_ROWS, params, on_row, h);
	return err < 0 ? ctl_db_failed(h->ctl, err) : CTL_OK;
}

static enum ctl_exit ask(struct history *h)
{
	const struct ctl_args *args = &h->ctl->args;
	const char *change = args->operand_count ? args->operand[0] : NULL;
	char limit[24];
	enum ctl_exit status;
	struct db *db;
	uint64_t n;
	int err;

	if (ctl_number(h->ctl, CTL_OPT_history_limit, 1, LIMIT_MAX,
		       LIMIT_DEFAULT, &n) < 0 ||
	    (change && change_number(change) < 0))
		return CTL_UNKNOWN;
	(void)snprintf(limit, sizeof(limit), "%" PRIu64, n);
	status = ctl_connect(h->ctl, &db);
	if (status != CTL_OK)
		return status;
	if (change)
		return ask_one(h, db, change, limit);
	err = db_exec(db, DB_HISTORY, (const char *[]){ NULL, limit },
		      on_change, h);
	return err < 0 ? ctl_db_failed(h->ctl, err) : CTL_OK;
}

enum ctl_exit ctl_run_history(struct ctl *ctl)
{
	struct history h = { .ctl = ctl };
	enum ctl_exit status = CTL_UNKNOWN;

	if (ctl_is_given(&ctl->args, CTL_OPT_history_json) &&
	    (json_new(&h.all) < 0 || json_put_list(h.all, "changes") < 0))
		ctl_fail("%s", strerror(ENOMEM));
	else
		status = ask(&h);
	if (status == CTL_OK && h.all)
		status = ctl_print_json(h.all, 0);
	h.all = json_free(h.all);
	return status;
}

/* ---- undo ---- */

static int on_undone(const struct db_row *row, void *arg)
{
	return db_u64(row, 0, arg);
}

static int undo(struct db *db, const char *change, const char *reason,
		bool dry_run, uint64_t *ret_done)
{
	int err = db_exec(db, DB_BEGIN, NULL, NULL, NULL);

	if (err >= 0 && reason)
		err = db_exec(db, DB_UNDO_REASON, &reason, NULL, NULL);
	if (err >= 0)
		err = db_exec(db, DB_UNDO, &change, on_undone, ret_done);
	/* After a failure the connection is given up, and all with it. */
	if (err >= 0)
		err = db_exec(db, dry_run ? DB_ROLLBACK : DB_COMMIT, NULL, NULL,
			      NULL);
	return err;
}

/* Refused for what it is, or for what came after it; else it was not tried. */
static enum ctl_exit refused(const struct ctl *ctl, int err)
{
	enum ctl_exit status = ctl_db_failed(ctl, err);
	enum db_refusal why = db_refusal(ctl->db);

	return err == -EPROTO && (why == DB_REFUSED_DATA ||
				  why == DB_REFUSED_FOR_NOW)
		       ? CTL_FINDINGS
		       : status;
}

enum ctl_exit ctl_run_undo(struct ctl *ctl)
{
	const char *change = ctl->args.operand[0];
	const char *reason = ctl->args.option[CTL_OPT_undo_reason];
	bool dry_run = ctl_is_given(&ctl->args, CTL_OPT_undo_dry_run);
	enum ctl_exit status;
	uint64_t done = 0;
	struct db *db;
	int err;

	if (change_number(change) < 0)
		return CTL_UNKNOWN;
	if (reason && strlen(reason) > REASON_MAX) {
		ctl_fail("--reason: at most %d bytes", REASON_MAX);
		return CTL_UNKNOWN;
	}
	status = ctl_connect(ctl, &db);
	if (status != CTL_OK)
		return status;
	err = undo(db, change, reason, dry_run, &done);
	if (err < 0)
		return refused(ctl, err);
	if (dry_run)
		(void)printf("change %s can be undone; nothing was changed\n",
			     change);
	else
		(void)printf("change %s is undone, by change %" PRIu64 "\n",
			     change, done);
	return CTL_OK;
}
