/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce_desk: what a caller of 911 hears whose every route failed
 * (X-E911-Announce: routes-failed): the sentence, as early media, and then
 * the refusal, at which their platform may try another node.
 *
 * Nobody waits: a sentence that is not there yet is refused at once.  One
 * thread, that of the agent.
 */
#pragma once

#include "agent/ua.h"
#include "speech/speech.h"

struct announce_desk;

/* -ENOMEM. */
int must_check announce_desk_new(struct announce_desk **ret, unsigned calls_max,
				 struct speech *speech);
/* Accepts NULL; returns NULL.  Its calls have ended. */
struct announce_desk *announce_desk_free(struct announce_desk *d);

/* As ua_conf.event(). */
void announce_desk_event(struct announce_desk *d, struct ua_call *c,
			 enum ua_event what);
/* What is due. */
void announce_desk_tick(struct announce_desk *d);
