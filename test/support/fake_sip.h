/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_sip: sip_port.h for tests.  What is said is written down, and the test
 * plays the far sides.
 *
 * Behaves as tm does where that matters to the B2BUA: a 2xx to an INVITE is
 * told twice (b2bua_on_2xx_again, then b2bua_on_reply), a repeated one only to
 * the first; silence becomes a 408 of its own; a transaction is forgotten 5 s
 * after its end, and its exchange with it.
 *
 * What goes without a transaction (sip_send_bare) is told of its answer for 10
 * s; its copies are written down like the first.
 *
 * It also judges: what RFC 3261 forbids a user agent to say is noted as a
 * fault (fake_sip_fault), whatever the test expects.
 */
#pragma once

#include "modules/e911/b2bua.h"

#define FAKE_TAG_SIZE 40

enum said_kind { SAID_REQUEST, SAID_REPLY, SAID_CANCEL };

/* One message of ours. */
struct said {
	enum said_kind kind;
	const struct leg *leg; /* where it went; of a reply: who asked */
	char method[16];       /* of a reply: what it answers */
	unsigned code;
	uint32_t cseq;
	bool is_copy; /* of a BYE that nobody has answered yet */
	char *text;   /* owned: the whole message */
	const char *body;
};

/* A request of ours that the far side may answer. */
struct fake_client {
	struct exchange *exchange; /* owned; NULL: forgotten, or bare */
	struct call *call;         /* bare: referenced; NULL: forgotten */
	char branch[FAKE_TAG_SIZE];
	struct leg *leg;
	char method[16];
	uint32_t cseq;
	unsigned status; /* final; 0: none yet */
	bool heard, is_cancelled;
	int64_t give_up_at, forget_at; /* monotonic ms; 0: never */
	uint32_t final_timeout_ms;
	char tags[8][FAKE_TAG_SIZE]; /* of its 2xx */
	unsigned tag_count;
};

/* A request of theirs that we must answer. */
struct fake_server {
	const struct leg *leg;
	char method[16];
	uint32_t cseq;
	unsigned status;   /* latest final; 0: none */
	unsigned attempts; /* finals that were refused by injection */
};

/* Everything forgotten; exchanges freed. */
void fake_sip_reset(void);

/* Called for each message of ours, right when it is said. */
typedef void(said_f)(const struct said *s, void *arg);
void fake_sip_listen(said_f *on_said, void *arg);
size_t fake_sip_count(void);
const struct said *fake_sip_said(size_t i);

/* ---- the far sides ---- */

/* Our latest request of this method on this leg (NULL: any); NULL. */
struct fake_client *fake_sip_client(const struct leg *leg, const char *method);
size_t fake_sip_client_count(void);
struct fake_client *fake_sip_client_at(size_t i);
/* Their reply arrives. */
void fake_sip_reply(struct fake_client *c, const struct sip_reply_view *r);
/* Nothing arrives: tm makes up a 408. */
void fake_sip_give_up(struct fake_client *c);

/* A request of theirs: its transaction. */
struct sip_transaction fake_sip_ask(const struct leg *leg, const char *method,
				    uint32_t cseq);
size_t fake_sip_server_count(void);
const struct fake_server *fake_sip_server_at(size_t i);
/* The far side hung up the dialog in which leg has this tag. */
void fake_sip_hung_up(const struct leg *leg, struct text their_tag);

/* ---- time ---- */

/* When something is due next: INT64_MAX if nothing is. */
int64_t fake_sip_due(void);
/* Let what is due happen. */
void fake_sip_tick(void);
/* tm forgets every transaction that has ended. */
void fake_sip_forget(void);

/* ---- errors ---- */

/* The next n sends fail; -1: until set again. */
void fake_sip_fail_sends(int n);
void fake_sip_fail_replies(int n);
/* No socket reaches this host; NULL: all are reached. */
void fake_sip_unreachable(const char *host);
/* tm has no memory to tell repeated 2xx apart: both callbacks hear them. */
void fake_sip_forget_tags(bool on);
/* Each BYE so far went into a connection that has closed: one may follow. */
void fake_sip_lose_byes(void);
unsigned fake_sip_injected(void); /* failures so far */

/* ---- the judge ---- */

/* The first thing said that must not be; NULL. */
const char *fake_sip_fault(void);
/* Answered dialogs on this side that nobody has hung up. */
unsigned fake_sip_live(enum leg_side side);
/* Answered dialogs that never got an ACK and were not hung up by them. */
unsigned fake_sip_unacknowledged(void);
