/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call: one call and its two dialogs.
 *
 *      origin            leg A        call        leg B           PSAP
 *   (UAC of INVITE) <--> we: UAS <--> state <--> we: UAC <--> (UAS of INVITE)
 *
 * A callback is the same with the PSAP at A and the platform at B.  Each
 * attempt of the hunt is a leg of its own with its own Call-ID and tags;
 * call->b is the latest.
 *
 * Lives in shared memory, counted.  call->lock guards everything but the
 * count; it is held across every word to tm about this call, because two
 * workers replying on one transaction would crash Kamailio.
 */
#pragma once

#include "call_fsm.h"
#include "e164.h"
#include "leg_fsm.h"
#include "next_hop.h"
#include "platform.h"
#include "uuid.h"

struct call;

/* Text in the call's own memory; grows, never shrinks. */
struct call_text {
	char *p;
	uint32_t len, cap;
};

/* How this INVITE differs from what the route's profile says, after a
 * refusal that asked for it: bits. */
enum leg_variant {
	LEG_VARIANT_NO_LOCATION = 1 << 0, /* 424 (RFC 6442 4.3) */
	LEG_VARIANT_SDP_ONLY = 1 << 1,    /* 415 */
	LEG_VARIANT_MIN_SE = 1 << 2,      /* 422 (RFC 4028 7.3) */
	/* Its certificate is wrong, and nothing else is left. */
	LEG_VARIANT_UNVERIFIED = 1 << 3,
};

/* How the transport reaches the far side; opaque outside sip_port. */
struct sip_flow {
	void *socket;      /* borrowed: Kamailio's listening socket */
	int connection;    /* TCP/TLS connection id; 0: none */
	uint8_t transport; /* enum trunk_transport */
};

/* A transaction of tm by its coordinates. */
struct sip_transaction {
	unsigned index, label;
	bool open; /* may still be answered or cancelled */
	/* Of no transaction: the request is answered while it is served, by
	 * the process that serves it. */
	bool is_bare;
};

enum leg_side { LEG_A, LEG_B };

/* What Supported says of us on a leg: bits. */
enum leg_option {
	LEG_OPTION_100REL = 1 << 0,
	LEG_OPTION_TIMER = 1 << 1,
	LEG_OPTION_REPLACES = 1 << 2,
};

/* An INVITE or UPDATE of our own that awaits its reply or its next try
 * (own_request.h). */
struct own_pending {
	const char *method; /* static text; NULL: there is none */
	uint8_t purpose;    /* enum own_purpose */
	uint8_t tries;
	int64_t again_at; /* monotonic ms; 0: it is on its way */
	struct sip_transaction transaction; /* of an INVITE on its way */
	bool is_moot; /* that was cancelled: nobody wants its answer */
	struct call_text headers, body;
};

/* A provisional reply of B that must be confirmed (RFC 3262): early.h. */
struct early_reply {
	uint32_t theirs, ours; /* RSeq on leg B and A; ours 0: not shown so */
	bool is_confirmed;
};
/* What an early dialog of leg B has said. */
#define EARLY_REPLIES_MAX 4
struct early_state {
	uint32_t latest; /* RSeq; 0: none yet */
	struct early_reply replies[EARLY_REPLIES_MAX];
	struct call_text answer, answer_type; /* in a reliable reply */
	/* A has had it reliably, and ignores another one in the 2xx; of leg
	 * A: one of any dialog. */
	bool has_answered;
	bool is_over; /* 199 */
};
/* An early dialog in which leg B does not speak at the moment. */
struct early_dialog {
	struct early_dialog *next;
	struct call_text remote_tag, remote_target, route_set, session_heard;
	uint32_t remote_cseq;
	struct early_state early;
};

/* What an INVITE or UPDATE of theirs asked for (RFC 4028). */
struct session_asked {
	uint32_t interval_s, min_s; /* 0: not said */
	uint8_t refresher;          /* enum session_refresher */
	bool supports;
};
/* The session timer of a leg: session_timer.h. */
struct session_timer {
	uint32_t interval_s; /* agreed; 0: there is none */
	uint32_t min_s;      /* Min-SE of their 422; 0: none */
	bool we_refresh;
	bool knows_update; /* their Allow names it */
	bool is_repeated;  /* after a 422, since the last refresh */
	int64_t due_at;    /* monotonic ms; 0: not set */
	struct session_asked asked;
};

/* A BYE of ours that went without a transaction: hangup.h. */
struct hangup {
	uint32_t cseq; /* 0: none is to be answered */
	uint32_t repeats;
	int64_t due_at;    /* monotonic ms: of the next copy, or of giving up */
	const char *lines; /* static text: its headers; NULL */
};

struct leg {
	struct leg *next;        /* of the call */
	struct leg *bucket_next; /* of call_store's bucket */
	struct call *call;       /* the holder */
	enum leg_side side;
	uint32_t attempt; /* B: position in the hunt */

	struct call_text call_id, local_tag, remote_tag;
	struct call_text local_uri, remote_uri; /* of From and To */
	struct call_text remote_target;         /* their Contact */
	struct call_text route_set; /* Route values in sending order */
	struct call_text contact;   /* ours: "<sip:...>" */
	uint32_t local_cseq, remote_cseq;
	struct sip_flow flow;
	/* A: who sent the INVITE; B: the route.  Where requests go when the
	 * Contact or Route names no IP address. */
	struct next_hop peer;
	uint64_t trunk_id;
	uint8_t options;      /* enum leg_option, offered by us */
	uint8_t peer_options; /* of those, known to them */
	uint8_t profile;      /* enum trunk_profile; 0: legacy */
	uint8_t variant;      /* enum leg_variant */
	/* Of a connection that we open over TLS (tls_peer.h): how much of the
	 * certificate is checked, enum tls_check, 0: the chain; its name, and
	 * that for SNI; may it be used unverified rather than not at all? */
	uint8_t tls_check;
	bool tls_unverified;
	struct call_text tls_name, tls_sni;

	struct sip_transaction invite; /* the initial INVITE */
	/* The latest INVITE in each direction, for its ACK. */
	uint32_t invite_cseq_in, invite_cseq_out;
	bool offer_out;    /* our INVITE carried the offer */
	bool ack_due;      /* a 2xx came and awaits the ACK of the other side */
	uint32_t ack_cseq; /* of the latest ACK sent; 0: none */
	struct call_text ack_body, ack_headers; /* of that ACK */
	struct own_pending own;
	struct session_timer session;
	struct early_state early;        /* B: of the dialog heard of last */
	struct early_dialog *parked;     /* B: the others */
	struct sip_transaction reinvite; /* the re-INVITE passed on to it */
	/* The latest INVITE or UPDATE passed on to it while it has a session
	 * timer, without what we write ourselves: a 422 asks for it again. */
	uint32_t passed_cseq;
	struct call_text passed_headers, passed_body;
	/* The session description in force as they and as we gave it, and one
	 * of theirs that is not answered yet (session.h). */
	struct call_text session_heard, session_sent, session_offered;
	/* Their latest one as the other side was given it by an engine of
	 * media; empty: as it was (media.h). */
	struct call_text session_shown;
	uint8_t media;         /* enum trunk_media; 0: rtp */
	uint8_t location_body; /* as that of struct call_route */
	bool is_anchored; /* B: what was offered last goes through an engine */
	bool lost_place;  /* B: the engine has forgotten it for another one */
	bool is_asked_again; /* nobody took the OPTIONS before */
	bool is_probed;      /* an OPTIONS of ours asks whether they live */
	uint8_t byes;        /* that we have sent */
	struct hangup hangup;

	enum leg_state state; /* moved by leg_step() */
	bool heard;           /* B: any reply came, also one that refused */
	bool has_refused;     /* B: itself, by a final reply */
	bool rang;            /* B: its first 18x has been told */
	bool is_counted;      /* B: among its trunk's calls: trunk_calls.h */
	bool is_untrusted;    /* B: refused for its certificate; atomic */
	bool is_announcer;    /* B: no PSAP: announcement.h */
};

/* Where leg B may go, resolved when the call was routed. */
#define CALL_ROUTES_MAX    24
#define CALL_HOST_SIZE     46
#define CALL_USER_SIZE     64
#define CALL_TLS_NAME_SIZE 128
struct call_route {
	uint64_t trunk_id, psap_id;
	char host[CALL_HOST_SIZE]; /* IP literal without brackets */
	uint16_t port;
	uint8_t transport;     /* enum trunk_transport */
	uint8_t number_format; /* enum number_format */
	char user[CALL_USER_SIZE];
	uint8_t profile;       /* enum trunk_profile; 0: legacy */
	uint8_t media;         /* enum trunk_media; 0: rtp */
	uint8_t location_body; /* enum brought_body; 0: as configured */
	uint32_t response_timeout_ms, ring_timeout_ms;
	uint32_t progress_timeout_ms; /* 0: none */
	uint32_t recovery_timeout_s;  /* see trunk_health.h */
	uint32_t max_calls;           /* see trunk_calls.h; 0: no limit */
	uint8_t kind; /* enum psap_kind; 0: callback or default route */
	/* As those of struct leg. */
	uint8_t tls_check;
	bool tls_unverified;
	char tls_name[CALL_TLS_NAME_SIZE], tls_sni[CALL_TLS_NAME_SIZE];
};

/* What became of a location that the caller brought (located.h). */
enum call_brought {
	CALL_BROUGHT_UNJUDGED,
	CALL_BROUGHT_USED,     /* the routes are those of its PSAP */
	CALL_BROUGHT_UNUSABLE, /* it says nothing; no PSAP is to see it */
	CALL_BROUGHT_WORSE,    /* than the registered one, whose routes serve */
};

enum call_kind {
	CALL_EMERGENCY,
	CALL_CALLBACK,
	CALL_TEST,  /* to the agent that reads back, and nobody else */
	CALL_ALERT, /* from that agent to a desk: alert_call.h */
};
const char *call_kind_name(enum call_kind k); /* "emergency" */

/* What a call waits for; each at most once. */
enum call_timer {
	CALL_TIMER_GUARD,   /* of the state, see core/call_fsm.h */
	CALL_TIMER_OWN,     /* the next try of own_request.h */
	CALL_TIMER_REJOIN,  /* the re-INVITE of recovery.h, when it must wait */
	CALL_TIMER_MEDIA,   /* media_lost is to be acted upon */
	CALL_TIMER_SESSION, /* the next refresh: session_timer.h */
	CALL_TIMER_RESTORED, /* survival.h asks whether the call is still there
			      */
	CALL_TIMER_PROGRESS, /* of the route that was invited last */
	CALL_TIMER_PROBE, /* leg B, which nobody answered for, is asked again */
	CALL_TIMER_MOVE,  /* its media are to go through another engine */
	CALL_TIMER_HANGUP, /* a BYE is to be repeated: hangup.h */
	CALL_TIMER_COUNT,
};

struct call_chunk {
	struct call_chunk *next;
	uint32_t used, size;
	char data[];
};

struct call {
	struct shared_lock lock;
	int refs;
	enum call_kind kind;
	enum call_state state;
	int64_t timers[CALL_TIMER_COUNT]; /* monotonic ms; 0: not set */
	int64_t due_at;                   /* the earliest of them; 0: none */
	/* call_wheel's */
	struct call_wheel *wheel; /* NULL: not in the store */
	struct call *wheel_next, **wheel_at;
	int64_t wheel_tick; /* 0: in no slot; atomic */
	struct uuid id;
	int64_t started_ms, answered_ms; /* UTC; 0: not yet */
	struct call *prev, *next;        /* of call_store's shard */
	bool stored;

	struct leg *legs; /* all of them */
	struct leg *a, *b;
	struct leg *replacing;  /* replace.h: who would be B; NULL */
	struct leg *reinviting; /* whose re-INVITE is being passed on; NULL */
	uint32_t rseq_out;      /* RSeq of our latest reliable reply to A */

	struct call_route *routes; /* in the call's own memory */
	unsigned route_count, route_index;
	unsigned first_route; /* where the hunt begins its round */
	uint32_t untried;     /* routes left, a bit each */
	uint32_t unverified;  /* invited though their certificate is wrong */
	/* A route that is invited once more, and how (enum leg_variant). */
	unsigned varied_route;
	uint8_t variant;        /* 0: none */
	uint32_t varied_min_s;  /* for LEG_VARIANT_MIN_SE: its Min-SE */
	uint32_t passed_over;   /* told so, because their trunk was full */
	unsigned final_status;  /* of the last refusal */
	const char *ended_by;   /* static text */
	const char *bye_lines;  /* static text: headers of our BYEs; NULL */
	struct leg *media_lost; /* reported so, see recovery_media_lost() */
	unsigned recoveries;    /* how often another B was rung in mid-call */
	int64_t lost_at_ms;     /* monotonic: the latest loss of B */
	struct leg *lost; /* B that was lost, until another answers; NULL */
	struct call_text offer_headers, offer_body;
	struct call_text addresses; /* of routes to platforms: callback.h */
	struct call_text test;      /* what the agent is told: test_call.h */
	uint8_t brought;            /* enum call_brought */
	bool is_marked; /* a callback that says so to a platform (RFC 7090) */
	bool shows_caller; /* the number shown is the one A's From has */
	/* For an ESInet; empty when no route leads to one (leg_i3.h). */
	struct call_text civic, caller_name, organization_name;
	uint8_t max_forwards; /* of leg B's INVITE */

	/* What the path settled, for RPC, events and the binding. */
	uint64_t trunk_id, organization_id, endpoint_id, location_id;
	/* Who is shown to leg B: E.164 digits; 0: the text instead. */
	uint64_t shown_number;
	char shown_user[CALL_USER_SIZE];
	uint64_t held_number; /* lent by elin_table, to be released; 0 */
	uint64_t share;       /* fair_share.h: whose it counts for; 0 */
	uint32_t elin_timeout_s;

	/* Its engine of media, counted from 1; 0: none.  And which life of that
	 * engine knows it (media.h). */
	uint8_t media_engine;
	uint32_t media_epoch;
	bool media_told; /* that it goes without one */

	uint32_t setup; /* setup.h: its handle; 0: none */
	/* It is back from the journal: A may not have heard its answer; A says
	 * nothing to OPTIONS. */
	bool answers_again, a_is_silent;
	/* survival.h: what changed is not written down yet; it is written
	 * down; it could not be. */
	bool touched, recorded, unrecorded;

	struct call_chunk *chunks;
};

/* To people at a platform or in the telephone network, not to a PSAP. */
static inline bool call_goes_to_platform(const struct call *call)
{
	return call->kind == CALL_CALLBACK || call->kind == CALL_ALERT;
}

/* Let a timer be due then (0: never); one that is set is set anew. */
void call_timer_set_at(struct call *call, enum call_timer timer,
		       int64_t mono_ms);
static inline void call_timer_set(struct call *call, enum call_timer timer,
				  int ms)
{
	call_timer_set_at(call, timer, clock_mono_ms() + ms);
}
static inline void call_timer_stop(struct call *call, enum call_timer timer)
{
	call_timer_set_at(call, timer, 0);
}
/* Take one timer that is due, in the order of the enum; false: none is. */
bool call_timer_take(struct call *call, int64_t mono_ms,
		     enum call_timer *ret_timer);

/* Zeroed memory that lives as long as the call; NULL when there is none. */
void *call_memory(struct call *call, size_t size);
/* Copy the routes into the call's memory, before the hunt begins.  False
 * without memory: the old ones stay. */
bool call_routes_set(struct call *call, const struct call_route *routes,
		     unsigned count);
/* Copy into the call's memory.  False without memory: the old text stays. */
bool call_text_set(struct call *call, struct call_text *t, struct text value);

/* The leg that speaks now on its side; others were given up or are forks. */
static inline bool leg_is_current(const struct leg *leg)
{
	return leg == leg->call->a || leg == leg->call->b;
}

/* Move the state by the rows of leg_fsm.h.  True if there was one.  Nothing
 * else writes it. */
static inline bool leg_step(struct leg *leg, enum leg_event on)
{
	const struct leg_rule *rule = leg_rule_find(leg->state, on);

	if (rule)
		leg->state = rule->to;
	return rule != NULL;
}

/* A 2xx was seen or sent, whatever came after it. */
static inline bool leg_is_answered(const struct leg *leg)
{
	return leg->state == LEG_ANSWERED || leg->state == LEG_UP ||
	       leg->state == LEG_LEAVING || leg->state == LEG_GONE;
}
/* Both sides may send requests: answered and nobody has hung up. */
static inline bool leg_is_up(const struct leg *leg)
{
	return leg->state == LEG_ANSWERED || leg->state == LEG_UP;
}
/* BYE or refusal: no request of ours goes there any more. */
static inline bool leg_is_gone(const struct leg *leg)
{
	return leg->state == LEG_LEAVING || leg->state == LEG_GONE ||
	       leg->state == LEG_REFUSED;
}

static inline struct leg *leg_other(const struct leg *leg)
{
	return leg->side == LEG_A ? leg->call->b : leg->call->a;
}

static inline struct text call_text_get(const struct call_text *t)
{
	return text_make(t->p, t->len);
}
