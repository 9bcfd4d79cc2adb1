/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bridge: one emergency call, its caller and two PSAPs that do whatever SIP
 * allows, in every order.
 *
 * The gateway's decisions are the rows of core/call_fsm.c (rows.pml, written
 * by print_rows); what its actions say is written here after b2bua.c and
 * hunt.c.  Time is not counted: whatever may end by time may do so at any
 * moment, so the model has more races than the world.
 *
 * At the end, when nobody has anything to say any more:
 *   - the caller has had a final answer,
 *   - no leg is up while its other one is forgotten,
 *   - at most one PSAP is up,
 * and at every moment: no PSAP that answers is hung up while the caller waits.
 */
#include "rows.pml"

#define ROUTES 2
#define IS_TALKING (state == st_connected)

mtype:message = { INVITE, PROGRESS, ANSWER, REFUSAL, CANCEL, ACK, BYE, DONE };

/* Each way of each leg; messages of one leg do not overtake one another. */
chan caller_says = [3] of { mtype:message };
chan caller_hears = [4] of { mtype:message };
chan psap_says[ROUTES] = [3] of { mtype:message };
chan psap_hears[ROUTES] = [4] of { mtype:message };

/* ---- what the far sides believe ---- */

bool caller_final;      /* it has had a final answer to its INVITE */
bool caller_up;         /* it believes in a dialog */
bool psap_up[ROUTES];   /* so does this PSAP */
bool psap_deaf[ROUTES]; /* its machine is gone: it hears and says nothing */
bool caller_deaf;
bool caller_stays, psap_stays; /* never hangs up by itself */
byte may_die; /* 0: the caller, 1 and 2: a PSAP, 3: nobody */

/* ---- the gateway ---- */

mtype:state state = st_hunting;
hidden mtype:action action; /* of one step */
mtype:event next; /* what an action brings about itself */
byte route;       /* the latest that was tried */
byte current;     /* who speaks for B: that one, or one given up before it */
hidden byte late; /* who was given up and has answered; in one step */
bool a_open = true;       /* the caller's INVITE awaits its final answer */
bool b_open[ROUTES];      /* our INVITE awaits its final answer */
bool b_answered[ROUTES];  /* it got a 2xx */
bool a_gone;              /* the caller has said BYE */
bool released;
bool announces; /* the last PSAP is the announcer: no PSAP */
byte may_lose; /* a leg taken for dead, rightly or not: 0: the caller's,
		* 1: the PSAP's, 2: none; once */

/* A message that cannot be queued is lost: UDP. */
inline say(ch, message)
{
	if
	:: nfull(ch) -> ch ! message
	:: full(ch) -> skip
	fi
}

inline invite()
{
	current = route;
	if
	:: route < ROUTES -> say(psap_hears[route], INVITE);
		b_open[route] = true
	:: route < ROUTES -> /* no memory, no socket: the next one */
		next = ev_b_fail
	:: route >= ROUTES -> next = ev_no_route
	fi
}

/* The next one, or the announcer's turn. */
inline invite_next()
{
	route++;
	if
	:: announces && route == ROUTES - 1 &&
	   (state == st_hunting || state == st_ringing) -> next = ev_announce
	:: else -> invite()
	fi
}

inline final_to_caller(message)
{
	if
	:: a_open -> say(caller_hears, message); a_open = false
	:: else -> skip
	fi
}

inline cancel_b()
{
	if
	:: current < ROUTES && b_open[current] ->
		say(psap_hears[current], CANCEL)
	:: else -> skip
	fi
}

/* Who is rung in its place is cancelled. */
inline take_late()
{
	cancel_b(); current = late
}

inline answer_caller()
{
	say(psap_hears[current], ACK);
	if
	:: true -> final_to_caller(ANSWER)
	:: true -> /* no memory for it: a short refusal may go out */
		final_to_caller(REFUSAL);
		next = ev_a_lost
	fi
}

inline release()
{
	assert(!released);
	released = true
}

inline act()
{
	if
	:: action == do_ignored || action == do_nothing -> skip
	:: action == do_relay_progress -> say(caller_hears, PROGRESS)
	:: action == do_relay_answer -> answer_caller()
	:: action == do_take_late -> take_late(); answer_caller()
	:: action == do_try_next -> invite_next()
	:: action == do_announce -> invite()
	:: action == do_let_hear -> say(caller_hears, PROGRESS)
	:: action == do_refuse_a ->
		cancel_b();
		if /* an announcer must not answer */
		:: current < ROUTES && b_answered[current] ->
			say(psap_hears[current], ACK);
			say(psap_hears[current], BYE)
		:: else -> skip
		fi;
		final_to_caller(REFUSAL); release()
	:: action == do_cancel_b -> final_to_caller(REFUSAL); cancel_b()
	:: action == do_drop_late_b ->
		say(psap_hears[current], ACK); say(psap_hears[current], BYE)
	:: action == do_bye_a -> say(caller_hears, BYE)
	:: action == do_bye_b -> say(psap_hears[current], BYE)
	:: action == do_bye_all ->
		say(caller_hears, BYE); say(psap_hears[current], BYE)
	:: action == do_note_progress -> skip
	:: action == do_recover ->
		say(psap_hears[current], BYE); route++; invite()
	/* The re-INVITE of the caller moves media, not the call. */
	:: action == do_rejoin -> say(psap_hears[current], ACK)
	:: action == do_rejoin_late ->
		take_late(); say(psap_hears[current], ACK)
	:: action == do_give_up || action == do_abandon ->
		cancel_b();
		if
		:: !a_gone -> say(caller_hears, BYE)
		:: else -> skip
		fi
	:: action == do_release -> release()
	:: action == do_forget -> skip
	:: action == do_hunt -> invite()
	:: action == do_give_back -> final_to_caller(REFUSAL); release()
	fi
}

/* An event, and those that its action brings about. */
inline step(ev)
{
	next = ev;
	do
	:: next != ev_none ->
		call_step(next);
		next = ev_none;
		act()
	:: else -> break
	od
}

inline from_caller(message)
{
	if
	:: message == CANCEL -> step(ev_a_cancel)
	:: message == ACK -> step(ev_a_ack)
	:: message == BYE ->
		say(caller_hears, DONE); a_gone = true; step(ev_a_bye)
	:: message == DONE -> step(ev_peer_done)
	:: else -> skip
	fi
}

#define IS_ANNOUNCER(i) (announces && i == ROUTES - 1)

/* Of a route given up.  Whether it is taken is for the rows to say; who is
 * hung up has nobody who waits. */
inline answer_late(i)
{
	if
	:: !IS_ANNOUNCER(i) -> step(ev_b_late)
	:: else -> skip
	fi;
	if
	:: current == i -> skip
	:: else ->
		assert(!a_open || IS_ANNOUNCER(i));
		say(psap_hears[i], ACK); say(psap_hears[i], BYE)
	fi
}

inline answer_from(i)
{
	if
	:: b_answered[i] -> say(psap_hears[i], ACK)
	:: !b_answered[i] ->
		b_answered[i] = true;
		b_open[i] = false;
		if
		:: i == current -> step(ev_b_answer)
		:: else -> late = i; answer_late(i)
		fi
	fi
}

inline from_psap(i, message)
{
	if
	:: message == PROGRESS && i == current && b_open[i] -> step(ev_b_progress)
	:: message == ANSWER -> answer_from(i)
	:: message == REFUSAL && b_open[i] ->
		b_open[i] = false;
		if
		:: i == current -> step(ev_b_fail)
		:: else -> skip
		fi
	:: message == BYE -> say(psap_hears[i], DONE);
		if
		:: i == current -> step(ev_b_bye)
		:: else -> skip
		fi
	:: message == DONE && i == current -> step(ev_peer_done)
	:: else -> skip
	fi
}

/* tm makes up a 408 for an INVITE that nobody answered in time. */
inline give_up(i)
{
	b_open[i] = false;
	if
	:: i == current -> step(ev_b_fail)
	:: else -> skip
	fi
}

active proctype gateway()
{
	mtype:message m;

	atomic {
		if
		:: invite(); step(next)
		:: state = st_locating /* a location is to be judged first */
		fi
	};
end:	do
	:: atomic { caller_says ? m -> from_caller(m) }
	:: atomic { psap_says[0] ? m -> from_psap(0, m) }
	:: atomic { psap_says[1] ? m -> from_psap(1, m) }
	:: atomic { b_open[0] -> give_up(0) }
	:: atomic { b_open[1] -> give_up(1) }
	/* A leg that is up is found dead; it may be alive all the same. */
	:: atomic { IS_TALKING && may_lose == 0 ->
		may_lose = 2; step(ev_a_lost) }
	:: atomic { IS_TALKING && may_lose == 1 ->
		if
		:: may_lose = 2
		:: may_lose = 3 /* and while another one is rung, the caller */
		fi;
		step(ev_b_lost) }
	:: atomic { state == st_recovering && may_lose == 3 ->
		may_lose = 2; step(ev_a_lost) }
	:: atomic { state == st_locating -> step(ev_located) }
	:: atomic { HAS_GUARD && state != st_ended -> step(ev_guard) }
	od
}

/* ---- the far sides ---- */

active proctype caller()
{
	bool cancelled, hung_up;
	mtype:message m;

end:	do
	:: atomic { caller_hears ? m ->
		if
		:: caller_deaf -> skip
		:: m == ANSWER && !caller_deaf ->
			caller_final = true; caller_up = true;
			say(caller_says, ACK);
			if
			:: cancelled -> say(caller_says, BYE); hung_up = true
			:: else -> skip
			fi
		:: m == REFUSAL && !caller_deaf -> caller_final = true
		:: m == BYE && !caller_deaf ->
			caller_up = false; say(caller_says, DONE)
		:: m == DONE && !caller_deaf -> caller_up = false
		:: else -> skip
		fi }
	:: atomic { !caller_final && !cancelled && !caller_deaf && !caller_stays ->
		say(caller_says, CANCEL); cancelled = true }
	:: atomic { caller_up && !hung_up && !caller_deaf && !caller_stays ->
		say(caller_says, BYE); hung_up = true }
	:: atomic { may_die == 0 && !caller_deaf -> caller_deaf = true }
	od
}

proctype psap(byte i)
{
	bool invited, told, final, hung_up;
	mtype:message m;

end:	do
	:: atomic { psap_hears[i] ? m ->
		if
		:: psap_deaf[i] -> skip
		:: m == INVITE && !psap_deaf[i] -> invited = true
		:: m == CANCEL && invited && !final && !psap_deaf[i] ->
			final = true; say(psap_says[i], REFUSAL)
		:: m == BYE && !psap_deaf[i] ->
			psap_up[i] = false; say(psap_says[i], DONE)
		:: m == DONE && !psap_deaf[i] -> psap_up[i] = false
		:: else -> skip
		fi }
	:: atomic { invited && !final && !psap_deaf[i] ->
		if
		:: !told -> say(psap_says[i], PROGRESS); told = true
		:: true -> say(psap_says[i], REFUSAL); final = true
		:: true -> say(psap_says[i], ANSWER); final = true; psap_up[i] = true
		fi }
	:: atomic { psap_up[i] && !hung_up && !psap_deaf[i] && !psap_stays ->
		say(psap_says[i], BYE); hung_up = true }
	:: atomic { may_die == i + 1 && invited && !psap_deaf[i] ->
		psap_deaf[i] = true }
	od
}

/* ---- what must hold when nobody has anything to say ---- */

active proctype judge()
{
	timeout ->
	assert(caller_final || caller_deaf);
	assert(!(psap_up[0] && psap_up[1]) || psap_deaf[0] || psap_deaf[1]);
	/* A PSAP that is up and there has a caller, unless the caller is. */
	assert(!psap_up[0] || psap_deaf[0] || caller_up || caller_deaf);
	assert(!psap_up[1] || psap_deaf[1] || caller_up || caller_deaf);
	assert(!caller_up || caller_deaf || psap_up[0] || psap_up[1] ||
	       psap_deaf[0] || psap_deaf[1]);
	/* ended means: the number was given back once, and nobody is up */
	assert(state != st_ended || released);
	assert(state == st_ended || state == st_connected)
}

init
{
	atomic {
		if
		:: caller_stays = true
		:: skip
		fi;
		if
		:: psap_stays = true
		:: skip
		fi;
		if
		:: select(may_die : 0 .. 3); may_lose = 2
		/* Who is taken for dead may be alive, but not hang up. */
		:: may_die = 3; psap_stays = true; select(may_lose : 0 .. 1)
		/* Who announces is this machine's own: nobody else dies. */
		:: announces = true; may_die = 3; may_lose = 2
		fi;
		run psap(0);
		run psap(1)
	}
}
