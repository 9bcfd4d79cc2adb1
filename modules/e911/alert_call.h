/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alert_call: our agent (e911d) calls a desk, to say that somebody has called
 * 911.
 *
 * Its INVITE comes by UDP from the very address and port of test_agent, which
 * is a loopback one: nothing from elsewhere can.  Whatever it asks for is an
 * alert and nothing else: 911 in it is refused, and no route leads to a PSAP.
 * It says whose platforms may be used:
 *
 *	X-E911-Alert: organization=1
 *
 * 911 calls go first: an alert is refused when the node is short, and has half
 * of a trunk's max_calls at most (one, if it has one line).
 */
#pragma once

#include "path.h"

/* source: as message_source() gives it. */
bool alert_call_is_from(const struct path_conf *agent, const uint8_t source[16],
			uint16_t port);
/* 0: none is named. */
uint64_t alert_call_organization(const struct request_view *rq);
/* Behind path_alert(). */
void alert_call_routes_mend(struct path *p);
