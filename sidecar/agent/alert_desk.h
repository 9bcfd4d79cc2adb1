/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alert_desk: calls people, says what has happened until somebody presses 1,
 * and thanks them when that is written down.
 *
 * One thread, that of the agent.  933 goes first: calls of ours have lines of
 * their own (phone_calls_max), and one text of ours at a time waits to be made
 * into speech.
 */
#pragma once

#include "agent/alerts.h"
#include "agent/ua.h"
#include "base/conf.h"
#include "speech/speech.h"

struct alert_desk;

/* All are borrowed; gateway: where Kamailio takes calls.  -ENOMEM. */
struct alert_desk_conf {
	const struct conf *conf;
	struct speech *speech;
	struct alerts *alerts;
	struct ua *ua;
	struct sockaddr_storage gateway;
	const char *gateway_host; /* "192.0.2.10", "[2001:db8::10]" */
	uint16_t gateway_port;
};
int must_check alert_desk_new(struct alert_desk **ret,
			      const struct alert_desk_conf *conf);
/* Accepts NULL; returns NULL.  Its calls have ended. */
struct alert_desk *alert_desk_free(struct alert_desk *d);

/* As ua_conf.event(), of calls of ours. */
void alert_desk_event(struct alert_desk *d, struct ua_call *c,
		      enum ua_event what, char key);
/* What is due; alerts_fd() or speech_fd() was readable. */
void alert_desk_tick(struct alert_desk *d);
