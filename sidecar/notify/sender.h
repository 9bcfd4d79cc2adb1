/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sender: brings notices to where they go: SMTP, an SMS gateway, a webhook.
 *
 * Each notice is one transfer, hundreds of them go on at a time, and none
 * waits for another: not for a name, a connection or an answer.  A transfer
 * ends within notify_timeout_ms whatever the other side does; of its answer
 * 64 KiB are read at most.
 *
 * SENDER_TRANSFERS_MAX are for all channels together: the caller sees to it
 * that one of them, or one target, does not take them all.
 *
 * At least once: a target that was told may be told again when its answer did
 * not come; it knows a repetition by the notice's id (Message-ID, webhook-id,
 * Idempotency-Key).
 *
 * One thread uses a sender.
 */
#pragma once

#include <stdint.h>

#include "base/conf.h"
#include "notify/notice.h"

#define SENDER_TRANSFERS_MAX 256

enum sender_outcome {
	SENDER_DELIVERED, /* whom it was given to has taken it */
	SENDER_AGAIN,     /* it may work later */
	SENDER_REFUSED,   /* it will not, as long as it is the same notice */
};

struct sender_result {
	enum sender_outcome outcome;
	/* AGAIN: the target wishes not to be asked before; 0: no wish.  At
	 * most SENDER_AFTER_MAX_MS. */
	int64_t after_ms;
	int status;      /* of HTTP or SMTP; 0: there was none */
	const char *why; /* short, a constant, names nobody; "" delivered */
};
#define SENDER_AFTER_MAX_MS 60000

/* From sender_step() only, once for each notice that was submitted. */
typedef void sender_done(void *arg, void *cookie,
			 const struct sender_result *result);

struct sender;

/*
 * Are the options good?  -EINVAL; error then holds a line for the operator.
 */
int must_check sender_check(const struct conf *conf,
			    char error[CONF_ERROR_SIZE]);

/* conf is borrowed; transfer_init() and dns_init() were called.  -ENOMEM,
 * or as sender_check(). */
int must_check sender_new(struct sender **ret, const struct conf *conf,
			  sender_done *done, void *arg);
/* Ends what is going on, without a done().  Accepts NULL; returns NULL. */
struct sender *sender_free(struct sender *s);

/*
 * Copies what it needs.  NOTICE_EMAIL, NOTICE_SMS, NOTICE_WEBHOOK; another
 * channel, an unusable target or a channel that is not configured is told by
 * done() as everything else.  -EAGAIN: SENDER_TRANSFERS_MAX are going on;
 * -ENOMEM.  now_ms: UTC, goes into the message.
 */
int must_check sender_submit(struct sender *s, const struct notice *notice,
			     void *cookie, int64_t now_ms);
/* How many are going on. */
unsigned sender_count(const struct sender *s);

/*
 * Wait until something is to be done, wake_fd (-1: none) is readable or
 * timeout_ms (-1: a minute) have passed; do it, and return.  done() may submit.
 * -ENOMEM, -EIO: it could not wait.
 */
int must_check sender_step(struct sender *s, int timeout_ms, int wake_fd);
