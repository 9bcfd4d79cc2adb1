/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unreach_act: what a call does when the network says that nobody is there.
 *
 * A leg B that was invited and has heard nothing yet is refused at once, as if
 * its INVITE could not be sent: the next route is tried, and its destination
 * is out of service.
 */
#pragma once

#include "call_store.h"
#include "unreach.h"

/* A UDP datagram of ours did not arrive.  True when a route was given up for
 * it: the INVITE of a leg that is still silent went to that very place. */
bool unreach_act_on_icmp(struct call_store *store, const struct unreach *u);
