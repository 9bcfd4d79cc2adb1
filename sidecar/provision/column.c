/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "provision/column.h"

#include <errno.h>

#define K_USERS         (1u << FILE_USERS)
#define K_LOCATIONS     (1u << FILE_LOCATIONS)
#define K_STATIONS      (1u << FILE_STATIONS)
#define K_RANGES        (1u << FILE_RANGES)
#define K_PSAPS         (1u << FILE_PSAPS)
#define K_ELINS         (1u << FILE_ELINS)
#define K_BOUNDARIES    (1u << FILE_BOUNDARIES)
#define K_ACCESS_POINTS (1u << FILE_ACCESS_POINTS)
#define K_SWITCHES      (1u << FILE_SWITCHES)
#define K_PORTS         (1u << FILE_PORTS)
#define K_SITES         (1u << FILE_SITES)
#define K_MSAG          (1u << FILE_MSAG)
#define K_ADDRESSES     (1u << FILE_ADDRESSES)
#define K_COVERAGE      (1u << FILE_COVERAGE)
/* What says that something is at a place. */
#define K_PLACED \
	(K_RANGES | K_ELINS | K_ACCESS_POINTS | K_SWITCHES | K_PORTS | K_SITES)

static const char *const kind_names[FILE_KIND_COUNT] = {
	[FILE_USERS] = "users",
	[FILE_LOCATIONS] = "locations",
	[FILE_STATIONS] = "stations",
	[FILE_RANGES] = "ranges",
	[FILE_PSAPS] = "psaps",
	[FILE_ELINS] = "elins",
	[FILE_BOUNDARIES] = "boundaries",
	[FILE_ACCESS_POINTS] = "access_points",
	[FILE_SWITCHES] = "switches",
	[FILE_PORTS] = "ports",
	[FILE_SITES] = "sites",
	[FILE_MSAG] = "msag",
	[FILE_ADDRESSES] = "addresses",
	[FILE_COVERAGE] = "coverage",
};

struct column_row {
	const char *name;
	enum cell_type type;
	unsigned kinds;
};

#define COLUMN(n, t, k, help) \
	[COL_##n] = { .name = #n, .type = CELL_##t, .kinds = (k) },
static const struct column_row columns[COLUMN_COUNT] = {
#include "provision/column.def"
};
#undef COLUMN

#define HEADING(k, c, h) { .kinds = (k), .column = COL_##c, .heading = (h) },
static const struct {
	unsigned kinds;
	enum column column;
	const char *heading;
} headings[] = {
#include "provision/heading.def"
};
#undef HEADING

#define WORD(t, w, v) { .type = CELL_##t, .word = (w), .value = (v) },
static const struct {
	enum cell_type type;
	const char *word, *value;
} words[] = {
#include "provision/word.def"
};
#undef WORD

const char *file_kind_name(enum file_kind kind)
{
	return kind_names[kind];
}

int file_kind_find(struct text name)
{
	for (int i = 0; i < FILE_KIND_COUNT; i++)
		if (text_equal(name, text_of(kind_names[i])))
			return i;
	return -EINVAL;
}

const char *column_name(enum column c)
{
	return columns[c].name;
}

enum cell_type column_type(enum column c)
{
	return columns[c].type;
}

bool column_is_of(enum column c, enum file_kind kind)
{
	return columns[c].kinds & 1u << kind;
}

/* Letters, digits and whatever is not ASCII. */
static bool counts(char c)
{
	return text_is_letter(c) || text_is_digit(c) ||
	       (unsigned char)c >= 0x80;
}

static char lower(char c)
{
	if (c < 'A' || c > 'Z')
		return c;
	return (char)(c - 'A' + 'a');
}

/* The next character that counts; 0 at the end. */
static char next(struct text *t)
{
	while (t->len) {
		char c = *t->p++;

		t->len--;
		if (counts(c))
			return lower(c);
	}
	return 0;
}

bool heading_equal(struct text a, struct text b)
{
	bool some = false;

	for (;;) {
		char c = next(&a);

		if (c != next(&b))
			return false;
		if (!c)
			return some;
		some = true;
	}
}

int column_by_name(enum file_kind kind, struct text name)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (column_is_of((enum column)i, kind) &&
		    text_equal(name, text_of(columns[i].name)))
			return i;
	return -ENOENT;
}

int column_find(enum file_kind kind, struct text heading)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (column_is_of((enum column)i, kind) &&
		    heading_equal(heading, text_of(columns[i].name)))
			return i;
	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		if (headings[i].kinds & 1u << kind &&
		    heading_equal(heading, text_of(headings[i].heading)))
			return (int)headings[i].column;
	return -ENOENT;
}

const char *word_find(enum cell_type type, struct text word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].type == type &&
		    heading_equal(word, text_of(words[i].word)))
			return words[i].value;
	return NULL;
}
