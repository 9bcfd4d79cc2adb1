/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal_process.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "event.h"

#define BATCH_ITEMS      2048
#define BATCH_BYTES      ((size_t)1024 * 1024)
#define TRIM_EVENTS      10000
#define TRIM_IN_BURST    4000  /* no more, people are told after the commit */
#define BURST_EVENTS     40    /* in one batch */
#define EACH_MS          1000  /* trim, or try to open */
#define COMPLAIN_EACH_MS 60000 /* the same fault is logged so often */

/*
 * From one commit to the next, while events come; where there were more than
 * some 60 or 200 calls a second between the latest two; with the commit's own
 * time no event is 0.2 s old before it is on disk.
 */
#define PACE_MS      30
#define PACE_BUSY_MS 100
#define PACE_RUSH_MS 180
#define RUSH_EVENTS  120 /* in one turn */

void journal_writer_init(struct journal_writer *w, struct journal_ring *ring,
			 struct journal_stats *stats, const char *state_dir,
			 const char *wake_socket, struct text node)
{
	*w = (struct journal_writer){
		.ring = ring,
		.stats = stats,
		.state_dir = state_dir,
		.wake_socket = wake_socket,
		.node = node,
		.wake_fd = -1,
	};
}

void journal_writer_refill(struct journal_writer *w, journal_refill_f *refill,
			   void *arg)
{
	w->refill = refill;
	w->refill_arg = arg;
}

/* ---- telling ---- */

static void journal_stats_show(struct journal_writer *w)
{
	__atomic_store_n(&w->stats->waiting, journal_waiting(w->journal),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&w->stats->last_sequence, journal_last(w->journal),
			 __ATOMIC_RELAXED);
}

static void pending_show(struct journal_writer *w, uint64_t pending)
{
	__atomic_store_n(&w->stats->pending, pending, __ATOMIC_SEQ_CST);
}

static void complain(struct journal_writer *w, struct journal_fault *fault,
		     const char *what, int err)
{
	int64_t now_ms = clock_mono_ms();

	if (fault->err == err && now_ms < fault->again_at_ms)
		return;
	fault->err = err;
	fault->again_at_ms = now_ms + COMPLAIN_EACH_MS;
	log_line(LEVEL_ERR,
		 "the journal cannot be %s: %s; %zu items are kept, %zu bytes "
		 "wait in the ring, %llu events were dropped",
		 what, strerror(-err),
		 w->journal ? journal_pending(w->journal) : 0,
		 journal_ring_used(w->ring),
		 (unsigned long long)journal_ring_dropped(w->ring));
}

static void complain_no_more(struct journal_fault *fault, const char *what)
{
	if (fault->err)
		log_line(LEVEL_NOTICE, "the journal can be %s again", what);
	fault->err = 0;
}

static int batch_failed(struct journal_writer *w, const char *what, int err)
{
	__atomic_add_fetch(&w->stats->batches_failed, 1, __ATOMIC_RELAXED);
	complain(w, &w->write_fault, what, err);
	return err;
}

/* The sidecar looks once a second anyway: nothing depends on this. */
static void sidecar_wake(struct journal_writer *w)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (text_to_cstr(text_of(w->wake_socket), to.sun_path,
			 sizeof(to.sun_path)) < 0)
		return;
	if (w->wake_fd < 0)
		w->wake_fd = socket(
			AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->wake_fd >= 0)
		(void)sendto(w->wake_fd, "J", 1, MSG_NOSIGNAL,
			     (struct sockaddr *)&to, sizeof(to));
}

/* ---- one batch ---- */

/* Ready to append; a batch that failed before is in it. */
static int journal_ready(struct journal_writer *w)
{
	int64_t now_ms = clock_mono_ms();
	int err;

	if (!w->journal) {
		if (now_ms < w->open_at_ms)
			return -EAGAIN;
		w->open_at_ms = now_ms + EACH_MS;
		err = journal_open(&w->journal, w->state_dir);
		if (err < 0)
			return batch_failed(w, "opened", err);
	}
	if (journal_pending(w->journal))
		return 0;
	err = journal_begin(w->journal);
	return err < 0 ? batch_failed(w, "opened", err) : 0;
}

/* Say how many events were lost since it was last said. */
static void append_dropped(struct journal_writer *w)
{
	uint64_t dropped = journal_ring_dropped(w->ring) + w->lost;
	const struct uuid no_call = { 0 };
	struct event_writer event;
	uint8_t buf[EVENT_MAX];

	if (dropped == w->told)
		return;
	event_begin(&event, buf, sizeof(buf), EVENT_EVENTS_DROPPED, &no_call,
		    clock_utc_ms());
	event_u64(&event, FIELD_COUNT, dropped - w->told);
	event_text(&event, FIELD_NODE, w->node);
	if (journal_append(w->journal, buf, event_finish(&event)) == 0)
		w->told = dropped;
}

static int append_item(struct journal *j, enum journal_item kind,
		       const uint8_t *p, size_t len)
{
	const char *text = (const char *)p;
	size_t key_len;

	switch (kind) {
	case JOURNAL_EVENT:
		return journal_append(j, p, len);
	case JOURNAL_DELETE:
		return journal_delete(j, text_make(text, len));
	case JOURNAL_PUT:
		key_len = p[0];
		if (key_len >= len)
			return -EBADMSG;
		return journal_put(
			j, text_make(text + 1, key_len),
			text_make(text + 1 + key_len, len - 1 - key_len));
	}
	return -EBADMSG;
}

/* 1 when the batch is full, 0 when the ring is empty. */
static int append_ring(struct journal_writer *w)
{
	static uint8_t buf[JOURNAL_ITEM_MAX];
	enum journal_item kind;
	size_t bytes = 0;

	for (int i = 0; i < BATCH_ITEMS && bytes < BATCH_BYTES; i++) {
		int len = journal_ring_take(w->ring, buf, sizeof(buf), &kind);

		if (len <= 0)
			return 0;
		if (append_item(w->journal, kind, buf, (size_t)len) < 0) {
			if (kind == JOURNAL_EVENT)
				w->lost++; /* no memory */
			else
				w->refilled = (struct uuid){ 0 };
		}
		bytes += (size_t)len;
	}
	return 1;
}

/*
 * All of the state anew, before what waits in the ring: that is older than
 * what is found now, or tells of a later change, and its last word on each
 * record is the latest.
 */
static void refill(struct journal_writer *w)
{
	uint64_t lost = journal_ring_state_lost(w->ring);
	struct uuid id = journal_id(w->journal);
	int err;

	if (!w->refill ||
	    (lost == w->state_lost && uuid_equal(&id, &w->refilled)))
		return;
	err = journal_clear(w->journal);
	if (err == 0)
		err = w->refill(w->journal, w->refill_arg);
	if (err < 0) {
		/* Half of it would be less than what is there. */
		journal_abort(w->journal);
		log_line(LEVEL_ERR, "the journal's state cannot be renewed: %s",
			 strerror(-err));
		return;
	}
	w->refilled = id;
	w->state_lost = lost;
}

static bool trim_is_due(const struct journal_writer *w)
{
	return clock_mono_ms() >= w->trim_at_ms;
}

/* A backlog is deleted at once, part by part. */
static void trim_done(struct journal_writer *w, int deleted, int most)
{
	w->trim_at_ms = clock_mono_ms() + (deleted >= most ? 0 : EACH_MS);
	if (deleted < 0 && deleted != -ENOENT)
		complain(w, &w->trim_fault, "trimmed", deleted);
	else
		complain_no_more(&w->trim_fault, "trimmed");
}

/* In a burst what the sidecar has stored goes with the same sync; what could
 * not be written is tried alone. */
static int commit(struct journal_writer *w)
{
	int err, deleted;

	if (journal_pending_events(w->journal) < BURST_EVENTS ||
	    w->write_fault.err || !trim_is_due(w))
		return journal_commit(w->journal);
	err = journal_commit_and_trim(w->journal, TRIM_IN_BURST, &deleted);
	if (err == 0 && deleted != -EAGAIN)
		trim_done(w, deleted, TRIM_IN_BURST);
	return err;
}

static int batch_commit(struct journal_writer *w)
{
	size_t count = journal_pending_events(w->journal);
	int err;

	if (journal_pending(w->journal) == 0) {
		journal_ring_done(w->ring);
		return 0;
	}
	err = commit(w);
	if (err < 0)
		return batch_failed(w, "written", err);
	/* A death between the two writes these events twice, which is better
	 * than never. */
	journal_ring_done(w->ring);
	complain_no_more(&w->write_fault, "written");
	__atomic_add_fetch(&w->stats->events_written, count, __ATOMIC_RELAXED);
	__atomic_add_fetch(&w->stats->commits, 1, __ATOMIC_RELAXED);
	w->turn_events += count;
	if (count)
		sidecar_wake(w);
	return 0;
}

static void trim(struct journal_writer *w)
{
	if (trim_is_due(w))
		trim_done(w, journal_trim(w->journal, TRIM_EVENTS),
			  TRIM_EVENTS);
}

int journal_writer_step(struct journal_writer *w)
{
	bool is_retry = w->journal && journal_pending(w->journal);
	int more = 1, err;

	err = journal_ready(w);
	if (err < 0)
		return err;
	if (!w->has_more)
		w->turn_events = 0;
	pending_show(w, 1);
	if (!is_retry) {
		refill(w);
		more = append_ring(w);
		append_dropped(w);
	}
	err = batch_commit(w);
	pending_show(w, journal_pending(w->journal) > 0);
	trim(w);
	journal_stats_show(w);
	w->has_more = more > 0;
	return err < 0 ? err : more;
}

int journal_writer_pace_ms(const struct journal_writer *w)
{
	if (w->turn_events < BURST_EVENTS)
		return PACE_MS;
	return w->turn_events < RUSH_EVENTS ? PACE_BUSY_MS : PACE_RUSH_MS;
}

void journal_writer_fini(struct journal_writer *w)
{
	while (journal_writer_step(w) > 0)
		;
	w->journal = journal_close(w->journal);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	w->wake_fd = -1;
}
