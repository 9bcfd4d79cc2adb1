/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_csv: files that are imported, their headers and their cells.
 *
 * The first byte says the kind of file and the encoding, the rest is the file.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdlib.h>

#include "provision/cell.h"
#include "provision/csv.h"
#include "provision/header.h"
#include "sidecar/base/utf8.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static ssize_t read_some(void *arg, char *buf, size_t size)
{
	struct text *rest = arg;
	size_t n = rest->len < size ? rest->len : size;

	/* Pieces of any length must make no difference. */
	if (n > 7)
		n = 1 + n % 7;
	memcpy(buf, rest->p, n);
	rest->p += n;
	rest->len -= n;
	return (ssize_t)n;
}

static void read_cell(enum cell_type type, struct text cell)
{
	char value[CELL_VALUE_MAX], again[CELL_VALUE_MAX];
	char reason[CELL_REASON_SIZE] = "";
	int len = cell_read(type, cell, "206", value, reason);

	if (len < 0) {
		must(type != CELL_IGNORED && *reason);
		return;
	}
	must((size_t)len == strlen(value) && len < CELL_VALUE_MAX);
	must(utf8_is_valid(text_make(value, (size_t)len)));
	must(!utf8_has_controls(text_make(value, (size_t)len)));
	/* What was normalised is normal. */
	must(cell_read(type, text_make(value, (size_t)len), "206", again,
		       reason) == len);
	must(strcmp(value, again) == 0);
}

static void walk(struct text cell)
{
	char reason[CELL_REASON_SIZE];
	struct prefix_walk w;
	struct prefix p;
	size_t count = 0;

	if (prefix_walk_range(&w, cell, reason) < 0)
		return;
	while (prefix_next(&w, &p))
		must(++count <= 2 * 128);
	must(count > 0);
}

static void read_record(const struct csv_record *r, enum file_kind kind)
{
	struct header_fault fault = { 0 };
	struct header h;

	must(r->count >= 1 && r->count <= CSV_CELLS_MAX && r->line >= 1);
	if (header_read(&h, kind, r, NULL, NULL, &fault) == 0)
		must(h.count >= r->count || !h.is_row_one);
	else
		must(*fault.reason && fault.cell <= CSV_CELLS_MAX + 1);
	for (size_t i = 0; i < r->count; i++) {
		struct text cell = r->cell[i].text;

		must(utf8_is_valid(cell));
		must(text_index(cell, '\0') == cell.len);
		for (int type = CELL_IGNORED; type <= CELL_SHAPE; type++)
			if (type != CELL_ID_TYPE)
				read_cell((enum cell_type)type, cell);
		walk(cell);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rest = text_make((const char *)data, size);
	enum csv_encoding encoding = CSV_UTF8;
	enum file_kind kind = FILE_USERS;
	struct csv_record r;
	struct csv *csv;
	uint64_t line = 0;
	int got;

	if (size) {
		kind = (enum file_kind)(data[0] % FILE_KIND_COUNT);
		encoding = data[0] & 0x80 ? CSV_WINDOWS_1252 : CSV_UTF8;
		rest = text_make(rest.p + 1, rest.len - 1);
	}
	if (csv_new(&csv, encoding, read_some, &rest) < 0)
		return 0;
	if (size && data[0] & 0x40)
		csv_allow_long(csv);
	while ((got = csv_next(csv, &r)) != 0) {
		if (got == 1) {
			must(r.line > line);
			line = r.line;
			read_record(&r, kind);
		} else {
			must(*csv_fault(csv)->reason);
			must(csv_fault(csv)->line >= 1);
		}
	}
	must(csv_next(csv, &r) == 0);
	csv_free(csv);
	return 0;
}
