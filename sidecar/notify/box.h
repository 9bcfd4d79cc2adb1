/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * box: notices that are to be delivered, and what has become of them, in an
 * LMDB environment of their own (state_dir/notices).
 *
 *	"C"			how far the journal is dealt with: 16 bytes
 *				its id, u64 sequence
 *	"N" id			the notice (notice.h), while it may be sent
 *	"S" id			how far it is (delivery_state.h)
 *	"R" queued id		PostgreSQL has not been told its latest state;
 *				queued: u64 big endian, UTC ms
 *	"X" call		i64 when it may go (UTC ms; 0: not known), then
 *				what is kept of the call
 *	"A" call		i64 when somebody acknowledged it, UTC ms
 *	"B" id			an acknowledgement that PostgreSQL has not
 *				been told (acknowledgement.h)
 *
 * Numbers are little endian if not said otherwise.  What an event leads to and
 * the cursor behind it are one transaction: an event is dealt with once.
 *
 * Bounded: what is in it has at most max_bytes, as pages of LMDB count.
 *
 * Any thread; one writes at a time.
 */
#pragma once

#include "events/journal.h"
#include "notify/acknowledgement.h"
#include "notify/delivery_state.h"

struct box;

struct box_txn {
	struct box *box; /* borrowed */
	struct lmdb_txn txn;
	bool is_write;
	int64_t added; /* bytes, by this transaction; may be negative */
};

/* What is damaged is made anew, and told.  Errors of lmdb_env, -ENOMEM. */
int must_check box_new(struct box **ret, const char *dir, uint64_t max_bytes);
/* Accepts NULL; returns NULL. */
struct box *box_free(struct box *b);
const char *box_path(const struct box *b);
uint64_t box_used(const struct box *b); /* bytes */
/* Would so much more be too much? */
bool box_is_full(const struct box *b, uint64_t bytes);
/* Of a notice and its state. */
uint64_t box_cost(size_t notice_len);

/* -EBADMSG: the file was cut or taken away: box_reopen(). */
int must_check box_begin(struct box *b, struct box_txn *t, bool write);
/* Durable when it returns 0. */
int must_check box_commit(struct box_txn *t);
void box_abort(struct box_txn *t);
/* Made anew if it was taken away, cut or is damaged; no transaction is open
 * in this thread.  1: it was, and nothing of before is in it. */
int must_check box_reopen(struct box *b);

/* -ENOENT: there is none yet. */
int must_check box_get_cursor(struct box_txn *t, struct journal_cursor *ret);
void box_put_cursor(struct box_txn *t, const struct journal_cursor *c);

/* Borrowed until the next write; empty: none. */
struct text box_get_context(struct box_txn *t, const uint8_t call[16]);
void box_put_context(struct box_txn *t, const uint8_t call[16],
		     struct text context, int64_t expires_ms);
/* Forget contexts and acknowledgements that may go; how many.  Looks at
 * 'max' of them behind *at, and moves it. */
int box_forget_contexts(struct box_txn *t, int64_t now_ms, unsigned max,
			uint8_t at[16]);

/* -EEXIST: it is there; -ENOMEM. */
int must_check box_add(struct box_txn *t, const struct notice *n,
		       struct text encoded, const struct delivery_state *s);
/* -ENOENT, -EBADMSG.  ret_notice may be NULL; without words, its texts are
 * borrowed until the next write. */
int must_check box_get_state(struct box_txn *t, const uint8_t id[16],
			     struct delivery_state *ret,
			     struct notice *ret_notice);
/* PostgreSQL will be told.  When it waits no more, the notice goes. */
int must_check box_put_state(struct box_txn *t, const uint8_t id[16],
			     const struct delivery_state *s);
/* Borrowed until the next write; -ENOENT. */
int must_check box_get_notice(struct box_txn *t, const uint8_t id[16],
			      struct text *ret);

/* Of each that waits; a negative result ends it and is returned. */
typedef int box_waiting_f(const struct delivery_state *s,
			  const struct notice *n, void *arg);
int must_check box_each_waiting(struct box_txn *t, box_waiting_f *f, void *arg);

/* ---- for PostgreSQL ---- */

/* What it has not been told, oldest first, 'max' at most; non-zero ends it and
 * is returned. */
int must_check box_each_report(struct box_txn *t, unsigned max,
			       box_waiting_f *f, void *arg);
/* It was told this revision; what is done and told is forgotten. */
void box_reported(struct box_txn *t, const uint8_t id[16], uint32_t revision);
/* The oldest that is done and was not told: forget it; -ENOENT. */
int must_check box_drop_report(struct box_txn *t);

/* -EEXIST: it is there or was; when it was first acknowledged is kept. */
int must_check box_add_acknowledgement(struct box_txn *t,
				       const struct acknowledgement *a);
bool box_is_acknowledged(struct box_txn *t, const uint8_t call[16]);
typedef int box_acknowledgement_f(const struct acknowledgement *a, void *arg);
int must_check box_each_acknowledgement(struct box_txn *t, unsigned max,
					box_acknowledgement_f *f, void *arg);
void box_acknowledgement_told(struct box_txn *t, const uint8_t id[16]);
