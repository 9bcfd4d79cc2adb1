/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acknowledgement: somebody has taken a call over, or says something about it.
 *
 *	0  u32  CRC-32C of all that follows
 *	4  u8   layout version (1), 3 bytes 0
 *	8  i64  at_ms
 *	16 16b  id, call_id
 *	48      who, channel, note: u16 length, bytes, NUL
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define ACKNOWLEDGEMENT_TEXT_MAX 2000 /* bytes of a text; more is cut */
#define ACKNOWLEDGEMENT_MAX      (48 + 3 * (ACKNOWLEDGEMENT_TEXT_MAX + 3))

/* Texts are borrowed, NUL-terminated; NULL: "". */
struct acknowledgement {
	uint8_t id[16]; /* acknowledgement_make_id() */
	uint8_t call_id[16];
	const char *who;     /* "Ann (Lobby)" */
	const char *channel; /* "screen", "email", ... */
	const char *note;
	int64_t at_ms; /* UTC */
};

/* The same for the same one, told again. */
void acknowledgement_make_id(struct acknowledgement *a);
/* Its length. */
size_t acknowledgement_encode(const struct acknowledgement *a,
			      uint8_t ret[ACKNOWLEDGEMENT_MAX]);
/* Texts of *ret point into data.  -EBADMSG. */
int must_check acknowledgement_decode(const void *data, size_t len,
				      struct acknowledgement *ret);
