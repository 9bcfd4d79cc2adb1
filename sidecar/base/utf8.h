/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8: is a text sound (RFC 3629), and if not, make it so. */
#pragma once

#include "text.h"

/*
 * Bytes of the sound character at p (1..4); 0 when the bytes there are no
 * UTF-8: overlong, a surrogate, beyond U+10FFFF, cut, or a stray byte.
 */
size_t utf8_char_len(const char *p, const char *end);

bool utf8_is_valid(struct text t);
/* Holds C0 or C1 controls or DEL. */
bool utf8_has_controls(struct text t);

/* Control characters and every byte that is not sound UTF-8 become '?'. */
void utf8_make_printable(char *p, size_t len);

/*
 * Copy with each unsound byte and each NUL replaced by U+FFFD, so that JSON
 * and PostgreSQL take it.  buf needs 3 bytes for each of t.  The length.
 */
size_t utf8_copy_valid(struct text t, char *buf);
