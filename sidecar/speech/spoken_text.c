/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that somebody wrote: phrases, lines, telephone numbers. */
#include "base/utf8.h"
#include "speech/speaker.h"
#include "speech/spoken.h"

/* ---- telephone numbers ---- */

#define TELEPHONE_MIN 10 /* digits */
#define TELEPHONE_MAX 15

/* How many bytes at the start are a telephone number; 0: they are none. */
static size_t find_telephone(struct text t)
{
	size_t digits = 0, last = 0;

	for (size_t i = 0; i < t.len && digits <= TELEPHONE_MAX; i++) {
		if (text_is_digit(t.p[i])) {
			digits++;
			last = i + 1;
		} else if (i == 0 ? t.p[i] != '+' && t.p[i] != '('
				  : !strchr("-.() ", t.p[i]) || !t.p[i] ||
					    i > last + 1) {
			break;
		}
	}
	if (t.len && t.p[0] == '+')
		return digits >= 8 && digits <= TELEPHONE_MAX ? last : 0;
	if (digits == TELEPHONE_MIN ||
	    (digits == TELEPHONE_MIN + 1 && t.p[0] == '1'))
		return last < t.len && text_is_letter(t.p[last]) ? 0 : last;
	return 0;
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
	say(s, buf);
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

/* "1200 N MAIN ST STE 4" */
static void say_address(struct speaker *s, struct word_range r)
{
	size_t unit;

	say_any(s, r.word[0]);
	r.word++;
	r.count--;
	if (say_fraction(s, r.word[0])) {
		r.word++;
		r.count--;
	} else if (word_has_digit(r.word[0])) {
		say_pause(s);
	}
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
	if (!s->gap || (r.count != 1 && !has_code) || r.word[0].len != 2 ||
	    raw.len < 2 || raw.p[0] >= 'a' || raw.p[1] >= 'a')
		return false;
	state = address_state_name(r.word[0], "US");
	if (!state)
		state = address_state_name(r.word[0], "CA");
	if (!state || !spoken_words_of(text_of(state), &w))
		return false;
	say_phrase(s, (struct word_range){ w.word, w.count });
	if (has_code) {
		say_pause(s);
		say_digits(s, r.word[1]);
	}
	return true;
}

static void say_words(struct speaker *s, struct text t)
{
	struct spoken_words words;
	struct word_range r;

	if (!spoken_words_of(t, &words)) {
		s->lost = true;
		return;
	}
	r = (struct word_range){ words.word, words.count };
	if (!r.count || say_state(s, t, r))
		return;
	if (begins_as_address(r))
		say_address(s, r);
	else
		say_phrase(s, r);
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
	if (c == ',' && is_in_number)
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
	size_t from = 0, i = 0;

	while (i < t.len) {
		size_t telephone =
			begins_word(t, i)
				? find_telephone(text_make(t.p + i, t.len - i))
				: 0;
		enum mark mark = telephone ? MARK_PAUSE : mark_of(t, i);

		if (mark == MARK_NONE) {
			i++;
			continue;
		}
		say_pieces(s, text_make(t.p + from, i - from));
		say_mark(s, mark);
		if (telephone) {
			say_telephone(s, text_make(t.p + i, telephone));
			say_pause(s);
		}
		i += telephone ? telephone : 1;
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
