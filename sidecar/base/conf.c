/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define CONF_LINE_MAX 8192

enum conf_type { TYPE_STR, TYPE_PATH, TYPE_INT, TYPE_LEVEL };

struct row {
	struct conf_option option;
	enum conf_type type;
	size_t offset;
};

#define CONF(n, t, d, lo, hi, h) \
	{ .option = { .name = #n, \
		      .type = #t, \
		      .dflt = (d), \
		      .min = (lo), \
		      .max = (hi), \
		      .help = (h) }, \
	  .type = TYPE_##t, \
	  .offset = offsetof(struct conf, n) },
static const struct row rows[] = {
#include "base/conf.def"
};
#undef CONF

/* Where in the file we are, for messages. */
struct place {
	const char *path;
	unsigned line; /* 0: the file as a whole */
	char *error;
};

static int __attribute__((format(printf, 2, 3)))
complain(const struct place *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (at->line)
		n = snprintf(at->error, CONF_ERROR_SIZE, "%s:%u: ", at->path,
			     at->line);
	else
		n = snprintf(at->error, CONF_ERROR_SIZE, "%s: ", at->path);
	if (n < 0 || n >= CONF_ERROR_SIZE)
		return -EINVAL;
	va_start(ap, fmt);
	(void)vsnprintf(at->error + n, CONF_ERROR_SIZE - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static char *duplicate(struct text t)
{
	char *s = malloc(t.len + 1);

	if (!s)
		return NULL;
	if (t.len)
		memcpy(s, t.p, t.len);
	s[t.len] = '\0';
	return s;
}

static int set_string(const struct row *row, struct text value,
		      const struct place *at, char **member)
{
	const struct conf_option *o = &row->option;
	char *s;

	if (value.len < (uint64_t)o->min || value.len > (uint64_t)o->max)
		return complain(at,
				"%s must have %" PRId64 " to %" PRId64
				" characters",
				o->name, o->min, o->max);
	if (row->type == TYPE_PATH && value.p[0] != '/')
		return complain(at, "%s must be an absolute path", o->name);
	s = duplicate(value);
	if (!s)
		return complain(at, "out of memory");
	free(*member);
	*member = s;
	return 0;
}

static int set_int(const struct row *row, struct text value,
		   const struct place *at, int64_t *member)
{
	const struct conf_option *o = &row->option;
	char buf[32], *end;
	long long n;

	if (text_to_cstr(value, buf, sizeof(buf)) < 0 ||
	    !isdigit((unsigned char)buf[0]))
		return complain(at, "%s must be a whole number", o->name);
	errno = 0;
	n = strtoll(buf, &end, 10);
	if (errno || *end)
		return complain(at, "%s must be a whole number", o->name);
	if (n < o->min || n > o->max)
		return complain(at,
				"%s must be between %" PRId64 " and %" PRId64,
				o->name, o->min, o->max);
	*member = n;
	return 0;
}

static int set_level(const struct row *row, struct text value,
		     const struct place *at, int *member)
{
	int level = log_level_find(value);

	if (level < 0)
		return complain(at, "%s must be %s", row->option.name,
				row->option.help);
	*member = level;
	return 0;
}

static int set(struct conf *c, const struct row *row, struct text value,
	       const struct place *at)
{
	void *member = (char *)c + row->offset;

	switch (row->type) {
	case TYPE_STR:
	case TYPE_PATH:
		return set_string(row, value, at, member);
	case TYPE_INT:
		return set_int(row, value, at, member);
	case TYPE_LEVEL:
		return set_level(row, value, at, member);
	}
	return complain(at, "%s has no type", row->option.name);
}

/* A value in double quotes is taken as it stands between them. */
static int unquote(struct text *value, const struct place *at)
{
	struct text v = *value;

	if (v.len && v.p[0] == '"') {
		if (v.len < 2 || v.p[v.len - 1] != '"')
			return complain(at, "the closing quote is missing");
		*value = text_make(v.p + 1, v.len - 2);
		return 0;
	}
	for (size_t i = 1; i < v.len; i++) {
		if (v.p[i] == '#' && (v.p[i - 1] == ' ' || v.p[i - 1] == '\t'))
			return complain(at, "a comment needs its own line; "
					    "quote a value that holds ' #'");
	}
	return 0;
}

static int take_line(struct conf *c, struct text line, bool *seen,
		     const struct place *at)
{
	struct text rest = text_trim(line), key, value;
	size_t eq;
	int err;

	if (!rest.len || rest.p[0] == '#')
		return 0;
	eq = text_index(rest, '=');
	if (eq == rest.len)
		return complain(at, "expected 'key = value'");
	key = text_trim(text_make(rest.p, eq));
	value = text_trim(text_make(rest.p + eq + 1, rest.len - eq - 1));
	err = unquote(&value, at);
	if (err < 0)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!text_equal(key, text_of(rows[i].option.name)))
			continue;
		if (seen[i])
			return complain(at, "%s is given twice",
					rows[i].option.name);
		seen[i] = true;
		return set(c, &rows[i], value, at);
	}
	return complain(at, "unknown option '%.*s'", (int)key.len, key.p);
}

static int take_defaults(struct conf *c, const bool *seen,
			 const struct place *at)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct conf_option *o = &rows[i].option;
		int err;

		if (seen[i])
			continue;
		if (!o->dflt)
			return complain(at, "%s is required", o->name);
		err = set(c, &rows[i], text_of(o->dflt), at);
		if (err < 0)
			return err;
	}
	return 0;
}

static int read_lines(struct conf *c, FILE *in, bool *seen, struct place *at)
{
	char buf[CONF_LINE_MAX];
	int err;

	while (fgets(buf, sizeof(buf), in)) {
		size_t len = strlen(buf);

		at->line++;
		if (len + 1 == sizeof(buf) && buf[len - 1] != '\n')
			return complain(at, "the line is too long");
		err = take_line(c, text_make(buf, len), seen, at);
		if (err < 0)
			return err;
	}
	at->line = 0;
	if (ferror(in))
		return complain(at, "cannot be read");
	return 0;
}

int conf_read(struct conf *ret, FILE *in, const char *path,
	      char error[CONF_ERROR_SIZE])
{
	struct place at = { .path = path, .error = error };
	bool seen[ARRAY_SIZE(rows)] = { false };
	struct conf c = { 0 };
	int err;

	error[0] = '\0';
	err = read_lines(&c, in, seen, &at);
	if (err >= 0)
		err = take_defaults(&c, seen, &at);
	if (err < 0) {
		conf_fini(&c);
		return err;
	}
	*ret = c;
	return 0;
}

int conf_load(struct conf *ret, const char *path, char error[CONF_ERROR_SIZE])
{
	FILE *in = fopen(path, "re");
	int err;

	if (!in) {
		err = -errno;
		(void)snprintf(error, CONF_ERROR_SIZE, "%s: %s", path,
			       strerror(-err));
		return err;
	}
	err = conf_read(ret, in, path, error);
	(void)fclose(in);
	return err;
}

void conf_fini(struct conf *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char **member = (void *)((char *)c + rows[i].offset);

		if (rows[i].type != TYPE_STR && rows[i].type != TYPE_PATH)
			continue;
		free(*member);
		*member = NULL;
	}
}

const struct conf_option *conf_option_get(size_t index)
{
	return index < ARRAY_SIZE(rows) ? &rows[index].option : NULL;
}
