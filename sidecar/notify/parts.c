/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stats.h"

#define WHO "notify"
/* Words of deliveries that wait, in memory; those of others are read again. */
#define BYTES_HELD_MAX ((size_t)8 << 20)
#define MB             ((uint64_t)1 << 20)

void parts_wake(int fd)
{
	const uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n; /* a full counter is readable too */
}

void parts_drain(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n; /* nothing had come */
}

/* ---- tasks ---- */

bool parts_is_urgent(const struct notice *n)
{
	static const char *const events[] = { "emergency_call", "relay_call",
					      "undefined_location",
					      "endpoint_unlocated" };

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (strcmp(n->event, events[i]) == 0)
			return true;
	return false;
}

void parts_forget_bytes(struct notify_service *s, struct task *t)
{
	if (!t->bytes)
		return;
	s->bytes_held -= t->len;
	free(t->bytes);
	t->bytes = NULL;
}

void parts_kept(struct notify_service *s, const uint8_t id[NOTICE_ID_SIZE])
{
	struct delivery *d = queue_find(s->queue, id);
	struct task *t = d ? d->owner : NULL;

	if (!t)
		return;
	t->is_kept = true;
	/* What goes on is being read. */
	if (!d->going_on && s->bytes_held > BYTES_HELD_MAX)
		parts_forget_bytes(s, t);
}

void parts_free_task(struct notify_service *s, struct task *t)
{
	parts_forget_bytes(s, t);
	free(t);
}

int parts_add(struct notify_service *s, const struct notice *n, struct task *t,
	      int64_t due_ms, int64_t queued_ms)
{
	const struct text target = text_of(n->target);
	int64_t mono = clock_mono_ms(), ahead = mono - clock_utc_ms();
	struct delivery *d = &t->delivery;
	int err;

	memcpy(d->id, n->id, NOTICE_ID_SIZE);
	memcpy(d->call_id, n->call_id, NOTICE_ID_SIZE);
	memcpy(d->instead_of, n->instead_of, NOTICE_ID_SIZE);
	d->channel = n->channel;
	d->urgency = parts_is_urgent(n) ? URGENT : NORMAL;
	d->flags = n->flags;
	d->due_ms = due_ms + ahead;
	d->give_up_ms = queued_ms + s->conf->notify_give_up_s * 1000 + ahead;
	d->owner = t;
	err = queue_add(s->queue, d, target, mono);
	if (err < 0)
		return err;
	if (t->bytes)
		s->bytes_held += t->len;
	if (t->is_kept && s->bytes_held > BYTES_HELD_MAX)
		parts_forget_bytes(s, t);
	return 0;
}

void parts_tell(struct notify_service *s, const struct outcome *o)
{
	struct outcome *copy = malloc(sizeof(*copy));

	if (!copy) {
		stats_add(STAT_NOTIFY_UNKEPT, 1);
		return;
	}
	*copy = *o;
	copy->next = NULL;
	*s->outcomes.end = copy;
	s->outcomes.end = &copy->next;
	wake_hub_wake(&s->feed->hub, OUTBOX_NOTIFY);
}

static struct outcome outcome_of(const struct task *t,
				 enum delivery_stage stage, const char *why)
{
	struct outcome o = { .stage = stage, .at_ms = clock_utc_ms() };

	memcpy(o.id, t->delivery.id, NOTICE_ID_SIZE);
	(void)snprintf(o.why, sizeof(o.why), "%s", why);
	return o;
}

void parts_end(struct notify_service *s, struct task *t,
	       enum delivery_stage stage, const char *why)
{
	const struct outcome o = outcome_of(t, stage, why);

	queue_remove(s->queue, &t->delivery, clock_mono_ms());
	parts_free_task(s, t);
	parts_tell(s, &o);
}

/* ---- attempts ---- */

static void end_those_instead(struct notify_service *s, const uint8_t *id)
{
	struct delivery *d;

	while ((d = queue_instead_of(s->queue, id)) != NULL) {
		stats_add(STAT_NOTIFY_CANCELLED, 1);
		parts_end(s, d->owner, DELIVERY_CANCELLED,
			  "delivered over another channel");
	}
}

static void hurry_those_instead(struct notify_service *s, const uint8_t *id,
				int64_t now_ms)
{
	struct delivery *d = queue_instead_of(s->queue, id);

	if (d)
		queue_hurry(s->queue, d, now_ms);
}

void parts_expire(struct notify_service *s, int64_t now_ms)
{
	struct delivery *d;

	while ((d = queue_expired(s->queue, now_ms)) != NULL) {
		uint8_t id[NOTICE_ID_SIZE];

		memcpy(id, d->id, sizeof(id));
		stats_add(STAT_NOTIFY_GIVEN_UP, 1);
		parts_end(s, d->owner, DELIVERY_GIVEN_UP, "too old");
		hurry_those_instead(s, id, now_ms);
	}
}

static void finish(struct notify_service *s, struct task *t,
		   const struct attempt *a, enum delivery_stage stage)
{
	uint8_t id[NOTICE_ID_SIZE];
	int64_t now = clock_mono_ms();

	memcpy(id, t->delivery.id, sizeof(id));
	if (stage == DELIVERY_DELIVERED || a->status)
		queue_delivered(s->queue, &t->delivery, now);
	queue_remove(s->queue, &t->delivery, now);
	parts_free_task(s, t);
	if (stage == DELIVERY_DELIVERED) {
		stats_add(STAT_NOTIFY_DELIVERED, 1);
		end_those_instead(s, id);
	} else {
		stats_add(STAT_NOTIFY_GIVEN_UP, 1);
		hurry_those_instead(s, id, now);
	}
}

/* Somebody may have taken the call over while the attempt went on. */
static bool is_acknowledged(struct notify_service *s, const struct task *t)
{
	struct box_txn txn;
	bool is_so;

	if (!(t->delivery.flags & NOTICE_UNLESS_ACKNOWLEDGED) ||
	    box_begin(s->box, &txn, false) < 0)
		return false;
	is_so = box_is_acknowledged(&txn, t->delivery.call_id);
	box_abort(&txn);
	return is_so;
}

static void cancel(struct notify_service *s, struct task *t)
{
	(void)pthread_mutex_lock(&s->lock);
	stats_add(STAT_NOTIFY_CANCELLED, 1);
	parts_end(s, t, DELIVERY_CANCELLED, "acknowledged");
	(void)pthread_mutex_unlock(&s->lock);
}

void parts_attempted(struct notify_service *s, struct task *t,
		     const struct attempt *a)
{
	int64_t now = clock_mono_ms();
	struct outcome o = outcome_of(t, a->stage, a->why);

	if (a->stage == DELIVERY_WAITING && is_acknowledged(s, t)) {
		cancel(s, t);
		return;
	}
	o.was_attempted = true;
	o.status = a->status;
	o.started_ms = t->started_ms;
	(void)pthread_mutex_lock(&s->lock);
	if (t->is_kept)
		parts_forget_bytes(s, t);
	if (a->stage == DELIVERY_WAITING) {
		stats_add(STAT_NOTIFY_FAILED, 1);
		if (queue_again(s->queue, &t->delivery, a->after_ms,
				a->is_targets, now) < 0)
			o.stage = DELIVERY_GIVEN_UP;
		else
			o.due_ms = o.at_ms + t->delivery.due_ms - now;
	}
	if (o.stage != DELIVERY_WAITING)
		finish(s, t, a, o.stage);
	parts_tell(s, &o);
	(void)pthread_mutex_unlock(&s->lock);
}

int parts_words(struct notify_service *s, struct task *t, struct notice *ret,
		uint8_t **ret_bytes)
{
	struct box_txn txn;
	struct text found = text_of("");
	uint8_t *copy = NULL;
	int err;

	*ret_bytes = NULL;
	if (t->bytes)
		return notice_decode(t->bytes, t->len, ret);
	err = box_begin(s->box, &txn, false);
	if (err < 0)
		return err;
	err = box_get_notice(&txn, t->delivery.id, &found);
	if (err >= 0) {
		copy = malloc(found.len ? found.len : 1);
		if (copy)
			memcpy(copy, found.p, found.len);
		else
			err = -ENOMEM;
	}
	box_abort(&txn);
	if (err >= 0)
		err = notice_decode(copy, found.len, ret);
	if (err < 0)
		free(copy);
	else
		*ret_bytes = copy;
	return err;
}

/* ---- the service ---- */

static int make_queue(struct notify_service *s)
{
	const struct conf *c = s->conf;
	const int64_t rates[NOTICE_CHANNELS] = {
		[NOTICE_EMAIL] = c->notify_email_rate,
		[NOTICE_SMS] = c->notify_sms_rate,
		[NOTICE_WEBHOOK] = c->notify_webhook_rate,
	};
	struct queue_conf q = {
		.retry_min_ms = c->notify_retry_min_ms,
		.retry_max_ms = c->notify_retry_max_ms,
		.going_on_max = 240,
		.careful_max = 120,
		.target_max = 8, /* many at once make a slow server slower */
		.channel_max = { [NOTICE_EMAIL] = 24,
				 [NOTICE_SMS] = 24,
				 [NOTICE_WEBHOOK] = 180,
				 [NOTICE_SCREEN] = 64,
				 [NOTICE_PHONE] =
					 (unsigned)c->phone_calls_max },
		.is_slow = { [NOTICE_PHONE] = true },
	};

	for (unsigned i = 0; i < NOTICE_CHANNELS; i++) {
		q.rate_burst[i] = (unsigned)rates[i];
		q.rate_ms[i] = rates[i] ? (unsigned)(60000 / rates[i]) : 0;
	}
	if (getrandom(&q.seed, sizeof(q.seed), 0) < 0)
		q.seed = (uint64_t)clock_utc_ms();
	return queue_new(&s->queue, &q);
}

static int make_fds(struct notify_service *s)
{
	int *const fds[] = { &s->deliver_fd, &s->post_fd, &s->store_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		*fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (*fds[i] < 0)
			return -errno;
	}
	return 0;
}

int notify_service_new(struct notify_service **ret, const struct conf *conf,
		       struct feed *feed, struct screen_log *screens)
{
	struct notify_service *s = calloc(1, sizeof(*s));
	char path[512];
	int err;

	if (!s)
		return -ENOMEM;
	s->conf = conf;
	s->feed = feed;
	s->screens = screens;
	s->deliver_fd = s->post_fd = s->store_fd = -1;
	s->outcomes.end = &s->outcomes.first;
	s->posts_end = &s->posts;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->told, NULL);
	(void)snprintf(path, sizeof(path), "%s/notices", conf->state_dir);
	err = make_fds(s);
	if (err >= 0)
		err = make_queue(s);
	if (err >= 0)
		err = box_new(&s->box, path,
			      (uint64_t)conf->notify_store_mb * MB);
	if (err < 0) {
		(void)notify_service_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

static void free_tasks(struct notify_service *s)
{
	for (unsigned u = 0; s->queue && u < URGENCIES; u++) {
		struct delivery *d;

		while ((d = queue_any(s->queue, (enum urgency)u)) != NULL) {
			queue_remove(s->queue, d, clock_mono_ms());
			parts_free_task(s, d->owner);
		}
	}
}

struct notify_service *notify_service_free(struct notify_service *s)
{
	const int *const fds[] = { &s->deliver_fd, &s->post_fd, &s->store_fd };
	struct outcome *o;

	if (!s)
		return NULL;
	free_tasks(s);
	s->queue = queue_free(s->queue);
	while ((o = s->outcomes.first) != NULL) {
		s->outcomes.first = o->next;
		free(o);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			(void)close(*fds[i]);
	s->box = box_free(s->box);
	(void)pthread_cond_destroy(&s->told);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

/* Told by themselves: what is not on disk here is shown all the same. */
static void tell_screens(struct notify_service *s,
			 const struct acknowledgement *a)
{
	struct screen_ack shown = { .who = a->who,
				    .channel = a->channel,
				    .note = a->note,
				    .at_ms = a->at_ms };
	int err;

	memcpy(shown.call_id, a->call_id, sizeof(shown.call_id));
	err = screen_log_acknowledged(s->screens, &shown);
	if (err < 0)
		log_error(WHO, "screens are not told of an acknowledgement: %s",
			  strerror(-err));
}

int notify_acknowledge(struct notify_service *s,
		       const struct acknowledgement *a)
{
	struct acknowledgement copy = *a;
	struct ack_request *r = calloc(1, sizeof(*r));
	int result;

	if (!r)
		return -ENOMEM;
	acknowledgement_make_id(&copy);
	r->a = &copy;
	(void)pthread_mutex_lock(&s->lock);
	r->result = s->is_over ? -ESHUTDOWN : 1;
	if (!s->is_over) {
		r->next = s->requests;
		s->requests = r;
		wake_hub_wake(&s->feed->hub, OUTBOX_NOTIFY);
	}
	while (r->result > 0)
		(void)pthread_cond_wait(&s->told, &s->lock);
	(void)pthread_mutex_unlock(&s->lock);
	result = r->result;
	free(r);
	tell_screens(s, a);
	return result;
}

int parts_hear(struct notify_service *s, const struct notify_event *e)
{
	struct tell_request *r = calloc(1, sizeof(*r));
	int result;

	if (!r)
		return -ENOMEM;
	r->event = e;
	(void)pthread_mutex_lock(&s->lock);
	r->result = s->is_over ? -ESHUTDOWN : 1;
	if (!s->is_over) {
		r->next = s->tells;
		s->tells = r;
		wake_hub_wake(&s->feed->hub, OUTBOX_NOTIFY);
	}
	while (r->result > 0)
		(void)pthread_cond_wait(&s->told, &s->lock);
	(void)pthread_mutex_unlock(&s->lock);
	result = r->result;
	free(r);
	return result;
}
