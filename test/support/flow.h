/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow: a call told as a story, with the B2BUA in the middle.
 *
 * The caller and the PSAPs are played by the test; time stands still unless
 * the test lets it pass.  What is told, said, logged and reported makes the
 * text that is compared with flow/golden/<test>.txt; with FLOW_ACCEPT=1 in the
 * environment that file is written instead.
 *
 * Whatever the story, the_end() demands: nothing was said that nobody
 * expected, each request of theirs got exactly one final answer, no leg is
 * up, the ELIN was given back once, no call and no memory is left.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_report.h"
#include "fake_sip.h"
#include "flow_call.h"
#include "platform_libc.h"

#define OFFER  "v=0\r\no=caller 1 1 IN IP4 198.51.100.9\r\nm=audio 4000\r\n"
#define ANSWER "v=0\r\no=psap 1 1 IN IP4 203.0.113.9\r\nm=audio 5000\r\n"
#define EARLY  "v=0\r\no=tones 1 1 IN IP4 203.0.113.8\r\nm=audio 5002\r\n"
#define OTHER  "v=0\r\no=hold 1 2 IN IP4 203.0.113.9\r\na=sendonly\r\n"

struct flow;

/* ---- one test ---- */

struct flow_case {
	const char *name;
	void (*tell)(struct flow *f);
};
/* cmocka's test function of every flow; *state is its flow_case. */
void flow_run(void **state);
/* clang-format off */
#define flow_test(fn) \
	{ #fn, flow_run, NULL, NULL, \
	  (void *)&(const struct flow_case){ #fn, fn } }
/* clang-format on */

/* ---- the scene, before the caller dials ---- */

/* Routes in order: names of PSAPs, then NULL.  Default: "south", "county". */
void routes_are(struct flow *f, ...);
void there_are_no_routes(struct flow *f);
void no_socket_reaches(struct flow *f, const char *who);
/* After its 100 this PSAP has ms to ring. */
void must_ring_within(struct flow *f, const char *who, uint32_t ms);
/* The caller has no number, only this user part ("": none at all). */
void caller_is(struct flow *f, const char *user);
/* enum trunk_transport and enum number_format of a route. */
void route_speaks(struct flow *f, const char *who, uint8_t transport,
		  enum number_format format);

/* What the caller's INVITE says it knows: enum leg_option. */
void caller_knows(struct flow *f, uint8_t options);

/* ---- the story ---- */

void because(struct flow *f, const char *why);

void caller_dials(struct flow *f, const char *offer); /* NULL: late offer */
void caller_sends(struct flow *f, const char *method, const char *body);
/* ACK of the caller's latest INVITE. */
void caller_acks(struct flow *f, const char *body);
void caller_cancels(struct flow *f);
/* The next message told here has this header too. */
void with_header(struct flow *f, const char *name, const char *value);
/* The caller answers our latest request of this method. */
void caller_replies(struct flow *f, const char *method, unsigned code,
		    const char *body);
/* The next in-dialog requests of the caller count from here. */
void caller_counts_from(struct flow *f, uint32_t cseq);

void caller_expects(struct flow *f, const char *method);
void caller_expects_reply(struct flow *f, unsigned code);
void caller_expects_cancel(struct flow *f);
void caller_expects_nothing(struct flow *f);

/* who: name of a route; its latest INVITE, BYE, ... is answered. */
void psap_replies(struct flow *f, const char *who, const char *method,
		  unsigned code, const char *body);
/* A reply of which only the code and the tag can be read. */
void psap_replies_garbage(struct flow *f, const char *who, const char *method,
			  unsigned code);
void psap_sends(struct flow *f, const char *who, const char *method,
		const char *body);
void psap_cancels(struct flow *f, const char *who);
void psap_acks(struct flow *f, const char *who, const char *body);
/* From now on this PSAP speaks as another fork: its tag ends in this. */
void psap_speaks_as(struct flow *f, const char *who, const char *tag);

/* Copies of a BYE are written down, and expected by nobody. */
void psap_expects(struct flow *f, const char *who, const char *method);
void psap_expects_cancel(struct flow *f, const char *who);
void psap_expects_reply(struct flow *f, const char *who, unsigned code);
void psap_expects_nothing(struct flow *f, const char *who);

void time_passes(struct flow *f, int64_t ms);

/* ---- looking inside ---- */

void expect_event(struct flow *f, enum event_kind kind);
void expect_state(struct flow *f, enum call_state s);
/* The latest message that caller_expects() or psap_expects() has met. */
const struct said *flow_last(const struct flow *f);
void last_carries(const struct flow *f, const char *needle);
void last_lacks(const struct flow *f, const char *needle);
/* Position of its route. */
unsigned flow_route_index(struct flow *f, const char *who);
struct call *flow_call(struct flow *f);
struct elin_table *flow_elins(struct flow *f);
struct call_store *flow_store(struct flow *f);
/* Put the whole message into the golden text. */
void flow_show(struct flow *f);
/* The story injects failures: A may miss its final answer, and so on. */
void flow_allows_losses(struct flow *f);
