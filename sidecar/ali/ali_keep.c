/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/ali_keep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ali/derive.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stats.h"
#include "text_writer.h"

#define WHO   "ali"
#define BATCH "1000"

/* ---- one record ---- */

/* The names that ali_source() gives its texts. */
static const struct {
	const char *name;
	size_t at;
} members[] = {
#define MEMBER(name) \
	{ \
#name, offsetof(struct ali_source, name) \
	}
	MEMBER(number),
	MEMBER(country),
	MEMBER(house_number),
	MEMBER(street),
	MEMBER(city),
	MEMBER(state),
	MEMBER(postal_code),
	MEMBER(building),
	MEMBER(floor),
	MEMBER(unit),
	MEMBER(room),
	MEMBER(info),
	MEMBER(longitude),
	MEMBER(latitude),
	MEMBER(customer_name),
	MEMBER(main_number),
	MEMBER(class_of_service),
	MEMBER(type_of_service),
	MEMBER(company_id),
	MEMBER(customer_code),
	MEMBER(exchange),
	MEMBER(county_id),
	MEMBER(msag_customer_id),
#undef MEMBER
};

static void tell_flaws(const struct ali_remarks *r, char ret[ALI_FLAWS_SIZE])
{
	struct text_writer w = text_writer_on(ret, ALI_FLAWS_SIZE - 1);

	for (size_t i = 0; i < r->count; i++)
		text_writef(&w, "%s%s %s", w.used ? "; " : "",
			    ali_field_name(r->remark[i].field),
			    ali_flaw_text(r->remark[i].flaw));
	ret[w.used] = '\0';
}

/* What stands in the line, but for what is of the sending: function, dates. */
static int put_fields(struct json *j, const struct ali_layout *layout,
		      const struct ali_values *v)
{
	const struct ali_position *p = NULL;
	int err = 0;

	while (err >= 0 && (p = ali_position_next(layout, ALI_DATA, p)))
		if (p->field != ALI_FUNCTION_CODE && v->value[p->field].len)
			err = json_put_text(j, ali_field_name(p->field),
					    v->value[p->field]);
	return err;
}

static int put_record(struct json *j, const struct ali_layout *layout,
		      struct ali_values *values, char ret_flaws[ALI_FLAWS_SIZE],
		      bool *ret_writable)
{
	char line[ALI_LENGTH_MAX];
	struct ali_values got;
	struct ali_remarks remarks;
	int err;

	values->value[ALI_FUNCTION_CODE] = text_of("I");
	*ret_writable =
		ali_record_write(layout, ALI_DATA, values, line, &remarks) >= 0;
	tell_flaws(&remarks, ret_flaws);
	/* Of what cannot be written all the rest: it is compared, not sent. */
	(void)!ali_record_read(layout, ALI_DATA,
			       text_make(line, layout->length), &got, &remarks);
	err = put_fields(j, layout, &got);
	if (err >= 0 && !*ret_writable)
		err = json_put_text(j, "unwritable", text_of(ret_flaws));
	return err;
}

int ali_keep_derive(const struct ali_layout *layout, struct text source,
		    char **ret, char ret_flaws[ALI_FLAWS_SIZE],
		    bool *ret_writable)
{
	struct json *from = NULL, *to = NULL;
	struct ali_source s = { .number = text_of(NULL) };
	struct ali_derived d;
	const char *why;
	int err = json_parse(&from, source, &why);

	if (err >= 0)
		err = json_new(&to);
	if (err >= 0) {
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			*(struct text *)((char *)&s + members[i].at) =
				json_text(from, members[i].name);
		err = ali_derive(&s, &d);
	}
	if (err >= 0)
		err = put_record(to, layout, &d.values, ret_flaws,
				 ret_writable);
	if (err >= 0)
		err = json_format(to, ret);
	to = json_free(to);
	from = json_free(from);
	return err;
}

/* ---- many ---- */

enum array {
	MARKS,
	ASKED,
	ORGANIZATIONS,
	NUMBERS,
	SOURCES,
	WANTED,
	FLAWS,
	WRITABLE,
	ARRAYS
};

struct batch {
	struct db_array array[ARRAYS];
	size_t marks;
	uint64_t stored;
};

static void fini(struct batch *b)
{
	for (int i = 0; i < ARRAYS; i++)
		db_array_fini(&b->array[i]);
}

/* ali_waiting_id, number, organization_id */
static int on_mark(const struct db_row *row, void *arg)
{
	struct batch *b = arg;

	b->marks++;
	db_array_add(&b->array[MARKS], db_text(row, 0));
	db_array_add(&b->array[ASKED], db_text(row, 1));
	db_array_add(&b->array[ORGANIZATIONS], db_text(row, 2));
	return 0;
}

/* number, layout, source */
static int on_source(const struct db_row *row, void *arg)
{
	struct batch *b = arg;
	const struct ali_layout *layout = ali_layout_find(db_text(row, 1));
	char flaws[ALI_FLAWS_SIZE];
	bool writable;
	char *wanted;
	int err = -EINVAL;

	if (layout)
		err = ali_keep_derive(layout, db_text(row, 2), &wanted, flaws,
				      &writable);
	if (err == -ENOMEM)
		return err;
	if (err < 0) {
		/* A newer schema's layout, or a number that SQL should not
		 * have let through: it stays without a record, which the
		 * audit shows. */
		log_error(WHO, "no record can be made of a number: %s",
			  strerror(-err));
		return 0;
	}
	db_array_add(&b->array[NUMBERS], db_text(row, 0));
	db_array_add(&b->array[SOURCES], db_text(row, 2));
	db_array_add(&b->array[WANTED], text_of(wanted));
	db_array_add(&b->array[FLAWS], text_of(flaws));
	db_array_add(&b->array[WRITABLE], text_of(writable ? "t" : "f"));
	free(wanted);
	return 0;
}

static int on_stored(const struct db_row *row, void *arg)
{
	struct batch *b = arg;

	return db_u64(row, 0, &b->stored) < 0 ? -EPROTO : 0;
}

static int derive_and_store(struct db *db, struct batch *b)
{
	const char *params[ARRAYS];
	int err;

	for (int i = MARKS; i <= ORGANIZATIONS; i++) {
		params[i] = db_array_get(&b->array[i]);
		if (!params[i])
			return -ENOMEM;
	}
	err = db_exec(db, DB_ALI_SOURCE, &params[ASKED], on_source, b);
	if (err < 0)
		return err;
	for (int i = NUMBERS; i < ARRAYS; i++) {
		params[i] = db_array_get(&b->array[i]);
		if (!params[i])
			return -ENOMEM;
	}
	return db_exec(db, DB_ALI_STORE, params, on_stored, b);
}

int ali_keep_step(struct db *db)
{
	struct batch b = { .marks = 0 };
	int err;

	for (int i = 0; i < ARRAYS; i++)
		db_array_init(&b.array[i]);
	err = db_exec(db, DB_ALI_WAITING, (const char *[]){ BATCH }, on_mark,
		      &b);
	if (err >= 0 && b.marks)
		err = derive_and_store(db, &b);
	if (err >= 0 && b.stored) {
		stats_add(STAT_ALI_DERIVED, b.stored);
		log_info(WHO, "%" PRIu64 " records are to say something else",
			 b.stored);
	}
	fini(&b);
	return err < 0 ? err : (int)b.marks;
}
