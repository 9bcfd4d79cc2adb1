/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tls_peer: whom we trust on connections that we open over TLS, and how
 * Kamailio's module tls comes through it alive.
 *
 * tls hands a request over to OpenSSL, and what OpenSSL reads to Kamailio,
 * through hooks of the core (core/tls_hooks.h).  They are wrapped here, after
 * tls has set them: between the first message of a handshake of ours and the
 * answer to it the name is set that the certificate must have, as the leg's
 * trunk wants it, and how much is checked.  OpenSSL does the checking.  tls
 * itself checks the chain at most, for all peers alike.  Connections of others
 * (replies, other modules, those that the far side opened) are left alone.
 *
 * And: tls has OpenSSL allocate in shared memory.  What OpenSSL keeps for a
 * thread, its queue of errors above all, would exist once for all processes
 * that were forked after it was made, written to without a lock: with Kamailio
 * 5.6 and OpenSSL 3 some hundred broken handshakes at once would end Kamailio
 * (docs/adr/0019).  It is dropped before each fork.  For the same reason
 * nothing is given back when Kamailio ends: a process that was ended in the
 * middle of a handshake holds locks for ever.
 */
#pragma once

#include "call.h"

/* mod_init: wrap the hooks and prepare for forks.  Without the module tls
 * nothing is done.  Negative errno. */
int must_check tls_peer_init(void);

/* Kamailio ends: from now on nothing of TLS is given back. */
void tls_peer_leave(void);

/*
 * What is sent until tls_peer_end() goes to this leg's far side.  Its lock is
 * held, if it has a call.  When the connection there is cannot be trusted as
 * the leg's trunk wants it, nothing is sent, leg->is_untrusted is set, and
 * tls_peer_end() is true; those who talk over it go on.
 *
 * Once a leg is answered there is no next route: where the trunk may be called
 * unverified at all, nothing is checked any more (docs/adr/0022).
 */
void tls_peer_begin(struct leg *leg);
bool tls_peer_end(void);

/* Names in the client certificate of the connection that a request came over,
 * for struct credential_conf. */
const struct shown_names *tls_peer_names(int connection);
