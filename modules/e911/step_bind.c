/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind: the number that the PSAP sees and can ring back.
 *
 * A caller with a dialable number keeps it when the organisation says so;
 * else an ELIN is lent from the pool of the location (core/elin.h decides
 * which).  Either is remembered with the way back to the caller.
 *
 * When it cannot: the caller's own number, else the calling number as
 * received, else the location's desk, else the calling user as text; told as
 * bound_by "none".
 */
#include <stdio.h>

#include "path.h"
#include "text_writer.h"

/* A dialable number of the caller's own; 0. */
static uint64_t own_number(const struct path *p)
{
	uint64_t n = p->endpoint.callback_number;

	if (n)
		return n;
	if (e164_to_u64(p->endpoint.number, &n) == 0)
		return n;
	return 0;
}

/* What stands in a user part as it is (RFC 3261 25.1), and escapes. */
static bool is_user_char(char c)
{
	return text_is_letter(c) || text_is_digit(c) ||
	       strchr("-_.!~*'()&=+$,;?/%", c);
}

void path_user_format(const char *user, char *out, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	struct text_writer w = text_writer_on(out, size);

	for (const char *c = user; *c;) {
		unsigned char byte = (unsigned char)*c;
		char escaped[3] = { '%', hex[byte >> 4], hex[byte & 15] };
		size_t as_is = 0;

		while (c[as_is] && is_user_char(c[as_is]))
			as_is++;
		text_write(&w, as_is ? text_make(c, as_is)
				     : text_make(escaped, sizeof(escaped)));
		c += as_is ? as_is : 1;
	}
	(void)text_writer_end(&w);
}

/* Who it is, the same in each call of the same person or device. */
static void caller_key(const struct path *p, char *key, size_t size)
{
	unsigned long long org = p->organization.organization_id;
	struct text_writer w = text_writer_on(key, size);

	if (!p->endpoint.endpoint_id) {
		(void)snprintf(key, size, "%llu/t%llu/%.60s", org,
			       (unsigned long long)p->trunk.trunk_id,
			       p->identities.number[0] ? p->identities.number
						       : p->identities.user);
		return;
	}
	text_write_u64(&w, org);
	text_write_cstr(&w, "/e");
	text_write_u64(&w, p->endpoint.endpoint_id);
	(void)text_writer_end(&w);
}

/* The user part that rings the caller on the trunk the call came from. */
static void way_back(const struct path *p, char *user, size_t size)
{
	bool by_site =
		strcmp(p->identified_by, "site") != 0 && p->site_location_id;
	struct text t = p->endpoint.extension;

	if (p->identities.user[0] && !by_site) {
		path_user_format(p->identities.user, user, size);
		return;
	}
	/* The call shows a site's number or nothing at all. */
	if (!t.len)
		t = p->endpoint.number;
	(void)snprintf(user, size, "%.*s", (int)t.len, t.p ? t.p : "");
}

static void fill_binding(const struct path *p, struct elin_binding *b)
{
	memset(b, 0, sizeof(*b));
	b->organization_id = p->organization.organization_id;
	b->location_id = p->location.location_id;
	b->trunk_id = p->trunk.trunk_id;
	b->call = p->call_id;
	b->timeout_s = p->elin_timeout_s;
	b->own_number = own_number(p);
	caller_key(p, b->caller, sizeof(b->caller));
	way_back(p, b->user, sizeof(b->user));
}

static bool bind_own(struct path *p, const struct path_request *rq,
		     const struct path_conf *conf)
{
	struct elin_binding b;

	p->shown_number = own_number(p);
	if (!p->organization.keep_own_number || !p->shown_number)
		return false;
	p->bound_by = "own_number";
	if (rq->dry_run)
		return true;
	fill_binding(p, &b);
	b.number = p->shown_number;
	p->holds_number = elin_table_bind(conf->elins, &b, p->now_ms) >= 0;
	return true;
}

static bool lend(struct path *p, const struct path_request *rq,
		 const struct path_conf *conf)
{
	enum elin_choice choice;
	struct elin_binding b;

	if (rq->dry_run) {
		p->elin = p->location.elin_count ? p->location.elins[0] : 0;
		p->bound_by = p->elin ? "pool" : "none";
		p->shown_number = p->elin;
		return p->elin != 0;
	}
	fill_binding(p, &b);
	choice = elin_table_lease(conf->elins, p->location.elins,
				  p->location.elin_count, conf->elin_walk, &b,
				  p->now_ms, &p->elin);
	if (choice == ELIN_NONE)
		return false;
	p->bound_by = elin_choice_name(choice);
	p->shown_number = p->elin;
	p->holds_number = true;
	return true;
}

static void show_what_there_is(struct path *p)
{
	p->bound_by = "none";
	p->shown_number = own_number(p);
	if (!p->shown_number)
		(void)!e164_to_u64(text_of(p->identities.number),
				   &p->shown_number);
	if (!p->shown_number)
		p->shown_number = p->location.desk_number;
	path_user_format(p->identities.user, p->shown_user,
			 sizeof(p->shown_user));
}

void step_bind(struct path *p, const struct path_request *rq,
	       struct directory *d, const struct path_conf *conf)
{
	(void)d;
	p->elin_timeout_s = p->organization.elin_timeout_s == DIR_TIMEOUT_UNSET
				    ? conf->sip_elin_timeout_s
				    : p->organization.elin_timeout_s;
	if (!bind_own(p, rq, conf) && !lend(p, rq, conf))
		show_what_there_is(p);
}
