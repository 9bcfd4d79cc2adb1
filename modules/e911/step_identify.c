/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identify: which organisation and which endpoint calls.
 *
 * The trunk follows from the source address, a digest credential or a client
 * certificate.  The
 * organisation is the one that E911-Organization-ID claims, if the trunk may
 * carry it and the request shows all that the trunk wants, else the trunk's
 * own: a wrong claim is told and never refused.  The endpoint is the first hit
 * among the identities in the order that the trunk sets.
 *
 * Where and who are separate: an address in a known subnet settles the
 * place, and the search goes on for the person.  The number of a site or
 * trunk is a place too, used when no person was found.
 *
 * When it cannot: organisation none, endpoint unknown.  Both are outcomes.
 */
#include <errno.h>

#include "fair_share.h"
#include "path.h"

static void find_trunk(struct path *p, const struct path_request *rq,
		       struct directory *d, const struct path_conf *conf)
{
	struct shown shown = path_shown(rq);
	const struct sender *s = rq->sender;
	struct sender found;

	if (!s) {
		sender_find(&found, d, &shown, &conf->credential);
		s = &found;
	}
	(void)path_found(p, s->directory_error);
	p->source_known = s->is_known;
	p->trunk = s->trunk;
	p->proof_fault = s->fault;
	if (s->lacks_proof)
		p->faults |= PATH_FAULT_CREDENTIAL;
}

/* Does the trunk belong to it?  Then it need not be listed. */
static bool is_own(struct path *p, struct directory *d,
		   const struct uuid *claimed)
{
	struct dir_organization own;

	return p->trunk.organization_id &&
	       path_found(p, directory_organization(d, p->trunk.organization_id,
						    &own)) &&
	       memcmp(&own.uuid, claimed, sizeof(own.uuid)) == 0;
}

/* The organisation that the request claims and this trunk may carry; 0. */
static uint64_t claimed_organization(struct path *p,
				     const struct path_request *rq,
				     struct directory *d)
{
	struct uuid claimed;
	uint64_t id;

	switch (identity_organization(&rq->view, &claimed)) {
	case 0:
		break;
	case -ENOENT:
		return 0;
	case -EEXIST:
		p->faults |= PATH_FAULT_ORGANIZATION_SEVERAL;
		return 0;
	default:
		p->faults |= PATH_FAULT_ORGANIZATION_BAD;
		return 0;
	}
	if (!d || !p->source_known)
		return 0;
	/* Told as such; whose the call is nobody has shown. */
	if (p->faults & PATH_FAULT_CREDENTIAL)
		return 0;
	if (path_found(p, directory_trunk_org(d, p->trunk.trunk_id, &claimed,
					      &id)))
		return id;
	if (is_own(p, d, &claimed))
		return p->trunk.organization_id;
	p->faults |= PATH_FAULT_ORGANIZATION_FOREIGN;
	return 0;
}

static void find_organization(struct path *p, const struct path_request *rq,
			      struct directory *d)
{
	uint64_t id = claimed_organization(p, rq, d);

	p->organization_from = "header";
	if (!id) {
		id = p->trunk.organization_id;
		p->organization_from = "trunk";
	}
	if (!id ||
	    !path_found(p, directory_organization(d, id, &p->organization))) {
		memset(&p->organization, 0, sizeof(p->organization));
		p->organization.elin_timeout_s = DIR_TIMEOUT_UNSET;
		p->organization_from = "none";
	}
}

static void collect(struct path *p, const struct path_request *rq)
{
	struct identity_profile profile = { 0 };
	char npa[4];

	memcpy(profile.order,
	       p->trunk.identify_order[0] ? p->trunk.identify_order
					  : identity_order_default,
	       sizeof(profile.order));
	profile.user_id_sources = p->trunk.user_id_sources;
	if (p->organization.home_npa.len == 3 &&
	    text_to_cstr(p->organization.home_npa, npa, sizeof(npa)) >= 0)
		profile.home_npa = npa;
	identity_collect(&rq->view, &profile, &p->identities);
}

static void remember_hit(struct path *p, const char *by,
			 const struct identity_candidate *c)
{
	struct text value = text_make(c->value, c->value_len);

	if (p->identified_by)
		return;
	p->identified_by = by;
	memcpy(p->identified_from, c->source, sizeof(p->identified_from));
	if (c->kind == IDENTITY_IP && c->value_len == 16) {
		path_ip_format((const uint8_t *)c->value, p->identified_value,
			       sizeof(p->identified_value));
		return;
	}
	value.len = text_index(value, '\0');
	if (value.len >= sizeof(p->identified_value))
		value.len = sizeof(p->identified_value) - 1;
	(void)!text_to_cstr(value, p->identified_value,
			    sizeof(p->identified_value));
}

/* A subnet knows the place of an address, not the person. */
static void try_network(struct path *p, struct directory *d,
			const struct identity_candidate *c)
{
	struct dir_network net;

	if (c->kind != IDENTITY_IP || c->value_len != 16 ||
	    p->network_location_id)
		return;
	if (path_found(p, directory_network(d, &p->organization,
					    (const uint8_t *)c->value, &net))) {
		p->network_location_id = net.location_id;
		remember_hit(p, "network", c);
	}
}

/* True when the candidate is a person or device of the organisation. */
static bool try_endpoint(struct path *p, struct directory *d,
			 const struct identity_candidate *c,
			 const struct identity_candidate **site)
{
	struct dir_identity id;

	if (!path_found(p, directory_identity(
				   d, p->organization.organization_id, c->kind,
				   text_make(c->value, c->value_len), &id))) {
		try_network(p, d, c);
		return false;
	}
	if (!id.endpoint_id) {
		if (!p->site_location_id) {
			p->site_location_id = id.location_id;
			*site = c;
		}
		return false;
	}
	if (!path_found(p,
			directory_endpoint(d, id.endpoint_id, &p->endpoint))) {
		memset(&p->endpoint, 0, sizeof(p->endpoint));
		return false;
	}
	remember_hit(p, identity_kind_name(c->kind), c);
	return true;
}

void path_find_endpoint(struct path *p, struct directory *d)
{
	const struct identity_candidate *site = NULL;

	for (unsigned i = 0; i < p->identities.count; i++)
		if (try_endpoint(p, d, &p->identities.candidates[i], &site))
			return;
	if (site)
		remember_hit(p, "site", site);
}

uint64_t path_share(struct path *p, const struct path_request *rq,
		    struct directory *d, const struct path_conf *conf)
{
	find_trunk(p, rq, d, conf);
	find_organization(p, rq, d);
	return fair_share_key(p->organization.organization_id,
			      p->trunk.trunk_id, rq->source);
}

void step_identify(struct path *p, const struct path_request *rq,
		   struct directory *d, const struct path_conf *conf)
{
	find_trunk(p, rq, d, conf);
	find_organization(p, rq, d);
	collect(p, rq);
	if (p->organization.organization_id)
		path_find_endpoint(p, d);
	if (!p->identified_by)
		p->identified_by = "none";
}
