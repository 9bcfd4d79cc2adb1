/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* asprintf, strcasestr */
#include "http/screen_recall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What the log says of one call. */
struct call {
	int64_t at_ms;
	char *col[SCREEN_COLUMN_COUNT]; /* owned; NULL: "" */
};

struct recall {
	const struct screen_wish *wish;
	struct call *v; /* owned */
	size_t count, size;
};

static void forget(struct recall *r)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t c = 0; c < SCREEN_COLUMN_COUNT; c++)
			free(r->v[i].col[c]);
	free(r->v);
}

static int set(struct call *call, enum screen_column c, struct text t)
{
	char *copy = strndup(t.p ? t.p : "", t.len);

	if (!copy)
		return -ENOMEM;
	free(call->col[c]);
	call->col[c] = copy;
	return 0;
}

static int set_time(struct call *call, enum screen_column c, int64_t at_ms)
{
	time_t seconds = (time_t)(at_ms / 1000);
	char buf[32], all[48];
	struct tm tm;

	if (at_ms < 0 || !gmtime_r(&seconds, &tm) ||
	    !strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm))
		return 0;
	(void)snprintf(all, sizeof(all), "%s.%03dZ", buf, (int)(at_ms % 1000));
	return set(call, c, text_of(all));
}

static struct call *call_of(struct recall *r, struct text id)
{
	struct call *more;

	for (size_t i = 0; i < r->count; i++)
		if (text_equal(text_of(r->v[i].col[SCREEN_COLUMN_CALL]), id))
			return &r->v[i];
	if (r->count == r->size) {
		size_t size = r->size ? 2 * r->size : 64;

		more = realloc(r->v, size * sizeof(*more));
		if (!more)
			return NULL;
		r->v = more;
		r->size = size;
	}
	r->v[r->count] = (struct call){ 0 };
	if (set(&r->v[r->count], SCREEN_COLUMN_CALL, id) < 0)
		return NULL;
	return &r->v[r->count++];
}

/* What an entry says later counts. */
static int take_facts(struct call *call, const struct json *j)
{
	static const enum screen_column told[] = {
		SCREEN_COLUMN_SERVICE,  SCREEN_COLUMN_CALLER,
		SCREEN_COLUMN_NUMBER,   SCREEN_COLUMN_CALLBACK,
		SCREEN_COLUMN_LOCATION, SCREEN_COLUMN_ADDRESS,
		SCREEN_COLUMN_PSAP,     SCREEN_COLUMN_STATE,
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(told) && err == 0; i++) {
		struct text t =
			json_text_in(j, "facts", screen_column_name(told[i]));

		if (t.len)
			err = set(call, told[i], t);
	}
	return err;
}

static int take_ack(struct call *call, const struct json *j, int64_t at_ms)
{
	const char *before = call->col[SCREEN_COLUMN_NOTES];
	struct text note = json_text(j, "note");
	char *all;
	int err = 0;

	if (!call->col[SCREEN_COLUMN_WHO]) {
		err = set(call, SCREEN_COLUMN_WHO, json_text(j, "who"));
		if (err == 0)
			err = set_time(call, SCREEN_COLUMN_WHEN, at_ms);
	}
	if (err < 0 || !note.len)
		return err;
	if (asprintf(&all, "%s%s%.*s", before ? before : "", before ? "; " : "",
		     (int)note.len, note.p) < 0)
		return -ENOMEM;
	free(call->col[SCREEN_COLUMN_NOTES]);
	call->col[SCREEN_COLUMN_NOTES] = all;
	return 0;
}

static int take(struct recall *r, const struct screen_entry *e)
{
	struct json *j = NULL;
	struct call *call = NULL;
	const char *why;
	int err = json_parse(&j, text_of(e->json), &why);

	if (err < 0)
		return err == -EBADMSG ? 0 : err;
	if (json_text(j, "call").len) {
		call = call_of(r, json_text(j, "call"));
		err = call ? 0 : -ENOMEM;
	}
	if (call && !call->at_ms) {
		call->at_ms = e->at_ms;
		err = set_time(call, SCREEN_COLUMN_STARTED, e->at_ms);
	}
	if (call && err == 0)
		err = text_equal(json_text(j, "kind"), text_of("notice"))
			      ? take_facts(call, j)
			      : take_ack(call, j, e->at_ms);
	j = json_free(j);
	return err;
}

static bool is_wished(const struct screen_wish *w, const struct call *call)
{
	if (call->at_ms < w->from_ms || call->at_ms >= w->to_ms)
		return false;
	for (size_t c = 0; c < SCREEN_COLUMN_COUNT; c++)
		if (call->col[c] && strcasestr(call->col[c], w->words))
			return true;
	return false;
}

static int by_time(const void *a, const void *b)
{
	const struct call *x = a, *y = b;

	return (x->at_ms < y->at_ms) - (x->at_ms > y->at_ms);
}

static int tell(struct recall *r, struct screen_table *t)
{
	int err = 0;

	if (r->count)
		qsort(r->v, r->count, sizeof(*r->v), by_time);
	for (size_t i = 0; i < r->count && err == 0; i++) {
		struct text row[SCREEN_COLUMN_COUNT];

		if (!is_wished(r->wish, &r->v[i]))
			continue;
		for (size_t c = 0; c < SCREEN_COLUMN_COUNT; c++)
			row[c] = text_of(r->v[i].col[c]);
		err = screen_table_add(t, row);
	}
	return err;
}

int screen_recall(struct screen_log *log, const struct screen_key *screen,
		  const struct screen_wish *wish, struct screen_table *t)
{
	struct recall r = { .wish = wish };
	struct screen_entry e = { 0 };
	uint64_t after = 0;
	int err;

	while ((err = screen_log_next(log, screen, after, &e)) == 0) {
		after = e.id;
		err = take(&r, &e);
		free(e.json);
		if (err < 0)
			break;
	}
	if (err == -ENOENT)
		err = tell(&r, t);
	forget(&r);
	return err;
}
