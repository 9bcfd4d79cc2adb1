/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uui: User-to-User (RFC 7433) and its cousins X-User-To-User and X-UserToUser.
 *
 * Hex (encoding=hex; the leading protocol discriminator, 00 or another control
 * byte, is no part of the value) or text, quoted or not, %-escaped or not. With
 * an "employeeID=" key in it the value is that of the key, else all of it.
 */
#pragma once

#include "text.h"

/*
 * One element of the header (which is a comma-separated list).  Without an
 * encoding parameter, digits that begin with the discriminator 00 and make
 * sense as hex are hex, all else is text.  Length of the NUL-terminated value;
 * -EINVAL when it is malformed or empty, -ENOSPC.
 */
int must_check uui_decode(struct text value, char *buf, size_t size);

/*
 * The reading that uui_decode() did not take.  "304142" without a stated
 * encoding may be an employee's number or the hex of "0AB"; the directory can
 * tell.  -ENOENT when there is no other reading.
 */
int must_check uui_decode_other(struct text value, char *buf, size_t size);
