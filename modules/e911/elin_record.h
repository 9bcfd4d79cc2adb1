/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elin_record: a binding as bytes, and back.
 *
 * A record ('B', see record.h) of the fields of struct elin_binding:
 *
 *    1 number            2 calls that hold it   3 organisation
 *    4 location          5 trunk                6 latest call, 16 bytes
 *    7 caller's key      8 user part            9 used at (UTC ms)
 *   10 ended at         11 remembered until    12 remembered for (s)
 *   13 1: of a pool    14 the caller's own number
 */
#pragma once

#include "elin_table.h"

#define ELIN_RECORD_MAX 1024

/* Its length; always fits. */
size_t elin_record_encode(const struct elin_binding *b,
			  uint8_t buf[ELIN_RECORD_MAX]);
/* -EBADMSG: not a record, or without a number. */
int must_check elin_record_decode(const void *data, size_t len,
				  struct elin_binding *ret);
