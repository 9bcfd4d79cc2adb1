/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pending: what the notifier is going to write into the box, in one
 * transaction.  When that fails it is kept for the next attempt, within limits;
 * notices are sent meanwhile.  Private to the notifier.
 */
#pragma once

#include "notify/match.h"
#include "notify/parts.h"

#define PENDING_NOTICES_MAX 2000 /* while nothing can be written */

/* A notice that is made; its texts are in bytes. */
struct made {
	struct notice notice;
	struct delivery_state state;
	uint8_t *bytes; /* owned; NULL: handed over */
	size_t len;
	bool is_repeated; /* the box had it already */
	bool is_handed;   /* to the queue */
	struct made *next;
};

/* What is kept of a call from now on. */
struct kept {
	uint8_t call[16];
	uint8_t *bytes; /* owned */
	size_t len;
	int64_t expires_ms; /* UTC; 0: never */
	struct kept *next;
};

struct pending {
	struct made *made, **made_end; /* owned, in order */
	size_t made_count, made_bytes;
	struct kept *kept;        /* owned, a call once */
	struct outcome *outcomes; /* owned, in order */
	struct outcome **outcomes_end;
	struct ack_request *requests; /* borrowed */
	bool has_cursor;
	struct journal_cursor cursor;
};

void pending_init(struct pending *p);
/* All but requests. */
void pending_fini(struct pending *p);
bool pending_is_empty(const struct pending *p);
/* Nothing but outcomes. */
bool pending_can_wait(const struct pending *p);

/* -ENOMEM, -EMSGSIZE. */
int must_check pending_add_notice(struct pending *p, const struct notice *n,
				  int64_t now_ms);
int must_check pending_keep(struct pending *p, const uint8_t call[16],
			    struct text bytes, int64_t expires_ms);
/* NULL: nothing new of this call. */
const struct kept *pending_find(const struct pending *p,
				const uint8_t call[16]);

/* Into one transaction, and commit. */
int must_check pending_write(struct pending *p, struct box *b);
/* It was written: only notices that are to be handed over are left. */
void pending_written(struct pending *p);
/* Notices are handed over; what is too much is left out and counted. */
void pending_unwritten(struct pending *p);
void pending_drop_made(struct pending *p);
