/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inin_attr: PureConnect's ININAttr header, the station that dials.
 *
 *   ININAttr: "uu_StationMacAddress=0004f215c285;uu_StationIPAddress=10.1.2.3"
 *
 * with or without the quotes, depending on the release.
 */
#pragma once

#include <stdint.h>

#include "text.h"

struct inin_attr {
	bool has_mac, has_ip;
	char mac[13];
	uint8_t ip[16];
};

/*
 * Quoted or not, ';' or ',' between pairs, keys in any case with or without
 * "uu_", per-value quotes, percent- and backslash-escapes.  The first usable
 * value of a key counts.  Number of usable values found (0..2); ret is always
 * set.
 */
int inin_attr_parse(struct text value, struct inin_attr *ret);
