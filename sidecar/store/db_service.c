/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/db_service.h"

#include <errno.h>

#include "base/log.h"

int db_service_run(const struct db_service *s)
{
	struct retry retry;

	retry_init(&retry, s->retry_max_ms);
	for (;;) {
		int err = s->serve(s->self, &retry);

		if (err == -ECANCELED)
			return 0;
		s->tell(s->self, err);
		if (err == -ENOMEM)
			return err;
		db_disconnect(s->db);
		err = s->away ? s->away(s->self) : 0;
		if (err < 0)
			return err;
		if (stop_wait(s->stop, -1, retry_next_ms(&retry)) < 0)
			return 0;
	}
}

bool db_service_tell(const struct db *db, int err, const char *who,
		     const char *meanwhile)
{
	switch (err) {
	case -ENOTCONN:
		log_warning(who, "no PostgreSQL, %s: %s", meanwhile,
			    db_error(db));
		return true;
	case -ENOTSUP:
		log_error(who, "%s: %s", meanwhile, db_error(db));
		return true;
	case -EPROTO:
		log_error(who, "PostgreSQL refuses: %s", db_error(db));
		return true;
	default:
		return false;
	}
}

struct db_options db_options_of(const struct conf *conf, enum db_user user,
				const struct stop *stop)
{
	return (struct db_options){
		.conninfo = conf->postgres,
		.user = user,
		.stop = stop,
		.connect_timeout_ms = (int)conf->postgres_connect_timeout_ms,
		.statement_timeout_ms =
			(int)conf->postgres_statement_timeout_ms,
	};
}
