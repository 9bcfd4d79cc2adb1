/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call_fsm: the life of a call with two legs, as rows with reasons.
 *
 * Leg A is the side that sent us the INVITE (we are its UAS), leg B the side
 * that we invite (we are its UAC).  An event without a row is logged and
 * ignored: it never reaches an action.  The table decides; modules/e911/
 * b2bua.c owns the state and runs the actions.
 */
#pragma once

#include <stddef.h>

enum call_state {
	CALL_HUNTING,    /* leg B invited, nothing but 100 heard */
	CALL_RINGING,    /* leg A has heard 18x */
	CALL_ANSWERED,   /* 200 sent to A, its ACK is awaited */
	CALL_CROSSED,    /* CANCEL met our 200: ACK, or nobody is there */
	CALL_CONNECTED,  /* both legs confirmed */
	CALL_RECOVERING, /* B was lost in mid-call, another is rung; A is up */
	CALL_CANCELLED,  /* A gave up; B's final answer is awaited */
	CALL_HANGING,    /* B hung up before A's ACK: BYE to A must wait */
	CALL_ENDING,     /* BYE sent to the other leg */
	CALL_ENDED,      /* kept a while for retransmissions */
	CALL_LOCATING,   /* nobody is invited before a location is judged */
	CALL_ANNOUNCING, /* no route is left; the announcer is invited */
	CALL_TELLING,    /* A hears the announcer say so */
	CALL_STATE_COUNT,
};

enum call_event {
	CALL_EV_A_CANCEL,
	CALL_EV_A_ACK,
	CALL_EV_A_BYE,
	CALL_EV_A_LOST,     /* nobody at A any more, or it cannot be told */
	CALL_EV_B_LOST,     /* nobody at B any more, in an answered call */
	CALL_EV_B_PROGRESS, /* 101..199 */
	CALL_EV_B_ANSWER,   /* 2xx */
	CALL_EV_B_LATE,     /* 2xx of a leg that was given up */
	CALL_EV_B_FAIL,     /* 3xx..6xx or silence */
	CALL_EV_B_BYE,
	CALL_EV_NO_ROUTE,  /* the hunt has nothing left to try */
	CALL_EV_PEER_DONE, /* our BYE was answered or gave up */
	CALL_EV_GUARD,     /* the state's time is over */
	CALL_EV_LOCATED,   /* the location is judged, or nobody judges it */
	CALL_EV_ANNOUNCE,  /* nothing left to try, but somebody to say so */
	CALL_EVENT_COUNT,
};

enum call_action {
	CALL_DO_NOTHING,
	CALL_DO_RELAY_PROGRESS,
	CALL_DO_RELAY_ANSWER,
	CALL_DO_TRY_NEXT,
	CALL_DO_REFUSE_A,
	CALL_DO_CANCEL_B,
	CALL_DO_DROP_LATE_B, /* ACK and BYE an answer nobody waits for */
	CALL_DO_BYE_A,
	CALL_DO_BYE_B,
	CALL_DO_NOTE_PROGRESS, /* learn and tell it, not to A */
	CALL_DO_RECOVER,       /* BYE to who is lost, ring the next route */
	CALL_DO_REJOIN,        /* join A and the new B; re-INVITE A if needed */
	CALL_DO_GIVE_UP,       /* BYE to A with its reason, CANCEL to B */
	CALL_DO_ABANDON,       /* BYE to A if it is up, CANCEL to B */
	CALL_DO_BYE_ALL,       /* BYE to each leg that is up */
	CALL_DO_RELEASE,       /* the call is over: binding, events */
	CALL_DO_FORGET,        /* leave the tables */
	CALL_DO_HUNT,          /* ring the first route */
	CALL_DO_GIVE_BACK,     /* 487 to A, whom nobody was rung for */
	CALL_DO_ANNOUNCE,      /* invite the announcer */
	CALL_DO_LET_HEAR,      /* show A its early media */
	CALL_DO_TAKE_LATE,     /* CANCEL to B; the late leg is B, and answers */
	CALL_DO_REJOIN_LATE,   /* CANCEL to B; the late leg is B, rejoin */
	CALL_ACTION_COUNT,
};

struct call_rule {
	enum call_state from;
	enum call_event on;
	enum call_state to;
	enum call_action action;
	const char *why;
};

extern const struct call_rule call_rules[];
extern const size_t call_rule_count;

/* NULL: the event means nothing in this state. */
const struct call_rule *call_rule_find(enum call_state from,
				       enum call_event on);

/* Milliseconds until CALL_EV_GUARD; 0: the state has no guard (an answered
 * call may last for days). */
int call_state_guard_ms(enum call_state s);

const char *call_state_name(enum call_state s);
const char *call_event_name(enum call_event e);
const char *call_action_name(enum call_action a);
