/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "speech/speaker.h"
#include "speech/spoken.h"

/* ---- the street ---- */

static const enum civic_field street_fields[] = {
	CIVIC_PRM, CIVIC_PRD, CIVIC_STP, CIVIC_RD,
	CIVIC_STS, CIVIC_POD, CIVIC_POM,
};

/* Elements one behind the other, a blank between. */
static struct text join(const struct civic *c, const enum civic_field *fields,
			size_t count, struct text_writer *w)
{
	for (size_t i = 0; i < count; i++) {
		struct text t = text_trim(c->value[fields[i]]);

		/* The street of RFC 4119, where it still is. */
		if (fields[i] == CIVIC_RD && !t.len)
			t = text_trim(c->value[CIVIC_A6]);
		if (!t.len)
			continue;
		text_write_cstr(w, w->used ? " " : "");
		text_write(w, t);
	}
	return text_written(w);
}

static void say_number_and_street(struct speaker *s, const struct civic *c,
				  bool is_canada)
{
	static const enum civic_field number_fields[] = { CIVIC_HNP, CIVIC_HNO,
							  CIVIC_HNS };
	char number[ADDRESS_TEXT_SIZE], street[4 * ADDRESS_TEXT_SIZE];
	struct text_writer n = text_writer_on(number, sizeof(number));
	struct text_writer t = text_writer_on(street, sizeof(street));
	struct spoken_words words;
	size_t unit;

	say_house_number(s,
			 join(c, number_fields, ARRAY_SIZE(number_fields), &n));
	if (!spoken_words_of(
		    join(c, street_fields, ARRAY_SIZE(street_fields), &t),
		    &words) ||
	    n.full || t.full) {
		s->lost = true;
		return;
	}
	/* "100 42nd St" is not in 142nd St. */
	if (words.count && word_has_digit(words.word[0]))
		say_pause(s);
	unit = find_unit((struct word_range){ words.word, words.count });
	say_street(s, (struct word_range){ words.word, unit }, is_canada);
	say_part(s, "unit",
		 (struct word_range){ words.word + unit, words.count - unit });
}

/* ---- parts ---- */

/* Words of an element; count is 0 when it is absent. */
static bool read_words(struct speaker *s, const struct civic *c,
		       enum civic_field f, struct spoken_words *ret)
{
	if (!spoken_words_of(c->value[f], ret))
		s->lost = true;
	else if (ret->count)
		return true;
	return false;
}

static void say_inside(struct speaker *s, const struct civic *c)
{
	static const struct {
		enum civic_field field;
		const char *kind;
	} parts[] = {
		{ CIVIC_BLD, "building" }, { CIVIC_FLR, "floor" },
		{ CIVIC_UNIT, "unit" },    { CIVIC_ROOM, "room" },
		{ CIVIC_SEAT, "seat" },    { CIVIC_MP, "milepost" },
	};
	struct spoken_words w;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (read_words(s, c, parts[i].field, &w))
			say_part(s, parts[i].kind,
				 (struct word_range){ w.word, w.count });
}

static void say_name_of(struct speaker *s, const struct civic *c,
			enum civic_field f)
{
	struct spoken_words w;

	if (!read_words(s, c, f, &w))
		return;
	say_pause(s);
	say_city(s, (struct word_range){ w.word, w.count });
}

static void say_place(struct speaker *s, const struct civic *c,
		      const char *country)
{
	const char *state =
		address_state_name(text_trim(c->value[CIVIC_A1]), country);
	struct spoken_words w;

	if (c->value[CIVIC_A3].len) {
		say_name_of(s, c, CIVIC_A3);
	} else if (read_words(s, c, CIVIC_A2, &w)) {
		say_city(s, (struct word_range){ w.word, w.count });
		if (!address_word_find(ADDRESS_COUNTY, w.word[w.count - 1]))
			say(s, "county");
	}
	if (state && spoken_words_of(text_of(state), &w)) {
		say_pause(s);
		say_phrase(s, (struct word_range){ w.word, w.count });
	} else {
		say_name_of(s, c, CIVIC_A1);
	}
}

static void say_postal_once(struct speaker *s, struct text t)
{
	say_pause(s);
	for (size_t i = 0; i < t.len; i++) {
		if (text_is_digit(t.p[i]))
			say_digits(s, text_make(t.p + i, 1));
		else if (text_is_letter(t.p[i]))
			say_letters(s, text_make(t.p + i, 1));
		else if (text_is_blank(t.p[i]) || t.p[i] == '-')
			say_pause(s);
		else
			s->lost = true;
	}
}

/* Of "98101-2345" the first five, as people know it. */
static void say_postal(struct speaker *s, const struct civic *c)
{
	struct text t = text_trim(c->value[CIVIC_PC]);

	if (t.len == 10 && t.p[5] == '-')
		t.len = 5;
	if (t.len > ADDRESS_WORD_SIZE) {
		s->lost = true;
		return;
	}
	/* Nothing behind it tells a six from an eight: it is said twice. */
	say_postal_once(s, t);
	say_postal_once(s, t);
}

/* ---- all of it ---- */

static const char *country_of(const struct civic *c)
{
	struct text country = text_trim(c->value[CIVIC_COUNTRY]);

	if (text_equal_nocase(country, text_of("CA")) ||
	    (!country.len &&
	     address_state_is_of(text_trim(c->value[CIVIC_A1]), "CA")))
		return "CA";
	return "US";
}

bool spoken_civic(struct text_writer *w, const struct civic *c)
{
	static const enum civic_field more[] = { CIVIC_NAM, CIVIC_LMK,
						 CIVIC_LOC };
	struct speaker s = speaker_on(w);
	const char *country = country_of(c);
	bool lost = false;

	say_number_and_street(&s, c, country[0] == 'C');
	say_inside(&s, c);
	say_stop(&s);
	say_place(&s, c, country);
	say_postal(&s, c);
	say_end(&s);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		size_t before = w->used;

		if (!c->value[more[i]].len)
			continue;
		text_write_cstr(w, before ? " " : "");
		lost = spoken_text(w, c->value[more[i]]) || lost;
	}
	return lost || s.lost;
}

int spoken_civic_xml(struct text_writer *w, struct text xml)
{
	struct xml_doc *doc = NULL;
	const struct xml_node *root;
	size_t before = w->used;
	const char *why;
	struct civic c;
	int err;

	if (!xml.len)
		return -EBADMSG;
	err = xml_doc_read(&doc, xml, &why);
	if (err < 0)
		return err == -ENOMEM ? err : -EBADMSG;
	root = xml_doc_root(doc);
	err = -EBADMSG;
	if (civic_is(root)) {
		civic_read(root, &c);
		err = spoken_civic(w, &c);
	}
	doc = xml_doc_free(doc);
	if (err >= 0 && w->used == before)
		return -EBADMSG;
	return err;
}
