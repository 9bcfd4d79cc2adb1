/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media_engine: rtpengines over UDP (media_port.h).
 *
 * Whether one lives is in shared memory: a process that gets no answer in
 * time says so at once, and nobody asks any more until the process "e911
 * watch", which asks each of them every half second, has heard it again.  That
 * process alone decides that one is dead (refused, or silent twice), or lives
 * anew (its uptime has shrunk), and then its calls are moved.
 *
 * Each process has a connected socket of its own for each engine, so that a
 * closed port is an error at once (ICMP), and answers that come too late are
 * told apart by their cookie.
 */
#pragma once

#include "media_port.h"

#define MEDIA_ENGINES_MAX  4
#define MEDIA_ADDRESS_SIZE 64

/* Before media_engines_start(): "192.0.2.30:2223", "[2001:db8::30]:2223",
 * optionally behind "udp:".  -EINVAL; -ENOSPC: too many. */
int must_check media_engine_add(const char *address);
/* mod_init: -ENOMEM.  Each answer is waited for so long, 10..1000 ms. */
int must_check media_engines_start(int timeout_ms);
/* Of this process; NULL when there are no engines. */
const struct media_port *media_engine_port(void);

struct media_engine_view {
	const char *address;
	bool up;
	uint32_t epoch;
	uint64_t asked, failed; /* by all processes */
	int32_t round_trip_ms;  /* of the latest one that was watched; -1 */
};
void media_engine_look(unsigned engine, struct media_engine_view *ret);

/* What the process that watches does every half second. */
enum media_turn { MEDIA_TURN_DOWN, MEDIA_TURN_UP, MEDIA_TURN_FORGOT };
typedef void(media_turn_f)(unsigned engine, enum media_turn turn);
void media_engines_watch(media_turn_f *on_turn);
