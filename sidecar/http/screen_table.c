/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/screen_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"

static const char *const names[SCREEN_COLUMN_COUNT] = {
#define COLUMN(name, member) [SCREEN_COLUMN_##name] = (member),
	SCREEN_COLUMNS(COLUMN)
#undef COLUMN
};

const char *screen_column_name(enum screen_column c)
{
	return names[c];
}

/* ---- CSV ---- */

static int make_room(struct screen_table *t, size_t more)
{
	size_t size = t->size ? t->size : 4096;
	char *grown;

	while (size - t->len < more)
		size *= 2;
	if (size == t->size)
		return 0;
	grown = realloc(t->csv, size);
	if (!grown)
		return -ENOMEM;
	t->csv = grown;
	t->size = size;
	return 0;
}

/* +12065550114 is a number and nothing else. */
static bool is_number(struct text t)
{
	size_t i = 1;

	while (i < t.len && text_is_digit(t.p[i]))
		i++;
	return t.len > 1 && t.p[0] == '+' && i == t.len;
}

/* What a spreadsheet would compute, also behind blanks. */
static bool is_formula(struct text t)
{
	struct text rest = text_trim(t);

	return rest.len && (rest.p != t.p || !is_number(t)) &&
	       (memchr("=+-@|%", rest.p[0], 6) || t.p[0] == '\t' ||
		t.p[0] == '\r' || t.p[0] == '\n');
}

/* Quoted always, one line, no controls. */
static int add_cell(struct screen_table *t, struct text cell, char separator)
{
	size_t start;

	if (make_room(t, 2 * cell.len + 5) < 0)
		return -ENOMEM;
	t->csv[t->len++] = '"';
	if (is_formula(cell))
		t->csv[t->len++] = '\'';
	start = t->len;
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.p[i] == '"')
			t->csv[t->len++] = '"';
		t->csv[t->len++] = cell.p[i];
	}
	for (size_t i = start; i < t->len; i++)
		if (text_is_blank(t->csv[i]))
			t->csv[i] = ' ';
	utf8_make_printable(t->csv + start, t->len - start);
	t->csv[t->len++] = '"';
	if (separator == '\n')
		t->csv[t->len++] = '\r';
	t->csv[t->len++] = separator;
	return 0;
}

static int add_csv(struct screen_table *t, const struct text *row,
		   struct text source)
{
	int err = 0;

	for (size_t c = 0; c < SCREEN_COLUMN_COUNT && err == 0; c++)
		err = add_cell(t, row[c], ',');
	return err < 0 ? err : add_cell(t, source, '\n');
}

static int add_head(struct screen_table *t)
{
	struct text row[SCREEN_COLUMN_COUNT];

	for (size_t c = 0; c < SCREEN_COLUMN_COUNT; c++)
		row[c] = text_of(names[c]);
	return add_csv(t, row, text_of("source"));
}

/* ---- JSON ---- */

static int add_json(struct screen_table *t, const struct text *row)
{
	struct json *j = NULL;
	int err = json_new(&j);

	for (size_t c = 0; c < SCREEN_COLUMN_COUNT && err == 0; c++)
		err = json_put_text(j, names[c], row[c]);
	if (err == 0)
		err = json_add_object(t->json, "calls", j);
	j = json_free(j);
	return err;
}

/* ---- both ---- */

int screen_table_init(struct screen_table *t, bool is_csv, const char *source,
		      size_t max)
{
	*t = (struct screen_table){ .is_csv = is_csv,
				    .source = source,
				    .max = max };
	return is_csv ? add_head(t) : json_new(&t->json);
}

void screen_table_fini(struct screen_table *t)
{
	t->json = json_free(t->json);
	free(t->csv);
	t->csv = NULL;
}

int screen_table_add(struct screen_table *t,
		     const struct text row[SCREEN_COLUMN_COUNT])
{
	if (t->count == t->max) {
		t->has_more = true;
		return 0;
	}
	t->count++;
	return t->is_csv ? add_csv(t, row, text_of(t->source))
			 : add_json(t, row);
}

int screen_table_end(struct screen_table *t, char **ret, size_t *ret_len)
{
	int err;

	if (t->is_csv) {
		*ret = t->csv;
		*ret_len = t->len;
		t->csv = NULL;
		return 0;
	}
	err = json_put_text(t->json, "source", text_of(t->source));
	if (err == 0)
		err = json_put_bool(t->json, "more", t->has_more);
	if (err == 0)
		err = json_put_list(t->json, "calls");
	if (err == 0)
		err = json_format(t->json, ret);
	if (err == 0)
		*ret_len = strlen(*ret);
	return err;
}
