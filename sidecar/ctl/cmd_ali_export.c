/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali export: what a provider has to be told, as a file in its layout.
 *
 * The file is written beside its name, synced and renamed, and then the
 * transaction that marks the records as sent is committed.  Whatever ends in
 * between: the records are pending, and come again with the same cycle.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctl/cmd_ali.h"

#define PATH_SIZE 1024

struct export
{
	struct ali_party party;
	struct ali_writer writer;
	const char *wanted_path; /* borrowed; a file, or a directory */
	char path[PATH_SIZE], part[PATH_SIZE + 8];
	char cycle[16];
	FILE *out;     /* owned */
	bool is_there; /* part is */
};

static int put(void *arg, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, arg) == len ? 0 : -errno;
}

static int open_file(struct export *e)
{
	struct stat st;
	int n;

	if (stat(e->wanted_path, &st) == 0 && S_ISDIR(st.st_mode))
		n = snprintf(e->path, PATH_SIZE, "%s/%s-%06lu.dat",
			     e->wanted_path, e->party.name,
			     strtoul(e->cycle, NULL, 10));
	else
		n = snprintf(e->path, PATH_SIZE, "%s", e->wanted_path);
	if (n < 0 || n >= PATH_SIZE)
		return -ENAMETOOLONG;
	(void)snprintf(e->part, sizeof(e->part), "%s.part", e->path);
	e->out = fopen(e->part, "wbe");
	e->is_there = e->out != NULL;
	return e->out ? 0 : -errno;
}

static int begin(struct export *e, struct text cycle)
{
	struct ali_values header = { .value = { [ALI_COMPANY_NAME] = text_of(
							e->party.company),
						[ALI_CYCLE_COUNTER] = cycle } };
	struct ali_remarks remarks;
	time_t now = time(NULL);
	struct tm day;
	int err;

	if (text_to_cstr(cycle, e->cycle, sizeof(e->cycle)) < 0 ||
	    !gmtime_r(&now, &day))
		return -EPROTO;
	err = open_file(e);
	if (err < 0)
		return err;
	e->writer = (struct ali_writer){ .layout = e->party.layout,
					 .write = put,
					 .arg = e->out };
	return ali_writer_begin(&e->writer, &header, &day, &remarks);
}

/* The fields that PostgreSQL has, and what is of this sending. */
static int add(struct export *e, const struct db_row *row,
	       const struct json *content)
{
	const struct ali_position *p = NULL;
	struct ali_values v = { 0 };
	struct ali_remarks remarks;
	struct text number = db_text(row, 0);
	int err;

	if (number.len != 12)
		return -EPROTO;
	while ((p = ali_position_next(e->party.layout, ALI_DATA, p)))
		v.value[p->field] =
			json_text(content, ali_field_name(p->field));
	v.value[ALI_NPA] = text_make(number.p + 2, 3);
	v.value[ALI_CALLING_NUMBER] = text_make(number.p + 5, 7);
	v.value[ALI_FUNCTION_CODE] = db_text(row, 1);
	v.value[ALI_ORDER_NUMBER] = db_text(row, 2);
	err = ali_writer_add(&e->writer, &v, &remarks);
	if (err == -EINVAL)
		ctl_fail(
			"the record of %.*s does not fit layout %s: wait until "
			"e911d has derived it anew",
			(int)number.len, number.p, e->party.layout->name);
	return err;
}

/* number, function, order_number, cycle, content */
static int on_record(const struct db_row *row, void *arg)
{
	struct export *e = arg;
	struct json *content = NULL;
	const char *why;
	int err = e->out ? 0 : begin(e, db_text(row, 3));

	if (err >= 0)
		err = json_parse(&content, db_text(row, 4), &why);
	if (err >= 0)
		err = add(e, row, content);
	content = json_free(content);
	return err;
}

/* All of it on disk, under its name. */
static int finish(struct export *e)
{
	struct ali_remarks remarks;
	int err = ali_writer_end(&e->writer, &remarks);

	if (err >= 0 && (fflush(e->out) != 0 || fsync(fileno(e->out)) < 0))
		err = -errno;
	if (fclose(e->out) != 0 && err >= 0)
		err = -errno;
	e->out = NULL;
	if (err >= 0 && rename(e->part, e->path) < 0)
		err = -errno;
	if (err >= 0)
		e->is_there = false;
	return err;
}

static int write_all(struct export *e, struct db *db, bool keep)
{
	int err = db_exec(db, DB_BEGIN, NULL, NULL, NULL);

	if (err >= 0)
		err = db_exec(db, DB_ALI_TAKE, &e->party.name, on_record, e);
	if (err < 0)
		return err;
	if (!e->out) /* nothing: no file, and no cycle is used */
		return db_exec(db, DB_ROLLBACK, NULL, NULL, NULL);
	err = finish(e);
	if (err < 0)
		return err;
	return db_exec(db, keep ? DB_COMMIT : DB_ROLLBACK, NULL, NULL, NULL);
}

enum ctl_exit ali_export(struct ctl *ctl, struct db *db)
{
	static struct export e;
	bool is_dry = ctl_is_given(&ctl->args, CTL_OPT_ali_dry_run);
	enum ctl_exit found = ali_party_find(ctl, db, &e.party);
	int err;

	if (found != CTL_OK)
		return found;
	e.wanted_path = ctl->args.operand[2];
	err = write_all(&e, db, !is_dry);
	if (e.out)
		(void)fclose(e.out);
	if (e.is_there)
		(void)unlink(e.part);
	if (err == -ENOTCONN || err == -EPROTO)
		return ctl_db_failed(ctl, err);
	if (err < 0) {
		ctl_fail("%s: %s", *e.path ? e.path : e.wanted_path,
			 strerror(-err));
		return CTL_UNKNOWN;
	}
	if (!*e.path)
		(void)printf("nothing is to be sent\n");
	else
		(void)printf("%s: %" PRIu64 " records, cycle %s%s\n", e.path,
			     e.writer.count, e.cycle,
			     is_dry ? ", not marked as sent" : "");
	return CTL_OK;
}
