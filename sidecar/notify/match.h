/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * match: an event of the journal -> who is told what: notices.
 *
 * Decided by the directory of this moment and by what was kept of the call, so
 * that it works while PostgreSQL is away and comes out the same when it is
 * done again: same event, contexts and directory, same notices and ids.
 *
 * A 911 call is told to all whom its organisation, its building or its
 * location, or the gateway has asked to be told.  Where hours leave nobody,
 * they do not count: somebody is to see or hear it (47 CFR 9.16(b)(2)).  A
 * template that cannot be used is passed over for the gateway's words.
 */
#pragma once

#include "base/arena.h"
#include "event.h"
#include "notify/notice.h"

struct matcher;

/* node: told when the event does not say its own.  The directory may not be
 * there yet.  -ENOMEM. */
int must_check matcher_new(struct matcher **ret, const char *state_dir,
			   const char *node);
/* Accepts NULL; returns NULL. */
struct matcher *matcher_free(struct matcher *m);

struct notify_event {
	uint8_t id[NOTICE_ID_SIZE]; /* as in e911.call_event */
	unsigned kind;              /* enum event_kind, or a newer one */
	int64_t at_ms;              /* UTC */
	struct uuid call;           /* nil: none */
	struct uuid original;       /* call that a callback answers; nil */
	struct text bytes;          /* borrowed */
};
/* -EBADMSG: the event is damaged, there is nobody to tell. */
int must_check notify_event_read(struct text event,
				 const uint8_t id[NOTICE_ID_SIZE],
				 struct notify_event *ret);

/* Bytes that an earlier match gave to be kept; empty: none.  Damaged ones
 * count as none. */
struct notify_contexts {
	struct text call;     /* kept for the event's call */
	struct text original; /* kept for its original */
	struct text gateway;  /* kept for the nil UUID, forever */
};

/* Notices after which the rest of an event's recipients is not told. */
#define NOTIFY_NOTICES_MAX 2000

struct notice_list {
	struct notice *v; /* owned */
	size_t count, size;
};

/* All zero: empty.  What it holds is owned by it, until the next match. */
struct notify_result {
	struct notice_list notices;
	struct text call;    /* to be kept for the event's call */
	bool call_is_new;    /* keep it, in one transaction with the notices */
	bool call_is_over;   /* what is kept may go, in an hour or later */
	struct text gateway; /* to be kept for the nil UUID */
	bool gateway_is_new;
	struct arena arena;
};
void notify_result_fini(struct notify_result *r);

/*
 * 0: *ret is what to do, maybe nothing.  -ENOMEM.  -EAGAIN: there is no
 * directory at all, so that nobody is known whom to tell: ask again.  Of one
 * that is damaged in places those are told who can be read.
 * What is to be kept belongs into the transaction of the notices: an event
 * that finds it there already is one that was dealt with.  One thread at a time
 * for each matcher.
 */
int must_check notify_match(struct matcher *m, const struct notify_event *e,
			    const struct notify_contexts *before,
			    struct notify_result *ret);
