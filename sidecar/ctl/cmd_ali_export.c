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
#include <unistd.h>

#include "ali/outgoing.h"
#include "ctl/cmd_ali.h"

#define PATH_SIZE 1024

struct export
{
	struct ali_party party;
	struct ali_outgoing rows;
	const char *wanted_path; /* borrowed; a file, or a directory */
	char path[PATH_SIZE], part[PATH_SIZE + 8];
	FILE *out;     /* owned */
	bool is_there; /* part is */
};

static int put(void *arg, const char *bytes, size_t len)
{
	struct export *e = arg;

	return fwrite(bytes, 1, len, e->out) == len ? 0 : -errno;
}

static int open_file(void *arg, const char *cycle)
{
	struct export *e = arg;
	struct stat st;
	int n;

	if (stat(e->wanted_path, &st) == 0 && S_ISDIR(st.st_mode))
		n = snprintf(e->path, PATH_SIZE, "%s/%s-%06lu.dat",
			     e->wanted_path, e->party.name,
			     strtoul(cycle, NULL, 10));
	else
		n = snprintf(e->path, PATH_SIZE, "%s", e->wanted_path);
	if (n < 0 || n >= PATH_SIZE)
		return -ENAMETOOLONG;
	(void)snprintf(e->part, sizeof(e->part), "%s.part", e->path);
	e->out = fopen(e->part, "wbe");
	e->is_there = e->out != NULL;
	return e->out ? 0 : -errno;
}

/* All of it on disk, under its name. */
static int finish(struct export *e)
{
	int err = ali_outgoing_end(&e->rows);

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
		err = db_exec(db, DB_ALI_TAKE, &e->party.name, ali_outgoing_row,
			      &e->rows);
	if (e->rows.misfit[0])
		ctl_fail("the record of %s does not fit layout %s: wait until "
			 "e911d has derived it anew",
			 e->rows.misfit, e->party.layout->name);
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
	e.rows = (struct ali_outgoing){ .layout = e.party.layout,
					.company = e.party.company,
					.begin = open_file,
					.write = put,
					.arg = &e };
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
			     e.rows.writer.count, e.rows.cycle,
			     is_dry ? ", not marked as sent" : "");
	return CTL_OK;
}
