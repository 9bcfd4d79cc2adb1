/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base64: RFC 4648 4. */
#pragma once

#include <stdint.h>

#include "text.h"

/* With its padding, without the NUL. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/* ret: BASE64_SIZE(len) bytes, no NUL.  How many. */
size_t base64_encode(const void *bytes, size_t len, char *ret);
/* How many bytes; ret: 3 for each 4 of t.  -EINVAL: it is none, or has blanks
 * or needless bits. */
int must_check base64_decode(struct text t, uint8_t *ret);
