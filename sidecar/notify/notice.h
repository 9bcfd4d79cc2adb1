/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notice: one message to one recipient over one channel, and its bytes.
 *
 *	  0  u32  CRC-32C of all that follows
 *	  4  u8   layout version (1)
 *	  5  u8   channel
 *	  6  u16  reserved, 0
 *	  8  16b  id, event_id, call_id, instead_of, 16 bytes each
 *	 72  u64  organization_id, recipient_id
 *	 88  i64  at_ms
 *	 96  u32  delay_ms, flags
 *	104  texts, each: u32 length, bytes, NUL; in the order of the struct:
 *	     event, target, preset, secret, language, subject, text, html, json
 *
 * Little endian.  A reader skips texts behind those that it knows.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define NOTICE_ID_SIZE 16
/* Bytes of one text, and of an encoded notice. */
#define NOTICE_TEXT_MAX ((size_t)64 << 10)
#define NOTICE_MAX      ((size_t)256 << 10)

/* Numbers are stored: never reused. */
enum notice_channel {
	NOTICE_EMAIL,
	NOTICE_SMS,
	NOTICE_WEBHOOK,
	NOTICE_SCREEN,
	NOTICE_PHONE,
	NOTICE_CHANNELS
};

/* Not sent when the call was acknowledged meanwhile. */
#define NOTICE_UNLESS_ACKNOWLEDGED 1u
/* Not sent when the notice instead_of was delivered meanwhile. */
#define NOTICE_UNLESS_DELIVERED 2u

/* Texts are borrowed, NUL-terminated; NULL is written as "". */
struct notice {
	/* notice_make_id(): the same however often the notice is made. */
	uint8_t id[NOTICE_ID_SIZE];
	uint8_t event_id[NOTICE_ID_SIZE];
	uint8_t call_id[NOTICE_ID_SIZE]; /* all zero: none */
	/* "emergency_call", "relay_call", "test_call", "undefined_location",
	 * "callback", "answered", "recovered", "ended", "trunk_down",
	 * "psap_down", "elin_pool_exhausted", "endpoint_unlocated", ... */
	const char *event;
	uint64_t organization_id, recipient_id;
	enum notice_channel channel;
	/* e-mail address, E.164 number, https URL, name of the screen */
	const char *target;
	/* Shape of a webhook or SMS: "json", "slack", "teams", "twilio", ...;
	 * "": the channel's own */
	const char *preset;
	const char *secret; /* HMAC key of a webhook; "": not signed */
	int64_t at_ms;      /* of the event, UTC */
	/* Not before at_ms + delay_ms: escalation step, second channel. */
	uint32_t delay_ms;
	uint32_t flags; /* NOTICE_UNLESS_... */
	uint8_t instead_of[NOTICE_ID_SIZE];
	const char *language; /* "en", "fr", "es" */
	const char *subject, *text;
	const char *html; /* "": made of text by the channel */
	/* All documented variables as one JSON object: body of a webhook,
	 * screen, CSV. */
	const char *json;
};

/*
 * The id: a UUID (version 8, RFC 9562 5.8) made of event_id, event,
 * recipient_id, channel, target and step, the number of the notice among those
 * to the same target.
 */
void notice_make_id(struct notice *n, unsigned step);

/* Bytes of it; 0: a text or the whole is too long. */
size_t notice_size(const struct notice *n);
/* Length written; -EMSGSIZE: a text or the whole is too long, or the channel
 * is none; -ENOSPC: size is too little. */
int must_check notice_encode(const struct notice *n, uint8_t *buf, size_t size);
/* Texts of *ret point into data.  0; -EBADMSG: damaged, or no notice. */
int must_check notice_decode(const void *data, size_t len, struct notice *ret);

const char *notice_channel_name(unsigned channel); /* "email"; NULL */
/* -ENOENT. */
int must_check notice_channel_find(struct text name, enum notice_channel *ret);
