/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leg_i3: the INVITE of an emergency call to an ESInet (NENA-STA-010; RFC
 * 5031, 6442, 7135, 7852).
 *
 * Request-URI and To are urn:service:sos, a Route leads to the trunk.  The
 * location goes by value, as a part of the body, unless the caller brought one
 * that can be used; so does the Additional Data.
 */
#pragma once

#include "crossing.h"

/* What becomes of a location that the caller brought, as long as nobody has
 * judged it: one that chose the PSAP goes there, and one that is worse than
 * ours does not stand in its place. */
enum i3_caller_location {
	I3_CALLER_UNUSED, /* ours goes; theirs if we have none */
	I3_CALLER_FIRST,  /* theirs goes; ours if it cannot be used */
	I3_CALLER_BOTH,   /* theirs, and ours below it */
};

/* Of the module's parameters; C strings that outlive every call; "" is none. */
struct i3_conf {
	char *domain;            /* of identifiers and of From */
	char *resource_priority; /* "esnet.1" */
	int caller_location;     /* enum i3_caller_location */
	char *provider_name, *provider_id, *provider_contact, *provider_type;
	char *service_type, *service_mobility;
	char *location_uri; /* what location URIs begin with */
};
/* How many of them cannot stand in a header or in XML; each is logged. */
int leg_i3_conf_faults(const struct i3_conf *conf);
/* Process-wide; set once before any call. */
void leg_i3_init(const struct i3_conf *conf);

/* Is this the leg of an emergency call to an ESInet? */
bool leg_is_i3(const struct leg *leg);
/* The host of our own URIs there; NULL: our address. */
const char *leg_i3_host(void);
/* To, Request-URI and Route of a leg that is opened.  False without memory. */
bool leg_i3_address(struct leg *leg, const struct call_route *route);

/*
 * Append to w the header lines of the INVITE that cross and those of our own.
 * The body: of the caller as it is, or with parts of ours, valid until the
 * next call.
 */
struct text leg_i3_compose(const struct leg *leg, const struct crossing_in *in,
			   struct text_writer *w);
