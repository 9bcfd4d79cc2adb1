/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/event_facts.h"

int event_facts_read(struct text event, struct event_facts *ret)
{
	struct event_reader r;
	struct event_value v;
	int err = event_open(event.p, event.len, &r);

	if (err < 0)
		return err;
	*ret = (struct event_facts){ .kind = r.head.kind,
				     .at_ms = r.head.at_ms,
				     .call = r.head.call };
	while (event_next(&r, &v))
		if (v.type && v.field < EVENT_FIELDS)
			ret->fields[v.field] = v;
	return 0;
}

struct text event_fact(const struct event_facts *e, enum event_field f)
{
	const struct event_value *v = &e->fields[f];

	return v->field && v->type == EVENT_TYPE_TEXT ? v->text : text_of("");
}

uint64_t event_fact_u64(const struct event_facts *e, enum event_field f)
{
	const struct event_value *v = &e->fields[f];

	return v->field && v->type == EVENT_TYPE_U64 ? v->number : 0;
}

bool event_fact_is(const struct event_facts *e, enum event_field f,
		   const char *word)
{
	return text_equal(event_fact(e, f), text_of(word));
}
