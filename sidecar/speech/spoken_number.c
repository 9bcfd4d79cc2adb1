/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as people say them. */
#include "speech/speaker.h"
#include "speech/spoken.h"

static const char *const ones[] = {
	"zero",    "one",     "two",       "three",    "four",
	"five",    "six",     "seven",     "eight",    "nine",
	"ten",     "eleven",  "twelve",    "thirteen", "fourteen",
	"fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
};
static const char *const tens[] = {
	"",      "",      "twenty",  "thirty", "forty",
	"fifty", "sixty", "seventy", "eighty", "ninety",
};
static const char *const ordinal_ones[] = {
	"",          "first",     "second",      "third",      "fourth",
	"fifth",     "sixth",     "seventh",     "eighth",     "ninth",
	"tenth",     "eleventh",  "twelfth",     "thirteenth", "fourteenth",
	"fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
};
static const char *const ordinal_tens[] = {
	"",         "",         "twentieth",  "thirtieth", "fortieth",
	"fiftieth", "sixtieth", "seventieth", "eightieth", "ninetieth",
};

void say_digits(struct speaker *s, struct text digits)
{
	for (size_t i = 0; i < digits.len; i++)
		say(s, ones[digits.p[i] - '0']);
}

/* 0..99 */
static void say_two(struct speaker *s, unsigned n)
{
	if (n < 20) {
		say(s, ones[n]);
		return;
	}
	say(s, tens[n / 10]);
	if (n % 10)
		say(s, ones[n % 10]);
}

/* 1..9999: "one oh one", "twelve hundred", "two thousand" */
static void say_four(struct speaker *s, unsigned n)
{
	unsigned high = n / 100, low = n % 100;

	if (!high) {
		say_two(s, n);
	} else if (n % 1000 == 0) {
		say(s, ones[n / 1000]);
		say(s, "thousand");
	} else {
		say_two(s, high);
		if (!low)
			say(s, "hundred");
		else if (low < 10)
			say(s, "oh");
		if (low)
			say_two(s, low);
	}
}

static unsigned value_of(struct text digits)
{
	unsigned n = 0;

	for (size_t i = 0; i < digits.len; i++)
		n = n * 10 + (unsigned)(digits.p[i] - '0');
	return n;
}

static bool is_said_by_digits(struct text digits)
{
	unsigned n = digits.len <= 5 ? value_of(digits) : 0;

	return !n || digits.p[0] == '0' || (n > 9999 && n % 1000);
}

void say_house(struct speaker *s, struct text digits)
{
	unsigned n;

	if (is_said_by_digits(digits)) {
		say_digits(s, digits);
		s->has_number = true;
		return;
	}
	n = value_of(digits);
	if (n > 9999) {
		say_two(s, n / 1000);
		say(s, "thousand");
	} else {
		say_four(s, n);
	}
	s->has_number = true;
}

/* ---- ordinals ---- */

bool word_is_ordinal(struct text word)
{
	static const char *const ends[] = { "ST", "ND", "RD", "TH" };

	if (word.len < 3 || word.len > 6 || word.p[0] == '0' ||
	    !word_is_digits(text_make(word.p, word.len - 2)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (text_equal_nocase(text_make(word.p + word.len - 2, 2),
				      text_of(ends[i])))
			return true;
	return false;
}

static void say_ordinal_two(struct speaker *s, unsigned n)
{
	if (n < 20) {
		say(s, ordinal_ones[n]);
	} else if (n % 10 == 0) {
		say(s, ordinal_tens[n / 10]);
	} else {
		say(s, tens[n / 10]);
		say(s, ordinal_ones[n % 10]);
	}
}

bool say_ordinal(struct speaker *s, struct text word)
{
	unsigned n;

	if (!word_is_ordinal(word))
		return false;
	n = value_of(text_make(word.p, word.len - 2));
	if (n >= 100 && n % 1000 == 0) {
		say(s, ones[n / 1000]);
		say(s, "thousandth");
		return true;
	}
	if (n >= 100) {
		say_two(s, n / 100);
		say(s, n % 100 ? "hundred" : "hundredth");
	}
	if (n % 100)
		say_ordinal_two(s, n % 100);
	return true;
}

/* ---- mixtures ---- */

bool say_fraction(struct speaker *s, struct text t)
{
	static const struct {
		const char *written, *said;
	} rows[] = {
		{ "1/2", "one half" },       { "1/3", "one third" },
		{ "2/3", "two thirds" },     { "1/4", "one quarter" },
		{ "3/4", "three quarters" }, { "1/8", "one eighth" },
		{ "3/8", "three eighths" },  { "5/8", "five eighths" },
		{ "7/8", "seven eighths" },
	};

	for (size_t i = 0; s->has_number && i < ARRAY_SIZE(rows); i++) {
		if (!text_equal(t, text_of(rows[i].written)))
			continue;
		say(s, "and");
		say(s, rows[i].said);
		return true;
	}
	return false;
}

#define FIRST_TEEN 13 /* before it nothing sounds like another */

static bool run_is_mistakable(struct text digits)
{
	unsigned n;

	if (is_said_by_digits(digits))
		return false;
	n = value_of(digits);
	if (n % 1000 == 0)
		return n / 1000 >= FIRST_TEEN;
	return n / 100 >= FIRST_TEEN || n % 100 >= FIRST_TEEN;
}

static size_t run_len(struct text t, bool (*is)(char c))
{
	size_t n = 0;

	while (n < t.len && is(t.p[n]))
		n++;
	return n;
}

bool code_is_mistakable(struct text code)
{
	if (word_is_ordinal(code))
		return false;
	while (code.len) {
		size_t n = run_len(code, text_is_digit);

		if (n && run_is_mistakable(text_make(code.p, n)))
			return true;
		code.p += n ? n : 1;
		code.len -= n ? n : 1;
	}
	return false;
}

static void say_run(struct speaker *s, struct text run)
{
	if (text_is_digit(run.p[0]) && s->by_digits) {
		say_digits(s, run);
		s->has_number = true;
	} else if (text_is_digit(run.p[0])) {
		say_house(s, run);
	} else if (run.len == 1 || word_is_letters(run)) {
		say_letters(s, run);
	} else {
		say_word(s, run);
	}
}

void say_code(struct speaker *s, struct text code)
{
	while (code.len) {
		size_t n = run_len(code, text_is_digit);

		if (!n)
			n = run_len(code, text_is_letter);
		if (n)
			say_run(s, text_make(code.p, n));
		else if (code.p[0] == '/')
			say(s, "slash");
		else if ((unsigned char)code.p[0] >= 0x80)
			s->lost = true;
		code.p += n ? n : 1;
		code.len -= n ? n : 1;
	}
}

static bool is_fraction_at(struct text t)
{
	return t.len >= 3 && text_is_digit(t.p[0]) && t.p[1] == '/' &&
	       text_is_digit(t.p[2]) && (t.len == 3 || !text_is_digit(t.p[3]));
}

/* Digits behind digits: "41-35" is not "4135", nor is "41 35". */
static size_t say_between(struct speaker *s, struct text rest)
{
	size_t n = 0;
	bool has_dash = false, has_point = false;

	while (n < rest.len && !text_is_digit(rest.p[n]) &&
	       !text_is_letter(rest.p[n])) {
		has_dash = has_dash || rest.p[n] == '-';
		has_point = has_point || rest.p[n] == '.';
		if ((unsigned char)rest.p[n] >= 0x80)
			s->lost = true;
		n++;
	}
	if (n < rest.len && text_is_digit(rest.p[n]) &&
	    !is_fraction_at(text_make(rest.p + n, rest.len - n))) {
		if (has_dash || has_point)
			say(s, has_dash ? "dash" : "point");
		else
			say_pause(s);
	}
	return n;
}

static size_t say_piece(struct speaker *s, struct text t)
{
	size_t n = run_len(t, text_is_digit);

	if (is_fraction_at(t) && say_fraction(s, text_make(t.p, 3)))
		return 3;
	if (!n)
		n = run_len(t, text_is_letter);
	if (n) {
		say_run(s, text_make(t.p, n));
		return n;
	}
	if (t.p[0] == '/') {
		say(s, "slash");
		return 1;
	}
	return say_between(s, t);
}

static void say_pieces(struct speaker *s, struct text number)
{
	while (number.len) {
		size_t n = say_piece(s, number);

		number.p += n;
		number.len -= n;
	}
}

void say_house_number(struct speaker *s, struct text number)
{
	say_pieces(s, number);
	if (!code_is_mistakable(number))
		return;
	say_pause(s);
	s->by_digits = true;
	say_pieces(s, number);
	s->by_digits = false;
	say_pause(s);
}

/* ---- telephone numbers ---- */

#define NUMBER_DIGITS_MAX 32

/* Sizes of the groups, the last one over and over. */
static void say_groups(struct speaker *s, struct text digits,
		       const unsigned char sizes[3])
{
	for (size_t i = 0; digits.len; i++) {
		size_t n = sizes[i < 3 ? i : 2];

		/* Nobody hears one digit by itself. */
		if (n > digits.len || digits.len - n == 1)
			n = digits.len;
		say_digits(s, text_make(digits.p, n));
		say_pause(s);
		digits.p += n;
		digits.len -= n;
	}
}

void spoken_number(struct text_writer *w, struct text number)
{
	static const unsigned char north_america[] = { 3, 3, 4 };
	static const unsigned char abroad[] = { 2, 3, 3 };
	static const unsigned char local[] = { 3, 4, 4 };
	static const unsigned char extension[] = { 6, 3, 3 };
	struct speaker s = speaker_on(w);
	bool has_plus = number.len && number.p[0] == '+';
	char digits[NUMBER_DIGITS_MAX];
	struct text t = { digits, 0 };

	for (size_t i = 0; i < number.len && t.len < sizeof(digits); i++)
		if (text_is_digit(number.p[i]))
			digits[t.len++] = number.p[i];
	if (t.len == 11 && t.p[0] == '1') {
		t = text_make(t.p + 1, 10);
	} else if (has_plus && t.len) {
		say(&s, "plus");
		say_groups(&s, t, abroad);
		say_end(&s);
		return;
	}
	say_groups(&s, t,
		   t.len == 10  ? north_america
		   : t.len == 7 ? local
				: extension);
	say_end(&s);
}
