/* SPDX-License-Identifier: GPL-2.0-or-later */
/* b2bua_tm: sip_port.h on Kamailio's tm; the only file that includes tm. */
#pragma once

#include "core/parser/msg_parser.h"
#include "sip_port.h"

/* In mod_init: bind tm's functions; negative when tm is not loaded. */
int must_check tm_bind(void);

enum tm_newtran {
	TM_NEW,      /* a transaction was made */
	TM_ABSORBED, /* a retransmission, answered: nothing more to do */
	TM_FAILED,   /* no transaction could be made */
};
enum tm_newtran tm_new_transaction(struct sip_msg *msg,
				   struct sip_transaction *ret);
/*
 * No transaction is made: *ret is of this request for as long as it is in hand,
 * that is until it is put down.  For one that is answered at once, and again
 * when it comes again (ADR 46).
 */
void tm_take_in_hand(struct sip_msg *msg, struct sip_transaction *ret);
void tm_put_down(void);
/* Is there a transaction for this request: is it a copy of one? */
bool tm_knows_request(struct sip_msg *msg);
/*
 * The transaction made last is answered later, by another process, and nothing
 * is sent for it now: tm takes such a one for forgotten and drops it some
 * seconds after the script.  From here on it is not the script's.
 */
void tm_leave_open(void);
/* 100 at once (RFC 3261 8.2.6.1). */
void tm_trying(struct sip_msg *msg);
/* Is there a transaction of ours for this reply? */
bool tm_knows_reply(struct sip_msg *msg);
/* Stop the retransmission of the reply that this ACK confirms; *ret is open
 * when that was a 2xx to an INVITE: sip_answer_heard() once the call knows. */
void tm_ack_in(struct sip_msg *msg, struct sip_transaction *ret);
