/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow_trunks: what is known of the trunks of a story, beside its call. */
#pragma once

#include <stdint.h>

#include "modules/e911/b2bua.h"

struct flow;

/* For flow.c: the tables, and what the scene says of the call's routes. */
void flow_trunks_begin(struct b2bua *conf);
void flow_trunks_to_call(struct call *call);
void flow_trunks_start(struct call *call);
void flow_trunks_end(void);

/* ---- the scene, before the caller dials ---- */

/* Calls have found that this PSAP gives no reply. */
void is_out_of_service(struct flow *f, const char *who);
/* Its trunk has a limit; other calls go there. */
void carries_at_most(struct flow *f, const char *who, uint32_t max_calls);
/* It is a further destination of the other one's trunk. */
void is_contact_of(struct flow *f, const char *who, const char *other);
void carries_a_call(struct flow *f, const char *who);
void loses_a_call(struct flow *f, const char *who);

/* The last of the routes is none: it announces that all others failed
 * (announcement.h). */
void the_last_announces(struct flow *f);

/* The next call is an alert to a desk (alert_call.h). */
void caller_is_our_agent(struct flow *f);
/* The next call brings a location, which is to be judged before anybody is
 * invited.  Its routes have the user "registered" till then. */
void caller_brings_a_location(struct flow *f);
/* The location leads to the same routes with the user "911" (is_better), or to
 * those that the call has.  True: the call had waited for it. */
bool location_is_judged(struct flow *f, bool is_better);

/* enum trunk_profile; else legacy. */
void has_profile(struct flow *f, const char *who, uint8_t profile);

/* enum trunk_media; else rtp. */
void has_media(struct flow *f, const char *who, uint8_t kind);

/* How many calls this PSAP's trunk carries now. */
void expect_calls(struct flow *f, const char *who, unsigned count);
