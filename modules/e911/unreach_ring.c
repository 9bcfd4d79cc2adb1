/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unreach_ring.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "hwaddr.h"
#include "report.h"

#define NOTES 1024

struct unreach_ring {
	struct shared_lock lock;
	int fd; /* eventfd, inherited by every process */
	unsigned first, count;
	struct unreach_note notes[NOTES];
};

struct unreach_ring *unreach_ring_new(void)
{
	struct unreach_ring *r = shared_alloc(sizeof(*r));

	if (!r)
		return NULL;
	shared_lock_init(&r->lock);
	r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->fd >= 0)
		return r;
	shared_free(r);
	return NULL;
}

struct unreach_ring *unreach_ring_free(struct unreach_ring *r)
{
	struct unreach_note note;

	if (!r)
		return NULL;
	while (unreach_ring_take(r, &note))
		if (note.leg)
			call_unref(note.leg->call);
	close(r->fd);
	shared_free(r);
	return NULL;
}

static bool put(struct unreach_ring *r, const struct unreach_note *note)
{
	const unsigned room = note->is_theirs ? NOTES / 2 : NOTES;
	const uint64_t one = 1;
	bool has_room, was_empty;

	shared_lock_take(&r->lock);
	has_room = r->count < room;
	was_empty = r->count == 0;
	if (has_room) {
		r->notes[(r->first + r->count) % NOTES] = *note;
		r->count++;
	}
	shared_lock_drop(&r->lock);
	if (!has_room)
		stat_add(STAT_connections_missed, 1);
	/* EAGAIN: woken a great many times already. */
	return was_empty && write(r->fd, &one, sizeof(one)) < 0 ? true
								: has_room;
}

void unreach_ring_sent(struct unreach_ring *r, enum unreach_note_kind kind,
		       struct leg *leg, const struct next_hop *hop)
{
	struct unreach_note note = { .kind = kind,
				     .at_ms = clock_mono_ms(),
				     .port = hop->port,
				     .transport = hop->transport,
				     .leg = leg };

	if (!r || ip_normalise(text_of(hop->host), note.ip) < 0)
		return;
	call_ref(leg->call);
	if (!put(r, &note))
		call_unref(leg->call);
}

static void put_gone(struct unreach_ring *r, enum unreach_note_kind kind,
		     struct unreach_note note)
{
	note.kind = kind;
	note.at_ms = clock_mono_ms();
	note.leg = NULL;
	if (r)
		(void)put(r, &note);
}

void unreach_ring_closed(struct unreach_ring *r, struct unreach_note note)
{
	put_gone(r, UNREACH_NOTE_CLOSED, note);
}

void unreach_ring_refused(struct unreach_ring *r, struct unreach_note note)
{
	put_gone(r, UNREACH_NOTE_REFUSED, note);
}

void unreach_ring_not_sent(struct unreach_ring *r, struct leg *leg,
			   const char *why)
{
	struct unreach_note note = { .kind = UNREACH_NOTE_REFUSED,
				     .at_ms = clock_mono_ms(),
				     .is_untrusted = true,
				     .why = why,
				     .leg = leg };

	if (r)
		(void)put(r, &note);
}

int unreach_ring_fd(const struct unreach_ring *r)
{
	return r->fd;
}

static bool pop(struct unreach_ring *r, struct unreach_note *ret)
{
	bool is_there;

	shared_lock_take(&r->lock);
	is_there = r->count > 0;
	if (is_there) {
		*ret = r->notes[r->first];
		r->first = (r->first + 1) % NOTES;
		r->count--;
	}
	shared_lock_drop(&r->lock);
	return is_there;
}

bool unreach_ring_take(struct unreach_ring *r, struct unreach_note *ret)
{
	uint64_t woken;

	if (pop(r, ret))
		return true;
	/* Whoever writes from now on wakes anew: look once more. */
	return read(r->fd, &woken, sizeof(woken)) > 0 && pop(r, ret);
}
