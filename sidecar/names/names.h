/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names: the table of names, shared by the publisher, which turns them into
 * addresses, and the resolver, which finds the addresses out.
 *
 * Whoever asks here gets what is known at once; nobody waits for the DNS or a
 * disk.  What was heard last also lies in state_dir/names, so that it outlives
 * this process, the directory and the name servers.
 */
#pragma once

#include "base/stop.h"
#include "names/name_table.h"

struct names;

/*
 * state_dir NULL: nothing is kept.  A file that cannot be read is told in the
 * log and is no failure.
 */
int must_check names_new(struct names **ret, const char *state_dir);
/* Accepts NULL; returns NULL. */
struct names *names_free(struct names *n);

/* ---- for the publisher ---- */

/* Addresses of a name; none when it was never resolved, or n is NULL. */
void names_find(struct names *n, struct text name, struct name_addresses *ret);

/*
 * Say which names the trunks of the directory have.  The resolver is woken
 * for new ones.  Between begin and end nobody else may do so.
 */
void names_use_begin(struct names *n);
int must_check names_use(struct names *n, struct text name);
void names_use_end(struct names *n);

/* Moves on when addresses have changed; never 0. */
uint64_t names_version(const struct names *n);

/* What people are told of a name that is in use. */
struct name_state {
	const char *text;
	const char *problem; /* NULL: none */
	struct name_addresses addresses;
};
/* Moves on when any of it has changed; never 0. */
uint64_t names_state_version(const struct names *n);
/* Under a lock: on_name neither waits nor asks here. */
typedef void name_state_f(const struct name_state *s, void *arg);
void names_each(struct names *n, name_state_f *on_name, void *arg);

/* ---- for the resolver ---- */

struct name_due {
	char text[NAME_TEXT_MAX + 1];
	struct name_answer answer[NAME_FAMILY_COUNT];
};
/* How many are to be asked for now. */
size_t names_take_due(struct names *n, int64_t interval_ms,
		      struct name_due *ret, size_t max);
/*
 * Take the answers in, log what is new, keep it in the file, and let the
 * publisher see it.
 */
void names_answer(struct names *n, int64_t interval_ms,
		  const struct name_due *due, size_t count);
/*
 * Wait until a name is due, at most max_ms.  0, or -ECANCELED: stop.
 */
int must_check names_wait(struct names *n, const struct stop *stop, int max_ms);
