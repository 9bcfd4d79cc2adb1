/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/screen_history.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/screen_recall.h"
#include "http/screen_table.h"
#include "store/db_service.h"

#define WHO "screens"
/* After PostgreSQL was away the log tells for so long. */
#define AWAY_MS 5000

/* Under the lock of the history, but for what the thread works on. */
struct question {
	struct question *next;
	struct screen_history *history;
	struct http_stream *stream; /* NULL: not begun */
	struct screen_session session;
	struct screen_wish wish;
	bool is_csv;
	enum { WAITS, IS_WORKED_ON, IS_DONE } state;
	bool is_left; /* nobody reads the answer */
	char *text;   /* owned; NULL when done: it failed */
	size_t len, sent;
};

struct screen_history {
	const struct conf *conf; /* borrowed, both */
	struct screen_log *log;
	pthread_mutex_t lock;
	struct question *first; /* that wait */
	unsigned count;         /* in all states */
	int fd;                 /* eventfd: there is a question */
	struct db *db;          /* the thread's */
	int64_t away_until_ms;  /* monotonic */
};

int screen_history_new(struct screen_history **ret, const struct conf *conf,
		       struct screen_log *log)
{
	struct screen_history *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->conf = conf;
	h->log = log;
	h->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->fd < 0) {
		free(h);
		return -ENOMEM;
	}
	(void)pthread_mutex_init(&h->lock, NULL);
	*ret = h;
	return 0;
}

struct screen_history *screen_history_free(struct screen_history *h)
{
	if (!h)
		return NULL;
	(void)pthread_mutex_destroy(&h->lock);
	(void)close(h->fd);
	free(h);
	return NULL;
}

/* ---- asking ---- */

static bool number_of(struct text t, int64_t *ret)
{
	int64_t n = 0;

	if (!t.len || t.len > 15)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return false;
		n = 10 * n + (t.p[i] - '0');
	}
	*ret = n;
	return true;
}

static bool take_member(struct question *q, struct text name, struct text value)
{
	if (text_equal(name, text_of("q")))
		return text_percent_decode(value, q->wish.words,
					   sizeof(q->wish.words)) >= 0;
	if (text_equal(name, text_of("from")))
		return number_of(value, &q->wish.from_ms);
	if (text_equal(name, text_of("to")))
		return number_of(value, &q->wish.to_ms);
	q->is_csv = text_equal(value, text_of("csv"));
	return text_equal(name, text_of("format")) &&
	       (q->is_csv || text_equal(value, text_of("json")));
}

static bool take_query(struct question *q, struct text query)
{
	struct text piece;

	while (text_cut(&query, '&', &piece)) {
		size_t at = text_index(piece, '=');

		if (!piece.len)
			continue;
		if (at == piece.len ||
		    !take_member(
			    q, text_make(piece.p, at),
			    text_make(piece.p + at + 1, piece.len - at - 1)))
			return false;
	}
	return true;
}

static void drop(struct question *q)
{
	free(q->text);
	free(q);
}

static ssize_t on_read(void *arg, char *buf, size_t size)
{
	struct question *q = arg;
	ssize_t n = 0;

	(void)pthread_mutex_lock(&q->history->lock);
	if (q->state == IS_DONE) {
		n = (ssize_t)(q->len - q->sent);
		if (n > (ssize_t)size)
			n = (ssize_t)size;
		if (n > 0)
			memcpy(buf, q->text + q->sent, (size_t)n);
		q->sent += (size_t)n;
		if (n == 0)
			n = -ENODATA;
	}
	(void)pthread_mutex_unlock(&q->history->lock);
	return n;
}

static void on_begin(void *arg, struct http_stream *stream)
{
	struct question *q = arg;

	(void)pthread_mutex_lock(&q->history->lock);
	q->stream = stream;
	(void)pthread_mutex_unlock(&q->history->lock);
}

static void on_end(void *arg)
{
	struct question *q = arg;
	struct screen_history *h = q->history;
	bool is_ours;

	(void)pthread_mutex_lock(&h->lock);
	for (struct question **at = &h->first; *at; at = &(*at)->next)
		if (*at == q) {
			*at = q->next;
			break;
		}
	is_ours = q->state != IS_WORKED_ON;
	q->is_left = true;
	q->stream = NULL;
	h->count -= is_ours;
	(void)pthread_mutex_unlock(&h->lock);
	if (is_ours)
		drop(q);
}

static int enter(struct screen_history *h, struct question *q)
{
	const uint64_t one = 1;
	struct question **at = &h->first;
	int err = 0;

	(void)pthread_mutex_lock(&h->lock);
	while (*at)
		at = &(*at)->next;
	if (h->count == SCREEN_HISTORY_WAITING) {
		err = -EBUSY;
	} else {
		*at = q;
		h->count++;
	}
	(void)pthread_mutex_unlock(&h->lock);
	if (err == 0)
		(void)!write(h->fd, &one, sizeof(one));
	return err;
}

int screen_history_ask(struct screen_history *h,
		       const struct screen_session *session, struct text query,
		       bool *ret_is_csv, struct http_feed *ret)
{
	struct question *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return -ENOMEM;
	q->history = h;
	q->session = *session;
	q->wish.to_ms = clock_utc_ms() + 60000;
	*ret_is_csv = false;
	err = take_query(q, query) ? 0 : -EINVAL;
	if (err == 0) {
		*ret_is_csv = q->is_csv;
		err = enter(h, q);
	}
	if (err < 0)
		drop(q);
	else
		*ret = (struct http_feed){ q, on_begin, on_read, on_end };
	return err;
}

/* ---- answering ---- */

static int on_row(const struct db_row *row, void *arg)
{
	if (row->count != SCREEN_COLUMN_COUNT)
		return -EPROTO;
	return screen_table_add(arg, row->col);
}

/* -ENOTCONN and the like: PostgreSQL cannot tell now. */
static int ask_postgresql(struct screen_history *h, const struct question *q,
			  struct screen_table *t)
{
	char organization[24], building[24], from[24], to[24], rows[24];
	const char *const params[] = { organization,
				       q->session.building_id ? building : NULL,
				       q->wish.words,
				       from,
				       to,
				       rows };
	int err = 0;

	if (clock_mono_ms() < h->away_until_ms)
		return -ENOTCONN;
	if (!db_is_connected(h->db))
		err = db_connect(h->db);
	(void)snprintf(organization, sizeof(organization), "%" PRIu64,
		       q->session.organization_id);
	(void)snprintf(building, sizeof(building), "%" PRIu64,
		       q->session.building_id);
	(void)snprintf(from, sizeof(from), "%" PRId64, q->wish.from_ms);
	(void)snprintf(to, sizeof(to), "%" PRId64, q->wish.to_ms);
	(void)snprintf(rows, sizeof(rows), "%zu", t->max + 1);
	if (err >= 0)
		err = db_exec(h->db, DB_SCREEN_HISTORY, params, on_row, t);
	if (err < 0 && err != -ENOMEM) {
		log_warning(WHO, "history is told by the screen's log: %s",
			    db_error(h->db));
		db_disconnect(h->db);
		h->away_until_ms = clock_mono_ms() + AWAY_MS;
	}
	return err;
}

static int answer_from(struct screen_history *h, struct question *q,
		       bool is_log)
{
	struct screen_table t = { 0 };
	struct screen_key key;
	int err = screen_table_init(
		&t, q->is_csv, is_log ? "log" : "postgresql",
		q->is_csv ? SCREEN_HISTORY_LINES : SCREEN_HISTORY_ROWS);

	if (err == 0 && is_log) {
		screen_key_make(&key, q->session.organization_id,
				text_of(q->session.name));
		err = screen_recall(h->log, &key, &q->wish, &t);
	} else if (err == 0) {
		err = ask_postgresql(h, q, &t);
	}
	if (err == 0)
		err = screen_table_end(&t, &q->text, &q->len);
	screen_table_fini(&t);
	return err;
}

static struct question *take(struct screen_history *h)
{
	struct question *q;

	(void)pthread_mutex_lock(&h->lock);
	q = h->first;
	if (q) {
		h->first = q->next;
		q->state = IS_WORKED_ON;
	}
	(void)pthread_mutex_unlock(&h->lock);
	return q;
}

static void give_back(struct screen_history *h, struct question *q)
{
	bool is_left;

	(void)pthread_mutex_lock(&h->lock);
	is_left = q->is_left;
	q->state = IS_DONE;
	h->count -= is_left;
	if (q->stream)
		http_stream_wake(q->stream);
	(void)pthread_mutex_unlock(&h->lock);
	if (is_left)
		drop(q);
}

static void answer_all(struct screen_history *h)
{
	struct question *q;

	while ((q = take(h)) != NULL) {
		int err = answer_from(h, q, false);

		if (err < 0 && err != -ECANCELED)
			err = answer_from(h, q, true);
		if (err < 0)
			log_warning(WHO, "history cannot be told: %s",
				    strerror(-err));
		give_back(h, q);
	}
}

int screen_history_run(struct screen_history *h, const struct stop *stop)
{
	const struct db_options o = db_options_of(h->conf, DB_SCREEN, stop);
	uint64_t n;
	int err = db_new(&h->db, &o);

	if (err < 0)
		return err;
	while (stop_wait(stop, h->fd, -1) >= 0) {
		(void)!read(h->fd, &n, sizeof(n));
		answer_all(h);
	}
	h->db = db_free(h->db);
	return 0;
}
