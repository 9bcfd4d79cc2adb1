/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trunk_health.h"

#define PLACES 1024 /* a power of two */
#define PROBES 16   /* places that one destination may stand in */

struct place {
	int taken; /* atomic; the name below does not change once it is set */
	char host[CALL_HOST_SIZE];
	uint16_t port;
	uint8_t transport;
	uint64_t trunk_id;  /* atomic */
	int64_t down_until; /* monotonic ms; 0: in service; atomic */
	uint32_t failures;  /* ever; atomic */
};

struct trunk_health {
	struct shared_lock lock; /* taking a place */
	struct place places[PLACES];
};

struct trunk_health *trunk_health_new(void)
{
	struct trunk_health *h = shared_alloc(sizeof(*h));

	if (h)
		shared_lock_init(&h->lock);
	return h;
}

struct trunk_health *trunk_health_free(struct trunk_health *h)
{
	shared_free(h);
	return NULL;
}

static uint32_t hash_of(const struct call_route *route)
{
	uint32_t hash =
		2166136261u ^ route->port ^ (uint32_t)route->transport << 16;

	for (const char *p = route->host; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return hash ^ hash >> 15;
}

static bool is_of(const struct place *p, const struct call_route *route)
{
	return p->port == route->port && p->transport == route->transport &&
	       strcmp(p->host, route->host) == 0;
}

/* NULL: it has never failed. */
static struct place *find(const struct trunk_health *h,
			  const struct call_route *route)
{
	uint32_t at = hash_of(route);

	for (unsigned i = 0; i < PROBES; i++) {
		const struct place *p = &h->places[(at + i) % PLACES];

		if (!__atomic_load_n(&p->taken, __ATOMIC_ACQUIRE))
			return NULL;
		if (is_of(p, route))
			return (struct place *)p;
	}
	return NULL;
}

/* A free place, which is its destination's from now on; NULL: none. */
static struct place *take(struct trunk_health *h,
			  const struct call_route *route)
{
	uint32_t at = hash_of(route);

	for (unsigned i = 0; i < PROBES; i++) {
		struct place *p = &h->places[(at + i) % PLACES];

		if (p->taken)
			continue;
		memcpy(p->host, route->host, sizeof(p->host));
		p->port = route->port;
		p->transport = route->transport;
		__atomic_store_n(&p->taken, 1, __ATOMIC_RELEASE);
		return p;
	}
	return NULL;
}

static struct place *find_or_take(struct trunk_health *h,
				  const struct call_route *route)
{
	struct place *found = find(h, route);

	if (found)
		return found;
	shared_lock_take(&h->lock);
	/* Another worker may have been faster. */
	found = find(h, route);
	if (!found)
		found = take(h, route);
	shared_lock_drop(&h->lock);
	return found;
}

bool trunk_health_is_up(const struct trunk_health *h,
			const struct call_route *route, int64_t mono_ms)
{
	const struct place *p = h ? find(h, route) : NULL;

	return !p ||
	       __atomic_load_n(&p->down_until, __ATOMIC_RELAXED) <= mono_ms;
}

bool trunk_health_failed(struct trunk_health *h, const struct call_route *route,
			 int64_t mono_ms)
{
	struct place *p;
	int64_t before;

	if (!h || !route->recovery_timeout_s)
		return false;
	p = find_or_take(h, route);
	if (!p)
		return false;
	__atomic_store_n(&p->trunk_id, route->trunk_id, __ATOMIC_RELAXED);
	__atomic_add_fetch(&p->failures, 1, __ATOMIC_RELAXED);
	before = __atomic_exchange_n(
		&p->down_until,
		mono_ms + (int64_t)route->recovery_timeout_s * 1000,
		__ATOMIC_ACQ_REL);
	return before == 0;
}

bool trunk_health_replied(struct trunk_health *h,
			  const struct call_route *route)
{
	struct place *p = h ? find(h, route) : NULL;

	return p && __atomic_load_n(&p->down_until, __ATOMIC_RELAXED) &&
	       __atomic_exchange_n(&p->down_until, 0, __ATOMIC_ACQ_REL) != 0;
}

void trunk_health_each(const struct trunk_health *h, int64_t mono_ms,
		       trunk_health_f *on_destination, void *arg)
{
	for (size_t i = 0; h && i < PLACES; i++) {
		const struct place *p = &h->places[i];
		int64_t until;

		if (!__atomic_load_n(&p->taken, __ATOMIC_ACQUIRE))
			continue;
		until = __atomic_load_n(&p->down_until, __ATOMIC_RELAXED);
		on_destination(
			&(struct trunk_health_view){
				.trunk_id = __atomic_load_n(&p->trunk_id,
							    __ATOMIC_RELAXED),
				.host = p->host,
				.port = p->port,
				.transport = p->transport,
				.up = until <= mono_ms,
				.left_ms =
					until > mono_ms ? until - mono_ms : 0,
				.failures = __atomic_load_n(&p->failures,
							    __ATOMIC_RELAXED),
			},
			arg);
	}
}
