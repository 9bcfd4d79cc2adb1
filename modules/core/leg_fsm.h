/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leg_fsm: the life of one dialog, as rows with reasons.
 *
 * A leg is one INVITE and what came of it: leg A that of the caller, each
 * leg B an attempt of the hunt or a fork of one.  An event without a row
 * leaves the state as it is.
 */
#pragma once

#include <stddef.h>

enum leg_state {
	LEG_NEW,      /* no INVITE yet */
	LEG_INVITED,  /* INVITE sent or taken, no dialog yet */
	LEG_EARLY,    /* alerting: an early dialog */
	LEG_ANSWERED, /* we have sent 2xx and await the ACK */
	LEG_UP,       /* confirmed both ways */
	LEG_LEAVING,  /* we have sent BYE and await its answer */
	LEG_REFUSED,  /* over without an answer */
	LEG_GONE,     /* over after an answer */
	LEG_STATE_COUNT,
};

enum leg_event {
	LEG_EV_INVITE,     /* the INVITE was sent, or has come */
	LEG_EV_PROGRESS,   /* 101..199, either way */
	LEG_EV_ANSWER_IN,  /* their 2xx has come */
	LEG_EV_ANSWER_OUT, /* our 2xx was sent */
	LEG_EV_ACK,        /* their ACK of our first 2xx */
	LEG_EV_REFUSE,     /* 3xx..6xx either way, or silence */
	LEG_EV_BYE_IN,     /* their BYE */
	LEG_EV_BYE_OUT,    /* our BYE was sent */
	LEG_EV_BYE_DONE,   /* our BYE was answered or gave up */
	LEG_EV_RESTORE,    /* read back from the journal */
	LEG_EVENT_COUNT,
};

struct leg_rule {
	enum leg_state from;
	enum leg_event on;
	enum leg_state to;
	const char *why;
};

extern const struct leg_rule leg_rules[];
extern const size_t leg_rule_count;

/* NULL: the event means nothing in this state. */
const struct leg_rule *leg_rule_find(enum leg_state from, enum leg_event on);

const char *leg_state_name(enum leg_state s);
const char *leg_event_name(enum leg_event e);
