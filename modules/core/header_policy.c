/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "header_policy.h"

#include <stdint.h>

#include "address.h"

enum header_count { COUNT_MANY, COUNT_ONE };

#define HEADER(n, c, count, legacy, pbx, i3, condition, why) \
	{ n, { legacy, pbx, i3 }, COUNT_##count, HEADER_IF_##condition },
static const struct header_rule {
	const char *name;
	const char *sides[PROFILE_I3];
	enum header_count count;
	enum header_condition condition;
} rules[] = {
#include "header_policy.def"
};
#undef HEADER

/* Their lengths, and their compact names, to find a row by. */
#define HEADER(n, c, count, legacy, pbx, i3, condition, why) sizeof(n) - 1,
static const uint8_t rule_lengths[] = {
#include "header_policy.def"
};
#undef HEADER
#define HEADER(n, c, count, legacy, pbx, i3, condition, why) c,
static const char rule_compacts[] = {
#include "header_policy.def"
};
#undef HEADER

/* The bits of all names that may cross to some leg in some direction, for most
 * headers are of others. */
#define CROSSES_AT(sides, i) ((sides)[i] == 'x' || (sides)[i] == '?')
#define CROSSES(sides) \
	(CROSSES_AT(sides, 0) || CROSSES_AT(sides, 1) || \
	 CROSSES_AT(sides, 2) || CROSSES_AT(sides, 3) || CROSSES_AT(sides, 4))
#define COMPACT_BIT(c) ((c) ? NAME_BIT(c, c, 1) : 0)
#define HEADER(n, c, count, legacy, pbx, i3, condition, why) \
	| (CROSSES(legacy) || CROSSES(pbx) || CROSSES(i3) \
		   ? NAME_BIT((n)[0], (n)[sizeof(n) - 2], sizeof(n) - 1) | \
			     COMPACT_BIT(c) \
		   : 0)
static const uint64_t names_that_cross = 0
#include "header_policy.def"
	;
#undef HEADER
_Static_assert(HEADER_SIDE_COUNT == 5, "CROSSES() asks for each");

/* Without the SP and HT that may stand before the colon. */
static struct text name_trim(struct text name)
{
	while (name.len &&
	       (name.p[name.len - 1] == ' ' || name.p[name.len - 1] == '\t'))
		name.len--;
	return name;
}

static const struct header_rule *rule_find(struct text name)
{
	const size_t count = ARRAY_SIZE(rules);
	const uint8_t *at = rule_lengths, *end = at + count;

	if (name.len == 1) {
		const char *c = memchr(rule_compacts, name.p[0] | 0x20, count);

		return c ? &rules[c - rule_compacts] : NULL;
	}
	if (!name.len || name.len > UINT8_MAX)
		return NULL;
	for (; (at = memchr(at, (int)name.len, (size_t)(end - at))); at++) {
		const struct header_rule *r = &rules[at - rule_lengths];

		/* Mostly the first byte tells, whatever its case. */
		if (!((r->name[0] ^ name.p[0]) & ~0x20) &&
		    text_has_prefix_nocase(name, text_make(r->name, name.len)))
			return r;
	}
	return NULL;
}

/* NULL also for a name that crosses nowhere. */
static const struct header_rule *crossing_rule_find(struct text name)
{
	name = name_trim(name);
	return name_bit(name) & names_that_cross ? rule_find(name) : NULL;
}

/* The strongest of what a row's letters say for this way. */
static char letter(const struct header_rule *r, const struct header_way *way)
{
	char found = '-';

	if (way->profile)
		return r->sides[way->profile - 1][way->side];
	for (size_t i = 0; i < ARRAY_SIZE(r->sides); i++) {
		char c = r->sides[i][way->side];

		if (c == 'x' || c == '?' || found == '-')
			found = c;
	}
	return found;
}

static bool may_cross(const struct header_rule *r, const struct header_way *way)
{
	char c = letter(r, way);

	return c == 'x' || c == '?';
}

/* "<cid:..>;purpose=EmergencyCallData.ProviderInfo" (RFC 7852 6). */
static bool is_additional_data(struct text value, bool body_crosses)
{
	struct text uri, params, purpose;

	reference_parse(value, &uri, &params);
	if (!param_find(params, text_of("purpose"), &purpose))
		return false;
	return text_has_prefix_nocase(purpose, text_of("EmergencyCallData.")) &&
	       (body_crosses || !text_has_prefix_nocase(uri, text_of("cid:")));
}

static bool condition_holds(const struct header_rule *r,
			    const struct header_way *way, struct text value)
{
	if (!way->profile)
		return true;
	if (r->condition == HEADER_IF_PURPOSE)
		return is_additional_data(value, way->met & HEADER_IF_BODY);
	return way->met & r->condition;
}

static enum header_verdict rule_apply(const struct header_rule *r,
				      const struct header_way *way,
				      struct text value)
{
	switch (r ? letter(r, way) : '-') {
	case 'x':
		return HEADER_CROSSES;
	case '?':
		return condition_holds(r, way, value) ? HEADER_CROSSES
						      : HEADER_STAYS;
	case 'o':
		return HEADER_OURS;
	default:
		return HEADER_STAYS;
	}
}

enum header_verdict header_crosses(const struct header_way *way,
				   struct text name, struct text value,
				   const char **ret_name)
{
	const struct header_rule *r = rule_find(name_trim(name));
	enum header_verdict verdict = rule_apply(r, way, value);

	if (verdict == HEADER_CROSSES)
		*ret_name = r->name;
	return verdict;
}

/* ---- writing ---- */

/* A fold's line end: CRLF or LF with a blank behind it (RFC 3261 25.1 LWS). */
static bool is_fold(struct text value, size_t i)
{
	if (value.p[i] == '\r')
		i++;
	return i + 1 < value.len && value.p[i] == '\n' &&
	       (value.p[i + 1] == ' ' || value.p[i + 1] == '\t');
}

/* Copy a value on one line: the CR and LF of a fold become blanks; any other
 * control character condemns the whole value. */
static bool value_unfold(struct text value, char *buf)
{
	size_t plain = text_printable_len(value);

	memcpy(buf, value.p, plain);
	for (size_t i = plain; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c == '\t' ||
		    ((c == '\r' || c == '\n') && is_fold(value, i)))
			c = ' ';
		if (c < 0x20 || c == 0x7f)
			return false;
		buf[i] = (char)c;
	}
	return true;
}

static bool line_write(struct text_writer *w, const char *name,
		       struct text value)
{
	size_t name_len = strlen(name), need = name_len + 2 + value.len + 2;
	char *p = w->buf + w->used;

	if (need > w->size - w->used || !value_unfold(value, p + name_len + 2))
		return false;
	memcpy(p, name, name_len);
	memcpy(p + name_len, ": ", 2);
	memcpy(p + need - 2, "\r\n", 2);
	w->used += need;
	return true;
}

/* One value of a list that is looked at value by value. */
static unsigned list_write(struct text_writer *w, const struct header_rule *r,
			   const struct header_way *way, struct text list)
{
	unsigned left_out = 0;
	struct text value;

	while (address_list_next(&list, &value)) {
		value = text_trim(value);
		if (value.len && rule_apply(r, way, value) == HEADER_CROSSES)
			left_out += !line_write(w, r->name, value);
	}
	return left_out;
}

unsigned headers_format(const struct header_view *headers, size_t count,
			const struct header_way *way, struct text_writer *w)
{
	bool seen[ARRAY_SIZE(rules)] = { 0 };
	unsigned left_out = 0;

	for (size_t i = 0; i < count; i++) {
		const struct header_rule *r =
			crossing_rule_find(headers[i].name);
		struct text value;

		/* Most stay behind, whatever they say. */
		if (!r || !may_cross(r, way) ||
		    (r->count == COUNT_ONE && seen[r - rules]))
			continue;
		value = text_trim(headers[i].value);
		if (!value.len)
			continue;
		if (r->condition == HEADER_IF_PURPOSE) {
			left_out += list_write(w, r, way, value);
			continue;
		}
		if (rule_apply(r, way, value) != HEADER_CROSSES)
			continue;
		if (line_write(w, r->name, value))
			seen[r - rules] = true;
		else
			left_out++;
	}
	return left_out;
}

size_t headers_parse(struct text lines, struct header_view *headers,
		     size_t size)
{
	struct text line;
	size_t n = 0;

	while (n < size && text_cut(&lines, '\n', &line)) {
		size_t colon = text_index(line, ':');

		if (colon == line.len)
			continue;
		headers[n++] = (struct header_view){
			text_make(line.p, colon),
			text_trim(text_make(line.p + colon + 1,
					    line.len - colon - 1)),
		};
	}
	return n;
}

bool header_tells_of_body(struct text name)
{
	return text_has_prefix_nocase(name, text_of("Content-")) ||
	       text_equal_nocase(name, text_of("c")) ||
	       text_equal_nocase(name, text_of("e")) ||
	       text_equal_nocase(name, text_of("MIME-Version"));
}
