/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection_watch: how long a connection over TCP or TLS may be idle.
 *
 * Anybody can connect, and Kamailio keeps who says nothing for
 * tcp_connection_lifetime, an hour, so that calls keep their connections.
 * Some thousands of idle strangers would leave no place for anybody else.
 * So a connection that was made to us from an address of no trunk is kept for
 * stranger_connection seconds only, counted anew with what comes over it; once
 * a call was taken from there, as long as any other.  Connections of known
 * addresses, and those that we made, are left alone; so are all while the
 * directory cannot tell.
 *
 * Kamailio tells nobody that a connection was accepted, and looks at one that
 * says nothing only when tcp_connection_lifetime is over: a process of ours
 * looks for new ones, and for those whose time is over, twice a second.
 */
#pragma once

#include <stdbool.h>

#include "platform.h"

struct tcp_connection;

/* A handshake that a client has begun, or should have. */
#define CONNECTION_HANDSHAKE_S 15

/* e911 watch: look at what is new. */
void connection_watch_run(void);
/* A TLS handshake with one who connected to us has ended well. */
void connection_watch_opened(struct tcp_connection *c);
/* A call was taken over this connection; 0: it came over UDP. */
void connection_watch_keep(int connection);
