/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alerts: what people are to be told by telephone, on its way from who delivers
 * notices (notify/) to the agent's desk (alert_desk.h), and what came of it.
 *
 * Nobody waits for anybody: not the deliverer for the agent, nor the agent for
 * an acknowledgement, which is written to disk first.  A thread of its own
 * (alerts_run) waits for that.
 */
#pragma once

#include <stdint.h>

#include "base/stop.h"
#include "notify/acknowledgement.h"
#include "notify/notice.h"

struct alerts;

/* One that is to be told.  The agent's from alerts_next() to alerts_end(). */
struct alert {
	uint64_t organization_id; /* 0: the gateway's own people are told */
	uint64_t number;          /* E.164 digits */
	char *text;               /* owned; what is said */
	char language[8];
	/* private to alerts.c */
	void *cookie;
	uint8_t call_id[NOTICE_ID_SIZE];
	int acknowledged; /* atomic; 1: not yet, else what came of it */
	bool is_moot;     /* atomic */
	struct alert *next, *next_ack, *before_all, *next_all;
};

enum alert_outcome {
	ALERT_ACKNOWLEDGED, /* somebody pressed 1 */
	ALERT_AGAIN,        /* it may work later */
	ALERT_REFUSED,      /* that number never will */
};
struct alert_result {
	enum alert_outcome outcome;
	/* It rang there, or they said something: so often is enough
	 * (phone_attempts).  Else nobody was reached, which is not their
	 * fault. */
	bool was_tried;
	unsigned status; /* of SIP; 0: there was none */
	const char *why; /* short, a constant, names nobody */
};
/*
 * Is that the end of the notice, delivered or not?  *rings counts what somebody
 * could have answered: so often is enough (rings_max).  What failed for any
 * other reason counts for nothing.
 */
bool alert_is_over(const struct alert_result *r, unsigned *rings,
		   unsigned rings_max);
/* Any thread; takes no lock of alerts. */
typedef void alert_done(void *arg, void *cookie, const struct alert_result *r);
/* As notify_acknowledge(). */
typedef int alert_acknowledge(void *arg, const struct acknowledgement *a);

/* -ENOMEM, or what eventfd() says. */
int must_check alerts_new(struct alerts **ret);
/* All threads have ended.  Accepts NULL; returns NULL. */
struct alerts *alerts_free(struct alerts *a);
/* Before any thread. */
void alerts_use(struct alerts *a, alert_done *done,
		alert_acknowledge *acknowledge, void *arg);
/* The thread.  0 when the stop was asked for. */
int must_check alerts_run(struct alerts *a, const struct stop *stop);

/* ---- who delivers ---- */

/* Copies what it needs; done() tells the end.  It waits for the agent if that
 * is not there yet.  -EINVAL: that number may be called by no machine;
 * -ENOMEM. */
int must_check alerts_submit(struct alerts *a, const struct notice *n,
			     void *cookie);

/* Somebody has taken the call over: who is not told of it yet need not be.  Any
 * thread. */
void alerts_moot(struct alerts *a, const uint8_t call_id[NOTICE_ID_SIZE]);

/* ---- the agent ---- */

/* Readable when there is something; read it, then look. */
int alerts_fd(const struct alerts *a);
/* The oldest that nobody has taken; NULL: none. */
struct alert *alerts_next(struct alerts *a);
/* Somebody pressed 1. */
void alerts_acknowledge(struct alerts *a, struct alert *one);
/* 1: not yet; 0: it is durable; -EIO: escalation has ended, but a restart will
 * not know; otherwise it could not be done. */
int alerts_acknowledged(const struct alert *one);
/* It need not be told any more. */
bool alerts_is_moot(const struct alert *one);
/* It is over: done(), and it is gone.  Not while it is being acknowledged. */
void alerts_end(struct alerts *a, struct alert *one,
		const struct alert_result *r);
