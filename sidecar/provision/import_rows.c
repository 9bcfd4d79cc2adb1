/* SPDX-License-Identifier: GPL-2.0-or-later */
/* import_rows: from the file into the temporary table import_row. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "provision/import_run.h"
#include "text_writer.h"

/* COPY ends and begins anew behind so many rows: while it goes on, changes of
 * others wait for their way to the directory (sql/README.md). */
#define COPY_ROWS     10000
#define PROGRESS_ROWS 10000
#define UNKNOWN_SHOWN 40
#define NAME_SHOWN    60
#define LABEL_MAX     128 /* domain e911.label */

/* ---- COPY ---- */

static void copy_flush(struct import *im)
{
	if (!im->copy_error && im->copy_used)
		im->copy_error =
			session_copy_put(im->session, im->copy, im->copy_used);
	im->copy_used = 0;
}

static void copy_byte(struct import *im, char c)
{
	if (im->copy_used == COPY_BUFFER)
		copy_flush(im);
	im->copy[im->copy_used++] = c;
}

static void copy_bytes(struct import *im, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		copy_byte(im, t.p[i]);
}

static void copy_number(struct import *im, int64_t n)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRId64, n);
	copy_bytes(im, text_of(digits));
}

bool import_has(const struct import *im, enum column column)
{
	return im->header.present & COLUMN_BIT(column);
}

void import_put_line(struct import *im, const struct row *row)
{
	if (!im->is_copying && !im->copy_error) {
		im->copy_error =
			session_copy_begin(im->session, im->kind->copy);
		im->is_copying = !im->copy_error;
	}
	copy_number(im, (int64_t)row->line);
	copy_byte(im, '\t');
	if (row->organization)
		copy_number(im, row->organization->id);
	else
		copy_bytes(im, text_of("\\N"));
}

void import_put_text(struct import *im, struct text value)
{
	copy_byte(im, '\t');
	if (!value.len)
		copy_bytes(im, text_of("\\N"));
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] == '\\')
			copy_byte(im, '\\');
		copy_byte(im, value.p[i]);
	}
}

static int copy_end(struct import *im)
{
	int err = im->copy_error;

	if (!im->is_copying)
		return err;
	copy_flush(im);
	im->is_copying = false;
	im->copy_rows = 0;
	/* Also when it failed: why is told at the end. */
	if (session_copy_end(im->session) < 0)
		return -EPROTO;
	return im->copy_error;
}

int import_put_end(struct import *im)
{
	copy_byte(im, '\n');
	if (++im->copy_rows < COPY_ROWS)
		return im->copy_error;
	return copy_end(im);
}

/* ---- problems ---- */

void import_problem(struct import *im, const struct row *row,
		    enum column column, const char *fmt, ...)
{
	char reason[CELL_REASON_SIZE];
	struct provision_problem problem = { .line = row->line,
					     .is_feature = im->is_geojson,
					     .cell = row->cell[column],
					     .column = column_name(column),
					     .reason = reason };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	import_tell(im, &problem);
}

void import_row_problem(struct import *im, uint64_t line, size_t cell,
			int column, const char *reason)
{
	struct provision_problem problem = {
		.line = line,
		.is_feature = im->is_geojson,
		.cell = cell,
		.column = column >= 0 ? column_name((enum column)column) : "",
		.reason = reason,
	};

	import_tell(im, &problem);
}

static void row_problem(struct import *im, uint64_t line, size_t cell,
			const char *reason)
{
	int column = cell && cell <= im->header.count
			     ? im->header.column[cell - 1]
			     : HEADER_UNKNOWN;

	import_row_problem(im, line, cell, column, reason);
}

/* ---- areas ---- */

static void put_hex(void *arg, struct text hex)
{
	copy_bytes(arg, hex);
}

void import_put_shape(struct import *im, const struct row *row)
{
	copy_byte(im, '\t');
	if (row->has_shape == ROW_SHAPE_GOOD)
		shape_write(im->shape, put_hex, im);
	else
		copy_bytes(im, text_of("\\N"));
}

void import_shape_problem(struct import *im, const struct row *row,
			  struct text name)
{
	if (row->has_shape == ROW_SHAPE_BAD)
		import_problem(im, row, COL_geometry, "\"%.*s\": %s",
			       name.len < NAME_SHOWN ? (int)name.len
						     : NAME_SHOWN,
			       name.p, im->shape_reason);
}

void import_leave_out(struct import *im)
{
	im->left_out++;
}

static void read_shape(struct import *im, struct row *row, struct text text)
{
	int err;

	if (!text_trim(text).len)
		return;
	err = shape_read_text(im->shape, text, im->shape_reason);
	if (err == -ENOMEM)
		im->copy_error = err;
	row->has_shape = err ? ROW_SHAPE_BAD : ROW_SHAPE_GOOD;
}

static void check_shape(struct import *im, struct row *row)
{
	int err;

	if (row->has_shape != ROW_SHAPE_GOOD)
		return;
	err = shape_check(im->shape, im->request->mend, im->shape_reason);
	if (err == -ENOMEM)
		im->copy_error = err;
	if (err)
		row->has_shape = ROW_SHAPE_BAD;
	im->with_height += !err && shape_had_height(im->shape);
	im->has_nad83 |= shape_is_nad83(im->shape);
	im->rings_closed += err ? 0 : shape_closed_rings(im->shape);
}

static void note_shapes(struct import *im)
{
	if (im->has_nad83)
		import_note(im, "the file is in NAD 83, which is taken as WGS "
				"84: places may be two metres off");
	if (im->with_height)
		import_note(im,
			    "%" PRIu64 " areas have heights, which are left "
			    "out",
			    im->with_height);
	if (im->rings_closed)
		import_note(im, "%" PRIu64 " rings were open and are closed",
			    im->rings_closed);
	if (im->left_out)
		import_note(im,
			    "%" PRIu64 " rows are of secondary or orphaned "
			    "PSAPs: left out",
			    im->left_out);
}

/* ---- a row ---- */

static struct text keep(struct import *im, const char *value, size_t len)
{
	char *at = im->arena + im->arena_used;

	memcpy(at, value, len + 1);
	im->arena_used += len + 1;
	return text_make(at, len);
}

/* -1: there is none, and it was told. */
static int find_organization(struct import *im, struct row *row)
{
	struct text said = row->value[COL_organization];
	int err;

	row->organization = im->organization;
	if (!said.len && !im->organization && !im->kind->is_of_gateway) {
		import_problem(im, row, COL_organization,
			       "the row says no organisation, and none was "
			       "given with the file");
		return -1;
	}
	if (!said.len)
		return 0;
	if (!text_equal(said, text_of(im->organization_said)) ||
	    !im->organization_found) {
		err = organizations_find(im->organizations, said,
					 &im->organization_found);
		if (err) {
			im->organization_found = NULL;
			import_problem(im, row, COL_organization,
				       err == -EEXIST
					       ? "several organisations are "
						 "called '%.*s': say its UUID"
					       : "there is no organisation "
						 "'%.*s'",
				       TEXT_ARG(said));
			return -1;
		}
		if (text_to_cstr(said, im->organization_said,
				 sizeof(im->organization_said)) < 0)
			im->organization_said[0] = '\0';
	}
	if (im->organization && im->organization != im->organization_found) {
		import_problem(im, row, COL_organization,
			       "'%.*s' is another organisation than that of "
			       "the file",
			       TEXT_ARG(said));
		return -1;
	}
	row->organization = im->organization_found;
	return 0;
}

/* The registry has names that no label holds. */
static struct text cut_registry_name(struct import *im, struct text name)
{
	size_t len = LABEL_MAX;

	name = text_trim(name);
	if (name.len <= LABEL_MAX)
		return name;
	while (len > 0 && name.p[len] != ' ')
		len--;
	if (len == 0)
		return name;
	import_note(im, "the name '%.*s' is cut to its first %zu bytes",
		    (int)(name.len < NAME_SHOWN ? name.len : NAME_SHOWN),
		    name.p, len);
	return text_make(name.p, len);
}

void import_read_cell(struct import *im, struct row *row, int column,
		      struct text text)
{
	char value[CELL_VALUE_MAX], reason[CELL_REASON_SIZE];
	const char *npa = row->organization ? row->organization->home_npa : "";
	size_t cell = row->cell[column];
	int len;

	if (column_type((enum column)column) == CELL_SHAPE) {
		read_shape(im, row, text);
		return;
	}
	if (column == COL_name && import_has(im, COL_registry_change))
		text = cut_registry_name(im, text);
	len = cell_read(column_type((enum column)column), text,
			*npa ? npa : NULL, value, reason);
	if (len == -EINVAL) {
		import_row_problem(im, row->line, cell, column, reason);
		return;
	}
	if (len < 0) {
		import_row_problem(im, row->line, cell, column,
				   "the cell is too long");
		return;
	}
	if (len > 0)
		row->value[column] = keep(im, value, (size_t)len);
}

static void read_cell(struct import *im, struct row *row, size_t cell,
		      struct text text)
{
	int column = im->header.column[cell];

	if (column < 0)
		return;
	row->cell[column] = cell + 1;
	import_read_cell(im, row, column, text);
}

int import_stage(struct import *im, struct row *row)
{
	check_shape(im, row);
	im->last_line = row->line;
	return im->kind->stage(im, row);
}

static bool is_blank(const struct csv_record *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (text_trim(r->cell[i].text).len)
			return false;
	return true;
}

/* The organisation first: its area code completes numbers. */
static int read_organization(struct import *im, const struct csv_record *r,
			     struct row *row)
{
	for (size_t i = 0; i < im->header.count && i < r->count; i++)
		if (im->header.column[i] == COL_organization)
			read_cell(im, row, i, r->cell[i].text);
	return find_organization(im, row);
}

static int read_row(struct import *im, const struct csv_record *r)
{
	struct row row = { .line = r->line };
	bool is_known;

	if (is_blank(r))
		return 0;
	im->result->rows++;
	im->arena_used = 0;
	if (r->count != im->header.count) {
		char reason[CELL_REASON_SIZE];

		(void)snprintf(reason, sizeof(reason),
			       "the row has %zu cells, row 1 has %zu", r->count,
			       im->header.count);
		row_problem(im, r->line, 0, reason);
		return 0;
	}
	is_known = read_organization(im, r, &row) == 0;
	for (size_t i = 0; i < r->count; i++)
		if (im->header.column[i] != COL_organization)
			read_cell(im, &row, i, r->cell[i].text);
	im->last_line = r->line;
	return is_known ? import_stage(im, &row) : 0;
}

/* ---- row 1 ---- */

static void note_unknown(struct import *im, const struct csv_record *r)
{
	for (size_t i = 0; i < im->header.count && i < r->count; i++)
		if (im->header.column[i] == HEADER_UNKNOWN &&
		    im->header.is_row_one && r->cell[i].text.len)
			import_note(im,
				    "column %zu, '%.*s', is not known and not "
				    "read",
				    i + 1,
				    r->cell[i].text.len < UNKNOWN_SHOWN
					    ? (int)r->cell[i].text.len
					    : UNKNOWN_SHOWN,
				    r->cell[i].text.p);
}

void import_list_columns(struct import *im)
{
	struct text_writer w = text_writer_on(im->columns, sizeof(im->columns));

	/* An address is both of its halves. */
	if (import_has(im, COL_address))
		im->header.present |=
			COLUMN_BIT(COL_house_number) | COLUMN_BIT(COL_street);
	text_write_cstr(&w, "{");
	for (int c = 0; c < COLUMN_COUNT; c++) {
		if (!import_has(im, (enum column)c))
			continue;
		if (w.used > 1)
			text_write_cstr(&w, ",");
		text_write_cstr(&w, column_name((enum column)c));
	}
	text_write_cstr(&w, "}");
	(void)text_writer_end(&w);
}

int import_check_required(struct import *im, uint64_t line)
{
	int err = 0;

	for (int c = 0; c < COLUMN_COUNT; c++) {
		char reason[CELL_REASON_SIZE];
		struct provision_problem problem = {
			.line = line,
			.column = column_name((enum column)c),
			.reason = reason,
		};

		if (!(im->kind->required & COLUMN_BIT(c)) ||
		    import_has(im, (enum column)c))
			continue;
		(void)snprintf(reason, sizeof(reason),
			       "a file of %s needs a column '%s'",
			       file_kind_name(im->request->kind),
			       column_name((enum column)c));
		import_tell(im, &problem);
		err = -EINVAL;
	}
	return err;
}

static int read_header(struct import *im, const struct csv_record *r)
{
	struct header_fault fault;
	int err = header_read(&im->header, im->request->kind, r,
			      im->request->headings, im->request->columns,
			      &fault);

	if (err) {
		row_problem(im, r->line, fault.cell, fault.reason);
		im->result->problems_are_all = false;
		return err;
	}
	note_unknown(im, r);
	import_list_columns(im);
	err = import_check_required(im, r->line);
	im->result->problems_are_all = !err;
	if (err || im->header.is_row_one)
		return err;
	return read_row(im, r);
}

/* ---- the file ---- */

/* -EINVAL: nothing behind it can be understood. */
static int on_record(struct import *im, struct csv *csv, int got,
		     const struct csv_record *r, bool *is_first)
{
	bool first = *is_first;
	int err;

	*is_first = false;
	if (got == 1) {
		err = first ? read_header(im, r) : read_row(im, r);
		return err == -EINVAL || err >= 0 ? err
						  : import_fail_sql(im, err);
	}
	row_problem(im, csv_fault(csv)->line, csv_fault(csv)->cell,
		    csv_fault(csv)->reason);
	if (got == -EPROTO || first) {
		im->result->problems_are_all = false;
		return -EINVAL;
	}
	return 0;
}

static int read_all(struct import *im, struct csv *csv)
{
	bool is_first = true;
	struct csv_record r;
	uint64_t n = 0;
	int got, err = 0;

	while (!err && (got = csv_next(csv, &r)) != 0) {
		if (got < 0 && got != -EBADMSG && got != -EPROTO)
			return import_fail(im, got, "the file: %s",
					   strerror(-got));
		err = on_record(im, csv, got, &r, &is_first);
		if (++n % PROGRESS_ROWS == 0)
			import_progress(im, PROVISION_READING, csv_bytes(csv),
					im->request->size_bytes);
	}
	if (!err && is_first) {
		row_problem(im, 0, 0,
			    "the file is empty: it has not even a "
			    "header");
		err = -EINVAL;
	}
	if (err == -EINVAL)
		return import_refuse(im);
	return err;
}

static int read_csv(struct import *im)
{
	struct csv *csv;
	int err = csv_new(&csv, im->request->encoding, import_read_bytes, im);

	if (err)
		return import_fail(im, err, "out of memory");
	if (im->shape)
		csv_allow_long(csv);
	err = read_all(im, csv);
	import_progress(im, PROVISION_READING, csv_bytes(csv),
			im->request->size_bytes);
	csv_free(csv);
	return err;
}

ssize_t import_read_bytes(void *arg, char *buf, size_t size)
{
	struct import *im = arg;
	size_t n = im->first_len - im->first_at;

	if (n == 0)
		return im->request->read(im->request->read_arg, buf, size);
	n = n < size ? n : size;
	memcpy(buf, im->first + im->first_at, n);
	im->first_at += n;
	return (ssize_t)n;
}

/* GeoJSON begins with a brace, or with the separator of a sequence. */
static int look_at_file(struct import *im)
{
	ssize_t n = im->request->read(im->request->read_arg, im->first,
				      sizeof(im->first));
	struct text t;

	if (n < 0)
		return import_fail(im, (int)n, "the file: %s",
				   strerror((int)-n));
	im->first_len = (size_t)n;
	t = text_make(im->first, im->first_len);
	if (t.len >= 3 && memcmp(t.p, "\xef\xbb\xbf", 3) == 0)
		t = text_make(t.p + 3, t.len - 3);
	t = text_trim(t);
	im->is_geojson = t.len && strchr("{[\x1e", *t.p);
	if (!column_is_of(COL_geometry, im->request->kind)) {
		if (!im->is_geojson)
			return 0;
		im->is_geojson = false;
		row_problem(im, 0, 0,
			    "the file is JSON: this kind of file is "
			    "CSV");
		im->result->problems_are_all = false;
		return import_refuse(im);
	}
	return shape_new(&im->shape) < 0
		       ? import_fail(im, -ENOMEM, "out of memory")
		       : 0;
}

int import_read(struct import *im)
{
	int err = look_at_file(im), end;

	if (err)
		return err;
	err = im->is_geojson ? import_read_features(im) : read_csv(im);
	note_shapes(im);
	end = copy_end(im);
	if (!err && end)
		err = import_fail_sql(im, end);
	return err;
}
