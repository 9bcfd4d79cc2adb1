/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calling party, and the numbers and extensions in it.
 *
 * Only the most trusted header that names somebody counts; all that it lists
 * are the same person, so each of them may give a candidate.
 */
#include "identity_collect.h"

#define EXTENSION_DIGITS_MIN 3
#define EXTENSION_DIGITS_MAX 8

/* "+1206" of ";phone-context=+1-206" (RFC 3966 5.1.5). */
static bool context_npa(const struct address_view *a, char ret_npa[4])
{
	struct text context;
	char digits[4];
	size_t len = 0;

	if (!address_param_find(a, text_of("phone-context"), &context) ||
	    !text_has_prefix_nocase(context, text_of("+1")))
		return false;
	for (size_t i = 1; i < context.len; i++) {
		char d = context.p[i];

		if (d == '-' || d == '.' || d == '(' || d == ')')
			continue;
		if (!text_is_digit(d) || len == sizeof(digits))
			return false;
		digits[len++] = d;
	}
	if (len != sizeof(digits))
		return false;
	memcpy(ret_npa, digits + 1, 3);
	ret_npa[3] = '\0';
	return true;
}

static bool normalise(const struct collector *c, const struct address_view *a,
		      struct text user, char ret_e164[E164_SIZE])
{
	const char *home_npa = c->profile->home_npa;
	char npa[4];

	if (context_npa(a, npa))
		home_npa = npa;
	return e164_normalise(user, home_npa, ret_e164) == 0;
}

/* collector_clean() of the address's user. */
static bool clean_user(struct collector *c, const struct address_view *a,
		       unsigned malformed, struct text *ret)
{
	const struct text *known = &c->cleaned.user;

	if (!known->p || known->p != a->user.p || known->len != a->user.len) {
		c->cleaned.user = a->user;
		c->cleaned.len = text_clean(a->user, c->cleaned.value,
					    sizeof(c->cleaned.value));
	}
	if (!collector_cleaned(c, c->cleaned.len, malformed))
		return false;
	*ret = text_make(c->cleaned.value, (size_t)c->cleaned.len);
	return true;
}

/* user: the address's own, cleaned. */
static bool number_of(struct collector *c, const struct address_view *a,
		      struct text user, char ret_e164[E164_SIZE])
{
	if (c->numbered.user != a->user.p) {
		c->numbered.user = a->user.p;
		c->numbered.is_number = normalise(c, a, user, c->numbered.e164);
	}
	if (c->numbered.is_number)
		memcpy(ret_e164, c->numbered.e164, E164_SIZE);
	return c->numbered.is_number;
}

/* As received, for it may be sent back; but never with a line end in it. */
static void keep_user(struct text received, struct text cleaned,
		      char ret_user[IDENTITY_VALUE_MAX + 1])
{
	struct text user = received;

	if (user.len > IDENTITY_VALUE_MAX ||
	    text_index(user, '\r') < user.len ||
	    text_index(user, '\n') < user.len)
		user = cleaned;
	memcpy(ret_user, user.p, user.len);
	ret_user[user.len] = '\0';
}

/* The first of this header's parties that has a number, else the first. */
static bool choose_calling(struct collector *c, enum party p)
{
	struct identity_set *set = c->set;
	const struct address_view *a;
	struct party_walk walk;
	struct text user;
	bool found = false;

	party_begin(&walk, c->req, p, &c->memo);
	while (!set->number[0] && (a = party_next_usable(&walk)) != NULL) {
		if (!clean_user(c, a, 0, &user))
			continue;
		if (!number_of(c, a, user, set->number) && found)
			continue;
		keep_user(a->user, user, set->user);
		found = true;
	}
	return found;
}

static void find_calling(struct collector *c)
{
	for (int p = PARTY_PAI; p < PARTY_COUNT; p++) {
		if (!choose_calling(c, (enum party)p))
			continue;
		c->calling = (enum party)p;
		c->set->calling_source = party_name(c->calling);
		return;
	}
}

/* Note what nobody will read, so that somebody repairs the sender. */
static void inspect_party(struct collector *c, enum party p,
			  enum identity_fault malformed, bool required)
{
	const struct party_judged *j;
	struct party_walk walk;
	struct text user;
	bool present = false;

	party_begin(&walk, c->req, p, &c->memo);
	while ((j = party_next(&walk)) != NULL) {
		present = true;
		if (j->quality == PARTY_MALFORMED)
			collector_fault(c, malformed);
		else if (j->quality == PARTY_USABLE)
			(void)clean_user(c, &j->address, malformed, &user);
	}
	if (required && !present)
		collector_fault(c, malformed);
}

void collect_calling(struct collector *c)
{
	find_calling(c);
	inspect_party(c, PARTY_PAI, IDENTITY_FAULT_PAI, false);
	inspect_party(c, PARTY_FROM, IDENTITY_FAULT_FROM, true);
}

void collect_number(struct collector *c)
{
	const struct address_view *a;
	struct party_walk walk;
	char e164[E164_SIZE];
	struct text user;

	if (c->calling == PARTY_COUNT)
		return;
	party_begin(&walk, c->req, c->calling, &c->memo);
	while ((a = party_next_usable(&walk)) != NULL)
		if (clean_user(c, a, 0, &user) && number_of(c, a, user, e164))
			collector_add(c, IDENTITY_NUMBER, text_of(e164),
				      text_of(party_name(c->calling)));
}

/* The digits of "+7014" or "555-0100"; empty if they are no extension. */
static struct text short_digits(struct text user,
				char buf[EXTENSION_DIGITS_MAX])
{
	static const struct text separators = { "+-.() ", 6 };
	const struct text none = { NULL, 0 };
	size_t len = 0;

	for (size_t i = 0; i < user.len; i++) {
		char d = user.p[i];

		if (text_index(separators, d) < separators.len)
			continue;
		if (!text_is_digit(d) || len == EXTENSION_DIGITS_MAX)
			return none;
		buf[len++] = d;
	}
	return len < EXTENSION_DIGITS_MIN ? none : text_make(buf, len);
}

static void add_extension(struct collector *c, const struct address_view *a)
{
	const struct text source = text_of(party_name(c->calling));
	char buf[IDENTITY_VALUE_MAX + 1], e164[E164_SIZE];
	char digits[EXTENSION_DIGITS_MAX];
	struct text value;

	if (address_param_find(a, text_of("ext"), &value) &&
	    collector_clean(c, value, 0, buf, &value))
		collector_add(c, IDENTITY_EXTENSION, value, source);
	if (!clean_user(c, a, 0, &value))
		return;
	if (!number_of(c, a, value, e164))
		collector_add(c, IDENTITY_EXTENSION, value, source);
	collector_add(c, IDENTITY_EXTENSION, short_digits(value, digits),
		      source);
}

void collect_extension(struct collector *c)
{
	const struct address_view *a;
	struct party_walk walk;

	if (c->calling == PARTY_COUNT)
		return;
	party_begin(&walk, c->req, c->calling, &c->memo);
	while ((a = party_next_usable(&walk)) != NULL)
		add_extension(c, a);
}
