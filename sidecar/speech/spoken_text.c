/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that somebody wrote: phrases, lines, telephone numbers. */
#include <stdio.h>

#include "speech/speaker.h"
#include "speech/spoken.h"

/* ---- telephone numbers ---- */

#define TELEPHONE_MIN 8 /* digits behind '+' */
#define TELEPHONE_MAX 15

static size_t find_international(struct text t)
{
	size_t digits = 0, last = 0;

	for (size_t i = 1; i < t.len && digits <= TELEPHONE_MAX; i++) {
		if (text_is_digit(t.p[i])) {
			digits++;
			last = i + 1;
		} else if (!t.p[i] || !strchr("-.() ", t.p[i]) ||
			   i > last + 1) {
			break;
		}
	}
	return digits >= TELEPHONE_MIN && digits <= TELEPHONE_MAX ? last : 0;
}

/* Each '2' of the pattern is a digit from 2 on, each '0' any, '-' one sign or
 * none. */
static size_t find_pattern(struct text t, const char *pattern)
{
	size_t at = 0;

	for (; *pattern; pattern++) {
		char c = '\0';
		bool fits;

		if (at < t.len)
			c = t.p[at];
		fits = c == *pattern;
		if (*pattern == '-') {
			if (c && strchr("-. ", c))
				at++;
			continue;
		}
		if (*pattern == '0' || *pattern == '2')
			fits = text_is_digit(c) && c >= *pattern;
		if (!fits)
			return 0;
		at++;
	}
	/* The end of a word. */
	if (at < t.len && (text_is_digit(t.p[at]) || text_is_letter(t.p[at])))
		return 0;
	return at;
}

/* How many bytes at the start are a telephone number; 0: they are none. */
static size_t find_telephone(struct text t)
{
	static const char *const patterns[] = {
		"200-200-0000",
		"(200)-200-0000",
		"1-200-200-0000",
		"1-(200)-200-0000",
	};
	size_t n = 0;

	if (t.len && t.p[0] == '+')
		return find_international(t);
	for (size_t i = 0; !n && i < ARRAY_SIZE(patterns); i++)
		n = find_pattern(t, patterns[i]);
	return n;
}

static void say_telephone(struct speaker *s, struct text t)
{
	char buf[256];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	spoken_number(&w, t);
	/* Its words end with '.'. */
	if (!w.used || w.full)
		return;
	buf[w.used - 1] = '\0';
	say_pause(s);
	say(s, buf);
	say_pause(s);
}

/* ---- dates and times ---- */

static unsigned two_digits(const char *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* "2026-01-31": how many bytes; 0: none. */
static size_t find_date(struct text t)
{
	unsigned month, day;

	for (size_t i = 0; i < 10 && i < t.len; i++)
		if (i == 4 || i == 7 ? t.p[i] != '-' : !text_is_digit(t.p[i]))
			return 0;
	if (t.len < 10 || (t.len > 10 && text_is_digit(t.p[10])))
		return 0;
	month = two_digits(t.p + 5);
	day = two_digits(t.p + 8);
	return month && month <= 12 && day && day <= 31 ? 10 : 0;
}

static void say_date(struct speaker *s, struct text t)
{
	static const char *const months[] = {
		"january",   "february", "march",    "april",
		"may",       "june",     "july",     "august",
		"september", "october",  "november", "december",
	};
	char day[8];

	(void)snprintf(day, sizeof(day), "%uTH", two_digits(t.p + 8));
	say(s, months[two_digits(t.p + 5) - 1]);
	(void)say_ordinal(s, text_of(day));
	say_pause(s);
	say_house(s, text_make(t.p, 4));
	say_pause(s);
}

/* "14:05", "04:00:30" */
static size_t find_time(struct text t)
{
	size_t n = find_pattern(t, "00:00:00");

	if (!n)
		n = find_pattern(t, "00:00");
	return n && n < t.len && t.p[n] == ':' ? 0 : n;
}

static void say_time(struct speaker *s, struct text t)
{
	unsigned minute = two_digits(t.p + 3);
	bool is_short = t.p[0] == '0';

	say_house(s, text_make(t.p + is_short, is_short ? 1 : 2));
	if (!minute) {
		say(s, "o clock");
		return;
	}
	if (minute < 10)
		say(s, "oh");
	is_short = minute < 10;
	say_house(s, text_make(t.p + 3 + is_short, is_short ? 1 : 2));
}

/* ---- what is more than words ---- */

static size_t (*const finders[])(struct text t) = { find_telephone, find_date,
						    find_time };
static void (*const sayers[])(struct speaker *s,
			      struct text t) = { say_telephone, say_date,
						 say_time };

/* How many bytes at the start of a word are one of these, and which. */
static size_t find_special(struct text t, size_t *ret_which)
{
	size_t n = 0;

	for (size_t i = 0; !n && i < ARRAY_SIZE(finders); i++) {
		n = finders[i](t);
		*ret_which = i;
	}
	return n;
}

/* ---- phrases ---- */

static bool begins_as_address(struct word_range r)
{
	if (r.count < 3 || !word_has_digit(r.word[0]))
		return false;
	if (begins_as_road((struct word_range){ r.word + 1, r.count - 1 }))
		return true;
	for (size_t i = 2; i < r.count; i++)
		if (address_word_find(ADDRESS_SUFFIX, r.word[i]))
			return true;
	return false;
}

/* "1200", "12 1/2": how many words. */
static size_t say_number_at(struct speaker *s, struct word_range r)
{
	say_any(s, r.word[0]);
	return say_fraction(s, r.word[1]) ? 2 : 1;
}

static size_t say_number(struct speaker *s, struct word_range r)
{
	size_t n = say_number_at(s, r);

	if (!code_is_mistakable(r.word[0]))
		return n;
	say_pause(s);
	s->by_digits = true;
	n = say_number_at(s, r);
	s->by_digits = false;
	say_pause(s);
	return n;
}

/* "1200 N MAIN ST STE 4" */
static void say_address(struct speaker *s, struct word_range r)
{
	size_t unit, n;

	s->has_street = true;
	n = say_number(s, r);
	r.word += n;
	r.count -= n;
	if (n == 1 && word_has_digit(r.word[0]))
		say_pause(s);
	unit = find_unit(r);
	say_street(s, (struct word_range){ r.word, unit }, false);
	say_part(s, "unit",
		 (struct word_range){ r.word + unit, r.count - unit });
}

/* "WA 98000", and "WA" behind a city, in capitals. */
static bool say_state(struct speaker *s, struct text raw, struct word_range r)
{
	const char *state;
	struct spoken_words w;
	bool has_code =
		r.count == 2 && r.word[1].len == 5 && word_is_digits(r.word[1]);

	raw = text_trim(raw);
	/* "call me, OK" is not in Oklahoma. */
	if (!s->gap || (!has_code && !(s->has_street && r.count == 1)) ||
	    r.word[0].len != 2 || raw.len < 2 || raw.p[0] >= 'a' ||
	    raw.p[1] >= 'a')
		return false;
	state = address_state_name(r.word[0], "US");
	if (!state)
		state = address_state_name(r.word[0], "CA");
	if (!state || !spoken_words_of(text_of(state), &w))
		return false;
	say_phrase(s, (struct word_range){ w.word, w.count });
	/* Twice, as say_postal() does. */
	for (int i = 0; has_code && i < 2; i++) {
		say_pause(s);
		say_digits(s, r.word[1]);
	}
	return true;
}

/* Where "OR 97201" of "PORTLAND OR 97201" begins, or r.count. */
static size_t find_state(struct word_range r)
{
	size_t n = r.count;

	if (n > 2 && r.word[n - 1].len == 5 && word_is_digits(r.word[n - 1]) &&
	    r.word[n - 2].len == 2 &&
	    (address_state_find(r.word[n - 2], "US") ||
	     address_state_find(r.word[n - 2], "CA")))
		return n - 2;
	return n;
}

/* "1,200": commas between digits that mark_of() left are none. */
static struct text without_commas(struct text t, char buf[ADDRESS_TEXT_SIZE])
{
	struct text_writer w = text_writer_on(buf, ADDRESS_TEXT_MAX);

	for (size_t i = 0; i < t.len; i++)
		if (t.p[i] != ',')
			text_write(&w, text_make(t.p + i, 1));
	return text_written(&w);
}

static void say_words(struct speaker *s, struct text t)
{
	char plain[ADDRESS_TEXT_SIZE];
	struct spoken_words words;
	struct word_range r;
	size_t n;

	t = without_commas(t, plain);
	if (!spoken_words_of(t, &words)) {
		s->lost = true;
		return;
	}
	r = (struct word_range){ words.word, words.count };
	if (!r.count || say_state(s, t, r))
		return;
	if (begins_as_address(r)) {
		/* "3rd St & 5th Ave" */
		if (word_is_ordinal(r.word[0]))
			say_street(s, r, false);
		else
			say_address(s, r);
		return;
	}
	n = find_state(r);
	say_phrase(s, (struct word_range){ r.word, n });
	if (n < r.count) {
		say_pause(s);
		(void)say_state(s, text_of("XX"),
				(struct word_range){ r.word + n, 2 });
	}
}

/* A phrase of any length: pieces that can be looked at as a whole. */
static void say_pieces(struct speaker *s, struct text t)
{
	while (t.len > ADDRESS_TEXT_MAX) {
		size_t n = ADDRESS_TEXT_MAX;

		while (n && !text_is_blank(t.p[n - 1]))
			n--;
		if (!n) { /* no word is so long */
			s->lost = true;
			while (n < t.len && !text_is_blank(t.p[n]))
				n++;
		} else {
			say_words(s, text_make(t.p, n));
		}
		t.p += n;
		t.len -= n;
	}
	say_words(s, t);
}

/* ---- sentences ---- */

enum mark { MARK_NONE, MARK_PAUSE, MARK_STOP, MARK_POINT, MARK_DASH };

/* "Dr." and "St." end no sentence, nor does "2.5". */
static bool ends_sentence(struct text t, size_t i)
{
	size_t from = i;

	if (i + 1 < t.len && !text_is_blank(t.p[i + 1]))
		return false;
	while (from && text_is_letter(t.p[from - 1]))
		from--;
	return i + 1 == t.len || i - from == 0 ||
	       (i - from > 3 &&
		!word_is_letters(text_make(t.p + from, i - from)));
}

/* "1,200", not "101,102,103" nor "1234,567" */
static bool is_thousands(struct text t, size_t i)
{
	size_t before = 0, behind = 0;

	while (before < i && text_is_digit(t.p[i - 1 - before]))
		before++;
	while (i + 1 + behind < t.len && text_is_digit(t.p[i + 1 + behind]))
		behind++;
	return before <= 2 && behind == 3 && t.p[i - before] != '0' &&
	       (i == before || t.p[i - before - 1] != ',');
}

static enum mark mark_of(struct text t, size_t i)
{
	bool is_in_number = i && i + 1 < t.len && text_is_digit(t.p[i - 1]) &&
			    text_is_digit(t.p[i + 1]);
	char c = t.p[i];

	if (is_in_number && c == '.')
		return MARK_POINT;
	/* "12-1/2" is a fraction. */
	if (is_in_number && c == '-' && (i + 2 == t.len || t.p[i + 2] != '/'))
		return MARK_DASH;
	if (c == '.')
		return ends_sentence(t, i) ? MARK_STOP : MARK_NONE;
	if (c == '!' || c == '?')
		return MARK_STOP;
	/* "1,200" is one number. */
	if (c == ',' && is_in_number && is_thousands(t, i))
		return MARK_NONE;
	return c && strchr(",;:()[]\"", c) ? MARK_PAUSE : MARK_NONE;
}

static bool begins_word(struct text t, size_t i)
{
	return !i ||
	       (!text_is_digit(t.p[i - 1]) && !text_is_letter(t.p[i - 1]));
}

static void say_mark(struct speaker *s, enum mark mark)
{
	if (mark == MARK_STOP)
		say_stop(s);
	else if (mark == MARK_PAUSE)
		say_pause(s);
	else if (mark != MARK_NONE)
		say(s, mark == MARK_POINT ? "point" : "dash");
}

/* Up to what is no part of this phrase: a mark or a telephone number. */
static void say_line(struct speaker *s, struct text t)
{
	size_t from = 0, i = 0, which = 0;

	while (i < t.len) {
		struct text rest = text_make(t.p + i, t.len - i);
		size_t n = begins_word(t, i) ? find_special(rest, &which) : 0;
		enum mark mark = n ? MARK_NONE : mark_of(t, i);

		if (!n && mark == MARK_NONE) {
			i++;
			continue;
		}
		say_pieces(s, text_make(t.p + from, i - from));
		say_mark(s, mark);
		if (n)
			sayers[which](s, text_make(rest.p, n));
		i += n ? n : 1;
		from = i;
	}
	say_pieces(s, text_make(t.p + from, t.len - from));
	say_end(s);
}

bool spoken_text(struct text_writer *w, struct text t)
{
	struct speaker s = speaker_on(w);
	struct text line;
	bool is_first = true;

	while (text_cut(&t, '\n', &line)) {
		size_t before = w->used;

		if (!text_trim(line).len)
			continue;
		text_write_cstr(w, is_first ? "" : "\n");
		say_line(&s, text_trim(line));
		if (w->used == before + !is_first)
			w->used = before;
		else
			is_first = false;
	}
	return s.lost;
}
