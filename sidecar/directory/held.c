/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/held.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stats.h"
#include "events/alarm.h"

#define WHO "publisher"

enum column { PID, USER, DATABASE, APPLICATION, PREPARED, COLUMNS };
static const char *const names[COLUMNS] = { "pid", "user", "database",
					    "application", "prepared" };

struct holder {
	struct json *detail; /* owned */
	char text[512];      /* for the log */
};

static int64_t waited_ms(const struct held *h)
{
	return clock_mono_ms() - h->since_ms;
}

static int on_holder(const struct db_row *row, void *arg)
{
	struct holder *o = arg;
	const bool prepared = db_is_null(row, PID);
	const struct text name = db_text(row,
					 prepared ? PREPARED : APPLICATION),
			  user = db_text(row, USER), pid = db_text(row, PID),
			  database = db_text(row, DATABASE);
	int err = 0;

	for (size_t c = 0; c < COLUMNS && err >= 0; c++) {
		uint64_t number;

		if (db_is_null(row, c))
			continue;
		if (c != PID)
			err = json_put_text(o->detail, names[c],
					    db_text(row, c));
		else if (db_u64(row, c, &number) >= 0)
			err = json_put_u64(o->detail, names[c], number);
	}
	(void)snprintf(
		o->text, sizeof(o->text), "%s '%.*s' of '%.*s' in '%.*s'%s%.*s",
		prepared ? "the prepared transaction"
			 : "the transaction of program",
		(int)name.len, name.p, (int)user.len, user.p, (int)database.len,
		database.p, prepared ? "" : ", process ", (int)pid.len, pid.p);
	return err;
}

static int store(const struct held *h, struct db *db, const char *node,
		 const char *kind, struct json *detail)
{
	const struct alarm a = {
		.node = node,
		.kind = kind,
		.at_ms = clock_utc_ms(),
		.which = (uint64_t)h->utc_ms / 1000,
	};
	int err =
		json_put_u64(detail, "waited_s", (uint64_t)waited_ms(h) / 1000);

	return err < 0 ? err : alarm_store(db, &a, detail);
}

/* 1: told; 0: whoever it was has ended just now. */
static int tell(struct held *h, struct db *db, const char *node)
{
	struct holder o = { .text = "" };
	int err = json_new(&o.detail);

	if (err >= 0)
		err = db_exec(db, DB_CHANGE_HOLDER, NULL, on_holder, &o);
	if (err >= 0 && o.text[0]) {
		stats_add(STAT_DIRECTORY_HELD, 1);
		log_error(WHO, "changes wait for %" PRId64 " s already for %s",
			  waited_ms(h) / 1000, o.text);
		err = store(h, db, node, "publish.held", o.detail);
		h->told = err >= 0;
	}
	o.detail = json_free(o.detail);
	return err;
}

int held_wait(struct held *h, struct db *db, const char *node, int64_t alarm_s)
{
	int64_t now = clock_mono_ms();
	int err = 0;

	if (!h->since_ms) {
		h->since_ms = now;
		h->utc_ms = clock_utc_ms();
	}
	if (!h->told && waited_ms(h) >= alarm_s * 1000)
		err = tell(h, db, node);
	if (err < 0)
		return err;
	return now - h->since_ms > INT_MAX ? INT_MAX : (int)(now - h->since_ms);
}

int held_over(struct held *h, struct db *db, const char *node)
{
	struct json *detail = NULL;
	int err;

	if (!h->told) {
		*h = (struct held){ 0 };
		return 0;
	}
	err = json_new(&detail);
	if (err >= 0)
		err = store(h, db, node, "publish.released", detail);
	detail = json_free(detail);
	if (err < 0)
		return err;
	log_notice(WHO,
		   "changes are published again, after they waited for "
		   "%" PRId64 " s",
		   waited_ms(h) / 1000);
	*h = (struct held){ 0 };
	return 0;
}
