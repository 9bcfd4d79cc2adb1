/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/answers.h"

#include <errno.h>
#include <stdio.h>

/* Three digits where the provider writes them; empty: none. */
static struct text code_of(const struct ali_answers *r,
			   const struct ali_read_line *line)
{
	size_t at = r->error_code_start - 1;
	size_t length = r->layout->length;
	struct text t = line->bytes, code;

	if (at >= length) {
		t = line->behind;
		at -= length;
	}
	if (at + 3 > t.len)
		return text_make(NULL, 0);
	code = text_make(t.p + at, 3);
	for (size_t i = 0; i < 3; i++)
		if (!text_is_digit(code.p[i]))
			return text_make(NULL, 0);
	return code;
}

static int on_state(const struct db_row *row, void *arg)
{
	return text_to_cstr(db_text(row, 0), arg, 24);
}

static void count(struct ali_answers *r, const char *state)
{
	if (strcmp(state, "rejected") == 0)
		r->rejected++;
	else if (strcmp(state, "locked") == 0)
		r->locked++;
	else if (strcmp(state, "stale") == 0)
		r->stale++;
	else if (strcmp(state, "unknown") == 0)
		r->unknown++;
	else
		r->again++;
}

static int on_error_line(struct ali_answers *r,
			 const struct ali_read_line *line, const char *number)
{
	char code[4] = "", function[2] = "", order[16] = "", state[24] = "";
	struct text t = code_of(r, line);
	const struct ali_error *e = ali_error_find(t);
	struct text number_of_order = line->values.value[ALI_ORDER_NUMBER];
	int err;

	if (!t.len) {
		r->without_code++;
		return 0;
	}
	(void)!text_to_cstr(t, code, sizeof(code));
	(void)!text_to_cstr(line->values.value[ALI_FUNCTION_CODE], function,
			    sizeof(function));
	for (size_t i = 0; i < number_of_order.len; i++)
		if (!text_is_digit(number_of_order.p[i]))
			number_of_order.len = 0;
	(void)!text_to_cstr(number_of_order, order, sizeof(order));
	if (!r->db)
		return 0;
	err = db_exec(r->db, DB_ALI_ANSWER,
		      (const char *[]){ r->provider, number, code,
					e ? e->means : "as_it_was", function,
					order },
		      on_state, state);
	if (err < 0)
		return err;
	count(r, state);
	if (r->on_answered)
		r->on_answered(r->arg, &(struct ali_answered){ .number = number,
							       .code = code,
							       .state = state,
							       .e = e });
	return 0;
}

int ali_answers_read(struct ali_answers *a, ali_read_f *read, void *from)
{
	bool is_behind = a->error_code_start + 2 > a->layout->length;
	struct ali_read_line line;
	char number[ALI_NUMBER_SIZE];
	int got, err = 0;

	ali_reader_init(&a->reader, a->layout, is_behind ? ALI_BEHIND_MAX : 0,
			read, from);
	while (err >= 0 && (got = ali_reader_next(&a->reader, &line)) != 0) {
		a->ends_badly = got == -EBADMSG;
		if (got == -EBADMSG) {
			a->bad++;
			if (a->on_bad)
				a->on_bad(a->arg, &a->reader);
		} else if (got < 0) {
			err = got;
		} else if (line.kind == ALI_DATA) {
			a->records++;
			if (ali_number_of(&line.values, number) >= 0)
				err = on_error_line(a, &line, number);
		}
	}
	return err;
}

bool ali_answers_are_unfinished(const struct ali_answers *a)
{
	return a->ends_badly ||
	       (a->reader.has_header && !a->reader.has_trailer);
}

void ali_answers_tell(const struct ali_answers *a, char *ret, size_t size)
{
	(void)snprintf(
		ret, size,
		"%zu rejected, %zu to be sent again otherwise, %zu locked; "
		"%zu about something sent earlier, %zu of numbers without "
		"record; %zu without code, %zu lines unread",
		a->rejected, a->again, a->locked, a->stale, a->unknown,
		a->without_code, a->bad);
}
