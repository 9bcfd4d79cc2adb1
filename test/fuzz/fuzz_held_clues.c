/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_held_clues: what a device says of itself, one piece a line; and the
 * token of a location URI. */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>

#include "http/held_where.h"
#include "location_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[LOCATION_KEY_SIZE];
	struct text rest = text_make((const char *)data, size), line;
	struct held_clues c = { 0 };
	struct text *const pieces[] = {
		&c.user, &c.uri,   &c.number, &c.mac,
		&c.ip,   &c.bssid, &c.port,   &c.chassis
	};
	struct location_reference r;

	if (size > 4096)
		return 0;
	/* Nobody has the key. */
	assert(location_token_open(key, rest, 0, &r) < 0);
	for (size_t i = 0;
	     i < ARRAY_SIZE(pieces) && text_cut(&rest, '\n', &line); i++)
		*pieces[i] = line;
	if (held_clues_are_usable(&c))
		assert(c.user.len || c.uri.len || c.number.len || c.mac.len ||
		       c.ip.len || c.bssid.len || c.chassis.len);
	return 0;
}
