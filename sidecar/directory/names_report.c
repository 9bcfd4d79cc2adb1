/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/names_report.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"

#define WHO "publisher"

struct columns {
	struct db_array names, addresses, problems;
};

void names_report_init(struct names_report *r, const char *node)
{
	*r = (struct names_report){ .node = node };
}

static void on_name(const struct name_state *s, void *arg)
{
	struct columns *c = arg;
	char list[NAME_ADDRESSES_TEXT_SIZE], literal[sizeof(list) + 2];

	name_addresses_format(&s->addresses, list);
	(void)snprintf(literal, sizeof(literal), "{%s}", list);
	db_array_add(&c->names, text_of(s->text));
	db_array_add(&c->addresses, text_of(literal));
	db_array_add(&c->problems, text_of(s->problem ? s->problem : ""));
}

static int store(const struct names_report *r, struct db *db, struct columns *c)
{
	const char *params[] = { r->node, db_array_get(&c->names),
				 db_array_get(&c->addresses),
				 db_array_get(&c->problems) };

	if (!params[1] || !params[2] || !params[3])
		return -ENOMEM;
	return db_exec(db, DB_NAMES_STORE, params, NULL, NULL);
}

int names_report_tell(struct names_report *r, struct db *db,
		      struct names *names)
{
	uint64_t version = names_state_version(names);
	struct columns c;
	int err;

	if (version == r->version)
		return 0;
	db_array_init(&c.names);
	db_array_init(&c.addresses);
	db_array_init(&c.problems);
	names_each(names, on_name, &c);
	err = store(r, db, &c);
	db_array_fini(&c.names);
	db_array_fini(&c.addresses);
	db_array_fini(&c.problems);
	if (err == -EPROTO) {
		log_warning(WHO, "cannot tell which names resolve: %s",
			    db_error(db));
		err = 0;
	}
	if (err >= 0)
		r->version = version;
	return err;
}
