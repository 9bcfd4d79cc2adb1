/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * md5: RFC 1321, because SIP digest (RFC 3261 22.4) means it.  For nothing
 * else.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MD5_SIZE 16

struct md5 {
	uint32_t state[4];
	uint64_t bytes;
	uint8_t block[64];
};

void md5_begin(struct md5 *m);
void md5_add(struct md5 *m, const void *data, size_t len);
void md5_end(struct md5 *m, uint8_t ret[MD5_SIZE]);
