/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/ali_service.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ali/ali_keep.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/retry.h"

#define WHO "ali"
/* All numbers are looked at anew so often, for what no trigger has seen. */
#define CHECK_MS (24LL * 3600 * 1000)

struct follower {
	const struct conf *conf;
	const struct stop *stop;
	struct db *db;       /* owned */
	int64_t check_at_ms; /* monotonic */
};

static int on_expired(const struct db_row *row, void *arg)
{
	uint64_t count;

	(void)arg;
	if (db_u64(row, 0, &count) < 0)
		return -EPROTO;
	if (count)
		log_info(WHO,
			 "%" PRIu64 " numbers that calls showed from elsewhere "
			 "are where they belong again",
			 count);
	return 0;
}

/* Marks what is over, and derives what is marked. */
static int step(struct follower *f)
{
	int err = db_exec(f->db, DB_ALI_EXPIRE, NULL, on_expired, NULL);

	return err < 0 ? err : ali_keep_step(f->db);
}

static int follow(struct follower *f, struct retry *retry)
{
	for (;;) {
		int n = step(f);

		if (n < 0)
			return n;
		retry_reset(retry);
		if (clock_mono_ms() >= f->check_at_ms) {
			n = db_exec(f->db, DB_ALI_CHECK, NULL, NULL, NULL);
			if (n < 0)
				return n;
			f->check_at_ms = clock_mono_ms() + CHECK_MS;
		} else if (n == 0) {
			n = db_wait(f->db, (int)f->conf->directory_poll_ms);
			if (n < 0)
				return n;
		}
		if (stop_is_asked(f->stop))
			return -ECANCELED;
	}
}

static int serve(struct follower *f, struct retry *retry)
{
	int err = db_connect(f->db);

	if (err >= 0)
		err = db_exec(f->db, DB_LISTEN_ALI, NULL, NULL, NULL);
	return err < 0 ? err : follow(f, retry);
}

static void tell(const struct follower *f, int err)
{
	if (err == -ENOTCONN)
		log_warning(WHO, "no PostgreSQL: %s", db_error(f->db));
	else if (err == -ENOTSUP)
		log_error(WHO, "records are not kept in step: %s",
			  db_error(f->db));
	else if (err == -EPROTO)
		log_error(WHO, "PostgreSQL refuses: %s", db_error(f->db));
	else
		log_error(WHO, "records are not kept in step: %s",
			  strerror(-err));
}

static int loop(struct follower *f)
{
	struct retry retry;

	retry_init(&retry, (int)f->conf->postgres_retry_max_ms);
	for (;;) {
		int err = serve(f, &retry);

		if (err == -ECANCELED)
			return 0;
		tell(f, err);
		if (err == -ENOMEM)
			return err;
		db_disconnect(f->db);
		if (stop_wait(f->stop, -1, retry_next_ms(&retry)) < 0)
			return 0;
	}
}

int ali_service_run(const struct conf *conf, const struct stop *stop)
{
	struct follower f = { .conf = conf, .stop = stop };
	const struct db_options o = {
		.conninfo = conf->postgres,
		.user = DB_ALI,
		.stop = stop,
		.connect_timeout_ms = (int)conf->postgres_connect_timeout_ms,
		.statement_timeout_ms =
			(int)conf->postgres_statement_timeout_ms,
	};
	int err = db_new(&f.db, &o);

	f.check_at_ms = clock_mono_ms();
	if (err >= 0)
		err = loop(&f);
	(void)db_free(f.db);
	return err;
}
