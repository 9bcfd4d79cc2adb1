/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/event_row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "bytes.h"

void event_row_fini(struct event_row *r)
{
	free(r->node);
	free(r->detail);
	r->node = NULL;
	r->detail = NULL;
}

void event_id_make(const uint8_t journal_id[JOURNAL_ID_SIZE], uint64_t sequence,
		   struct uuid *ret)
{
	memcpy(ret->b, journal_id, 8);
	be64_put(ret->b + 8, sequence);
}

/* A kind that a newer module knows and we do not is told by its number. */
static void format_kind(unsigned kind, char ret[EVENT_KIND_SIZE])
{
	const char *name = event_kind_name(kind);

	if (name)
		(void)snprintf(ret, EVENT_KIND_SIZE, "%s", name);
	else
		(void)snprintf(ret, EVENT_KIND_SIZE, "unknown.%u", kind);
}

static char *valid_copy(struct text t)
{
	char *s = malloc(3 * t.len + 1);

	if (s)
		s[utf8_copy_valid(t, s)] = '\0';
	return s;
}

static int put_value(struct event_row *r, struct json *j,
		     const struct event_value *v)
{
	const char *name = event_field_name(v->field);

	if (!name)
		return 0; /* of a newer module */
	if (v->field == FIELD_NODE && v->type == EVENT_TYPE_TEXT && !r->node) {
		r->node = valid_copy(v->text);
		if (!r->node)
			return -ENOMEM;
	}
	switch (v->type) {
	case EVENT_TYPE_U64:
		return json_put_u64(j, name, v->number);
	case EVENT_TYPE_TEXT:
		return json_put_text(j, name, v->text);
	}
	return 0;
}

static int fill(struct event_row *r, struct event_reader *reader,
		const char *node)
{
	struct event_value v;
	struct json *j = NULL;
	int err = json_new(&j);

	while (err >= 0 && event_next(reader, &v))
		err = put_value(r, j, &v);
	if (err >= 0)
		err = json_format(j, &r->detail);
	if (err >= 0 && !r->node) {
		r->node = strdup(node);
		err = r->node ? 0 : -ENOMEM;
	}
	(void)json_free(j);
	return err;
}

int event_row_init(struct event_row *ret,
		   const uint8_t journal_id[JOURNAL_ID_SIZE], uint64_t sequence,
		   struct text event, const char *node)
{
	struct event_row *r = ret;
	struct event_reader reader;
	struct uuid id;
	int err = event_open(event.p, event.len, &reader);

	if (err < 0)
		return err;
	*r = (struct event_row){ .sequence = sequence };
	event_id_make(journal_id, sequence, &id);
	uuid_format(&id, r->id);
	uuid_format(&reader.head.call, r->call);
	format_kind(reader.head.kind, r->kind);
	if (clock_format(reader.head.at_ms, r->at) < 0)
		return -EBADMSG;
	err = fill(r, &reader, node);
	if (err < 0) {
		event_row_fini(r);
		return err;
	}
	r->params[EVENT_PARAM_ID] = r->id;
	r->params[EVENT_PARAM_CALL] =
		uuid_is_nil(&reader.head.call) ? NULL : r->call;
	r->params[EVENT_PARAM_AT] = r->at;
	r->params[EVENT_PARAM_KIND] = r->kind;
	r->params[EVENT_PARAM_NODE] = r->node;
	r->params[EVENT_PARAM_DETAIL] = r->detail;
	return 0;
}
