/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import_store: from the temporary tables into those of the gateway, in one
 * transaction.
 *
 * Everything was checked before.  What the database refuses nevertheless (a
 * rule that only it knows, a change of somebody else meanwhile) is brought back
 * to its line: a batch that fails is taken back to its savepoint and tried in
 * halves, until the lines are found that fail alone.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "provision/import_run.h"

#define BATCH_LINES 20000

/* ---- what the database says ---- */

#define CONSTRAINT(n, c, r) { #n, #c, (r) },
static const struct {
	const char *name, *column, *reason;
} constraints[] = {
#include "provision/constraint.def"
};
#undef CONSTRAINT

/* "location_psap_exists" says it: constraints are named so. */
static void say_name(const struct session_refusal *why, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s",
		       *why->constraint ? why->constraint : why->message);
	for (char *p = buf; *why->constraint && *p; p++)
		if (*p == '_')
			*p = ' ';
}

static void tell_refusal(struct import *im, int64_t line)
{
	const struct session_refusal *why = session_refusal(im->session);
	char reason[SESSION_ERROR_SIZE + 64];
	struct provision_problem problem = {
		.line = (uint64_t)line,
		.is_feature = im->is_geojson,
		.column = "",
		.reason = reason,
	};

	say_name(why, reason, sizeof(reason));
	for (size_t i = 0; i < ARRAY_SIZE(constraints); i++) {
		if (strcmp(constraints[i].name, why->constraint) != 0)
			continue;
		problem.column = constraints[i].column;
		problem.reason = constraints[i].reason;
	}
	for (size_t i = 0; !im->is_geojson && i < im->header.count; i++)
		if (im->header.column[i] >= 0 &&
		    strcmp(column_name((enum column)im->header.column[i]),
			   problem.column) == 0)
			problem.cell = i + 1;
	import_tell(im, &problem);
}

/* Data exception, constraint, a trigger's RAISE: the rows are at fault. */
static bool is_of_rows(const struct import *im)
{
	const char *state = session_refusal(im->session)->sqlstate;

	return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 ||
	       strncmp(state, "P0", 2) == 0;
}

/* ---- a batch ---- */

static int64_t run_step(struct import *im, const struct step *step,
			int64_t after, int64_t up_to)
{
	struct session_params p = import_params(im, after, up_to);

	return session_run(im->session, step->sql, &p, NULL, NULL);
}

/* Rows, or negative; with -EPROTO the savepoint was gone back to. */
static int64_t try_lines(struct import *im, const struct step *step,
			 int64_t after, int64_t up_to)
{
	int err = session_script(im->session, "SAVEPOINT import_batch");
	int64_t n;

	if (err)
		return err;
	n = run_step(im, step, after, up_to);
	if (n >= 0)
		return session_script(im->session,
				      "RELEASE SAVEPOINT import_batch") < 0
			       ? -EPROTO
			       : n;
	if (n == -EPROTO && is_of_rows(im))
		return session_script(im->session,
				      "ROLLBACK TO SAVEPOINT import_batch; "
				      "RELEASE SAVEPOINT import_batch") < 0
			       ? -ENOTCONN
			       : n;
	return n;
}

/*
 * The lines of a batch that failed, in halves.  What succeeds stays: the other
 * half may be wrong only together with it.
 */
struct halves {
	int64_t after, up_to;
};

static int find_lines(struct import *im, const struct step *step, int64_t after,
		      int64_t up_to)
{
	struct halves stack[2 * 64] = { { after, up_to } };
	size_t depth = 1;

	while (depth) {
		struct halves h = stack[--depth];
		int64_t n = try_lines(im, step, h.after, h.up_to), mid;

		if (n >= 0)
			continue;
		if (n != -EPROTO || !is_of_rows(im))
			return import_fail_sql(im, (int)n);
		if (im->told >= im->request->problems_max) {
			im->result->problems_are_all = false;
			return 0;
		}
		if (h.up_to - h.after == 1) {
			tell_refusal(im, h.up_to);
			continue;
		}
		mid = h.after + (h.up_to - h.after) / 2;
		stack[depth++] = (struct halves){ mid, h.up_to };
		stack[depth++] = (struct halves){ h.after, mid };
	}
	return 0;
}

static int run_batches(struct import *im, const struct step *step,
		       uint64_t *ret_rows)
{
	int64_t last = (int64_t)im->last_line;

	for (int64_t after = 0; after < last; after += BATCH_LINES) {
		int64_t up_to =
			after + BATCH_LINES < last ? after + BATCH_LINES : last;
		int64_t n = try_lines(im, step, after, up_to);

		if (n == -EPROTO && is_of_rows(im)) {
			int err = find_lines(im, step, after, up_to);

			if (err || !im->result->problems_are_all)
				return err;
			n = 0;
		}
		if (n < 0)
			return import_fail_sql(im, (int)n);
		*ret_rows += (uint64_t)n;
		import_progress(im, PROVISION_WRITING, (uint64_t)up_to,
				(uint64_t)last);
	}
	return 0;
}

static int run_whole(struct import *im, const struct step *step,
		     uint64_t *ret_rows)
{
	int64_t n = try_lines(im, step, 0, INT64_MAX);

	if (n == -EPROTO && is_of_rows(im)) {
		tell_refusal(im, 0);
		return 0;
	}
	if (n < 0)
		return import_fail_sql(im, (int)n);
	*ret_rows += (uint64_t)n;
	return 0;
}

/* ---- all of them ---- */

static int run_steps(struct import *im)
{
	const struct provision_result *r = im->result;
	uint64_t rows[4] = { 0 };

	for (const struct step *s = im->kind->store; s->sql; s++) {
		int err = 0;

		if (s->columns && !(s->columns & im->header.present))
			continue;
		err = s->by_line ? run_batches(im, s, &rows[s->counts])
				 : run_whole(im, s, &rows[s->counts]);
		if (err)
			return err;
		/* What follows would fail of what is missing. */
		if (r->problems)
			return 0;
	}
	if (rows[STEP_ADDS] == r->added && rows[STEP_CHANGES] == r->changed &&
	    rows[STEP_REMOVES] == r->removed)
		return 0;
	return import_fail(im, -EAGAIN,
			   "somebody changed the same meanwhile: nothing was "
			   "changed, try again");
}

static int commit(struct import *im)
{
	int err = session_script(im->session, "COMMIT");

	if (err == -ENOTCONN)
		return import_fail(im, err,
				   "the connection was lost while the import "
				   "was committed: it is stored whole or not "
				   "at all; run it again, which does no harm");
	if (err)
		return import_fail_sql(im, err);
	im->result->is_stored = true;
	return 0;
}

/* Why, for whoever reads the history of changes. */
static int say_reason(struct import *im)
{
	struct session_params p = { .text = im->request->reason };
	int64_t n = session_run(im->session,
				"SELECT set_config('e911.reason', $6, true) "
				"WHERE $6 IS NOT NULL",
				&p, NULL, NULL);

	return n < 0 ? import_fail_sql(im, (int)n) : 0;
}

int import_store(struct import *im)
{
	int err = session_script(im->session, "BEGIN");

	if (err)
		return import_fail_sql(im, err);
	err = say_reason(im);
	if (!err)
		err = run_steps(im);
	if (!err && !im->result->problems && !im->request->dry_run)
		return commit(im);
	if (session_script(im->session, "ROLLBACK") < 0 && !err)
		err = import_fail_sql(im, -ENOTCONN);
	return err;
}
