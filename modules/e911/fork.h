/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork: one INVITE, several answers (RFC 3261 13.2.2.4).
 *
 * Called with the call's lock held.
 */
#pragma once

#include "sip_port.h"

/* The answered dialog of leg's INVITE with this tag at the far side: leg
 * itself or one of its forks; NULL. */
struct leg *fork_answered(struct leg *leg, struct text to_tag);

/* Another fork of ex->leg answered too: a leg of its own, so that the dialog
 * in use stays as it is.  NULL without memory. */
struct leg *fork_new(const struct exchange *ex);
