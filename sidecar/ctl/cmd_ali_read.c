/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ali import-errors, ali verify: files of a provider. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ali/answers.h"
#include "ctl/cmd_ali.h"

#define BAD_SHOWN     20
#define ALI_TOLD_SIZE 300

/* ---- a file, line by line ---- */

struct reading {
	struct ctl *ctl;
	struct db *db;
	struct ali_party party;
	struct ali_reader reader;
	size_t bad;     /* lines that are none */
	uint64_t *seen; /* owned; numbers, without the plus */
	size_t seen_count, seen_size;
	size_t equal, differing, not_ours, missing;
};

typedef int line_f(struct reading *r, const struct ali_read_line *line,
		   const char *number);

static void tell_bad(struct reading *r)
{
	if (r->bad++ < BAD_SHOWN)
		ctl_fail("line %" PRIu64 ": %s", r->reader.line,
			 r->reader.reason);
}

static int each_line(struct reading *r, FILE *in, size_t behind,
		     line_f *on_line)
{
	struct ali_read_line line;
	char number[ALI_NUMBER_SIZE];
	int got, err = 0;

	ali_reader_init(&r->reader, r->party.layout, behind, ali_read_stdio,
			in);
	while (err >= 0 && (got = ali_reader_next(&r->reader, &line)) != 0) {
		if (got == -EBADMSG)
			tell_bad(r);
		else if (got < 0)
			err = got;
		else if (line.kind == ALI_DATA &&
			 ali_number_of(&line.values, number) >= 0)
			err = on_line(r, &line, number);
	}
	return err;
}

static enum ctl_exit read_file(struct reading *r, size_t behind,
			       line_f *on_line)
{
	const char *path = r->ctl->args.operand[2];
	FILE *in = fopen(path, "rbe");
	int err = in ? each_line(r, in, behind, on_line) : -errno;

	if (in)
		(void)fclose(in);
	if (err == -ENOTCONN || err == -EPROTO)
		return ctl_db_failed(r->ctl, err);
	if (err >= 0)
		return CTL_OK;
	ctl_fail("%s: %s", path, strerror(-err));
	return CTL_UNKNOWN;
}

/* ---- import-errors ---- */

static void print_answered(void *arg, const struct ali_answered *a)
{
	(void)arg;
	(void)printf("%s %s %s: %s; %s\n", a->number, a->code, a->state,
		     a->e ? a->e->meaning : "not a code that is known",
		     a->e ? a->e->advice : "ask the provider what it means");
}

static void print_bad(void *arg, const struct ali_reader *r)
{
	size_t *told = arg;

	if ((*told)++ < BAD_SHOWN)
		ctl_fail("line %" PRIu64 ": %s", r->line, r->reason);
}

enum ctl_exit ali_import_errors(struct ctl *ctl, struct db *db)
{
	static struct ali_answers a;
	const char *path = ctl->args.operand[2];
	char text[ALI_TOLD_SIZE];
	struct ali_party party;
	size_t told = 0;
	enum ctl_exit done = ali_party_find(ctl, db, &party);
	FILE *in = done == CTL_OK ? fopen(path, "rbe") : NULL;
	int err = in ? 0 : -errno;

	if (done != CTL_OK)
		return done;
	a = (struct ali_answers){ .db = db,
				  .provider = party.name,
				  .layout = party.layout,
				  .error_code_start = party.error_code_start,
				  .on_answered = print_answered,
				  .on_bad = print_bad,
				  .arg = &told };
	if (in) {
		err = ali_answers_read(&a, ali_read_stdio, in);
		(void)fclose(in);
	}
	ali_answers_tell(&a, text, sizeof(text));
	(void)printf("%s\n", text);
	if (err == -ENOTCONN || err == -EPROTO)
		return ctl_db_failed(ctl, err);
	if (err < 0) {
		ctl_fail("%s: %s", path, strerror(-err));
		return CTL_UNKNOWN;
	}
	return a.rejected || a.locked || a.bad || a.without_code || a.unknown
		       ? CTL_FINDINGS
		       : CTL_OK;
}

/* ---- verify ---- */

static int see(struct reading *r, const char *number)
{
	if (r->seen_count == r->seen_size) {
		size_t size = r->seen_size ? 2 * r->seen_size : 1024;
		uint64_t *more = realloc(r->seen, size * sizeof(*more));

		if (!more)
			return -ENOMEM;
		r->seen = more;
		r->seen_size = size;
	}
	r->seen[r->seen_count++] = strtoull(number + 1, NULL, 10);
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int put_values(struct json *j, const struct ali_layout *layout,
		      const struct ali_values *v)
{
	const struct ali_position *p = NULL;
	int err = 0;

	while (err >= 0 && (p = ali_position_next(layout, ALI_DATA, p)))
		if (p->field != ALI_FUNCTION_CODE && v->value[p->field].len)
			err = json_put_text(j, ali_field_name(p->field),
					    v->value[p->field]);
	return err;
}

struct comparison {
	struct reading *r;
	const char *number;
	bool found;
};

/* fields that differ; NULL: none */
static int on_compared(const struct db_row *row, void *arg)
{
	struct comparison *c = arg;

	c->found = true;
	if (db_is_null(row, 0)) {
		c->r->equal++;
		return 0;
	}
	c->r->differing++;
	(void)printf("%s differs: ", c->number);
	ctl_print_text(stdout, db_text(row, 0));
	(void)putchar('\n');
	return 0;
}

static int on_verified_line(struct reading *r, const struct ali_read_line *line,
			    const char *number)
{
	struct comparison c = { .r = r, .number = number };
	struct json *j = NULL;
	char *text = NULL;
	int err = see(r, number);

	if (err >= 0)
		err = json_new(&j);
	if (err >= 0)
		err = put_values(j, r->party.layout, &line->values);
	if (err >= 0)
		err = json_format(j, &text);
	if (err >= 0)
		err = db_exec(r->db, DB_ALI_COMPARE,
			      (const char *[]){ r->party.name, number, text },
			      on_compared, &c);
	free(text);
	j = json_free(j);
	if (err >= 0 && !c.found) {
		r->not_ours++;
		(void)printf("%s is there, and should not be\n", number);
	}
	return err;
}

static int on_ours(const struct db_row *row, void *arg)
{
	struct reading *r = arg;
	char number[24];
	uint64_t n;

	if (text_to_cstr(db_text(row, 0), number, sizeof(number)) < 0)
		return -EPROTO;
	n = strtoull(number + 1, NULL, 10);
	if (r->seen_count &&
	    bsearch(&n, r->seen, r->seen_count, sizeof(n), compare))
		return 0;
	r->missing++;
	(void)printf("%s is missing\n", number);
	return 0;
}

enum ctl_exit ali_verify(struct ctl *ctl, struct db *db)
{
	static struct reading r;
	enum ctl_exit done = ali_party_find(ctl, db, &r.party);
	int err;

	if (done != CTL_OK)
		return done;
	r.ctl = ctl;
	r.db = db;
	done = read_file(&r, 0, on_verified_line);
	if (done == CTL_OK) {
		if (r.seen_count)
			qsort(r.seen, r.seen_count, sizeof(*r.seen), compare);
		err = db_exec(db, DB_ALI_OURS, &r.party.name, on_ours, &r);
		if (err < 0)
			done = ctl_db_failed(ctl, err);
	}
	free(r.seen);
	(void)printf("%zu equal, %zu differ, %zu missing, %zu that should not "
		     "be there; %zu lines unread\n",
		     r.equal, r.differing, r.missing, r.not_ours, r.bad);
	if (done != CTL_OK)
		return done;
	return r.differing || r.missing || r.not_ours || r.bad ? CTL_FINDINGS
							       : CTL_OK;
}
