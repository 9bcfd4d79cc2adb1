/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics/exposition.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

int exposition_init(struct exposition *e)
{
	*e = (struct exposition){ 0 };
	e->out = open_memstream(&e->text, &e->len);
	return e->out ? 0 : -ENOMEM;
}

static void put_name(struct exposition *e, enum exposition_type type,
		     const char *name)
{
	(void)fputs("e911_", e->out);
	for (; *name; name++)
		(void)putc(isalnum((unsigned char)*name) ? *name : '_', e->out);
	if (type == EXPOSITION_COUNTER)
		(void)fputs("_total", e->out);
}

/* A line end would begin another line, a quote would end a label. */
static void put_escaped(struct exposition *e, const char *s, bool quotes)
{
	for (; *s; s++) {
		if (*s == '\\' || (quotes && *s == '"'))
			(void)putc('\\', e->out);
		if (*s == '\n')
			(void)fputs("\\n", e->out);
		else
			(void)putc(*s, e->out);
	}
}

void exposition_family(struct exposition *e, enum exposition_type type,
		       const char *name, const char *help)
{
	(void)fputs("# HELP ", e->out);
	put_name(e, type, name);
	(void)putc(' ', e->out);
	put_escaped(e, help, false);
	(void)fputs("\n# TYPE ", e->out);
	put_name(e, type, name);
	(void)fputs(type == EXPOSITION_COUNTER ? " counter\n" : " gauge\n",
		    e->out);
}

void exposition_sample(struct exposition *e, enum exposition_type type,
		       const char *name, const char *label, const char *value,
		       double number)
{
	put_name(e, type, name);
	if (label) {
		(void)fprintf(e->out, "{%s=\"", label);
		put_escaped(e, value, true);
		(void)fputs("\"}", e->out);
	}
	(void)fprintf(e->out, " %.17g\n", number);
}

void exposition_one(struct exposition *e, enum exposition_type type,
		    const char *name, const char *help, double number)
{
	exposition_family(e, type, name, help);
	exposition_sample(e, type, name, NULL, NULL, number);
}

int exposition_end(struct exposition *e, char **ret, size_t *len)
{
	bool failed = ferror(e->out) != 0;

	failed = fclose(e->out) != 0 || failed;
	if (failed) {
		free(e->text);
		return -ENOMEM;
	}
	*ret = e->text;
	*len = e->len;
	return 0;
}
