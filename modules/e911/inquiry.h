/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inquiry: a question about the location that a call brings, on its way from
 * a worker to the process e911 locate, which asks e911d (inquiry_desk.h).
 *
 * In shared memory.  A worker copies, takes a lock for the time of a list
 * operation and goes on; it waits for nobody.
 */
#pragma once

#include "call.h"
#include "locate_wire.h"

#define INQUIRIES_MAX       256     /* under way at a time */
#define INQUIRIES_BYTES_MAX 4194304 /* of their questions */

struct inquiries;

struct inquiry {
	struct inquiry *next;
	struct inquiries *home;
	struct locate_nonce nonce;
	struct call *call;      /* referenced */
	bool is_held;           /* the call waits */
	int64_t asked_at;       /* monotonic ms: by the worker */
	int64_t sent_at;        /* to e911d */
	uint32_t budget_ms;     /* that e911d has */
	enum brought_kind kind; /* of its first item */
	bool has_reference;     /* others decide how long that takes */
	struct brought_rival rival;
	/* What route was made of. */
	uint64_t registered_psap_id, relay_center_psap_id;
	size_t size; /* of all of it */
	uint32_t len;
	uint8_t question[];
};

struct inquiries *inquiries_new(void); /* NULL without memory, or fd */
struct inquiries *inquiries_free(struct inquiries *q); /* accepts NULL */

/* ---- for workers ---- */

/* NULL: e911d may be asked; else why not, a constant. */
const char *inquiries_problem(const struct inquiries *q);
/*
 * A question about what b holds; b->count is not 0.  References the call.
 * NULL: too much is under way, it is too long, or there is no memory; *ret_why
 * is a constant then.
 */
struct inquiry *inquiry_new(struct inquiries *q, struct call *call,
			    const struct brought *b, uint32_t budget_ms,
			    const char **ret_why);
void inquiry_free(struct inquiry *i); /* accepts NULL */
/* It is the other process's from here on. */
void inquiries_put(struct inquiries *q, struct inquiry *i);

/* ---- for e911 locate ---- */

enum inquiries_state {
	INQUIRIES_AWAY,   /* there is no connection to e911d */
	INQUIRIES_SPARED, /* it has not answered in time */
	INQUIRIES_OPEN,
};
void inquiries_set(struct inquiries *q, enum inquiries_state state);
/* A call has waited in vain for e911 locate itself: counted, told, and nobody
 * asks until that has found e911d answering again.  q may be NULL. */
void inquiries_spare(struct inquiries *q);
bool inquiries_are_open(const struct inquiries *q);
/* "open", "spared", "away"; any process. */
const char *inquiries_state_name(const struct inquiries *q);
/* Readable when there is something to take. */
int inquiries_fd(const struct inquiries *q);
/* The oldest; NULL: none. */
struct inquiry *inquiries_take(struct inquiries *q);
/* Questions that are under way, taken or not. */
unsigned inquiries_count(const struct inquiries *q);
