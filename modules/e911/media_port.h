/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media_port: the words between the B2BUA's logic (media.h) and engines of
 * media.
 *
 * media_engine.c speaks them over UDP, test/support/fake_media.c plays.
 */
#pragma once

#include <stdbool.h>

#include "ng.h"

struct media_port {
	unsigned count; /* engines, in the order of trying */
	/* As far as is known; never asks. */
	bool (*is_up)(unsigned engine);
	/* Which life it is in: sessions of an earlier one are gone. */
	uint32_t (*epoch)(unsigned engine);
	/*
	 * Ask, and wait for the answer no longer than the port was told.  0 and
	 * the answer's dictionary, which lives until the next word; negative
	 * errno: there was none, and is_up() says no for a while.
	 */
	int (*ask)(unsigned engine, const struct ng_command *c,
		   struct text *ret_answer);
	/* Say it; nobody waits. */
	void (*tell)(unsigned engine, const struct ng_command *c);
};
