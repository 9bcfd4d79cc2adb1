/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/compose.h"

#include <errno.h>

#include "notify/template.h"

/* ---- values that depend on the language ---- */

static enum words state_words(const struct context *c, struct text outcome)
{
	switch (c->state) {
	case CALL_UNBORN:
	case CALL_IS_RINGING:
		return WORDS_STATE_RINGING;
	case CALL_IS_ANSWERED:
		return WORDS_STATE_ANSWERED;
	case CALL_IS_RECOVERED:
		return WORDS_STATE_RECOVERED;
	case CALL_HAS_ENDED:
		break;
	}
	if (text_equal(outcome, text_of("failed")))
		return WORDS_STATE_FAILED;
	if (text_equal(outcome, text_of("cancelled")))
		return WORDS_STATE_CANCELLED;
	return WORDS_STATE_ENDED;
}

static void say(struct composer *c, const struct composed_for *what)
{
	struct variables *v = &c->values;

	v->v[VARIABLE_EVENT] = text_of(said_event_code(what->event));
	v->v[VARIABLE_EVENT_WORDS] =
		text_of(said_event_words(what->event, what->language));
	v->v[VARIABLE_EVENT_SENTENCE] =
		text_of(said_event_sentence(what->event, what->language));
	if (c->is_call)
		v->v[VARIABLE_STATE_WORDS] = text_of(
			words_of(state_words(c->call, v->v[VARIABLE_OUTCOME]),
				 what->language));
}

/* ---- whose words ---- */

static bool is_emergency(enum said_event e)
{
	return e == SAID_EMERGENCY_CALL || e == SAID_RELAY_CALL ||
	       e == SAID_UNDEFINED_LOCATION || e == SAID_ENDPOINT_UNLOCATED;
}

static bool says_which_event(struct text t)
{
	return template_uses(t, VARIABLE_EVENT_WORDS) ||
	       template_uses(t, VARIABLE_EVENT_SENTENCE) ||
	       template_uses(t, VARIABLE_EVENT);
}

static bool is_usable(struct composer *c, const struct composed_for *what,
		      struct text t)
{
	struct text where;

	if (!t.len)
		return false;
	if (t.len > TEMPLATE_MAX || template_check(t, &where) < 0) {
		c->broken++;
		return false;
	}
	return is_emergency(what->event) || says_which_event(t);
}

enum part { PART_SUBJECT, PART_TEXT, PART_SMS, PART_PHONE };

static struct text part_of(const struct dir_template *t, enum part part)
{
	switch (part) {
	case PART_SUBJECT:
		return t->subject;
	case PART_TEXT:
		return t->body;
	case PART_SMS:
	case PART_PHONE:
		break;
	}
	return t->sms;
}

/* Empty: the gateway's. */
static struct text own_words(struct composer *c,
			     const struct composed_for *what, enum part part)
{
	struct dir_template t;

	if (!c->directory)
		return text_of("");
	if (what->template_id &&
	    directory_template(c->directory, TEMPLATE_OWN, what->template_id,
			       &t) == 0 &&
	    (!t.organization_id ||
	     t.organization_id == what->organization_id) &&
	    is_usable(c, what, part_of(&t, part)))
		return part_of(&t, part);
	if (what->organization_id &&
	    directory_template(c->directory, TEMPLATE_OF_ORGANIZATION,
			       what->organization_id, &t) == 0 &&
	    is_usable(c, what, part_of(&t, part)))
		return part_of(&t, part);
	return text_of("");
}

static const char *gateways_words(const struct composer *c,
				  const struct composed_for *what,
				  enum part part)
{
	static const enum words words[][2] = {
		[PART_SUBJECT] = { WORDS_SUBJECT_PLAIN, WORDS_SUBJECT },
		[PART_TEXT] = { WORDS_PLAIN, WORDS_CALL },
		[PART_SMS] = { WORDS_PLAIN_SMS, WORDS_CALL_SMS },
		[PART_PHONE] = { WORDS_PLAIN_PHONE, WORDS_CALL_PHONE },
	};

	return words_of(words[part][c->is_call], what->language);
}

/* ---- putting it together ---- */

static struct text unknown_of(const struct composer *c,
			      const struct composed_for *what)
{
	return text_of(c->is_call ? words_of(WORDS_UNKNOWN, what->language)
				  : "");
}

static void put(struct text_writer *w, const struct composer *c,
		const struct composed_for *what, struct text t)
{
	template_put(w, t, &c->values, unknown_of(c, what));
}

/* What own words for a 911 call leave out of what the rule wants. */
static void put_what_must_be(struct text_writer *w, const struct composer *c,
			     const struct composed_for *what, struct text own)
{
	static const struct {
		enum variable v;
		enum words words;
	} must[] = {
		{ VARIABLE_CALLBACK_NUMBER, WORDS_NEED_CALLBACK },
		{ VARIABLE_ADDRESS, WORDS_NEED_ADDRESS },
	};

	if (!c->is_call || !is_emergency(what->event))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(must); i++) {
		if (template_uses(own, must[i].v))
			continue;
		if (w->used)
			text_write_cstr(w, "\n");
		put(w, c, what,
		    text_of(words_of(must[i].words, what->language)));
	}
}

static bool is_blank(struct text t)
{
	while (t.len && text_is_blank(t.p[0])) {
		t.p++;
		t.len--;
	}
	return !t.len;
}

/* Of a short message the beginning is what arrives. */
static void put_own(struct text_writer *w, const struct composer *c,
		    const struct composed_for *what, enum part part,
		    struct text own)
{
	char must[4 * VARIABLE_VALUE_MAX];
	struct text_writer m = text_writer_on(must, sizeof(must));
	size_t before;

	if (part != PART_SUBJECT)
		put_what_must_be(&m, c, what, own);
	if ((part == PART_SMS || part == PART_PHONE) && m.used) {
		text_write(w, text_written(&m));
		text_write_cstr(w, "\n");
	}
	before = w->used;
	put(w, c, what, own);
	/* Nothing is said, and nobody knows: not worth a notice. */
	if (is_blank(text_make(w->buf + before, w->used - before)))
		w->used = 0;
	else if (part == PART_TEXT && m.used) {
		text_write_cstr(w, "\n");
		text_write(w, text_written(&m));
	}
	w->full |= m.full;
}

/* NULL: there is no memory. */
static const char *make(struct composer *c, const struct composed_for *what,
			enum part part)
{
	char buf[TEMPLATE_TEXT_MAX];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	struct text own = own_words(c, what, part);

	if (own.len)
		put_own(&w, c, what, part, own);
	if (w.full)
		c->broken++;
	if (w.full || !w.used) {
		w = text_writer_on(buf, sizeof(buf));
		put(&w, c, what, text_of(gateways_words(c, what, part)));
	}
	return arena_copy(c->arena, text_trim(text_written(&w)));
}

static bool is_same(const struct composed_for *a, const struct composed_for *b)
{
	return a->event == b->event && a->language == b->language &&
	       a->organization_id == b->organization_id &&
	       a->template_id == b->template_id && a->form == b->form;
}

int compose(struct composer *c, const struct composed_for *what,
	    const struct composed **ret)
{
	struct composed *m;

	for (m = c->made; m; m = m->next) {
		if (is_same(&m->what, what)) {
			*ret = m;
			return 0;
		}
	}
	m = arena_take(c->arena, sizeof(*m));
	if (!m)
		return -ENOMEM;
	*m = (struct composed){ .what = *what, .next = c->made };
	say(c, what);
	m->subject = make(c, what, PART_SUBJECT);
	m->text = make(c, what,
		       what->form == COMPOSE_PHONE ? PART_PHONE
		       : what->form == COMPOSE_SMS ? PART_SMS
						   : PART_TEXT);
	if (!m->subject || !m->text ||
	    variables_json(&c->values, c->arena, &m->json) < 0)
		return -ENOMEM;
	c->made = m;
	*ret = m;
	return 0;
}
