/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/pending.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/stats.h"

void pending_init(struct pending *p)
{
	*p = (struct pending){ .has_cursor = false };
	p->made_end = &p->made;
	p->outcomes_end = &p->outcomes;
}

static void free_made(struct made *m)
{
	free(m->bytes);
	free(m);
}

void pending_drop_made(struct pending *p)
{
	struct made *m;

	while ((m = p->made) != NULL) {
		p->made = m->next;
		free_made(m);
	}
	p->made_end = &p->made;
	p->made_count = p->made_bytes = 0;
}

static void drop_rest(struct pending *p)
{
	struct kept *k;
	struct outcome *o;

	while ((k = p->kept) != NULL) {
		p->kept = k->next;
		free(k->bytes);
		free(k);
	}
	while ((o = p->outcomes) != NULL) {
		p->outcomes = o->next;
		free(o);
	}
	p->outcomes_end = &p->outcomes;
	p->has_cursor = false;
}

void pending_fini(struct pending *p)
{
	pending_drop_made(p);
	drop_rest(p);
}

bool pending_can_wait(const struct pending *p)
{
	return !p->made && !p->kept && !p->requests && !p->has_cursor;
}

bool pending_is_empty(const struct pending *p)
{
	return pending_can_wait(p) && !p->outcomes;
}

int pending_add_notice(struct pending *p, const struct notice *n,
		       int64_t now_ms)
{
	size_t size = notice_size(n);
	struct made *m;
	int len;

	if (!size)
		return -EMSGSIZE;
	m = calloc(1, sizeof(*m));
	if (m)
		m->bytes = malloc(size);
	if (!m || !m->bytes) {
		free(m);
		return -ENOMEM;
	}
	len = notice_encode(n, m->bytes, size);
	if (len >= 0)
		len = notice_decode(m->bytes, (size_t)len, &m->notice);
	if (len < 0) {
		free_made(m);
		return len;
	}
	m->len = size;
	m->state = (struct delivery_state){
		.revision = 1,
		.queued_ms = now_ms,
		.due_ms = n->at_ms + n->delay_ms,
	};
	*p->made_end = m;
	p->made_end = &m->next;
	p->made_count++;
	p->made_bytes += box_cost(size);
	return 0;
}

static struct kept *find(const struct pending *p, const uint8_t call[16])
{
	struct kept *k = p->kept;

	while (k && memcmp(k->call, call, sizeof(k->call)) != 0)
		k = k->next;
	return k;
}

const struct kept *pending_find(const struct pending *p, const uint8_t call[16])
{
	return find(p, call);
}

int pending_keep(struct pending *p, const uint8_t call[16], struct text bytes,
		 int64_t expires_ms)
{
	struct kept *k = find(p, call);
	uint8_t *copy = malloc(bytes.len ? bytes.len : 1);

	if (!copy)
		return -ENOMEM;
	if (!k) {
		k = calloc(1, sizeof(*k));
		if (!k) {
			free(copy);
			return -ENOMEM;
		}
		memcpy(k->call, call, sizeof(k->call));
		k->next = p->kept;
		p->kept = k;
	}
	/* bytes may be those that are kept now. */
	if (bytes.len)
		memcpy(copy, bytes.p, bytes.len);
	free(k->bytes);
	k->bytes = copy;
	k->len = bytes.len;
	k->expires_ms = expires_ms;
	return 0;
}

/* ---- the transaction ---- */

static void write_kept(struct box_txn *t, const struct pending *p)
{
	for (const struct kept *k = p->kept; k; k = k->next)
		box_put_context(t, k->call,
				text_make((const char *)k->bytes, k->len),
				k->expires_ms);
}

/* Of a call that somebody has taken over already nobody else is called. */
static void end_if_acknowledged(struct box_txn *t, struct made *m)
{
	if (!(m->notice.flags & NOTICE_UNLESS_ACKNOWLEDGED) || m->is_handed ||
	    !box_is_acknowledged(t, m->notice.call_id))
		return;
	m->state.stage = DELIVERY_CANCELLED;
	m->state.done_ms = clock_utc_ms();
	memcpy(m->state.why, "acknowledged", sizeof("acknowledged"));
}

static int write_made(struct box_txn *t, const struct pending *p)
{
	for (struct made *m = p->made; m; m = m->next) {
		int err;

		if (!m->bytes)
			continue;
		end_if_acknowledged(t, m);
		err = box_add(t, &m->notice,
			      text_make((const char *)m->bytes, m->len),
			      &m->state);
		m->is_repeated = err == -EEXIST;
		if (err < 0 && err != -EEXIST)
			return err;
	}
	return 0;
}

static int write_requests(struct box_txn *t, const struct pending *p)
{
	for (struct ack_request *r = p->requests; r; r = r->next) {
		int err = box_add_acknowledgement(t, r->a);

		if (err < 0 && err != -EEXIST)
			return err;
	}
	return 0;
}

static int write_outcome(struct box_txn *t, const struct outcome *o)
{
	struct delivery_state s;
	int err = box_get_state(t, o->id, &s, NULL);

	if (err == -ENOENT || err == -EBADMSG)
		return 0; /* forgotten meanwhile */
	if (err < 0 || s.stage != DELIVERY_WAITING)
		return err;
	s.stage = o->stage;
	s.revision++;
	if (o->was_attempted) {
		s.attempts++;
		s.status = o->status;
		s.last_ms = o->started_ms;
		if (!s.first_ms)
			s.first_ms = o->started_ms;
	}
	memcpy(s.why, o->why, sizeof(s.why));
	if (o->stage == DELIVERY_WAITING)
		s.due_ms = o->due_ms;
	else
		s.done_ms = o->at_ms;
	return box_put_state(t, o->id, &s);
}

static int write_all(struct box_txn *t, const struct pending *p)
{
	int err;

	write_kept(t, p);
	err = write_requests(t, p);
	if (err >= 0)
		err = write_made(t, p);
	for (const struct outcome *o = p->outcomes; o && err >= 0; o = o->next)
		err = write_outcome(t, o);
	if (err >= 0 && p->has_cursor)
		box_put_cursor(t, &p->cursor);
	return err;
}

int pending_write(struct pending *p, struct box *b)
{
	struct box_txn t;
	int err = box_begin(b, &t, true);

	if (err < 0)
		return err;
	err = write_all(&t, p);
	if (err < 0) {
		box_abort(&t);
		return err;
	}
	return box_commit(&t);
}

void pending_written(struct pending *p)
{
	drop_rest(p);
}

void pending_unwritten(struct pending *p)
{
	if (p->made_count <= PENDING_NOTICES_MAX)
		return;
	stats_add(STAT_NOTIFY_UNKEPT, p->made_count);
	pending_drop_made(p);
}
