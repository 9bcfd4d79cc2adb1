/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>

#include "base/clock.h"
#include "crc32c.h"
#include "events/alarm.h"
#include "http/held_refusals.h"

static int put_address(struct json *j, const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = memcmp(address, mapped, sizeof(mapped)) == 0;
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + 12 : address,
		       text, sizeof(text)))
		text[0] = '\0';
	return json_put_text(j, "source_address", text_of(text));
}

static int put_all(struct json *j, const struct held_refusal_told *t)
{
	int err = put_address(j, t->address);

	if (err >= 0 && t->client[0])
		err = json_put_text(j, "client", text_of(t->client));
	if (err >= 0)
		err = json_put_text(j, "fault", text_of(t->why));
	return err < 0 ? err : json_put_u64(j, "count", t->count);
}

static int store(struct db *db, const struct held_refusal_told *t,
		 const char *node)
{
	const struct alarm a = {
		.node = node,
		.kind = "security.location",
		.at_ms = t->at_ms,
		.which = crc32c(crc32c(0, &t->at_ms, sizeof(t->at_ms)),
				t->address, sizeof(t->address)) ^
			 crc32c(0, t->why, strlen(t->why)),
	};
	struct json *j = NULL;
	int err = json_new(&j);

	if (err >= 0)
		err = put_all(j, t);
	if (err >= 0)
		err = alarm_store(db, &a, j);
	(void)json_free(j);
	return err;
}

int held_refusals_store(struct held_refusals *r, struct db *db,
			const char *node)
{
	struct held_refusal_told t;

	while (held_refusals_take(r, clock_utc_ms(), &t)) {
		int err = store(db, &t, node);

		if (err < 0) {
			held_refusals_give_back(r, &t);
			return err;
		}
	}
	return 0;
}
