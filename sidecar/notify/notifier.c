/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notifier: from the journal to notices that are to be delivered, and from
 * attempts to what is known of them: the thread that writes the box.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/health.h"
#include "base/log.h"
#include "base/stats.h"
#include "events/event_row.h"
#include "notify/pending.h"

#define WHO   "notify"
#define BATCH 64 /* events looked at for one transaction */
/* What is kept of a call that is over; of one that never was told to end. */
#define KEEP_OVER_MS ((int64_t)3600 * 1000)
#define KEEP_MS      ((int64_t)7 * 24 * 3600 * 1000)
/* Outcomes alone wait so long for company: a commit is a sync of the disk,
 * behind which the next event would wait. */
#define COMPANY_MS  20
#define HELD_MS     100  /* until the directory is asked again */
#define UNKEPT_MS   500  /* until the box is tried again */
#define OUTBOX_MS   1000 /* the module forgets events this often */
#define SWEEP_MS    1000
#define SWEEP_ITEMS 256
/* So many events wait for a directory; then they are passed over. */
#define HELD_EVENTS_MAX 100000
#define ALARM_MS        60000
#define HELD_ALARM_MS   3000

struct notifier {
	struct notify_service *s;
	const struct stop *stop;
	struct matcher *matcher;     /* owned */
	struct notify_result result; /* of the event that is looked at */
	struct journal_batch batch;
	struct journal_cursor cursor; /* of events that are looked at */
	struct pending pending;
	struct tell_request *heard; /* looked at, not yet durable; borrowed */
	bool is_held;
	int64_t outcome_ms; /* monotonic: since when outcomes wait */
	int64_t outbox_ms, sweep_ms, full_alarm_ms, unkept_alarm_ms;
	int64_t held_alarm_ms;
	uint64_t outbox_sequence; /* as it was told last */
	uint8_t sweep_at[16];
};

/* ---- events ---- */

static struct text context_of(const struct notifier *n, struct box_txn *t,
			      const struct uuid *call)
{
	const struct kept *k = pending_find(&n->pending, call->b);

	if (k)
		return text_make((const char *)k->bytes, k->len);
	return t->box ? box_get_context(t, call->b) : text_of("");
}

static int keep_contexts(struct notifier *n, const struct notify_event *e,
			 struct text before)
{
	static const struct uuid nil = { { 0 } };
	const struct notify_result *r = &n->result;
	int64_t now = clock_utc_ms();
	int64_t until = now + (r->call_is_over ? KEEP_OVER_MS : KEEP_MS);
	int err = 0;

	if (r->gateway_is_new)
		err = pending_keep(&n->pending, nil.b, r->gateway, 0);
	if (err < 0 || uuid_is_nil(&e->call))
		return err;
	if (r->call_is_new)
		return pending_keep(&n->pending, e->call.b, r->call, until);
	return r->call_is_over && before.len
		       ? pending_keep(&n->pending, e->call.b, before, until)
		       : 0;
}

/* 0; -EAGAIN, -ENOMEM: it is to be looked at again. */
static int look_at(struct notifier *n, struct box_txn *t,
		   const struct notify_event *e)
{
	static const struct uuid nil = { { 0 } };
	const struct notify_contexts before = {
		.call = uuid_is_nil(&e->call) ? text_of("")
					      : context_of(n, t, &e->call),
		.original = uuid_is_nil(&e->original)
				    ? text_of("")
				    : context_of(n, t, &e->original),
		.gateway = context_of(n, t, &nil),
	};
	int err = notify_match(n->matcher, e, &before, &n->result);

	if (err == -EAGAIN || err == -ENOMEM)
		return err;
	if (err < 0) {
		stats_add(STAT_NOTIFY_DAMAGED, 1);
		log_error(WHO, "an event that nobody is told of: %s",
			  strerror(-err));
		return 0;
	}
	err = keep_contexts(n, e, before.call);
	for (size_t i = 0; i < n->result.notices.count && err >= 0; i++) {
		err = pending_add_notice(&n->pending, &n->result.notices.v[i],
					 clock_utc_ms());
		if (err == -EMSGSIZE || err == -EBADMSG) {
			stats_add(STAT_NOTIFY_LOST, 1);
			log_error(WHO, "a notice is too long to be sent");
			err = 0;
		}
	}
	if (err >= 0)
		stats_add(STAT_NOTIFY_NOTICES, n->result.notices.count);
	return err;
}

static int look_at_item(struct notifier *n, struct box_txn *t,
			const struct journal_item *item)
{
	const struct text bytes =
		text_make((const char *)n->batch.bytes + item->at, item->len);
	struct notify_event e;
	struct uuid id;
	int err;

	event_id_make(n->batch.id, item->sequence, &id);
	err = notify_event_read(bytes, id.b, &e);
	if (err == -EBADMSG) {
		stats_add(STAT_NOTIFY_DAMAGED, 1);
		return 0; /* the collector tells of it */
	}
	return err < 0 ? err : look_at(n, t, &e);
}

static void move_to(struct notifier *n, uint64_t sequence)
{
	memcpy(n->cursor.id, n->batch.id, JOURNAL_ID_SIZE);
	n->cursor.sequence = sequence;
	n->pending.cursor = n->cursor;
	n->pending.has_cursor = true;
}

/* Nobody can say whom to tell; not for ever, since the journal keeps what we
 * have not dealt with. */
static void skip_if_too_many(struct notifier *n)
{
	uint64_t waiting = 0;

	if (journal_count(&n->s->feed->journal, &n->cursor, &waiting) < 0 ||
	    waiting <= HELD_EVENTS_MAX)
		return;
	log_error(WHO,
		  "no directory can be read and %" PRIu64 " events wait: "
		  "nobody is told of the oldest %zu",
		  waiting, n->batch.count);
	stats_add(STAT_NOTIFY_SKIPPED, n->batch.count);
	move_to(n, n->batch.items[n->batch.count - 1].sequence);
}

/* While a directory is made anew it cannot be read for a moment. */
static void tell_held(struct notifier *n)
{
	int64_t now = clock_mono_ms();
	int64_t since = health_get(HEALTH_NOTIFY_HELD);

	if (!since || now - since < HELD_ALARM_MS || now < n->held_alarm_ms)
		return;
	n->held_alarm_ms = now + ALARM_MS;
	log_error(WHO,
		  "nobody is told for %" PRId64
		  " s: no directory can be read that says whom",
		  (now - since) / 1000);
}

/* How many events were there; some of them may wait. */
static int read_events(struct notifier *n)
{
	struct box_txn t = { .box = NULL };
	int count, err = 0;

	count = journal_read(&n->s->feed->journal, &n->cursor, BATCH,
			     &n->batch);
	if (count <= 0)
		return count;
	/* Without what is kept of their calls if it cannot be read. */
	if (box_begin(n->s->box, &t, false) < 0)
		t.box = NULL;
	for (int i = 0; i < count && err >= 0; i++) {
		err = look_at_item(n, &t, &n->batch.items[i]);
		if (err < 0)
			break;
		stats_add(STAT_NOTIFY_EVENTS, 1);
		move_to(n, n->batch.items[i].sequence);
	}
	box_abort(&t);
	n->is_held = err < 0;
	if (n->is_held) {
		tell_held(n);
		skip_if_too_many(n);
	}
	return count;
}

/* ---- what is in no journal ---- */

static void answer_heard(struct notifier *n, int result)
{
	(void)pthread_mutex_lock(&n->s->lock);
	while (n->heard) {
		struct tell_request *r = n->heard;

		n->heard = r->next; /* it is gone with its result */
		r->result = result;
	}
	(void)pthread_cond_broadcast(&n->s->told);
	(void)pthread_mutex_unlock(&n->s->lock);
}

/* The first that somebody wishes to be told; NULL: none. */
static struct tell_request *take_tell(struct notifier *n)
{
	struct tell_request *r;

	(void)pthread_mutex_lock(&n->s->lock);
	r = n->s->tells;
	if (r)
		n->s->tells = r->next;
	(void)pthread_mutex_unlock(&n->s->lock);
	return r;
}

static void hear(struct notifier *n)
{
	struct box_txn t = { .box = NULL };
	struct tell_request *r = take_tell(n);

	if (r && box_begin(n->s->box, &t, false) < 0)
		t.box = NULL;
	for (; r; r = take_tell(n)) {
		int err = look_at(n, &t, r->event);

		if (err >= 0) {
			r->next = n->heard;
			n->heard = r;
			continue;
		}
		(void)pthread_mutex_lock(&n->s->lock);
		r->result = err;
		(void)pthread_cond_broadcast(&n->s->told);
		(void)pthread_mutex_unlock(&n->s->lock);
	}
	box_abort(&t);
}

/* ---- to the queue ---- */

static int hand_one(struct notifier *n, struct made *m, bool is_kept)
{
	struct task *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->len = m->len;
	t->is_kept = is_kept;
	t->bytes = is_kept ? m->bytes : malloc(m->len);
	if (!t->bytes) {
		free(t);
		return -ENOMEM;
	}
	if (!is_kept)
		memcpy(t->bytes, m->bytes, m->len);
	(void)pthread_mutex_lock(&n->s->lock);
	err = parts_add(n->s, &m->notice, t, m->state.due_ms,
			m->state.queued_ms);
	(void)pthread_mutex_unlock(&n->s->lock);
	if (err < 0 && !is_kept)
		free(t->bytes);
	if (err < 0)
		free(t);
	else if (is_kept)
		m->bytes = NULL; /* the task's */
	return err;
}

/* An alert waits for no disk: its first attempt goes on while it is written.
 * Whether an escalation is needed is known only then. */
static bool is_hasty(const struct made *m)
{
	return parts_is_urgent(&m->notice) &&
	       !(m->notice.flags & NOTICE_UNLESS_ACKNOWLEDGED);
}

/* Those that are new and wait; before they are written: the hasty ones. */
static void hand_over(struct notifier *n, bool is_written, bool is_kept)
{
	bool any = false;

	for (struct made *m = n->pending.made; m; m = m->next) {
		int err;

		if (m->is_handed || m->is_repeated ||
		    m->state.stage != DELIVERY_WAITING ||
		    (!is_written && !is_hasty(m)))
			continue;
		err = hand_one(n, m, is_kept);
		if (err < 0 && err != -EEXIST) {
			stats_add(STAT_NOTIFY_LOST, 1);
			log_error(WHO, "no memory to send a notice: it is sent "
				       "after the next start");
		}
		m->is_handed = true;
		any = true;
	}
	if (any)
		parts_wake(n->s->deliver_fd);
}

/* What went ahead is on disk by now: its words need not stay in memory. */
static void let_go(struct notifier *n)
{
	(void)pthread_mutex_lock(&n->s->lock);
	for (struct made *m = n->pending.made; m; m = m->next)
		if (m->is_handed && m->bytes)
			parts_kept(n->s, m->notice.id);
	(void)pthread_mutex_unlock(&n->s->lock);
}

/* ---- to the box ---- */

static void take_mail(struct notifier *n)
{
	struct notify_service *s = n->s;

	(void)pthread_mutex_lock(&s->lock);
	if (s->outcomes.first) {
		if (!n->pending.outcomes)
			n->outcome_ms = clock_mono_ms();
		*n->pending.outcomes_end = s->outcomes.first;
		n->pending.outcomes_end = s->outcomes.end;
		s->outcomes.first = NULL;
		s->outcomes.end = &s->outcomes.first;
	}
	while (s->requests) {
		struct ack_request *r = s->requests;

		s->requests = r->next;
		r->next = n->pending.requests;
		n->pending.requests = r;
	}
	health_set(HEALTH_NOTIFY_WAITING, (int64_t)queue_count(s->queue));
	health_set(HEALTH_NOTIFY_FAILING, (int64_t)queue_failing(s->queue));
	(void)pthread_mutex_unlock(&s->lock);
}

/* Escalation ends whether or not that is durable. */
static void answer_requests(struct notifier *n, int result)
{
	struct notify_service *s = n->s;
	struct delivery *d;

	(void)pthread_mutex_lock(&s->lock);
	while (n->pending.requests) {
		struct ack_request *r = n->pending.requests;

		n->pending.requests = r->next;
		while ((d = queue_unless_acknowledged(s->queue,
						      r->a->call_id))) {
			stats_add(STAT_NOTIFY_CANCELLED, 1);
			parts_end(s, d->owner, DELIVERY_CANCELLED,
				  "acknowledged");
		}
		if (s->alerts)
			alerts_moot(s->alerts, r->a->call_id);
		stats_add(STAT_NOTIFY_ACKNOWLEDGED, 1);
		r->result = result;
	}
	(void)pthread_cond_broadcast(&s->told);
	(void)pthread_mutex_unlock(&s->lock);
}

/* The oldest that nobody may die of, then of those that do: in the end new
 * ones count more than old ones. */
static unsigned drop_oldest(struct notify_service *s, unsigned count)
{
	unsigned dropped = 0;

	(void)pthread_mutex_lock(&s->lock);
	for (unsigned u = URGENCIES; u-- > 0;) {
		struct delivery *d;

		while (dropped < count &&
		       (d = queue_oldest(s->queue, (enum urgency)u))) {
			parts_end(s, d->owner, DELIVERY_DROPPED,
				  "no room on disk");
			dropped++;
		}
	}
	(void)pthread_mutex_unlock(&s->lock);
	stats_add(STAT_NOTIFY_DROPPED, dropped);
	return dropped;
}

/* States that PostgreSQL has not been told, of notices that are done. */
static unsigned drop_reports(struct notify_service *s, unsigned count)
{
	struct box_txn t;
	unsigned dropped = 0;

	if (box_begin(s->box, &t, true) < 0)
		return 0;
	while (dropped < count && box_drop_report(&t) == 0)
		dropped++;
	return box_commit(&t) < 0 ? 0 : dropped;
}

/* The limit is a soft one: the map is twice as large, and each time twice as
 * much goes as comes. */
static void make_room(struct notifier *n)
{
	unsigned wanted = (unsigned)n->pending.made_count * 2 + 16, dropped;
	int64_t now = clock_mono_ms();

	if (!n->pending.made || !box_is_full(n->s->box, n->pending.made_bytes))
		return;
	dropped = drop_oldest(n->s, wanted);
	if (dropped < wanted)
		(void)drop_reports(n->s, wanted - dropped);
	take_mail(n);
	if (now < n->full_alarm_ms)
		return;
	n->full_alarm_ms = now + ALARM_MS;
	log_error(WHO,
		  "'%s' is full (notify_store_mb): the oldest notices are "
		  "dropped, those of emergency calls last",
		  box_path(n->s->box));
}

static void tell_unkept(struct notifier *n, int err)
{
	int64_t now = clock_mono_ms();

	atomic_store(&n->s->is_unkept, err < 0);
	health_since(HEALTH_NOTIFY_UNKEPT, err < 0);
	if (err >= 0 || now < n->unkept_alarm_ms)
		return;
	n->unkept_alarm_ms = now + ALARM_MS;
	log_error(WHO,
		  "cannot write to '%s': %s; notices are sent, and again after "
		  "a restart",
		  box_path(n->s->box), strerror(-err));
}

/* 0: it is on disk. */
static int write_pending(struct notifier *n)
{
	int err;

	make_room(n);
	hand_over(n, false, false);
	err = pending_write(&n->pending, n->s->box);
	if (err == -EBADMSG && box_reopen(n->s->box) > 0)
		err = pending_write(&n->pending, n->s->box);
	tell_unkept(n, err);
	if (err >= 0)
		let_go(n);
	hand_over(n, true, err >= 0);
	answer_requests(n, err < 0 ? -EIO : 0);
	answer_heard(n, err < 0 ? -EIO : 0);
	if (err < 0) {
		pending_unwritten(&n->pending);
		return err;
	}
	pending_drop_made(&n->pending);
	pending_written(&n->pending);
	parts_wake(n->s->store_fd);
	return 0;
}

/* ---- now and then ---- */

/* The module may forget what is written to the box; not at once, it costs a
 * sync of the disk. */
static void tell_outbox(struct notifier *n, bool at_once)
{
	int64_t now = clock_mono_ms();

	if (n->outbox_sequence == n->cursor.sequence ||
	    (!at_once && now < n->outbox_ms))
		return;
	/* The journal does not grow for ever because nothing can be written. */
	if (n->pending.has_cursor &&
	    n->cursor.sequence - n->outbox_sequence < HELD_EVENTS_MAX)
		return;
	n->outbox_ms = now + OUTBOX_MS;
	if (outbox_put_cursor(n->s->feed->outbox, OUTBOX_NOTIFY, &n->cursor) >=
	    0)
		n->outbox_sequence = n->cursor.sequence;
}

static void forget_calls(struct notifier *n)
{
	int64_t now = clock_mono_ms();
	struct box_txn t;
	int count;

	if (now < n->sweep_ms)
		return;
	n->sweep_ms = now + SWEEP_MS;
	if (box_begin(n->s->box, &t, true) < 0)
		return;
	count = box_forget_contexts(&t, clock_utc_ms(), SWEEP_ITEMS,
				    n->sweep_at);
	if (count > 0)
		(void)!box_commit(&t);
	else
		box_abort(&t);
}

/* ---- the thread ---- */

/* How long nothing is to be done, ms. */
static int turn(struct notifier *n)
{
	int events = read_events(n), wait = (int)n->s->conf->collector_poll_ms;
	int64_t age;

	hear(n);
	take_mail(n);
	health_since(HEALTH_NOTIFY_HELD, n->is_held);
	if (n->is_held && wait > HELD_MS)
		wait = HELD_MS;
	age = clock_mono_ms() - n->outcome_ms;
	if (n->pending.outcomes && pending_can_wait(&n->pending) &&
	    age < COMPANY_MS)
		return COMPANY_MS - (int)age;
	if (!pending_is_empty(&n->pending) && write_pending(n) < 0)
		return UNKEPT_MS;
	answer_heard(n, 0); /* nobody is to be told of it */
	tell_outbox(n, false);
	forget_calls(n);
	if (n->outbox_sequence != n->cursor.sequence && wait > OUTBOX_MS)
		wait = OUTBOX_MS;
	return events == BATCH && !n->is_held ? 0 : wait;
}

static int take_waiting(const struct delivery_state *state,
			const struct notice *notice, void *arg)
{
	struct notifier *n = arg;
	struct task *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->is_kept = true;
	t->delivery.attempts = state->attempts;
	(void)pthread_mutex_lock(&n->s->lock);
	err = parts_add(n->s, notice, t, state->due_ms, state->queued_ms);
	(void)pthread_mutex_unlock(&n->s->lock);
	if (err < 0)
		free(t);
	return err == -EEXIST ? 0 : err;
}

/* Escalations whose call was acknowledged just before we ended. */
static void end_acknowledged(struct notifier *n, struct box_txn *t)
{
	struct delivery *d, *next;

	(void)pthread_mutex_lock(&n->s->lock);
	for (unsigned u = 0; u < URGENCIES; u++)
		for (d = queue_any(n->s->queue, (enum urgency)u); d; d = next) {
			next = d->younger;
			if (d->flags & NOTICE_UNLESS_ACKNOWLEDGED &&
			    box_is_acknowledged(t, d->call_id))
				parts_end(n->s, d->owner, DELIVERY_CANCELLED,
					  "acknowledged");
		}
	(void)pthread_mutex_unlock(&n->s->lock);
}

static int take_over(struct notifier *n)
{
	struct box_txn t;
	int err;

	n->cursor = outbox_cursor(n->s->feed->outbox, OUTBOX_NOTIFY);
	err = box_begin(n->s->box, &t, false);
	if (err < 0)
		return err;
	(void)!box_get_cursor(&t, &n->cursor);
	err = box_each_waiting(&t, take_waiting, n);
	end_acknowledged(n, &t);
	box_abort(&t);
	if (err == -ENOMEM)
		return err;
	log_info(WHO, "%zu notices wait to be delivered",
		 queue_count(n->s->queue));
	parts_wake(n->s->deliver_fd);
	parts_wake(n->s->store_fd);
	return 0;
}

static void close_requests(struct notifier *n)
{
	struct tell_request *r;

	take_mail(n);
	if (!pending_is_empty(&n->pending))
		(void)!write_pending(n);
	(void)pthread_mutex_lock(&n->s->lock);
	n->s->is_over = true;
	(void)pthread_mutex_unlock(&n->s->lock);
	take_mail(n);
	answer_requests(n, -ESHUTDOWN);
	while ((r = take_tell(n)) != NULL) {
		r->next = n->heard;
		n->heard = r;
	}
	answer_heard(n, -ESHUTDOWN);
}

int notifier_run(struct notify_service *s, const struct stop *stop)
{
	struct notifier n = { .s = s, .stop = stop };
	int err, wait;

	pending_init(&n.pending);
	err = matcher_new(&n.matcher, s->conf->state_dir, s->conf->node);
	if (err >= 0)
		err = take_over(&n);
	while (err >= 0) {
		wait = turn(&n);
		err = stop_wait(stop, s->feed->hub.fds[OUTBOX_NOTIFY], wait);
		wake_hub_drain(&s->feed->hub, OUTBOX_NOTIFY);
	}
	close_requests(&n);
	tell_outbox(&n, true);
	pending_fini(&n.pending);
	notify_result_fini(&n.result);
	journal_batch_fini(&n.batch);
	n.matcher = matcher_free(n.matcher);
	return err == -ECANCELED ? 0 : err;
}
