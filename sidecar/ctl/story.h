/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * story: what e911ctl has to tell, for people and for programs.
 *
 * Chapters of sentences and facts.  As text the sentences are printed when
 * they are said; as JSON each chapter is an object with its facts and
 * "says", and all of it is printed at the end.
 */
#pragma once

#include <stdint.h>

#include "ctl/command.h"

struct story;

int must_check story_new(struct story **ret, bool as_json);
struct story *story_free(struct story *s); /* accepts NULL */

/* From here on it is about this; 'name' is constant. */
void story_chapter(struct story *s, const char *name);
/* A sentence, of any length; what others wrote is made printable. */
void story_say(struct story *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Facts of the chapter; for programs only.  The empty text, and 0 as an id
 * or a telephone number, is null. */
void story_fact(struct story *s, const char *key, struct text value);
void story_fact_cstr(struct story *s, const char *key, const char *value);
void story_fact_u64(struct story *s, const char *key, uint64_t value);
void story_fact_id(struct story *s, const char *key, uint64_t id);
void story_fact_number(struct story *s, const char *key, uint64_t number);
void story_fact_bool(struct story *s, const char *key, bool value);
/* Append to a list of the chapter. */
void story_list_number(struct story *s, const char *key, uint64_t number);
struct json;
void story_list_object(struct story *s, const char *key,
		       const struct json *object);

/* Something is worse than it could be; the worst is the exit status. */
void story_grade(struct story *s, enum ctl_exit status);

/* Print what is not printed yet.  The exit status; CTL_UNKNOWN when memory
 * ran out on the way. */
enum ctl_exit must_check story_end(struct story *s);
