/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/service.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address/book_file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/stats.h"
#include "psap/area_file.h"
#include "psap/area_load.h"
#include "psap/book_load.h"
#include "psap/location_resolve.h"
#include "store/db_service.h"

#define WHO       "psap"
#define PATH_SIZE 512

struct psap_service {
	pthread_mutex_t lock;
	struct psap_areas *areas;  /* shared; under the lock */
	struct address_book *book; /* shared; under the lock */
};

/* What the thread alone has. */
struct follower {
	const struct conf *conf;
	const struct stop *stop;
	struct psap_service *service;
	struct db *db; /* owned */
	struct location_resolve resolve;
	bool walking; /* the walk is not at its end */
	char areas_path[PATH_SIZE], book_path[PATH_SIZE];
};

int psap_service_new(struct psap_service **ret)
{
	struct psap_service *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	(void)pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

struct psap_service *psap_service_free(struct psap_service *s)
{
	if (!s)
		return NULL;
	(void)psap_areas_unref(s->areas);
	(void)address_book_unref(s->book);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

struct psap_areas *psap_service_areas(struct psap_service *s)
{
	struct psap_areas *a;

	(void)pthread_mutex_lock(&s->lock);
	a = s->areas ? psap_areas_ref(s->areas) : NULL;
	(void)pthread_mutex_unlock(&s->lock);
	return a;
}

struct address_book *psap_service_book(struct psap_service *s)
{
	struct address_book *b;

	(void)pthread_mutex_lock(&s->lock);
	b = s->book ? address_book_ref(s->book) : NULL;
	(void)pthread_mutex_unlock(&s->lock);
	return b;
}

/* All locations are gone through. */
static void begin_walk(struct follower *f)
{
	f->resolve.after = 0;
	f->walking = true;
}

/* These are the areas from now on. */
static void use_areas(struct follower *f, struct psap_areas *a,
		      const struct uuid *version)
{
	struct psap_areas *old;

	(void)pthread_mutex_lock(&f->service->lock);
	old = f->service->areas;
	f->service->areas = a;
	(void)pthread_mutex_unlock(&f->service->lock);
	(void)psap_areas_unref(old);
	f->resolve.knowledge.areas = a;
	f->resolve.areas_version = *version;
	begin_walk(f);
}

/* These are the addresses. */
static void use_book(struct follower *f, struct address_book *b,
		     const struct uuid *version)
{
	struct address_book *old;

	(void)pthread_mutex_lock(&f->service->lock);
	old = f->service->book;
	f->service->book = b;
	(void)pthread_mutex_unlock(&f->service->lock);
	(void)address_book_unref(old);
	f->resolve.knowledge.book = b;
	f->resolve.book_version = *version;
	begin_walk(f);
}

/* ---- on disk ---- */

/* Is there something?  What cannot be read is told. */
static bool is_taken(const char *path, int err)
{
	if (err < 0 && err != -ENOENT)
		log_error(WHO, "%s: %s; without PostgreSQL it is missing", path,
			  err == -EBADMSG ? "damaged" : strerror(-err));
	return err >= 0;
}

static void take_over(struct follower *f)
{
	struct psap_areas *a;
	struct address_book *b;
	struct uuid version;

	if (is_taken(f->areas_path,
		     area_file_load(f->areas_path, &a, &version))) {
		log_info(WHO, "%zu areas of %s", psap_areas_count(a),
			 f->areas_path);
		use_areas(f, a, &version);
	}
	if (is_taken(f->book_path,
		     address_book_load(f->book_path, &b, &version))) {
		log_info(WHO, "%zu ranges and addresses of %s",
			 address_book_count(b), f->book_path);
		use_book(f, b, &version);
	}
}

static void told_kept(const char *path, int err)
{
	if (err < 0)
		log_error(WHO, "%s: %s; it would not outlive a restart", path,
			  strerror(-err));
}

/* ---- following ---- */

static int load_areas(struct follower *f)
{
	int64_t began = clock_mono_ms();
	struct psap_areas *a;
	struct uuid version;
	int err = area_load(f->db, (int)f->conf->postgres_rebuild_timeout_ms,
			    &a, &version);

	if (err < 0)
		return err;
	use_areas(f, a, &version);
	told_kept(f->areas_path, area_file_save(a, &version, f->areas_path));
	stats_add(STAT_BOUNDARIES_LOADED, 1);
	log_notice(WHO, "%zu areas, %zu points, loaded in %lld ms",
		   psap_areas_count(a), psap_areas_point_count(a),
		   (long long)(clock_mono_ms() - began));
	return 0;
}

/* Too many for one process: locations must not wait for that.  The ones from
 * before stay, or none. */
static int go_on_without(struct follower *f, const struct uuid *version,
			 int why)
{
	const char *used = f->resolve.knowledge.book
				   ? "those from before are used"
				   : "none is used";
	struct address_book *b;
	int err;

	stats_add(STAT_ADDRESSES_TOO_MANY, 1);
	if (why == -ENOMEM)
		log_error(WHO, "no memory for the ranges and addresses: %s",
			  used);
	else
		log_error(WHO,
			  "there are more than %lld ranges and "
			  "addresses: %s",
			  (long long)f->conf->psap_addresses_max, used);
	if (f->resolve.knowledge.book) {
		f->resolve.book_version = *version;
		begin_walk(f);
		return 0;
	}
	err = address_book_new(&b);
	if (err >= 0)
		err = address_book_index(b);
	if (err >= 0)
		use_book(f, b, version);
	return err;
}

static void tell_conflicts(const struct address_book *b)
{
	uint64_t id;
	size_t n = address_book_conflicts(b, &id);

	if (!n)
		return;
	stats_add(STAT_ADDRESSES_CONFLICTING, n);
	log_warning(WHO,
		    "%zu ranges share house numbers with one of another PSAP, "
		    "on a street that is the same in another spelling; the "
		    "first is range %" PRIu64,
		    n, id);
}

static int load_book(struct follower *f, const struct uuid *wanted)
{
	int64_t began = clock_mono_ms();
	struct address_book *b;
	struct uuid version;
	int err = book_load(f->db, (int)f->conf->postgres_rebuild_timeout_ms,
			    (size_t)f->conf->psap_addresses_max, &b, &version);

	if (err == -E2BIG || err == -ENOMEM)
		return go_on_without(f, wanted, err);
	if (err < 0)
		return err;
	tell_conflicts(b);
	use_book(f, b, &version);
	told_kept(f->book_path, address_book_save(b, &version, f->book_path));
	stats_add(STAT_ADDRESSES_LOADED, 1);
	log_notice(WHO,
		   "%zu ranges and addresses, %zu of coverage, loaded in "
		   "%lld ms",
		   address_book_count(b), address_book_coverage_count(b),
		   (long long)(clock_mono_ms() - began));
	return 0;
}

static int load_if_changed(struct follower *f)
{
	const struct location_resolve *r = &f->resolve;
	struct uuid version;
	int err = area_load_version(f->db, &version);

	if (err >= 0 &&
	    !(r->knowledge.areas && uuid_equal(&version, &r->areas_version)))
		err = load_areas(f);
	if (err >= 0)
		err = book_load_version(f->db, &version);
	if (err >= 0 &&
	    !(r->knowledge.book && uuid_equal(&version, &r->book_version)))
		err = load_book(f, &version);
	return err;
}

/* One piece of work: 1, 0 when there is none left. */
static int step(struct follower *f)
{
	int n = load_if_changed(f);

	if (n >= 0 && f->walking) {
		n = location_resolve_walk(&f->resolve);
		f->walking = n != 0;
		if (n > 0)
			return 1;
	}
	if (n >= 0)
		n = location_resolve_waiting(&f->resolve);
	if (n == -EAGAIN) {
		log_debug(WHO, "areas, addresses or locations are being "
			       "changed: what is left waits until that is "
			       "over");
		return 0; /* the commit wakes us, or the clock */
	}
	return n < 0 ? n : n > 0;
}

static int follow(struct follower *f, struct retry *retry)
{
	for (;;) {
		int n = step(f);

		if (n < 0)
			return n;
		retry_reset(retry);
		if (n == 0) {
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
		err = db_exec(f->db, DB_LISTEN_BOUNDARY, NULL, NULL, NULL);
	/* What changed meanwhile is found by a walk. */
	f->resolve.db = f->db;
	begin_walk(f);
	return err < 0 ? err : follow(f, retry);
}

static void say_why(void *self, int err)
{
	const struct follower *f = self;

	if (!db_service_tell(f->db, err, WHO,
			     "the areas stay as they are and serve"))
		log_error(WHO, "cannot follow areas and addresses: %s",
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

int psap_service_run(const struct conf *conf, const struct stop *stop,
		     struct psap_service *s)
{
	struct follower f = {
		.conf = conf,
		.stop = stop,
		.service = s,
		.resolve.knowledge.nearest_m = (double)conf->psap_nearest_m,
	};
	const struct db_options o = db_options_of(conf, DB_RESOLVER, stop);
	int err;

	(void)snprintf(f.areas_path, PATH_SIZE, "%s/psap-areas",
		       conf->state_dir);
	(void)snprintf(f.book_path, PATH_SIZE, "%s/psap-addresses",
		       conf->state_dir);
	err = db_new(&f.db, &o);
	if (err >= 0) {
		take_over(&f);
		err = loop(&f);
	}
	(void)db_free(f.db);
	return err;
}
