/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refused: events that PostgreSQL will never take, one JSON object a line:
 *
 *	{"refused_at":"...","error":"...","sequence":7,"event_id":"...",
 *	 "call_id":"...","at":"...","kind":"...","node":"...",
 *	 "detail":"{...}"}
 *
 * Appended and synced before the queue goes on, so that nothing is lost: an
 * operator can mend the cause and store them again.
 */
#pragma once

#include "events/event_row.h"

int must_check refused_append(const char *path, const struct event_row *r,
			      const char *error);
