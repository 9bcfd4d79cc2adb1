/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* vasprintf */
#include "ctl/story.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "e164.h"

#define NAME_WIDTH 10

struct story {
	struct json *all;     /* owned; NULL: as text */
	struct json *chapter; /* owned; NULL: as text, or none yet */
	const char *name;
	bool is_named; /* the chapter's name has been printed */
	enum ctl_exit status;
	int err; /* negative: something could not be kept */
};

static void note(struct story *s, int err)
{
	if (err < 0 && s->err >= 0)
		s->err = err;
}

int story_new(struct story **ret, bool as_json)
{
	struct story *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	if (as_json && json_new(&s->all) < 0) {
		free(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

struct story *story_free(struct story *s)
{
	if (s) {
		s->chapter = json_free(s->chapter);
		s->all = json_free(s->all);
	}
	free(s);
	return NULL;
}

static void chapter_end(struct story *s)
{
	if (s->chapter)
		note(s, json_put_object(s->all, s->name, s->chapter));
	s->chapter = json_free(s->chapter);
}

void story_chapter(struct story *s, const char *name)
{
	chapter_end(s);
	s->name = name;
	s->is_named = false;
	if (s->all)
		note(s, json_new(&s->chapter));
}

static void print(struct story *s, struct text line)
{
	(void)printf("%-*s  ", NAME_WIDTH, s->is_named ? "" : s->name);
	s->is_named = true;
	ctl_print_text(stdout, line);
	(void)putchar('\n');
}

void story_say(struct story *s, const char *fmt, ...)
{
	char *line = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0) {
		note(s, -ENOMEM);
		return;
	}
	if (!s->all)
		print(s, text_make(line, (size_t)n));
	else if (s->chapter)
		note(s, json_add_text(s->chapter, "says",
				      text_make(line, (size_t)n)));
	free(line);
}

void story_fact(struct story *s, const char *key, struct text value)
{
	if (s->chapter)
		note(s, value.len ? json_put_text(s->chapter, key, value)
				  : json_put_null(s->chapter, key));
}

void story_fact_cstr(struct story *s, const char *key, const char *value)
{
	story_fact(s, key, text_of(value));
}

void story_fact_u64(struct story *s, const char *key, uint64_t value)
{
	if (s->chapter)
		note(s, json_put_u64(s->chapter, key, value));
}

void story_fact_id(struct story *s, const char *key, uint64_t id)
{
	if (s->chapter)
		note(s, id ? json_put_u64(s->chapter, key, id)
			   : json_put_null(s->chapter, key));
}

void story_fact_number(struct story *s, const char *key, uint64_t number)
{
	char e164[E164_SIZE];

	e164_from_u64(number, e164);
	story_fact(s, key, text_of(e164));
}

void story_fact_bool(struct story *s, const char *key, bool value)
{
	if (s->chapter)
		note(s, json_put_bool(s->chapter, key, value));
}

void story_list_number(struct story *s, const char *key, uint64_t number)
{
	char e164[E164_SIZE];

	if (!s->chapter)
		return;
	e164_from_u64(number, e164);
	note(s, json_add_text(s->chapter, key, text_of(e164)));
}

void story_list_object(struct story *s, const char *key,
		       const struct json *object)
{
	if (s->chapter)
		note(s, json_add_object(s->chapter, key, object));
}

void story_grade(struct story *s, enum ctl_exit status)
{
	if (status > s->status)
		s->status = status;
}

enum ctl_exit story_end(struct story *s)
{
	chapter_end(s);
	if (s->all)
		note(s, json_put_u64(s->all, "status", (uint64_t)s->status));
	if (s->err < 0) {
		ctl_fail("%s", strerror(-s->err));
		return CTL_UNKNOWN;
	}
	if (s->all && ctl_print_json(s->all, 0) != CTL_OK)
		return CTL_UNKNOWN;
	return s->status;
}
