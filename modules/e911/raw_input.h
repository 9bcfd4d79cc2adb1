/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * raw_input: a look at what came from the network before Kamailio parses it.
 *
 * Kamailio drops a request whose header it cannot parse without a word.  For
 * an INVITE that smells of 911 the offending line is masked in place
 * (core/input_mend.h), so that the call goes on without it, counted.
 */
#pragma once

/* Negative when Kamailio takes no more hooks. */
int raw_input_register(void);
