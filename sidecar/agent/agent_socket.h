/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent_socket: where the agent is reached: one UDP socket, and a listener for
 * TCP with a bounded number of connections; the oldest gives way.
 */
#pragma once

#include <poll.h>

#include "agent/sip_stack.h"

struct agent_socket;

/* Bytes came: how many of them are dealt with, as ua_take(). */
typedef int agent_take_f(void *arg, struct text data,
			 const struct sip_flow *flow);

/* -errno of the sockets: it can be tried again. */
int must_check agent_socket_new(struct agent_socket **ret,
				const struct sockaddr_storage *address);
/* Accepts NULL; returns NULL. */
struct agent_socket *agent_socket_free(struct agent_socket *s);

#define AGENT_SOCKET_FDS 18
/* What to wait for; how many. */
unsigned agent_socket_poll(const struct agent_socket *s,
			   struct pollfd fds[AGENT_SOCKET_FDS]);
/* What came, a bounded part of it. */
void agent_socket_serve(struct agent_socket *s,
			const struct pollfd fds[AGENT_SOCKET_FDS],
			agent_take_f *take, void *arg);
/* 0; -ENOTCONN: the connection is gone; -errno. */
int agent_socket_send(struct agent_socket *s, const struct sip_flow *flow,
		      struct text bytes);
