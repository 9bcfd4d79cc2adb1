/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/outgoing.h"

#include <errno.h>

#include "base/json.h"

static int begin(struct ali_outgoing *o, struct text cycle)
{
	struct ali_values header = { .value = { [ALI_COMPANY_NAME] =
							text_of(o->company),
						[ALI_CYCLE_COUNTER] = cycle } };
	struct ali_remarks remarks;
	time_t now = time(NULL);
	struct tm day;
	int err = 0;

	if (text_to_cstr(cycle, o->cycle, sizeof(o->cycle)) < 0 ||
	    !gmtime_r(&now, &day))
		return -EPROTO;
	if (o->begin)
		err = o->begin(o->arg, o->cycle);
	if (err < 0)
		return err;
	o->writer = (struct ali_writer){ .layout = o->layout,
					 .write = o->write,
					 .arg = o->arg };
	o->has_begun = true;
	return ali_writer_begin(&o->writer, &header, &day, &remarks);
}

/* The fields that PostgreSQL has, and what is of this sending. */
static int add(struct ali_outgoing *o, const struct db_row *row,
	       const struct json *content)
{
	const struct ali_position *p = NULL;
	struct ali_values v = { 0 };
	struct ali_remarks remarks;
	struct text number = db_text(row, 0);
	int err;

	if (number.len != 12)
		return -EPROTO;
	while ((p = ali_position_next(o->layout, ALI_DATA, p)))
		v.value[p->field] =
			json_text(content, ali_field_name(p->field));
	v.value[ALI_NPA] = text_make(number.p + 2, 3);
	v.value[ALI_CALLING_NUMBER] = text_make(number.p + 5, 7);
	v.value[ALI_FUNCTION_CODE] = db_text(row, 1);
	v.value[ALI_ORDER_NUMBER] = db_text(row, 2);
	err = ali_writer_add(&o->writer, &v, &remarks);
	if (err == -EINVAL)
		(void)!text_to_cstr(number, o->misfit, sizeof(o->misfit));
	return err;
}

/* number, function, order_number, cycle, content */
int ali_outgoing_row(const struct db_row *row, void *arg)
{
	struct ali_outgoing *o = arg;
	struct json *content = NULL;
	const char *why;
	int err = o->has_begun ? 0 : begin(o, db_text(row, 3));

	if (err >= 0)
		err = json_parse(&content, db_text(row, 4), &why);
	if (err >= 0)
		err = add(o, row, content);
	content = json_free(content);
	return err;
}

int ali_outgoing_end(struct ali_outgoing *o)
{
	struct ali_remarks remarks;

	return o->has_begun ? ali_writer_end(&o->writer, &remarks) : 0;
}
