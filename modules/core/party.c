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

static enum party_quality judge(const struct party_judged *j)
{
	if (!j->is_address)
		return PARTY_MALFORMED;
	if (is_anonymous(&j->address))
		return PARTY_ANONYMOUS;
	if (!j->address.user.len)
		return PARTY_MALFORMED;
	if (j->party == PARTY_RPID && is_other_side(&j->address))
		return PARTY_ANONYMOUS;
	return PARTY_USABLE;
}

static const struct party_judged *judge_once(struct party_memo *memo,
					     enum party p, struct text value)
{
	struct party_judged *j;

	for (unsigned i = 0; i < PARTY_MEMO_SIZE && i < memo->count; i++) {
		j = &memo->judged[i];
		if (j->value.p == value.p && j->value.len == value.len &&
		    j->party == p)
			return j;
	}
	j = &memo->judged[memo->count++ % PARTY_MEMO_SIZE];
	j->value = value;
	j->party = p;
	j->is_address = address_parse(value, &j->address) == 0;
	j->quality = judge(j);
	return j;
}

const struct address_view *party_from_address(const struct header_view *from,
					      struct party_memo *memo)
{
	const struct party_judged *j =
		judge_once(memo, PARTY_FROM, text_trim(from->value));

	return j->is_address ? &j->address : NULL;
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
	j = judge_once(w->memo, w->party, value);
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
