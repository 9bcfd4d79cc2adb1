/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_entry: one line of a screen's log, for the page, and its bytes.
 *
 *	0  u32  CRC-32C of all that follows
 *	4  u8   layout version (1)
 *	5  u8   reserved, 0; u16 likewise
 *	8  16b  notice, and call that it is about: 16 bytes each, zero: none
 *	40 i64  at_ms
 *	48      JSON, no NUL behind
 *
 * Little endian.  docs/NOTIFICATIONS.md has the JSON's members.
 */
#pragma once

#include "notify/screen_log.h"

#define SCREEN_ENTRY_HEAD 48
#define SCREEN_ENTRY_MAX  (SCREEN_ENTRY_HEAD + SCREEN_JSON_MAX)

struct screen_line {
	uint8_t notice_id[NOTICE_ID_SIZE], call_id[NOTICE_ID_SIZE];
	int64_t at_ms;
	struct text json; /* borrowed */
};

/* -ENOMEM; -EMSGSIZE: longer than SCREEN_JSON_MAX also without the notice's
 * own variables.  *ret: free(). */
int must_check screen_json_of_notice(const struct notice *n, char **ret);
int must_check screen_json_of_ack(const struct screen_ack *a, char **ret);

/* Bytes written; size is SCREEN_ENTRY_MAX at least. */
size_t screen_line_encode(const struct screen_line *line, uint8_t *buf);
/* -EBADMSG. */
int must_check screen_line_decode(const void *data, size_t len,
				  struct screen_line *ret);
