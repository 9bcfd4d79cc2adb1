/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import: a file of users, locations, ... into the system of record.
 *
 * What would change or has changed goes to stdout, what is wrong with the file
 * to stderr, a line each: FILE:LINE: column N (NAME): reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "provision/provision.h"

#define HEADINGS_FILE        "/etc/e911/import-headings.conf"
#define PROBLEMS_MAX_DEFAULT 100
#define CHANGES_MAX_DEFAULT  20
#define SHOWN_MAX            1000000

struct import_command {
	struct ctl *ctl;
	const char *file; /* name for people */
	int fd;
	bool shows_progress, shown_progress;
	/* What would change, kept back until it is known that it can. */
	FILE *changes; /* owned */
	char *changes_text;
	size_t changes_len;
	uint64_t change_count, changes_max;
	char reason[512];
};

/* ---- what is told on the way ---- */

static void end_progress(struct import_command *c)
{
	if (c->shown_progress)
		(void)fputs("\r\033[K", stderr);
	c->shown_progress = false;
}

static void on_problem(void *arg, const struct provision_problem *p)
{
	struct import_command *c = arg;

	end_progress(c);
	(void)fprintf(stderr, "%s:", c->file);
	if (p->line)
		(void)fprintf(stderr, "%s%" PRIu64 ":",
			      p->is_feature ? " feature " : "", p->line);
	if (p->cell)
		(void)fprintf(stderr, " column %zu", p->cell);
	if (*p->column)
		(void)fprintf(stderr, p->cell ? " (%s)" : " %s", p->column);
	if (p->cell || *p->column)
		(void)fputc(':', stderr);
	(void)fputc(' ', stderr);
	ctl_print_text(stderr, text_of(p->reason));
	(void)fputc('\n', stderr);
}

static void on_change(void *arg, const struct provision_change *p)
{
	static const char signs[] = { [PROVISION_ADD] = '+',
				      [PROVISION_CHANGE] = '~',
				      [PROVISION_REMOVE] = '-' };
	struct import_command *c = arg;

	c->change_count++;
	(void)fprintf(c->changes, "%c ", signs[p->action]);
	if (p->line)
		(void)fprintf(c->changes, "%s %" PRIu64 ": ",
			      p->is_feature ? "feature" : "line", p->line);
	ctl_print_text(c->changes, text_of(p->name));
	if (*p->what) {
		(void)fputs("  ", c->changes);
		ctl_print_text(c->changes, text_of(p->what));
	}
	(void)fputc('\n', c->changes);
}

static void on_note(void *arg, const char *text)
{
	end_progress(arg);
	(void)fputs("note: ", stderr);
	ctl_print_text(stderr, text_of(text));
	(void)fputc('\n', stderr);
}

static void on_progress(void *arg, enum provision_phase phase, uint64_t done,
			uint64_t total)
{
	static const char *const names[] = {
		[PROVISION_READING] = "reading",
		[PROVISION_COMPARING] = "comparing",
		[PROVISION_WRITING] = "writing",
	};
	struct import_command *c = arg;

	if (!c->shows_progress)
		return;
	c->shown_progress = true;
	if (total)
		(void)fprintf(stderr, "\r\033[K%s %" PRIu64 " %%", names[phase],
			      done * 100 / total);
	else
		(void)fprintf(stderr, "\r\033[K%s %" PRIu64 " MB", names[phase],
			      done >> 20);
}

static ssize_t read_file(void *arg, char *buf, size_t size)
{
	const struct import_command *c = arg;
	ssize_t n;

	do
		n = read(c->fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* ---- what was asked for ---- */

static int open_file(struct import_command *c, const char *name,
		     uint64_t *ret_size)
{
	struct stat st;

	c->file = name;
	if (strcmp(name, "-") == 0) {
		c->file = "stdin";
		c->fd = STDIN_FILENO;
		return 0;
	}
	c->fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (c->fd < 0 || fstat(c->fd, &st) < 0) {
		ctl_fail("%s: %s", name, strerror(errno));
		return -EINVAL;
	}
	*ret_size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	return 0;
}

/* The operator's headings: the file that was said, or the usual one if it is
 * there. */
static int read_headings(const struct ctl *ctl, struct heading_file **ret)
{
	const char *said = ctl->args.option[CTL_OPT_import_headings];
	const char *name = said ? said : HEADINGS_FILE;
	char error[HEADER_ERROR_SIZE] = "out of memory";
	FILE *in = fopen(name, "re");
	int err;

	if (!in && (said || errno != ENOENT)) {
		ctl_fail("%s: %s", name, strerror(errno));
		return -EINVAL;
	}
	if (!in)
		return 0;
	err = heading_file_read(ret, in, name, error);
	(void)fclose(in);
	if (err)
		ctl_fail("%s", err == -EIO ? strerror(EIO) : error);
	return err;
}

static int settle(struct import_command *c, struct provision_request *r)
{
	const char *const *said = c->ctl->args.option;
	const char *encoding = said[CTL_OPT_import_encoding];
	int kind = file_kind_find(text_of(c->ctl->args.operand[0]));
	uint64_t percent;

	if (kind < 0) {
		ctl_fail("import: '%s' is no kind of file: users, locations, "
			 "stations, ranges, elins, access_points, switches, "
			 "ports, sites, psaps, boundaries, msag, "
			 "addresses or coverage",
			 c->ctl->args.operand[0]);
		return -EINVAL;
	}
	r->kind = (enum file_kind)kind;
	r->conninfo = c->ctl->conninfo;
	r->organization = said[CTL_OPT_import_organization];
	r->columns = said[CTL_OPT_import_columns];
	r->replace = said[CTL_OPT_import_replace] != NULL;
	r->confirmed = said[CTL_OPT_import_confirm] != NULL;
	r->dry_run = said[CTL_OPT_import_dry_run] != NULL;
	r->mend = said[CTL_OPT_import_mend] != NULL;
	(void)snprintf(c->reason, sizeof(c->reason), "e911ctl import %s %s",
		       file_kind_name(r->kind), c->ctl->args.operand[1]);
	r->reason = c->reason;
	r->read = read_file;
	r->read_arg = c;
	if (encoding) {
		int e = csv_encoding_find(text_of(encoding));

		if (e < 0) {
			ctl_fail("import: encoding '%s' is not known: utf-8 "
				 "or windows-1252",
				 encoding);
			return -EINVAL;
		}
		r->encoding = (enum csv_encoding)e;
	}
	if (ctl_number(c->ctl, CTL_OPT_import_mend_percent, 0, 100,
		       PROVISION_MEND_PERCENT, &percent) < 0)
		return -EINVAL;
	r->mend_percent = (unsigned)percent;
	if (ctl_number(c->ctl, CTL_OPT_import_errors, 1, SHOWN_MAX,
		       PROBLEMS_MAX_DEFAULT, &r->problems_max) < 0 ||
	    ctl_number(c->ctl, CTL_OPT_import_changes, 0, SHOWN_MAX,
		       CHANGES_MAX_DEFAULT, &r->changes_max) < 0)
		return -EINVAL;
	c->changes_max = r->changes_max;
	return open_file(c, c->ctl->args.operand[1], &r->size_bytes);
}

/* ---- what came of it ---- */

static void print_changes(const struct import_command *c,
			  const struct provision_result *r)
{
	uint64_t all = r->added + r->changed + r->removed;

	(void)fflush(c->changes);
	(void)fwrite(c->changes_text, 1, c->changes_len, stdout);
	if (c->changes_max && c->change_count < all)
		(void)printf("... and %" PRIu64 " more\n",
			     all - c->change_count);
}

static void print_summary(const struct provision_request *q,
			  const struct provision_result *r)
{
	(void)printf("%s: %" PRIu64 " rows; %" PRIu64 " added, %" PRIu64
		     " changed, %" PRIu64 " removed",
		     file_kind_name(q->kind), r->rows, r->added, r->changed,
		     r->removed);
	if (r->unlocated)
		(void)printf(", %" PRIu64 " lose their %s", r->unlocated,
			     q->kind == FILE_PSAPS ? "area" : "location");
	(void)fputs(r->is_stored ? "\n" : " (not stored)\n", stdout);
}

static enum ctl_exit conclude(struct import_command *c,
			      const struct provision_request *q,
			      const struct provision_result *r, int err)
{
	end_progress(c);
	if (!err || err == -ECANCELED) {
		print_changes(c, r);
		print_summary(q, r);
	}
	if (!err)
		return CTL_OK;
	if (r->problems > q->problems_max)
		(void)fprintf(stderr, "%s: and %" PRIu64 "%s more problems\n",
			      c->file, r->problems - q->problems_max,
			      r->problems_are_all ? "" : " or");
	ctl_fail("%s: %s%s", c->file, r->error,
		 err == -ECANCELED ? " (--confirm)" : "");
	return err == -EINVAL || err == -ECANCELED ? CTL_FINDINGS : CTL_UNKNOWN;
}

enum ctl_exit ctl_run_import(struct ctl *ctl)
{
	struct import_command c = { .ctl = ctl, .fd = -1 };
	const struct provision_report report = {
		.problem = on_problem,
		.change = on_change,
		.note = on_note,
		.progress = on_progress,
		.arg = &c,
	};
	struct provision_request request = { 0 };
	struct provision_result result;
	struct heading_file *headings = NULL;
	enum ctl_exit status = CTL_UNKNOWN;

	c.shows_progress = isatty(STDERR_FILENO);
	c.changes = open_memstream(&c.changes_text, &c.changes_len);
	if (!c.changes) {
		ctl_fail("%s", strerror(errno));
		return status;
	}
	if (settle(&c, &request) == 0 && read_headings(ctl, &headings) == 0) {
		int err;

		request.headings = headings;
		err = provision_import(&request, &report, &result);
		status = conclude(&c, &request, &result, err);
	}
	heading_file_free(headings);
	(void)fclose(c.changes);
	free(c.changes_text);
	if (c.fd > STDIN_FILENO)
		(void)close(c.fd);
	return status;
}
