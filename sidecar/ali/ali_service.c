/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/ali_service.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ali/ali_keep.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/retry.h"
#include "store/db_service.h"

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

static int serve(void *self, struct retry *retry)
{
	struct follower *f = self;
	int err = db_connect(f->db);

	if (err >= 0)
		err = db_exec(f->db, DB_LISTEN_ALI, NULL, NULL, NULL);
	return err < 0 ? err : follow(f, retry);
}

static void say_why(void *self, int err)
{
	const struct follower *f = self;

	if (!db_service_tell(f->db, err, WHO, "records are not kept in step"))
		log_error(WHO, "records are not kept in step: %s",
			  strerror(-err));
}

static int loop(struct follower *f)
{
	return db_service_run(&(struct db_service){
		.db = f->db,
		.stop = f->stop,
		.retry_max_ms = (int)f->conf->postgres_retry_max_ms,
		.self = f,
		.serve = serve,
		.tell = say_why,
	});
}

int ali_service_run(const struct conf *conf, const struct stop *stop)
{
	struct follower f = { .conf = conf, .stop = stop };
	const struct db_options o = db_options_of(conf, DB_ALI, stop);
	int err = db_new(&f.db, &o);

	f.check_at_ms = clock_mono_ms();
	if (err >= 0)
		err = loop(&f);
	(void)db_free(f.db);
	return err;
}
