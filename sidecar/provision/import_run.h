/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import_run: the state of one import; for import*.c only. */
#pragma once

#include "provision/import.h"

#define COPY_BUFFER 65536
#define ARENA_SIZE  (4 * CSV_RECORD_MAX)

struct import {
	const struct provision_request *request; /* borrowed */
	const struct provision_report *report;   /* borrowed */
	struct provision_result *result;         /* borrowed */
	const struct kind *kind;
	struct session *session;                 /* owned */
	struct organizations *organizations;     /* owned */
	const struct organization *organization; /* shared; NULL: each row's */
	struct header header;
	char columns[64 * COLUMN_COUNT]; /* {name,mac} */
	uint64_t told;                   /* problems, one by one */
	uint64_t last_line;              /* of a row that was staged */

	/* The row that is being read. */
	char arena[ARENA_SIZE];
	size_t arena_used;
	/* The organisation that the row before was of: mostly the same. */
	char organization_said[CELL_VALUE_MAX];
	const struct organization *organization_found;

	/* Text on its way to COPY. */
	char copy[COPY_BUFFER];
	size_t copy_used;
	uint64_t copy_rows; /* since COPY began */
	bool is_copying;
	int copy_error;
};

/* Into result->error; err. */
int import_fail(struct import *im, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int import_fail_sql(struct import *im, int err);
/* The file has problems, so nothing was changed: -EINVAL. */
int import_refuse(struct import *im);
void import_tell(struct import *im, const struct provision_problem *problem);
void import_note(struct import *im, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void import_progress(struct import *im, enum provision_phase phase,
		     uint64_t done, uint64_t total);
struct session_params import_params(const struct import *im, int64_t after,
				    int64_t up_to);

/* The file into import_row.  0 also when rows have problems. */
int must_check import_read(struct import *im);
/* import_item into the tables.  0 also when rows have problems: then, and
 * after a dry run, nothing has changed. */
int must_check import_store(struct import *im);
