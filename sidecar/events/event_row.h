/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_row: an event of the journal as the parameters of event_store(). */
#pragma once

#include "base/clock.h"
#include "event.h"
#include "events/journal.h"

enum event_param {
	EVENT_PARAM_ID,
	EVENT_PARAM_CALL, /* NULL: no call */
	EVENT_PARAM_AT,
	EVENT_PARAM_KIND,
	EVENT_PARAM_NODE,
	EVENT_PARAM_DETAIL, /* JSON object: json_name of event.def -> value */
	EVENT_PARAMS
};

#define EVENT_KIND_SIZE 48

struct event_row {
	uint64_t sequence;
	const char *params[EVENT_PARAMS]; /* into the members below */
	char id[UUID_STRING_SIZE];
	char call[UUID_STRING_SIZE];
	char at[CLOCK_TEXT_SIZE];
	char kind[EVENT_KIND_SIZE];
	char *node;   /* owned */
	char *detail; /* owned */
};

/* The id of an event in SQL: the journal's first 8 bytes and the number, big
 * endian. */
void event_id_make(const uint8_t journal_id[JOURNAL_ID_SIZE], uint64_t sequence,
		   struct uuid *ret);

/*
 * Read one event.  node is used when the event does not say its own.  0;
 * -EBADMSG: the event is damaged; -ENOMEM.  On success event_row_fini() must
 * follow; a row must not be moved, its params point into it.
 *
 * The event id is the journal's first 8 bytes and the sequence number: the
 * same event has the same id however often it is read.
 */
int must_check event_row_init(struct event_row *ret,
			      const uint8_t journal_id[JOURNAL_ID_SIZE],
			      uint64_t sequence, struct text event,
			      const char *node);
void event_row_fini(struct event_row *r);
