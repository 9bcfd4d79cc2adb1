/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/record.h"

#include <errno.h>

#include "ali/fold.h"

static const struct {
	const char *text;
	bool fatal;
} flaws[] = {
	[ALI_CUT] = { "is cut", false },
	[ALI_LOST] = { "has characters that have no form in capitals", false },
	[ALI_UNKNOWN_CODE] = { "is no code that is known", false },
	[ALI_ABSENT] = { "is blank", false },
	[ALI_NOT_BLANK] = { "is not blank", false },
	[ALI_NOT_OF_TYPE] = { "is not of its type", false },
	[ALI_TOO_LONG] = { "is too long, and a part of it would be false",
			   true },
	[ALI_MISSING] = { "is missing", true },
	[ALI_NOT_DIGITS] = { "does not have the digits that it must", true },
	[ALI_NO_FUNCTION] = { "is no function code", true },
	[ALI_NOT_LITERAL] = { "is not what such a line has there", true },
	[ALI_NOT_PRINTABLE] = { "has bytes that are no printable ASCII", true },
};

bool ali_flaw_is_fatal(enum ali_flaw flaw)
{
	return flaws[flaw].fatal;
}

const char *ali_flaw_text(enum ali_flaw flaw)
{
	return flaws[flaw].text;
}

static void remark(struct ali_remarks *r, const struct ali_position *p,
		   enum ali_flaw flaw)
{
	r->fatal |= flaws[flaw].fatal;
	if (r->count < ALI_REMARKS_MAX)
		r->remark[r->count++] = (struct ali_remark){ p->field, p->start,
							     p->length, flaw };
}

static bool is_digits(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_digit(t.p[i]))
			return false;
	return t.len > 0;
}

static void check_code(const struct ali_position *p, struct text t,
		       struct ali_remarks *r)
{
	if (!ali_field_has_codes(p->field) ||
	    (t.len && t.p[0] != ' ' && ali_code_meaning(p->field, t.p[0])))
		return;
	if (p->field == ALI_FUNCTION_CODE)
		remark(r, p, ALI_NO_FUNCTION);
	else if (t.len && t.p[0] != ' ')
		remark(r, p, ALI_UNKNOWN_CODE);
}

/* ---- writing ---- */

/* to: blanks already. */
static void write_text(const struct ali_position *p, struct text t, char *to,
		       struct ali_remarks *r)
{
	struct ali_folded f = ali_fold(t, p->type == ALI_A, to, p->length);

	if (f.lost)
		remark(r, p, ALI_LOST);
	if (f.cut)
		remark(r, p, p->rule == ALI_WHOLE ? ALI_TOO_LONG : ALI_CUT);
	check_code(p, text_make(to, f.len), r);
}

static void write_digits(const struct ali_position *p, struct text t, char *to,
			 struct ali_remarks *r)
{
	t = text_trim(t);
	if (!t.len && p->rule == ALI_DIGITS_OR_BLANK)
		return;
	if (!t.len) {
		remark(r, p, ALI_MISSING);
		return;
	}
	if (t.len != p->length || !is_digits(t)) {
		remark(r, p, ALI_NOT_DIGITS);
		return;
	}
	memcpy(to, t.p, t.len);
	check_code(p, t, r);
}

static struct text without_zeros(struct text t)
{
	while (t.len > 1 && t.p[0] == '0') {
		t.p++;
		t.len--;
	}
	return t;
}

static void write_number(const struct ali_position *p, struct text t, char *to,
			 struct ali_remarks *r)
{
	t = without_zeros(text_trim(t));
	if (!t.len)
		remark(r, p, ALI_MISSING);
	else if (!is_digits(t))
		remark(r, p, ALI_NOT_DIGITS);
	else if (t.len > p->length)
		remark(r, p, ALI_TOO_LONG);
	else {
		if (p->rule == ALI_RIGHT_ZERO)
			memset(to, '0', p->length);
		memcpy(to + p->length - t.len, t.p, t.len);
	}
}

static void write_position(const struct ali_position *p, struct text t,
			   char *to, struct ali_remarks *r)
{
	switch (p->rule) {
	case ALI_TEXT:
	case ALI_WHOLE:
		write_text(p, t, to, r);
		break;
	case ALI_DIGITS:
	case ALI_DIGITS_OR_BLANK:
		write_digits(p, t, to, r);
		break;
	case ALI_RIGHT_BLANK:
	case ALI_RIGHT_ZERO:
		write_number(p, t, to, r);
		break;
	case ALI_CONSTANT:
		if (p->literal)
			memcpy(to, p->literal, p->length);
		break;
	}
}

/*
 * A record without a place is none, and would be taken for one.  With what is
 * deleted or unlocked nobody is sent anywhere.
 */
static void check_place(const struct ali_position *p, const char *line,
			struct ali_remarks *r)
{
	bool is_blank = true;

	for (unsigned i = 0; i < p->length; i++)
		is_blank &= line[p->start - 1 + i] == ' ';
	if (!is_blank)
		return;
	if (p->field == ALI_STREET_NAME || p->field == ALI_STREET ||
	    p->field == ALI_COMMUNITY_NAME || p->field == ALI_STATE)
		remark(r, p, ALI_MISSING);
	else if (p->field == ALI_HOUSE_NUMBER)
		remark(r, p, ALI_ABSENT);
}

static bool has_place(enum ali_line line, const struct ali_values *v)
{
	struct text f = text_trim(v->value[ALI_FUNCTION_CODE]);

	return line == ALI_DATA && f.len == 1 &&
	       (f.p[0] == 'I' || f.p[0] == 'C' || f.p[0] == 'M');
}

int ali_record_write(const struct ali_layout *layout, enum ali_line line,
		     const struct ali_values *values, char *ret,
		     struct ali_remarks *ret_remarks)
{
	const struct ali_position *p = NULL;

	ret_remarks->count = 0;
	ret_remarks->fatal = false;
	memset(ret, ' ', layout->length);
	while ((p = ali_position_next(layout, line, p)))
		write_position(p, values->value[p->field], ret + p->start - 1,
			       ret_remarks);
	while (has_place(line, values) &&
	       (p = ali_position_next(layout, line, p)))
		check_place(p, ret, ret_remarks);
	return ret_remarks->fatal ? -EINVAL : 0;
}

/* ---- reading ---- */

enum ali_line ali_record_line(struct text bytes)
{
	/* A record's second character is a digit. */
	if (bytes.len >= 3 && !memcmp(bytes.p, "UHL", 3))
		return ALI_HEADER;
	if (bytes.len >= 3 && !memcmp(bytes.p, "UTL", 3))
		return ALI_TRAILER;
	return ALI_DATA;
}

static struct text without_blanks_behind(struct text t)
{
	while (t.len && t.p[t.len - 1] == ' ')
		t.len--;
	return t;
}

static bool is_of_type(enum ali_type type, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i];
		bool capital = c >= 'A' && c <= 'Z';

		if (type == ALI_A ? !capital && c != ' '
				  : type == ALI_N && !text_is_digit(c))
			return false;
		if (c >= 'a' && c <= 'z')
			return false;
	}
	return true;
}

static struct text read_constant(const struct ali_position *p, struct text t,
				 struct ali_remarks *r)
{
	if (p->literal && !text_equal(t, text_make(p->literal, p->length)))
		remark(r, p, ALI_NOT_LITERAL);
	if (!p->literal && without_blanks_behind(t).len)
		remark(r, p, ALI_NOT_BLANK);
	return text_make(NULL, 0);
}

static struct text read_position(const struct ali_position *p, struct text t,
				 struct ali_remarks *r)
{
	if (text_printable_len(t) != t.len)
		remark(r, p, ALI_NOT_PRINTABLE);
	if (p->rule == ALI_CONSTANT)
		return read_constant(p, t, r);
	if (p->rule == ALI_RIGHT_BLANK || p->rule == ALI_RIGHT_ZERO) {
		while (t.len && t.p[0] == ' ')
			t = text_make(t.p + 1, t.len - 1);
		t = without_zeros(t);
	} else {
		t = without_blanks_behind(t);
	}
	if (p->rule == ALI_DIGITS && (t.len != p->length || !is_digits(t)))
		remark(r, p, ALI_NOT_DIGITS);
	else if (!is_of_type(p->type, t))
		remark(r, p, ALI_NOT_OF_TYPE);
	check_code(p, t, r);
	return t;
}

int ali_record_read(const struct ali_layout *layout, enum ali_line line,
		    struct text bytes, struct ali_values *ret,
		    struct ali_remarks *ret_remarks)
{
	const struct ali_position *p = NULL;

	if (bytes.len != layout->length)
		return -EMSGSIZE;
	ret_remarks->count = 0;
	ret_remarks->fatal = false;
	memset(ret, 0, sizeof(*ret));
	while ((p = ali_position_next(layout, line, p))) {
		struct text t = text_make(bytes.p + p->start - 1, p->length);

		ret->value[p->field] = read_position(p, t, ret_remarks);
	}
	return ret_remarks->fatal ? -EBADMSG : 0;
}

int ali_number_of(const struct ali_values *v, char ret[ALI_NUMBER_SIZE])
{
	struct text npa = v->value[ALI_NPA];
	struct text rest = v->value[ALI_CALLING_NUMBER];

	if (npa.len != 3 || rest.len != 7)
		return -EINVAL;
	memcpy(ret, "+1", 2);
	memcpy(ret + 2, npa.p, 3);
	memcpy(ret + 5, rest.p, 7);
	ret[ALI_NUMBER_SIZE - 1] = '\0';
	return 0;
}
