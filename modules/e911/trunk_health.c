/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trunk_health.h"

#include <stdio.h>

#define PLACES 4096 /* a power of two */
#define PROBES 32   /* places that one destination may stand in */

struct place {
	int taken; /* atomic; the name below does not change once it is set */
	char host[CALL_HOST_SIZE];
	uint16_t port;
	uint8_t transport;
	int64_t down_until; /* monotonic ms; 0: in service; atomic */
	int64_t heard_at;   /* of any reply: monotonic ms; atomic */
	/* Under the lock. */
	uint64_t trunk_id;
	bool declined;      /* it answers OPTIONS by 503 */
	int64_t changed_at; /* monotonic ms; 0: never */
	char why[TRUNK_WHY_SIZE];
	uint32_t failures;
	bool asking;      /* an OPTIONS is open */
	int64_t asked_at; /* monotonic ms; 0: never */
	bool ask_at_once; /* whenever the latest one was */
	int32_t round_trip_ms;
};

struct trunk_health {
	struct shared_lock lock; /* every change but a reply that is no news */
	unsigned asking;         /* OPTIONS that are open */
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
		p->round_trip_ms = -1;
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

static int64_t down_until(const struct place *p)
{
	return __atomic_load_n(&p->down_until, __ATOMIC_RELAXED);
}

bool trunk_health_is_up(const struct trunk_health *h,
			const struct call_route *route, int64_t mono_ms)
{
	const struct place *p = h ? find(h, route) : NULL;

	return !p || down_until(p) <= mono_ms;
}

/* ---- changes, under the lock ---- */

static void note_why(struct place *p, struct text why)
{
	(void)snprintf(p->why, sizeof(p->why), "%.*s", (int)why.len, why.p);
}

/* Until then at least; true: it was in service, and nobody knew better. */
static bool put_down(struct place *p, const struct call_route *route,
		     int64_t until_ms, struct text why, int64_t mono_ms)
{
	int64_t before = down_until(p);

	p->trunk_id = route->trunk_id;
	p->failures++;
	note_why(p, why);
	if (before <= mono_ms)
		p->changed_at = mono_ms;
	if (until_ms > before)
		__atomic_store_n(&p->down_until, until_ms, __ATOMIC_RELAXED);
	return before == 0;
}

/* True: it was out of service. */
static bool put_up(struct place *p, struct text why, int64_t mono_ms)
{
	if (!down_until(p))
		return false;
	__atomic_store_n(&p->down_until, 0, __ATOMIC_RELAXED);
	note_why(p, why);
	p->changed_at = mono_ms;
	return true;
}

/* ---- calls ---- */

bool trunk_health_failed(struct trunk_health *h, const struct call_route *route,
			 int64_t mono_ms, struct text why)
{
	int64_t hold_ms = (int64_t)route->recovery_timeout_s * 1000;
	struct place *p;
	bool is_news;

	if (!h || !hold_ms)
		return false;
	p = find_or_take(h, route);
	if (!p)
		return false;
	shared_lock_take(&h->lock);
	is_news = put_down(p, route, mono_ms + hold_ms, why, mono_ms);
	/* If it is watched: what does it say itself? */
	p->ask_at_once = true;
	shared_lock_drop(&h->lock);
	return is_news;
}

bool trunk_health_replied(struct trunk_health *h,
			  const struct call_route *route, int64_t mono_ms)
{
	struct place *p = h ? find(h, route) : NULL;
	bool is_news = false;

	if (!p)
		return false;
	__atomic_store_n(&p->heard_at, mono_ms, __ATOMIC_RELAXED);
	if (!down_until(p))
		return false;
	shared_lock_take(&h->lock);
	if (!p->declined || down_until(p) <= mono_ms)
		is_news = put_up(p, text_of("replied to a call"), mono_ms);
	shared_lock_drop(&h->lock);
	return is_news;
}

/* ---- OPTIONS ---- */

bool trunk_health_ask(struct trunk_health *h, const struct call_route *route,
		      int64_t mono_ms, int64_t every_ms)
{
	struct place *p = h ? find_or_take(h, route) : NULL;
	bool is_due;

	if (!p)
		return false;
	shared_lock_take(&h->lock);
	is_due = !p->asking && h->asking < TRUNK_OPTIONS_OPEN &&
		 (p->ask_at_once || !p->asked_at ||
		  mono_ms >= p->asked_at + every_ms);
	if (is_due) {
		p->asking = true;
		h->asking++;
		p->ask_at_once = false;
		p->asked_at = mono_ms;
	}
	shared_lock_drop(&h->lock);
	return is_due;
}

/* Under the lock. */
static void close_question(struct trunk_health *h, struct place *p)
{
	if (!p->asking)
		return;
	p->asking = false;
	h->asking--;
}

void trunk_health_unasked(struct trunk_health *h,
			  const struct call_route *route)
{
	struct place *p = h ? find(h, route) : NULL;

	if (!p)
		return;
	shared_lock_take(&h->lock);
	close_question(h, p);
	shared_lock_drop(&h->lock);
}

static enum trunk_turn judge(struct place *p, const struct call_route *route,
			     const struct trunk_answer *answer, int64_t mono_ms)
{
	int64_t until = mono_ms + answer->hold_ms;
	bool is_news;

	if (answer->code) {
		__atomic_store_n(&p->heard_at, mono_ms, __ATOMIC_RELAXED);
		p->round_trip_ms = (int32_t)(mono_ms - answer->asked_at);
		p->declined = answer->code == 503;
		if (!p->declined)
			return put_up(p, text_of("answered OPTIONS"), mono_ms)
				       ? TRUNK_COMES_UP
				       : TRUNK_STAYS;
	} else if (__atomic_load_n(&p->heard_at, __ATOMIC_RELAXED) >=
		   answer->asked_at) {
		/* A call has heard of it meanwhile. */
		return TRUNK_STAYS;
	} else {
		p->declined = false;
	}
	is_news = put_down(
		p, route, until,
		text_of(answer->code ? "503 to OPTIONS" : "silent to OPTIONS"),
		mono_ms);
	return is_news ? TRUNK_GOES_DOWN : TRUNK_STAYS;
}

enum trunk_turn trunk_health_answered(struct trunk_health *h,
				      const struct call_route *route,
				      const struct trunk_answer *answer,
				      int64_t mono_ms)
{
	struct place *p = h ? find(h, route) : NULL;
	enum trunk_turn turn;

	if (!p)
		return TRUNK_STAYS;
	shared_lock_take(&h->lock);
	close_question(h, p);
	turn = judge(p, route, answer, mono_ms);
	shared_lock_drop(&h->lock);
	return turn;
}

/* ---- looking at it ---- */

static void view(const struct place *p, int64_t mono_ms,
		 struct trunk_health_view *ret)
{
	int64_t until = down_until(p);

	ret->trunk_id = p->trunk_id;
	ret->up = until <= mono_ms;
	ret->left_ms = ret->up ? 0 : until - mono_ms;
	ret->since_ms = p->changed_at ? mono_ms - p->changed_at : -1;
	memcpy(ret->why, p->why, sizeof(ret->why));
	ret->failures = p->failures;
	ret->asked_ms = p->asked_at ? mono_ms - p->asked_at : -1;
	ret->round_trip_ms = p->round_trip_ms;
}

bool trunk_health_look(struct trunk_health *h, const struct call_route *route,
		       int64_t mono_ms, struct trunk_health_view *ret)
{
	const struct place *p = h ? find(h, route) : NULL;

	*ret = (struct trunk_health_view){ .port = route->port,
					   .transport = route->transport,
					   .up = true,
					   .since_ms = -1,
					   .asked_ms = -1,
					   .round_trip_ms = -1 };
	memcpy(ret->host, route->host, sizeof(ret->host));
	if (!p)
		return false;
	shared_lock_take(&h->lock);
	view(p, mono_ms, ret);
	shared_lock_drop(&h->lock);
	return true;
}

void trunk_health_each(struct trunk_health *h, int64_t mono_ms,
		       trunk_health_f *on_destination, void *arg)
{
	for (size_t i = 0; h && i < PLACES; i++) {
		const struct place *p = &h->places[i];
		struct trunk_health_view v;

		if (!__atomic_load_n(&p->taken, __ATOMIC_ACQUIRE))
			continue;
		v.port = p->port;
		v.transport = p->transport;
		memcpy(v.host, p->host, sizeof(v.host));
		shared_lock_take(&h->lock);
		view(p, mono_ms, &v);
		shared_lock_drop(&h->lock);
		on_destination(&v, arg);
	}
}

unsigned trunk_health_down_count(const struct trunk_health *h, int64_t mono_ms)
{
	unsigned count = 0;

	for (size_t i = 0; h && i < PLACES; i++)
		count += __atomic_load_n(&h->places[i].taken,
					 __ATOMIC_ACQUIRE) &&
			 down_until(&h->places[i]) > mono_ms;
	return count;
}
