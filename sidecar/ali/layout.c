/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/layout.h"

#include <errno.h>

static const char *const field_names[ALI_FIELD_COUNT] = {
#define ALI_FIELD(enumerator, name, what) [ALI_##enumerator] = name,
#include "ali/field.def"
#undef ALI_FIELD
};

static const struct ali_layout layouts[ALI_LAYOUT_COUNT] = {
#define ALI_LAYOUT(enumerator, name, length, end, what) \
	{ ALI_##enumerator, name, what, length, end },
#include "ali/layout.def"
};

/* All lines of all layouts; 'position' comes first, ali_position_next() finds
 * its row by it. */
struct row {
	struct ali_position position;
	enum ali_layout_id layout;
	enum ali_line line;
};

static const struct row rows[] = {
#define ALI_AT(l, k, f, s, n, t, r) \
	{ { ALI_##f, s, n, ALI_##t, ALI_##r, NULL }, ALI_##l, ALI_##k },
#define ALI_LITERAL(l, k, s, x) \
	{ { ALI_NOTHING, s, sizeof(x) - 1, ALI_AN, ALI_CONSTANT, x }, \
	  ALI_##l, \
	  ALI_##k },
#define ALI_BLANK(l, k, s, n) \
	{ { ALI_NOTHING, s, n, ALI_AN, ALI_CONSTANT, NULL }, ALI_##l, ALI_##k },
#include "ali/layout.def"
};

static const struct {
	enum ali_field field;
	char code;
	const char *meaning;
} codes[] = {
#define ALI_CODE(field, code, meaning) { ALI_##field, code, meaning },
#include "ali/code.def"
#undef ALI_CODE
};

const struct ali_layout *ali_layout_get(enum ali_layout_id id)
{
	return &layouts[id];
}

const struct ali_layout *ali_layout_find(struct text name)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (text_equal(name, text_of(layouts[i].name)))
			return &layouts[i];
	return NULL;
}

const struct ali_position *ali_position_next(const struct ali_layout *layout,
					     enum ali_line line,
					     const struct ali_position *after)
{
	const struct row *r = rows;

	if (after)
		r = (const struct row *)after + 1;
	for (; r < rows + ARRAY_SIZE(rows); r++)
		if (r->layout == layout->id && r->line == line)
			return &r->position;
	return NULL;
}

const char *ali_field_name(enum ali_field field)
{
	return field_names[field];
}

int ali_field_find(struct text name, enum ali_field *ret)
{
	for (int i = 0; i < ALI_FIELD_COUNT; i++) {
		if (text_equal(name, text_of(field_names[i]))) {
			*ret = (enum ali_field)i;
			return 0;
		}
	}
	return -ENOENT;
}

bool ali_field_has_codes(enum ali_field field)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].field == field)
			return true;
	return false;
}

const char *ali_code_meaning(enum ali_field field, char code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].field == field && codes[i].code == code)
			return codes[i].meaning;
	return NULL;
}
