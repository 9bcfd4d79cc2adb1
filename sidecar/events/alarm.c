/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/alarm.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "crc32c.h"
#include "uuid.h"

static struct uuid id_of(const struct alarm *a)
{
	uint32_t node = crc32c(0, a->node, strlen(a->node)),
		 kind = crc32c(0, a->kind, strlen(a->kind));
	struct uuid u = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		u.b[i] = (uint8_t)(node >> (8 * i));
		u.b[12 + i] = (uint8_t)(kind >> (8 * i));
	}
	for (unsigned i = 0; i < 5; i++)
		u.b[i < 2 ? 4 + i : 7 + i] = (uint8_t)(a->which >> (8 * i));
	/* RFC 9562 5.8: of our own making; 0xff: no stage of a certificate. */
	u.b[6] = 0x80;
	u.b[7] = 0xff;
	u.b[8] = 0x80;
	return u;
}

int alarm_store(struct db *db, const struct alarm *a, const struct json *detail)
{
	char id[UUID_STRING_SIZE], at[CLOCK_TEXT_SIZE], *text;
	const struct uuid u = id_of(a);
	int err = clock_format(a->at_ms, at);

	if (err >= 0)
		err = json_format(detail, &text);
	if (err < 0)
		return err;
	uuid_format(&u, id);
	err = db_exec(db, DB_EVENT_STORE,
		      (const char *[]){ id, NULL, at, a->kind, a->node, text },
		      NULL, NULL);
	free(text);
	if (err == -EPROTO) {
		log_error("alarm", "PostgreSQL refuses '%s': %s", a->kind,
			  db_error(db));
		err = 0;
	}
	return err;
}
