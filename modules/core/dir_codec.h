/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir_codec: writes and reads the records that rows describe.
 *
 * Private to dir_record.c: one encoder and one decoder for all kinds.
 */
#pragma once

#include "dir_record.h"

#define DIR_RECORD_VERSION 1

enum dir_type {
	DIR_TYPE_ABSENT = 0, /* no such tag */
	DIR_TYPE_NUMBER,     /* wire bytes <-> member of 'size' bytes */
	DIR_TYPE_TEXT,       /* struct text */
	DIR_TYPE_UUID,       /* 16 bytes */
	DIR_TYPE_PLENS,      /* 3 words: struct dir_plens */
	DIR_TYPE_ORDER,      /* u8 each: enum identity_kind[] ended by 0 */
	DIR_TYPE_TRUNKS,     /* u64 each: struct dir_trunk_ids */
	DIR_TYPE_POOL,       /* u64 each: dir_location.elins */
	DIR_TYPE_ROUTE,      /* tag repeats: dir_psap.routes */
	DIR_TYPE_CONTACT,    /* tag repeats: dir_trunk.contacts */
};

/* What one tag means; its index in the rows of a layout is the tag. */
struct dir_row {
	enum dir_type type;
	uint8_t wire, size; /* of a number: bytes stored, bytes in memory */
	uint8_t max;        /* of a number: the largest allowed; 0: any */
	size_t offset;      /* of the member */
};

struct dir_layout {
	enum dir_kind kind;
	size_t cleared; /* of the struct, before it is filled in */
	unsigned row_count;
	const struct dir_row *rows;
};

/* As the codecs in dir_record.h. */
int must_check dir_layout_encode(const struct dir_layout *l, const void *r,
				 const struct dir_key *key, uint8_t *buf,
				 size_t size);
/* Nobody has damaged it, and it is the key's: length of what stands before
 * the fields, or -EBADMSG. */
int must_check dir_record_check(const struct dir_key *key, const void *value,
				size_t len);
int must_check dir_layout_decode(const struct dir_layout *l,
				 const struct dir_key *key, const void *value,
				 size_t len, void *ret);
int must_check dir_layout_read(const struct dir_layout *l,
			       const struct dir_key *key, const void *value,
			       size_t len, void *ret);
