/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call_record.h"

#include <errno.h>

#include "dir_record.h"

enum {
	FIELD_LEG = 1,
	FIELD_ROUTE = 2,
	FIELD_SOCKET = 3,
	FIELD_ID = 4,
	FIELD_OFFER_HEADERS = 5,
	FIELD_SESSION_HEARD = 6,
	FIELD_SESSION_SENT = 7,
	FIELD_LOST = 8,
};
#define SOCKET_NAME_SIZE 96

#define ROW(n, type, of, member, most) \
	{ n, RECORD_##type, offsetof(struct of, member), \
	  sizeof(((struct of *)NULL)->member), most },
static const struct record_field call_fields[] = {
#define RECORD_CALL(n, type, member, most, help) \
	ROW(n, type, call, member, most)
#include "call_record.def"
#undef RECORD_CALL
};
static const struct record_field leg_fields[] = {
#define RECORD_LEG(n, type, member, most, help) ROW(n, type, leg, member, most)
#include "call_record.def"
#undef RECORD_LEG
};
static const struct record_field route_fields[] = {
#define RECORD_ROUTE(n, type, member, most, help) \
	ROW(n, type, call_route, member, most)
#include "call_record.def"
#undef RECORD_ROUTE
};
#undef ROW

/* ---- writing ---- */

/* An answer is written down before A hears it.  A leg that was hung up comes
 * back too: what this process did not end, the next one does. */
static bool leg_has_dialog(const struct leg *leg)
{
	return leg && (leg_is_answered(leg) ||
		       (leg->side == LEG_A && !leg_is_gone(leg) &&
			leg->call->state == CALL_ANSWERED));
}

/* Who is being rung in place of a lost leg has no dialog yet. */
static const struct leg *far_leg(const struct call *call)
{
	return call->lost ? call->lost : call->b;
}

/* NOLINTBEGIN(readability-function-size): a line for each row of the table */
static void put_call(struct record_writer *w, const struct call *call)
{
#define RECORD_CALL(n, type, member, most, help) \
	RECORD_PUT_##type(w, n, call->member);
#include "call_record.def"
#undef RECORD_CALL
}

static void put_leg(struct record_writer *w, const struct leg *leg)
{
	char name[SOCKET_NAME_SIZE];

	record_put(w, FIELD_LEG, text_of(leg->side == LEG_A ? "A" : "B"));
	sip_socket_name(&leg->flow, name, sizeof(name));
	record_put(w, FIELD_SOCKET, text_of(name));
#define RECORD_LEG(n, type, member, most, help) \
	RECORD_PUT_##type(w, n, leg->member);
#include "call_record.def"
#undef RECORD_LEG
}

static void put_route(struct record_writer *w, const struct call_route *route)
{
	record_put(w, FIELD_ROUTE, text_make("", 1));
#define RECORD_ROUTE(n, type, member, most, help) \
	RECORD_PUT_##type(w, n, route->member);
#include "call_record.def"
#undef RECORD_ROUTE
}
/* NOLINTEND(readability-function-size) */

/* What one side said the other has mostly heard as it was. */
static void put_session(struct record_writer *w, uint8_t number,
			const struct call_text *session,
			const struct call_text *mirror)
{
	struct text t = call_text_get(session);

	if (!mirror || !text_equal(t, call_text_get(mirror)))
		record_put(w, number, t);
}

static void put_sessions(struct record_writer *w, const struct leg *leg)
{
	const struct leg *a = leg->side == LEG_B ? leg->call->a : NULL;

	put_session(w, FIELD_SESSION_HEARD, &leg->session_heard,
		    a ? &a->session_sent : NULL);
	put_session(w, FIELD_SESSION_SENT, &leg->session_sent,
		    a ? &a->session_heard : NULL);
}

/* What is left out when it does not fit, one after the other. */
enum part { PART_HEADERS = 1 << 0, PART_SESSIONS = 1 << 1 };

static size_t encode(const struct call *call, uint8_t *buf, unsigned parts)
{
	const struct leg *far = far_leg(call);
	struct record_writer w;

	record_begin(&w, buf, RECORD_MAX, 'C');
	record_put(&w, FIELD_ID, text_make((const char *)call->id.b, 16));
	put_call(&w, call);
	if (parts & PART_HEADERS)
		record_put(&w, FIELD_OFFER_HEADERS,
			   call_text_get(&call->offer_headers));
	put_leg(&w, call->a);
	if (parts & PART_SESSIONS)
		put_sessions(&w, call->a);
	put_leg(&w, far);
	if (call->lost)
		record_put(&w, FIELD_LOST, text_make("", 1));
	if (parts & PART_SESSIONS)
		put_sessions(&w, far);
	for (unsigned i = 0; i < call->route_count; i++)
		put_route(&w, &call->routes[i]);
	return record_finish(&w);
}

size_t call_record_encode(const struct call *call, uint8_t buf[RECORD_MAX])
{
	size_t len;

	if (!leg_has_dialog(call->a) || !leg_has_dialog(far_leg(call)))
		return 0;
	len = encode(call, buf, PART_HEADERS | PART_SESSIONS);
	if (!len)
		len = encode(call, buf, PART_SESSIONS);
	return len ? len : encode(call, buf, 0);
}

/* ---- reading ---- */

struct reading {
	struct call *call;
	struct leg *leg; /* the latest that began */
	bool has_leg[2], is_lost;
	struct call_route routes[CALL_ROUTES_MAX];
	unsigned route_count;
};

static int begin_leg(struct reading *r, struct text side)
{
	enum leg_side which = LEG_A;

	if (text_equal(side, text_of("B")))
		which = LEG_B;
	else if (!text_equal(side, text_of("A")))
		return -EBADMSG;
	if (r->has_leg[which])
		return -EBADMSG;
	r->has_leg[which] = true;
	r->leg = r->call->a;
	if (which == LEG_B)
		r->leg = r->call->b = call_leg_new(r->call, LEG_B);
	return r->leg ? 0 : -ENOMEM;
}

static int take_session(struct reading *r, struct text value, bool heard)
{
	struct leg *leg = r->leg;

	if (!leg)
		return 0;
	return call_text_set(r->call,
			     heard ? &leg->session_heard : &leg->session_sent,
			     value)
		       ? 0
		       : -ENOMEM;
}

/* 1: taken; 0: unknown. */
static int take_common(struct reading *r, uint8_t number, struct text value)
{
	struct call *call = r->call;

	switch (number) {
	case FIELD_ID:
		if (value.len != sizeof(call->id.b))
			return -EBADMSG;
		memcpy(call->id.b, value.p, value.len);
		return 1;
	case FIELD_OFFER_HEADERS:
		return call_text_set(call, &call->offer_headers, value)
			       ? 1
			       : -ENOMEM;
	default:
		return record_take(call_fields, ARRAY_SIZE(call_fields), call,
				   call, number, value);
	}
}

static int take(struct reading *r, uint8_t number, struct text value)
{
	int taken;

	switch (number) {
	case FIELD_LEG:
		return begin_leg(r, value);
	case FIELD_ROUTE:
		return r->route_count++ == CALL_ROUTES_MAX ? -EBADMSG : 0;
	case FIELD_SOCKET:
		/* Where we do not listen any more the transport chooses. */
		if (r->leg && !sip_socket_find(value, &r->leg->flow))
			r->leg->flow.socket = NULL;
		return 0;
	case FIELD_LOST:
		r->is_lost = true;
		return 0;
	case FIELD_SESSION_HEARD:
	case FIELD_SESSION_SENT:
		return take_session(r, value, number == FIELD_SESSION_HEARD);
	default:
		break;
	}
	taken = take_common(r, number, value);
	if (taken == 0 && r->leg)
		taken = record_take(leg_fields, ARRAY_SIZE(leg_fields), r->leg,
				    r->call, number, value);
	if (taken == 0 && r->route_count)
		taken = record_take(route_fields, ARRAY_SIZE(route_fields),
				    &r->routes[r->route_count - 1], NULL,
				    number, value);
	return taken < 0 ? taken : 0;
}

static bool leg_is_whole(const struct leg *leg, unsigned route_count)
{
	return leg && leg->call_id.len && leg->local_tag.len &&
	       leg->remote_tag.len && leg->remote_target.len &&
	       (leg->attempt == 0 || leg->attempt < route_count);
}

/* Leg B's are those of leg A, unless it has its own. */
static bool sessions_mirror(struct call *call)
{
	struct leg *a = call->a, *b = call->b;

	return (b->session_heard.len ||
		call_text_set(call, &b->session_heard,
			      call_text_get(&a->session_sent))) &&
	       (b->session_sent.len ||
		call_text_set(call, &b->session_sent,
			      call_text_get(&a->session_heard)));
}

static void leg_goes_on(struct leg *leg)
{
	(void)leg_step(leg, LEG_EV_RESTORE);
	leg->heard = true;
	/* Its ACK may have gone out since, or not: a 2xx that is repeated gets
	 * one. */
	if (leg->side == LEG_B && leg->ack_due && leg->offer_out) {
		leg->ack_due = false;
		leg->ack_cseq = leg->invite_cseq_out;
	}
	leg->local_cseq += CALL_RECORD_CSEQ_SKIP;
}

static int finish(struct reading *r)
{
	struct call *call = r->call;

	if (uuid_is_nil(&call->id) || !r->has_leg[LEG_A] ||
	    !leg_is_whole(call->a, r->route_count) ||
	    !leg_is_whole(call->b, r->route_count) ||
	    call->route_index > r->route_count)
		return -EBADMSG;
	if (!call_routes_set(call, r->routes, r->route_count) ||
	    !sessions_mirror(call))
		return -ENOMEM;
	leg_goes_on(call->a);
	leg_goes_on(call->b);
	if (r->is_lost)
		call->lost = call->b;
	call->state = CALL_CONNECTED;
	return 0;
}

int call_record_decode(const void *data, size_t len, struct call **ret_call)
{
	struct reading r = { 0 };
	struct record_reader reader;
	struct text value;
	uint8_t number;
	int err = record_open(&reader, 'C', data, len);

	if (err < 0)
		return err;
	r.call = call_new(CALL_EMERGENCY);
	if (!r.call)
		return -ENOMEM;
	while (err == 0 && record_next(&reader, &number, &value))
		err = take(&r, number, value);
	if (err == 0)
		err = finish(&r);
	if (err < 0) {
		call_unref(r.call);
		return err;
	}
	*ret_call = r.call;
	return 0;
}
