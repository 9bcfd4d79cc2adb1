/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "survival.h"

#include <errno.h>

#include "bytes.h"
#include "call_record.h"
#include "elin_record.h"
#include "journal_key.h"
#include "report.h"
#include "setup.h"

#define PROBE_FIRST_MS  1000
#define PROBE_SPREAD_MS 29000

static struct survival survival;

/* ---- keys ---- */

static struct text call_key(const struct call *call,
			    char key[JOURNAL_KEY_CALL_SIZE])
{
	key[0] = JOURNAL_KEY_CALL;
	memcpy(key + 1, call->id.b, sizeof(call->id.b));
	return text_make(key, JOURNAL_KEY_CALL_SIZE);
}

static struct text binding_key(uint64_t number,
			       char key[JOURNAL_KEY_BINDING_SIZE])
{
	key[0] = JOURNAL_KEY_BINDING;
	be64_put(key + 1, number);
	return text_make(key, JOURNAL_KEY_BINDING_SIZE);
}

/* ---- writing ---- */

/* One process, one thread. */
static uint8_t scratch[RECORD_MAX];

static struct text call_value(const struct call *call)
{
	return text_make((char *)scratch, call_record_encode(call, scratch));
}

static void on_binding(const struct elin_binding *b, bool is_gone)
{
	char key[JOURNAL_KEY_BINDING_SIZE];
	uint8_t value[ELIN_RECORD_MAX];
	size_t len = is_gone ? 0 : elin_record_encode(b, value);

	survival_emit(binding_key(b->number, key),
		      text_make((char *)value, len));
}

void survival_init(const struct survival *conf)
{
	survival = *conf;
	elin_table_on_change(conf->elins, on_binding);
}

/* Some change of it is worth a record. */
static bool is_established(const struct call *call)
{
	return call->state == CALL_ANSWERED || call->state == CALL_CONNECTED ||
	       call->state == CALL_RECOVERING;
}

/* What cannot be written leaves an older record as it is: better than none. */
static void write_down(struct call *call)
{
	char key[JOURNAL_KEY_CALL_SIZE];
	struct text value = call_value(call);

	call->touched = false;
	if (value.len) {
		survival_emit(call_key(call, key), value);
		call->recorded = true;
	} else if (!call->recorded && !call->unrecorded) {
		call->unrecorded = true;
		stat_add(STAT_calls_unrecorded, 1);
		log_line(LEVEL_WARNING,
			 "bridge: a call is too big to be written down: a "
			 "restart would lose it");
	}
}

/* Does A still wait for its final answer, or we for its ACK? */
static bool is_set_up(const struct call *call)
{
	return call->state == CALL_LOCATING || call->state == CALL_HUNTING ||
	       call->state == CALL_ANNOUNCING || call->state == CALL_TELLING ||
	       call->state == CALL_RINGING || call->state == CALL_ANSWERED ||
	       call->state == CALL_CROSSED || call->state == CALL_HANGING;
}

void survival_note(struct call *call)
{
	char key[JOURNAL_KEY_CALL_SIZE];

	if (!is_set_up(call))
		setup_end(&call->setup);
	if (call->touched && is_established(call)) {
		write_down(call);
	} else if (call->recorded && call->state == CALL_ENDED) {
		survival_emit(call_key(call, key), text_of(NULL));
		call->recorded = false;
	}
}

struct walk {
	survival_put_f *put;
	void *arg;
	int err;
};

static bool put_call(struct call *call, void *arg)
{
	char key[JOURNAL_KEY_CALL_SIZE];
	struct walk *w = arg;
	struct text value = { 0 };

	shared_lock_take(&call->lock);
	/* A record is there until the call has ended. */
	if (is_established(call) ||
	    (call->recorded && call->state != CALL_ENDED))
		value = call_value(call);
	call->recorded |= value.len > 0;
	shared_lock_drop(&call->lock);
	if (value.len)
		w->err = w->put(call_key(call, key), value, w->arg);
	return w->err >= 0;
}

static void put_binding(const struct elin_binding *b, void *arg)
{
	char key[JOURNAL_KEY_BINDING_SIZE];
	uint8_t value[ELIN_RECORD_MAX];
	struct walk *w = arg;

	if (w->err >= 0)
		w->err = w->put(
			binding_key(b->number, key),
			text_make((char *)value, elin_record_encode(b, value)),
			w->arg);
}

int survival_each(survival_put_f *put, void *arg)
{
	struct walk w = { .put = put, .arg = arg };

	elin_table_each(survival.elins, put_binding, &w);
	if (w.err >= 0)
		call_store_each(survival.calls, put_call, &w);
	return w.err;
}

/* ---- after a start ---- */

static int restore_binding(struct text value)
{
	struct elin_binding b;
	int err = elin_record_decode(value.p, value.len, &b);

	return err < 0 ? err : elin_table_restore(survival.elins, &b);
}

/* Not all at once: the id's last bytes are random.  Who has nobody at the far
 * side waits no longer than it must. */
static int probe_ms(const struct call *call)
{
	if (call->lost)
		return PROBE_FIRST_MS;
	return PROBE_FIRST_MS + le16_get(call->id.b + 14) % PROBE_SPREAD_MS;
}

static int restore_call(struct text value)
{
	struct event_writer w;
	struct call *call;
	int err = call_record_decode(value.p, value.len, &call);

	if (err < 0)
		return err;
	/* Without its binding there is nothing to give back. */
	if (call->held_number &&
	    elin_table_hold(survival.elins, call->held_number) < 0)
		call->held_number = 0;
	call->recorded = true;
	call->touched = false;
	call_timer_set(call, CALL_TIMER_RESTORED, probe_ms(call));
	call_store_add(survival.calls, call);
	call_store_add_leg(survival.calls, call->a);
	call_store_add_leg(survival.calls, call->b);
	report_begin(&w, EVENT_CALL_RESTORED, call);
	event_text(&w, FIELD_SIP_CALL_ID, call_text_get(&call->a->call_id));
	event_text(&w, FIELD_NODE, text_of(survival.node));
	report_end(&w);
	call_unref(call);
	return 0;
}

void survival_restore(struct text key, struct text value,
		      struct survival_count *count)
{
	bool is_call = key.len && key.p[0] == JOURNAL_KEY_CALL;
	int err = is_call ? restore_call(value) : restore_binding(value);

	if (err < 0) {
		count->unreadable++;
		log_line(LEVEL_ERR, "%s in the journal cannot be used: %s",
			 is_call ? "a call" : "a binding",
			 err == -ENOMEM ? "no memory" : "damaged");
	} else if (is_call) {
		count->calls++;
	} else {
		count->bindings++;
	}
}

/* As they begin again, before any event: no step of theirs. */
void survival_unheard(struct call *call)
{
	call->state = CALL_ANSWERED;
	call->a->state = LEG_ANSWERED;
	call->answers_again = true;
	call_timer_set(call, CALL_TIMER_GUARD,
		       call_state_guard_ms(CALL_ANSWERED));
}

void survival_settle(const struct survival_count *count)
{
	struct event_writer w;

	elin_table_settle(survival.elins, clock_utc_ms());
	if (!count->calls && !count->bindings && !count->unreadable)
		return;
	stat_add(STAT_calls_restored, (int)count->calls);
	stat_add(STAT_bindings_restored, (int)count->bindings);
	log_line(LEVEL_NOTICE,
		 "%u answered calls and %u bindings are back from the journal, "
		 "%u records could not be used",
		 count->calls, count->bindings, count->unreadable);
	report_begin(&w, EVENT_CALLS_RESTORED, NULL);
	event_u64(&w, FIELD_COUNT, count->calls);
	event_u64(&w, FIELD_BINDINGS, count->bindings);
	if (count->unreadable)
		event_u64(&w, FIELD_UNREADABLE, count->unreadable);
	event_text(&w, FIELD_NODE, text_of(survival.node));
	report_end(&w);
}
