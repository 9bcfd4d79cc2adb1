/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Floors, rooms, suites: what is within a building. */
#include "speech/speaker.h"

static const struct {
	const char *written, *said;
} units[] = {
#define SPOKEN_UNIT(w, s) { w, s },
#include "speech/spoken.def"
#undef SPOKEN_UNIT
};

static const char *const levels[] = {
#define SPOKEN_LEVEL(w) w,
#include "speech/spoken.def"
#undef SPOKEN_LEVEL
};

static const char *const sides[] = {
#define SPOKEN_SIDE(w) w,
#include "speech/spoken.def"
#undef SPOKEN_SIDE
};

static const char *const known_digits[] = {
#define SPOKEN_DIGITS(w) w,
#include "speech/spoken.def"
#undef SPOKEN_DIGITS
};

static bool is_among(struct text word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(word, text_of(list[i])))
			return true;
	return false;
}

/* "room" of "RM" in lower case, or NULL. */
static const char *unit_of(struct text word, char buf[ADDRESS_WORD_SIZE])
{
	const char *full = address_word_full(ADDRESS_UNIT, word);
	size_t i = 0;

	for (size_t u = 0; u < ARRAY_SIZE(units); u++)
		if (text_equal(word, text_of(units[u].written)))
			return units[u].said;
	if (!full)
		return NULL;
	for (; full[i] && i + 1 < ADDRESS_WORD_SIZE; i++)
		buf[i] = (char)(full[i] - 'A' + 'a');
	buf[i] = '\0';
	return buf;
}

static bool is_unit(struct text word)
{
	char buf[ADDRESS_WORD_SIZE];

	return unit_of(word, buf) != NULL;
}

/* "300", "12B", "B": what stands behind the kind of a unit. */
static bool is_unit_number(struct text word)
{
	return word_has_digit(word) || word.len == 1 ||
	       text_equal(word, text_of("MINUS"));
}

size_t find_unit(struct word_range r)
{
	for (size_t i = 1; i + 1 < r.count; i++) {
		/* "Bay 5th St", "Lower E Main St" */
		if (!is_unit_number(r.word[i + 1]) ||
		    word_is_ordinal(r.word[i + 1]) ||
		    (i + 2 < r.count &&
		     address_word_find(ADDRESS_SUFFIX, r.word[r.count - 1])))
			continue;
		if (text_equal(r.word[i], text_of("#")))
			return i;
		if (is_unit(r.word[i]) &&
		    (i > 1 || !address_word_find(ADDRESS_SUFFIX, r.word[i])))
			return i;
	}
	return r.count;
}

/* Says itself that it is a floor. */
static bool has_level(struct word_range r)
{
	for (size_t i = 0; i < r.count; i++) {
		if (i > 0 && is_unit(r.word[i]))
			return true;
		if (is_among(r.word[i], levels, ARRAY_SIZE(levels)))
			return true;
	}
	return false;
}

static void say_within(struct speaker *s, struct word_range r, size_t i)
{
	char buf[ADDRESS_WORD_SIZE];
	const char *unit = unit_of(r.word[i], buf);
	bool has_number = i + 1 < r.count && is_unit_number(r.word[i + 1]);

	if (text_equal(r.word[i], text_of("#")))
		return;
	/* "4 12" is not "412", and "4 Rm 12" is two things. */
	if (i > 0 && ((unit && has_number) || (word_has_digit(r.word[i]) &&
					       word_has_digit(r.word[i - 1]))))
		say_pause(s);
	if (unit)
		say(s, unit);
	else
		say_any(s, r.word[i]);
	if (unit || !code_is_mistakable(r.word[i]))
		return;
	say_pause(s);
	s->by_digits = true;
	say_any(s, r.word[i]);
	s->by_digits = false;
}

/* "2nd", "2nd FL", "Ground": the kind comes behind. */
static bool is_before_kind(const char *kind, struct text first)
{
	return word_is_ordinal(first) ||
	       (strcmp(kind, "floor") == 0 && first.len > 2 &&
		!text_equal(first, text_of("MINUS")) &&
		!word_has_digit(first) && !word_is_letters(first));
}

void say_part(struct speaker *s, const char *kind, struct word_range r)
{
	bool is_before;

	if (r.count && text_equal(r.word[0], text_of("#"))) {
		r.word++;
		r.count--;
	}
	if (!r.count)
		return;
	say_pause(s);
	is_before = !is_unit(r.word[0]) && is_before_kind(kind, r.word[0]);
	if (!is_before && !is_unit(r.word[0]))
		say(s, kind);
	for (size_t i = 0; i < r.count; i++)
		say_within(s, r, i);
	if (is_before && !has_level(r))
		say(s, kind);
}

/* ---- any text ---- */

/* "E WING", "NW" */
static bool say_side(struct speaker *s, struct word_range r, size_t i)
{
	const char *full = address_word_full(ADDRESS_DIRECTION, r.word[i]);
	size_t len = r.word[i].len;

	if (!full || len > 2 ||
	    (len == 1 && (i + 1 == r.count ||
			  !is_among(r.word[i + 1], sides, ARRAY_SIZE(sides)))))
		return false;
	say_word(s, text_of(full));
	return true;
}

static bool say_known_digits(struct speaker *s, struct text word)
{
	if (!is_among(word, known_digits, ARRAY_SIZE(known_digits)))
		return false;
	say_digits(s, word);
	return true;
}

void say_phrase(struct speaker *s, struct word_range r)
{
	for (size_t i = 0; i < r.count;) {
		bool has_number =
			i + 1 < r.count && is_unit_number(r.word[i + 1]);
		size_t n = 1;

		if (i > 0 && word_has_digit(r.word[i]) &&
		    word_has_digit(r.word[i - 1]) &&
		    text_index(r.word[i], '/') == r.word[i].len)
			say_pause(s);
		if (is_unit(r.word[i]) && has_number)
			say_within(s, r, i);
		else if (!say_side(s, r, i) && !say_known_digits(s, r.word[i]))
			n = say_name(s, r, i);
		i += n;
	}
}
