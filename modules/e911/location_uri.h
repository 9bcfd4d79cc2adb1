/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * location_uri: what a PSAP is given to ask e911d where the caller is (RFC
 * 6442, RFC 6753), beside the location by value.
 *
 * The path makes it by itself: what it means is sealed in it
 * (core/location_token.h).  The key is e911d's, state_dir/location-key; as
 * long as it is not there calls go out without.
 */
#pragma once

#include "call.h"
#include "text_writer.h"

/* A PSAP asks during the call, or soon after. */
#define LOCATION_URI_LASTS_MS 14400000

/* "http[s]://host[:port]": can it stand in a header? */
bool location_uri_is_base(struct text base);
/* Process-wide, before any call.  base: NULL or "": none are given.  Both
 * outlive every call. */
void location_uri_init(const char *base, const char *state_dir);
/* The place of the call as it was found.  False, and nothing is written: there
 * is none to give. */
bool location_uri_write(const struct call *call, struct text_writer *w);
