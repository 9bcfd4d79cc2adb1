/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path: what is settled about a call before the first word goes to a PSAP.
 *
 * The stages of call_steps.def fill it in, in order.  A stage may give a
 * worse answer, never no answer: every outcome has a value that says "none"
 * or "unknown", and the list of routes is never empty as long as the default
 * route parameter is set.  Reads memory and the directory only; waits for
 * nothing.
 */
#pragma once

#include "call.h"
#include "credential.h"
#include "directory.h"
#include "elin_table.h"
#include "identity.h"
#include "service.h"

/* What came in.  Texts are borrowed from the message. */
struct path_request {
	struct request_view view;
	struct text method;
	uint8_t source[16]; /* address of the sender, IPv4 mapped */
	uint16_t source_port;
	int tls_connection; /* it came over; 0: not over TLS */
	struct text sip_call_id;
	int64_t now_ms; /* UTC */
	bool dry_run;   /* explain: lend nothing */
	/* Borrowed: whom the same look at the directory has found, and what
	 * directory_damage_count() was before it did; NULL: nobody asked. */
	const struct sender *sender;
	uint64_t damage_count;
};

static inline struct shown path_shown(const struct path_request *rq)
{
	return (struct shown){ .request = &rq->view,
			       .method = rq->method,
			       .source = rq->source,
			       .tls_connection = rq->tls_connection,
			       .now_ms = rq->now_ms };
}

/* What the module's parameters say. */
#define PATH_DEFAULT_ROUTES_MAX 4
struct path_conf {
	struct call_route default_routes[PATH_DEFAULT_ROUTES_MAX];
	unsigned default_route_count;
	uint32_t sip_elin_timeout_s;
	int elin_walk; /* +1 or -1, see core/elin.h */
	struct elin_table *elins;
	const char *node;
	struct credential_conf credential;
};

enum path_fault { /* beyond enum identity_fault, told as events */
		  PATH_FAULT_ORGANIZATION_BAD = 1 << 0, /* not a UUID */
		  PATH_FAULT_ORGANIZATION_SEVERAL = 1
						    << 1, /* header repeated */
		  PATH_FAULT_ORGANIZATION_FOREIGN = 1
						    << 2, /* not allowed here */
		  PATH_FAULT_DIRECTORY = 1 << 3,  /* damaged or missing */
		  PATH_FAULT_ROUTES_CUT = 1 << 4, /* more than fit */
		  PATH_FAULT_CREDENTIAL = 1 << 5, /* missing or not right */
};

struct path {
	struct uuid call_id;
	int64_t now_ms;
	unsigned faults; /* enum path_fault */

	/* identify */
	bool source_known;       /* the trunk was found */
	const char *proof_fault; /* of PATH_FAULT_CREDENTIAL, static */
	struct dir_trunk trunk;
	struct dir_organization organization; /* id 0: none */
	const char *organization_from;        /* "header", "trunk", "none" */
	struct dir_endpoint endpoint;         /* id 0: unknown */
	const char *identified_by; /* identity_kind_name(), "network",
				      "site", "none" */
	char identified_from[IDENTITY_SOURCE_MAX];
	char identified_value[IDENTITY_VALUE_MAX];
	uint64_t network_location_id, site_location_id;

	/* locate */
	const char *located_by; /* "personal", "endpoint", "network", "site",
				   "organization", "none" */

	/* route */
	uint64_t brought_psap_id; /* tried first (located.h); 0: none */
	unsigned route_count;     /* of routes, at the end */
	struct text addresses;    /* of a callback, see callback.h */
	uint64_t psap_id;
	const char *routed_by; /* "psap", "relay_center", "last_resort",
				  "default" */

	/* bind */
	uint64_t shown_number;
	char shown_user[CALL_USER_SIZE];
	uint64_t elin;        /* lent; 0: none */
	const char *bound_by; /* elin_choice_name(), "own_number", "none" */
	bool holds_number;
	uint32_t elin_timeout_s;

	/* Of each of these path_clear() leaves the long list at its end as it
	 * is: a call uses little of it. */
	struct identity_set identities;
	struct dir_location location; /* id 0: none */
	struct call_route routes[CALL_ROUTES_MAX];
};
_Static_assert(
	offsetof(struct path, location) ==
			offsetof(struct path, identities) +
				sizeof(struct identity_set) &&
		offsetof(struct path, routes) ==
			offsetof(struct path, location) +
				sizeof(struct dir_location) &&
		sizeof(struct path) ==
			offsetof(struct path, routes) +
				sizeof(struct call_route[CALL_ROUTES_MAX]),
	"path_clear() knows what stands behind the identities");

/* Nothing is settled yet. */
static inline void path_clear(struct path *p)
{
	memset(p, 0, offsetof(struct path, identities));
	memset(&p->identities, 0, offsetof(struct identity_set, candidates));
	memset(&p->location, 0, offsetof(struct dir_location, elins));
}

/*
 * Run identify, locate, route and bind.  d may be NULL (no directory).  The
 * directory must be begun and stay so as long as *p is used.
 */
void path_run(struct path *p, const struct path_request *rq,
	      struct directory *d, const struct path_conf *conf);

/* The words of the stages, for logs, explain and documents. */
struct path_step {
	const char *name;
	const char *settles;
	void (*run)(struct path *p, const struct path_request *rq,
		    struct directory *d, const struct path_conf *conf);
};
extern const struct path_step path_steps[]; /* ends with name NULL */

void step_identify(struct path *p, const struct path_request *rq,
		   struct directory *d, const struct path_conf *conf);
void step_locate(struct path *p, const struct path_request *rq,
		 struct directory *d, const struct path_conf *conf);
void step_route(struct path *p, const struct path_request *rq,
		struct directory *d, const struct path_conf *conf);
void step_bind(struct path *p, const struct path_request *rq,
	       struct directory *d, const struct path_conf *conf);

/* Whose share a call would be of (fair_share.h): the first half of identify
 * alone.  *p is zeroed, and of no further use. */
uint64_t path_share(struct path *p, const struct path_request *rq,
		    struct directory *d, const struct path_conf *conf);

/* What identify ends with: the endpoint, or the network's or site's place, that
 * p->identities show in p->organization, which has a number.  identified_by
 * stays NULL when they show nothing.  For others than calls (e911d). */
void path_find_endpoint(struct path *p, struct directory *d);

/* ---- shared by the stages ---- */

/* "192.0.2.1" or "2001:db8::1"; buf of at least CALL_HOST_SIZE. */
void path_ip_format(const uint8_t ip[16], char *buf, size_t size);

/* The user part as received, with what a URI may not hold escaped (RFC 3261
 * 25.1 user); "" when it would not fit. */
void path_user_format(const char *user, char *out, size_t size);
/* Note a directory failure (anything but 0 and -ENOENT); true when rc == 0. */
bool path_found(struct path *p, int rc);
/* Resolve one route of a PSAP; false when its trunk is unknown. */
bool path_route_add(struct path *p, struct directory *d, uint64_t trunk_id,
		    uint64_t psap_id, enum psap_kind kind, struct text user);

/*
 * A callback: who is behind the number, and whom it rings (callback.h).
 * p->trunk is that of the request.  0: there are routes, bound_by is
 * "callback" (the caller), "desk", "organization" or "gateway", and the
 * binding's call is nil when no caller is remembered.  -ENOENT: it leads to
 * nobody.
 */
int must_check path_callback(struct path *p, const struct path_request *rq,
			     struct directory *d, const struct path_conf *conf,
			     uint64_t number, struct elin_binding *ret_binding);

/*
 * Our agent calls a desk: over the platforms of that organisation (0: none's),
 * then over the telephone network, never to a PSAP.  0: there are routes;
 * -ENOENT: nobody may be called by that number, or there is no way.
 */
int must_check path_alert(struct path *p, struct directory *d, uint64_t number,
			  uint64_t organization_id);

/* ---- telling (path_report.c) ---- */
void path_count(const struct path *p);
void path_report_faults(const struct path *p, const struct path_request *rq,
			const struct call *call);
void path_report_started(const struct path *p, const struct path_request *rq,
			 const struct call *call, const char *node);
void path_report_callback(const struct path *p, const struct path_request *rq,
			  const struct call *call,
			  const struct elin_binding *binding, const char *node);
/* A 933 call that was refused; p holds its id and trunk. */
void path_report_test(const struct path *p, const struct path_request *rq,
		      unsigned status, const char *node);
