/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * early: between leg B's INVITE and its answer: early dialogs, and
 * provisional replies that must be confirmed (100rel, RFC 3262).
 *
 * Each To tag in B's 18x is an early dialog of its own (RFC 3261 12.1.2); A
 * sees one.  Leg B speaks in the one heard of last; what it knows of the
 * others is parked (struct early_dialog) and changes places with it.
 *
 * Reliable replies are relayed end to end when A knows 100rel: RSeq on leg A
 * is our own count, A's PRACK goes to the early dialog that asked for it.
 * When A does not, we confirm them ourselves and A gets plain ones.
 *
 * Called with the call's lock held.
 */
#pragma once

#include "sip_port.h"
#include "text_writer.h"

/* Does Supported or Require of these headers list this option tag? */
bool early_option_listed(const struct header_view *headers, size_t count,
			 const char *option);

/*
 * A 101..199 reply to the INVITE of the current leg B.  True: leg B has
 * learnt its dialog, and A is to be shown it by early_show().  False: A has
 * no use for it (199, or a reliable reply that is repeated or out of order).
 */
bool early_take(struct leg *leg, const struct sip_reply_view *r);
/* A reply of leg B as A must see it: its session description goes through an
 * engine of media.  r itself, or a view that lives until the next call. */
const struct sip_reply_view *early_shown(struct leg *leg,
					 const struct sip_reply_view *r);
/* Show A a reply that was taken.  Negative errno: A does not hear of it. */
int early_show(struct leg *leg, const struct sip_reply_view *r);

/* Let leg B speak in the dialog with this tag of theirs, as far as one is
 * known; one not known yet takes the place of the current.  Parks the
 * current one. */
void early_enter(struct leg *leg, struct text their_tag);
/* Is there such an early dialog? */
bool early_knows(const struct leg *leg, struct text their_tag);
/* The 2xx as A must hear it: with the answer that a reliable 18x carried
 * and A got unreliably.  r itself, or a view that lives until
 * the next call. */
const struct sip_reply_view *early_answer(struct leg *leg,
					  const struct sip_reply_view *r);

/* A has been told of this 2xx, or reliable 18x, of leg B: which session
 * descriptions are in force. */
void early_answered(struct leg *leg, const struct sip_reply_view *r);
/* A has confirmed an answer that is not that of who answered: it has to be
 * told by a re-INVITE (recovery.h) where its media go. */
bool early_media_must_move(const struct call *call);

/*
 * What a PRACK of A confirms.  EARLY_PRACK_PASS: pass it on to *ret_leg in
 * the dialog *ret_dialog (see early_enter()) with the lines written to w.
 */
enum early_prack {
	EARLY_PRACK_UNKNOWN, /* nothing: 481 */
	EARLY_PRACK_DONE, /* of a route or dialog given up, or repeated: 200 */
	EARLY_PRACK_PASS,
};
enum early_prack early_prack(struct leg *a, const struct sip_request_view *rq,
			     struct leg **ret_leg, struct text *ret_dialog,
			     struct text_writer *w);
