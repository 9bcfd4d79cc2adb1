/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csv: comma-separated values as RFC 4180 writes them, one record at a time.
 *
 * A file of any length is read in fixed memory.  Strict where a guess could
 * give somebody another one's place: a quote in the middle of a cell, text
 * behind a closing quote, a NUL, a lone carriage return, bytes that are not in
 * the encoding make the record bad.  It is told where, and reading goes on
 * with the next line.
 *
 * Taken: CR LF and LF; no line end behind the last record; a byte order mark;
 * empty lines (skipped); ';' or tabs between the cells when line 1 has no
 * comma, as spreadsheets of some countries write.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "text.h"

#define CSV_CELLS_MAX  64
#define CSV_RECORD_MAX 65536 /* bytes of a record, as UTF-8, unless ... */
/* ... csv_allow() lets it have more: an area of a million points. */
#define CSV_RECORD_MOST ((size_t)64 << 20)

enum csv_encoding {
	CSV_UTF8,
	CSV_WINDOWS_1252,
};
/* "utf-8", "windows-1252", "cp1252", "latin1" in any case; -EINVAL. */
int must_check csv_encoding_find(struct text name);

/* Up to size bytes; 0 at the end, -errno. */
typedef ssize_t csv_read_f(void *arg, char *buf, size_t size);

struct csv_cell {
	struct text text; /* sound UTF-8; valid until the next record */
	uint64_t line;    /* where it begins, from 1 */
};

struct csv_record {
	uint64_t line; /* where it begins */
	size_t count;
	const struct csv_cell *cell; /* borrowed */
};

#define CSV_REASON_SIZE 160
struct csv_fault {
	uint64_t line;
	size_t cell; /* from 1; 0: of the whole file */
	char reason[CSV_REASON_SIZE];
};

struct csv; /* opaque */

int must_check csv_new(struct csv **ret, enum csv_encoding encoding,
		       csv_read_f *read, void *arg);
/* Records up to CSV_RECORD_MOST; before the first csv_next(). */
void csv_allow_long(struct csv *csv);
/* Accepts NULL; returns NULL. */
struct csv *csv_free(struct csv *csv);

/*
 * 1 and a record; 0 at the end; -EBADMSG: this record is bad, csv_fault()
 * tells why, go on; -EPROTO: likewise, and nothing behind it can be read;
 * -ENOMEM; else the error of read.
 */
int must_check csv_next(struct csv *csv, struct csv_record *ret);
const struct csv_fault *csv_fault(const struct csv *csv);

/* Bytes of the file that were read so far. */
uint64_t csv_bytes(const struct csv *csv);

/* ---- the other way ---- */

/* True when a cell has to stand in quotes. */
bool csv_needs_quotes(struct text cell);
