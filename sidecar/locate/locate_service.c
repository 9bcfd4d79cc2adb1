/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "locate/locate_service.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"
#include "events/wake.h"
#include "locate/asker.h"
#include "locate/lane.h"
#include "locate/place.h"
#include "locate/reference.h"
#include "psap/find.h"

#define WHO           "locate"
#define CONNECTIONS   8
#define BATCH         16   /* questions of a connection at a time */
#define BUDGET_MAX_MS 1000 /* of a reference, whatever the question says */
#define RETRY_MS      5000
#define DEAF_MS       1000 /* when nobody can be taken in */

struct job {
	struct asker *asker; /* shared */
	int64_t until_ms;    /* monotonic: nobody waits for longer */
	struct locate_question question; /* its items are views of bytes */
	size_t len;
	uint8_t bytes[];
};

struct locate_service {
	const struct conf *conf;
	const struct stop *stop;
	struct psap_service *psap;
	struct place_backend backend;
	struct reference reference;
	struct lane *values, *references; /* owned */
	int listener;
	int64_t deaf_until_ms; /* monotonic; 0: it listens */
	int waits;             /* eventfd: a reference waits from now on */
	struct asker *askers[CONNECTIONS]; /* NULL: free */
	uint8_t *buffer;                   /* owned */
};

/* ---- askers and jobs ---- */

static void job_free(struct job *j)
{
	asker_unref(j->asker);
	free(j);
}

static void on_left(void *job, void *arg)
{
	(void)arg;
	job_free(job);
}

/* A full socket, or nobody at its other end: there is no answer then. */
static void say(const struct job *j, struct locate_answer *a)
{
	uint8_t buf[LOCATE_ANSWER_MAX];
	int n;

	a->nonce = j->question.nonce;
	if (!j->question.wants_address)
		a->address = text_of("");
	n = locate_answer_encode(a, buf, sizeof(buf));
	if (n < 0 || !asker_say(j->asker, buf, (size_t)n))
		stats_add(STAT_LOCATE_UNHEARD, 1);
}

static void say_status(const struct job *j, enum locate_status status,
		       const char *why)
{
	struct locate_answer a = { .status = status, .why = text_of(why) };

	say(j, &a);
}

/* ---- looking up ---- */

static int find(void *arg, struct geo_point at, struct place_psap *ret)
{
	struct locate_service *s = arg;
	struct psap_areas *areas = psap_service_areas(s->psap);
	struct psap_point p = { .x = at.lon, .y = at.lat };
	struct psap_answer answer;
	int err;

	if (!areas)
		return -EAGAIN;
	err = psap_areas_find(areas, p, (double)s->conf->psap_nearest_m,
			      &answer);
	(void)psap_areas_unref(areas);
	if (err < 0)
		return err;
	if (answer.found == PSAP_FOUND_NONE)
		return -ENOENT;
	*ret = (struct place_psap){
		.psap_id = answer.psap_id,
		.is_nearest = answer.found == PSAP_FOUND_NEAREST,
	};
	return 0;
}

/* Only an address that exists: whoever serves the county is a guess that the
 * relay centre, who asks the caller, need not make. */
static int find_civic(void *arg, const struct civic *c, struct place_psap *ret)
{
	struct locate_service *s = arg;
	const struct psap_place place = { .civic = c };
	struct address_book *book = psap_service_book(s->psap);
	struct psap_areas *areas = psap_service_areas(s->psap);
	const struct psap_knowledge k = { areas, book, 0 };
	bool is_known = book != NULL;
	struct psap_finding f;

	psap_find(&k, &place, &f);
	(void)psap_areas_unref(areas);
	(void)address_book_unref(book);
	if (!is_known)
		return -EAGAIN;
	if (f.means != PSAP_BY_ADDRESS || f.address.outcome != ADDRESS_FITS)
		return -ENOENT;
	*ret = (struct place_psap){ .psap_id = f.psap_id };
	return 0;
}

/* Silence would look like an e911d that hangs, and cost other calls their
 * locations. */
static void refuse_late(struct job *j)
{
	stats_add(STAT_LOCATE_LATE, 1);
	say_status(j, LOCATE_BUSY, "no thread was free in time");
	job_free(j);
}

static bool is_late(const struct job *j)
{
	return clock_mono_ms() >= j->until_ms;
}

/* A place that a PSAP serves is the end of the search; any other answer is
 * kept until a better one comes. */
static bool judge(struct locate_service *s, struct text document,
		  enum brought_kind kind, struct locate_answer *best,
		  struct place_texts *texts)
{
	struct locate_answer a = { .kind = kind };
	struct place_texts t;

	place_judge(document, &s->backend, clock_utc_ms(), &a, &t);
	if (best->status == LOCATE_HERE || a.status < best->status) {
		*texts = t;
		*best = a;
		best->place = text_of(texts->place);
		best->why = text_of(texts->why);
		best->address = text_of(texts->address);
	}
	return a.status == LOCATE_FOUND;
}

static bool has_reference(const struct locate_service *s, const struct job *j)
{
	for (unsigned i = 0; i < j->question.count; i++)
		if (j->question.items[i].kind == BROUGHT_REFERENCE &&
		    reference_may_be_followed(&s->reference,
					      j->question.items[i].text))
			return true;
	return false;
}

static void finish(struct job *j, struct locate_answer *best)
{
	stats_add(STAT_LOCATE_ANSWERS, 1);
	if (best->status == LOCATE_FOUND)
		stats_add(STAT_LOCATE_FOUND, 1);
	say(j, best);
	job_free(j);
}

/* The documents of a question; false: none of them is served. */
static bool judge_values(struct locate_service *s, const struct job *j,
			 struct locate_answer *best, struct place_texts *texts)
{
	for (unsigned i = 0; i < j->question.count; i++) {
		const struct brought_item *item = &j->question.items[i];

		if (item->kind == BROUGHT_VALUE &&
		    judge(s, item->text, BROUGHT_VALUE, best, texts))
			return true;
	}
	return false;
}

/* The service sees to it that what waits too long is answered. */
static void watch(struct locate_service *s)
{
	const uint64_t one = 1;

	if (write(s->waits, &one, sizeof(one)) < 0)
		return; /* EAGAIN: it is awake anyway */
}

static void on_value(void *job, void *arg)
{
	struct locate_answer best = { .status = LOCATE_HERE };
	struct locate_service *s = arg;
	struct place_texts texts;
	struct job *j = job;

	if (is_late(j)) {
		refuse_late(j);
		return;
	}
	if (!judge_values(s, j, &best, &texts) && has_reference(s, j)) {
		if (lane_put(s->references, j, j->until_ms)) {
			watch(s);
			return;
		}
		stats_add(STAT_LOCATE_BUSY, 1);
		if (best.status == LOCATE_HERE)
			best.status = LOCATE_BUSY;
	}
	if (best.status == LOCATE_HERE && j->question.count) {
		best.status = LOCATE_FORBIDDEN;
		best.kind = BROUGHT_REFERENCE;
		best.why = text_of("its host is not listed");
	}
	finish(j, &best);
}

static void follow(struct locate_service *s, const struct job *j,
		   struct text uri, char *buf, struct locate_answer *best,
		   struct place_texts *texts)
{
	int left = (int)(j->until_ms - clock_mono_ms());
	const char *why = "";
	int n = -ETIMEDOUT;

	if (left > 0)
		n = reference_follow(&s->reference, uri, left, buf, &why);
	stats_add(STAT_LOCATE_FOLLOWED, 1);
	if (n >= 0) {
		(void)judge(s, text_make(buf, (size_t)n), BROUGHT_REFERENCE,
			    best, texts);
	} else if (best->status == LOCATE_HERE) {
		best->status = n == -EPERM ? LOCATE_FORBIDDEN : LOCATE_FAILED;
		best->kind = BROUGHT_REFERENCE;
		best->why = text_of(why);
	}
}

static void on_reference(void *job, void *arg)
{
	struct locate_answer best = { .status = LOCATE_HERE };
	char *buf = malloc(REFERENCE_DOCUMENT_MAX);
	struct locate_service *s = arg;
	struct place_texts texts;
	struct job *j = job;

	if (is_late(j)) {
		refuse_late(j);
		free(buf);
		return;
	}
	(void)judge_values(s, j, &best, &texts);
	for (unsigned i = 0;
	     buf && i < j->question.count && best.status != LOCATE_FOUND; i++)
		if (j->question.items[i].kind == BROUGHT_REFERENCE)
			follow(s, j, j->question.items[i].text, buf, &best,
			       &texts);
	if (best.status == LOCATE_HERE)
		best.status = LOCATE_FAILED;
	finish(j, &best);
	free(buf);
}

/* ---- questions ---- */

/* bytes are a question.  NULL: there is no memory. */
static struct job *job_new(struct asker *a, const void *bytes, size_t len)
{
	struct job *j = calloc(1, sizeof(*j) + len);
	uint32_t budget;

	if (!j)
		return NULL;
	memcpy(j->bytes, bytes, len);
	if (locate_question_decode(j->bytes, len, &j->question) < 0) {
		free(j);
		return NULL;
	}
	j->len = len;
	budget = j->question.budget_ms;
	j->until_ms = clock_mono_ms() +
		      (budget < BUDGET_MAX_MS ? budget : BUDGET_MAX_MS);
	j->asker = asker_ref(a);
	return j;
}

static void take_question(struct locate_service *s, struct asker *a, size_t len)
{
	struct job seen = { .asker = a };
	struct job *j;

	if (locate_question_decode(s->buffer, len, &seen.question) < 0) {
		stats_add(STAT_LOCATE_MALFORMED, 1);
		return;
	}
	stats_add(STAT_LOCATE_QUESTIONS, 1);
	if (!seen.question.count) {
		say_status(&seen, LOCATE_HERE, "");
		return;
	}
	j = job_new(a, s->buffer, len);
	if (j && lane_put(s->values, j, j->until_ms))
		return;
	stats_add(STAT_LOCATE_BUSY, 1);
	say_status(&seen, LOCATE_BUSY, "");
	if (j)
		job_free(j);
}

/* False: nobody is there any more. */
static bool hear(struct locate_service *s, struct asker *a)
{
	for (int i = 0; i < BATCH; i++) {
		ssize_t n = recv(asker_fd(a), s->buffer,
				 LOCATE_QUESTION_MAX + 1, MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		take_question(s, a, (size_t)n);
	}
	return true;
}

/* ---- connections ---- */

static void take_asker(struct locate_service *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);

	/* Who waits would wake us again at once. */
	if (fd < 0 && errno != EAGAIN && errno != EINTR &&
	    errno != ECONNABORTED) {
		s->deaf_until_ms = clock_mono_ms() + DEAF_MS;
		log_warning(WHO, "nobody can be taken in: %s", strerror(errno));
	}
	if (fd < 0)
		return;
	for (size_t i = 0; i < CONNECTIONS; i++) {
		if (s->askers[i])
			continue;
		s->askers[i] = asker_new(fd);
		if (!s->askers[i])
			return;
		(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
		log_info(WHO, "process %d of user %u asks from now on",
			 (int)who.pid, (unsigned)who.uid);
		return;
	}
	log_warning(WHO, "more than %d ask at once, one is sent away",
		    CONNECTIONS);
	(void)close(fd);
}

/* ---- time ---- */

static void refuse_all_late(struct locate_service *s)
{
	int64_t now = clock_mono_ms();
	struct job *j;

	while ((j = lane_take_late(s->values, now)) ||
	       (j = lane_take_late(s->references, now)))
		refuse_late(j);
}

/* Until the first of those that wait has waited too long; -1: none waits. */
static int next_turn_ms(struct locate_service *s)
{
	int64_t values = lane_late_at(s->values);
	int64_t references = lane_late_at(s->references);
	int64_t at = values < references ? values : references;
	int64_t now = clock_mono_ms();

	if (s->deaf_until_ms && s->deaf_until_ms <= now)
		s->deaf_until_ms = 0;
	if (s->deaf_until_ms && s->deaf_until_ms < at)
		at = s->deaf_until_ms;
	if (at == INT64_MAX)
		return -1;
	return at > now ? (int)(at - now) : 0;
}

static void serve(struct locate_service *s)
{
	struct pollfd fds[CONNECTIONS + 3];
	uint64_t count;

	while (!stop_is_asked(s->stop)) {
		int ms = next_turn_ms(s);
		int from = s->deaf_until_ms ? -1 : s->listener;

		fds[0] = (struct pollfd){ s->stop->fd, POLLIN, 0 };
		fds[1] = (struct pollfd){ from, POLLIN, 0 };
		fds[2 + CONNECTIONS] = (struct pollfd){ s->waits, POLLIN, 0 };
		for (size_t i = 0; i < CONNECTIONS; i++)
			fds[2 + i] = (struct pollfd){
				s->askers[i] ? asker_fd(s->askers[i]) : -1,
				POLLIN, 0
			};
		if (poll(fds, ARRAY_SIZE(fds), ms) < 0)
			continue;
		/* Emptied before the lanes are looked at. */
		if (fds[2 + CONNECTIONS].revents &&
		    read(s->waits, &count, sizeof(count)) < 0)
			log_debug(WHO, "eventfd: %s", strerror(errno));
		refuse_all_late(s);
		for (size_t i = 0; i < CONNECTIONS; i++) {
			if (!fds[2 + i].revents || hear(s, s->askers[i]))
				continue;
			asker_unref(s->askers[i]);
			s->askers[i] = NULL;
		}
		if (fds[1].revents)
			take_asker(s);
	}
}

/* ---- start ---- */

static int listen_on(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err = wake_place(path);

	if (err < 0)
		return err;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    chmod(path, 0660) < 0 || listen(fd, CONNECTIONS) < 0) {
		err = -errno;
		(void)close(fd);
		return err;
	}
	return fd;
}

/* Until it can listen, or the stop. */
static int wait_for_socket(struct locate_service *s)
{
	const char *path = s->conf->locate_socket;
	bool is_told = false;

	while ((s->listener = listen_on(path)) < 0) {
		if (!is_told)
			log_error(WHO, "%s: %s", path, strerror(-s->listener));
		is_told = true;
		if (stop_wait(s->stop, -1, RETRY_MS) == -ECANCELED)
			return -ECANCELED;
	}
	log_info(WHO, "listens on %s", path);
	return 0;
}

static int begin(struct locate_service *s)
{
	const char *why = "";
	int err;

	s->backend = (struct place_backend){ .arg = s,
					     .find = find,
					     .find_civic = find_civic };
	s->reference.conf = s->conf;
	s->reference.stop = s->stop;
	s->buffer = malloc(LOCATE_QUESTION_MAX + 1);
	if (!s->buffer)
		return -ENOMEM;
	s->waits = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->waits < 0)
		return -errno;
	err = reference_rules_read(&s->reference.rules,
				   s->conf->locate_reference_hosts,
				   s->conf->locate_reference_networks, &why);
	if (err >= 0)
		err = lane_new(&s->values, (unsigned)s->conf->locate_threads,
			       on_value, s);
	if (err >= 0)
		err = lane_new(&s->references,
			       (unsigned)s->conf->locate_reference_threads,
			       on_reference, s);
	return err;
}

static void end(struct locate_service *s)
{
	/* The first lane may still hand over to the second. */
	if (s->values)
		s->values = lane_free(s->values, on_left);
	s->references = lane_free(s->references, on_left);
	for (size_t i = 0; i < CONNECTIONS; i++)
		asker_unref(s->askers[i]);
	if (s->listener >= 0)
		wake_close(s->listener, s->conf->locate_socket);
	if (s->waits >= 0)
		(void)close(s->waits);
	free(s->buffer);
}

int locate_service_check(const struct conf *conf, char error[CONF_ERROR_SIZE])
{
	struct reference_rules rules;
	const char *why = "";
	int err = reference_rules_read(&rules, conf->locate_reference_hosts,
				       conf->locate_reference_networks, &why);

	if (err < 0)
		(void)snprintf(error, CONF_ERROR_SIZE, "%s", why);
	return err;
}

int locate_service_run(const struct conf *conf, const struct stop *stop,
		       struct psap_service *psap)
{
	struct locate_service s = { .conf = conf,
				    .stop = stop,
				    .psap = psap,
				    .listener = -1,
				    .waits = -1 };
	int err = begin(&s);

	if (err >= 0 && wait_for_socket(&s) >= 0)
		serve(&s);
	end(&s);
	return err;
}
