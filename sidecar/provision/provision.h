/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * provision: files of users, stations, locations, ranges, ELINs, PSAPs and
 * their areas into the system of record, and out of it.
 *
 * A library: it prints nothing and ends nothing.  What it has to say it tells
 * the caller's functions, so that a command and a web service can use it.
 *
 * All or nothing: a file with one bad row changes nothing, and all its bad
 * rows are told.  The rows are copied into temporary tables, compared there
 * with what is provisioned, and written in one transaction.  Memory does not
 * grow with the file.
 */
#pragma once

#include <stdio.h>

#include "provision/column.h"
#include "provision/csv.h"
#include "provision/header.h"

/* What is wrong with a row. */
struct provision_problem {
	uint64_t line;      /* 0: of no line */
	bool is_feature;    /* it is the number of a feature */
	size_t cell;        /* from 1; 0: of the row */
	const char *column; /* name; "" if none */
	const char *reason; /* in words */
};

enum provision_action {
	PROVISION_ADD,
	PROVISION_CHANGE,
	PROVISION_REMOVE,
};

struct provision_change {
	enum provision_action action;
	uint64_t line;    /* 0: not in the file */
	bool is_feature;  /* as above */
	const char *name; /* of the thing */
	const char *what; /* "extension 4102 -> 4110"; "" if nothing to say */
};

enum provision_phase {
	PROVISION_READING,   /* bytes */
	PROVISION_COMPARING, /* steps */
	PROVISION_WRITING,   /* lines */
};

/* Each may be NULL.  Texts are valid during the call. */
struct provision_report {
	void (*problem)(void *arg, const struct provision_problem *problem);
	void (*change)(void *arg, const struct provision_change *change);
	void (*note)(void *arg, const char *text);
	void (*progress)(void *arg, enum provision_phase phase, uint64_t done,
			 uint64_t total);
	void *arg;
};

#define PROVISION_ERROR_SIZE      640
#define PROVISION_MEND_PERCENT    1 /* what is usual */
#define PROVISION_REMOVAL_PERCENT 5 /* more than that wants a confirmation */

struct provision_request {
	const char *conninfo; /* libpq's; "" for its environment */
	enum file_kind kind;
	const char *organization; /* name or UUID; NULL: each row says it */
	const char *columns;      /* names of a file without header; or NULL */
	const struct heading_file *headings; /* the operator's; or NULL */
	enum csv_encoding encoding;
	bool replace;          /* what the file does not have is removed */
	bool confirmed;        /* however much that is */
	bool dry_run;          /* do it all, and take it back */
	bool mend;             /* areas that are invalid, unless ... */
	unsigned mend_percent; /* ... more than this of their size changes */
	uint64_t problems_max, changes_max; /* so many are told one by one */
	csv_read_f *read;
	void *read_arg;
	uint64_t size_bytes; /* of the file, for the progress; 0: unknown */
	const char *reason;  /* for the history of changes; or NULL */
};

struct provision_result {
	uint64_t rows;         /* of the file, without its header */
	uint64_t problems;     /* of all, also those that were not told */
	bool problems_are_all; /* false: looking for more was given up */
	uint64_t added, changed, removed;
	uint64_t unlocated; /* of 'changed': have no location any more */
	uint64_t existing;  /* before, of this kind */
	bool is_stored;
	char error[PROVISION_ERROR_SIZE]; /* why, with a negative result */
};

/*
 * 0: stored, or with dry_run it could be.  -EINVAL: the file has problems.
 * -ECANCELED: too much would go without 'confirmed'.  -ENOENT: there is no
 * such organisation.  -EAGAIN: somebody changed the same meanwhile.
 * -ENOTCONN, -EPROTO: PostgreSQL; others: of read, or memory.  But for
 * -ENOTCONN while it is being stored (error says so) nothing has changed.
 */
int must_check provision_import(const struct provision_request *request,
				const struct provision_report *report,
				struct provision_result *ret);

struct provision_export {
	const char *conninfo; /* as above */
	enum file_kind kind;
	const char *organization; /* NULL: all, with a column that says which */
	bool as_features;         /* GeoJSON, of what has areas; else CSV */
};

/*
 * Write what is provisioned as a file that provision_import() takes, and finds
 * nothing to change in.  Errors as above; -EIO: out; with as_features also
 * -EINVAL: it has no areas, -EEXIST: a PSAP has several.
 */
int must_check provision_export(const struct provision_export *request,
				FILE *out, uint64_t *ret_rows,
				char error[PROVISION_ERROR_SIZE]);
