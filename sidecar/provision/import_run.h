/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import_run: the state of one import; for import*.c only. */
#pragma once

#include "provision/import.h"
#include "provision/shape.h"

#define COPY_BUFFER 65536
#define UNKNOWN_MAX 64 /* properties that are not known: noted once each */
#define FIRST_SIZE  4096
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
	uint64_t left_out;

	/* The file's first bytes, that tell what it is. */
	char first[FIRST_SIZE];
	size_t first_at, first_len;
	bool is_geojson; /* a "line" is the number of a feature */

	/* Areas. */
	struct shape *shape; /* owned */
	char shape_reason[SHAPE_REASON_SIZE];
	uint64_t with_height, rings_closed;
	bool has_nad83;
	char *unknown[UNKNOWN_MAX]; /* owned */
	size_t unknown_count;
	char mend[24]; /* $6 */

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

/* ---- import_rows.c, for import_features.c ---- */

void import_row_problem(struct import *im, uint64_t line, size_t cell,
			int column, const char *reason);
void import_read_cell(struct import *im, struct row *row, int column,
		      struct text text);
/* Which columns there are, for the statements. */
void import_list_columns(struct import *im);
int must_check import_check_required(struct import *im, uint64_t line);
/* Bytes of the file: a csv_read_f. */
ssize_t import_read_bytes(void *arg, char *buf, size_t size);
/* The row is whole: to the kind. */
int must_check import_stage(struct import *im, struct row *row);

/* ---- import_features.c ---- */

/* The same as import_read(), of GeoJSON. */
int must_check import_read_features(struct import *im);
/* import_item into the tables.  0 also when rows have problems: then, and
 * after a dry run, nothing has changed. */
int must_check import_store(struct import *im);
