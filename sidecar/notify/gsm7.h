/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gsm7: how long a text message is, and where to cut it.
 *
 * Text of the GSM 7-bit default alphabet (3GPP TS 23.038 6.2.1) has 160
 * septets in one segment and 153 in each of several; a character of its
 * extension table (6.2.1.1) costs two, which are not parted.  Any other
 * character makes the whole message UCS-2: 70 code units, or 67 of several; a
 * surrogate pair is not parted.
 */
#pragma once

#include <stdint.h>

#include "notify/out.h"

#define SMS_SEGMENTS_MAX 10

/* Septets of the character: 1, 2 of the extension table, 0: of neither. */
unsigned gsm7_septets(uint32_t code_point);

struct sms_size {
	bool is_ucs2;
	unsigned units;    /* septets, or code units of 16 bits */
	unsigned segments; /* 1 for nothing */
};
/* t: sound UTF-8. */
void sms_measure(struct text t, struct sms_size *ret);

/*
 * The text as it is sent: typographic quotes, dashes, dots and blanks become
 * those of the default alphabet (else a single one would halve what fits), and
 * what does not fit into so many segments is cut off at its end, with "..." in
 * its place.  A character late in the text takes no room from what comes
 * before it.  t: of clean_lines().
 */
void sms_fit(struct out *o, struct text t, unsigned segments_max);
