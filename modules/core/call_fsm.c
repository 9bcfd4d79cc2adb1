/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call_fsm.h"

#include "text.h"

/* clang-format off */
const struct call_rule call_rules[] = {
	/* from            on                   to              action                   why */
	{ CALL_LOCATING,   CALL_EV_LOCATED,     CALL_HUNTING,   CALL_DO_HUNT,            "it is known which PSAP comes first" },
	{ CALL_LOCATING,   CALL_EV_GUARD,       CALL_HUNTING,   CALL_DO_HUNT,            "nobody said so in time: the registered location serves" },
	{ CALL_LOCATING,   CALL_EV_A_CANCEL,    CALL_ENDED,     CALL_DO_GIVE_BACK,       "the caller gave up before anybody was rung" },

	{ CALL_HUNTING,    CALL_EV_B_PROGRESS,  CALL_RINGING,   CALL_DO_RELAY_PROGRESS,  "the far side is alerting" },
	{ CALL_HUNTING,    CALL_EV_B_ANSWER,    CALL_ANSWERED,  CALL_DO_RELAY_ANSWER,    "the far side answered at once" },
	{ CALL_HUNTING,    CALL_EV_B_LATE,      CALL_ANSWERED,  CALL_DO_TAKE_LATE,       "who answers now is better than who may answer" },
	{ CALL_HUNTING,    CALL_EV_B_FAIL,      CALL_HUNTING,   CALL_DO_TRY_NEXT,        "refused or silent: fall forward, never back" },
	{ CALL_HUNTING,    CALL_EV_NO_ROUTE,    CALL_ENDED,     CALL_DO_REFUSE_A,        "every route failed: a 5xx lets the origin try another node" },
	{ CALL_HUNTING,    CALL_EV_ANNOUNCE,    CALL_ANNOUNCING, CALL_DO_ANNOUNCE,       "every route failed, and the operator wants the caller to hear it" },
	{ CALL_HUNTING,    CALL_EV_A_CANCEL,    CALL_CANCELLED, CALL_DO_CANCEL_B,        "the caller gave up" },
	{ CALL_HUNTING,    CALL_EV_A_BYE,       CALL_CANCELLED, CALL_DO_CANCEL_B,        "a BYE may end an early dialog (RFC 3261 15)" },
	{ CALL_HUNTING,    CALL_EV_GUARD,       CALL_ENDED,     CALL_DO_REFUSE_A,        "the whole ladder took too long" },

	{ CALL_RINGING,    CALL_EV_B_PROGRESS,  CALL_RINGING,   CALL_DO_RELAY_PROGRESS,  "more news while alerting" },
	{ CALL_RINGING,    CALL_EV_B_ANSWER,    CALL_ANSWERED,  CALL_DO_RELAY_ANSWER,    "the far side answered" },
	{ CALL_RINGING,    CALL_EV_B_LATE,      CALL_ANSWERED,  CALL_DO_TAKE_LATE,       "who answers now is better than who may answer" },
	{ CALL_RINGING,    CALL_EV_B_FAIL,      CALL_RINGING,   CALL_DO_TRY_NEXT,        "refused after alerting: the caller goes on hearing it ring" },
	{ CALL_RINGING,    CALL_EV_NO_ROUTE,    CALL_ENDED,     CALL_DO_REFUSE_A,        "every route failed" },
	{ CALL_RINGING,    CALL_EV_ANNOUNCE,    CALL_ANNOUNCING, CALL_DO_ANNOUNCE,       "every route failed, and the operator wants the caller to hear it" },
	{ CALL_RINGING,    CALL_EV_A_CANCEL,    CALL_CANCELLED, CALL_DO_CANCEL_B,        "the caller gave up while it rang" },
	{ CALL_RINGING,    CALL_EV_A_BYE,       CALL_CANCELLED, CALL_DO_CANCEL_B,        "a BYE may end an early dialog (RFC 3261 15)" },
	{ CALL_RINGING,    CALL_EV_GUARD,       CALL_ENDED,     CALL_DO_REFUSE_A,        "nobody answered on any route in time" },

	{ CALL_ANNOUNCING, CALL_EV_B_PROGRESS,  CALL_TELLING,   CALL_DO_LET_HEAR,        "it begins to speak, as early media: the call is not answered" },
	{ CALL_ANNOUNCING, CALL_EV_B_ANSWER,    CALL_ENDED,     CALL_DO_REFUSE_A,        "nobody who can help has answered: the origin must try another node" },
	{ CALL_ANNOUNCING, CALL_EV_B_LATE,      CALL_ANSWERED,  CALL_DO_TAKE_LATE,       "somebody can help after all" },
	{ CALL_ANNOUNCING, CALL_EV_B_FAIL,      CALL_ENDED,     CALL_DO_REFUSE_A,        "it is gone or busy: the refusal does not wait for words" },
	{ CALL_ANNOUNCING, CALL_EV_A_CANCEL,    CALL_CANCELLED, CALL_DO_CANCEL_B,        "the caller gave up" },
	{ CALL_ANNOUNCING, CALL_EV_A_BYE,       CALL_CANCELLED, CALL_DO_CANCEL_B,        "a BYE may end an early dialog (RFC 3261 15)" },
	{ CALL_ANNOUNCING, CALL_EV_GUARD,       CALL_ENDED,     CALL_DO_REFUSE_A,        "it does not begin to speak in time" },

	{ CALL_TELLING,    CALL_EV_B_PROGRESS,  CALL_TELLING,   CALL_DO_LET_HEAR,        "its early media, once more" },
	{ CALL_TELLING,    CALL_EV_B_ANSWER,    CALL_ENDED,     CALL_DO_REFUSE_A,        "nobody who can help has answered" },
	{ CALL_TELLING,    CALL_EV_B_LATE,      CALL_ANSWERED,  CALL_DO_TAKE_LATE,       "somebody can help after all: they are worth more than what is said" },
	{ CALL_TELLING,    CALL_EV_B_FAIL,      CALL_ENDED,     CALL_DO_REFUSE_A,        "it has said what there is to say: now the origin may try another node" },
	{ CALL_TELLING,    CALL_EV_A_CANCEL,    CALL_CANCELLED, CALL_DO_CANCEL_B,        "the caller has heard enough" },
	{ CALL_TELLING,    CALL_EV_A_BYE,       CALL_CANCELLED, CALL_DO_CANCEL_B,        "a BYE may end an early dialog (RFC 3261 15)" },
	{ CALL_TELLING,    CALL_EV_GUARD,       CALL_ENDED,     CALL_DO_REFUSE_A,        "it speaks for too long" },

	{ CALL_ANSWERED,   CALL_EV_A_ACK,       CALL_CONNECTED, CALL_DO_NOTHING,         "the caller has confirmed" },
	{ CALL_ANSWERED,   CALL_EV_A_BYE,       CALL_ENDING,    CALL_DO_BYE_B,           "hung up before the ACK was seen" },
	{ CALL_ANSWERED,   CALL_EV_A_LOST,      CALL_ENDING,    CALL_DO_BYE_B,           "the caller cannot hear of the answer: nobody stays on the line alone" },
	{ CALL_ANSWERED,   CALL_EV_B_BYE,       CALL_HANGING,   CALL_DO_NOTHING,         "a UAS may not send BYE before the ACK (RFC 3261 15)" },
	{ CALL_ANSWERED,   CALL_EV_GUARD,       CALL_CONNECTED, CALL_DO_NOTHING,         "no ACK came in 32 s: an emergency call is kept all the same" },

	{ CALL_ANSWERED,   CALL_EV_A_CANCEL,    CALL_CROSSED,   CALL_DO_NOTHING,         "it crossed our 200 and has no effect (RFC 3261 9.2); but has the caller heard the 200?" },

	{ CALL_ANSWERED,   CALL_EV_B_LOST,      CALL_RECOVERING, CALL_DO_RECOVER,        "the far side is dead and the caller is not: ring the next one" },

	{ CALL_CROSSED,    CALL_EV_A_ACK,       CALL_CONNECTED, CALL_DO_NOTHING,         "the caller has heard the answer: its BYE will end the call" },
	{ CALL_CROSSED,    CALL_EV_A_BYE,       CALL_ENDING,    CALL_DO_BYE_B,           "the caller gave up twice" },
	{ CALL_CROSSED,    CALL_EV_B_BYE,       CALL_HANGING,   CALL_DO_NOTHING,         "a UAS may not send BYE before the ACK (RFC 3261 15)" },
	{ CALL_CROSSED,    CALL_EV_GUARD,       CALL_ENDING,    CALL_DO_BYE_ALL,         "the caller gave up and never heard the answer: the far side must not talk to nobody" },

	{ CALL_CONNECTED,  CALL_EV_A_BYE,       CALL_ENDING,    CALL_DO_BYE_B,           "the caller hung up" },
	{ CALL_CONNECTED,  CALL_EV_B_BYE,       CALL_ENDING,    CALL_DO_BYE_A,           "the far side hung up" },
	{ CALL_CONNECTED,  CALL_EV_B_LOST,      CALL_RECOVERING, CALL_DO_RECOVER,        "the far side is dead and the caller is not: ring the next one" },
	{ CALL_CONNECTED,  CALL_EV_A_LOST,      CALL_ENDING,    CALL_DO_BYE_ALL,         "nobody is left at the caller's side; the number stays bound for a callback" },

	{ CALL_RECOVERING, CALL_EV_A_ACK,       CALL_RECOVERING, CALL_DO_NOTHING,        "the ACK of the first answer, late" },
	{ CALL_RECOVERING, CALL_EV_B_PROGRESS,  CALL_RECOVERING, CALL_DO_NOTE_PROGRESS,  "the caller has an answered dialog: a 18x means nothing to it" },
	{ CALL_RECOVERING, CALL_EV_B_ANSWER,    CALL_CONNECTED, CALL_DO_REJOIN,          "somebody talks to the caller again" },
	{ CALL_RECOVERING, CALL_EV_B_LATE,      CALL_CONNECTED, CALL_DO_REJOIN_LATE,     "who answers now is better than who may answer" },
	{ CALL_RECOVERING, CALL_EV_B_FAIL,      CALL_RECOVERING, CALL_DO_TRY_NEXT,       "refused or silent: the next, then the earlier ones" },
	{ CALL_RECOVERING, CALL_EV_NO_ROUTE,    CALL_ENDING,    CALL_DO_GIVE_UP,         "nobody takes the caller: a hang-up lets it dial again, silence does not" },
	{ CALL_RECOVERING, CALL_EV_GUARD,       CALL_CANCELLED, CALL_DO_GIVE_UP,         "nobody took the caller in the ladder's time" },
	{ CALL_RECOVERING, CALL_EV_A_BYE,       CALL_CANCELLED, CALL_DO_ABANDON,         "the caller hung up while another was rung" },
	{ CALL_RECOVERING, CALL_EV_A_LOST,      CALL_CANCELLED, CALL_DO_ABANDON,         "the caller is lost too: nobody is rung for nobody" },

	{ CALL_CANCELLED,  CALL_EV_B_FAIL,      CALL_ENDED,     CALL_DO_RELEASE,         "the CANCEL reached it: 487" },
	{ CALL_CANCELLED,  CALL_EV_B_ANSWER,    CALL_ENDING,    CALL_DO_DROP_LATE_B,     "the answer crossed our CANCEL (RFC 3261 9.1)" },
	{ CALL_CANCELLED,  CALL_EV_GUARD,       CALL_ENDED,     CALL_DO_RELEASE,         "no word after the CANCEL: nothing more to do" },

	{ CALL_HANGING,    CALL_EV_A_ACK,       CALL_ENDING,    CALL_DO_BYE_A,           "now the BYE may go" },
	{ CALL_HANGING,    CALL_EV_A_BYE,       CALL_ENDED,     CALL_DO_RELEASE,         "both hung up" },
	{ CALL_HANGING,    CALL_EV_GUARD,       CALL_ENDING,    CALL_DO_BYE_A,           "the ACK never came (RFC 3261 13.3.1.4)" },

	{ CALL_ENDING,     CALL_EV_PEER_DONE,   CALL_ENDED,     CALL_DO_RELEASE,         "both legs are down" },
	{ CALL_ENDING,     CALL_EV_A_BYE,       CALL_ENDED,     CALL_DO_RELEASE,         "the BYEs crossed" },
	{ CALL_ENDING,     CALL_EV_B_BYE,       CALL_ENDED,     CALL_DO_RELEASE,         "the BYEs crossed" },
	{ CALL_ENDING,     CALL_EV_B_ANSWER,    CALL_ENDING,    CALL_DO_DROP_LATE_B,     "the last route of a recovery answered after its time" },
	{ CALL_ENDING,     CALL_EV_GUARD,       CALL_ENDED,     CALL_DO_RELEASE,         "the BYE was lost: free it anyway" },

	{ CALL_ENDED,      CALL_EV_B_ANSWER,    CALL_ENDED,     CALL_DO_DROP_LATE_B,     "the answer came after we gave up: no leg stays up alone" },
	{ CALL_ENDED,      CALL_EV_GUARD,       CALL_ENDED,     CALL_DO_FORGET,          "no retransmission can come any more" },
};
/* clang-format on */
const size_t call_rule_count = ARRAY_SIZE(call_rules);

const struct call_rule *call_rule_find(enum call_state from, enum call_event on)
{
	for (size_t i = 0; i < call_rule_count; i++)
		if (call_rules[i].from == from && call_rules[i].on == on)
			return &call_rules[i];
	return NULL;
}

/* clang-format off */
static const struct {
	const char *name;
	int guard_ms;
} states[CALL_STATE_COUNT] = {
	[CALL_HUNTING]   = { "hunting",   180000 }, /* RFC 3261 16.6 timer C */
	[CALL_RINGING]   = { "ringing",   600000 },
	[CALL_ANSWERED]  = { "answered",   32000 }, /* 64*T1 */
	[CALL_CROSSED]   = { "crossed",    32000 },
	[CALL_CONNECTED] = { "connected",      0 },
	[CALL_RECOVERING] = { "recovering", 120000 },
	[CALL_CANCELLED] = { "cancelled",  32000 },
	[CALL_HANGING]   = { "hanging",    32000 },
	[CALL_ENDING]    = { "ending",     33000 },
	[CALL_ENDED]     = { "ended",      32000 },
	[CALL_LOCATING]  = { "locating",    1500 }, /* above locate_timeout's limit */
	[CALL_ANNOUNCING] = { "announcing", 2000 },
	[CALL_TELLING]   = { "telling",    20000 },
};
/* clang-format on */

int call_state_guard_ms(enum call_state s)
{
	return states[s].guard_ms;
}

const char *call_state_name(enum call_state s)
{
	return s < CALL_STATE_COUNT ? states[s].name : "?";
}

const char *call_event_name(enum call_event e)
{
	static const char *const names[CALL_EVENT_COUNT] = {
		[CALL_EV_A_CANCEL] = "a_cancel",
		[CALL_EV_A_ACK] = "a_ack",
		[CALL_EV_A_BYE] = "a_bye",
		[CALL_EV_A_LOST] = "a_lost",
		[CALL_EV_B_LOST] = "b_lost",
		[CALL_EV_B_PROGRESS] = "b_progress",
		[CALL_EV_B_ANSWER] = "b_answer",
		[CALL_EV_B_LATE] = "b_late",
		[CALL_EV_B_FAIL] = "b_fail",
		[CALL_EV_B_BYE] = "b_bye",
		[CALL_EV_NO_ROUTE] = "no_route",
		[CALL_EV_PEER_DONE] = "peer_done",
		[CALL_EV_GUARD] = "guard",
		[CALL_EV_LOCATED] = "located",
		[CALL_EV_ANNOUNCE] = "announce",
	};

	return e < CALL_EVENT_COUNT ? names[e] : "?";
}

const char *call_action_name(enum call_action a)
{
	static const char *const names[CALL_ACTION_COUNT] = {
		[CALL_DO_NOTHING] = "nothing",
		[CALL_DO_RELAY_PROGRESS] = "relay_progress",
		[CALL_DO_RELAY_ANSWER] = "relay_answer",
		[CALL_DO_TRY_NEXT] = "try_next",
		[CALL_DO_REFUSE_A] = "refuse_a",
		[CALL_DO_CANCEL_B] = "cancel_b",
		[CALL_DO_DROP_LATE_B] = "drop_late_b",
		[CALL_DO_BYE_A] = "bye_a",
		[CALL_DO_BYE_B] = "bye_b",
		[CALL_DO_NOTE_PROGRESS] = "note_progress",
		[CALL_DO_RECOVER] = "recover",
		[CALL_DO_REJOIN] = "rejoin",
		[CALL_DO_GIVE_UP] = "give_up",
		[CALL_DO_ABANDON] = "abandon",
		[CALL_DO_BYE_ALL] = "bye_all",
		[CALL_DO_RELEASE] = "release",
		[CALL_DO_FORGET] = "forget",
		[CALL_DO_HUNT] = "hunt",
		[CALL_DO_GIVE_BACK] = "give_back",
		[CALL_DO_ANNOUNCE] = "announce",
		[CALL_DO_LET_HEAR] = "let_hear",
		[CALL_DO_TAKE_LATE] = "take_late",
		[CALL_DO_REJOIN_LATE] = "rejoin_late",
	};

	return a < CALL_ACTION_COUNT ? names[a] : "?";
}
