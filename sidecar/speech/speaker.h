/* SPDX-License-Identifier: GPL-2.0-or-later */
/* speaker: words one after the other, pauses between; for spoken_*.c only. */
#pragma once

#include <stdint.h>

#include "address/address.h"
#include "text_writer.h"

struct speaker {
	struct text_writer *w;
	const char *gap; /* what stands before the next word; NULL: nothing */
	bool lost;       /* something has no words */
	bool has_number; /* what was said last is a number */
	bool has_street; /* an address was said in this line */
	bool by_digits;  /* codes are said digit by digit */
};

/* Nothing is said yet. */
static inline struct speaker speaker_on(struct text_writer *w)
{
	return (struct speaker){ .w = w };
}

/* ---- words ---- */

void say(struct speaker *s, const char *words); /* as they are */
/* In lower case; what is no ASCII letter is lost. */
void say_word(struct speaker *s, struct text word);
void say_letters(struct speaker *s, struct text letters); /* one by one */
/* ',' or '.' before the next word, if there is one before and one after. */
void say_pause(struct speaker *s);
void say_stop(struct speaker *s);
/* The end of the line, with its '.'. */
void say_end(struct speaker *s);

/* ---- numbers; digits: ASCII digits only ---- */

void say_digits(struct speaker *s, struct text digits); /* one by one */
/* "twelve oh five", as house numbers and rooms are said; what is longer or
 * begins with zero, digit by digit.  No two numbers sound alike. */
void say_house(struct speaker *s, struct text digits);
/* "5TH": "fifth".  False: it is none; nothing is said. */
bool say_ordinal(struct speaker *s, struct text word);
/* "fifteen" is taken for "fifty", over a telephone most of all: what has a teen
 * or a -ty in it is said once more, digit by digit.  False: this has none. */
bool code_is_mistakable(struct text code);
/* "3B", "12", "A", "N14W23777", "1/2". */
void say_code(struct speaker *s, struct text code);
/* "1/2" behind a number: "and one half".  False: it is none, or stands
 * elsewhere: "floor 2/3" is two floors. */
bool say_fraction(struct speaker *s, struct text t);

/* ---- words of a folded text (address_fold) ---- */

#define SPOKEN_WORDS_MAX ((ADDRESS_TEXT_MAX + 1) / 2)
struct spoken_words {
	char folded[ADDRESS_TEXT_SIZE];
	struct text word[SPOKEN_WORDS_MAX];
	size_t count;
};

/* False: too long, and none. */
bool spoken_words_of(struct text t, struct spoken_words *ret);

bool word_has_digit(struct text word);
bool word_is_digits(struct text word);
bool word_is_ordinal(struct text word); /* "5TH" */
/* "BLVD", "JFK", "N": no word, but letters. */
bool word_is_letters(struct text word);

struct word_range {
	const struct text *word;
	size_t count;
};

/* ---- streets, names, parts of buildings ---- */

/* "N MAIN ST": "north main street". */
void say_street(struct speaker *s, struct word_range r, bool is_canada);
bool begins_as_road(struct word_range r); /* "US 101" */
/* A city, or a name within a street. */
void say_city(struct speaker *s, struct word_range r);
/* The words from i on that belong together: how many. */
size_t say_name(struct speaker *s, struct word_range r, size_t i);
/* Where "STE 4" or "# 4" at the end begins, or r.count. */
size_t find_unit(struct word_range r);
/* "floor", "3": "floor three"; "STE 4" says itself what it is. */
void say_part(struct speaker *s, const char *kind, struct word_range r);
/* Words of any text. */
void say_phrase(struct speaker *s, struct word_range r);
/* One of them: a number, letters, a word. */
void say_any(struct speaker *s, struct text word);
/* A house number, and what is in front of it and behind; mistakable ones
 * twice. */
void say_house_number(struct speaker *s, struct text number);
