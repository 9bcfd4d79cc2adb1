/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survival: which calls and bindings are written down, and how they come
 * back after a crash or a restart.
 *
 * A call is written when both legs are up, again when a text of one of its
 * dialogs changes or leg B is lost, and deleted when it has ended; not with
 * each request (its CSeq goes on far higher after a start).  A binding is
 * written when its number is taken and when it is given up.
 */
#pragma once

#include "call_store.h"
#include "elin_table.h"
#include "own_request.h"

struct survival {
	struct call_store *calls;
	struct elin_table *elins;
	const char *node; /* borrowed: its name in events */
};
/* Process-wide; set once before any call.  Bindings are written from now. */
void survival_init(const struct survival *conf);

/* The call may have changed; under its lock. */
void survival_note(struct call *call);

/* Hand a record over, an empty value to delete it; never waits.  In the
 * module worker.c, in tests fake_report.c. */
void survival_emit(struct text key, struct text value);

/* Every record as it is now, until put gives a negative errno, which is
 * returned. */
typedef int(survival_put_f)(struct text key, struct text value, void *arg);
int survival_each(survival_put_f *put, void *arg);

/* ---- after a start, before any call ---- */
struct survival_count {
	unsigned calls, bindings;
	unsigned unreadable; /* damaged, or no memory */
};
/* One record; bindings come before calls. */
void survival_restore(struct text key, struct text value,
		      struct survival_count *count);
/*
 * The INVITE of this call is still written down (setup.h): A has not confirmed
 * the answer, and may not have heard it.  The call is as it was then.
 */
void survival_unheard(struct call *call);
/* All are there: what no call holds any more is remembered from now. */
void survival_settle(const struct survival_count *count);

/*
 * Within half a minute each call is asked by OPTIONS whether it is still
 * there: leg A, and once that has answered leg B; a leg B that had been lost
 * already is not asked, the next route is rung.  Only a far side that does
 * not know its dialog any more ends it (481): silence, and a connection that
 * cannot be made, leave the call as it is.  Of a silent caller leg B is asked,
 * too: when that does not know the call, it is over.
 */
void survival_due(struct call *call);
own_result_f survival_probed; /* for own_request.c */
