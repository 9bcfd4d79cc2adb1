/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow_call: a call as the path hands it over to the B2BUA, for tests that
 * go on from there.  Wraps random_bytes(), so that tags and Call-IDs are the
 * same each time.
 */
#pragma once

#include "identity.h"
#include "modules/e911/call_store.h"
#include "modules/e911/elin_table.h"

#define FLOW_ELIN       UINT64_C(12065550199)
#define FLOW_CALLER_TAG "caller-tag-1"

void flow_random_restart(void);

/* A call with count routes, leg A's INVITE (Call-ID "caller-call-id", CSeq
 * 101) as first transaction and a held ELIN; one reference is the caller's.
 * NULL without memory. */
struct call *flow_call_new(struct elin_table *elins, unsigned count,
			   const char *offer);
/* Address of the route at this position. */
void flow_host(unsigned route, char host[CALL_HOST_SIZE]);
/* The i-th route of every call. */
void flow_route(unsigned i, struct call_route *r);
/* When the call's next time is noticed, monotonic ms; 0: it has none. */
int64_t flow_next_tick(const struct call *call);

/* Headers that a tenant sends; few of them may cross. */
extern const struct header_view flow_tenant_headers[];
extern const size_t flow_tenant_header_count;
