/* SPDX-License-Identifier: GPL-2.0-or-later */
/* b2bua_step: what the files of the state machine share. */
#pragma once

#include "b2bua.h"

/* What an action may need to know of the message that caused it. */
struct cause {
	struct leg *leg;
	const struct sip_reply_view *reply;
};

/* The only function that moves call->state.  Under the call's lock. */
void b2bua_step(struct call *call, enum call_event ev,
		const struct cause *cause);
/* A 2xx to the INVITE of a leg B. */
void b2bua_on_answer(struct exchange *ex, const struct sip_reply_view *r);
/* Our BYE to this leg was answered, or nobody answers it. */
void b2bua_bye_done(struct leg *leg);
/* Each way in begins by taking the lock and ends here. */
void b2bua_leave(struct call *call);
