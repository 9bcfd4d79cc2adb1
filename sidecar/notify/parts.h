/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parts: what the threads of the notify service share.  Private to it.
 *
 *	notifier   journal -> match -> box, queue; outcomes -> box
 *	deliverer  queue -> sender -> outcomes
 *	poster     queue -> on-site screens -> outcomes
 *	store      box -> PostgreSQL
 *
 * The notifier alone changes what is in the box, but for what the store has
 * brought to PostgreSQL.  The queue and both lists are under 'lock', which is
 * never held across input or output.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/stop.h"
#include "events/feed.h"
#include "notify/box.h"
#include "notify/match.h"
#include "notify/notify_service.h"
#include "notify/queue.h"

/* A delivery in the queue, and its words as long as they are needed soon. */
struct task {
	struct delivery delivery; /* .owner is the task */
	uint8_t *bytes;           /* owned; NULL: they are in the box */
	size_t len;
	bool is_kept;       /* it is in the box */
	int64_t started_ms; /* UTC: the attempt that goes on */
	unsigned rings;     /* attempts that somebody could have answered */
	struct task *next;  /* at the poster */
};

/* What came of an attempt, or of waiting; for the box. */
struct outcome {
	uint8_t id[NOTICE_ID_SIZE];
	enum delivery_stage stage;
	bool was_attempted;
	unsigned status;
	int64_t started_ms, at_ms; /* UTC */
	int64_t due_ms;            /* UTC, of what waits again */
	char why[DELIVERY_WHY_SIZE];
	struct outcome *next;
};

/* Somebody waits for it to be durable. */
struct ack_request {
	const struct acknowledgement *a; /* borrowed, from who waits */
	int result;                      /* 1: not yet */
	struct ack_request *next;
};

/* Somebody waits for it to be told; it is in no journal. */
struct tell_request {
	const struct notify_event *event; /* borrowed, from who waits */
	int result;                       /* 1: not yet */
	struct tell_request *next;
};

struct outcome_list {
	struct outcome *first, **end;
};

struct notify_service {
	const struct conf *conf; /* borrowed, like all of these */
	struct feed *feed;
	struct screen_log *screens; /* NULL: none are served */
	struct alerts *alerts;      /* NULL: nobody is called */
	struct box *box;            /* owned */

	pthread_mutex_t lock;
	struct queue *queue;             /* owned, with its tasks */
	struct outcome_list outcomes;    /* owned */
	struct ack_request *requests;    /* borrowed */
	struct tell_request *tells;      /* borrowed */
	bool is_over;                    /* nobody answers requests */
	struct task *posts, **posts_end; /* in the queue; for the poster */
	size_t bytes_held;               /* of tasks */
	pthread_cond_t told;             /* a request has its result */

	int deliver_fd, post_fd, store_fd; /* eventfd: there is something */
	/* The notifier cannot write what it has to. */
	_Atomic bool is_unkept;
};

/* Of an emergency call: before everything else. */
bool parts_is_urgent(const struct notice *n);

/* Wake who waits for this eventfd; take what has come. */
void parts_wake(int fd);
void parts_drain(int fd);

/* ---- under the lock ---- */

/* Its words are in memory only if they are few, or nowhere else.  Takes over
 * bytes.  -EEXIST, -ENOMEM: nothing was taken. */
int must_check parts_add(struct notify_service *s, const struct notice *n,
			 struct task *t, int64_t due_ms, int64_t queued_ms);
/* It is in the box now. */
void parts_kept(struct notify_service *s, const uint8_t id[NOTICE_ID_SIZE]);
void parts_free_task(struct notify_service *s, struct task *t);
void parts_forget_bytes(struct notify_service *s, struct task *t);
/* Remove from the queue, tell, free. */
void parts_end(struct notify_service *s, struct task *t,
	       enum delivery_stage stage, const char *why);
/* Too old to be attempted again. */
void parts_expire(struct notify_service *s, int64_t now_ms);
/* Never fails for the caller: without memory the state on disk is as before,
 * and it is delivered again, with the same id. */
void parts_tell(struct notify_service *s, const struct outcome *o);

/* ---- not under the lock ---- */

struct attempt {
	enum delivery_stage stage; /* DELIVERED; WAITING: again; GIVEN_UP */
	int64_t after_ms;
	bool is_targets; /* of WAITING: the target is at fault */
	unsigned status;
	const char *why;
};
/* An attempt is over. */
void parts_attempted(struct notify_service *s, struct task *t,
		     const struct attempt *a);
/* The words of a task, decoded; *ret_bytes is owned by the caller and may be
 * NULL.  -ENOENT: they are lost. */
int must_check parts_words(struct notify_service *s, struct task *t,
			   struct notice *ret, uint8_t **ret_bytes);

/*
 * Something happened that is in no journal: as if it were.  0: it is durable;
 * told again by the same id it is told once.  -EIO: it is told, but not
 * durably; -EAGAIN: nobody can say whom to tell; -ESHUTDOWN: e911d ends;
 * -ENOMEM.  Any thread but the notifier.
 */
int must_check parts_hear(struct notify_service *s,
			  const struct notify_event *e);

/* Tell what PostgreSQL has found out about calls: how many, or an error of
 * db_exec(). */
struct db;
int must_check doubts_tell(struct notify_service *s, struct db *db);
