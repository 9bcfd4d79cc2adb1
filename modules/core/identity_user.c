/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device user id: which element carries it is not standardised, so a trunk
 * names the places.  Each place that is there gives candidates.
 */
#include "identity_collect.h"

#include <errno.h>

static void add_user(struct collector *c, struct text raw, struct text source)
{
	char buf[IDENTITY_VALUE_MAX + 1];
	struct text value;

	if (collector_clean(c, raw, 0, buf, &value))
		collector_add(c, IDENTITY_DEVICE_USER, value, source);
}

/* Byte-exact first; then without the quotes that a sender may have added. */
static void from_header(struct collector *c, struct text name,
			struct text place)
{
	const struct header_view *h;
	size_t at = 0;

	while ((h = header_next(c->req, name, NULL, &at)) != NULL) {
		add_user(c, h->value, place);
		add_user(c, text_unquote(h->value), place);
	}
}

static void from_ruri_param(struct collector *c, struct text name,
			    struct text place)
{
	struct text uri = c->req->request_uri, value;
	struct address_view a;

	/* Mostly there are none. */
	if (text_index(uri, ';') < uri.len && uri_parse(uri, &a) == 0 &&
	    address_param_find(&a, name, &value))
		add_user(c, value, place);
}

/* A From that names nobody may still have parameters and a display name. */
static void from_from_param(struct collector *c, struct text name,
			    struct text place)
{
	const struct address_view *a;
	struct party_walk walk;
	struct text value;

	party_begin(&walk, c->req, PARTY_FROM, &c->memo);
	while ((a = party_next_address(&walk)) != NULL)
		if (address_param_find(a, name, &value))
			add_user(c, value, place);
}

static void from_display(struct collector *c, struct text name,
			 struct text place)
{
	char plain[IDENTITY_VALUE_MAX + 1];
	const struct address_view *a;
	struct party_walk walk;

	(void)name;
	party_begin(&walk, c->req, PARTY_FROM, &c->memo);
	while ((a = party_next_address(&walk)) != NULL) {
		int len = text_unescape_pairs(a->display, plain, sizeof(plain));

		if (len < 0)
			collector_fault(c, IDENTITY_FAULT_TOO_LONG);
		else
			add_user(c, text_make(plain, (size_t)len), place);
	}
}

static void from_party(struct collector *c, enum party p)
{
	const struct address_view *a;
	struct party_walk walk;

	party_begin(&walk, c->req, p, &c->memo);
	while ((a = party_next_usable(&walk)) != NULL)
		add_user(c, a->user, text_of(party_name(p)));
}

static void from_pai_user(struct collector *c, struct text name,
			  struct text place)
{
	(void)name;
	(void)place;
	from_party(c, PARTY_PAI);
}

static void from_from_user(struct collector *c, struct text name,
			   struct text place)
{
	(void)name;
	(void)place;
	from_party(c, PARTY_FROM);
}

/* Both readings of one element; false when there is none. */
static bool add_uui(struct collector *c, struct text element)
{
	static const struct text source = { "User-to-User", 12 };
	char id[IDENTITY_VALUE_MAX + 1];
	int len, other;

	len = uui_decode(element, id, sizeof(id));
	if (len > 0)
		collector_add(c, IDENTITY_DEVICE_USER,
			      text_make(id, (size_t)len), source);
	other = uui_decode_other(element, id, sizeof(id));
	if (other > 0)
		collector_add(c, IDENTITY_DEVICE_USER,
			      text_make(id, (size_t)other), source);
	if (len == -ENOSPC)
		collector_fault(c, IDENTITY_FAULT_TOO_LONG);
	return len > 0 || len == -ENOSPC;
}

static void from_uui(struct collector *c, struct text name, struct text place)
{
	static const struct text names[] = { { "User-to-User", 12 },
					     { "X-User-To-User", 14 },
					     { "X-UserToUser", 12 } };

	(void)name;
	(void)place;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct header_view *h;
		size_t at = 0;

		while ((h = header_next(c->req, names[i], NULL, &at)) != NULL) {
			struct text rest = h->value, element;
			bool found = false;

			while (text_cut_quoted(&rest, ",", &element))
				found = add_uui(c, element) || found;
			if (!found)
				collector_fault(c, IDENTITY_FAULT_UUI);
		}
	}
}

typedef void(place_f)(struct collector *c, struct text name, struct text place);

/* A place that ends in ':' is followed by a name. */
static const struct {
	struct text place;
	place_f *collect;
} places[] = {
	{ { "hdr:", 4 }, from_header },
	{ { "ruri-param:", 11 }, from_ruri_param },
	{ { "from-param:", 11 }, from_from_param },
	{ { "uui", 3 }, from_uui },
	{ { "pai-user", 8 }, from_pai_user },
	{ { "from-user", 9 }, from_from_user },
	{ { "from-display", 12 }, from_display },
};

static void collect_place(struct collector *c, struct text place)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct text p = places[i].place, name;

		if (place.len < p.len ||
		    !text_equal_nocase(text_make(place.p, p.len), p))
			continue;
		name = text_make(place.p + p.len, place.len - p.len);
		if ((p.p[p.len - 1] == ':') == (name.len > 0))
			places[i].collect(c, name, place);
		return;
	}
}

void collect_device_user(struct collector *c)
{
	struct text rest = c->profile->user_id_sources, place;

	if (!text_trim(rest).len)
		rest = text_of(IDENTITY_USER_ID_SOURCES_DEFAULT);
	while (text_cut(&rest, ',', &place))
		collect_place(c, text_trim(place));
}
