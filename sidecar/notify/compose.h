/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compose: the texts of a notice: whose words, in which language, with which
 * values.
 *
 * Words are those of the recipient's template, of its organisation or of the
 * gateway, in this order.  Own words that do not say which event it is
 * ({event_words}, {event_sentence} or {event}) are used for 911 calls alone.
 * Own words for a 911 call that name neither the callback number nor the
 * location get a line with them: 47 CFR 9.3 wants both.
 */
#pragma once

#include "modules/e911/directory.h"
#include "notify/context.h"
#include "notify/words.h"

/* Of one event, for several recipients. */
struct composer {
	struct arena *arena;         /* borrowed */
	struct directory *directory; /* borrowed, begun; NULL: none */
	const struct context *call;  /* borrowed; its values */
	struct variables values;     /* ... and those of the event */
	bool is_call;                /* not an event of the gateway */
	struct composed *made; /* of the arena, for those who come later */
	unsigned broken;       /* templates that could not be used */
};

/* Own words for the telephone are those of short messages. */
enum compose_form { COMPOSE_TEXT, COMPOSE_SMS, COMPOSE_PHONE };

struct composed_for {
	enum said_event event;
	enum language language;
	uint64_t organization_id; /* of the recipient; 0: the gateway */
	uint64_t template_id;     /* 0: none of its own */
	enum compose_form form;
};

struct composed {
	struct composed_for what;
	const char *subject, *text, *json;
	struct composed *next;
};

/* *ret is of the arena.  -ENOMEM. */
int must_check compose(struct composer *c, const struct composed_for *what,
		       const struct composed **ret);
