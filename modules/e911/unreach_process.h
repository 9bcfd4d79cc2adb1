/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unreach_process: hears that a destination refuses, so that no call waits
 * for one that is not there.
 *
 * A process of its own.  It reads the system's ICMP and ICMPv6 messages, which
 * Kamailio's UDP sockets do not show.  That needs CAP_NET_RAW; without it a
 * refused destination costs its route's response_timeout_ms, as a silent one.
 */
#pragma once

#include "text.h"

/* mod_init: open the raw sockets, as far as that is allowed, and announce the
 * process. */
void unreach_process_prepare(void);
/* child_init of PROC_MAIN: fork it.  Negative errno. */
int must_check unreach_process_start(void);
