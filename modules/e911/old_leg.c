/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "old_leg.h"

#include "dir_record.h"
#include "report.h"

#define MESSAGE_MAX 8192

struct old_leg {
	struct old_leg *next;
	struct setup_leg to;
	int64_t next_at; /* monotonic ms: the next CANCEL; 0: no more */
	int64_t until;
	int32_t wait_ms; /* the interval that follows */
	uint32_t call_id_at, call_id_len;
	uint32_t len;
	char cancel[];
};

struct old_legs {
	struct shared_lock lock;
	old_leg_send_f *send;
	unsigned count; /* atomic: replies look at it without the lock */
	struct old_leg *first;
};

struct old_legs *old_legs_new(old_leg_send_f *send)
{
	struct old_legs *o = shared_alloc(sizeof(*o));

	if (!o)
		return NULL;
	shared_lock_init(&o->lock);
	o->send = send;
	return o;
}

struct old_legs *old_legs_free(struct old_legs *o)
{
	while (o && o->first) {
		struct old_leg *leg = o->first;

		o->first = leg->next;
		shared_free(leg);
	}
	shared_free(o);
	return NULL;
}

bool old_legs_wait(const struct old_legs *o)
{
	return o && __atomic_load_n(&o->count, __ATOMIC_RELAXED);
}

static struct text cancel_of(const struct old_leg *leg)
{
	return text_make(leg->cancel, leg->len);
}

static struct text call_id_of(const struct old_leg *leg)
{
	return text_make(leg->cancel + leg->call_id_at, leg->call_id_len);
}

static bool is_reliable(const struct old_leg *leg)
{
	return leg->to.to.transport != TRANSPORT_UDP;
}

/* ---- the CANCEL ---- */

bool old_legs_cancel(struct old_legs *o, const struct setup_leg *to,
		     struct text cancel, int64_t mono_ms)
{
	struct text call_id = setup_header(cancel, "Call-ID");
	struct old_leg *leg = NULL;
	bool is_sent;

	if (o && cancel.len <= MESSAGE_MAX)
		leg = shared_alloc(sizeof(*leg) + cancel.len);
	if (leg) {
		leg->to = *to;
		leg->until = mono_ms + OLD_LEG_KEEP_MS;
		leg->wait_ms = 2 * OLD_LEG_T1_MS;
		leg->len = (uint32_t)cancel.len;
		leg->call_id_at = (uint32_t)(call_id.p - cancel.p);
		leg->call_id_len = (uint32_t)call_id.len;
		memcpy(leg->cancel, cancel.p, cancel.len);
		if (!is_reliable(leg))
			leg->next_at = mono_ms + OLD_LEG_T1_MS;
		/* Known before the reply can come. */
		shared_lock_take(&o->lock);
		leg->next = o->first;
		o->first = leg;
		__atomic_add_fetch(&o->count, 1, __ATOMIC_RELAXED);
		shared_lock_drop(&o->lock);
	}
	is_sent = o && o->send(to, cancel);
	return is_sent && leg;
}

/* One that is due now: its message, copied; false: none is.  What is over is
 * taken out. */
static bool take_due(struct old_legs *o, int64_t now, struct setup_leg *ret_to,
		     char message[MESSAGE_MAX], size_t *ret_len)
{
	struct old_leg **at, *leg;
	bool found = false;

	shared_lock_take(&o->lock);
	for (at = &o->first; !found && (leg = *at);) {
		if (now >= leg->until) {
			if (leg->next_at)
				stat_add(STAT_setups_unheard, 1);
			*at = leg->next;
			__atomic_sub_fetch(&o->count, 1, __ATOMIC_RELAXED);
			shared_free(leg);
			continue;
		}
		found = leg->next_at && now >= leg->next_at;
		if (found) {
			*ret_to = leg->to;
			*ret_len = leg->len;
			memcpy(message, leg->cancel, leg->len);
			leg->next_at = now + leg->wait_ms;
			leg->wait_ms = leg->wait_ms * 2 < OLD_LEG_T2_MS
					       ? leg->wait_ms * 2
					       : OLD_LEG_T2_MS;
		}
		at = &leg->next;
	}
	shared_lock_drop(&o->lock);
	return found;
}

void old_legs_tick(struct old_legs *o, int64_t mono_ms)
{
	static char message[MESSAGE_MAX];
	struct setup_leg to;
	size_t len;

	if (!old_legs_wait(o))
		return;
	while (take_due(o, mono_ms, &to, message, &len))
		(void)o->send(&to, text_make(message, len));
}

/* ---- replies ---- */

bool old_legs_reply(struct old_legs *o, const struct old_leg_reply *r)
{
	static char ack[MESSAGE_MAX];
	struct setup_leg to;
	struct old_leg *leg;
	size_t len = 0;

	if (!old_legs_wait(o) || r->code < 200 ||
	    (r->to_invite && r->code < 300))
		return false;
	shared_lock_take(&o->lock);
	leg = o->first;
	while (leg && !text_equal(call_id_of(leg), r->call_id))
		leg = leg->next;
	if (leg) {
		leg->next_at = 0;
		to = leg->to;
		if (r->to_invite)
			len = setup_ack(cancel_of(leg), r->to, ack,
					sizeof(ack));
	}
	shared_lock_drop(&o->lock);
	if (len)
		(void)o->send(&to, text_make(ack, len));
	return leg != NULL;
}
