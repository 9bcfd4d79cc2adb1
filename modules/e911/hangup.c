/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hangup.h"

#include <errno.h>

#include "b2bua_step.h"

#define T1_MS 500

/* After its first, until it is answered or given up. */
static const int repeats_ms[] = { T1_MS, 3 * T1_MS, 7 * T1_MS };

static int say(struct leg *leg)
{
	return sip_send_bare(
		&(struct sip_out){ .method = "BYE",
				   .leg = leg,
				   .cseq = leg->hangup.cseq,
				   .headers = text_of(leg->hangup.lines) });
}

/* Monotonic ms: when something is to be done next. */
static int64_t due_at(const struct leg *leg)
{
	unsigned n = leg->hangup.repeats;

	return leg->hangup.sent_at +
	       (n < ARRAY_SIZE(repeats_ms) ? repeats_ms[n] : HANGUP_MS);
}

static void arm(struct call *call)
{
	int64_t due = 0;

	for (const struct leg *l = call->legs; l; l = l->next)
		if (l->hangup.cseq && (!due || due_at(l) < due))
			due = due_at(l);
	call_timer_set_at(call, CALL_TIMER_HANGUP, due);
}

int hangup_send(struct leg *leg, uint32_t cseq, const char *lines)
{
	struct hangup before = leg->hangup;
	int err;

	if (leg->call->state == CALL_ENDED)
		return -EOPNOTSUPP;
	leg->hangup = (struct hangup){ .cseq = cseq,
				       .sent_at = clock_mono_ms(),
				       .lines = lines };
	err = say(leg);
	if (err < 0)
		leg->hangup = before;
	else
		arm(leg->call);
	return err;
}

void hangup_branch(const struct leg *leg, struct text_writer *w)
{
	unsigned place = 0;

	for (const struct leg *older = leg->next; older; older = older->next)
		place++;
	text_write_cstr(w, HANGUP_BRANCH);
	text_write_u64(w, place);
	text_write_cstr(w, "-");
	text_write_u64(w, leg->hangup.cseq);
	text_write_cstr(w, "-");
	text_write(w, call_text_get(&leg->local_tag));
}

struct text hangup_tag(struct text branch)
{
	struct text piece;

	if (!text_has_prefix_nocase(branch, text_of(HANGUP_BRANCH)))
		return text_of(NULL);
	/* The cookie, "bye", place and CSeq. */
	for (int i = 0; i < 4; i++)
		(void)text_cut(&branch, '-', &piece);
	return branch;
}

static bool is_branch_of(const struct leg *leg, struct text branch)
{
	char buf[HANGUP_BRANCH_SIZE];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	hangup_branch(leg, &w);
	return !w.full && text_equal(text_written(&w), branch);
}

static void is_over(struct leg *leg)
{
	leg->hangup.cseq = 0;
	arm(leg->call);
	b2bua_bye_done(leg);
}

void hangup_answered(struct call *call, struct text branch, unsigned code)
{
	struct leg *l = call->legs;

	while (l && !(l->hangup.cseq && is_branch_of(l, branch)))
		l = l->next;
	/* One that comes late, or twice. */
	if (!l)
		return;
	if (code >= 200) {
		is_over(l);
		return;
	}
	/* They have it: it is not repeated before T2, which is when it is given
	 * up (RFC 3261 17.1.2.2). */
	l->hangup.repeats = ARRAY_SIZE(repeats_ms);
	arm(call);
}

static void leg_due(struct leg *leg, int64_t now)
{
	if (!leg->hangup.cseq || due_at(leg) > now)
		return;
	if (leg->state != LEG_LEAVING) {
		/* The BYEs have crossed. */
		leg->hangup.cseq = 0;
	} else if (leg->hangup.repeats < ARRAY_SIZE(repeats_ms)) {
		leg->hangup.repeats++;
		(void)!say(leg);
	} else {
		is_over(leg);
	}
}

void hangup_due(struct call *call)
{
	int64_t now = clock_mono_ms();

	for (struct leg *l = call->legs; l; l = l->next)
		leg_due(l, now);
	arm(call);
}
