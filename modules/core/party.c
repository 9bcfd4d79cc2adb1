/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "party.h"

struct party_header {
	struct text name;
	const char *compact; /* RFC 3261 20; NULL: none */
	const char *story;
	bool is_list;
};

static const struct party_header headers[PARTY_COUNT] = {
	[PARTY_PAI] = { { "P-Asserted-Identity", 19 }, NULL, "PAI", true },
	[PARTY_PPI] = { { "P-Preferred-Identity", 20 },
			NULL,
			"P-Preferred-Identity",
			true },
	[PARTY_RPID] = { { "Remote-Party-ID", 15 },
			 NULL,
			 "Remote-Party-ID",
			 true },
	[PARTY_FROM] = { { "From", 4 }, "f", "From", false },
};

/* What stands in the user part when nobody is meant. */
static const struct text nobody[] = { { "anonymous", 9 },
				      { "unknown", 7 },
				      { "unavailable", 11 },
				      { "restricted", 10 } };

const char *party_name(enum party p)
{
	return headers[p].story;
}

static bool is_anonymous(const struct address_view *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
		if (text_equal_nocase(a->user, nobody[i]))
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

/* A bit for each of their names. */
static uint64_t party_names(void)
{
	uint64_t bits = 0;

	for (size_t p = 0; p < PARTY_COUNT; p++) {
		bits |= name_bit(headers[p].name);
		if (headers[p].compact)
			bits |= name_bit(text_of(headers[p].compact));
	}
	return bits;
}

/* They are walked along several times. */
static void find_headers(const struct request_view *req,
			 struct party_memo *memo)
{
	/* Then some name may have a blank around it. */
	bool any = !req->names || req->names == UINT64_MAX;
	uint64_t names = party_names();

	for (size_t i = 0; i < req->header_count; i++) {
		const struct header_view *h = &req->headers[i];

		if (!any && !(name_bit(h->name) & names))
			continue;
		for (size_t p = 0; p < PARTY_COUNT; p++) {
			if (!header_is_named(h, headers[p].name,
					     headers[p].compact))
				continue;
			if (!memo->headers[p].end)
				memo->headers[p].first = i;
			memo->headers[p].end = i + 1;
		}
	}
	memo->knows_headers = true;
}

void party_begin(struct party_walk *w, const struct request_view *req,
		 enum party p, struct party_memo *memo)
{
	if (!memo->knows_headers)
		find_headers(req, memo);
	*w = (struct party_walk){ .req = req,
				  .party = p,
				  .header_idx = memo->headers[p].first,
				  .memo = memo };
}

static const struct header_view *next_header(struct party_walk *w)
{
	const struct party_header *p = &headers[w->party];

	if (w->header_idx == w->memo->headers[w->party].end)
		return NULL;
	if (w->header_idx == w->memo->headers[w->party].first)
		return &w->req->headers[w->header_idx++];
	return header_next(w->req, p->name, p->compact, &w->header_idx);
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
	h = next_header(w);
	if (!h)
		return false;
	*ret_value = text_trim(h->value);
	if (!p->is_list || !ret_value->len)
		return true; /* an empty header is an element too: a bad one */
	w->in_header = true;
	w->rest = *ret_value;
	return address_list_next(&w->rest, ret_value);
}

const struct party_judged *party_next(struct party_walk *w)
{
	struct text value;

	return next_value(w, &value) ? judge_once(w->memo, w->party, value)
				     : NULL;
}

const struct address_view *party_next_usable(struct party_walk *w)
{
	const struct party_judged *j;

	while ((j = party_next(w)) != NULL)
		if (j->quality == PARTY_USABLE)
			return &j->address;
	return NULL;
}

const struct address_view *party_next_address(struct party_walk *w)
{
	const struct party_judged *j;

	while ((j = party_next(w)) != NULL)
		if (j->is_address)
			return &j->address;
	return NULL;
}
