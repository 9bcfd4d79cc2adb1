/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/template.h"

#include <errno.h>

/* A piece of a template: words, or a variable. */
struct piece {
	struct text words;
	enum variable variable; /* NONE: the words */
	bool is_bad;
};

static struct text cut(struct text *rest, size_t len)
{
	struct text t = text_make(rest->p, len);

	*rest = text_make(rest->p + len, rest->len - len);
	return t;
}

static bool is_twice(struct text t)
{
	return t.len >= 2 && t.p[0] == t.p[1];
}

/* The piece that *rest begins with; false at the end. */
static bool next_piece(struct text *rest, struct piece *ret)
{
	size_t len = text_index_any(*rest, "{}");

	*ret = (struct piece){ 0 };
	if (!rest->len)
		return false;
	if (len) {
		ret->words = cut(rest, len);
		return true;
	}
	if (is_twice(*rest)) {
		ret->words = cut(rest, 2);
		ret->words.len = 1;
		return true;
	}
	len = text_index(*rest, '}');
	if (rest->p[0] == '}' || len == rest->len) {
		ret->words = cut(rest, 1);
		ret->is_bad = true;
		return true;
	}
	ret->words = cut(rest, len + 1);
	ret->variable =
		variable_find(text_make(ret->words.p + 1, ret->words.len - 2));
	ret->is_bad = ret->variable == VARIABLE_NONE;
	return true;
}

int template_check(struct text t, struct text *ret_where)
{
	struct piece p;

	while (next_piece(&t, &p)) {
		if (!p.is_bad)
			continue;
		*ret_where = p.words;
		return -EINVAL;
	}
	return 0;
}

bool template_uses(struct text t, enum variable v)
{
	struct piece p;

	while (next_piece(&t, &p))
		if (!p.is_bad && p.variable == v)
			return true;
	return false;
}

static struct text value_of(const struct variables *vs, enum variable v,
			    struct text unknown)
{
	if (!vs->v[v].len && variable_type(v) == VARIABLE_SAID)
		return unknown;
	return vs->v[v];
}

/* Has it variables, and has none of them a value? */
static bool says_nothing(struct text line, const struct variables *vs,
			 struct text unknown)
{
	bool asks = false;
	struct piece p;

	while (next_piece(&line, &p)) {
		if (p.is_bad || !p.variable)
			continue;
		if (value_of(vs, p.variable, unknown).len)
			return false;
		asks = true;
	}
	return asks;
}

static void put_line(struct text_writer *w, struct text line,
		     const struct variables *vs, struct text unknown)
{
	struct piece p;

	while (next_piece(&line, &p)) {
		if (p.is_bad)
			continue;
		text_write(w, p.variable ? value_of(vs, p.variable, unknown)
					 : p.words);
	}
}

void template_put(struct text_writer *w, struct text t,
		  const struct variables *vs, struct text unknown)
{
	bool is_first = true;
	struct text line;

	while (text_cut(&t, '\n', &line)) {
		if (says_nothing(line, vs, unknown))
			continue;
		if (!is_first)
			text_write_cstr(w, "\n");
		put_line(w, line, vs, unknown);
		is_first = false;
	}
}
