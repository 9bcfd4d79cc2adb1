/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/header.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "text_writer.h"

#define LINE_SIZE 512

/* ---- the operator's headings ---- */

struct heading_file {
	struct heading_line {
		enum file_kind kind;
		enum column column;
		char *heading; /* owned */
	} * line;              /* owned */
	size_t count;
};

struct heading_file *heading_file_free(struct heading_file *f)
{
	if (f) {
		for (size_t i = 0; i < f->count; i++)
			free(f->line[i].heading);
		free(f->line);
	}
	free(f);
	return NULL;
}

static int __attribute__((format(printf, 2, 3)))
refuse(char error[HEADER_ERROR_SIZE], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(error, HEADER_ERROR_SIZE, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int add_line(struct heading_file *f, enum file_kind kind,
		    enum column column, struct text heading)
{
	struct heading_line *more =
		realloc(f->line, (f->count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	f->line = more;
	more[f->count] = (struct heading_line){
		.kind = kind,
		.column = column,
		.heading = strndup(heading.p, heading.len),
	};
	if (!more[f->count].heading)
		return -ENOMEM;
	f->count++;
	return 0;
}

/* "users.device_user_id = Agent-Kennung" */
static int parse_line(struct heading_file *f, struct text line,
		      const char **ret_why)
{
	struct text heading, kind_name, column_name = { 0 };
	size_t eq = text_index(line, '=');
	int kind, column;

	*ret_why = "a line is KIND.COLUMN = HEADING";
	if (eq == line.len)
		return -EINVAL;
	heading = text_trim(text_make(line.p + eq + 1, line.len - eq - 1));
	column_name = text_trim(text_make(line.p, eq));
	if (!text_cut(&column_name, '.', &kind_name) || !heading.len)
		return -EINVAL;
	kind = file_kind_find(kind_name);
	*ret_why = "there is no such kind of file";
	if (kind < 0)
		return kind;
	column = column_by_name((enum file_kind)kind, column_name);
	*ret_why = "files of this kind have no such column";
	if (column < 0)
		return -EINVAL;
	return add_line(f, (enum file_kind)kind, (enum column)column, heading);
}

int heading_file_read(struct heading_file **ret, FILE *in, const char *name,
		      char error[HEADER_ERROR_SIZE])
{
	struct heading_file *f = calloc(1, sizeof(*f));
	char buf[LINE_SIZE];
	unsigned number = 0;
	int err = f ? 0 : -ENOMEM;

	while (!err && fgets(buf, sizeof(buf), in)) {
		struct text line = text_of(buf);
		const char *why = "";

		number++;
		if (line.len == sizeof(buf) - 1 && buf[line.len - 1] != '\n') {
			err = refuse(error, "%s:%u: the line is too long", name,
				     number);
			break;
		}
		line = text_trim(line);
		if (!line.len || line.p[0] == '#')
			continue;
		err = parse_line(f, line, &why);
		if (err == -EINVAL)
			err = refuse(error, "%s:%u: %s", name, number, why);
	}
	if (!err && ferror(in))
		err = -EIO;
	if (err) {
		heading_file_free(f);
		return err;
	}
	*ret = f;
	return 0;
}

int header_find(enum file_kind kind, struct text heading,
		const struct heading_file *added)
{
	for (size_t i = 0; added && i < added->count; i++)
		if (added->line[i].kind == kind &&
		    heading_equal(heading, text_of(added->line[i].heading)))
			return (int)added->line[i].column;
	return column_find(kind, heading);
}

/* ---- row 1 ---- */

/* The six cells of the phone export. */
static const enum column phone_export[] = {
	COL_name, COL_manufacturer,           COL_model,
	COL_mac,  COL_identification_address, COL_extension,
};

static int set(struct header *h, int column, struct header_fault *fault)
{
	fault->cell = h->count + 1;
	if (h->count == CSV_CELLS_MAX)
		return refuse(fault->reason, "there are more than %d columns",
			      CSV_CELLS_MAX);
	if (column >= 0 && column_type((enum column)column) != CELL_IGNORED &&
	    h->present & COLUMN_BIT(column))
		return refuse(fault->reason, "there is a second column '%s'",
			      column_name((enum column)column));
	if (column >= 0)
		h->present |= COLUMN_BIT(column);
	h->column[h->count++] = column;
	return 0;
}

/* "name,,mac": an empty name is a column that is not read. */
static int from_list(struct header *h, enum file_kind kind, const char *columns,
		     struct header_fault *fault)
{
	struct text rest = text_of(columns), name;

	while (text_cut(&rest, ',', &name)) {
		int column = HEADER_UNKNOWN, err;

		name = text_trim(name);
		fault->cell = h->count + 1;
		if (name.len)
			column = column_find(kind, name);
		if (column == -ENOENT)
			return refuse(fault->reason,
				      "'%.*s' is no column of %s",
				      TEXT_ARG(name), file_kind_name(kind));
		err = set(h, column, fault);
		if (err)
			return err;
	}
	return 0;
}

static int from_headings(struct header *h, enum file_kind kind,
			 const struct csv_record *row,
			 const struct heading_file *added,
			 struct header_fault *fault)
{
	h->is_row_one = true;
	for (size_t i = 0; i < row->count; i++) {
		int column = header_find(kind, row->cell[i].text, added);
		int err = set(h, column == -ENOENT ? HEADER_UNKNOWN : column,
			      fault);

		if (err)
			return err;
	}
	return 0;
}

static int from_position(struct header *h, const struct csv_record *row,
			 struct header_fault *fault)
{
	for (size_t i = 0; i < row->count && i < ARRAY_SIZE(phone_export); i++)
		if (set(h, (int)phone_export[i], fault) < 0)
			return -EINVAL;
	fault->cell = h->count + 1;
	if (row->count < ARRAY_SIZE(phone_export))
		return refuse(fault->reason,
			      "row 1 is no header, and has fewer cells than "
			      "the phone export: write a header, or say which "
			      "columns there are");
	if (row->count > ARRAY_SIZE(phone_export))
		return refuse(fault->reason,
			      "row 1 is no header, and the phone export has "
			      "no cell %zu: write a header, or say which "
			      "columns there are",
			      ARRAY_SIZE(phone_export) + 1);
	return 0;
}

static size_t count_known(enum file_kind kind, const struct csv_record *row,
			  const struct heading_file *added)
{
	size_t known = 0;

	for (size_t i = 0; i < row->count; i++)
		switch (header_find(kind, row->cell[i].text, added)) {
		case -ENOENT:
			break;
		case COL_mac: /* NetworkID: enough for a header */
			known += 2;
			break;
		default:
			known++;
		}
	return known;
}

int header_read(struct header *ret, enum file_kind kind,
		const struct csv_record *row, const struct heading_file *added,
		const char *columns, struct header_fault *fault)
{
	struct header h = { 0 };
	size_t known = count_known(kind, row, added);
	int err;

	fault->cell = 0;
	if (columns)
		err = from_list(&h, kind, columns, fault);
	else if (known >= 2)
		err = from_headings(&h, kind, row, added, fault);
	else if (kind == FILE_STATIONS)
		err = from_position(&h, row, fault);
	else
		err = refuse(fault->reason,
			     "row 1 is no header: it names %zu of the columns "
			     "that %s have",
			     known, file_kind_name(kind));
	if (err)
		return err;
	*ret = h;
	return 0;
}
