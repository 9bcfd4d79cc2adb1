/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * header: which cell of a row is which column.
 *
 * By the headings in row 1.  A file of stations may have none: then the cells
 * are those of the PureConnect phone export, in its order, or what the caller
 * lists ("name,mac,location").  Two known headings make row 1 a header.
 */
#pragma once

#include <stdio.h>

#include "provision/column.h"
#include "provision/csv.h"

/*
 * Headings that an operator adds, lines of
 *
 *	users.device_user_id = Agent-Kennung
 *	# a comment
 *
 * kind, column, heading; they come before the built-in ones.
 */
struct heading_file; /* opaque */

#define HEADER_ERROR_SIZE 256
/* -EINVAL with "NAME:LINE: why" in error, -ENOMEM, -EIO. */
int must_check heading_file_read(struct heading_file **ret, FILE *in,
				 const char *name,
				 char error[HEADER_ERROR_SIZE]);
/* Accepts NULL; returns NULL. */
struct heading_file *heading_file_free(struct heading_file *f);

/* Column with that heading, the operator's (may be NULL) before the built-in
 * ones; or -ENOENT. */
int must_check header_find(enum file_kind kind, struct text heading,
			   const struct heading_file *added);

#define HEADER_UNKNOWN (-1)

struct header {
	size_t count;
	/* enum column of each cell, or HEADER_UNKNOWN: not read */
	int column[CSV_CELLS_MAX];
	uint64_t present; /* COLUMN_BIT of each */
	bool is_row_one;  /* row 1 is no data */
};

struct header_fault {
	size_t cell; /* from 1; 0: the row */
	char reason[HEADER_ERROR_SIZE];
};

/*
 * From row 1.  added (may be NULL) are the operator's headings.  columns (may
 * be NULL): names with commas between, then row 1 is data.  -EINVAL: ret_fault
 * tells why.
 */
int must_check header_read(struct header *ret, enum file_kind kind,
			   const struct csv_record *row,
			   const struct heading_file *added,
			   const char *columns, struct header_fault *ret_fault);
