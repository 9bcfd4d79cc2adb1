/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "b2bua.h"
#include "located.h"
#include "replay.h"
#include "setup.h"
#include "trunk_watch.h"
#include "worker_lasting.h"

#define WATCH_MS 250
#define STEP_MS  1000 /* the writer looks after itself, or tries again */

struct worker_conf worker_conf;
struct shared_state *worker_shared;

/* ---- shared state ---- */

int worker_shared_new(void)
{
	struct shared_state *s = shared_alloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	worker_shared = s;
	s->generation = 1;
	source_table_init(&s->strangers);
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->wake_fd < 0)
		return -errno;
	s->calls = call_store_new((unsigned)worker_conf.calls_hash_bits);
	s->elins = elin_table_new(12);
	s->health = trunk_health_new();
	s->trunk_calls = trunk_calls_new();
	s->shares = fair_share_new();
	s->connections = unreach_ring_new();
	s->inquiries = inquiries_new();
	s->old_legs = old_legs_new(replay_send);
	s->ring = worker_ring_new();
	if (!s->calls || !s->elins || !s->health || !s->trunk_calls || !s->ring)
		return -ENOMEM;
	random_bytes(worker_conf.path.credential.key,
		     sizeof(worker_conf.path.credential.key));
	worker_conf.path.elins = s->elins;
	worker_conf.path.node = worker_conf.node;
	worker_conf.path.elin_walk = worker_conf.elin_walk < 0 ? -1 : 1;
	worker_conf.path.sip_elin_timeout_s =
		(uint32_t)worker_conf.sip_elin_timeout;
	b2bua_init(&(struct b2bua){
		.store = s->calls,
		.elins = s->elins,
		.health = s->health,
		.trunk_calls = s->trunk_calls,
		.shares = s->shares,
		.inquiries = s->inquiries,
		.announcer =
			worker_conf.announce_agent.default_route_count
				? &worker_conf.announce_agent.default_routes[0]
				: NULL,
		.ladder_ms = worker_conf.ladder_timeout * 1000,
		.linger_ms = worker_conf.linger * 1000 });
	located_init(&(struct located_conf){
		.inquiries = s->inquiries,
		.path = &worker_conf.path,
		.timeout_ms = worker_conf.locate_timeout,
		.uncertainty_max_m = (uint32_t)worker_conf.locate_uncertainty,
		.age_max_s = (uint32_t)worker_conf.locate_age });
	trunk_watch_init(s->health);
	survival_init(
		&(struct survival){ .calls = s->calls, .elins = s->elins });
	return 0;
}

void worker_watch_trunks(void)
{
	(void)trunk_watch_turn(worker_directory_begin(), worker_directory_end);
}

/* ---- counters and events ---- */

void stat_add(enum stat s, int n)
{
	__atomic_add_fetch(&worker_shared->counters[s], (uint64_t)n,
			   __ATOMIC_RELAXED);
}

uint64_t stat_get(enum stat s)
{
	return __atomic_load_n(&worker_shared->counters[s], __ATOMIC_RELAXED);
}

#define STAT(n, h) [STAT_##n] = { #n, h },
static const struct {
	const char *name, *help;
} stat_words[STAT_COUNT] = {
#include "stats.def"
};
#undef STAT

const char *stat_name(enum stat s)
{
	return s < STAT_COUNT ? stat_words[s].name : "?";
}

const char *stat_help(enum stat s)
{
	return s < STAT_COUNT ? stat_words[s].help : "?";
}

static void wake_journal(void)
{
	const uint64_t one = 1;

	/* EAGAIN: the reader has been woken a great many times already. */
	if (write(worker_shared->wake_fd, &one, sizeof(one)) < 0 &&
	    errno != EAGAIN)
		log_line(LEVEL_WARNING, "report: wake: %s, ignoring",
			 strerror(errno));
}

void report_emit(const void *event, size_t len)
{
	bool wake = false;

	if (journal_ring_put(worker_shared->ring, event, len, &wake) < 0) {
		stat_add(STAT_events_dropped, 1);
		return;
	}
	stat_add(STAT_events_written, 1);
	if (wake)
		wake_journal();
}

/* What finds no room is not lost: all state is written anew later. */
void survival_emit(struct text key, struct text value)
{
	bool wake = false;

	if (journal_ring_put_state(worker_shared->ring, key, value, &wake) ==
		    0 &&
	    wake)
		wake_journal();
}

/* ---- survival ---- */

static void on_record(struct text key, struct text value, void *arg)
{
	survival_restore(key, value, arg);
}

static bool count_call(struct call *call, void *arg)
{
	static const uint8_t nowhere[16];

	(void)arg;
	if (call->kind == CALL_EMERGENCY)
		fair_share_take(worker_shared->shares,
				fair_share_key(call->organization_id,
					       call->trunk_id, nowhere),
				call, clock_mono_ms());
	trunk_calls_settle(worker_shared->trunk_calls, call);
	return true;
}

void worker_restore(void)
{
	struct survival_count count = { 0 };
	int err = journal_read_state(worker_conf.state_dir, on_record, &count);

	if (err < 0 && err != -ENOENT)
		log_line(LEVEL_ERR,
			 "the journal's calls and bindings cannot be read to "
			 "the end: %s",
			 strerror(-err));
	survival_settle(&count);
	/* Before the fork: nobody else has them. */
	call_store_each(worker_shared->calls, count_call, NULL);
	worker_setups_open();
	setup_init(worker_shared->setups, &worker_shared->setups_ready);
}

void worker_drain(bool on)
{
	struct event_writer w;

	if (__atomic_exchange_n(&worker_shared->draining, on,
				__ATOMIC_ACQ_REL) == on)
		return;
	log_line(LEVEL_NOTICE, "draining is %s: new calls are %s",
		 on ? "on" : "off", on ? "answered 503" : "taken");
	report_begin(&w, EVENT_DRAIN_CHANGED, NULL);
	event_text(&w, FIELD_DRAINING, text_of(on ? "on" : "off"));
	event_text(&w, FIELD_NODE, text_of(worker_conf.node));
	report_end(&w);
}

bool worker_is_draining(void)
{
	return __atomic_load_n(&worker_shared->draining, __ATOMIC_ACQUIRE);
}

/* ---- the journal process ---- */

static void wait_for_wake(int timeout_ms)
{
	struct pollfd pfd = { .fd = worker_shared->wake_fd, .events = POLLIN };
	uint64_t count;

	if (poll(&pfd, 1, timeout_ms) > 0 &&
	    read(worker_shared->wake_fd, &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		log_line(LEVEL_WARNING, "report: wake: %s, ignoring",
			 strerror(errno));
}

static int put_record(struct text key, struct text value, void *arg)
{
	return journal_put(arg, key, value);
}

static int refill(struct journal *journal, void *arg)
{
	(void)arg;
	return survival_each(put_record, journal);
}

static volatile sig_atomic_t must_stop;

/* SIGALRM ends the process should the disk hang: Kamailio waits for it. */
static void on_stop(int signo)
{
	(void)signo;
	must_stop = 1;
	(void)alarm(1);
}

static void stop_on_signals(void)
{
	const struct sigaction stop = { .sa_handler = on_stop };
	const struct sigaction die = { .sa_handler = SIG_DFL };

	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGALRM, &die, NULL);
}

/* Let events gather while a burst lasts. */
static void pace(const struct journal_writer *w, int64_t step_ms)
{
	int64_t end = step_ms + journal_writer_pace_ms(w), left;

	while (!must_stop && !journal_ring_is_half_full(worker_shared->ring) &&
	       (left = end - clock_mono_ms()) > 0)
		wait_for_wake((int)left);
}

/* What the others still write while they end, then what there is no more. */
static void write_the_last(struct journal_writer *w)
{
	int64_t end = clock_mono_ms() + JOURNAL_LAST_MS;
	int64_t quiet = end - JOURNAL_LAST_MS / 2;

	while (clock_mono_ms() < end) {
		if (journal_writer_step(w) < 0)
			break;
		if (!journal_ring_used(worker_shared->ring)) {
			if (clock_mono_ms() >= quiet)
				break;
			(void)poll(NULL, 0, 10);
		}
	}
	journal_writer_fini(w);
}

void worker_journal_run(void)
{
	pid_t parent = getppid();
	struct journal_writer w;
	int64_t step_at = 0;
	bool failing = false;

	stop_on_signals();
	journal_writer_init(&w, worker_shared->ring, &worker_shared->journal,
			    worker_conf.state_dir, worker_conf.wake_socket,
			    text_of(worker_conf.node));
	journal_writer_refill(&w, refill, NULL);
	while (!must_stop && getppid() == parent) {
		bool work = journal_ring_used(worker_shared->ring) > 0;
		int64_t now = clock_mono_ms();
		int rc = 0;

		if ((work && !failing) || now >= step_at) {
			rc = journal_writer_step(&w);
			failing = rc < 0;
			step_at = now + STEP_MS;
		}
		if (rc > 0)
			continue;
		if (work && !failing)
			pace(&w, now);
		if (failing)
			(void)poll(NULL, 0, WATCH_MS);
		else if (!journal_ring_used(worker_shared->ring))
			wait_for_wake(WATCH_MS);
	}
	write_the_last(&w);
}
