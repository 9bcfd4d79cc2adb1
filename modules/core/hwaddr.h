/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hwaddr: MAC and IP addresses of stations, in the form of the directory. */
#pragma once

#include <stdint.h>

#include "text.h"

/* Any punctuation (: - . blank), 12 hex digits; -EINVAL. */
int must_check mac_normalise(struct text mac, char ret_mac[13]);
/* IPv4 or IPv6 literal, brackets allowed, to 16 bytes; -EINVAL. */
int must_check ip_normalise(struct text ip, uint8_t ret_ip[16]);
