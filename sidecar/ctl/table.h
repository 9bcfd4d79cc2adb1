/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table: rows of PostgreSQL as people, programs and spreadsheets read them.
 *
 *	text	columns side by side, '-' for NULL
 *	JSON	a list of objects; null for NULL
 *	CSV	RFC 4180 with a header, nothing for NULL.  A text that begins
 *		with = + - @, a tab or a line end gets a ' before it: a
 *		spreadsheet would take it for a formula.
 *
 * Texts are others': control characters and broken UTF-8 become '?'.
 */
#pragma once

#include "ctl/ctl.h"

#define TABLE_COLUMNS_MAX 40

enum table_form { TABLE_TEXT, TABLE_JSON, TABLE_CSV };

enum table_cell { TABLE_CELL_TEXT, TABLE_CELL_NUMBER };

struct table_column {
	const char *name;
	enum table_cell type;
};

struct table_head {
	size_t count;
	struct table_column column[TABLE_COLUMNS_MAX];
};

/* The columns of one report of report.def; without any, it does not exist. */
struct table_head table_head_of(const char *report);

/*
 * One row: as members of an object, -EPROTO when the statement has other
 * columns; as text, a line for each column that is not NULL.
 */
int must_check table_put_record(const struct table_head *head,
				const struct db_row *row, struct json *ret);
void table_print_record(const struct table_head *head,
			const struct db_row *row);

struct table; /* opaque */

/* head and name (of the list in JSON) are borrowed. */
int must_check table_new(struct table **ret, enum table_form form,
			 const struct table_head *head, const char *name);
/* Accepts NULL; returns NULL. */
struct table *table_free(struct table *t);
/* A db_row_f; arg is the table.  Rows of CSV are written at once. */
int must_check table_row(const struct db_row *row, void *arg);
/* Write what was not written yet, once, at the end. */
enum ctl_exit must_check table_print(struct table *t);
