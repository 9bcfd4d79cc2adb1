/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_desk: what a caller of 933 hears: who and where the path took them for
 * (X-E911-Test, test_note.h), looked up in the node's directory, spoken.
 *
 * One thread, that of the agent.
 */
#pragma once

#include "agent/ua.h"
#include "base/conf.h"
#include "speech/speech.h"

struct test_desk;

/* -ENOMEM. */
int must_check test_desk_new(struct test_desk **ret, const struct conf *conf,
			     struct speech *speech);
/* Accepts NULL; returns NULL.  Its calls have ended. */
struct test_desk *test_desk_free(struct test_desk *d);

/* As ua_conf.event(); desk is its arg. */
void test_desk_event(void *desk, struct ua_call *c, enum ua_event what,
		     char key);
/* Some text was made. */
void test_desk_spoken(struct test_desk *d);
/* What is due. */
void test_desk_tick(struct test_desk *d);
