/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unreach_watch.h"

#include <stdlib.h>

#include "b2bua.h"
#include "dir_record.h"
#include "hwaddr.h"
#include "report.h"

#define WAITING_MAX 1024
#define CLOSED_MAX  64
#define REFUSED_MAX 32
#define REFUSED_MS \
	2000          /* it may be told before whoever has sent has noted it */
#define LOOK_MS 10    /* at what waits */
#define WALK_MS 250   /* between walks over all calls */
#define KEEP_MS 60000 /* a leg that waits; its own timers end it earlier */

struct unreach_watch {
	struct call_store *calls; /* borrowed */
	unreach_find_f *find;
	void *arg;
	struct unreach_note waiting[WAITING_MAX];
	size_t waiting_count;
	struct unreach_note refused[REFUSED_MAX]; /* the latest, in turn */
	size_t refused_next;
	struct unreach_note closed[CLOSED_MAX]; /* since the latest walk */
	size_t closed_count;
	int64_t looked_at, walked_at; /* monotonic ms */
};

struct unreach_watch *unreach_watch_new(struct call_store *calls,
					unreach_find_f *find, void *arg)
{
	struct unreach_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->calls = calls;
	w->find = find;
	w->arg = arg;
	w->walked_at = w->looked_at = INT64_MIN / 2;
	return w;
}

struct unreach_watch *unreach_watch_free(struct unreach_watch *w)
{
	for (size_t i = 0; w && i < w->waiting_count; i++)
		call_unref(w->waiting[i].leg->call);
	free(w);
	return NULL;
}

/* ---- what waits ---- */

static bool is_same_place(const struct unreach_note *a,
			  const struct unreach_note *b)
{
	return a->port == b->port && a->transport == b->transport &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* Without the call's lock: a hint, looked at again under it. */
static bool still_waits(const struct unreach_note *n, int64_t now)
{
	const struct leg *leg = n->leg;

	if (now - n->at_ms > KEEP_MS)
		return false;
	if (n->kind == UNREACH_NOTE_PROBE)
		return leg->is_probed && leg_is_up(leg);
	/* NEW: whoever sends it has not come so far yet. */
	return !leg->heard &&
	       (leg->state == LEG_NEW || leg->state == LEG_INVITED);
}

static void give_up(const struct unreach_note *n, const char *why)
{
	if (n->kind == UNREACH_NOTE_PROBE)
		b2bua_on_probe_unreachable(n->leg, why);
	else if (b2bua_on_unreachable(n->leg, why, false))
		stat_add(STAT_legs_unreachable, 1);
}

static void give_up_because(const struct unreach_note *n,
			    const struct unreach_note *gone)
{
	if (gone->is_untrusted)
		__atomic_store_n(&n->leg->is_untrusted, true, __ATOMIC_RELAXED);
	give_up(n, gone->why ? gone->why : "connection closed");
}

/* Nothing goes there; NULL: nobody has said why. */
static const struct unreach_note *refusal_of(const struct unreach_watch *w,
					     const struct unreach_note *n)
{
	const struct unreach_note *latest = NULL;

	for (size_t i = 0; i < REFUSED_MAX; i++) {
		const struct unreach_note *r = &w->refused[i];

		if (r->why && is_same_place(r, n) &&
		    r->at_ms >= n->at_ms - REFUSED_MS &&
		    (!latest || r->at_ms > latest->at_ms))
			latest = r;
	}
	return latest;
}

static void look_at_waiting(struct unreach_watch *w, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->waiting_count; i++) {
		struct unreach_note n = w->waiting[i];
		const struct unreach_note *refusal;

		if (still_waits(&n, now)) {
			if (w->find(&n, w->arg)) {
				w->waiting[kept++] = n;
				continue;
			}
			refusal = refusal_of(w, &n);
			if (refusal)
				give_up_because(&n, refusal);
			else
				give_up(&n, "connection failed");
		}
		call_unref(n.leg->call);
	}
	w->waiting_count = kept;
}

static bool may_be(int connection, int other)
{
	return connection <= 0 || other <= 0 || connection == other;
}

/* Is it among those that the closing or refusal is about?  Of an earlier
 * connection it may be told late, when another one has taken its place. */
static bool is_meant(const struct unreach_note *n,
		     const struct unreach_note *closed)
{
	if (closed->leg)
		return closed->leg == n->leg;
	return is_same_place(n, closed) && n->at_ms < closed->at_ms &&
	       may_be(n->connection, closed->connection);
}

/* A closing does not say why; a refusal of the same connection, told before
 * the leg was known to wait, does. */
static const struct unreach_note *reason_of(const struct unreach_watch *w,
					    const struct unreach_note *n,
					    const struct unreach_note *closed)
{
	const struct unreach_note *refusal =
		closed->why ? NULL : refusal_of(w, n);

	return refusal && refusal->connection > 0 &&
			       refusal->connection == closed->connection
		       ? refusal
		       : closed;
}

static void end_waiting_on(struct unreach_watch *w,
			   const struct unreach_note *closed)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->waiting_count; i++) {
		struct unreach_note n = w->waiting[i];

		if (!is_meant(&n, closed)) {
			w->waiting[kept++] = n;
			continue;
		}
		if (still_waits(&n, closed->at_ms))
			give_up_because(&n, reason_of(w, &n, closed));
		call_unref(n.leg->call);
	}
	w->waiting_count = kept;
}

/* ---- what has closed ---- */

/* Where requests in the dialog go, as b2bua_tm.c sends them. */
static struct next_hop next_hop(const struct leg *leg)
{
	struct text uri = call_text_get(&leg->remote_target), rest;
	struct next_hop hop;

	if (leg->route_set.len) {
		rest = call_text_get(&leg->route_set);
		uri = text_cut(&rest, '<', &uri) && text_cut(&rest, '>', &uri)
			      ? uri
			      : text_of(NULL);
	}
	(void)next_hop_of(uri, &leg->peer, &hop);
	return hop;
}

/*
 * The connection was that of leg A's INVITE, or goes where the leg's requests
 * go.  One that leads elsewhere, such as to the route of a PSAP whose Contact
 * is another machine, says nothing of the dialog.
 */
static bool leg_used(const struct leg *leg, const struct unreach_note *closed)
{
	struct next_hop hop;
	struct unreach_note place;

	if (leg->flow.connection && leg->flow.connection == closed->connection)
		return true;
	hop = next_hop(leg);
	place = (struct unreach_note){ .port = hop.port,
				       .transport = hop.transport };
	return ip_normalise(text_of(hop.host), place.ip) == 0 &&
	       is_same_place(&place, closed);
}

static bool leg_used_any(const struct leg *leg, const void *arg)
{
	const struct unreach_watch *w = arg;

	for (size_t i = 0; i < w->closed_count; i++)
		if (leg_used(leg, &w->closed[i]))
			return true;
	return false;
}

static bool on_call(struct call *call, void *arg)
{
	/* Most calls are over UDP: not worth their lock. */
	if (call->a->flow.transport != TRANSPORT_UDP ||
	    (call->b && call->b->flow.transport != TRANSPORT_UDP))
		b2bua_on_connection_closed(call, leg_used_any, arg);
	return true;
}

static void walk(struct unreach_watch *w)
{
	call_store_each(w->calls, on_call, w);
	w->closed_count = 0;
}

static void take_closed(struct unreach_watch *w,
			const struct unreach_note *closed)
{
	const size_t room = closed->is_theirs ? CLOSED_MAX / 2 : CLOSED_MAX;

	end_waiting_on(w, closed);
	for (size_t i = 0; i < w->closed_count; i++)
		if (is_same_place(&w->closed[i], closed) &&
		    w->closed[i].connection == closed->connection)
			return;
	if (w->closed_count >= room)
		stat_add(STAT_connections_missed, 1);
	else
		w->closed[w->closed_count++] = *closed;
}

/* ---- for the process ---- */

void unreach_watch_take(struct unreach_watch *w,
			const struct unreach_note *note)
{
	if (note->kind == UNREACH_NOTE_CLOSED) {
		take_closed(w, note);
	} else if (note->kind == UNREACH_NOTE_REFUSED) {
		end_waiting_on(w, note);
		if (!note->leg)
			w->refused[w->refused_next++ % REFUSED_MAX] = *note;
	} else if (w->waiting_count < WAITING_MAX) {
		struct unreach_note *n = &w->waiting[w->waiting_count++];

		*n = *note;
		n->connection = w->find(n, w->arg);
	} else {
		stat_add(STAT_connections_missed, 1);
		call_unref(note->leg->call);
	}
}

int unreach_watch_look(struct unreach_watch *w, int64_t mono_ms)
{
	int64_t due = INT64_MAX;

	if (w->waiting_count && mono_ms >= w->looked_at + LOOK_MS) {
		look_at_waiting(w, mono_ms);
		w->looked_at = mono_ms;
	}
	if (w->closed_count && mono_ms >= w->walked_at + WALK_MS) {
		walk(w);
		w->walked_at = mono_ms;
	}
	if (w->waiting_count)
		due = w->looked_at + LOOK_MS;
	if (w->closed_count && w->walked_at + WALK_MS < due)
		due = w->walked_at + WALK_MS;
	return due == INT64_MAX ? -1 : (int)(due - mono_ms);
}
