/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import: what the files of sidecar/provision share while a file is imported.
 *
 * A kind of file is a struct kind: how a row is staged, and statements.  They
 * all take the parameters of struct session_params:
 *
 *	$1 text[]  columns that the file has     $4 bigint  ... to this line
 *	$2 bool    --replace                     $5 bigint  rows wanted
 *	$3 bigint  lines behind this one         $6 text    the kind's own word,
 *	                                         or what --mend may change
 */
#pragma once

#include "provision/cell.h"
#include "provision/organizations.h"
#include "provision/provision.h"
#include "provision/session.h"

/* 'column' = ANY ($1): does the file have it? */
#define HAS(column) "'" column "' = ANY ($1)"
/* New value of a field: the file's if it has the column. */
#define FIELD_NEW(column, field) \
	"CASE WHEN " HAS(column) " THEN i." field " ELSE e." field " END"
#define FIELD_DIFFERS(column, field) \
	"(" HAS(column) " AND i." field " IS DISTINCT FROM e." field ")"
/* "extension 4102 -> 4110", or NULL */
#define FIELD_SAYS(column, field) \
	"CASE WHEN " FIELD_DIFFERS( \
		column, field) " THEN '" column " ' || " \
			       "coalesce(e." field \
			       "::text, '(none)') || ' -> ' || " \
			       "coalesce(i." field "::text, '(none)') END"
#define IN_BATCH "i.line > $3 AND i.line <= $4"

enum row_shape {
	ROW_SHAPE_NONE,
	ROW_SHAPE_GOOD, /* import_put_shape() puts it */
	ROW_SHAPE_BAD,  /* import_shape_problem() tells why */
};

/* One row of the file, read. */
struct row {
	uint64_t line;
	const struct organization *organization; /* NULL: of none, or unknown */
	struct text value[COLUMN_COUNT];         /* empty: no such cell */
	size_t cell[COLUMN_COUNT];               /* from 1; 0: no such column */
	enum row_shape has_shape;
};

struct import;

/* Gives lines, columns and reasons of bad rows, and their number of all. */
struct check {
	uint64_t columns; /* only if the file has one of them; 0: always */
	const char *sql;
};

enum step_counts { STEP_OTHER, STEP_ADDS, STEP_CHANGES, STEP_REMOVES };
struct step {
	enum step_counts counts; /* its rows must be as many as were promised */
	bool by_line;            /* runs in batches of lines */
	uint64_t columns;        /* as above */
	const char *sql;
};

struct kind {
	uint64_t required;  /* columns that must be there */
	bool is_of_gateway; /* and of no organisation */
	const char *word;   /* $6; NULL: percent of an area, NULL: no --mend */
	const char *tables; /* makes the temporary ones */
	const char *copy;   /* into import_row */
	/* Check what spans cells, and put what is to be copied. */
	int (*stage)(struct import *im, const struct row *row);
	const struct step *compare; /* until sql is NULL, like the others */
	const struct check *checks;
	const char *count;   /* added, changed, removed, unlocated, existing */
	const char *changes; /* action (+ ~ -), line, name, what */
	const char *notes;   /* texts; may be NULL */
	const struct step *store;
};
extern const struct kind kind_users, kind_stations, kind_locations, kind_ranges,
	kind_elins, kind_psaps, kind_boundaries, kind_access_points,
	kind_switches, kind_ports, kind_sites, kind_msag, kind_addresses,
	kind_coverage;

/* ---- for stage() ---- */

void import_problem(struct import *im, const struct row *row,
		    enum column column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool import_has(const struct import *im, enum column column);
/* A row for COPY: put its values in order, then end it. */
void import_put_line(struct import *im, const struct row *row);
void import_put_text(struct import *im, struct text value);
/* The area of the row, as geometry; NULL if it has none that is good. */
void import_put_shape(struct import *im, const struct row *row);
/* If the row's area is bad: with the name of what it is the area of. */
void import_shape_problem(struct import *im, const struct row *row,
			  struct text name);
/* The row is read and not wanted: counted. */
void import_leave_out(struct import *im);
/* Line and organisation went before. */
int must_check import_put_end(struct import *im);
