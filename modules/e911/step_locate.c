/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * locate: the dispatchable location, and never fail the call.
 *
 * Order of trust: a subnet that matched before the person did (the device is
 * there now), the place where the person said they are now, the endpoint's own
 * place, the subnet, the site whose number is
 * calling, and for a known endpoint the organisation's default.  An unknown
 * caller never gets the default: sending help to the headquarters of
 * somebody who may be anywhere is worse than the relay centre's question.
 *
 * When it cannot: location none, an outcome; route then takes the relay
 * centre.
 */
#include "path.h"

static bool take(struct path *p, struct directory *d, uint64_t id,
		 const char *by)
{
	if (!id || !path_found(p, directory_location(d, id, &p->location)))
		return false;
	p->located_by = by;
	return true;
}

void step_locate(struct path *p, const struct path_request *rq,
		 struct directory *d, const struct path_conf *conf)
{
	bool network_first =
		p->network_location_id &&
		text_equal(text_of(p->identified_by), text_of("network"));

	(void)rq;
	(void)conf;
	if ((network_first && take(p, d, p->network_location_id, "network")) ||
	    take(p, d, p->endpoint.personal_location_id, "personal") ||
	    take(p, d, p->endpoint.location_id, "endpoint") ||
	    take(p, d, p->network_location_id, "network") ||
	    take(p, d, p->site_location_id, "site") ||
	    (p->endpoint.endpoint_id &&
	     take(p, d, p->organization.default_location_id, "organization")))
		return;
	memset(&p->location, 0, sizeof(p->location));
	p->located_by = "none";
}
