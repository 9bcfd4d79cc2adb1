/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held_key: the key of location URIs (location_token.h), kept in
 * state_dir/location-key so that those given before a restart hold after it.
 * Nodes with the same file serve each other's.
 */
#pragma once

#include "location_token.h"

/* The key that is there, else a new one, synced and then named.  -EBADMSG: the
 * file is none of ours; or why the system refused. */
int must_check held_key_load(const char *state_dir,
			     uint8_t ret[LOCATION_KEY_SIZE]);
