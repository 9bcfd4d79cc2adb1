/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_facts: an event of the journal, its fields by their numbers. */
#pragma once

#include "event.h"

#define EVENT_FIELDS 256

struct event_facts {
	unsigned kind;
	int64_t at_ms;
	struct uuid call;
	struct event_value fields[EVENT_FIELDS]; /* borrowed; field 0: absent */
};

/* -EBADMSG: damaged. */
int must_check event_facts_read(struct text event, struct event_facts *ret);
/* Empty and 0 when absent. */
struct text event_fact(const struct event_facts *e, enum event_field f);
uint64_t event_fact_u64(const struct event_facts *e, enum event_field f);
bool event_fact_is(const struct event_facts *e, enum event_field f,
		   const char *word);
