/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ali: records of numbers, and what providers are sent and answer. */
#include "ctl/cmd_ali.h"

#include <errno.h>
#include <string.h>

#include "ali/error.h"
#include "ctl/table.h"

/* ---- what the parts share ---- */

/* layout, company_name, error_code_start */
static int on_party(const struct db_row *row, void *arg)
{
	struct ali_party *p = arg;
	uint64_t start;

	p->layout = ali_layout_find(db_text(row, 0));
	if (!p->layout || db_u64(row, 2, &start) < 0 ||
	    text_to_cstr(db_text(row, 1), p->company, sizeof(p->company)) < 0)
		return -EPROTO;
	p->error_code_start = (size_t)start;
	p->found++;
	return 0;
}

enum ctl_exit ali_party_find(struct ctl *ctl, struct db *db,
			     struct ali_party *ret)
{
	int err;

	*ret = (struct ali_party){ .name = ctl->args.operand[1] };
	err = db_exec(db, DB_ALI_PARTY, &ret->name, on_party, ret);
	if (err < 0)
		return ctl_db_failed(ctl, err);
	if (ret->found)
		return CTL_OK;
	ctl_fail("there is no ALI provider '%s'", ret->name);
	return CTL_UNKNOWN;
}

ssize_t ali_read_stdio(void *arg, char *buf, size_t size)
{
	size_t n = fread(buf, 1, size, arg);

	return n || !ferror(arg) ? (ssize_t)n : -EIO;
}

/* ---- status ---- */

struct status {
	struct table *table; /* owned */
	bool has_findings;
	size_t rows;
};

static int on_status(const struct db_row *row, void *arg)
{
	struct status *s = arg;

	s->has_findings |= !text_equal(db_text(row, 1), text_of("accepted"));
	return table_row(row, s->table);
}

static enum ctl_exit status(struct ctl *ctl, struct db *db)
{
	const struct table_head head = table_head_of("ali_status");
	const char *provider =
		ctl->args.operand_count > 1 ? ctl->args.operand[1] : NULL;
	struct status s = { .table = NULL };
	enum ctl_exit exit = CTL_UNKNOWN;
	enum table_form form = ctl_is_given(&ctl->args, CTL_OPT_ali_json)
				       ? TABLE_JSON
				       : TABLE_TEXT;
	int err = table_new(&s.table, form, &head, "records");

	if (err < 0) {
		ctl_fail("%s", strerror(-err));
		return CTL_UNKNOWN;
	}
	err = db_exec(db, DB_REPORT_UTC, NULL, NULL, NULL);
	if (err >= 0)
		err = db_exec(db, DB_ALI_STATUS, &provider, on_status, &s);
	if (err < 0)
		exit = ctl_db_failed(ctl, err);
	else
		exit = table_print(s.table);
	s.table = table_free(s.table);
	return exit == CTL_OK && s.has_findings ? CTL_FINDINGS : exit;
}

/* ---- deliveries ---- */

static const char *provider_of(const struct ctl *ctl)
{
	return ctl->args.operand_count > 1 ? ctl->args.operand[1] : NULL;
}

static int on_delivery(const struct db_row *row, void *arg)
{
	struct status *s = arg;

	s->has_findings |= !db_is_null(row, 9) || !db_is_null(row, 11);
	s->rows++;
	return table_row(row, s->table);
}

static enum ctl_exit deliveries(struct ctl *ctl, struct db *db)
{
	const struct table_head head = table_head_of("ali_deliveries");
	const char *provider = provider_of(ctl);
	struct status s = { .table = NULL };
	enum ctl_exit exit = CTL_OK;
	bool is_json = ctl_is_given(&ctl->args, CTL_OPT_ali_json);
	int err = table_new(&s.table, is_json ? TABLE_JSON : TABLE_TEXT, &head,
			    "deliveries");

	if (err < 0) {
		ctl_fail("%s", strerror(-err));
		return CTL_UNKNOWN;
	}
	err = db_exec(db, DB_ALI_DELIVERY_STATUS, &provider, on_delivery, &s);
	if (err < 0)
		exit = ctl_db_failed(ctl, err);
	else if (s.rows || is_json)
		exit = table_print(s.table);
	s.table = table_free(s.table);
	return exit == CTL_OK && s.has_findings ? CTL_FINDINGS : exit;
}

static enum ctl_exit records_and_deliveries(struct ctl *ctl, struct db *db)
{
	enum ctl_exit records = status(ctl, db), files = CTL_OK;

	/* JSON is one object: deliveries are asked for by their name. */
	if (records != CTL_UNKNOWN &&
	    !ctl_is_given(&ctl->args, CTL_OPT_ali_json))
		files = deliveries(ctl, db);
	return files == CTL_OK ? records : files;
}

static int on_pushed(const struct db_row *row, void *arg)
{
	size_t *told = arg;

	(*told)++;
	ctl_print_text(stdout, db_text(row, 0));
	(void)fputs(": what is due goes now\n", stdout);
	return 0;
}

static enum ctl_exit push(struct ctl *ctl, struct db *db)
{
	const char *provider = provider_of(ctl);
	size_t told = 0;
	int err = db_exec(db, DB_ALI_PUSH_NOW, &provider, on_pushed, &told);

	if (err >= 0)
		err = db_exec(db, DB_ALI_FETCH_NOW, &provider, NULL, NULL);
	if (err < 0)
		return ctl_db_failed(ctl, err);
	if (told)
		return CTL_OK;
	if (provider)
		ctl_fail("e911d delivers nothing to '%s'", provider);
	else
		ctl_fail("e911d delivers nothing to anybody");
	return CTL_UNKNOWN;
}

/* ---- what is said of one number, or of many ---- */

static int on_word(const struct db_row *row, void *arg)
{
	return text_to_cstr(db_text(row, 0), arg, 24);
}

static enum ctl_exit request(struct ctl *ctl, struct db *db)
{
	const char *const *o = ctl->args.operand;
	char state[24] = "";
	int err = db_exec(db, DB_ALI_REQUEST,
			  (const char *[]){ o[1], o[2], o[0] }, on_word, state);

	if (err < 0)
		return ctl_db_failed(ctl, err);
	if (strcmp(state, "unknown") == 0) {
		ctl_fail("%s has no record of %s", o[1], o[2]);
		return CTL_UNKNOWN;
	}
	(void)printf("%s: %s\n", o[2], state);
	return CTL_OK;
}

static enum ctl_exit accept_rest(struct ctl *ctl, struct db *db)
{
	const char *const *o = ctl->args.operand;
	struct ali_party party;
	char count[24] = "";
	enum ctl_exit found = ali_party_find(ctl, db, &party);
	int err;

	if (found != CTL_OK)
		return found;
	err = db_exec(db, DB_ALI_ACCEPT_REST, (const char *[]){ o[1], o[2] },
		      on_word, count);
	if (err < 0)
		return ctl_db_failed(ctl, err);
	(void)printf("%s records accepted\n", count);
	return CTL_OK;
}

static enum ctl_exit check(struct ctl *ctl, struct db *db)
{
	char count[24] = "";
	int err = db_exec(db, DB_ALI_CHECK, NULL, on_word, count);

	if (err < 0)
		return ctl_db_failed(ctl, err);
	(void)printf("%s numbers are looked at anew\n", count);
	return CTL_OK;
}

/* ---- codes ---- */

static enum ctl_exit codes(struct ctl *ctl, struct db *db)
{
	const char *one =
		ctl->args.operand_count > 1 ? ctl->args.operand[1] : NULL;
	const struct ali_error *e;
	size_t told = 0;

	(void)db;
	for (size_t i = 0; (e = ali_error_get(i)); i++) {
		if (one && strcmp(one, e->code) != 0)
			continue;
		told++;
		(void)printf("%s  %s\n     %s\n", e->code, e->meaning,
			     e->advice);
	}
	if (told)
		return CTL_OK;
	ctl_fail("no code '%s' is known: ask the provider", one);
	return CTL_FINDINGS;
}

/* ---- which ---- */

static const struct {
	const char *name;
	size_t operands_min, operands_max; /* with the name */
	bool asks_database;
	enum ctl_exit (*run)(struct ctl *ctl, struct db *db);
	const char *operands;
} parts[] = {
	{ "status", 1, 2, true, records_and_deliveries, "[PROVIDER]" },
	{ "deliveries", 1, 2, true, deliveries, "[PROVIDER]" },
	{ "push", 1, 2, true, push, "[PROVIDER]" },
	{ "export", 3, 3, true, ali_export, "PROVIDER FILE" },
	{ "import-errors", 3, 3, true, ali_import_errors, "PROVIDER FILE" },
	{ "accept", 3, 3, true, accept_rest, "PROVIDER CYCLE" },
	{ "verify", 3, 3, true, ali_verify, "PROVIDER FILE" },
	{ "resend", 3, 3, true, request, "PROVIDER NUMBER" },
	{ "migrate", 3, 3, true, request, "PROVIDER NUMBER" },
	{ "unlock", 3, 3, true, request, "PROVIDER NUMBER" },
	{ "clear", 3, 3, true, request, "PROVIDER NUMBER" },
	{ "check", 1, 1, true, check, "" },
	{ "codes", 1, 2, false, codes, "[CODE]" },
};

enum ctl_exit ctl_run_ali(struct ctl *ctl)
{
	const char *name = ctl->args.operand[0];
	size_t count = ctl->args.operand_count;
	enum ctl_exit connected = CTL_OK;
	struct db *db = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strcmp(name, parts[i].name) != 0)
			continue;
		if (count < parts[i].operands_min ||
		    count > parts[i].operands_max) {
			ctl_fail("ali %s takes %s", name,
				 *parts[i].operands ? parts[i].operands
						    : "nothing more");
			return CTL_UNKNOWN;
		}
		if (parts[i].asks_database)
			connected = ctl_connect(ctl, &db);
		return connected == CTL_OK ? parts[i].run(ctl, db) : connected;
	}
	ctl_fail("there is no 'ali %s'", name);
	return CTL_UNKNOWN;
}
