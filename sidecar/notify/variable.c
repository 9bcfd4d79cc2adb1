/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/variable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

#define TEXT   VARIABLE_TEXT
#define SAID   VARIABLE_SAID
#define NUMBER VARIABLE_NUMBER
#define VARIABLE(n, NAME, name, type, kept, help) \
	[n] = { name, help, type, kept },
static const struct {
	const char *name, *help;
	enum variable_type type;
	bool is_kept;
} variables[VARIABLES] = {
#include "notify/variable.def"
};
#undef VARIABLE
#undef TEXT
#undef SAID
#undef NUMBER

const char *variable_name(enum variable v)
{
	return (unsigned)v < VARIABLES ? variables[v].name : NULL;
}

const char *variable_help(enum variable v)
{
	return (unsigned)v < VARIABLES ? variables[v].help : NULL;
}

enum variable_type variable_type(enum variable v)
{
	return (unsigned)v < VARIABLES ? variables[v].type : VARIABLE_TEXT;
}

bool variable_is_kept(enum variable v)
{
	return (unsigned)v < VARIABLES && variables[v].is_kept;
}

enum variable variable_find(struct text name)
{
	for (unsigned i = 1; i < VARIABLES; i++)
		if (variables[i].name &&
		    text_equal(name, text_of(variables[i].name)))
			return (enum variable)i;
	return VARIABLE_NONE;
}

/* ---- values ---- */

/* U+0080..U+009F, U+2028..U+202E, U+2066..U+2069, U+FEFF. */
static bool turns_lines(const unsigned char *p, size_t len)
{
	if (len == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (len != 3)
		return false;
	if (p[0] == 0xef)
		return p[1] == 0xbb && p[2] == 0xbf;
	if (p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

static void put_char(struct text_writer *w, const char *p, size_t len)
{
	if (!len)
		text_write_cstr(w, "?");
	else if ((len == 1 && ((unsigned char)*p < 0x20 || *p == 0x7f)) ||
		 turns_lines((const unsigned char *)p, len))
		text_write_cstr(w, " ");
	else
		text_write(w, text_make(p, len));
}

int variables_set(struct variables *vs, enum variable v, struct text value,
		  struct arena *a)
{
	char buf[VARIABLE_VALUE_MAX];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	const char *p = value.p, *end = value.len ? value.p + value.len : p;
	char *copy;
	struct text clean;

	while (p < end && !w.full) {
		size_t len = utf8_char_len(p, end);

		put_char(&w, p, len);
		p += len ? len : 1;
		if (p[-1] == ':' && end - p >= 2 && p[0] == '/' && p[1] == '/')
			text_write_cstr(&w, " ");
	}
	clean = text_trim(text_written(&w));
	copy = arena_copy(a, clean);
	if (!copy)
		return -ENOMEM;
	vs->v[v] = text_make(copy, clean.len);
	return 0;
}

int variables_set_u64(struct variables *vs, enum variable v, uint64_t value,
		      struct arena *a)
{
	char buf[24];

	(void)snprintf(buf, sizeof(buf), "%" PRIu64, value);
	return variables_set(vs, v, text_of(buf), a);
}

/* "-122.345678" is -122345678.  -EINVAL: up to 12 digits and a dot before the
 * last six of them it is not. */
static int parse_millionths(struct text t, int64_t *ret)
{
	bool negative = t.len && t.p[0] == '-';
	size_t dot = text_index(t, '.');
	int64_t n = 0;

	if (t.len > 13 || t.len - dot != 7)
		return -EINVAL;
	for (size_t i = negative; i < t.len; i++) {
		if (i == dot)
			continue;
		if (!text_is_digit(t.p[i]))
			return -EINVAL;
		n = n * 10 + t.p[i] - '0';
	}
	*ret = negative ? -n : n;
	return 0;
}

static int put_number(struct json *j, const char *key, struct text t)
{
	int64_t millionths;
	uint64_t n = 0;

	if (parse_millionths(t, &millionths) == 0)
		return json_put_millionths(j, key, millionths);
	if (!t.len || t.len > 18)
		return json_put_null(j, key);
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return json_put_null(j, key);
		n = n * 10 + (uint64_t)(t.p[i] - '0');
	}
	return json_put_u64(j, key, n);
}

static int put_all(struct json *j, const struct variables *vs)
{
	int err = 0;

	for (unsigned i = 1; i < VARIABLES && err >= 0; i++) {
		if (!variables[i].name)
			continue;
		if (variables[i].type == VARIABLE_NUMBER)
			err = put_number(j, variables[i].name, vs->v[i]);
		else
			err = json_put_text(j, variables[i].name, vs->v[i]);
	}
	return err;
}

int variables_json(const struct variables *vs, struct arena *a,
		   const char **ret)
{
	struct json *j = NULL;
	char *line = NULL;
	int err = json_new(&j);

	if (err >= 0)
		err = put_all(j, vs);
	if (err >= 0)
		err = json_format(j, &line);
	(void)json_free(j);
	if (err < 0)
		return err;
	*ret = arena_copy(a, text_of(line));
	free(line);
	return *ret ? 0 : -ENOMEM;
}
