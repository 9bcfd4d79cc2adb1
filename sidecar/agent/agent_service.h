/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent_service: the telephone that e911d is: calls come from Kamailio over
 * UDP and TCP on agent_listen, a loopback address, and are spoken to; people
 * who are to be told of something are called through phone_gateway.
 *
 * Two threads: this one for SIP, one of its own for the voice (media.h), so
 * that a burst of calls delays no packet.
 */
#pragma once

#include "agent/alerts.h"
#include "base/conf.h"
#include "base/stop.h"
#include "speech/speech.h"

/* -EINVAL: an option is not valid, error says which. */
int must_check agent_service_check(const struct conf *conf,
				   char error[CONF_ERROR_SIZE]);
/* The thread.  0 when the stop was asked for, or agent_listen is empty;
 * -ENOMEM. */
int must_check agent_service_run(const struct conf *conf,
				 const struct stop *stop, struct speech *speech,
				 struct alerts *alerts);
