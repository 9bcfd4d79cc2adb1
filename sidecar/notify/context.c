/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/context.h"

#include <errno.h>
#include <stdio.h>

#include "bytes.h"
#include "crc32c.h"
#include "notify/civic_part.h"

const char *call_state_name(enum call_state s)
{
	switch (s) {
	case CALL_IS_RINGING:
		return "ringing";
	case CALL_IS_ANSWERED:
		return "answered";
	case CALL_IS_RECOVERED:
		return "recovered";
	case CALL_HAS_ENDED:
		return "ended";
	case CALL_UNBORN:
		break;
	}
	return "";
}

/* ---- bytes ---- */

#define CONTEXT_VERSION 1
#define HEAD_SIZE       52

int context_encode(const struct context *c, struct arena *a, struct text *ret)
{
	size_t size = HEAD_SIZE;
	uint8_t *buf, *p;

	for (unsigned i = 1; i < VARIABLES; i++)
		if (variable_is_kept((enum variable)i) && c->known.v[i].len)
			size += 3 + c->known.v[i].len;
	buf = arena_take(a, size);
	if (!buf)
		return -ENOMEM;
	memset(buf, 0, HEAD_SIZE);
	buf[4] = CONTEXT_VERSION;
	buf[5] = (uint8_t)c->state;
	le64_put(buf + 8, (uint64_t)c->started_at_ms);
	le64_put(buf + 16, (uint64_t)c->answered_at_ms);
	le64_put(buf + 24, c->organization_id);
	le64_put(buf + 32, c->location_id);
	le64_put(buf + 40, c->building_id);
	le32_put(buf + 48, c->told_of);
	p = buf + HEAD_SIZE;
	for (unsigned i = 1; i < VARIABLES; i++) {
		struct text v = c->known.v[i];

		if (!variable_is_kept((enum variable)i) || !v.len)
			continue;
		*p = (uint8_t)i;
		le16_put(p + 1, (uint16_t)v.len);
		memcpy(p + 3, v.p, v.len);
		p += 3 + v.len;
	}
	le32_put(buf, crc32c(0, buf + 4, size - 4));
	*ret = text_make((const char *)buf, size);
	return 0;
}

static int decode_values(const uint8_t *p, const uint8_t *end,
			 struct variables *ret)
{
	while (p < end) {
		size_t len;
		unsigned v;

		if (end - p < 3)
			return -EBADMSG;
		v = p[0];
		len = le16_get(p + 1);
		p += 3;
		if (len > VARIABLE_VALUE_MAX || (size_t)(end - p) < len)
			return -EBADMSG;
		if (variable_is_kept((enum variable)v))
			ret->v[v] = text_make((const char *)p, len);
		p += len;
	}
	return 0;
}

int context_decode(struct text data, struct context *ret)
{
	const uint8_t *b = (const uint8_t *)data.p;
	struct context c = { 0 };

	if (data.len < HEAD_SIZE ||
	    le32_get(b) != crc32c(0, b + 4, data.len - 4))
		return -EBADMSG;
	if (b[4] != CONTEXT_VERSION || b[5] > CALL_HAS_ENDED)
		return -EBADMSG;
	c.state = (enum call_state)b[5];
	c.started_at_ms = (int64_t)le64_get(b + 8);
	c.answered_at_ms = (int64_t)le64_get(b + 16);
	c.organization_id = le64_get(b + 24);
	c.location_id = le64_get(b + 32);
	c.building_id = le64_get(b + 40);
	c.told_of = le32_get(b + 48);
	if (decode_values(b + HEAD_SIZE, b + data.len, &c.known) < 0)
		return -EBADMSG;
	*ret = c;
	return 0;
}

/* ---- from an event ---- */

/* Takes the first failure along. */
struct filling {
	struct context *c;
	struct arena *arena;
	int err;
};

static void put(struct filling *f, enum variable v, struct text value)
{
	if (f->err >= 0 && value.len)
		f->err = variables_set(&f->c->known, v, value, f->arena);
}

static void put_u64(struct filling *f, enum variable v, uint64_t value)
{
	if (f->err >= 0 && value)
		f->err = variables_set_u64(&f->c->known, v, value, f->arena);
}

/* Millionths of a degree, counted from -from. */
static void put_degrees(struct filling *f, enum variable v, uint32_t u6,
			int from)
{
	int64_t n = (int64_t)u6 - (int64_t)from * 1000000;
	uint64_t size = (uint64_t)(n < 0 ? -n : n);
	char buf[32];

	(void)snprintf(buf, sizeof(buf), "%s%u.%06u", n < 0 ? "-" : "",
		       (unsigned)(size / 1000000), (unsigned)(size % 1000000));
	put(f, v, text_of(buf));
}

static void put_civic(struct filling *f, struct text civic)
{
	static const struct {
		enum variable v;
		const char *element;
	} parts[] = {
		{ VARIABLE_BUILDING, "BLD" }, { VARIABLE_FLOOR, "FLR" },
		{ VARIABLE_UNIT, "UNIT" },    { VARIABLE_ROOM, "ROOM" },
		{ VARIABLE_INFO, "LOC" },
	};
	char buf[VARIABLE_VALUE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		put(f, parts[i].v,
		    civic_part(civic, parts[i].element, buf, sizeof(buf)));
}

int context_add_location(struct context *c, struct directory *d,
			 uint64_t location_id, struct arena *a)
{
	struct filling f = { .c = c, .arena = a };
	struct dir_location l;

	if (!location_id)
		return 0;
	c->location_id = location_id;
	put_u64(&f, VARIABLE_LOCATION_ID, location_id);
	if (!d || directory_location(d, location_id, &l) < 0)
		return f.err;
	c->building_id = l.building_id;
	if (!c->organization_id)
		c->organization_id = l.organization_id;
	put(&f, VARIABLE_LOCATION, l.name);
	put(&f, VARIABLE_ADDRESS, l.address);
	put(&f, VARIABLE_TIME_ZONE, l.time_zone);
	put_civic(&f, l.civic);
	if (l.latitude_u6 || l.longitude_u6) {
		put_degrees(&f, VARIABLE_LATITUDE, l.latitude_u6, 90);
		put_degrees(&f, VARIABLE_LONGITUDE, l.longitude_u6, 180);
	}
	return f.err;
}

int context_add_organization(struct context *c, struct directory *d,
			     uint64_t organization_id, struct arena *a)
{
	struct filling f = { .c = c, .arena = a };
	struct dir_organization o;

	if (!organization_id)
		return 0;
	c->organization_id = organization_id;
	put_u64(&f, VARIABLE_ORGANIZATION_ID, organization_id);
	if (!d || directory_organization(d, organization_id, &o) < 0)
		return f.err;
	put(&f, VARIABLE_ORGANIZATION, o.name);
	if (!c->known.v[VARIABLE_TIME_ZONE].len)
		put(&f, VARIABLE_TIME_ZONE, o.time_zone);
	return f.err;
}

static void put_device(struct filling *f, const struct event_facts *e)
{
	struct text by = event_fact(e, FIELD_IDENTIFIED_BY);
	struct text value = event_fact(e, FIELD_IDENTIFIED_VALUE);
	char buf[VARIABLE_VALUE_MAX];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	if (text_equal(by, text_of("none")))
		return;
	text_write(&w, by);
	text_write_cstr(&w, by.len && value.len ? " " : "");
	text_write(&w, value);
	put(f, VARIABLE_DEVICE, text_written(&w));
}

static void put_names(struct filling *f, const struct event_facts *e,
		      struct directory *d)
{
	struct dir_endpoint endpoint;
	struct dir_psap psap;

	if (!d)
		return;
	if (directory_endpoint(d, event_fact_u64(e, FIELD_ENDPOINT),
			       &endpoint) == 0)
		put(f, VARIABLE_CALLER_NAME, endpoint.name);
	if (directory_psap(d, event_fact_u64(e, FIELD_PSAP), &psap) == 0)
		put(f, VARIABLE_PSAP, psap.name);
}

int context_begin(const struct event_facts *e, struct directory *d,
		  struct arena *a, struct context *ret)
{
	static const struct {
		enum variable v;
		enum event_field field;
	} plain[] = {
		{ VARIABLE_CALLER_NUMBER, FIELD_CALLER_NUMBER },
		{ VARIABLE_CALLBACK_NUMBER, FIELD_CALLBACK_NUMBER },
		{ VARIABLE_ELIN, FIELD_ELIN },
		{ VARIABLE_LOCATED_BY, FIELD_LOCATED_BY },
		{ VARIABLE_NODE, FIELD_NODE },
		{ VARIABLE_SERVICE, FIELD_SERVICE },
		{ VARIABLE_PLATFORM_CALL_ID, FIELD_PLATFORM_CALL },
	};
	struct context c = { .state = CALL_IS_RINGING,
			     .started_at_ms = e->at_ms };
	struct filling f = { .c = &c, .arena = a };

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		put(&f, plain[i].v, event_fact(e, plain[i].field));
	put_device(&f, e);
	put_names(&f, e, d);
	if (f.err >= 0)
		f.err = context_add_location(
			&c, d, event_fact_u64(e, FIELD_LOCATION), a);
	if (f.err >= 0)
		f.err = context_add_organization(
			&c, d, event_fact_u64(e, FIELD_ORGANIZATION), a);
	if (f.err >= 0)
		*ret = c;
	return f.err;
}
