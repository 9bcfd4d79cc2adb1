/* SPDX-License-Identifier: GPL-2.0-or-later */
/* column: the kinds of files, and what their columns mean. */
#pragma once

#include <stdint.h>

#include "text.h"

enum file_kind {
	FILE_USERS,
	FILE_LOCATIONS,
	FILE_STATIONS,
	FILE_RANGES,
	FILE_PSAPS,
	FILE_ELINS,
	FILE_BOUNDARIES,
	FILE_ACCESS_POINTS,
	FILE_SWITCHES,
	FILE_PORTS,
	FILE_SITES,
	FILE_MSAG,
	FILE_ADDRESSES,
	FILE_COVERAGE,
	FILE_KIND_COUNT,
};
const char *file_kind_name(enum file_kind kind); /* "users", ... */
/* -EINVAL */
int must_check file_kind_find(struct text name);

/* How a cell is read; cell.h tells what each type takes. */
enum cell_type {
	CELL_IGNORED,
	CELL_LABEL,
	CELL_TEXT,
	CELL_EMAIL,
	CELL_SIP_ID,
	CELL_E164,
	CELL_EXTENSION,
	CELL_DIALLED,
	CELL_MAC,
	CELL_IP,
	CELL_RANGE,
	CELL_NUMBER,
	CELL_NUMBERS,
	CELL_ADDRESS,
	CELL_STATE,
	CELL_COUNTRY,
	CELL_POSTAL,
	CELL_ID_TYPE,
	CELL_PSAP_KIND,
	CELL_DIRECTION,
	CELL_PARITY,
	CELL_HOUSE,
	CELL_DEGREES,
	CELL_ESN,
	CELL_ROUTES,
	CELL_PRIORITY,
	CELL_POSTAL_AREA,
	CELL_SHAPE,
};

#define COLUMN(name, type, kinds, help) COL_##name,
enum column {
#include "provision/column.def"
	COLUMN_COUNT
};
#undef COLUMN

/* A set of columns. */
#define COLUMN_BIT(column) (UINT64_C(1) << (column))
_Static_assert(COLUMN_COUNT <= 64, "a set of columns is 64 bits");

const char *column_name(enum column c);
enum cell_type column_type(enum column c);
/* May it stand in such a file? */
bool column_is_of(enum column c, enum file_kind kind);

/*
 * The column with this heading in such a file, or -ENOENT.  Case, blanks and
 * punctuation do not count.
 */
int must_check column_find(enum file_kind kind, struct text heading);
/* The column with exactly this name, or -ENOENT. */
int must_check column_by_name(enum file_kind kind, struct text name);

/* Are both the same, but for case, blanks and punctuation? */
bool heading_equal(struct text a, struct text b);

/* The value that a word stands for, NULL: none. */
const char *word_find(enum cell_type type, struct text word);
