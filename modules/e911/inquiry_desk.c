/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inquiry_desk.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"
#include "socket_owner.h"

/* Answers heard in a turn: all that can be there, unless somebody floods. */
#define BATCH (4 * INQUIRIES_MAX)

struct desk {
	struct desk_conf conf;
	int fd; /* -1: none */
	enum inquiries_state state;
	const char *complaint; /* told last about who is not trusted */
	bool is_told_down;
	int64_t probe_at;  /* monotonic: of the next connection or probe */
	int64_t probe_due; /* its answer must be there; 0: none is awaited */
	struct locate_nonce probe;
	struct inquiry *asked, **last; /* in the order of their time */
};

/* ---- the state ---- */

static void change_state(struct desk *d, enum inquiries_state state,
			 const char *why)
{
	bool was_open = d->state == INQUIRIES_OPEN;

	d->state = state;
	inquiries_set(d->conf.inquiries, state);
	if (state == INQUIRIES_OPEN && d->is_told_down) {
		d->is_told_down = false;
		log_line(LEVEL_NOTICE,
			 "locate: e911d answers about locations again");
		report_locate(EVENT_LOCATE_UP, "");
	} else if (state != INQUIRIES_OPEN && was_open) {
		d->is_told_down = true;
		log_line(LEVEL_ERR,
			 "locate: e911d does not answer about locations (%s): "
			 "calls go by the registered ones",
			 why);
		report_locate(EVENT_LOCATE_DOWN, why);
	}
}

static void answer_all(struct desk *d, const char *why)
{
	struct inquiry *i;

	while ((i = d->asked)) {
		d->asked = i->next;
		d->conf.done(i, NULL, why);
	}
	d->last = &d->asked;
}

static void disconnect(struct desk *d, const char *why)
{
	if (d->fd >= 0)
		(void)close(d->fd);
	d->fd = -1;
	d->probe_due = 0;
	d->probe_at = clock_mono_ms() + DESK_PROBE_MS;
	change_state(d, INQUIRIES_AWAY, why);
	answer_all(d, why);
}

/* ---- sending ---- */

/* A full socket is no answer. */
static bool say(struct desk *d, const void *bytes, size_t len)
{
	return send(d->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)len;
}

static void send_probe(struct desk *d, int64_t now)
{
	struct locate_question q = { .budget_ms =
					     (uint32_t)d->conf.timeout_ms };
	uint8_t buf[64];
	int n;

	random_bytes(q.nonce.b, sizeof(q.nonce.b));
	d->probe = q.nonce;
	d->probe_at = now + DESK_PROBE_MS;
	n = locate_question_encode(&q, buf, sizeof(buf));
	d->probe_due =
		n > 0 && say(d, buf, (size_t)n) ? now + d->conf.timeout_ms : 0;
}

static void try_connect(struct desk *d, int64_t now)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *why;
	int fd;

	d->probe_at = now + DESK_PROBE_MS;
	if (text_to_cstr(text_of(d->conf.path), to.sun_path,
			 sizeof(to.sun_path)) < 0)
		return;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		(void)close(fd);
		return;
	}
	why = socket_distrust(d->conf.path, fd);
	if (why) {
		(void)close(fd);
		if (why != d->complaint)
			log_line(LEVEL_ERR, "locate: '%s' is not used: %s",
				 d->conf.path, why);
		d->complaint = why;
		return;
	}
	d->complaint = NULL;
	d->fd = fd;
	send_probe(d, now);
}

static void ask(struct desk *d, struct inquiry *i)
{
	const char *why = NULL;

	i->sent_at = clock_mono_ms();
	if (d->state != INQUIRIES_OPEN) {
		why = inquiries_problem(d->conf.inquiries);
	} else if (i->sent_at >= i->asked_at + d->conf.timeout_ms) {
		stat_add(STAT_locations_late, 1);
		why = "its time was over before e911d could be asked";
	} else if (!say(d, i->question, i->len)) {
		why = "e911d takes no more questions";
	}
	if (why) {
		d->conf.done(i, NULL, why);
		return;
	}
	stat_add(STAT_locations_asked, 1);
	i->next = NULL;
	*d->last = i;
	d->last = &i->next;
}

static void ask_all(struct desk *d)
{
	struct inquiry *i;
	uint64_t count;

	/* Emptied before the list is looked at: what is put in later wakes. */
	if (read(inquiries_fd(d->conf.inquiries), &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		log_line(LEVEL_DEBUG, "locate: eventfd: %s", strerror(errno));
	while ((i = inquiries_take(d->conf.inquiries)))
		ask(d, i);
}

/* ---- hearing ---- */

static bool is_nonce(const struct locate_nonce *a, const struct locate_nonce *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static struct inquiry *take_asked(struct desk *d, const struct locate_nonce *n)
{
	for (struct inquiry **at = &d->asked; *at; at = &(*at)->next) {
		struct inquiry *i = *at;

		if (!is_nonce(&i->nonce, n))
			continue;
		*at = i->next;
		if (!i->next)
			d->last = at;
		return i;
	}
	return NULL;
}

static void take_answer(struct desk *d, const void *bytes, size_t len)
{
	struct locate_answer a;
	struct inquiry *i;

	if (locate_answer_decode(bytes, len, &a) < 0) {
		stat_add(STAT_locations_unasked, 1);
		return;
	}
	if (a.status == LOCATE_HERE) {
		/* A late one is no proof that it answers in time. */
		if (d->probe_due && is_nonce(&a.nonce, &d->probe)) {
			d->probe_due = 0;
			change_state(d, INQUIRIES_OPEN, "");
		}
		return;
	}
	i = take_asked(d, &a.nonce);
	if (i)
		d->conf.done(i, &a, "");
	else
		stat_add(STAT_locations_unasked, 1);
}

static void hear(struct desk *d)
{
	uint8_t buf[LOCATE_ANSWER_MAX + 1];

	for (int n = 0; d->fd >= 0 && n < BATCH; n++) {
		ssize_t len = recv(d->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			return;
		if (len <= 0) {
			disconnect(d, "e911d has gone");
			return;
		}
		take_answer(d, buf, (size_t)len);
	}
}

/* ---- time ---- */

/* The oldest, if its time is over. */
static struct inquiry *take_missed(struct desk *d, int64_t now)
{
	struct inquiry *i = d->asked;

	if (!i || now < i->asked_at + d->conf.timeout_ms)
		return NULL;
	d->asked = i->next;
	if (!d->asked)
		d->last = &d->asked;
	return i;
}

/* One is enough: nobody else waits for the same silence. */
static void spare(struct desk *d, int64_t now)
{
	d->probe_at = now + DESK_PROBE_MS;
	d->probe_due = 0;
	change_state(d, INQUIRIES_SPARED, "no answer in time");
}

/* Silence that may be another's: of the server that a reference names, or
 * ours, who have sent the question so late that little was left for it. */
static bool is_doubtful(const struct inquiry *i, int64_t now)
{
	return i->has_reference || now < i->sent_at + i->budget_ms;
}

static void look_at_the_clock(struct desk *d, int64_t now)
{
	struct inquiry *i;

	while ((i = take_missed(d, now))) {
		stat_add(STAT_locations_missed, 1);
		if (is_doubtful(i, now) && !d->probe_due)
			send_probe(d, now); /* is e911d there? */
		if (!is_doubtful(i, now) || !d->probe_due)
			spare(d, now);
		d->conf.done(i, NULL, "no answer in time");
		if (d->state != INQUIRIES_OPEN)
			answer_all(d, "e911d has not answered another call "
				      "in time");
	}
	if (d->probe_due && now >= d->probe_due) {
		d->probe_due = 0;
		change_state(d, INQUIRIES_SPARED, "no answer in time");
		answer_all(d, "e911d has not answered in time");
	}
	if (d->state != INQUIRIES_OPEN && now >= d->probe_at) {
		if (d->fd < 0)
			try_connect(d, now);
		else
			send_probe(d, now);
	}
}

static int next_turn_ms(const struct desk *d, int64_t now)
{
	int64_t at = now + DESK_PROBE_MS;

	if (d->asked && d->asked->asked_at + d->conf.timeout_ms < at)
		at = d->asked->asked_at + d->conf.timeout_ms;
	if (d->probe_due && d->probe_due < at)
		at = d->probe_due;
	if (d->state != INQUIRIES_OPEN && d->probe_at < at)
		at = d->probe_at;
	return at > now ? (int)(at - now) : 0;
}

int desk_turn(struct desk *d)
{
	int64_t now;

	/* Somebody has found that we slept: prove anew that all is well. */
	if (d->state == INQUIRIES_OPEN &&
	    !inquiries_are_open(d->conf.inquiries)) {
		d->state = INQUIRIES_SPARED;
		d->is_told_down = true;
		d->probe_at = clock_mono_ms();
	}
	/* What has been answered by now is not late, however long we take to
	 * read it. */
	now = clock_mono_ms();
	hear(d);
	look_at_the_clock(d, now);
	ask_all(d);
	return next_turn_ms(d, clock_mono_ms());
}

/* ---- life ---- */

struct desk *desk_new(const struct desk_conf *conf)
{
	struct desk *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->conf = *conf;
	d->fd = -1;
	d->last = &d->asked;
	return d;
}

struct desk *desk_free(struct desk *d)
{
	if (!d)
		return NULL;
	disconnect(d, "Kamailio ends");
	free(d);
	return NULL;
}

int desk_fd(const struct desk *d)
{
	return d->fd;
}
