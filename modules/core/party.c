/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "party.h"

struct party_header {
	const char *name;
	const char *compact; /* RFC 3261 20; NULL: none */
	const char *story;
	bool is_list;
};

static const struct party_header headers[PARTY_COUNT] = {
	[PARTY_PAI] = { "P-Asserted-Identity", NULL, "PAI", true },
	[PARTY_PPI] = { "P-Preferred-Identity", NULL, "P-Preferred-Identity",
			true },
	[PARTY_RPID] = { "Remote-Party-ID", NULL, "Remote-Party-ID", true },
	[PARTY_FROM] = { "From", "f", "From", false },
};

/* What stands in the user part when nobody is meant. */
static const char *const nobody[] = { "anonymous", "unknown", "unavailable",
				      "restricted" };

const char *party_name(enum party p)
{
	return headers[p].story;
}

void party_begin(struct party_walk *w, const struct request_view *req,
		 enum party p, struct party_memo *memo)
{
	*w = (struct party_walk){ .req = req, .party = p, .memo = memo };
}

static bool is_anonymous(const struct address_view *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
		if (text_equal_nocase(a->user, text_of(nobody[i])))
			return true;
	return text_equal_nocase(a->host, text_of("anonymous.invalid"));
}

/* Remote-Party-ID may also describe the called side. */
static bool is_other_side(const struct address_view *a)
{
	struct text side;

	return param_find(a->header_params, text_of("party"), &side) &&
	       !text_equal_nocase(side, text_of("calling"));
}

static enum party_quality judge(const struct party_walk *w, struct text value,
				struct address_view *ret_address)
{
	struct address_view a;

	if (address_parse(value, &a) < 0)
		return PARTY_MALFORMED;
	if (is_anonymous(&a))
		return PARTY_ANONYMOUS;
	if (!a.user.len)
		return PARTY_MALFORMED;
	if (w->party == PARTY_RPID && is_other_side(&a))
		return PARTY_ANONYMOUS;
	*ret_address = a;
	return PARTY_USABLE;
}

static const struct party_judged *judge_once(const struct party_walk *w,
					     struct text value)
{
	struct party_memo *memo = w->memo;
	struct party_judged *j;

	for (unsigned i = 0; i < PARTY_MEMO_SIZE && i < memo->count; i++) {
		j = &memo->judged[i];
		if (j->value.p == value.p && j->value.len == value.len &&
		    j->party == w->party)
			return j;
	}
	j = &memo->judged[memo->count++ % PARTY_MEMO_SIZE];
	j->value = value;
	j->party = w->party;
	j->quality = judge(w, value, &j->address);
	return j;
}

/* The next element, empty ones between commas skipped. */
static bool next_value(struct party_walk *w, struct text *ret_value)
{
	const struct party_header *p = &headers[w->party];
	const struct header_view *h;

	while (w->in_header && address_list_next(&w->rest, ret_value))
		if (ret_value->len)
			return true;
	w->in_header = false;
	h = header_next(w->req, text_of(p->name), p->compact, &w->header_idx);
	if (!h)
		return false;
	*ret_value = text_trim(h->value);
	if (!p->is_list || !ret_value->len)
		return true; /* an empty header is an element too: a bad one */
	w->in_header = true;
	w->rest = *ret_value;
	return address_list_next(&w->rest, ret_value);
}

bool party_next(struct party_walk *w, struct address_view *ret_address,
		enum party_quality *ret_quality)
{
	const struct party_judged *j;
	struct text value;

	if (!next_value(w, &value))
		return false;
	j = judge_once(w, value);
	*ret_quality = j->quality;
	if (j->quality == PARTY_USABLE)
		*ret_address = j->address;
	return true;
}

bool party_next_usable(struct party_walk *w, struct address_view *ret_address)
{
	enum party_quality quality;

	while (party_next(w, ret_address, &quality))
		if (quality == PARTY_USABLE)
			return true;
	return false;
}
