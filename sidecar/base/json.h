/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: writing and reading JSON objects.  The only door to jansson.
 *
 * Texts may hold any bytes: what is no UTF-8, and NUL, becomes U+FFFD, since
 * neither JSON nor PostgreSQL's jsonb would take it.
 */
#pragma once

#include <stdint.h>

#include "text.h"

struct json; /* an object */

int must_check json_new(struct json **ret);
/* Accepts NULL; returns NULL. */
struct json *json_free(struct json *j);

/*
 * Add a member; 0 or -ENOMEM.  A text member that is there already is
 * continued with ", ", so that nothing told twice is lost.
 */
int must_check json_put_text(struct json *j, const char *key,
			     struct text value);
int must_check json_put_null(struct json *j, const char *key);
/* Beyond 2^63-1, which JSON readers and bigint cannot hold: as text. */
int must_check json_put_u64(struct json *j, const char *key, uint64_t value);
int must_check json_put_bool(struct json *j, const char *key, bool value);
/* Append to the member, a list that begins with this. */
int must_check json_add_text(struct json *j, const char *key,
			     struct text value);
int must_check json_add_object(struct json *j, const char *key,
			       const struct json *child);
/* An empty list, unless it is there. */
int must_check json_put_list(struct json *j, const char *key);
/* Put a copy of 'child' into j. */
int must_check json_put_object(struct json *j, const char *key,
			       const struct json *child);

/* One line, in order of insertion; *ret is the caller's to free(). */
int must_check json_format(const struct json *j, char **ret);
/* Likewise, and what is not ASCII is escaped. */
int must_check json_format_ascii(const struct json *j, char **ret);

/* An object from the network.  -EBADMSG: it is none; *ret_why is for its
 * writer, a constant; -ENOMEM. */
int must_check json_parse(struct json **ret, struct text bytes,
			  const char **ret_why);
/* A text member, borrowed from j; empty when there is none, or no text. */
struct text json_text(const struct json *j, const char *key);
/* The same of the object that is the member 'object'. */
struct text json_text_in(const struct json *j, const char *object,
			 const char *key);
/* Is there such a member, and is it anything but a text or null? */
bool json_is_no_text(const struct json *j, const char *key);
/* Is it true? */
bool json_has_true(const struct json *j, const char *key);
/*
 * Tell each number (not negative) of the object that is the member 'key', also
 * of up to 18 digits in a text.  How many.
 */
size_t json_each_u64(const struct json *j, const char *key,
		     void (*on_number)(const char *name, uint64_t value,
				       void *arg),
		     void *arg);
/* Millionths, as a number with six decimals. */
int must_check json_put_millionths(struct json *j, const char *key,
				   int64_t value);
