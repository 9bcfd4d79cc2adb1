/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route: the ordered list of trunks to try.
 *
 * The PSAP of a location that the call brought, if that is better; the PSAP of
 * the registered location and its alternates, then the relay centre of the
 * organisation or the gateway, then the last resort, then the default route
 * parameter, which needs no directory.  The same trunk and user is tried
 * once.  Each address of a trunk is a route of its own; however many a PSAP
 * has, places stay free for those who answer when it does not.
 *
 * When it cannot: the default route alone; bridge answers 503 only when even
 * that is not set.
 */
#include <stdio.h>

#include "path.h"
#include "route_tls.h"

/*
 * How many routes the list may have after each part of it.  A PSAP's trunks
 * can have DIR_DESTINATIONS_MAX addresses each, and must not crowd out the
 * relay centre and the last resort.
 */
enum route_limit {
	LIMIT_PSAP = CALL_ROUTES_MAX - 8,
	LIMIT_RELAY_CENTER = CALL_ROUTES_MAX - 4,
	LIMIT_LAST_RESORT = CALL_ROUTES_MAX - 2,
	LIMIT_DEFAULT = CALL_ROUTES_MAX,
};
_Static_assert(LIMIT_PSAP >= DIR_ROUTES_MAX, "a full PSAP record fits");

static unsigned profile_of(const struct call_route *r)
{
	return r->profile ? r->profile : PROFILE_LEGACY;
}

/* Would the same be said to the same peer?  A platform is called back by the
 * form of its trunk, so there the trunk counts. */
static bool same_route(const struct call_route *a, const struct call_route *b)
{
	bool callback = !a->kind && !b->kind && a->trunk_id && b->trunk_id;

	if (callback && a->trunk_id != b->trunk_id)
		return false;
	return a->port == b->port && a->transport == b->transport &&
	       profile_of(a) == profile_of(b) &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->user, b->user) == 0 &&
	       strcmp(a->tls_name, b->tls_name) == 0 &&
	       strcmp(a->tls_sni, b->tls_sni) == 0;
}

static bool append(struct path *p, const struct call_route *route,
		   unsigned limit)
{
	for (unsigned i = 0; i < p->route_count; i++)
		if (same_route(&p->routes[i], route))
			return true;
	if (p->route_count >= limit) {
		p->faults |= PATH_FAULT_ROUTES_CUT;
		return false;
	}
	p->routes[p->route_count++] = *route;
	return true;
}

/* The user part as this trunk wants it: with its prefix replaced. */
static bool user_for(const struct dir_trunk *trunk, struct text user, char *buf,
		     size_t size)
{
	size_t prefix = trunk->prefix.len, with = trunk->replace_prefix.len;

	if (!trunk->has_replacement || !prefix || user.len < prefix ||
	    memcmp(user.p, trunk->prefix.p, prefix) != 0)
		return text_to_cstr(user, buf, size) >= 0;
	if (with >= size)
		return false;
	if (with)
		memcpy(buf, trunk->replace_prefix.p, with);
	return text_to_cstr(text_make(user.p + prefix, user.len - prefix),
			    buf + with, size - with) >= 0;
}

/* A route to each address of the trunk; false: to none.  It has no address
 * as long as the name of it was never resolved. */
static bool append_destinations(struct path *p, const struct dir_trunk *trunk,
				struct call_route *route, unsigned limit)
{
	struct dir_contact own = { trunk->host, trunk->port, trunk->transport };
	bool added = false;

	for (unsigned i = 0; i <= trunk->contact_count; i++) {
		const struct dir_contact *c =
			i ? &trunk->contacts[i - 1] : &own;

		if (text_is_empty(c->host) ||
		    text_to_cstr(c->host, route->host, sizeof(route->host)) < 0)
			continue;
		route->port = c->port;
		route->transport = (uint8_t)c->transport;
		route_tls_set(route, trunk, i);
		added |= append(p, route, limit);
	}
	return added;
}

static unsigned limit_of(enum psap_kind kind)
{
	switch (kind) {
	case PSAP_PRIMARY:
		return LIMIT_PSAP;
	case PSAP_RELAY_CENTER:
		return LIMIT_RELAY_CENTER;
	case PSAP_LAST_RESORT:
		return LIMIT_LAST_RESORT;
	}
	return LIMIT_DEFAULT; /* a callback */
}

bool path_route_add(struct path *p, struct directory *d, uint64_t trunk_id,
		    uint64_t psap_id, enum psap_kind kind, struct text user)
{
	struct call_route route = { .trunk_id = trunk_id,
				    .psap_id = psap_id,
				    .kind = (uint8_t)kind };
	struct dir_trunk trunk;

	if (!path_found(p, directory_trunk(d, trunk_id, &trunk)) ||
	    !user_for(&trunk, user, route.user, sizeof(route.user)))
		return false;
	route.number_format = (uint8_t)trunk.number_format;
	route.profile = (uint8_t)trunk.profile;
	route.media = (uint8_t)trunk.media;
	route.location_body = (uint8_t)trunk.location_body;
	route.response_timeout_ms = trunk.response_timeout_ms;
	route.ring_timeout_ms = trunk.ring_timeout_ms;
	route.progress_timeout_ms = trunk.progress_timeout_ms;
	route.recovery_timeout_s = trunk.recovery_timeout_s;
	route.max_calls = trunk.max_calls;
	return append_destinations(p, &trunk, &route, limit_of(kind));
}

static void add_psap(struct path *p, struct directory *d, uint64_t psap_id)
{
	struct dir_psap psap;
	unsigned before = p->route_count;

	if (!psap_id || !path_found(p, directory_psap(d, psap_id, &psap)))
		return;
	for (uint32_t i = 0; i < psap.route_count; i++)
		path_route_add(p, d, psap.routes[i].trunk_id,
			       psap.routes[i].psap_id, psap.kind,
			       psap.routes[i].request_user);
	if (before == 0 && p->route_count) {
		p->psap_id = psap_id;
		p->routed_by = psap_kind_name(psap.kind);
	}
}

static void add_fallbacks(struct path *p, struct directory *d)
{
	struct dir_gateway gateway;
	uint64_t relay = p->organization.relay_center_psap_id;

	if (!path_found(p, directory_gateway(d, &gateway)))
		memset(&gateway, 0, sizeof(gateway));
	add_psap(p, d, relay ? relay : gateway.relay_center_psap_id);
	add_psap(p, d, gateway.last_resort_psap_id);
}

void step_route(struct path *p, const struct path_request *rq,
		struct directory *d, const struct path_conf *conf)
{
	(void)rq;
	if (d) {
		add_psap(p, d, p->brought_psap_id);
		add_psap(p, d, p->location.psap_id);
		add_fallbacks(p, d);
	}
	if (!p->routed_by)
		p->routed_by = "default";
	for (unsigned i = 0; i < conf->default_route_count; i++)
		append(p, &conf->default_routes[i], LIMIT_DEFAULT);
}
