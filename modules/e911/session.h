/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session: which session description is in force on a leg.
 *
 * leg->session_heard is theirs, leg->session_sent what we gave them, which is
 * not the same as the other side's when an engine of media is between
 * (media.h): the SDP alone, also when it came in a multipart.  Kept so that
 * another far side can be offered what the caller last said (recovery.h), and
 * so that a refresh can repeat it.  Without memory the older one stays.
 *
 * Called with the call's lock held.
 */
#pragma once

#include "crossing.h"

/* The session description in a body, alone or as a part; empty: none. */
struct text session_in(const struct crossing_in *in);

/* The caller's INVITE, before the hunt. */
void session_begins(struct call *call);
/* What the caller describes now is not what its INVITE carried. */
bool session_has_changed(const struct leg *a);
/* The session of the caller goes out with leg B's INVITE. */
void session_invited(struct leg *b);

/* A description crossed, after media_cross(), and is in force: an answer, or an
 * offer that was answered at the same moment.  in is what they said.  Nothing
 * when the body holds none. */
void session_crossed(struct leg *from, struct leg *to,
		     const struct crossing_in *in);
/* One of theirs is in force, and does not cross. */
void session_heard(struct leg *from, const struct crossing_in *in);
/* An offer crosses; it is in force once it is answered. */
void session_offered(struct leg *from, const struct crossing_in *in);
/* The offer of from was accepted by to. */
void session_accepted(struct leg *from, struct leg *to);

/* Do they describe the same session?  The origin line, which counts
 * versions, is left out; so are line ends. */
bool session_is_same(struct text a, struct text b);
