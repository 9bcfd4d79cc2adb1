/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leg_fsm.h"

#include "text.h"

/* clang-format off */
const struct leg_rule leg_rules[] = {
	/* from         on                  to            why */
	{ LEG_NEW,      LEG_EV_INVITE,      LEG_INVITED,  "the dialog may begin" },
	{ LEG_NEW,      LEG_EV_REFUSE,      LEG_REFUSED,  "its INVITE could not be sent" },
	{ LEG_NEW,      LEG_EV_ANSWER_IN,   LEG_UP,       "another fork of an INVITE answered too (RFC 3261 13.2.2.4)" },
	{ LEG_NEW,      LEG_EV_RESTORE,     LEG_UP,       "it was up when the process before this one ended" },

	{ LEG_INVITED,  LEG_EV_PROGRESS,    LEG_EARLY,    "a provisional reply with a tag makes an early dialog (RFC 3261 12.1)" },
	{ LEG_INVITED,  LEG_EV_ANSWER_IN,   LEG_UP,       "answered at once" },
	{ LEG_INVITED,  LEG_EV_ANSWER_OUT,  LEG_ANSWERED, "answered at once; they may not have heard yet" },
	{ LEG_INVITED,  LEG_EV_REFUSE,      LEG_REFUSED,  "refused, cancelled or silent" },
	{ LEG_INVITED,  LEG_EV_BYE_IN,      LEG_REFUSED,  "hung up instead of cancelled: the INVITE gets 487" },

	{ LEG_EARLY,    LEG_EV_ANSWER_IN,   LEG_UP,       "they answered" },
	{ LEG_EARLY,    LEG_EV_ANSWER_OUT,  LEG_ANSWERED, "answered; they may not have heard yet" },
	{ LEG_EARLY,    LEG_EV_REFUSE,      LEG_REFUSED,  "refused, cancelled or silent" },
	{ LEG_EARLY,    LEG_EV_BYE_IN,      LEG_REFUSED,  "a BYE may end an early dialog (RFC 3261 15): the INVITE gets 487" },

	{ LEG_ANSWERED, LEG_EV_ACK,         LEG_UP,       "they have heard the answer" },
	{ LEG_ANSWERED, LEG_EV_BYE_IN,      LEG_GONE,     "a UAC need not wait for its own ACK (RFC 3261 15)" },
	{ LEG_ANSWERED, LEG_EV_BYE_OUT,     LEG_LEAVING,  "the ACK never came (RFC 3261 13.3.1.4)" },

	{ LEG_UP,       LEG_EV_BYE_IN,      LEG_GONE,     "they hung up" },
	{ LEG_UP,       LEG_EV_BYE_OUT,     LEG_LEAVING,  "we hung up: nothing goes there after a BYE" },

	{ LEG_LEAVING,  LEG_EV_BYE_IN,      LEG_GONE,     "the BYEs crossed" },
	{ LEG_LEAVING,  LEG_EV_BYE_DONE,    LEG_GONE,     "answered, or nobody there any more" },

	{ LEG_REFUSED,  LEG_EV_ANSWER_IN,   LEG_UP,       "a 2xx after CANCEL or time-out: they believe in a dialog, so it must be hung up" },
};
/* clang-format on */
const size_t leg_rule_count = ARRAY_SIZE(leg_rules);

const struct leg_rule *leg_rule_find(enum leg_state from, enum leg_event on)
{
	for (size_t i = 0; i < leg_rule_count; i++)
		if (leg_rules[i].from == from && leg_rules[i].on == on)
			return &leg_rules[i];
	return NULL;
}

const char *leg_state_name(enum leg_state s)
{
	static const char *const names[LEG_STATE_COUNT] = {
		[LEG_NEW] = "new",         [LEG_INVITED] = "invited",
		[LEG_EARLY] = "early",     [LEG_ANSWERED] = "answered",
		[LEG_UP] = "up",           [LEG_LEAVING] = "leaving",
		[LEG_REFUSED] = "refused", [LEG_GONE] = "gone",
	};

	return s < LEG_STATE_COUNT ? names[s] : "?";
}

const char *leg_event_name(enum leg_event e)
{
	static const char *const names[LEG_EVENT_COUNT] = {
		[LEG_EV_INVITE] = "invite",
		[LEG_EV_PROGRESS] = "progress",
		[LEG_EV_ANSWER_IN] = "answer_in",
		[LEG_EV_ANSWER_OUT] = "answer_out",
		[LEG_EV_ACK] = "ack",
		[LEG_EV_REFUSE] = "refuse",
		[LEG_EV_BYE_IN] = "bye_in",
		[LEG_EV_BYE_OUT] = "bye_out",
		[LEG_EV_BYE_DONE] = "bye_done",
		[LEG_EV_RESTORE] = "restore",
	};

	return e < LEG_EVENT_COUNT ? names[e] : "?";
}
