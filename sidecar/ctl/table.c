/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "provision/csv.h"

#define WIDTH_MAX 48 /* characters; what is longer pushes the rest aside */

struct table {
	enum table_form form;
	const struct table_head *head;
	const char *name;
	size_t count;
	struct json *json; /* owned; TABLE_JSON */
	char **cell;       /* owned, head->count of each row; TABLE_TEXT */
	size_t cells, size;
};

/* ---- columns ---- */

#define REPORT(name, stmt, of_time, help)
#define COLUMN(report, name, type) { #report, { #name, TABLE_CELL_##type } },
static const struct {
	const char *report;
	struct table_column column;
} rows[] = {
#include "ctl/report.def"
};
#undef REPORT
#undef COLUMN

struct table_head table_head_of(const char *report)
{
	struct table_head head = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].report, report) == 0 &&
		    head.count < TABLE_COLUMNS_MAX)
			head.column[head.count++] = rows[i].column;
	return head;
}

/* ---- one row ---- */

int table_put_record(const struct table_head *head, const struct db_row *row,
		     struct json *ret)
{
	int err = row->count == head->count ? 0 : -EPROTO;

	for (size_t c = 0; c < head->count && err >= 0; c++) {
		const char *name = head->column[c].name;
		uint64_t n;

		if (db_is_null(row, c))
			err = json_put_null(ret, name);
		else if (head->column[c].type == TABLE_CELL_NUMBER &&
			 db_u64(row, c, &n) >= 0)
			err = json_put_u64(ret, name, n);
		else
			err = json_put_text(ret, name, db_text(row, c));
	}
	return err;
}

void table_print_record(const struct table_head *head, const struct db_row *row)
{
	for (size_t c = 0; c < head->count && c < row->count; c++) {
		if (db_is_null(row, c))
			continue;
		(void)printf("%-18s ", head->column[c].name);
		ctl_print_text(stdout, db_text(row, c));
		(void)putchar('\n');
	}
}

/* ---- CSV ---- */

static bool looks_like_formula(struct text t)
{
	return t.len && memchr("=+-@\t\r\n", t.p[0], 7) != NULL;
}

static void print_csv_cell(struct text t, enum table_cell type)
{
	bool guarded = type == TABLE_CELL_TEXT && looks_like_formula(t);
	bool quoted = csv_needs_quotes(t);

	if (quoted)
		(void)putchar('"');
	if (guarded)
		(void)putchar('\'');
	for (size_t i = 0; quoted && i < t.len;) {
		struct text rest = text_make(t.p + i, t.len - i);
		size_t end = text_index(rest, '"');

		ctl_print_text(stdout, text_make(rest.p, end));
		if (end < rest.len)
			(void)fputs("\"\"", stdout);
		i += end + 1;
	}
	if (quoted)
		(void)putchar('"');
	else
		ctl_print_text(stdout, t);
}

static void print_csv_head(const struct table_head *head)
{
	for (size_t c = 0; c < head->count; c++)
		(void)printf("%s%s", c ? "," : "", head->column[c].name);
	(void)fputs("\r\n", stdout);
}

static void print_csv_row(const struct table_head *head,
			  const struct db_row *row)
{
	for (size_t c = 0; c < head->count; c++) {
		if (c)
			(void)putchar(',');
		print_csv_cell(db_text(row, c), head->column[c].type);
	}
	(void)fputs("\r\n", stdout);
}

/* ---- text ---- */

static int keep_cell(struct table *t, const char *s, size_t len)
{
	if (t->cells == t->size) {
		size_t size = t->size ? 2 * t->size : 256;
		char **more = realloc(t->cell, size * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->cell = more;
		t->size = size;
	}
	t->cell[t->cells] = malloc(len + 1);
	if (!t->cell[t->cells])
		return -ENOMEM;
	if (len)
		memcpy(t->cell[t->cells], s, len);
	t->cell[t->cells][len] = '\0';
	utf8_make_printable(t->cell[t->cells++], len);
	return 0;
}

static int keep_row(struct table *t, const struct db_row *row)
{
	int err = 0;

	for (size_t c = 0; c < t->head->count && err >= 0; c++) {
		struct text cell = db_text(row, c);

		if (db_is_null(row, c) || !cell.len)
			cell = text_of("-");
		err = keep_cell(t, cell.p, cell.len);
	}
	return err;
}

/* Characters, near enough: what follows a first byte has no width. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void print_text_row(const struct table *t, char *const *cell,
			   const size_t *widths)
{
	for (size_t c = 0; c < t->head->count; c++) {
		size_t width = width_of(cell[c]);
		bool is_last = c + 1 == t->head->count;
		int gap = widths[c] > width ? (int)(widths[c] - width) : 0;

		if (t->head->column[c].type == TABLE_CELL_NUMBER && !is_last)
			(void)printf("%*s%s  ", gap, "", cell[c]);
		else
			(void)printf("%s%*s", cell[c], is_last ? 0 : gap + 2,
				     "");
	}
	(void)putchar('\n');
}

static void print_text(const struct table *t)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 }, columns = t->head->count;
	char *names[TABLE_COLUMNS_MAX] = { NULL };

	for (size_t c = 0; c < columns; c++) {
		names[c] = (char *)t->head->column[c].name;
		widths[c] = width_of(names[c]);
	}
	for (size_t i = 0, c = 0; i < t->cells; i++) {
		size_t width = width_of(t->cell[i]);

		if (width > WIDTH_MAX)
			width = WIDTH_MAX;
		if (width > widths[c])
			widths[c] = width;
		if (++c == columns)
			c = 0;
	}
	print_text_row(t, names, widths);
	for (size_t i = 0; columns && i + columns <= t->cells; i += columns)
		print_text_row(t, t->cell + i, widths);
}

/* ---- the table ---- */

int table_new(struct table **ret, enum table_form form,
	      const struct table_head *head, const char *name)
{
	struct table *t = calloc(1, sizeof(*t));
	int err = t ? 0 : -ENOMEM;

	if (t) {
		t->form = form;
		t->head = head;
		t->name = name;
		if (form == TABLE_JSON)
			err = json_new(&t->json);
		if (form == TABLE_JSON && err >= 0)
			err = json_put_list(t->json, name);
	}
	if (err < 0) {
		(void)table_free(t);
		return err;
	}
	*ret = t;
	return 0;
}

struct table *table_free(struct table *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->cells; i++)
		free(t->cell[i]);
	free(t->cell);
	t->json = json_free(t->json);
	free(t);
	return NULL;
}

static int add_json(struct table *t, const struct db_row *row)
{
	struct json *one = NULL;
	int err = json_new(&one);

	if (err >= 0)
		err = table_put_record(t->head, row, one);
	if (err >= 0)
		err = json_add_object(t->json, t->name, one);
	one = json_free(one);
	return err;
}

int table_row(const struct db_row *row, void *arg)
{
	struct table *t = arg;

	if (row->count != t->head->count)
		return -EPROTO;
	if (t->form == TABLE_CSV && !t->count)
		print_csv_head(t->head);
	t->count++;
	if (t->form == TABLE_JSON)
		return add_json(t, row);
	if (t->form == TABLE_TEXT)
		return keep_row(t, row);
	print_csv_row(t->head, row);
	return 0;
}

enum ctl_exit table_print(struct table *t)
{
	if (t->form == TABLE_JSON)
		return ctl_print_json(t->json, 0);
	if (t->form == TABLE_TEXT)
		print_text(t);
	else if (!t->count)
		print_csv_head(t->head);
	return CTL_OK;
}
