/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streets and cities: which word is a direction, a type, a saint. */
#include "speech/speaker.h"

static const struct {
	const char *written, *said;
} roads[] = {
#define SPOKEN_ROAD(w, s) { w, s },
#include "speech/spoken.def"
#undef SPOKEN_ROAD
}, titles[] = {
#define SPOKEN_TITLE(w, s) { w, s },
#include "speech/spoken.def"
#undef SPOKEN_TITLE
};

/* ---- what a word may be ---- */

static bool is_suffix(struct text word)
{
	return address_word_find(ADDRESS_SUFFIX, word) != NULL;
}

static bool is_direction(struct text word)
{
	return address_word_find(ADDRESS_DIRECTION, word) != NULL;
}

/* West is O in French, behind a name. */
static bool is_french_direction(struct text word)
{
	return text_equal(word, text_of("O")) ||
	       text_equal(word, text_of("SO")) ||
	       text_equal(word, text_of("NO"));
}

/* "N" is written short, "NORTH" and "NORD" are not. */
static void say_direction(struct speaker *s, struct text word)
{
	const char *full = address_word_full(ADDRESS_DIRECTION, word);

	if (word.len <= 2 && is_french_direction(word))
		full = word.len == 1      ? "WEST"
		       : word.p[0] == 'S' ? "SOUTHWEST"
					  : "NORTHWEST";
	say_word(s, full && word.len <= 2 ? text_of(full) : word);
}

/* What is as long as the whole word is said as it is: "LOOPS". */
static void say_full(struct speaker *s, enum address_word_kind kind,
		     struct text word)
{
	const char *full = address_word_full(kind, word);

	if (full && (word.len < strlen(full) || word_is_letters(word)))
		word = text_of(full);
	say_word(s, word);
}

/* "VIA" is a name far more often than a viaduct. */
static bool is_short_suffix(struct text word)
{
	const char *full = address_word_full(ADDRESS_SUFFIX, word);

	return full && word.len < strlen(full) &&
	       !text_equal(word, text_of("VIA"));
}

/* ---- names ---- */

/* How many words of the range these are; 0: it begins otherwise. */
static size_t begins_with(struct word_range r, struct text words)
{
	struct text word;
	size_t n = 0;

	while (text_cut(&words, ' ', &word)) {
		if (n == r.count || !text_equal(r.word[n], word))
			return 0;
		n++;
	}
	return n;
}

/* "US HWY 101": "u s highway", and how many words that were; 0: no road. */
static size_t find_road(struct word_range r, const char **ret_said)
{
	size_t best = 0;

	for (size_t i = 0; i < ARRAY_SIZE(roads); i++) {
		size_t n = begins_with(r, text_of(roads[i].written));

		if (n > best && n < r.count && text_is_digit(r.word[n].p[0])) {
			best = n;
			*ret_said = roads[i].said;
		}
	}
	return best;
}

bool begins_as_road(struct word_range r)
{
	const char *said;

	return find_road(r, &said) > 0;
}

static bool say_title(struct speaker *s, struct text word)
{
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
		if (text_equal(word, text_of(titles[i].written))) {
			say(s, titles[i].said);
			return true;
		}
	}
	return false;
}

void say_any(struct speaker *s, struct text word)
{
	if (text_equal(word, text_of("&")))
		say(s, "and");
	else if (text_equal(word, text_of("#")))
		say(s, "number");
	else if (say_ordinal(s, word) || say_fraction(s, word))
		return;
	else if (word_has_digit(word) || text_index(word, '/') < word.len)
		say_code(s, word);
	else if (word_is_letters(word))
		say_letters(s, word);
	else
		say_word(s, word);
}

/* The type of a street that has another one behind it: "Mill St Ext". */
static bool is_inner_type(struct word_range r, size_t i)
{
	return i > 0 && i + 2 == r.count && is_suffix(r.word[i]) &&
	       is_suffix(r.word[i + 1]);
}

/* One word within a name. */
static void say_name_word(struct speaker *s, struct word_range r, size_t i)
{
	struct text word = r.word[i];

	/* "3rd St & 5th Ave" */
	bool is_type =
		is_inner_type(r, i) ||
		(i > 0 && i + 1 < r.count &&
		 text_equal(r.word[i + 1], text_of("&")) && is_suffix(word));

	if (!is_type && say_title(s, word))
		return;
	is_type = is_type || (word.len > 1 && word_is_letters(word)) ||
		  text_equal(word, text_of("AVE"));
	if (is_type && is_short_suffix(word))
		say_full(s, ADDRESS_SUFFIX, word);
	else
		say_any(s, word);
}

/* ---- streets ---- */

/* E St is called E, E St NW too; E Park Ave is in the east. */
static bool is_in_front(struct word_range r)
{
	size_t i;

	if (r.count < 2 || !is_direction(r.word[0]))
		return false;
	if (r.word[0].len > 1 || !is_suffix(r.word[1]))
		return true;
	for (i = 2; i < r.count && is_direction(r.word[i]); i++)
		;
	return i < r.count;
}

/* Avenue E is called E. */
static bool is_behind(struct word_range r, bool is_canada)
{
	struct text last;

	if (r.count < 2)
		return false;
	last = r.word[r.count - 1];
	if (!is_direction(last) && !(is_canada && is_french_direction(last)))
		return false;
	return r.count > 2 || last.len > 1 || !is_suffix(r.word[0]);
}

/* "CH DU MOULIN", but not "PLACE RD". */
static bool is_french(struct word_range r, bool is_canada)
{
	return is_canada && r.count > 1 &&
	       address_word_find(ADDRESS_TYPE, r.word[0]) &&
	       !is_suffix(r.word[r.count - 1]);
}

static void say_names(struct speaker *s, struct word_range r)
{
	for (size_t i = 0; i < r.count;) {
		struct word_range rest = { r.word + i, r.count - i };
		const char *said;
		size_t road = find_road(rest, &said);

		if (road) {
			say(s, said);
			say_code(s, r.word[i + road]);
			i += road + 1;
		} else {
			say_name_word(s, r, i);
			i++;
		}
	}
}

void say_street(struct speaker *s, struct word_range r, bool is_canada)
{
	struct text behind = text_of(NULL), type = text_of(NULL);
	bool has_front = is_in_front(r);

	if (has_front) {
		say_direction(s, r.word[0]);
		r.word++;
		r.count--;
	}
	if (is_behind(r, is_canada))
		behind = r.word[--r.count];
	if (is_french(r, is_canada)) {
		say_full(s, ADDRESS_TYPE, r.word[0]);
		r.word++;
		r.count--;
	} else if (r.count > (has_front ? 0 : 1) &&
		   is_suffix(r.word[r.count - 1]) &&
		   !text_equal(r.word[r.count - 1], text_of("VIA"))) {
		type = r.word[r.count - 1];
	}
	/* Its neighbours tell what an inner word is. */
	if (!type.len) {
		say_names(s, r);
	} else if (r.count > 2 && is_inner_type(r, r.count - 2)) {
		say_names(s, (struct word_range){ r.word, r.count - 2 });
		say_full(s, ADDRESS_SUFFIX, r.word[r.count - 2]);
		say_full(s, ADDRESS_SUFFIX, type);
	} else {
		say_names(s, (struct word_range){ r.word, r.count - 1 });
		say_full(s, ADDRESS_SUFFIX, type);
	}
	if (behind.len) {
		/* In one breath "lane north" is heard as "way north". */
		say_pause(s);
		say_direction(s, behind);
	}
}

/* A word of a name that is no street's. */
static void say_city_word(struct speaker *s, struct word_range r, size_t i)
{
	if (i > 0 && i + 1 == r.count && is_short_suffix(r.word[i]) &&
	    word_is_letters(r.word[i]))
		say_full(s, ADDRESS_SUFFIX, r.word[i]);
	else if (!say_title(s, r.word[i]))
		say_any(s, r.word[i]);
}

void say_city(struct speaker *s, struct word_range r)
{
	size_t first = 0;

	if (r.count > 1 && is_direction(r.word[0])) {
		say_direction(s, r.word[0]);
		first = 1;
	}
	for (size_t i = first; i < r.count; i++)
		say_city_word(s, r, i);
}

size_t say_name(struct speaker *s, struct word_range r, size_t i)
{
	const char *said;
	size_t road = find_road((struct word_range){ r.word + i, r.count - i },
				&said);

	/* "call us 24 hours a day" */
	if (road && (road > 1 || word_is_letters(r.word[i]))) {
		say(s, said);
		return road;
	}
	say_city_word(s, r, i);
	return 1;
}
