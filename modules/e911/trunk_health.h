/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trunk_health: which destinations answer, as calls and OPTIONS have learned.
 *
 * A destination is an address, a port and a transport.  One that gave no
 * reply at all to a call is out of service for its trunk's recovery timeout;
 * after that the next call tries it again.  One that is asked by OPTIONS
 * (trunk_watch.h) and stays silent, or answers 503, is out of service until it
 * answers otherwise.  Any reply, also a refusal, means that it lives; what it
 * says of itself by a 503 to OPTIONS only another OPTIONS takes back.
 *
 * Out of service is a hint: the hunt still tries such a destination when
 * nothing else is left.
 *
 * In shared memory, of fixed size; reading takes no lock.  When there are more
 * destinations than fit, the others count as in service and are not asked.
 */
#pragma once

#include "call.h"

struct trunk_health;

struct trunk_health *trunk_health_new(void); /* NULL without memory */
struct trunk_health *trunk_health_free(struct trunk_health *h);

/* h may be NULL everywhere below: then everything is in service. */
bool trunk_health_is_up(const struct trunk_health *h,
			const struct call_route *route, int64_t mono_ms);
/* A call heard no reply, or there was no way to send: out of service for
 * route->recovery_timeout_s (0: not at all).  True when it was in service
 * before. */
bool trunk_health_failed(struct trunk_health *h, const struct call_route *route,
			 int64_t mono_ms, struct text why);
/* It has replied to a call.  True when it was out of service, or had been and
 * nobody has heard of it since. */
bool trunk_health_replied(struct trunk_health *h,
			  const struct call_route *route, int64_t mono_ms);

/* ---- OPTIONS ---- */

#define TRUNK_OPTIONS_OPEN 256 /* at a time, on this node */

/*
 * Is an OPTIONS due there, every_ms after the one before or because a call
 * has failed since?  True: it is to be sent now, and is open until one of the
 * two functions below is called.
 */
bool trunk_health_ask(struct trunk_health *h, const struct call_route *route,
		      int64_t mono_ms, int64_t every_ms);
/* It could not be sent, or nobody knows what became of it. */
void trunk_health_unasked(struct trunk_health *h,
			  const struct call_route *route);

struct trunk_answer {
	unsigned code;    /* 0: silence */
	int64_t asked_at; /* monotonic ms */
	/* How long "out of service" holds unless the next OPTIONS says it
	 * again. */
	int64_t hold_ms;
};
enum trunk_turn { TRUNK_STAYS, TRUNK_GOES_DOWN, TRUNK_COMES_UP };
enum trunk_turn trunk_health_answered(struct trunk_health *h,
				      const struct call_route *route,
				      const struct trunk_answer *answer,
				      int64_t mono_ms);

/* ---- looking at it ---- */

#define TRUNK_WHY_SIZE 40
struct trunk_health_view {
	uint64_t trunk_id; /* whose call or OPTIONS failed there last; 0 */
	char host[CALL_HOST_SIZE];
	uint16_t port;
	uint8_t transport; /* enum trunk_transport */
	bool up;
	int64_t left_ms;  /* until it is tried again; 0: it is in service */
	int64_t since_ms; /* how long it has been so; -1: from the start */
	char why[TRUNK_WHY_SIZE]; /* "" from the start */
	uint32_t failures;        /* of calls and OPTIONS, ever */
	int64_t asked_ms; /* since the latest OPTIONS was sent; -1: never */
	int32_t round_trip_ms; /* of the latest that was answered; -1: none */
};
/* False: nothing is known of it; *ret says then that it is in service. */
bool trunk_health_look(struct trunk_health *h, const struct call_route *route,
		       int64_t mono_ms, struct trunk_health_view *ret);
/* Each destination that has ever failed or been asked. */
typedef void(trunk_health_f)(const struct trunk_health_view *v, void *arg);
void trunk_health_each(struct trunk_health *h, int64_t mono_ms,
		       trunk_health_f *on_destination, void *arg);
/* How many are out of service now. */
unsigned trunk_health_down_count(const struct trunk_health *h, int64_t mono_ms);
