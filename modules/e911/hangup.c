/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hangup.h"

#include <errno.h>

#include "b2bua_step.h"
#include "report.h"

#define T1_MS 500

/* Until the next copy; behind the last one until it is given up. */
static const int intervals_ms[] = { T1_MS, 2 * T1_MS, 4 * T1_MS, T1_MS };
#define REPEATS (ARRAY_SIZE(intervals_ms) - 1)

static int say(struct leg *leg)
{
	return sip_send_bare(
		&(struct sip_out){ .method = "BYE",
				   .leg = leg,
				   .cseq = leg->hangup.cseq,
				   .headers = text_of(leg->hangup.lines) });
}

static void arm(struct call *call)
{
	int64_t due = 0;

	for (const struct leg *l = call->legs; l; l = l->next)
		if (l->hangup.cseq && (!due || l->hangup.due_at < due))
			due = l->hangup.due_at;
	call_timer_set_at(call, CALL_TIMER_HANGUP, due);
}

int hangup_send(struct leg *leg, uint32_t cseq, const char *lines)
{
	struct hangup before = leg->hangup;
	int err;

	if (leg->call->state == CALL_ENDED)
		return -EOPNOTSUPP;
	leg->hangup = (struct hangup){ .cseq = cseq,
				       .due_at = clock_mono_ms() + T1_MS,
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

bool hangup_is_branch(struct text branch)
{
	return text_has_prefix_nocase(branch, text_of(HANGUP_BRANCH));
}

struct text hangup_tag(struct text branch)
{
	struct text piece;

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
	} else if (l->hangup.repeats < REPEATS) {
		/* They have it: no copy before T2 (RFC 3261 17.1.2.2), which
		 * is when it is given up; once, whoever says 100 for ever. */
		l->hangup.repeats = REPEATS;
		l->hangup.due_at = clock_mono_ms() + HANGUP_MS;
		arm(call);
	}
}

static void give_up(struct leg *leg)
{
	if (leg->state == LEG_LEAVING)
		stat_add(STAT_byes_unanswered, 1);
	is_over(leg);
}

/* One copy at a time, however late we are. */
static void leg_due(struct leg *leg, int64_t now)
{
	struct hangup *h = &leg->hangup;

	if (!h->cseq || h->due_at > now)
		return;
	/* It has left meanwhile: the BYEs have crossed. */
	if (leg->state != LEG_LEAVING || h->repeats == REPEATS) {
		give_up(leg);
		return;
	}
	(void)!say(leg);
	h->due_at = now + intervals_ms[++h->repeats];
}

void hangup_due(struct call *call)
{
	int64_t now = clock_mono_ms();

	for (struct leg *l = call->legs; l; l = l->next)
		leg_due(l, now);
	arm(call);
}
