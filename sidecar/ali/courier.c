/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/courier.h"

#include <inttypes.h>
#include <stdio.h>

void ali_courier_begin(struct ali_courier *c, const char *name,
		       struct text body)
{
	/* Over HTTP the answer says it all, and nothing can be renamed. */
	bool is_http = c->exchange.account->place.way == ALI_WAY_HTTPS;

	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	(void)snprintf(c->part, sizeof(c->part), "%s%s", c->name,
		       is_http ? "" : c->part_suffix);
	c->body = body;
	c->step = is_http ? ALI_COURIER_PUT : ALI_COURIER_LOOK;
	ali_exchange_reset(&c->exchange);
}

void ali_courier_began(struct ali_courier *c)
{
	c->has_begun = true;
	c->step = ALI_COURIER_PUT;
}

bool ali_courier_is_ready(const struct ali_courier *c)
{
	return c->step != ALI_COURIER_IDLE && c->step < ALI_COURIER_DELIVERED &&
	       !c->exchange.is_under_way;
}

static enum ali_courier_step fail(struct ali_courier *c, const char *what)
{
	if (c->verify_size && c->exchange.size_bytes < 0)
		what = "the server does not say how long it is";
	/* A name of any length: what does not fit is told without it. */
	if (snprintf(c->exchange.why, sizeof(c->exchange.why),
		     "%s: %s, %" PRId64 " bytes of %zu are there", c->name,
		     what, c->exchange.size_bytes,
		     c->body.len) >= (int)sizeof(c->exchange.why))
		(void)snprintf(c->exchange.why, sizeof(c->exchange.why), "%s",
			       what);
	return ALI_COURIER_FAILED;
}

static enum ali_courier_step looked(struct ali_courier *c)
{
	struct ali_exchange *x = &c->exchange;
	bool has_part = c->part_suffix[0] != '\0';
	bool is_there = c->verify_size ? x->end != TRANSFER_ABSENT
				       : ali_exchange_lists(x, c->name);

	if (!is_there)
		return c->has_begun ? ALI_COURIER_PUT : ALI_COURIER_BEGIN;
	if (!c->has_begun)
		return fail(c, "another file has its name");
	/* Without a name beside it that is what came of the last attempt. */
	if (!has_part &&
	    (!c->verify_size || x->size_bytes != (int64_t)c->body.len))
		return ALI_COURIER_PUT;
	if (!c->verify_size || x->size_bytes == (int64_t)c->body.len)
		return ALI_COURIER_DELIVERED;
	return fail(c, "another file has its name");
}

static enum ali_courier_step behind_put(const struct ali_courier *c)
{
	if (c->exchange.account->place.way == ALI_WAY_HTTPS)
		return ALI_COURIER_DELIVERED;
	if (c->verify_size)
		return ALI_COURIER_MEASURE;
	return c->part_suffix[0] ? ALI_COURIER_RENAME : ALI_COURIER_DELIVERED;
}

static enum ali_courier_step next(struct ali_courier *c)
{
	const struct ali_exchange *x = &c->exchange;

	if (x->end != TRANSFER_ANSWERED &&
	    (x->end != TRANSFER_ABSENT || c->step != ALI_COURIER_LOOK))
		return ALI_COURIER_FAILED;
	switch (c->step) {
	case ALI_COURIER_LOOK:
		return looked(c);
	case ALI_COURIER_PUT:
		return behind_put(c);
	case ALI_COURIER_MEASURE:
		if (x->size_bytes != (int64_t)c->body.len)
			return fail(c, "it is not whole");
		return c->part_suffix[0] ? ALI_COURIER_RENAME
					 : ALI_COURIER_DELIVERED;
	case ALI_COURIER_RENAME:
		return ALI_COURIER_DELIVERED;
	default:
		return c->step;
	}
}

int ali_courier_go(struct ali_courier *c, unsigned address_count,
		   const uint8_t (*addresses)[16])
{
	struct ali_asked asked = { .name = c->part,
				   .to = c->name,
				   .body = c->body,
				   .address_count = address_count,
				   .addresses = addresses };

	if (c->exchange.is_answered) {
		c->step = next(c);
		c->exchange.is_answered = false;
	}
	switch (c->step) {
	case ALI_COURIER_LOOK:
		asked.act = c->verify_size ? ALI_ACT_SIZE : ALI_ACT_LIST;
		asked.name = c->verify_size ? c->name : "";
		break;
	case ALI_COURIER_PUT:
		asked.act = ALI_ACT_PUT;
		break;
	case ALI_COURIER_MEASURE:
		asked.act = ALI_ACT_SIZE;
		break;
	case ALI_COURIER_RENAME:
		asked.act = ALI_ACT_RENAME;
		break;
	default:
		return 0;
	}
	return ali_exchange_start(&c->exchange, &asked);
}
