/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_layout: which field stands where in a line of an ALI file.
 *
 * The rows are in field.def, layout.def and code.def; record.h writes and
 * reads by them, and so would the writer of another layout.
 */
#pragma once

#include "text.h"

enum ali_field {
#define ALI_FIELD(enumerator, name, what) ALI_##enumerator,
#include "ali/field.def"
#undef ALI_FIELD
	ALI_FIELD_COUNT
};

enum ali_line { ALI_DATA, ALI_HEADER, ALI_TRAILER, ALI_LINE_COUNT };

enum ali_type {
	ALI_A,  /* letters and blanks */
	ALI_N,  /* digits */
	ALI_AN, /* printable ASCII, no small letters */
};

/* What layout.def says of them. */
enum ali_rule {
	ALI_TEXT,
	ALI_WHOLE,
	ALI_DIGITS,
	ALI_DIGITS_OR_BLANK,
	ALI_RIGHT_BLANK,
	ALI_RIGHT_ZERO,
	ALI_CONSTANT, /* a literal, or blanks where literal is NULL */
};

struct ali_position {
	enum ali_field field;
	unsigned start, length; /* start from 1 */
	enum ali_type type;
	enum ali_rule rule;
	const char *literal; /* static */
};

#define ALI_LENGTH_MAX 512 /* of a line, without its end */
#define ALI_END_MAX    2

enum ali_layout_id {
#define ALI_LAYOUT(enumerator, name, length, end, what) ALI_##enumerator,
#include "ali/layout.def"
	ALI_LAYOUT_COUNT
};

struct ali_layout {
	enum ali_layout_id id;
	const char *name, *what; /* static */
	unsigned length;         /* of each line */
	const char *end;         /* behind each line; static */
};

const struct ali_layout *ali_layout_get(enum ali_layout_id id);
/* By name; NULL: there is none of that name. */
const struct ali_layout *ali_layout_find(struct text name);
/* The next position of that line behind 'after', the first behind NULL; NULL:
 * no more.  Static; in no order. */
const struct ali_position *ali_position_next(const struct ali_layout *layout,
					     enum ali_line line,
					     const struct ali_position *after);

const char *ali_field_name(enum ali_field field);
/* -ENOENT: there is none of that name. */
int must_check ali_field_find(struct text name, enum ali_field *ret);
/* Does code.def list what this field may hold? */
bool ali_field_has_codes(enum ali_field field);
/* NULL: it does not list this one. */
const char *ali_code_meaning(enum ali_field field, char code);
