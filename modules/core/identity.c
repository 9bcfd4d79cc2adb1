/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"

#include <errno.h>

#include "identity_collect.h"

/* clang-format off */
static const struct kind_row {
	const char *name;
	enum identity_kind kind;
	unsigned room; /* so that a flood of one kind leaves the others theirs */
} kinds[] = {
	{ "device_user", IDENTITY_DEVICE_USER, 8 },
	{ "mac",         IDENTITY_MAC,         3 },
	{ "ip",          IDENTITY_IP,          3 },
	{ "number",      IDENTITY_NUMBER,      4 },
	{ "extension",   IDENTITY_EXTENSION,   6 },
};
/* clang-format on */

const enum identity_kind identity_order_default[IDENTITY_ORDER_MAX] = {
	IDENTITY_DEVICE_USER, IDENTITY_MAC,       IDENTITY_IP,
	IDENTITY_NUMBER,      IDENTITY_EXTENSION,
};

static const struct kind_row *kind_row(enum identity_kind k)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == k)
			return &kinds[i];
	return NULL;
}

const char *identity_kind_name(enum identity_kind k)
{
	const struct kind_row *row = kind_row(k);

	return row ? row->name : "none";
}

enum identity_kind identity_kind_find(struct text name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (text_equal(name, text_of(kinds[i].name)))
			return kinds[i].kind;
	return (enum identity_kind)0;
}

int identity_organization(const struct request_view *req, struct uuid *ret_uuid)
{
	const struct text name = text_of("E911-Organization-ID");
	char value[2 * UUID_STRING_SIZE];
	const struct header_view *h;
	size_t at = 0;
	int len;

	h = header_next(req, name, NULL, &at);
	if (!h)
		return -ENOENT;
	if (header_next(req, name, NULL, &at))
		return -EEXIST;
	len = text_clean(text_unquote(h->value), value, sizeof(value));
	if (len < 0)
		return -EINVAL;
	return uuid_parse(text_make(value, (size_t)len), ret_uuid);
}

/* ---- candidates ---- */

void collector_fault(struct collector *c, enum identity_fault f)
{
	c->set->faults |= (unsigned)f;
}

/* Already there?  Else how many of its kind are. */
static bool is_known(const struct identity_set *set, enum identity_kind kind,
		     struct text value, unsigned *ret_count)
{
	unsigned count = 0;

	for (unsigned i = 0; i < set->count; i++) {
		const struct identity_candidate *k = &set->candidates[i];

		if (k->kind != kind)
			continue;
		if (text_equal(text_make(k->value, k->value_len), value))
			return true;
		count++;
	}
	*ret_count = count;
	return false;
}

void collector_add(struct collector *c, enum identity_kind kind,
		   struct text value, struct text source)
{
	const struct kind_row *row = kind_row(kind);
	struct identity_set *set = c->set;
	struct identity_candidate *k;
	unsigned count;

	if (!row || !value.len || is_known(set, kind, value, &count))
		return;
	if (value.len > IDENTITY_VALUE_MAX) {
		collector_fault(c, IDENTITY_FAULT_TOO_LONG);
		return;
	}
	if (count >= row->room || set->count == IDENTITY_CANDIDATES_MAX) {
		collector_fault(c, IDENTITY_FAULT_TOO_MANY);
		return;
	}
	k = &set->candidates[set->count++];
	memset(k, 0, sizeof(*k));
	k->kind = kind;
	k->value_len = (uint8_t)value.len;
	memcpy(k->value, value.p, value.len);
	k->value[value.len] = '\0';
	/* The source is only told to people: a cut does no harm. */
	if (source.len >= sizeof(k->source))
		source.len = sizeof(k->source) - 1;
	memcpy(k->source, source.p, source.len);
	k->source[source.len] = '\0';
}

bool collector_cleaned(struct collector *c, int len, unsigned malformed)
{
	if (len == -ENOSPC)
		collector_fault(c, IDENTITY_FAULT_TOO_LONG);
	else if (len < 0)
		c->set->faults |= malformed;
	return len > 0;
}

bool collector_clean(struct collector *c, struct text raw, unsigned malformed,
		     char buf[IDENTITY_VALUE_MAX + 1], struct text *ret)
{
	int len = text_clean(raw, buf, IDENTITY_VALUE_MAX + 1);

	if (!collector_cleaned(c, len, malformed))
		return false;
	*ret = text_make(buf, (size_t)len);
	return true;
}

/* ---- ININAttr ---- */

static void collect_station(struct collector *c, enum identity_kind kind)
{
	const struct text name = text_of("ININAttr");
	const struct header_view *h;
	size_t at = 0;

	while ((h = header_next(c->req, name, NULL, &at)) != NULL) {
		struct inin_attr attr;

		(void)inin_attr_parse(h->value, &attr);
		if (kind == IDENTITY_MAC && attr.has_mac)
			collector_add(c, kind, text_of(attr.mac), name);
		if (kind == IDENTITY_IP && attr.has_ip)
			collector_add(c, kind,
				      text_make((const char *)attr.ip,
						sizeof(attr.ip)),
				      name);
	}
}

static void inspect_station(struct collector *c)
{
	const struct header_view *h;
	struct inin_attr attr;
	size_t at = 0;

	while ((h = header_next(c->req, text_of("ININAttr"), NULL, &at)))
		if (inin_attr_parse(h->value, &attr) == 0)
			collector_fault(c, IDENTITY_FAULT_ININATTR);
}

/* ---- the request ---- */

static void collect_kind(struct collector *c, enum identity_kind kind)
{
	switch (kind) {
	case IDENTITY_DEVICE_USER:
		collect_device_user(c);
		break;
	case IDENTITY_MAC:
	case IDENTITY_IP:
		collect_station(c, kind);
		break;
	case IDENTITY_NUMBER:
		collect_number(c);
		break;
	case IDENTITY_EXTENSION:
		collect_extension(c);
		break;
	}
}

void identity_collect(const struct request_view *req,
		      const struct identity_profile *profile,
		      struct identity_set *ret_set)
{
	struct collector c = { .req = req,
			       .profile = profile,
			       .set = ret_set,
			       .calling = PARTY_COUNT };
	const enum identity_kind *order = profile->order;

	/* Not the candidates: few are ever used, and each is cleared then. */
	ret_set->count = ret_set->faults = 0;
	ret_set->number[0] = ret_set->user[0] = '\0';
	ret_set->calling_source = "none";
	collect_calling(&c);
	inspect_station(&c);
	if (!order[0])
		order = identity_order_default;
	for (size_t i = 0; i < IDENTITY_ORDER_MAX && order[i]; i++)
		collect_kind(&c, order[i]);
}
