/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/journal_process.c modules/e911/journal_ring.c */
/* build: with modules/e911/journal_lmdb.c modules/e911/journal_batch.c */
/* build: with modules/e911/outbox_lmdb.c */
/* build: with modules/e911/probe_lmdb.c modules/e911/lmdb_env.c */
/* build: with test/support/platform_libc.c test/support/state_dir.c */
/* build: link lmdb pthread */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "event.h"
#include "modules/e911/journal_process.h"
#include "support/platform_libc.h"
#include "support/state_dir.h"

#define UTC 1700000000000

struct fixture {
	char *dir;
	char *socket_path;
	struct journal_ring *ring;
	struct journal_stats *stats;
	struct journal_writer writer;
	uint64_t put; /* number of the last event put into the ring */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_clear();
	clock_set(UTC, 1000000);
	f->dir = state_dir_new();
	f->socket_path = strdup(state_dir_path(f->dir, "wake"));
	f->ring = journal_ring_new(65536);
	f->stats = shared_alloc(sizeof(*f->stats));
	journal_writer_init(&f->writer, f->ring, f->stats, f->dir,
			    f->socket_path, text_of("gw1"));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	journal_writer_fini(&f->writer);
	journal_ring_free(f->ring);
	shared_free(f->stats);
	state_dir_free(f->dir);
	free(f->socket_path);
	free(f);
	clock_free();
	return shared_in_use() == 0 ? 0 : -1;
}

/* ---- small things ---- */

/* What a full ring drops is no error here. */
static void put(struct fixture *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint8_t buf[EVENT_MAX];
		struct uuid call = { { 1 } };
		struct event_writer w;
		bool wake;

		event_begin(&w, buf, sizeof(buf), EVENT_LEG_INVITED, &call,
			    UTC);
		event_u64(&w, FIELD_COUNT, f->put + 1);
		if (journal_ring_put(f->ring, buf, event_finish(&w), &wake) ==
		    0)
			f->put++;
	}
}

static int step_until_empty(struct fixture *f)
{
	int more;

	do
		more = journal_writer_step(&f->writer);
	while (more > 0);
	return more;
}

static uint64_t event_count(const void *event, size_t len)
{
	struct event_reader r;
	struct event_value v;

	if (event_open(event, len, &r) < 0 || !event_next(&r, &v))
		return 0;
	return v.number;
}

/* The COUNT of events that tell of a loss, 0 for all others. */
static uint64_t dropped_count(const void *event, size_t len)
{
	struct event_reader r;
	struct event_value v;

	if (event_open(event, len, &r) < 0 ||
	    r.head.kind != EVENT_EVENTS_DROPPED || r.head.at_ms != UTC ||
	    !uuid_is_nil(&r.head.call) || !event_next(&r, &v))
		return 0;
	return v.field == FIELD_COUNT ? v.number : 0;
}

static struct state_events events_of(const struct fixture *f)
{
	struct state_events events;

	assert_int_equal(state_dir_events(f->dir, event_count, &events), 0);
	return events;
}

static int socket_bound(const struct fixture *f)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	unlink(f->socket_path);
	assert_int_equal(text_to_cstr(text_of(f->socket_path), at.sun_path,
				      sizeof(at.sun_path)),
			 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* RLIMIT_FSIZE lets no file grow: the disk is "full". */
static struct rlimit disk_fill(const struct fixture *f)
{
	struct rlimit before, full;

	(void)signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	full = before;
	full.rlim_cur = state_dir_size(f->dir, "journal/data.mdb");
	setrlimit(RLIMIT_FSIZE, &full);
	return before;
}

/* Until the pages that the file has are used up. */
static int step_until_full(struct fixture *f)
{
	int more = 0;

	for (int i = 0; i < 1000 && more >= 0; i++) {
		put(f, 100);
		more = journal_writer_step(&f->writer);
	}
	return more;
}

/* ---- tests ---- */

static void events_go_from_the_ring_to_the_disk_in_order(void **state)
{
	struct fixture *f = *state;
	struct state_events events;

	put(f, 700);
	assert_int_equal(step_until_empty(f), 0);
	assert_int_equal(journal_ring_used(f->ring), 0);
	events = events_of(f);
	assert_int_equal(events.first, 1);
	assert_int_equal(events.last, 700);
	assert_int_equal(events.gaps, 0);
	assert_int_equal(events.foreign, 0);
	assert_int_equal(f->stats->events_written, 700);
	assert_int_equal(f->stats->last_sequence, 700);
	assert_int_equal(f->stats->waiting, 700);
	assert_int_equal(f->stats->commits, 1);
	assert_int_equal(f->stats->batches_failed, 0);
}

static void ring_becomes(struct fixture *f, size_t capacity)
{
	journal_ring_free(f->ring);
	f->ring = journal_ring_new(capacity);
	f->writer.ring = f->ring;
}

static void a_backlog_is_written_in_parts(void **state)
{
	struct fixture *f = *state;
	struct state_events events;

	ring_becomes(f, (size_t)1024 * 1024);
	put(f, 5000);
	assert_int_equal(step_until_empty(f), 0);
	assert_int_equal(f->put, 5000);
	assert_int_equal(f->stats->commits, 3); /* of 2048 at most */
	events = events_of(f);
	assert_int_equal(events.first, 1);
	assert_int_equal(events.last, 5000);
	assert_int_equal(events.gaps, 0);
	assert_int_equal(events.foreign, 0);
}

static int pace_behind(struct fixture *f, unsigned events)
{
	put(f, events);
	assert_int_equal(step_until_empty(f), 0);
	return journal_writer_pace_ms(&f->writer);
}

static void the_more_there_is_to_write_the_longer_it_gathers(void **state)
{
	struct fixture *f = *state;

	ring_becomes(f, (size_t)1024 * 1024);
	assert_int_equal(pace_behind(f, 1), 30);
	assert_int_equal(pace_behind(f, 39), 30);
	assert_int_equal(pace_behind(f, 40), 100);
	assert_int_equal(pace_behind(f, 119), 100);
	/* No event may be 0.2 s old before it is written. */
	assert_int_equal(pace_behind(f, 120), 180);
	/* The last part of many is short. */
	assert_int_equal(pace_behind(f, 2050), 180);
	assert_int_equal(pace_behind(f, 1), 30);
}

static void an_empty_ring_costs_no_commit(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 10; i++)
		assert_int_equal(journal_writer_step(&f->writer), 0);
	assert_int_equal(f->stats->commits, 0);
}

static void each_commit_wakes_the_sidecar(void **state)
{
	struct fixture *f = *state;
	char byte[2];
	int fd;

	/* Nobody there yet: no harm. */
	put(f, 1);
	assert_int_equal(journal_writer_step(&f->writer), 0);

	/* ... and it may come and go. */
	for (int i = 0; i < 2; i++) {
		fd = socket_bound(f);
		put(f, 3);
		assert_int_equal(journal_writer_step(&f->writer), 0);
		assert_int_equal(recv(fd, byte, sizeof(byte), 0), 1);
		assert_int_equal(byte[0], 'J');
		assert_int_equal(journal_writer_step(&f->writer), 0);
		assert_int_equal(recv(fd, byte, sizeof(byte), 0), -1);
		close(fd);
	}
}

static void a_sidecar_that_does_not_listen_blocks_nothing(void **state)
{
	struct fixture *f = *state;
	int fd = socket_bound(f);

	/* More than its queue takes. */
	for (int i = 0; i < 600; i++) {
		put(f, 1);
		assert_int_equal(journal_writer_step(&f->writer), 0);
	}
	close(fd);
	assert_int_equal(f->stats->events_written, 600);
}

static void a_socket_path_too_long_is_no_fault(void **state)
{
	struct fixture *f = *state;
	char path[300];

	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	f->writer.wake_socket = path;
	put(f, 1);
	assert_int_equal(journal_writer_step(&f->writer), 0);
	f->writer.wake_socket = NULL;
	put(f, 1);
	assert_int_equal(journal_writer_step(&f->writer), 0);
	assert_int_equal(f->stats->events_written, 2);
}

static void what_the_sidecar_has_stored_is_deleted_each_second(void **state)
{
	struct fixture *f = *state;
	struct uuid id;

	for (int i = 0; i < 20; i += 5) {
		put(f, 5);
		assert_int_equal(journal_writer_step(&f->writer), 0);
	}
	id = journal_id(f->writer.journal);
	state_dir_cursor(f->dir, &id, 15);
	assert_int_equal(journal_writer_step(&f->writer), 0);
	assert_int_equal(f->stats->waiting, 20);
	clock_advance(1000);
	assert_int_equal(journal_writer_step(&f->writer), 0);
	assert_int_equal(f->stats->waiting, 5);
	assert_int_equal(events_of(f).first, 16);
}

/* Packs go whole, so that a part is hardly ever exactly as long as asked. */
static void a_backlog_is_deleted_without_waiting(void **state)
{
	struct fixture *f = *state;
	const uint64_t all = 25000;
	struct uuid id;

	while (f->put < all) {
		put(f, 503);
		assert_int_equal(step_until_empty(f), 0);
	}
	id = journal_id(f->writer.journal);
	state_dir_cursor(f->dir, &id, f->put);
	clock_advance(1000);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(journal_writer_step(&f->writer), 0);
	assert_true(events_of(f).count < 100);
}

static void a_full_ring_is_told_with_its_count(void **state)
{
	struct fixture *f = *state;
	struct state_events events;
	uint64_t dropped;

	put(f, 2000);
	dropped = journal_ring_dropped(f->ring);
	assert_true(dropped > 0);
	assert_int_equal(step_until_empty(f), 0);
	assert_int_equal(state_dir_events(f->dir, dropped_count, &events), 0);
	/* All written are there, and exactly one more that tells. */
	assert_int_equal(events.count, f->put + 1);
	assert_int_equal(f->writer.told, dropped);
	assert_int_equal(step_until_empty(f), 0);
	assert_int_equal(f->stats->events_written, f->put + 1);
}

static uint64_t wanted_count;

/* Calls only the event that tells of wanted_count lost ones foreign. */
static uint64_t tells_of_wanted(const void *event, size_t len)
{
	static uint64_t sequence;

	sequence++;
	return dropped_count(event, len) == wanted_count ? 0 : sequence;
}

static void a_full_disk_keeps_the_batch_and_counts_the_rest(void **state)
{
	struct fixture *f = *state;
	struct state_events events;
	struct rlimit before;
	uint64_t written, failed;

	put(f, 100);
	assert_int_equal(step_until_empty(f), 0);
	before = disk_fill(f);
	assert_true(step_until_full(f) < 0);
	assert_true(journal_pending(f->writer.journal) > 0);
	written = f->stats->events_written;
	failed = f->stats->batches_failed;
	assert_int_equal(log_count(LEVEL_ERR, "cannot be written"), 1);

	/* The batch stays the same; nothing more leaves the ring. */
	put(f, 5000);
	assert_true(journal_ring_dropped(f->ring) > 0);
	for (int i = 0; i < 59; i++) {
		size_t used = journal_ring_used(f->ring);

		clock_advance(1000);
		assert_true(journal_writer_step(&f->writer) < 0);
		assert_int_equal(journal_ring_used(f->ring), used);
	}
	assert_int_equal(f->stats->events_written, written);
	assert_int_equal(f->stats->batches_failed, failed + 59);
	/* Told once a minute. */
	assert_int_equal(log_count(LEVEL_ERR, "cannot be written"), 1);
	clock_advance(1000);
	assert_true(journal_writer_step(&f->writer) < 0);
	assert_int_equal(log_count(LEVEL_ERR, "cannot be written"), 2);

	/* There is room again: everything that was taken is written. */
	setrlimit(RLIMIT_FSIZE, &before);
	clock_set(UTC, 2000000);
	assert_int_equal(step_until_empty(f), 0);
	assert_int_equal(log_count(LEVEL_NOTICE, "written again"), 1);
	assert_int_equal(f->stats->events_written, f->put + 1);
	wanted_count = journal_ring_dropped(f->ring);
	assert_int_equal(state_dir_events(f->dir, tells_of_wanted, &events), 0);
	assert_int_equal(events.count, f->put + 1);
	assert_int_equal(events.gaps, 0);
	assert_int_equal(events.foreign, 1);
}

static void a_state_directory_that_comes_late_is_found(void **state)
{
	struct fixture *f = *state;
	char *late = strdup(state_dir_path(f->dir, "late"));
	struct state_events events;

	f->writer.state_dir = late;
	put(f, 10);
	assert_int_equal(journal_writer_step(&f->writer), -ENOENT);
	assert_int_equal(f->stats->batches_failed, 1);
	/* Not at each step. */
	assert_int_equal(journal_writer_step(&f->writer), -EAGAIN);
	assert_int_equal(f->stats->batches_failed, 1);
	assert_int_equal(log_count(LEVEL_ERR, "cannot be opened"), 1);
	mkdir(late, 0770);
	clock_advance(1000);
	assert_int_equal(journal_writer_step(&f->writer), 0);
	assert_int_equal(state_dir_events(late, event_count, &events), 0);
	assert_int_equal(events.count, 10);
	f->writer.journal = journal_close(f->writer.journal);
	f->writer.state_dir = f->dir;
	free(late);
}

static void a_damaged_journal_is_replaced_and_events_go_on(void **state)
{
	struct fixture *f = *state;

	put(f, 500);
	assert_int_equal(step_until_empty(f), 0);
	journal_writer_fini(&f->writer);
	state_dir_overwrite(f->dir, "journal/data.mdb", 0, 0x55, 30000);
	journal_writer_init(&f->writer, f->ring, f->stats, f->dir,
			    f->socket_path, text_of("gw1"));
	f->put = 0;
	put(f, 5);
	assert_int_equal(journal_writer_step(&f->writer), 0);
	assert_int_equal(state_dir_count(f->dir, "journal.damaged-"), 1);
	assert_int_equal(events_of(f).foreign, 0);
	assert_int_equal(f->stats->last_sequence, 5);
}

static void an_orderly_end_writes_what_is_in_the_ring(void **state)
{
	struct fixture *f = *state;

	put(f, 600);
	journal_writer_fini(&f->writer);
	assert_int_equal(events_of(f).last, 600);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(events_go_from_the_ring_to_the_disk_in_order),
		T(a_backlog_is_written_in_parts),
		T(the_more_there_is_to_write_the_longer_it_gathers),
		T(an_empty_ring_costs_no_commit),
		T(each_commit_wakes_the_sidecar),
		T(a_sidecar_that_does_not_listen_blocks_nothing),
		T(a_socket_path_too_long_is_no_fault),
		T(what_the_sidecar_has_stored_is_deleted_each_second),
		T(a_backlog_is_deleted_without_waiting),
		T(a_full_ring_is_told_with_its_count),
		T(a_full_disk_keeps_the_batch_and_counts_the_rest),
		T(a_state_directory_that_comes_late_is_found),
		T(a_damaged_journal_is_replaced_and_events_go_on),
		T(an_orderly_end_writes_what_is_in_the_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
