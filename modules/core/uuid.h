/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uuid: 128-bit identifiers (RFC 4122): calls, events, organisations. */
#pragma once

#include <stdint.h>

#include "text.h"

#define UUID_STRING_SIZE 37

struct uuid {
	uint8_t b[16];
};

/*
 * 8-4-4-4-12 hex digits, any case, optionally in {} or "urn:uuid:".
 * -EINVAL otherwise; *ret untouched.
 */
int must_check uuid_parse(struct text t, struct uuid *ret);
/* Lower case, NUL-terminated. */
void uuid_format(const struct uuid *u, char ret[UUID_STRING_SIZE]);
bool uuid_equal(const struct uuid *a, const struct uuid *b);
bool uuid_is_nil(const struct uuid *u);
