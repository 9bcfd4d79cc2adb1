/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trunk_health: which destinations answer, as calls have learned it.
 *
 * A destination is an address, a port and a transport.  One that gave no
 * reply at all is out of service for its trunk's recovery timeout; after that
 * the next call tries it again.  Any reply, also a refusal, means that it
 * lives.  Out of service is a hint: the hunt still tries such a destination
 * when nothing else is left.
 *
 * In shared memory, of fixed size; reading takes no lock.  When more
 * destinations have failed than fit, the others count as in service.
 */
#pragma once

#include "call.h"

struct trunk_health;

struct trunk_health *trunk_health_new(void); /* NULL without memory */
struct trunk_health *trunk_health_free(struct trunk_health *h);

/* h may be NULL everywhere below: then everything is in service. */
bool trunk_health_is_up(const struct trunk_health *h,
			const struct call_route *route, int64_t mono_ms);
/* No reply, or no way to send: out of service for route->recovery_timeout_s
 * (0: not at all).  True when it was in service before. */
bool trunk_health_failed(struct trunk_health *h, const struct call_route *route,
			 int64_t mono_ms);
/* It has replied.  True when it was out of service, or had been and nobody
 * has heard of it since. */
bool trunk_health_replied(struct trunk_health *h,
			  const struct call_route *route);

/* Each destination that has ever failed, for RPC. */
struct trunk_health_view {
	uint64_t trunk_id; /* whose call failed there last */
	const char *host;
	uint16_t port;
	uint8_t transport; /* enum trunk_transport */
	bool up;
	int64_t left_ms; /* until it is tried again; 0: it is in service */
	uint32_t failures;
};
typedef void(trunk_health_f)(const struct trunk_health_view *v, void *arg);
void trunk_health_each(const struct trunk_health *h, int64_t mono_ms,
		       trunk_health_f *on_destination, void *arg);
