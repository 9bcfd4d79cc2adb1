/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that went out with a number whose ALI record was not as it should be:
 * PostgreSQL finds that out when it stores them, and people are told as of any
 * other event.  A row is taken for a minute, and gone when its notices are
 * durable: told again after a crash, by the same ids.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "notify/parts.h"
#include "store/db.h"
#include "text_writer.h"

#define WHO "notify-store"
#define MAX 64 /* as many as ali_doubt_take() gives */

struct doubt {
	uint8_t bytes[EVENT_MAX];
	struct notify_event event;
	char id[UUID_STRING_SIZE];
};

struct doubts {
	struct doubt v[MAX];
	size_t count;
};

static void put_text(struct event_writer *w, enum event_field f,
		     const struct db_row *row, size_t col)
{
	event_text(w, f, db_text(row, col));
}

static void put_id(struct event_writer *w, enum event_field f,
		   const struct db_row *row, size_t col)
{
	uint64_t id;

	if (db_u64(row, col, &id) >= 0 && id)
		event_u64(w, f, id);
}

/* event_id, call_id, at_ms, node, organization_id, location_id, number,
 * provider, reason */
static int on_doubt(const struct db_row *row, void *arg)
{
	struct doubts *ds = arg;
	struct doubt *d = &ds->v[ds->count];
	struct event_writer w;
	struct uuid id, call;
	uint64_t at_ms;

	if (ds->count == MAX ||
	    text_to_cstr(db_text(row, 0), d->id, sizeof(d->id)) < 0 ||
	    uuid_parse(db_text(row, 0), &id) < 0 ||
	    uuid_parse(db_text(row, 1), &call) < 0 ||
	    db_u64(row, 2, &at_ms) < 0)
		return -EPROTO;
	event_begin(&w, d->bytes, sizeof(d->bytes), EVENT_ALI_DOUBTFUL, &call,
		    (int64_t)at_ms);
	put_text(&w, FIELD_NODE, row, 3);
	put_id(&w, FIELD_ORGANIZATION, row, 4);
	put_id(&w, FIELD_LOCATION, row, 5);
	put_text(&w, FIELD_CALLBACK_NUMBER, row, 6);
	put_text(&w, FIELD_PROVIDER, row, 7);
	put_text(&w, FIELD_REASON, row, 8);
	if (notify_event_read(
		    text_make((const char *)d->bytes, event_finish(&w)), id.b,
		    &d->event) < 0)
		return -EPROTO;
	ds->count++;
	return 0;
}

int doubts_tell(struct notify_service *s, struct db *db)
{
	struct doubts *ds = calloc(1, sizeof(*ds));
	int err = ds ? 0 : -ENOMEM;

	if (err >= 0)
		err = db_exec(db, DB_ALI_DOUBT_TAKE,
			      (const char *[]){ s->conf->node }, on_doubt, ds);
	for (size_t i = 0; err >= 0 && i < ds->count; i++) {
		err = parts_hear(s, &ds->v[i].event);
		if (err >= 0)
			err = db_exec(db, DB_ALI_DOUBT_TOLD,
				      (const char *[]){ ds->v[i].id }, NULL,
				      NULL);
		else if (err != -ENOMEM)
			err = 0; /* it is given out again in a minute */
	}
	err = err < 0 ? err : (int)ds->count;
	free(ds);
	return err;
}
