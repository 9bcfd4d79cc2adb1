/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_note: what the module tells the agent of a test call, in its INVITE:
 *
 *	X-E911-Test: organization=1;endpoint=3;location=2;psap=5;
 *		callback=12065550114;routed=psap
 *
 * Ids of the directory; what is not known is left out.  Pure.
 */
#pragma once

#include <stdint.h>

#include "text.h"

struct test_note {
	uint64_t organization_id, endpoint_id, location_id, psap_id; /* 0: - */
	uint64_t callback_number; /* E.164 digits; 0: none */
	bool by_relay;            /* a 911 call would not go to a PSAP */
};

/* -EINVAL: it is none. */
int must_check test_note_parse(struct text value, struct test_note *ret);
