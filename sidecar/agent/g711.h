/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * g711: linear samples as telephones send them (ITU-T G.711), 8,000 a second,
 * a byte each.
 */
#pragma once

#include <stdint.h>

#include "text.h"

enum g711_law {
	G711_ULAW, /* North America, Japan; RTP's payload type 0 */
	G711_ALAW, /* elsewhere; 8 */
};

/* What silence is in this law. */
uint8_t g711_silence(enum g711_law law);
/* count bytes to out. */
void g711_encode(enum g711_law law, const int16_t *samples, size_t count,
		 uint8_t *out);
