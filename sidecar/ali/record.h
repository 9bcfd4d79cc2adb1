/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_record: one line of an ALI file, written, read and checked by the rows of
 * its layout.  Pure: nothing is allocated, nothing logged.
 *
 * Whatever a value holds, it fills its own positions and no others.
 */
#pragma once

#include "ali/layout.h"

/* Absent: empty.  Borrowed, UTF-8 when written, ASCII when read. */
struct ali_values {
	struct text value[ALI_FIELD_COUNT];
};

enum ali_flaw {
	/* the line goes, and somebody should know */
	ALI_CUT,          /* only its first part fits */
	ALI_LOST,         /* characters became blanks */
	ALI_UNKNOWN_CODE, /* code.def does not list it */
	ALI_ABSENT,       /* it is blank, and mostly there is one */
	ALI_NOT_BLANK,    /* read: something stands where nothing should */
	ALI_NOT_OF_TYPE,  /* read: a digit among letters, a letter among digits
			   */
	/* it cannot be */
	ALI_TOO_LONG, /* a part of it would be a false one */
	ALI_MISSING,
	ALI_NOT_DIGITS,    /* or not as many as there must be */
	ALI_NO_FUNCTION,   /* no function code that there is */
	ALI_NOT_LITERAL,   /* read: no line of this kind */
	ALI_NOT_PRINTABLE, /* read: controls, or bytes beyond ASCII */
};

bool ali_flaw_is_fatal(enum ali_flaw flaw);
/* For people: "is cut". */
const char *ali_flaw_text(enum ali_flaw flaw);

struct ali_remark {
	enum ali_field field;
	unsigned start, length; /* its position */
	enum ali_flaw flaw;
};

#define ALI_REMARKS_MAX 64
struct ali_remarks {
	struct ali_remark remark[ALI_REMARKS_MAX];
	size_t count;
	bool fatal; /* one of them is */
};

/*
 * layout->length bytes to ret, without the line's end.  0; -EINVAL: a value
 * cannot be written, ret holds nothing of use and the remarks say why.
 */
int must_check ali_record_write(const struct ali_layout *layout,
				enum ali_line line,
				const struct ali_values *values, char *ret,
				struct ali_remarks *ret_remarks);

/* What kind of line this is, by how it begins. */
enum ali_line ali_record_line(struct text bytes);

/*
 * Values are views of bytes, without their padding.  0; -EMSGSIZE: not
 * layout->length bytes; -EBADMSG: no such line, the remarks say why; values
 * are what stands there nevertheless.
 */
int must_check ali_record_read(const struct ali_layout *layout,
			       enum ali_line line, struct text bytes,
			       struct ali_values *ret,
			       struct ali_remarks *ret_remarks);

/* The number of a record that was read, "+1" and ten digits, NUL-terminated;
 * -EINVAL: it has none. */
#define ALI_NUMBER_SIZE 13
int must_check ali_number_of(const struct ali_values *v,
			     char ret[ALI_NUMBER_SIZE]);
