/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "modules/e911/survival.h"

#define RECORDS_MAX    4096
#define RECORD_KEY_MAX 17 /* of a call */

static struct told told[TOLD_MAX];
static size_t told_count;
static uint64_t counters[STAT_COUNT];
static char record_keys[RECORDS_MAX][RECORD_KEY_MAX];
static size_t record_count;
static told_f *listener;
static void *listener_arg;

void fake_report_reset(void)
{
	told_count = record_count = 0;
	listener = NULL;
	memset(counters, 0, sizeof(counters));
}

size_t fake_report_count(void)
{
	return told_count;
}

const struct told *fake_report_told(size_t i)
{
	return i < told_count ? &told[i] : NULL;
}

unsigned fake_report_of(enum event_kind kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < told_count; i++)
		n += told[i].kind == kind;
	return n;
}

void fake_report_listen(told_f *on_told, void *arg)
{
	listener = on_told;
	listener_arg = arg;
}

static void write_value(struct told *t, const struct event_value *v)
{
	size_t used = strlen(t->line);
	const char *name = event_field_name(v->field);

	if (v->field == FIELD_SIP_CALL_ID)
		return;
	if (v->type == EVENT_TYPE_U64)
		snprintf(t->line + used, sizeof(t->line) - used, " %s=%llu",
			 name, (unsigned long long)v->number);
	else
		snprintf(t->line + used, sizeof(t->line) - used, " %s='%.*s'",
			 name, (int)v->text.len, v->text.p);
}

/* An event that cannot be read back is a failure of the test program. */
void report_emit(const void *event, size_t len)
{
	struct event_reader r;
	struct event_value v;
	struct told *t;

	if (told_count == TOLD_MAX || event_open(event, len, &r) < 0)
		abort();
	t = &told[told_count++];
	memset(t, 0, sizeof(*t));
	t->kind = r.head.kind;
	t->call = r.head.call;
	snprintf(t->line, sizeof(t->line), "%s", event_kind_name(t->kind));
	while (event_next(&r, &v))
		write_value(t, &v);
	if (listener)
		listener(t, listener_arg);
}

void stat_add(enum stat s, int n)
{
	counters[s] += (uint64_t)n;
}

uint64_t stat_get(enum stat s)
{
	return counters[s];
}

/* ---- survival.h ---- */

void survival_emit(struct text key, struct text value)
{
	size_t i = 0;

	if (key.len != RECORD_KEY_MAX) /* a binding */
		return;
	while (i < record_count && memcmp(record_keys[i], key.p, key.len) != 0)
		i++;
	if (value.len && i == RECORDS_MAX)
		abort();
	if (value.len)
		memcpy(record_keys[i], key.p, key.len);
	if (value.len && i == record_count)
		record_count++;
	if (!value.len && i < record_count)
		memcpy(record_keys[i], record_keys[--record_count],
		       RECORD_KEY_MAX);
}

size_t fake_report_records(void)
{
	return record_count;
}
