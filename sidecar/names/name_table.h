/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name_table: the names that trunks are reached by, and the addresses that
 * were heard for them last.
 *
 * The rules are all here, and nothing else: no lock, no clock, no file, no
 * question to anybody.
 *
 *  - A good answer replaces what was heard before.  No answer, or the answer
 *    that there is no such name, replaces nothing: an address that may be old
 *    is better than a PSAP that nobody can reach.
 *  - IPv4 and IPv6 are asked for apart.  When one of them is heard, a sound
 *    "none" empties the other, and a failure leaves it as it was.
 *  - The addresses stand in an order that does not depend on the answer's:
 *    IPv4 first, each ascending.  NAME_ADDRESSES_MAX of them are used.
 *  - A name that no trunk has is not asked for, and forgotten after
 *    NAME_FORGET_MS: who takes a name away by mistake gets its addresses back
 *    at once.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define NAME_TEXT_MAX      253 /* RFC 1035 2.3.4, as text without last dot */
#define NAME_ADDRESSES_MAX 4
#define NAME_FORGET_MS     (INT64_C(24) * 3600 * 1000)
/* A name that was never resolved is asked for more often. */
#define NAME_UNKNOWN_MS 5000

struct name_addresses {
	unsigned count;
	uint8_t ip[NAME_ADDRESSES_MAX][16]; /* IPv4 mapped */
};

/*
 * Add one in its place; false: it is there, it is no unicast address that a
 * packet can be sent to, or there are enough that come before it.
 */
bool name_addresses_add(struct name_addresses *a, const uint8_t ip[16]);
bool name_addresses_equal(const struct name_addresses *a,
			  const struct name_addresses *b);
/* "192.0.2.1,2001:db8::1"; cut if it does not fit. */
#define NAME_ADDRESSES_TEXT_SIZE 184 /* 46 each, comma or end included */
void name_addresses_format(const struct name_addresses *a,
			   char ret[NAME_ADDRESSES_TEXT_SIZE]);

/* RFC 1123 2.1: letters, digits, hyphens; no address, no dot at the end. */
bool name_is_valid(struct text name);

enum name_family { NAME_IPV4, NAME_IPV6, NAME_FAMILY_COUNT };
enum name_outcome {
	NAME_FAILED, /* nobody answered, or not usefully */
	NAME_NONE,   /* answered: there are none */
	NAME_HEARD,
};
/* Of one family. */
struct name_answer {
	enum name_outcome outcome;
	const char *problem; /* constant; NULL when heard */
	struct name_addresses addresses;
};

struct name {
	char text[NAME_TEXT_MAX + 1]; /* lower case */
	struct name_addresses heard[NAME_FAMILY_COUNT];
	const char *problem; /* constant; NULL: the last answer was good */
	bool used, was_used; /* by a trunk, now and in the list before */
	int64_t unused_since_ms, due_ms; /* monotonic */
};

struct name_table {
	struct name *names; /* owned */
	size_t count, size;
};

void name_table_init(struct name_table *t);
void name_table_fini(struct name_table *t);

/* What was heard in former times; -EINVAL: no valid name. */
int must_check name_table_load(struct name_table *t, struct text name,
			       const struct name_addresses *a, int64_t now_ms);

/*
 * Which names the trunks have: begin, each of them (repetitions do no harm),
 * end.  Of the end: whether a name is due that was not in use before.
 */
void name_table_use_begin(struct name_table *t);
int must_check name_table_use(struct name_table *t, struct text name,
			      int64_t now_ms);
bool name_table_use_end(struct name_table *t, int64_t now_ms);

/* Any case.  NULL: unknown. */
const struct name *name_table_find(const struct name_table *t,
				   struct text name);
/* What is used of it: NAME_ADDRESSES_MAX of both families; none for NULL. */
void name_addresses_of(const struct name *n, struct name_addresses *ret);

/*
 * The name that is to be asked for now, the one that has waited longest; it
 * is not due before again_ms then.  NULL: none is.
 */
const struct name *name_table_take_due(struct name_table *t, int64_t now_ms,
				       int64_t again_ms);
/* Milliseconds until one is due; max_ms when none is before. */
int name_table_pause_ms(const struct name_table *t, int64_t now_ms, int max_ms);

/* What an answer changed. */
enum name_event {
	NAME_CHANGED = 1 << 0,   /* the addresses */
	NAME_BROKE = 1 << 1,     /* the first failure in a row */
	NAME_RECOVERED = 1 << 2, /* the first good answer after one */
	NAME_OTHER_PROBLEM = 1 << 3,
};
/* Events; 0 also for a name that is not there any more. */
unsigned name_table_answer(struct name_table *t, struct text name,
			   const struct name_answer answer[NAME_FAMILY_COUNT],
			   int64_t now_ms, int64_t interval_ms);

/* Forget what was not in use for long; whether there was any. */
bool name_table_forget(struct name_table *t, int64_t now_ms);
