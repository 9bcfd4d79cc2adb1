/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup: a call that is being set up outlives the death of this process.
 *
 * Before the caller hears 100 its INVITE is written to the setup store as it
 * came, before a leg B rings what would cancel it; both are dropped when the
 * caller has its ACK or its final answer.  After a start (replay.h) the leg
 * that nobody serves any more is cancelled, and the INVITE is served again:
 * a caller that has heard 100 does not repeat it and would wait in vain.
 */
#pragma once

#include "call.h"
#include "setup_store.h"

#define SETUP_SOCKET_SIZE 96

/* How the INVITE came; its bytes follow in the store. */
struct setup_invite {
	struct uuid call;
	int64_t at_ms;      /* UTC */
	uint8_t source[16]; /* IPv6, IPv4 mapped */
	uint16_t source_port, via_port;
	uint8_t transport;              /* enum trunk_transport */
	uint8_t replays;                /* how often it was taken in anew */
	char socket[SETUP_SOCKET_SIZE]; /* sip_socket_name() */
};
/* Where the leg's INVITE went; its CANCEL follows. */
struct setup_leg {
	struct next_hop to;
	char socket[SETUP_SOCKET_SIZE];
};

/* store NULL, or *ready not set (yet): nothing is written down. */
void setup_init(struct setup_store *store, const bool *ready);
/* Its handle; 0 without room: counted, the call goes on without. */
uint32_t setup_begin(const struct setup_invite *how, struct text invite);
/* The leg that an earlier process rang; cancel is the CANCEL itself. */
void setup_keep_leg(uint32_t handle, const struct setup_leg *how,
		    struct text cancel);
void setup_end(uint32_t *handle); /* 0: nothing */
/* Leg B's INVITE as it is about to be sent. */
void setup_ringing(const struct leg *leg, const struct next_hop *to,
		   struct text invite);

/*
 * The CANCEL of an INVITE of ours (RFC 3261 9.1): same Request-URI, Via,
 * From, To, Call-ID, CSeq number and Route, nothing else.  Its length; 0 when
 * it is no INVITE or does not fit.
 */
size_t setup_cancel(struct text invite, char *buf, size_t size);
/*
 * The ACK of a refusal of that INVITE (RFC 3261 17.1.1.3), of which its CANCEL
 * tells all but the value of To, which is the refusal's.  The same length.
 */
size_t setup_ack(struct text cancel, struct text to, char *buf, size_t size);
/* Value of the first header of this name in a message of ours; empty. */
struct text setup_header(struct text message, const char *name);
