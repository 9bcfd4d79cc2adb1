/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "base/json.h"
#include "ctl/explain.h"
#include "modules/e911/callback.h"

#define ANSWER_SIZE 512

/* ---- trunk and organisation ---- */

static const char *how_known(const struct explain *e)
{
	const struct path *p = &e->path;

	if (!(p->trunk.proofs & EXPLAIN_PROOFS))
		return "by its address";
	if (p->faults & PATH_FAULT_CREDENTIAL)
		return "by its address; the proof that its trunk wants is "
		       "missing, so what it claims is not believed";
	return e->proof_is_assumed ? "by the proofs that its trunk wants, "
				     "which are assumed to be right"
				   : "by the proofs that its trunk wants";
}

void explain_source(struct explain *e)
{
	char ip[CALL_HOST_SIZE];
	struct story *s = e->story;
	static const uint8_t nowhere[16];

	story_chapter(s, "source");
	path_ip_format(e->rq.source, ip, sizeof(ip));
	if (memcmp(e->rq.source, nowhere, sizeof(nowhere)) == 0) {
		story_fact_cstr(s, "address", NULL);
		story_say(s, "from anywhere, with the proofs of trunk %.*s",
			  TEXT_ARG(e->trunk.name));
	} else {
		story_fact_cstr(s, "address", ip);
		story_say(s, strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip,
			  e->rq.source_port);
	}
	story_fact_bool(s, "is_assumed", e->trunk_is_assumed);
	if (e->trunk_is_assumed && e->trunk.trunk_id)
		story_say(s,
			  "assumed: trunk %.*s is one that the organisation's "
			  "calls come over; --trunk names another",
			  TEXT_ARG(e->trunk.name));
	else if (e->trunk_is_assumed)
		story_say(s, "assumed: it is the topmost Via's; --source and "
			     "--trunk say where it does come from");
}

static void tell_trunk(struct explain *e)
{
	const struct path *p = &e->path;
	struct story *s = e->story;

	story_fact(s, "trunk", p->trunk.name);
	story_fact_id(s, "trunk_id", p->trunk.trunk_id);
	if (!p->source_known) {
		story_say(s, "no trunk is known to send from there");
		return;
	}
	story_say(s, "trunk %.*s (%" PRIu64 "), known %s",
		  TEXT_ARG(p->trunk.name), p->trunk.trunk_id, how_known(e));
}

static void tell_organization(struct explain *e)
{
	const struct path *p = &e->path;
	struct story *s = e->story;

	story_fact(s, "organization", p->organization.name);
	story_fact_id(s, "organization_id", p->organization.organization_id);
	story_fact_cstr(s, "organization_from", p->organization_from);
	if (p->faults & PATH_FAULT_ORGANIZATION_FOREIGN)
		story_say(s, "its E911-Organization-ID is of an organisation "
			     "that may not come over this trunk: not followed, "
			     "and told as a security event");
	if (p->faults & PATH_FAULT_ORGANIZATION_BAD)
		story_say(s, "its E911-Organization-ID is no UUID: not "
			     "followed");
	if (p->faults & PATH_FAULT_ORGANIZATION_SEVERAL)
		story_say(s, "it has several E911-Organization-ID: none is "
			     "followed");
	if (p->organization.organization_id)
		story_say(s, "organisation %.*s (%" PRIu64 "), %s",
			  TEXT_ARG(p->organization.name),
			  p->organization.organization_id,
			  strcmp(p->organization_from, "header") == 0
				  ? "as its E911-Organization-ID says"
				  : "the trunk's own");
	else
		story_say(s, "no organisation: the trunk has none of its own, "
			     "and the call names none that is followed");
}

/* ---- who ---- */

static void tell_candidates(struct explain *e)
{
	const struct identity_set *set = &e->path.identities;
	struct story *s = e->story;

	for (unsigned i = 0; i < set->count; i++) {
		const struct identity_candidate *c = &set->candidates[i];
		char ip[CALL_HOST_SIZE];
		const char *value = c->value;

		if (c->kind == IDENTITY_IP && c->value_len == 16) {
			path_ip_format((const uint8_t *)c->value, ip,
				       sizeof(ip));
			value = ip;
		}
		story_say(s, "  it shows the %s %s, in %s",
			  identity_kind_name(c->kind), value, c->source);
	}
	if (!set->count)
		story_say(s, "  it shows nothing that trunk %.*s looks for",
			  TEXT_ARG(e->path.trunk.name));
}

static void tell_identity_faults(struct explain *e)
{
	static const struct {
		unsigned fault;
		const char *says;
	} rows[] = {
		{ IDENTITY_FAULT_ININATTR, "there is nothing usable in its "
					   "ININAttr" },
		{ IDENTITY_FAULT_PAI, "its P-Asserted-Identity cannot be "
				      "read" },
		{ IDENTITY_FAULT_FROM, "its From cannot be read" },
		{ IDENTITY_FAULT_UUI, "its User-to-User cannot be read" },
		{ IDENTITY_FAULT_TOO_LONG, "a value in it is too long" },
		{ IDENTITY_FAULT_TOO_MANY, "it shows more than is looked at" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(e->path.identities.faults & rows[i].fault))
			continue;
		story_say(e->story, "%s", rows[i].says);
		story_grade(e->story, CTL_FINDINGS);
	}
}

static void tell_endpoint(struct explain *e)
{
	const struct path *p = &e->path;
	struct story *s = e->story;

	story_fact(s, "endpoint", p->endpoint.name);
	story_fact_id(s, "endpoint_id", p->endpoint.endpoint_id);
	story_fact_cstr(s, "identified_by", p->identified_by);
	story_fact_cstr(s, "identified_from", p->identified_from);
	story_fact_cstr(s, "identified_value", p->identified_value);
	if (p->endpoint.endpoint_id && p->endpoint.name.len)
		story_say(s, "endpoint %.*s (%" PRIu64 ")",
			  TEXT_ARG(p->endpoint.name), p->endpoint.endpoint_id);
	else if (p->endpoint.endpoint_id)
		story_say(s, "endpoint %" PRIu64, p->endpoint.endpoint_id);
	if (strcmp(p->identified_by, "none") != 0) {
		story_say(s, "found by %s %s, in %s",
			  strcmp(p->identified_by, "network") == 0
				  ? "the network of"
			  : strcmp(p->identified_by, "site") == 0
				  ? "the site's number"
				  : p->identified_by,
			  p->identified_value, p->identified_from);
		if (p->endpoint.endpoint_id)
			return;
	} else {
		story_say(s, "the caller is not known");
	}
	tell_candidates(e);
	if (strcmp(p->identified_by, "none") == 0)
		story_grade(s, CTL_FINDINGS);
}

static void tell_identify(struct explain *e)
{
	story_chapter(e->story, "identify");
	tell_trunk(e);
	tell_organization(e);
	tell_endpoint(e);
	tell_identity_faults(e);
	if (e->path.faults &
	    (PATH_FAULT_ORGANIZATION_BAD | PATH_FAULT_ORGANIZATION_SEVERAL |
	     PATH_FAULT_ORGANIZATION_FOREIGN | PATH_FAULT_CREDENTIAL))
		story_grade(e->story, CTL_FINDINGS);
}

/* ---- where ---- */

static void tell_locate(struct explain *e)
{
	static const struct {
		const char *by, *says;
	} rows[] = {
		{ "personal", "where the person said they are now" },
		{ "endpoint", "the endpoint's own" },
		{ "network", "that of the network that the device is in" },
		{ "site", "that of the site whose number calls" },
		{ "organization", "the default of the organisation" },
	};
	const struct path *p = &e->path;
	struct story *s = e->story;

	story_chapter(s, "locate");
	story_fact(s, "location", p->location.name);
	story_fact_id(s, "location_id", p->location.location_id);
	story_fact_cstr(s, "located_by", p->located_by);
	story_fact(s, "address", p->location.address);
	if (!p->location.location_id) {
		story_say(s, "no location: an unknown caller is never sent "
			     "help to somebody else's");
		story_grade(s, CTL_FINDINGS);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].by, p->located_by) == 0)
			story_say(s, "%.*s (%" PRIu64 "), %s",
				  TEXT_ARG(p->location.name),
				  p->location.location_id, rows[i].says);
	story_say(s, "%.*s", TEXT_ARG(p->location.address));
}

/* ---- routes ---- */

struct way {
	char uri[CALL_USER_SIZE + CALL_HOST_SIZE + 48];
	struct text trunk, psap; /* names; empty: none */
};

static void describe(const struct explain *e, const struct call_route *r,
		     struct way *ret)
{
	bool v6 = strchr(r->host, ':') != NULL;
	struct dir_trunk t;
	struct dir_psap psap;

	(void)snprintf(
		ret->uri, sizeof(ret->uri),
		v6 ? "sip:%s@[%s]:%u;transport=%s"
		   : "sip:%s@%s:%u;transport=%s",
		r->user, r->host, r->port,
		trunk_transport_name((enum trunk_transport)r->transport));
	ret->trunk = ret->psap = text_of("");
	if (e->d && r->trunk_id && directory_trunk(e->d, r->trunk_id, &t) == 0)
		ret->trunk = t.name;
	if (e->d && r->psap_id && directory_psap(e->d, r->psap_id, &psap) == 0)
		ret->psap = psap.name;
}

static int route_object(const struct call_route *r, const struct way *w,
			struct json **ret)
{
	int err = json_new(ret);

	if (err >= 0)
		err = json_put_text(*ret, "uri", text_of(w->uri));
	if (err >= 0)
		err = r->trunk_id ? json_put_text(*ret, "trunk", w->trunk)
				  : json_put_null(*ret, "trunk");
	if (err >= 0)
		err = r->psap_id ? json_put_text(*ret, "psap", w->psap)
				 : json_put_null(*ret, "psap");
	if (err >= 0)
		err = r->kind ? json_put_text(*ret, "kind",
					      text_of(psap_kind_name(
						      (enum psap_kind)r->kind)))
			      : json_put_null(*ret, "kind");
	return err;
}

static void tell_route(struct explain *e, unsigned n,
		       const struct call_route *r)
{
	struct json *object = NULL;
	struct way w;

	describe(e, r, &w);
	if (r->psap_id)
		story_say(e->story, "%2u. %.*s: %s over trunk %.*s", n,
			  TEXT_ARG(w.psap), w.uri, TEXT_ARG(w.trunk));
	else if (r->trunk_id)
		story_say(e->story, "%2u. %s over trunk %.*s", n, w.uri,
			  TEXT_ARG(w.trunk));
	else
		story_say(e->story, "%2u. %s, a default route", n, w.uri);
	if (route_object(r, &w, &object) >= 0)
		story_list_object(e->story, "routes", object);
	object = json_free(object);
}

static void tell_psap(struct explain *e)
{
	const struct path *p = &e->path;
	struct text name = text_of("");
	struct story *s = e->story;
	struct dir_psap psap;

	if (e->d && p->psap_id && directory_psap(e->d, p->psap_id, &psap) == 0)
		name = psap.name;
	story_fact(s, "psap", name);
	story_fact_id(s, "psap_id", p->psap_id);
	story_fact_cstr(s, "routed_by", p->routed_by);
	if (strcmp(p->routed_by, "psap") == 0) {
		story_say(s, "%.*s (%" PRIu64 "), the location's PSAP",
			  TEXT_ARG(name), p->psap_id);
		return;
	}
	story_grade(s, CTL_FINDINGS);
	if (p->location.location_id && !p->location.psap_id)
		story_say(s, "the location has no PSAP");
	else if (p->location.location_id)
		story_say(s,
			  "the location's PSAP (%" PRIu64
			  ") has no way that can be used",
			  p->location.psap_id);
	if (p->psap_id)
		story_say(s, "%.*s (%" PRIu64 "), the %s", TEXT_ARG(name),
			  p->psap_id,
			  strcmp(p->routed_by, "relay_center") == 0
				  ? "relay centre"
				  : "last resort");
	else
		story_say(s, "no PSAP at all");
}

static void tell_routes(struct explain *e)
{
	const struct path *p = &e->path;
	struct story *s = e->story;

	story_chapter(s, "route");
	tell_psap(e);
	for (unsigned i = 0; i < p->route_count; i++)
		tell_route(e, i + 1, &p->routes[i]);
	if (p->faults & PATH_FAULT_ROUTES_CUT) {
		story_say(s, "there are more routes than fit: the rest is left "
			     "out");
		story_grade(s, CTL_FINDINGS);
	}
	if (!e->conf.default_route_count)
		story_say(s, "%s",
			  p->route_count
				  ? "then the default routes, which stand in "
				    "Kamailio's configuration; then 503"
				  : "the default routes, which stand in "
				    "Kamailio's configuration, and nothing "
				    "else; without any: 503");
	else
		story_say(s, "then 503");
	if (!p->route_count || strcmp(p->routed_by, "default") == 0)
		story_grade(s, CTL_CRITICAL);
	story_say(s, "trunks that are out of service or full are tried last: "
		     "kamcmd e911.trunks knows which");
}

/* ---- the number to ring back ---- */

static void tell_pool(struct explain *e)
{
	const struct dir_location *l = &e->path.location;
	char first[E164_SIZE], last[E164_SIZE];

	for (uint32_t i = 0; i < l->elin_count; i++)
		story_list_number(e->story, "pool", l->elins[i]);
	if (!e->path.elin)
		return;
	e164_from_u64(l->elins[0], first);
	e164_from_u64(l->elins[l->elin_count - 1], last);
	story_say(e->story,
		  "one of the %u numbers of the location, %s to %s: the first "
		  "that is free; kamcmd e911.elins knows which are lent",
		  l->elin_count, first, last);
}

static void tell_bind(struct explain *e)
{
	const struct path *p = &e->path;
	char number[E164_SIZE];
	struct story *s = e->story;

	e164_from_u64(p->shown_number, number);
	story_chapter(s, "bind");
	story_fact_number(s, "callback_number", p->shown_number);
	story_fact_number(s, "elin", p->elin);
	story_fact_cstr(s, "bound_by", p->elin ? "pool" : p->bound_by);
	tell_pool(e);
	if (p->elin)
		return;
	if (strcmp(p->bound_by, "own_number") == 0) {
		story_say(s,
			  "the caller's own number %s: the organisation wants "
			  "it kept",
			  number);
		return;
	}
	story_say(s, "no number can be lent: %s",
		  p->location.location_id ? "the location has none"
					  : "there is no location");
	if (p->shown_number)
		story_say(s, "the PSAP sees %s", number);
	else
		story_say(s, "the PSAP sees '%s', which it cannot ring back",
			  p->shown_user[0] ? p->shown_user : "anonymous");
	story_grade(s, CTL_FINDINGS);
}

static void tell_rung(struct explain *e, unsigned n)
{
	struct text addresses = e->back.addresses;
	const struct call call = { .addresses = {
					   .p = (char *)addresses.p,
					   .len = (uint32_t)addresses.len } };
	struct callback_address form;

	tell_route(e, n + 1, &e->back.routes[n]);
	if (!callback_address_of(&call, n, &form))
		return;
	story_say(e->story, "    as %.*s, to %.*s", TEXT_ARG(form.request_uri),
		  TEXT_ARG(form.to_uri));
}

/* What a call of the first PSAP to the number that it was shown would do. */
static void tell_callback(struct explain *e)
{
	const struct path *p = &e->path;
	struct elin_binding binding;
	struct story *s = e->story;
	char number[E164_SIZE];

	story_chapter(s, "callback");
	if (!p->holds_number || !e->d || !p->route_count)
		return;
	e164_from_u64(p->shown_number, number);
	path_clear(&e->back);
	if (!p->routes[0].trunk_id ||
	    directory_trunk(e->d, p->routes[0].trunk_id, &e->back.trunk) < 0)
		memset(&e->back.trunk, 0, sizeof(e->back.trunk));
	if (path_callback(&e->back, &e->rq, e->d, &e->conf, p->shown_number,
			  &binding) < 0) {
		story_say(s, "a callback to %s reaches nobody", number);
		story_grade(s, CTL_FINDINGS);
		return;
	}
	story_fact_cstr(s, "first", e->back.bound_by);
	story_say(s, "a callback to %s rings, one after the other", number);
	for (unsigned i = 0; i < e->back.route_count; i++)
		tell_rung(e, i);
	if (strcmp(e->back.bound_by, "callback") != 0)
		story_say(s, "the caller is not rung: nothing that the call "
			     "shows would reach them");
}

static void tell_answer(struct explain *e)
{
	const struct path *p = &e->path;
	struct story *s = e->story;
	char number[E164_SIZE];
	struct way w = { .psap = text_of("") };

	story_chapter(s, "answer");
	if (p->faults & PATH_FAULT_DIRECTORY && e->d) {
		story_say(s, "records of the directory are damaged: what they "
			     "say is left out above; e911-directory-dump "
			     "--check names them");
		story_grade(s, CTL_CRITICAL);
	}
	if (!p->route_count) {
		story_say(s, "only the default routes are left");
		return;
	}
	describe(e, &p->routes[0], &w);
	e164_from_u64(p->shown_number, number);
	story_say(s, "the call goes to %.*s first, from %s, and shows %s",
		  w.psap.len ? (int)w.psap.len : (int)strlen(w.uri),
		  w.psap.len ? w.psap.p : w.uri,
		  p->location.location_id ? "a known place"
					  : "a place that nobody knows",
		  p->shown_number    ? number
		  : p->shown_user[0] ? p->shown_user
				     : "anonymous");
}

void explain_stages(struct explain *e)
{
	tell_identify(e);
	tell_locate(e);
	tell_routes(e);
	tell_bind(e);
	tell_callback(e);
	tell_answer(e);
}
