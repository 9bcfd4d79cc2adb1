/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calls, call, report: what calls there were, and what there is, in tables. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/table.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000000

/* Names and ids of PostgreSQL that are asked for again. */
struct found {
	char *text; /* owned; the first one */
	size_t count;
};

static int on_found(const struct db_row *row, void *arg)
{
	struct found *f = arg;
	struct text t = db_text(row, 0);

	if (f->count++)
		return 0;
	f->text = strndup(t.p, t.len);
	return f->text ? 0 : -ENOMEM;
}

/* ---- what they share ---- */

static enum ctl_exit form_of(const struct ctl *ctl, enum ctl_option json,
			     enum ctl_option csv, enum table_form *ret)
{
	bool is_json = ctl_is_given(&ctl->args, json);
	bool is_csv = ctl_is_given(&ctl->args, csv);

	if (is_json && is_csv) {
		ctl_fail("--json and --csv do not go together");
		return CTL_UNKNOWN;
	}
	*ret = is_json ? TABLE_JSON : is_csv ? TABLE_CSV : TABLE_TEXT;
	return CTL_OK;
}

static enum ctl_exit connect_in_utc(struct ctl *ctl, struct db **ret)
{
	enum ctl_exit status = ctl_connect(ctl, ret);
	int err;

	if (status != CTL_OK)
		return status;
	err = db_exec(*ret, DB_REPORT_UTC, NULL, NULL, NULL);
	return err < 0 ? ctl_db_failed(ctl, err) : CTL_OK;
}

/* The organisation's name; ret->text stays NULL when none was said. */
static enum ctl_exit find_organization(const struct ctl *ctl, struct db *db,
				       const char *said, struct found *ret)
{
	int err;

	if (!said)
		return CTL_OK;
	err = db_exec(db, DB_AUDIT_ORGANIZATION, &said, on_found, ret);
	if (err < 0)
		return ctl_db_failed(ctl, err);
	if (ret->text)
		return CTL_OK;
	ctl_fail("there is no organisation '%s'", said);
	return CTL_UNKNOWN;
}

/* What params[0] says is an organisation's name or id. */
static enum ctl_exit tell(struct ctl *ctl, enum db_stmt stmt,
			  const char **params, struct table *table)
{
	struct found organization = { 0 };
	enum ctl_exit status;
	struct db *db;

	status = connect_in_utc(ctl, &db);
	if (status == CTL_OK)
		status = find_organization(ctl, db, params[0], &organization);
	if (status == CTL_OK) {
		int err;

		params[0] = organization.text;
		err = db_exec(db, stmt, params, table_row, table);
		status = err < 0 ? ctl_db_failed(ctl, err) : table_print(table);
	}
	free(organization.text);
	return status;
}

/* ---- calls ---- */

static bool is_outcome(const char *said)
{
	static const char *const known[] = { "answered", "cancelled", "failed",
					     "refused", "going_on" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i], said) == 0)
			return true;
	return false;
}

enum ctl_exit ctl_run_calls(struct ctl *ctl)
{
	const char *const *said = ctl->args.option;
	const char *outcome = said[CTL_OPT_calls_outcome];
	const struct table_head head = table_head_of("list");
	struct table *table = NULL;
	enum ctl_exit status;
	enum table_form form;
	char limit[24];
	uint64_t n;

	if (ctl_number(ctl, CTL_OPT_calls_limit, 1, LIMIT_MAX, LIMIT_DEFAULT,
		       &n) < 0)
		return CTL_UNKNOWN;
	if (outcome && !is_outcome(outcome)) {
		ctl_fail("'%s' is no outcome: answered, cancelled, failed, "
			 "refused or going_on",
			 outcome);
		return CTL_UNKNOWN;
	}
	status = form_of(ctl, CTL_OPT_calls_json, CTL_OPT_calls_csv, &form);
	if (status != CTL_OK)
		return status;
	(void)snprintf(limit, sizeof(limit), "%" PRIu64, n);
	if (table_new(&table, form, &head, "calls") < 0) {
		ctl_fail("%s", strerror(ENOMEM));
		return CTL_UNKNOWN;
	}
	status = tell(ctl, DB_CALLS,
		      (const char *[]){ said[CTL_OPT_calls_organization],
					said[CTL_OPT_calls_since],
					said[CTL_OPT_calls_until], outcome,
					limit },
		      table);
	table = table_free(table);
	return status;
}

/* ---- report ---- */

enum report_time { REPORT_NOW, REPORT_SINCE, REPORT_SPAN };

#define REPORT(n, s, t, h) \
	{ .name = #n, .stmt = DB_##s, .time = REPORT_##t, .help = (h) },
#define COLUMN(report, name, type)
static const struct report {
	const char *name;
	enum db_stmt stmt;
	enum report_time time;
	const char *help;
} reports[] = {
#include "ctl/report.def"
};
#undef REPORT
#undef COLUMN

static const struct report *report_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++)
		if (strcmp(reports[i].name, name) == 0)
			return &reports[i];
	ctl_fail("there is no report '%s'; there are:", name);
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++)
		(void)fprintf(stderr, "  %-14s %s\n", reports[i].name,
			      reports[i].help);
	return NULL;
}

enum ctl_exit ctl_run_report(struct ctl *ctl)
{
	const char *const *said = ctl->args.option;
	const struct report *report = report_find(ctl->args.operand[0]);
	const char *params[] = { said[CTL_OPT_report_organization],
				 said[CTL_OPT_report_since],
				 said[CTL_OPT_report_until] };
	struct table *table = NULL;
	struct table_head head;
	enum ctl_exit status;
	enum table_form form;

	if (!report)
		return CTL_UNKNOWN;
	if (report->time == REPORT_NOW && (params[1] || params[2])) {
		ctl_fail("report %s shows what there is now: it has no time",
			 report->name);
		return CTL_UNKNOWN;
	}
	if (report->time == REPORT_SINCE && params[2]) {
		ctl_fail("report %s goes on until now: it has no --until",
			 report->name);
		return CTL_UNKNOWN;
	}
	status = form_of(ctl, CTL_OPT_report_json, CTL_OPT_report_csv, &form);
	if (status != CTL_OK)
		return status;
	head = table_head_of(report->name);
	if (table_new(&table, form, &head, report->name) < 0) {
		ctl_fail("%s", strerror(ENOMEM));
		return CTL_UNKNOWN;
	}
	status = tell(ctl, report->stmt, params, table);
	table = table_free(table);
	return status;
}

/* ---- call ---- */

struct one {
	const struct table_head *head;
	struct json *json; /* owned; NULL: as text */
};

static int on_call(const struct db_row *row, void *arg)
{
	const struct one *o = arg;
	struct json *call = NULL;
	int err;

	if (row->count != o->head->count)
		return -EPROTO;
	if (!o->json) {
		table_print_record(o->head, row);
		(void)putchar('\n');
		return 0;
	}
	err = json_new(&call);
	if (err >= 0)
		err = table_put_record(o->head, row, call);
	if (err >= 0)
		err = json_put_object(o->json, "call", call);
	call = json_free(call);
	return err;
}

static int on_step(const struct db_row *row, void *arg)
{
	const struct one *o = arg;
	struct json *step = NULL;
	int err = json_new(&step);

	if (err >= 0)
		err = table_put_record(o->head, row, step);
	if (err >= 0)
		err = json_add_object(o->json, "timeline", step);
	step = json_free(step);
	return err;
}

static int tell_json(struct db *db, const char *id)
{
	const struct table_head columns = table_head_of("calls");
	const struct table_head steps = table_head_of("steps");
	struct one o = { .head = &columns };
	int err = json_new(&o.json);

	if (err >= 0)
		err = db_exec(db, DB_CALL_ONE, &id, on_call, &o);
	if (err >= 0)
		err = json_put_list(o.json, "timeline");
	o.head = &steps;
	if (err >= 0)
		err = db_exec(db, DB_CALL_STEPS, &id, on_step, &o);
	if (err >= 0 && ctl_print_json(o.json, 0) != CTL_OK)
		err = -ENOMEM;
	o.json = json_free(o.json);
	return err;
}

static int tell_table(struct db *db, const char *id, enum table_form form)
{
	const struct table_head columns = table_head_of("calls");
	const struct table_head steps = table_head_of("steps");
	struct one o = { .head = &columns };
	struct table *table = NULL;
	int err = table_new(&table, form, &steps, "timeline");

	if (err >= 0 && form == TABLE_TEXT)
		err = db_exec(db, DB_CALL_ONE, &id, on_call, &o);
	if (err >= 0)
		err = db_exec(db, DB_CALL_STEPS, &id, table_row, table);
	if (err >= 0 && table_print(table) != CTL_OK)
		err = -ENOMEM;
	table = table_free(table);
	return err;
}

static enum ctl_exit tell_call(struct ctl *ctl, struct db *db,
			       const struct found *call, enum table_form form)
{
	int err;

	if (call->count > 1)
		(void)fprintf(stderr,
			      "e911ctl: %zu calls fit; this is the latest "
			      "(--at tells which)\n",
			      call->count);
	err = form == TABLE_JSON ? tell_json(db, call->text)
				 : tell_table(db, call->text, form);
	return err < 0 ? ctl_db_failed(ctl, err) : CTL_OK;
}

enum ctl_exit ctl_run_call(struct ctl *ctl)
{
	const char *params[] = { ctl->args.operand[0],
				 ctl->args.option[CTL_OPT_call_at] };
	struct found call = { 0 };
	enum ctl_exit status;
	enum table_form form;
	struct db *db;
	int err;

	status = form_of(ctl, CTL_OPT_call_json, CTL_OPT_call_csv, &form);
	if (status == CTL_OK)
		status = connect_in_utc(ctl, &db);
	if (status != CTL_OK)
		return status;
	err = db_exec(db, DB_CALL_FIND, params, on_found, &call);
	if (err < 0) {
		status = ctl_db_failed(ctl, err);
	} else if (!call.text) {
		ctl_fail("there is no call '%s'%s%s", params[0],
			 params[1] ? " at " : "", params[1] ? params[1] : "");
		status = CTL_UNKNOWN;
	} else {
		status = tell_call(ctl, db, &call, form);
	}
	free(call.text);
	return status;
}
