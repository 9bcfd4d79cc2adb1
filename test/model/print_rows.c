/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * print_rows [--spoil STATE EVENT ACTION]
 *
 * The rows of core/call_fsm.c as Promela: states, events and actions as
 * mtype, and "inline call_step(ev)", which moves the state and leaves the
 * action to be done in 'action'.  With --spoil the row of that state and
 * event gets another action (or "nothing"): the model must then fail, or it
 * proves nothing.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "call_fsm.h"

struct spoil {
	const char *state, *event, *action;
	bool done;
};

static void print_mtypes(void)
{
	printf("mtype:state = {");
	for (int i = 0; i < CALL_STATE_COUNT; i++)
		printf(" %s_%s", i ? ",\n\tst" : "st", call_state_name(i));
	printf(" };\nmtype:event = { ev_none");
	for (int i = 0; i < CALL_EVENT_COUNT; i++)
		printf(",\n\tev_%s", call_event_name(i));
	printf(" };\nmtype:action = { do_ignored");
	for (int i = 0; i < CALL_ACTION_COUNT; i++)
		printf(",\n\tdo_%s", call_action_name(i));
	printf(" };\n\n");
}

static const char *action_of(const struct call_rule *r, struct spoil *spoil)
{
	if (!spoil->state ||
	    strcmp(call_state_name(r->from), spoil->state) != 0 ||
	    strcmp(call_event_name(r->on), spoil->event) != 0)
		return call_action_name(r->action);
	spoil->done = true;
	return spoil->action;
}

static void print_step(struct spoil *spoil)
{
	printf("inline call_step(ev)\n{\n\tif\n");
	for (size_t i = 0; i < call_rule_count; i++) {
		const struct call_rule *r = &call_rules[i];

		printf("\t:: state == st_%s && ev == ev_%s ->\n"
		       "\t\tstate = st_%s; action = do_%s\n",
		       call_state_name(r->from), call_event_name(r->on),
		       call_state_name(r->to), action_of(r, spoil));
	}
	printf("\t:: else -> action = do_ignored\n\tfi\n}\n\n");
}

/* A state that time may end. */
static void print_guards(void)
{
	printf("#define HAS_GUARD (");
	for (int i = 0, n = 0; i < CALL_STATE_COUNT; i++)
		if (call_state_guard_ms(i))
			printf("%sstate == st_%s", n++ ? " || " : "",
			       call_state_name(i));
	printf(")\n");
}

int main(int argc, char **argv)
{
	struct spoil spoil = { 0 };

	if (argc == 5 && strcmp(argv[1], "--spoil") == 0) {
		spoil.state = argv[2];
		spoil.event = argv[3];
		spoil.action = argv[4];
	} else if (argc != 1) {
		fprintf(stderr, "print_rows [--spoil STATE EVENT ACTION]\n");
		return 2;
	}
	printf("/* Written by print_rows from core/call_fsm.c. */\n\n");
	print_mtypes();
	print_step(&spoil);
	print_guards();
	if (spoil.state && !spoil.done) {
		fprintf(stderr, "print_rows: no row of state '%s' on '%s'\n",
			spoil.state, spoil.event);
		return 2;
	}
	return 0;
}
