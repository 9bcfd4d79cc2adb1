/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_table: calls of an organisation, for the history of a screen: as JSON
 * for its page, or as CSV (RFC 4180) for a spreadsheet, which must not take a
 * cell for a formula.
 *
 *	{"source":"postgresql","more":false,"calls":[{"call":UUID,...},...]}
 *
 * "source" is "log" when PostgreSQL was away and the screen's own log told; in
 * CSV it is the last column.
 */
#pragma once

#include "base/json.h"
#include "text.h"

/* COLUMN(enumerator, "name of member and column") */
#define SCREEN_COLUMNS(COLUMN) \
	COLUMN(CALL, "call") \
	COLUMN(STARTED, "started_at") /* ISO 8601, UTC */ \
	COLUMN(SERVICE, "service") \
	COLUMN(CALLER, "caller_name") \
	COLUMN(NUMBER, "caller_number") \
	COLUMN(CALLBACK, "callback_number") \
	COLUMN(LOCATION, "location") \
	COLUMN(ADDRESS, "address") \
	COLUMN(PSAP, "psap") \
	COLUMN(STATE, "state") \
	COLUMN(ANSWERED, "answered_after_ms") \
	COLUMN(DURATION, "duration_s") \
	COLUMN(WHO, "acknowledged_by") \
	COLUMN(WHEN, "acknowledged_at") \
	COLUMN(NOTES, "notes")

enum screen_column {
#define COLUMN(name, member) SCREEN_COLUMN_##name,
	SCREEN_COLUMNS(COLUMN)
#undef COLUMN
		SCREEN_COLUMN_COUNT
};
const char *screen_column_name(enum screen_column c);

struct screen_table {
	bool is_csv;
	const char *source; /* constant */
	size_t max, count;  /* rows; one more than max is only noted */
	bool has_more;
	struct json *json; /* owned */
	char *csv;         /* owned */
	size_t len, size;
};

/* -ENOMEM. */
int must_check screen_table_init(struct screen_table *t, bool is_csv,
				 const char *source, size_t max);
/* Also after a failed init. */
void screen_table_fini(struct screen_table *t);
/* Empty texts are told as such.  -ENOMEM. */
int must_check screen_table_add(struct screen_table *t,
				const struct text row[SCREEN_COLUMN_COUNT]);
/* All of it; free() it. */
int must_check screen_table_end(struct screen_table *t, char **ret,
				size_t *ret_len);
