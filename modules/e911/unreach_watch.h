/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unreach_watch: which legs wait for a connection that is not there.
 *
 * An INVITE over TCP or TLS is kept in view until anything is heard of the far
 * side; when no connection to it exists any more, the route is given up at
 * once.  Kamailio tells nobody of a connection that could not be made, so it is
 * asked.  It does tell of one that has closed: answered legs of that far side
 * are then asked by OPTIONS whether they live.
 *
 * The reader's own; one process.
 */
#pragma once

#include "unreach_ring.h"

/* The number of a connection to the note's far side, made or in the making;
 * 0: there is none. */
typedef int(unreach_find_f)(const struct unreach_note *note, void *arg);
#define UNREACH_ANY_CONNECTION (-1) /* nobody can tell */

struct unreach_watch;

struct unreach_watch *unreach_watch_new(struct call_store *calls,
					unreach_find_f *find, void *arg);
struct unreach_watch *unreach_watch_free(struct unreach_watch *w);

/* Takes the note, and its reference, over. */
void unreach_watch_take(struct unreach_watch *w,
			const struct unreach_note *note);
/* Do what is due.  In how many milliseconds more will be; -1: nothing is. */
int unreach_watch_look(struct unreach_watch *w, int64_t mono_ms);
