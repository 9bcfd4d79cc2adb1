/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_call: a 933 call goes the way of a 911 call until its route is known;
 * then to the agent that reads back (e911d), and to nobody else.
 *
 * Nothing is lent for it.  What the path settled goes along in a header of
 * our own, which the agent takes on loopback and no caller's message can
 * bring: headers cross only if they are on the list (header_policy.h).
 */
#pragma once

#include "path.h"

/* The agent is given up quickly, and one bad answer does not put it out of
 * service. */
void test_call_route_mend(struct call_route *route);
/* 0: it is taken to the agent; otherwise the status that refuses it: 503 when
 * there is no agent, test_sos_status for urn:service:test.sos. */
unsigned test_call_refusal(const struct path_request *rq,
			   const struct path_conf *agent,
			   unsigned test_sos_status);
/* Is what is dialled one of these numbers, with commas between, that are as 933
 * for callers of this organisation?  Compared as they are written, punctuation
 * aside.  Ask only of what is no emergency (service_classify()). */
bool test_call_has_number(struct text numbers, struct text request_uri);
/* Behind path_run(): what the agent is told, and its route in place of all
 * others.  note of TEST_NOTE_SIZE bytes. */
#define TEST_NOTE_SIZE 256
struct text test_call_turn(struct path *p, const struct path_conf *agent,
			   char note[TEST_NOTE_SIZE]);
