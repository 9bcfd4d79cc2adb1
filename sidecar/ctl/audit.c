/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * audit: what an emergency call would stumble over.
 *
 * A check is a statement of sql_audit.def; all rows have the same columns.
 * Those that are shown are kept, so that the first line can say how many there
 * are of each level.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ctl/ctl.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     100000

enum level { LEVEL_CRITICAL, LEVEL_WARNING, LEVEL_NOTE, LEVELS };
static const char *const levels[LEVELS] = { "critical", "warning", "note" };

enum column {
	COLUMN_LEVEL,
	COLUMN_ENTITY,
	COLUMN_ID,
	COLUMN_ORGANIZATION,
	COLUMN_NAME,
	COLUMN_PROBLEM,
	COLUMN_CONSEQUENCE,
	COLUMNS,
};
static const char *const columns[COLUMNS] = {
	"level", "entity",  "id",          "organization",
	"name",  "problem", "consequence",
};

static const struct check {
	const char *name;
	enum db_stmt stmt;
	bool compares_areas; /* of all PSAPs: takes long, and is no tenant's */
} checks[] = {
	{ "unprovisioned", DB_AUDIT_UNPROVISIONED, false },
	{ "unreachable", DB_AUDIT_UNREACHABLE, false },
	{ "down", DB_AUDIT_DOWN, false },
	{ "held", DB_AUDIT_HELD, false },
	{ "pool_small", DB_AUDIT_POOL_SMALL, false },
	{ "pool_short", DB_AUDIT_POOL_SHORT, false },
	{ "elin_in_use", DB_AUDIT_ELIN_IN_USE, false },
	{ "overlap", DB_AUDIT_OVERLAP, false },
	{ "certificate", DB_AUDIT_CERTIFICATE, false },
	{ "area_missing", DB_AUDIT_AREA_MISSING, false },
	{ "ali", DB_AUDIT_ALI, false },
	{ "area_nearest", DB_AUDIT_AREA_NEAREST, false },
	{ "area_overlap", DB_AUDIT_AREA_OVERLAP, true },
	{ "area_gap", DB_AUDIT_AREA_GAP, true },
};

struct finding {
	const struct check *check;
	char *column[COLUMNS]; /* owned; NULL: SQL's NULL */
};

struct audit {
	struct ctl *ctl;
	const struct check *check; /* that runs now */
	struct finding *findings;  /* owned */
	size_t count, size;
	uint64_t limit;         /* kept of each check and level */
	uint64_t kept[LEVELS];  /* of the check that runs now */
	uint64_t found[LEVELS]; /* of all */
	bool compares_areas;
	char *organization; /* owned; NULL: all */
};

static void audit_fini(struct audit *a)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t c = 0; c < COLUMNS; c++)
			free(a->findings[i].column[c]);
	free(a->findings);
	free(a->organization);
}

/* ---- asking ---- */

static char *copy(struct text t)
{
	char *s = malloc(t.len + 1);

	if (!s)
		return NULL;
	if (t.len)
		memcpy(s, t.p, t.len);
	s[t.len] = '\0';
	return s;
}

static int grow(struct audit *a)
{
	size_t size = a->size ? 2 * a->size : 64;
	struct finding *more;

	if (a->count < a->size)
		return 0;
	more = realloc(a->findings, size * sizeof(*more));
	if (!more)
		return -ENOMEM;
	a->findings = more;
	a->size = size;
	return 0;
}

static int level_of(struct text t)
{
	for (int i = 0; i < LEVELS; i++)
		if (text_equal(t, text_of(levels[i])))
			return i;
	return -EPROTO;
}

static int on_finding(const struct db_row *row, void *arg)
{
	struct audit *a = arg;
	int level = level_of(db_text(row, COLUMN_LEVEL));
	struct finding *f;

	if (level < 0)
		return level;
	a->found[level]++;
	if (a->kept[level] == a->limit)
		return 0;
	if (grow(a) < 0)
		return -ENOMEM;
	a->kept[level]++;
	f = &a->findings[a->count++];
	*f = (struct finding){ .check = a->check };
	for (size_t c = 0; c < COLUMNS; c++) {
		if (db_is_null(row, c))
			continue;
		f->column[c] = copy(db_text(row, c));
		if (!f->column[c])
			return -ENOMEM;
	}
	return 0;
}

static int on_organization(const struct db_row *row, void *arg)
{
	struct audit *a = arg;

	free(a->organization);
	a->organization = copy(db_text(row, 0));
	return a->organization ? 0 : -ENOMEM;
}

static enum ctl_exit find_organization(struct audit *a, struct db *db)
{
	const char *said = a->ctl->args.option[CTL_OPT_audit_organization];
	int err;

	if (!said)
		return CTL_OK;
	err = db_exec(db, DB_AUDIT_ORGANIZATION, &said, on_organization, a);
	if (err < 0)
		return ctl_db_failed(a->ctl, err);
	if (a->organization)
		return CTL_OK;
	ctl_fail("there is no organisation '%s'", said);
	return CTL_UNKNOWN;
}

static enum ctl_exit ask(struct audit *a)
{
	enum ctl_exit status;
	struct db *db;

	status = ctl_connect(a->ctl, &db);
	if (status == CTL_OK)
		status = find_organization(a, db);
	for (size_t i = 0; i < ARRAY_SIZE(checks) && status == CTL_OK; i++) {
		const char *const params[] = { a->organization };
		int err;

		if (checks[i].compares_areas && !a->compares_areas)
			continue;
		a->check = &checks[i];
		memset(a->kept, 0, sizeof(a->kept));
		err = db_exec(db, a->check->stmt, params, on_finding, a);
		if (err < 0)
			status = ctl_db_failed(a->ctl, err);
	}
	return status;
}

static enum ctl_exit verdict(const struct audit *a)
{
	if (a->found[LEVEL_CRITICAL])
		return CTL_CRITICAL;
	return a->found[LEVEL_WARNING] ? CTL_FINDINGS : CTL_OK;
}

/* ---- telling ---- */

static int finding_json(const struct finding *f, struct json **ret)
{
	int err = json_new(ret);

	if (err >= 0)
		err = json_put_text(*ret, "check", text_of(f->check->name));
	for (size_t c = 0; c < COLUMNS && err >= 0; c++) {
		if (!f->column[c])
			err = json_put_null(*ret, columns[c]);
		else if (c == COLUMN_ID)
			err = json_put_u64(*ret, columns[c],
					   strtoull(f->column[c], NULL, 10));
		else
			err = json_put_text(*ret, columns[c],
					    text_of(f->column[c]));
	}
	return err;
}

static int audit_json(const struct audit *a, struct json *all)
{
	int err = json_put_list(all, "findings");

	for (size_t i = 0; i < LEVELS && err >= 0; i++)
		err = json_put_u64(all, levels[i], a->found[i]);
	for (size_t i = 0; i < a->count && err >= 0; i++) {
		struct json *one = NULL;

		err = finding_json(&a->findings[i], &one);
		if (err >= 0)
			err = json_add_object(all, "findings", one);
		one = json_free(one);
	}
	if (err >= 0)
		err = json_put_bool(all, "areas_compared", a->compares_areas);
	if (err >= 0)
		err = json_put_u64(all, "status", verdict(a));
	return err;
}

static enum ctl_exit tell_json(const struct audit *a)
{
	struct json *all = NULL;
	int err = json_new(&all);
	enum ctl_exit status;

	if (err >= 0)
		err = audit_json(a, all);
	status = ctl_print_json(all, err);
	all = json_free(all);
	return status == CTL_OK ? verdict(a) : status;
}

/* Width of a column in bytes, within reason. */
static int width(const struct audit *a, enum column c)
{
	size_t widest = 0;

	for (size_t i = 0; i < a->count; i++) {
		const char *s = a->findings[i].column[c];
		size_t len = s ? strlen(s) : 1;

		if (len > widest)
			widest = len;
	}
	return widest > 40 ? 40 : (int)widest;
}

static void print_cell(const char *s, int columns_wide)
{
	struct text t = text_of(s ? s : "-");

	ctl_print_text(stdout, t);
	(void)printf("%*s  ",
		     t.len < (size_t)columns_wide ? columns_wide - (int)t.len
						  : 0,
		     "");
}

static void print_level(const struct audit *a, enum level level)
{
	static const enum column cells[] = { COLUMN_LEVEL, COLUMN_ENTITY,
					     COLUMN_NAME, COLUMN_ORGANIZATION };
	int widths[ARRAY_SIZE(cells)];

	for (size_t c = 0; c < ARRAY_SIZE(cells); c++)
		widths[c] = width(a, cells[c]);
	for (size_t i = 0; i < a->count; i++) {
		const struct finding *f = &a->findings[i];

		if (level_of(text_of(f->column[COLUMN_LEVEL])) != (int)level)
			continue;
		for (size_t c = 0; c < ARRAY_SIZE(cells); c++)
			print_cell(f->column[cells[c]], widths[c]);
		ctl_print_text(stdout, text_of(f->column[COLUMN_PROBLEM]));
		(void)printf(": ");
		ctl_print_text(stdout, text_of(f->column[COLUMN_CONSEQUENCE]));
		(void)putchar('\n');
	}
}

static enum ctl_exit tell_text(const struct audit *a)
{
	static const char *const words[] = { [CTL_OK] = "OK",
					     [CTL_FINDINGS] = "WARNING",
					     [CTL_CRITICAL] = "CRITICAL" };
	uint64_t all = 0;

	(void)printf("E911 %s: %" PRIu64 " critical, %" PRIu64
		     " warnings, %" PRIu64 " notes%s\n",
		     words[verdict(a)], a->found[LEVEL_CRITICAL],
		     a->found[LEVEL_WARNING], a->found[LEVEL_NOTE],
		     a->compares_areas ? "" : "; areas were not compared");
	for (int level = 0; level < LEVELS; level++) {
		print_level(a, (enum level)level);
		all += a->found[level];
	}
	if (a->count < all)
		(void)printf("%" PRIu64 " more are not shown: --limit\n",
			     all - a->count);
	return verdict(a);
}

enum ctl_exit ctl_run_audit(struct ctl *ctl)
{
	struct audit a = {
		.ctl = ctl,
		.compares_areas =
			!ctl_is_given(&ctl->args, CTL_OPT_audit_quick) &&
			!ctl_is_given(&ctl->args, CTL_OPT_audit_organization),
	};
	enum ctl_exit status;

	if (ctl_number(ctl, CTL_OPT_audit_limit, 0, LIMIT_MAX, LIMIT_DEFAULT,
		       &a.limit) < 0)
		return CTL_UNKNOWN;
	status = ask(&a);
	if (status == CTL_OK)
		status = ctl_is_given(&ctl->args, CTL_OPT_audit_json)
				 ? tell_json(&a)
				 : tell_text(&a);
	audit_fini(&a);
	return status;
}
