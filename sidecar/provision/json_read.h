/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_read: JSON (RFC 8259) token by token, from a file of any length in
 * fixed memory.
 *
 * The reader knows the grammar: whoever takes tokens sees objects, members and
 * values that belong together, or an error.  Several values may follow each
 * other, as in GeoJSON lines and in sequences (RFC 8142), where a bad one does
 * not hide those behind it.
 *
 * Taken beyond the standard: NaN, Infinity and -Infinity as numbers, since
 * programs write them; a byte order mark.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "text.h"

#define JSON_DEPTH_MAX   32
#define JSON_STRING_MAX  4200 /* bytes that are kept of a string or name */
#define JSON_REASON_SIZE 160

/* Up to size bytes; 0 at the end, -errno. */
typedef ssize_t json_read_f(void *arg, char *buf, size_t size);

enum json_token {
	JSON_TOKEN_END, /* of the file, between values */
	JSON_TOKEN_OBJECT,
	JSON_TOKEN_OBJECT_END,
	JSON_TOKEN_ARRAY,
	JSON_TOKEN_ARRAY_END,
	JSON_TOKEN_NAME, /* of a member; its value comes next */
	JSON_TOKEN_STRING,
	JSON_TOKEN_NUMBER,
	JSON_TOKEN_TRUE,
	JSON_TOKEN_FALSE,
	JSON_TOKEN_NULL,
};

struct json_reader; /* opaque */

int must_check json_reader_new(struct json_reader **ret, json_read_f *read,
			       void *arg);
/* Accepts NULL; returns NULL. */
struct json_reader *json_reader_free(struct json_reader *r);

/*
 * The next token, or: -EBADMSG it is no JSON, json_reader_reason() tells why,
 * and nothing more of this value can be read; else the error of read.
 */
int must_check json_reader_next(struct json_reader *r);
/* Behind -EBADMSG, or anywhere: go on behind the next line end, or at the next
 * record separator.  0 also at the end of the file. */
int must_check json_reader_resync(struct json_reader *r);
/* The value whose first token is 'token' to its end. */
int must_check json_reader_skip(struct json_reader *r, int token);

/* Of the last JSON_TOKEN_NAME, JSON_TOKEN_STRING, JSON_TOKEN_NUMBER: its text,
 * without quotes and escapes; valid until the next token.  A longer one is cut.
 */
struct text json_reader_text(const struct json_reader *r);
double json_reader_number(const struct json_reader *r);
const char *json_reader_reason(const struct json_reader *r);
uint64_t json_reader_line(const struct json_reader *r); /* from 1 */
uint64_t json_reader_bytes(const struct json_reader *r);
/* Open objects and arrays. */
unsigned json_reader_depth(const struct json_reader *r);
