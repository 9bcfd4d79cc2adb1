/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "certificates/expiry_store.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stats.h"

#define WHO "certificates"

static int put_all(struct json *j, const struct expiry_alarm *a)
{
	char reason[EXPIRY_TEXT_SIZE], end[CLOCK_TEXT_SIZE];
	int err;

	expiry_format(a, reason);
	err = json_put_text(j, "file", text_of(a->path));
	if (err >= 0)
		err = json_put_text(j, "reason", text_of(reason));
	if (err < 0 || a->stage == EXPIRY_UNREADABLE)
		return err < 0 ? err
			       : json_put_text(j, "problem",
					       text_of(a->problem));
	err = json_put_text(j, "certificate", text_of(a->certificate.subject));
	if (err >= 0 && clock_format(a->certificate.ends_at_s * 1000, end) >= 0)
		err = json_put_text(j, "ends_at", text_of(end));
	return err;
}

static int detail_of(const struct expiry_alarm *a, char **ret)
{
	struct json *j;
	int err = json_new(&j);

	if (err < 0)
		return err;
	err = put_all(j, a);
	if (err >= 0)
		err = json_format(j, ret);
	json_free(j);
	return err;
}

static int store(struct db *db, const struct expiry_alarm *a, const char *node)
{
	char id[UUID_STRING_SIZE], at[CLOCK_TEXT_SIZE], *detail;
	int err = clock_format(a->at_ms, at);

	if (err >= 0)
		err = detail_of(a, &detail);
	if (err < 0)
		return err;
	uuid_format(&a->id, id);
	err = db_exec(db, DB_EVENT_STORE,
		      (const char *[]){ id, NULL, at, "certificate.expires",
					node, detail },
		      NULL, NULL);
	free(detail);
	return err;
}

int expiry_store(struct expiry *e, struct db *db, const char *node)
{
	struct expiry_alarm a;

	while (expiry_next(e, &a)) {
		int err = store(db, &a, node);

		if (err == -EPROTO) {
			log_error(WHO, "PostgreSQL refuses the alarm: %s",
				  db_error(db));
			err = 0;
		}
		if (err < 0)
			return err;
		expiry_stored(e, &a.id);
	}
	return 0;
}
