/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/csv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define INPUT_SIZE 65536

enum state {
	STATE_BEGIN,  /* before the first byte of a cell */
	STATE_PLAIN,  /* in a cell without quotes */
	STATE_QUOTED, /* behind an opening quote */
	STATE_CLOSED, /* behind a quote that closes, or the first of two */
	STATE_CR,     /* behind a carriage return that should end the line */
	STATE_SKIP,   /* the record is bad: to the end of the line */
};

struct csv {
	csv_read_f *read;
	void *arg; /* borrowed */
	enum csv_encoding encoding;
	enum state state;
	char delimiter;
	bool started, ended, bad, dead;
	uint64_t line; /* of the next byte, from 1 */
	uint64_t bytes;
	struct csv_fault fault;
	size_t cell_count, used, begin; /* of the record, in 'record' */
	size_t input_at, input_len;
	struct csv_cell cell[CSV_CELLS_MAX];
	size_t cell_begin[CSV_CELLS_MAX];
	char *record; /* owned */
	size_t room, room_max;
	bool no_memory;
	char input[INPUT_SIZE];
};

/* What 0x80 to 0x9f are in Windows-1252; 0: nothing. */
static const uint16_t windows_1252[32] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
	0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

int csv_encoding_find(struct text name)
{
	static const struct {
		const char *name;
		enum csv_encoding encoding;
	} names[] = {
		{ "utf-8", CSV_UTF8 },
		{ "utf8", CSV_UTF8 },
		{ "windows-1252", CSV_WINDOWS_1252 },
		{ "cp1252", CSV_WINDOWS_1252 },
		{ "latin1", CSV_WINDOWS_1252 },
		{ "iso-8859-1", CSV_WINDOWS_1252 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_equal_nocase(name, text_of(names[i].name)))
			return (int)names[i].encoding;
	return -EINVAL;
}

int csv_new(struct csv **ret, enum csv_encoding encoding, csv_read_f *read,
	    void *arg)
{
	struct csv *csv = calloc(1, sizeof(*csv));

	if (!csv)
		return -ENOMEM;
	csv->encoding = encoding;
	csv->read = read;
	csv->arg = arg;
	csv->delimiter = ',';
	csv->line = 1;
	csv->room = csv->room_max = CSV_RECORD_MAX;
	csv->record = malloc(csv->room);
	if (!csv->record) {
		free(csv);
		return -ENOMEM;
	}
	*ret = csv;
	return 0;
}

void csv_allow_long(struct csv *csv)
{
	csv->room_max = CSV_RECORD_MOST;
}

struct csv *csv_free(struct csv *csv)
{
	if (csv)
		free(csv->record);
	free(csv);
	return NULL;
}

const struct csv_fault *csv_fault(const struct csv *csv)
{
	return &csv->fault;
}

uint64_t csv_bytes(const struct csv *csv)
{
	return csv->bytes;
}

bool csv_needs_quotes(struct text cell)
{
	return text_index_any(cell, "\",;\t\r\n") < cell.len ||
	       (cell.len && (cell.p[0] == ' ' || cell.p[cell.len - 1] == ' '));
}

/* ---- what is wrong ---- */

/* The first fault of a record is the one that is told. */
static void __attribute__((format(printf, 4, 5)))
blame(struct csv *csv, uint64_t line, size_t cell, const char *fmt, ...)
{
	va_list ap;

	if (csv->bad)
		return;
	csv->bad = true;
	csv->fault.line = line;
	csv->fault.cell = cell;
	va_start(ap, fmt);
	(void)vsnprintf(csv->fault.reason, sizeof(csv->fault.reason), fmt, ap);
	va_end(ap);
}

static void skip(struct csv *csv, const char *reason)
{
	blame(csv, csv->line, csv->cell_count + 1, "%s", reason);
	csv->state = STATE_SKIP;
}

/* ---- input ---- */

static int fill(struct csv *csv)
{
	csv->input_at = 0;
	csv->input_len = 0;
	while (csv->input_len < INPUT_SIZE) {
		ssize_t n = csv->read(csv->arg, csv->input + csv->input_len,
				      INPUT_SIZE - csv->input_len);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		csv->input_len += (size_t)n;
	}
	csv->bytes += csv->input_len;
	return csv->input_len > 0;
}

/* Commas, unless line 1 has none and something else in their place. */
static char delimiter_of(struct text input)
{
	size_t semicolons = 0, tabs = 0;
	bool quoted = false;

	for (size_t i = 0; i < input.len; i++) {
		char c = input.p[i];

		if (c == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (c == ',')
			return ',';
		if (c == '\n')
			break;
		semicolons += c == ';';
		tabs += c == '\t';
	}
	if (semicolons + tabs == 0)
		return ',';
	if (semicolons >= tabs)
		return ';';
	return '\t';
}

static bool begins_with(const struct csv *csv, const char *bytes, size_t n)
{
	return csv->input_len >= n && memcmp(csv->input, bytes, n) == 0;
}

/* Look at the first bytes; -EPROTO when the file is none of ours. */
static int start(struct csv *csv)
{
	int n = fill(csv);

	if (n < 0)
		return n;
	csv->started = true;
	if (begins_with(csv, "\xff\xfe", 2) ||
	    begins_with(csv, "\xfe\xff", 2)) {
		blame(csv, 1, 0,
		      "the file is UTF-16: save it as \"CSV UTF-8\"");
		csv->dead = true;
		return -EPROTO;
	}
	if (begins_with(csv, "\xef\xbb\xbf", 3))
		csv->input_at = 3;
	csv->delimiter = delimiter_of(text_make(
		csv->input + csv->input_at, csv->input_len - csv->input_at));
	return 0;
}

/* ---- output ---- */

static bool grow(struct csv *csv)
{
	char *more;

	if (csv->room == csv->room_max)
		return false;
	more = realloc(csv->record, 2 * csv->room);
	csv->no_memory = !more;
	if (!more)
		return false;
	csv->record = more;
	csv->room *= 2;
	return true;
}

static void put(struct csv *csv, char c)
{
	if (csv->used == csv->room && !grow(csv)) {
		blame(csv, csv->line, csv->cell_count + 1,
		      "the row has more than %zu bytes: is a quote not closed?",
		      csv->room);
		/* Inside quotes nobody knows where the next record begins. */
		csv->dead = csv->state == STATE_QUOTED;
		csv->state = STATE_SKIP;
		return;
	}
	csv->record[csv->used++] = c;
}

/* One character of Windows-1252 as UTF-8. */
static void put_1252(struct csv *csv, unsigned char c)
{
	unsigned u = c < 0xa0 ? windows_1252[c - 0x80] : c;

	if (u == 0) {
		skip(csv, "the file is not Windows-1252");
		return;
	}
	if (u >= 0x800)
		put(csv, (char)(0xe0 | u >> 12));
	put(csv, (char)(u >= 0x800 ? 0x80 | (u >> 6 & 0x3f) : 0xc0 | u >> 6));
	put(csv, (char)(0x80 | (u & 0x3f)));
}

static void take(struct csv *csv, char c)
{
	if (c == '\0')
		skip(csv, "a NUL byte: this is no text file");
	else if (csv->encoding == CSV_WINDOWS_1252 && (unsigned char)c >= 0x80)
		put_1252(csv, (unsigned char)c);
	else
		put(csv, c);
}

static void begin_cell(struct csv *csv)
{
	csv->cell[csv->cell_count].line = csv->line;
	csv->begin = csv->used;
	csv->state = STATE_BEGIN;
}

static void end_cell(struct csv *csv)
{
	csv->cell_begin[csv->cell_count] = csv->begin;
	csv->cell[csv->cell_count].text.len = csv->used - csv->begin;
	csv->cell_count++;
}

static void next_cell(struct csv *csv)
{
	end_cell(csv);
	if (csv->cell_count == CSV_CELLS_MAX) {
		blame(csv, csv->line, CSV_CELLS_MAX,
		      "the row has more than %d cells", CSV_CELLS_MAX);
		csv->state = STATE_SKIP;
		return;
	}
	begin_cell(csv);
}

/* ---- the states; true: the record ends with this byte ---- */

static bool on_begin(struct csv *csv, char c)
{
	if (c == '"')
		csv->state = STATE_QUOTED;
	else if (c == csv->delimiter)
		next_cell(csv);
	else if (c == '\r')
		csv->state = STATE_CR;
	else if (c == '\n')
		return true;
	else {
		csv->state = STATE_PLAIN;
		take(csv, c);
	}
	return false;
}

static bool on_plain(struct csv *csv, char c)
{
	if (c == csv->delimiter)
		next_cell(csv);
	else if (c == '\r')
		csv->state = STATE_CR;
	else if (c == '\n')
		return true;
	else if (c == '"')
		skip(csv, "a quote in the middle of a cell: put the cell in "
			  "quotes and write the quote twice");
	else
		take(csv, c);
	return false;
}

static bool on_quoted(struct csv *csv, char c)
{
	if (c == '"')
		csv->state = STATE_CLOSED;
	else
		take(csv, c);
	return false;
}

static bool on_closed(struct csv *csv, char c)
{
	if (c == '"') {
		csv->state = STATE_QUOTED;
		take(csv, c);
	} else if (c == csv->delimiter) {
		next_cell(csv);
	} else if (c == '\r') {
		csv->state = STATE_CR;
	} else if (c == '\n') {
		return true;
	} else {
		skip(csv, "text behind the closing quote of a cell");
	}
	return false;
}

static bool on_cr(struct csv *csv, char c)
{
	if (c == '\n')
		return true;
	skip(csv, "a carriage return without a line feed");
	return false;
}

static bool step(struct csv *csv, char c)
{
	switch (csv->state) {
	case STATE_BEGIN:
		return on_begin(csv, c);
	case STATE_PLAIN:
		return on_plain(csv, c);
	case STATE_QUOTED:
		return on_quoted(csv, c);
	case STATE_CLOSED:
		return on_closed(csv, c);
	case STATE_CR:
		return on_cr(csv, c);
	case STATE_SKIP:
		break;
	}
	return c == '\n';
}

/* ---- records ---- */

/* Where in the cell the first byte is that is no UTF-8. */
static void check_utf8(struct csv *csv, size_t n)
{
	const struct csv_cell *cell = &csv->cell[n];
	const char *p = cell->text.p, *end = p + cell->text.len;
	uint64_t line = cell->line;

	while (p < end) {
		size_t len = utf8_char_len(p, end);

		if (len == 0)
			break;
		line += *p == '\n';
		p += len;
	}
	if (p < end)
		blame(csv, line, n + 1,
		      "byte 0x%02x is not UTF-8: save the file as \"CSV "
		      "UTF-8\", or say --encoding windows-1252",
		      (unsigned char)*p);
}

static void begin_record(struct csv *csv)
{
	csv->cell_count = 0;
	csv->used = 0;
	csv->bad = false;
	begin_cell(csv);
}

/* 1: a record, -EBADMSG or -EPROTO: a bad one, 0: an empty line. */
static int end_record(struct csv *csv, uint64_t line, struct csv_record *ret)
{
	if (!csv->bad)
		end_cell(csv);
	for (size_t i = 0; i < csv->cell_count && !csv->bad; i++) {
		csv->cell[i].text.p = csv->record + csv->cell_begin[i];
		check_utf8(csv, i);
	}
	if (csv->bad)
		return csv->dead ? -EPROTO : -EBADMSG;
	if (csv->cell_count == 1 && csv->used == 0)
		return 0;
	*ret = (struct csv_record){ .line = line,
				    .count = csv->cell_count,
				    .cell = csv->cell };
	return 1;
}

/* The file ends in the middle of a record. */
static int end_of_file(struct csv *csv, uint64_t line, struct csv_record *ret)
{
	csv->ended = true;
	if (csv->state == STATE_QUOTED) {
		blame(csv, csv->cell[csv->cell_count].line, csv->cell_count + 1,
		      "the quote that begins this cell is never closed");
		csv->dead = true;
	}
	if (csv->state == STATE_CR)
		blame(csv, csv->line, csv->cell_count + 1,
		      "a carriage return without a line feed");
	return end_record(csv, line, ret);
}

int csv_next(struct csv *csv, struct csv_record *ret)
{
	uint64_t line;
	int err;

	if (csv->dead || csv->ended)
		return 0;
	if (!csv->started) {
		err = start(csv);
		if (err < 0)
			return err;
	}
	line = csv->line;
	begin_record(csv);
	for (;;) {
		bool ends;
		char c;

		if (csv->input_at == csv->input_len) {
			err = fill(csv);
			if (err < 0)
				return err;
			if (err == 0)
				return end_of_file(csv, line, ret);
		}
		c = csv->input[csv->input_at++];
		ends = step(csv, c);
		if (csv->no_memory)
			return -ENOMEM;
		if (csv->dead)
			return -EPROTO;
		csv->line += c == '\n';
		if (!ends)
			continue;
		err = end_record(csv, line, ret);
		if (err)
			return err;
		line = csv->line;
		begin_record(csv);
	}
}
