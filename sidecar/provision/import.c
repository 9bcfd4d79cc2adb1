/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import: the order in which things are done, for every kind of file.
 *
 *	connect, make the temporary tables      nothing of it is seen outside
 *	read the file, COPY its rows            import_rows.c
 *	compare with what is there, check
 *	write, in one transaction               import_store.c
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "provision/import_run.h"

static const struct kind *const kinds[FILE_KIND_COUNT] = {
	[FILE_USERS] = &kind_users,
	[FILE_LOCATIONS] = &kind_locations,
	[FILE_STATIONS] = &kind_stations,
	[FILE_RANGES] = &kind_ranges,
	[FILE_PSAPS] = &kind_psaps,
	[FILE_ELINS] = &kind_elins,
	[FILE_BOUNDARIES] = &kind_boundaries,
	[FILE_ACCESS_POINTS] = &kind_access_points,
	[FILE_SWITCHES] = &kind_switches,
	[FILE_PORTS] = &kind_ports,
	[FILE_SITES] = &kind_sites,
	[FILE_MSAG] = &kind_msag,
	[FILE_ADDRESSES] = &kind_addresses,
	[FILE_COVERAGE] = &kind_coverage,
};

int import_fail(struct import *im, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(im->result->error, PROVISION_ERROR_SIZE, fmt, ap);
	va_end(ap);
	return err;
}

int import_fail_sql(struct import *im, int err)
{
	const struct session_refusal *why = session_refusal(im->session);

	if (err != -EPROTO && err != -ENOTCONN)
		return import_fail(im, err, "%s", strerror(-err));
	return import_fail(im, err, "PostgreSQL: %s%s%s", why->message,
			   *why->detail ? ": " : "", why->detail);
}

int import_refuse(struct import *im)
{
	return import_fail(im, -EINVAL,
			   "%" PRIu64 "%s problem%s: nothing was "
			   "changed",
			   im->result->problems,
			   im->result->problems_are_all ? "" : " or more",
			   im->result->problems == 1 &&
					   im->result->problems_are_all
				   ? ""
				   : "s");
}

void import_tell(struct import *im, const struct provision_problem *problem)
{
	const struct provision_report *r = im->report;

	im->result->problems++;
	if (im->told >= im->request->problems_max)
		return;
	im->told++;
	if (r->problem)
		r->problem(r->arg, problem);
}

void import_note(struct import *im, const char *fmt, ...)
{
	char text[PROVISION_ERROR_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (im->report->note)
		im->report->note(im->report->arg, text);
}

void import_progress(struct import *im, enum provision_phase phase,
		     uint64_t done, uint64_t total)
{
	if (im->report->progress)
		im->report->progress(im->report->arg, phase, done, total);
}

struct session_params import_params(const struct import *im, int64_t after,
				    int64_t up_to)
{
	return (struct session_params){
		.columns = im->columns,
		.replace = im->request->replace,
		.after = after,
		.up_to = up_to,
		.limit = (int64_t)(im->request->problems_max - im->told),
		.text = im->kind->word      ? im->kind->word
			: im->request->mend ? im->mend
					    : NULL,
	};
}

static bool is_wanted(const struct import *im, uint64_t columns)
{
	return columns == 0 || columns & im->header.present;
}

/* ---- before the file ---- */

static int open_session(struct import *im)
{
	int err = session_open(&im->session, im->request->conninfo);

	if (err == -ENOMEM)
		return import_fail(im, err, "out of memory");
	if (!err)
		err = organizations_load(&im->organizations, im->session);
	return err ? import_fail_sql(im, err) : 0;
}

static int find_organization(struct import *im)
{
	const char *name = im->request->organization;
	int err;

	if (!name)
		return 0;
	if (im->kind->is_of_gateway) {
		import_note(im, "PSAPs are the whole gateway's: the "
				"organisation is not asked for");
		return 0;
	}
	err = organizations_find(im->organizations, text_of(name),
				 &im->organization);
	if (err == -EEXIST)
		return import_fail(im, -ENOENT,
				   "several organisations are called '%s': "
				   "say its UUID",
				   name);
	if (err)
		return import_fail(im, err, "there is no organisation '%s'",
				   name);
	return 0;
}

/* Everybody who imports, one after the other: two files of one organisation
 * would each be compared with what the other one is about to change. */
static int lock(struct import *im)
{
	static const struct session_params none = { 0 };
	int64_t n = session_run(im->session,
				"SELECT 1 WHERE pg_try_advisory_lock(911, 1)",
				&none, NULL, NULL);

	if (n == 0) {
		import_note(im, "another import is going on: waiting for it");
		n = session_run(im->session, "SELECT pg_advisory_lock(911, 1)",
				&none, NULL, NULL);
	}
	return n < 0 ? import_fail_sql(im, (int)n) : 0;
}

static int make_tables(struct import *im)
{
	int err = session_script(
		im->session,
		"CREATE TEMP TABLE import_scope (organization_id bigint)");

	if (!err)
		err = session_script(im->session, im->kind->tables);
	return err ? import_fail_sql(im, err) : 0;
}

/* ---- behind it ---- */

static int fill_scope(struct import *im)
{
	struct session_params p = import_params(
		im, im->organization ? im->organization->id : 0, 0);
	int64_t n = session_run(
		im->session,
		"INSERT INTO import_scope SELECT $3 WHERE $3 > 0 UNION "
		"SELECT organization_id FROM import_row "
		"WHERE organization_id IS NOT NULL",
		&p, NULL, NULL);
	int err = n < 0 ? (int)n
			: session_script(im->session,
					 "ANALYZE import_scope, import_row");

	return err ? import_fail_sql(im, err) : 0;
}

static int compare(struct import *im)
{
	uint64_t total = 0, done = 0;

	for (const struct step *s = im->kind->compare; s->sql; s++)
		total++;
	for (const struct step *s = im->kind->compare; s->sql; s++) {
		struct session_params p = import_params(im, 0, INT64_MAX);
		int64_t n = 0;

		import_progress(im, PROVISION_COMPARING, done++, total);
		if (is_wanted(im, s->columns))
			n = session_run(im->session, s->sql, &p, NULL, NULL);
		if (n < 0)
			return import_fail_sql(im, (int)n);
	}
	import_progress(im, PROVISION_COMPARING, total, total);
	return 0;
}

struct found {
	struct import *im;
	uint64_t rows, total;
};

/* Line, column, reason, how many of them there are. */
static int on_found(void *arg, size_t count, const char *const *column)
{
	struct found *f = arg;
	struct provision_problem problem = {
		.line = column[0] ? strtoull(column[0], NULL, 10) : 0,
		.is_feature = f->im->is_geojson,
		.column = column[1] ? column[1] : "",
		.reason = column[2] ? column[2] : "",
	};
	int c = column_by_name(f->im->request->kind, text_of(problem.column));

	(void)count;
	for (size_t i = 0;
	     !f->im->is_geojson && c >= 0 && i < f->im->header.count; i++)
		if (f->im->header.column[i] == c)
			problem.cell = i + 1;
	f->rows++;
	f->total = strtoull(column[3], NULL, 10);
	import_tell(f->im, &problem);
	return 0;
}

static int run_checks(struct import *im)
{
	for (const struct check *c = im->kind->checks; c->sql; c++) {
		struct session_params p = import_params(im, 0, INT64_MAX);
		struct found f = { .im = im };
		int64_t n = 0;

		/* One at least, for the number of all. */
		if (p.limit == 0)
			p.limit = 1;
		if (is_wanted(im, c->columns))
			n = session_run(im->session, c->sql, &p, on_found, &f);
		if (n < 0)
			return import_fail_sql(im, (int)n);
		im->result->problems += f.total - f.rows;
	}
	return 0;
}

/* ---- what would change ---- */

static int on_count(void *arg, size_t count, const char *const *column)
{
	struct provision_result *r = arg;

	if (count != 5)
		return -EPROTO;
	r->added = strtoull(column[0], NULL, 10);
	r->changed = strtoull(column[1], NULL, 10);
	r->removed = strtoull(column[2], NULL, 10);
	r->unlocated = strtoull(column[3], NULL, 10);
	r->existing = strtoull(column[4], NULL, 10);
	return 0;
}

static int on_change(void *arg, size_t count, const char *const *column)
{
	struct import *im = arg;
	const struct provision_report *r = im->report;
	struct provision_change change = {
		.action = *column[0] == '+'   ? PROVISION_ADD
			  : *column[0] == '-' ? PROVISION_REMOVE
					      : PROVISION_CHANGE,
		.line = column[1] ? strtoull(column[1], NULL, 10) : 0,
		.is_feature = im->is_geojson,
		.name = column[2] ? column[2] : "",
		.what = column[3] ? column[3] : "",
	};

	(void)count;
	r->change(r->arg, &change);
	return 0;
}

static int on_note(void *arg, size_t count, const char *const *column)
{
	(void)count;
	if (column[0])
		import_note(arg, "%s", column[0]);
	return 0;
}

static int summarise(struct import *im)
{
	struct session_params p = import_params(im, 0, INT64_MAX);
	int64_t n;

	p.limit = (int64_t)im->request->changes_max;
	n = session_run(im->session, im->kind->count, &p, on_count, im->result);
	if (n >= 0 && im->report->change && im->request->changes_max)
		n = session_run(im->session, im->kind->changes, &p, on_change,
				im);
	if (n >= 0 && im->kind->notes)
		n = session_run(im->session, im->kind->notes, &p, on_note, im);
	return n < 0 ? import_fail_sql(im, (int)n) : 0;
}

/* What goes, and who has no place any more: too much of it may be a mistake. */
static int check_removal(struct import *im)
{
	const struct provision_result *r = im->result;
	uint64_t gone = r->removed + r->unlocated;

	if (im->request->confirmed || im->request->dry_run ||
	    gone * 100 <= r->existing * PROVISION_REMOVAL_PERCENT)
		return 0;
	return import_fail(im, -ECANCELED,
			   "%" PRIu64 " of %" PRIu64 " would be removed or "
			   "lose their location, more than %d %%: say that "
			   "this is meant",
			   gone, r->existing, PROVISION_REMOVAL_PERCENT);
}

/* ---- all of it ---- */

static int run(struct import *im)
{
	int err = open_session(im);

	if (!err)
		err = find_organization(im);
	if (!err)
		err = make_tables(im);
	if (!err)
		err = import_read(im);
	if (!err)
		err = lock(im);
	if (!err)
		err = fill_scope(im);
	if (!err)
		err = compare(im);
	if (!err)
		err = run_checks(im);
	if (!err && im->result->problems)
		return import_refuse(im);
	if (!err)
		err = summarise(im);
	if (!err)
		err = check_removal(im);
	if (!err)
		err = import_store(im);
	if (!err && im->result->problems)
		return import_refuse(im);
	return err;
}

int provision_import(const struct provision_request *request,
		     const struct provision_report *report,
		     struct provision_result *ret)
{
	struct import *im = calloc(1, sizeof(*im));
	int err;

	*ret = (struct provision_result){ .problems_are_all = true };
	if (!im) {
		(void)snprintf(ret->error, sizeof(ret->error), "out of memory");
		return -ENOMEM;
	}
	im->request = request;
	im->report = report;
	im->result = ret;
	im->kind = kinds[request->kind];
	(void)snprintf(im->mend, sizeof(im->mend), "%u", request->mend_percent);
	err = run(im);
	organizations_free(im->organizations);
	session_close(im->session);
	shape_free(im->shape);
	for (size_t i = 0; i < im->unknown_count; i++)
		free(im->unknown[i]);
	free(im);
	return err;
}
