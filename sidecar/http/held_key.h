/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held_key: keys in state_dir, so that what was sealed before a restart holds
 * after it: "location-key" of location URIs (location_token.h), "screen-key" of
 * sessions (screen_session.h).  Nodes with the same file serve each other's.
 */
#pragma once

#include "location_token.h"

/* The key that is there, else a new one, synced and then named.  -EBADMSG: the
 * file is none of ours; or why the system refused. */
int must_check held_key_load(const char *state_dir, const char *name,
			     uint8_t ret[LOCATION_KEY_SIZE]);
