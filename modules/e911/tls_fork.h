/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tls_fork: no two processes share what OpenSSL keeps of one thread.
 *
 * Kamailio's module tls has OpenSSL allocate in shared memory.  What OpenSSL
 * keeps for a thread, its queue of errors above all, then exists once for all
 * processes that were forked after it was made, and they write to it without a
 * lock: with Kamailio 5.6 and OpenSSL 3 some hundred broken handshakes at once
 * end Kamailio (kamailio issues 3695 and 3791; docs/adr/0019).
 *
 * For the same reason nothing of it is given back when Kamailio ends: a process
 * that was ended in the middle of a handshake holds locks for ever, and the
 * shared memory goes as a whole.
 */
#pragma once

#include "text.h"

/* mod_init: from now on the state of the thread that forks is dropped before
 * each fork, so that every process makes its own.  Without the module tls
 * nothing is done.  Negative errno. */
int must_check tls_fork_init(void);
