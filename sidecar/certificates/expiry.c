/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "certificates/expiry.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "crc32c.h"

#define WHO    "certificates"
#define DAY_S  86400L
#define DAY_MS (DAY_S * 1000L)

struct file {
	char path[EXPIRY_PATH_SIZE];
	enum expiry_stage stage;    /* that was told */
	int64_t ends_at_s, told_ms; /* of that */
	struct expiry_alarm alarm;
	bool waits; /* the alarm is not stored yet */
};

struct expiry {
	pthread_mutex_t lock;
	char *node; /* owned */
	struct file files[EXPIRY_FILES_MAX];
	size_t count;
};

enum expiry_stage expiry_stage_of(int64_t left_s)
{
	if (left_s <= 0)
		return EXPIRY_ENDED;
	if (left_s < 1 * DAY_S)
		return EXPIRY_1_DAY;
	if (left_s < 7 * DAY_S)
		return EXPIRY_7_DAYS;
	if (left_s < 14 * DAY_S)
		return EXPIRY_14_DAYS;
	return left_s < 30 * DAY_S ? EXPIRY_30_DAYS : EXPIRY_FINE;
}

void expiry_format(const struct expiry_alarm *a, char ret[EXPIRY_TEXT_SIZE])
{
	int64_t left_s = a->certificate.ends_at_s - a->at_ms / 1000;

	if (a->stage == EXPIRY_UNREADABLE)
		(void)snprintf(ret, EXPIRY_TEXT_SIZE, "cannot be read");
	else if (a->stage == EXPIRY_ENDED)
		(void)snprintf(ret, EXPIRY_TEXT_SIZE, "has ended");
	else if (left_s < 2 * DAY_S)
		(void)snprintf(ret, EXPIRY_TEXT_SIZE,
			       "ends in %" PRId64 " hours", left_s / 3600);
	else
		(void)snprintf(ret, EXPIRY_TEXT_SIZE,
			       "ends in %" PRId64 " days", left_s / DAY_S);
}

/* ---- making it ---- */

static int add(struct expiry *e, struct text path)
{
	if (e->count == EXPIRY_FILES_MAX || !path.len || path.p[0] != '/' ||
	    text_to_cstr(path, e->files[e->count].path, EXPIRY_PATH_SIZE) < 0)
		return -EINVAL;
	e->count++;
	return 0;
}

int expiry_new(struct expiry **ret, const char *files, const char *node)
{
	struct text rest = text_of(files), path;
	struct expiry *e = calloc(1, sizeof(*e));
	int err = 0;

	if (!e)
		return -ENOMEM;
	(void)pthread_mutex_init(&e->lock, NULL);
	e->node = strdup(node);
	if (!e->node)
		err = -ENOMEM;
	while (err == 0 && rest.len && text_cut(&rest, ',', &path))
		err = add(e, text_trim(path));
	if (err < 0)
		(void)expiry_free(e);
	else
		*ret = e;
	return err;
}

struct expiry *expiry_free(struct expiry *e)
{
	if (!e)
		return NULL;
	(void)pthread_mutex_destroy(&e->lock);
	free(e->node);
	free(e);
	return NULL;
}

/* ---- looking ---- */

/* The same alarm has the same id whoever tells it, and whenever. */
static struct uuid id_of(const struct expiry *e, const struct expiry_alarm *a)
{
	uint64_t end = (uint64_t)a->certificate.ends_at_s;
	uint32_t node = crc32c(0, e->node, strlen(e->node)),
		 path = crc32c(0, a->path, strlen(a->path));
	struct uuid u = { 0 };

	/* A file that cannot be read is told once a day. */
	if (a->stage == EXPIRY_UNREADABLE)
		end = (uint64_t)(a->at_ms / DAY_MS);
	for (unsigned i = 0; i < 4; i++) {
		u.b[i] = (uint8_t)(node >> (8 * i));
		u.b[12 + i] = (uint8_t)(path >> (8 * i));
	}
	for (unsigned i = 0; i < 5; i++)
		u.b[i < 2 ? 4 + i : 7 + i] = (uint8_t)(end >> (8 * i));
	/* RFC 9562 5.8: of our own making. */
	u.b[6] = 0x80;
	u.b[7] = (uint8_t)a->stage;
	u.b[8] = 0x80;
	return u;
}

static void tell(const struct expiry_alarm *a)
{
	char what[EXPIRY_TEXT_SIZE];
	enum log_level level =
		a->stage >= EXPIRY_7_DAYS ? LOG_LVL_ERROR : LOG_LVL_WARNING;

	expiry_format(a, what);
	stats_add(STAT_CERTIFICATE_ALARMS, 1);
	if (a->stage == EXPIRY_UNREADABLE)
		log_write(level, WHO, "'%s' %s: %s", a->path, what, a->problem);
	else
		log_write(level, WHO, "'%s' of '%s' %s", a->certificate.subject,
			  a->path, what);
}

static bool is_due(const struct file *f, const struct expiry_alarm *a)
{
	if (a->stage == EXPIRY_FINE)
		return false;
	if (a->stage > f->stage || a->certificate.ends_at_s != f->ends_at_s)
		return true;
	return a->stage >= EXPIRY_1_DAY && a->at_ms - f->told_ms >= DAY_MS;
}

static void look_at(struct expiry *e, struct file *f, int64_t now_ms)
{
	struct expiry_alarm a = { .at_ms = now_ms };
	int err = certificate_read(f->path, &a.certificate);

	memcpy(a.path, f->path, sizeof(a.path));
	a.stage = err < 0 ? EXPIRY_UNREADABLE
			  : expiry_stage_of(a.certificate.ends_at_s -
					    now_ms / 1000);
	if (err < 0)
		(void)snprintf(a.problem, sizeof(a.problem), "%s",
			       err == -EBADMSG ? "no certificate"
					       : strerror(-err));
	if (a.stage == EXPIRY_FINE && f->stage != EXPIRY_FINE)
		log_notice(WHO, "'%s' is good again", f->path);
	if (is_due(f, &a)) {
		a.id = id_of(e, &a);
		tell(&a);
		f->told_ms = now_ms;
		(void)pthread_mutex_lock(&e->lock);
		f->alarm = a;
		f->waits = true;
		(void)pthread_mutex_unlock(&e->lock);
	}
	(void)pthread_mutex_lock(&e->lock);
	f->stage = a.stage;
	f->ends_at_s = a.certificate.ends_at_s;
	(void)pthread_mutex_unlock(&e->lock);
}

void expiry_look(struct expiry *e, int64_t now_ms)
{
	for (size_t i = 0; i < e->count; i++)
		look_at(e, &e->files[i], now_ms);
}

/* ---- for the collector ---- */

bool expiry_next(struct expiry *e, struct expiry_alarm *ret)
{
	bool any = false;

	(void)pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < e->count && !any; i++) {
		any = e->files[i].waits;
		if (any)
			*ret = e->files[i].alarm;
	}
	(void)pthread_mutex_unlock(&e->lock);
	return any;
}

void expiry_stored(struct expiry *e, const struct uuid *id)
{
	(void)pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < e->count; i++)
		if (uuid_equal(&e->files[i].alarm.id, id))
			e->files[i].waits = false;
	(void)pthread_mutex_unlock(&e->lock);
}

struct expiry_worst expiry_worst(struct expiry *e)
{
	struct expiry_worst w = { .files = e->count };

	(void)pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < e->count; i++) {
		const struct file *f = &e->files[i];

		if (f->stage == EXPIRY_UNREADABLE)
			w.unreadable++;
		else if (f->ends_at_s &&
			 (!w.ends_at_s || f->ends_at_s < w.ends_at_s))
			w.ends_at_s = f->ends_at_s;
	}
	(void)pthread_mutex_unlock(&e->lock);
	return w;
}

/* ---- the thread ---- */

int expiry_run(const struct conf *conf, const struct stop *stop,
	       struct expiry *e)
{
	do {
		expiry_look(e, clock_utc_ms());
	} while (stop_wait(stop, -1,
			   (int)(conf->certificates_interval_s * 1000)) >= 0);
	return 0;
}
