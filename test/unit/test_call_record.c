/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with modules/e911/call_record.c modules/e911/record.c */
/* build: with modules/e911/call_store.c modules/e911/call_wheel.c */
/* build: with test/support/platform_libc.c */
/* build: link pthread */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bytes.h"
#include "crc32c.h"
#include "dir_record.h"
#include "modules/e911/call_record.h"
#include "support/platform_libc.h"

/* ---- the sockets that we listen on ---- */

static char udp_socket[] = "udp:192.0.2.1:5060";
static char tcp_socket[] = "tcp:[2001:db8::1]:5060";

void sip_socket_name(const struct sip_flow *flow, char *name, size_t size)
{
	snprintf(name, size, "%s", flow->socket ? (char *)flow->socket : "");
}

bool sip_socket_find(struct text name, struct sip_flow *flow)
{
	flow->socket = NULL;
	if (text_equal(name, text_of(udp_socket)))
		flow->socket = udp_socket;
	if (text_equal(name, text_of(tcp_socket)))
		flow->socket = tcp_socket;
	return flow->socket != NULL;
}

/* ---- a call ---- */

static void set(struct call *call, struct call_text *t, const char *value)
{
	assert_true(call_text_set(call, t, text_of(value)));
}

static void fill_leg(struct leg *leg, const char *name)
{
	struct call *call = leg->call;
	char text[64];

	set(call, &leg->call_id, name);
	set(call, &leg->local_tag, "ours");
	set(call, &leg->remote_tag, "theirs");
	set(call, &leg->local_uri, "sip:911@192.0.2.1");
	snprintf(text, sizeof(text), "sip:%s@192.0.2.9:5070", name);
	set(call, &leg->remote_target, text);
	set(call, &leg->route_set, "<sip:192.0.2.8;lr>");
	set(call, &leg->contact, "<sip:e911@192.0.2.1:5060>");
	set(call, &leg->session_heard, name);
	leg->local_cseq = 7;
	leg->remote_cseq = 4711;
	leg->invite_cseq_in = 4711;
	leg->flow = (struct sip_flow){ .socket = udp_socket,
				       .connection = 99,
				       .transport = TRANSPORT_UDP };
	leg->state = LEG_UP;
}

static struct call *call_full(void)
{
	static const struct call_route routes[] = {
		{ .trunk_id = 71, .host = "192.0.2.9", .port = 5060 },
		{ .trunk_id = 72,
		  .psap_id = 9,
		  .host = "2001:db8::9",
		  .port = 5061,
		  .transport = TRANSPORT_TLS,
		  .number_format = NUMBER_FORMAT_NANP10,
		  .user = "911",
		  .profile = PROFILE_I3,
		  .response_timeout_ms = 2000,
		  .ring_timeout_ms = 60000,
		  .progress_timeout_ms = 10000,
		  .recovery_timeout_s = 30,
		  .max_calls = 23,
		  .kind = PSAP_RELAY_CENTER },
	};
	struct call *call = call_new(CALL_CALLBACK);

	assert_non_null(call);
	call->b = call_leg_new(call, LEG_B);
	fill_leg(call->a, "caller");
	fill_leg(call->b, "psap");
	set(call, &call->a->session_sent, "psap");
	set(call, &call->b->session_sent, "something else than the caller's");
	call->b->flow.socket = tcp_socket;
	call->b->attempt = call->route_index = 1;
	call->b->ack_due = true;
	memset(call->id.b, 0xab, sizeof(call->id.b));
	call->started_ms = 1700000000000;
	call->answered_ms = 1700000001234;
	call->held_number = call->shown_number = 12065550100;
	snprintf(call->shown_user, sizeof(call->shown_user), "alice");
	call->elin_timeout_s = 1200;
	set(call, &call->offer_headers, "Priority: emergency\r\n");
	assert_true(call_routes_set(call, routes, ARRAY_SIZE(routes)));
	return call;
}

static void assert_text(struct call_text t, struct call_text expected)
{
	assert_true(text_equal(call_text_get(&t), call_text_get(&expected)));
}

static int end(void **state)
{
	(void)state;
	shared_fail_after(-1);
	return shared_in_use() == 0 ? 0 : -1;
}

/* ---- there and back ---- */

static void a_call_comes_back_with_its_dialogs(void **state)
{
	struct call *call = call_full(), *back;
	uint8_t buf[RECORD_MAX];
	size_t len = call_record_encode(call, buf);
	const struct leg *a, *b;

	(void)state;
	assert_true(len > 0);
	assert_int_equal(call_record_decode(buf, len, &back), 0);
	a = back->a;
	b = back->b;
	assert_int_equal(back->state, CALL_CONNECTED);
	assert_int_equal(back->kind, CALL_CALLBACK);
	assert_true(uuid_equal(&back->id, &call->id));
	assert_int_equal(back->started_ms, 1700000000000);
	assert_int_equal(back->answered_ms, 1700000001234);
	assert_int_equal(back->held_number, 12065550100);
	assert_int_equal(back->elin_timeout_s, 1200);
	assert_string_equal(back->shown_user, "alice");
	assert_text(back->offer_headers, call->offer_headers);
	assert_text(a->call_id, call->a->call_id);
	assert_text(a->session_heard, call->a->session_heard);
	assert_text(a->session_sent, call->a->session_sent);
	assert_text(b->session_heard, call->b->session_heard);
	assert_text(b->session_sent, call->b->session_sent);
	assert_text(b->remote_target, call->b->remote_target);
	assert_text(b->route_set, call->b->route_set);
	assert_int_equal(a->local_cseq, 7 + CALL_RECORD_CSEQ_SKIP);
	assert_int_equal(a->remote_cseq, 4711);
	assert_true(b->ack_due);
	assert_int_equal(b->attempt, 1);
	assert_ptr_equal(a->flow.socket, udp_socket);
	assert_ptr_equal(b->flow.socket, tcp_socket);
	assert_int_equal(a->flow.connection, 0);
	assert_true(a->state == LEG_UP && b->state == LEG_UP);
	assert_false(a->invite.open || b->invite.open);
	assert_int_equal(back->route_count, 2);
	assert_memory_equal(back->routes, call->routes,
			    2 * sizeof(*call->routes));
	call_unref(back);
	call_unref(call);
}

static void a_call_without_two_dialogs_is_not_recorded(void **state)
{
	struct call *call = call_full();
	uint8_t buf[RECORD_MAX];

	(void)state;
	call->b->state = LEG_EARLY;
	assert_int_equal(call_record_encode(call, buf), 0);
	call->b->state = LEG_LEAVING; /* it may not have heard the BYE */
	assert_true(call_record_encode(call, buf) > 0);
	call->b->state = LEG_UP;
	call->a->state = LEG_EARLY;
	assert_int_equal(call_record_encode(call, buf), 0);
	call->a->state = LEG_UP;
	call->b = NULL;
	assert_int_equal(call_record_encode(call, buf), 0);
	call_unref(call);
}

static void a_socket_that_is_gone_is_left_to_the_transport(void **state)
{
	static char other[] = "udp:192.0.2.77:5060";
	struct call *call = call_full(), *back;
	uint8_t buf[RECORD_MAX];

	(void)state;
	call->a->flow.socket = other;
	assert_int_equal(
		call_record_decode(buf, call_record_encode(call, buf), &back),
		0);
	assert_null(back->a->flow.socket);
	assert_int_equal(back->a->flow.transport, TRANSPORT_UDP);
	call_unref(back);
	call_unref(call);
}

/* ---- size ---- */

static void what_is_too_big_goes_without_the_offers_headers(void **state)
{
	struct call *call = call_full(), *back;
	static char big[RECORD_MAX];
	uint8_t buf[RECORD_MAX];
	size_t len;

	(void)state;
	memset(big, 'h', sizeof(big));
	assert_true(call_text_set(call, &call->offer_headers,
				  text_make(big, sizeof(big))));
	len = call_record_encode(call, buf);
	assert_true(len > 0);
	assert_int_equal(call_record_decode(buf, len, &back), 0);
	assert_int_equal(back->offer_headers.len, 0);
	call_unref(back);
	call_unref(call);
}

static void a_hostile_route_set_is_not_recorded(void **state)
{
	static char big[70000];
	struct call *call = call_full();
	uint8_t buf[RECORD_MAX];

	(void)state;
	memset(big, 'r', sizeof(big));
	for (size_t len = RECORD_MAX - 256; len < sizeof(big); len += 8192) {
		assert_true(call_text_set(call, &call->b->route_set,
					  text_make(big, len)));
		assert_int_equal(call_record_encode(call, buf), 0);
	}
	call_unref(call);
}

/* ---- what a reader meets ---- */

/* call_record.h has it as its example. */
static const uint8_t smallest[] = {
	0x00, 0x00, 0x00, 0x00, 0x01, 0x43, 0x00, 0x00, /* head */
	0x04, 0x10, 0x00, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
	0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, /* id */
	0x01, 0x01, 0x00, 0x41, 0x1e, 0x01, 0x00, 0x61,       /* leg A */
	0x1f, 0x01, 0x00, 0x62, 0x20, 0x01, 0x00, 0x63,       /* tags */
	0x23, 0x05, 0x00, 0x73, 0x69, 0x70, 0x3a, 0x78,       /* target */
	0x26, 0x01, 0x00, 0x07,                               /* CSeq */
	0x01, 0x01, 0x00, 0x42, 0x1e, 0x01, 0x00, 0x64,       /* leg B */
	0x1f, 0x01, 0x00, 0x65, 0x20, 0x01, 0x00, 0x66,       /* tags */
	0x23, 0x05, 0x00, 0x73, 0x69, 0x70, 0x3a, 0x79,       /* target */
};

static size_t sealed(uint8_t *buf, size_t len)
{
	le32_put(buf, crc32c(0, buf + 4, len - 4));
	return len;
}

static void the_example_is_a_call(void **state)
{
	uint8_t buf[sizeof(smallest)];
	struct call *call;

	(void)state;
	memcpy(buf, smallest, sizeof(buf));
	(void)sealed(buf, sizeof(buf));
	assert_int_equal(le32_get(buf), 0x7d02d529);
	assert_int_equal(call_record_decode(buf, sizeof(buf), &call), 0);
	assert_int_equal(call->a->local_cseq, 7 + CALL_RECORD_CSEQ_SKIP);
	assert_int_equal(call->b->call_id.p[0], 'd');
	call_unref(call);
}

static void an_unknown_field_is_skipped(void **state)
{
	uint8_t buf[sizeof(smallest) + 7] = { 0 };
	struct call *call;

	(void)state;
	memcpy(buf, smallest, sizeof(smallest));
	buf[sizeof(smallest)] = 250;
	buf[sizeof(smallest) + 1] = 4;
	assert_int_equal(
		call_record_decode(buf, sealed(buf, sizeof(buf)), &call), 0);
	call_unref(call);
}

static void refused(const uint8_t *buf, size_t len)
{
	struct call *call;

	assert_int_equal(call_record_decode(buf, len, &call), -EBADMSG);
}

static void each_changed_byte_is_seen(void **state)
{
	uint8_t buf[sizeof(smallest)];

	(void)state;
	for (size_t i = 0; i < sizeof(buf); i++) {
		memcpy(buf, smallest, sizeof(buf));
		(void)sealed(buf, sizeof(buf));
		buf[i] ^= 1;
		refused(buf, sizeof(buf));
	}
}

static void a_part_is_not_a_record(void **state)
{
	uint8_t buf[sizeof(smallest)];

	(void)state;
	memcpy(buf, smallest, sizeof(buf));
	for (size_t len = 4; len < sizeof(buf); len++)
		refused(buf, sealed(buf, len));
	for (size_t len = 0; len < 4; len++)
		refused(buf, len);
}

/* One byte of the sealed example is another. */
static void refused_with(size_t at, uint8_t value)
{
	uint8_t buf[sizeof(smallest)];

	memcpy(buf, smallest, sizeof(buf));
	assert_int_not_equal(buf[at], value);
	buf[at] = value;
	refused(buf, sealed(buf, sizeof(buf)));
}

static void what_makes_no_call_is_refused(void **state)
{
	(void)state;
	refused_with(4, 2);    /* a version to come */
	refused_with(5, 'B');  /* a binding */
	refused_with(30, 'B'); /* leg B twice */
	refused_with(30, 'X'); /* no leg */
	refused_with(31, 29);  /* no Call-ID on leg A */
	refused_with(55, 255); /* a length that reaches too far */
}

static void too_many_routes_are_refused(void **state)
{
	uint8_t buf[RECORD_MAX];
	size_t len = sizeof(smallest);

	(void)state;
	memcpy(buf, smallest, sizeof(smallest));
	for (int i = 0; i <= CALL_ROUTES_MAX; i++, len += 4)
		memcpy(buf + len, "\2\1\0\0", 4);
	refused(buf, sealed(buf, len));
	assert_int_equal(shared_in_use(), 0);
}

static void without_memory_there_is_no_call(void **state)
{
	struct call *call = call_full(), *back;
	static char much[4000]; /* more of them than a call begins with */
	uint8_t buf[RECORD_MAX];
	size_t len;
	long allowed = 0;
	int err;

	(void)state;
	memset(much, 'm', sizeof(much));
	assert_true(call_text_set(call, &call->offer_headers,
				  text_make(much, sizeof(much))) &&
		    call_text_set(call, &call->b->session_sent,
				  text_make(much, sizeof(much))));
	len = call_record_encode(call, buf);
	do {
		shared_fail_after(allowed++);
		err = call_record_decode(buf, len, &back);
		shared_fail_after(-1);
	} while (err == -ENOMEM);
	assert_int_equal(err, 0);
	assert_true(allowed > 2);
	call_unref(back);
	call_unref(call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_call_comes_back_with_its_dialogs,
					  end),
		cmocka_unit_test_teardown(
			a_call_without_two_dialogs_is_not_recorded, end),
		cmocka_unit_test_teardown(
			a_socket_that_is_gone_is_left_to_the_transport, end),
		cmocka_unit_test_teardown(
			what_is_too_big_goes_without_the_offers_headers, end),
		cmocka_unit_test_teardown(a_hostile_route_set_is_not_recorded,
					  end),
		cmocka_unit_test_teardown(the_example_is_a_call, end),
		cmocka_unit_test_teardown(an_unknown_field_is_skipped, end),
		cmocka_unit_test_teardown(each_changed_byte_is_seen, end),
		cmocka_unit_test_teardown(a_part_is_not_a_record, end),
		cmocka_unit_test_teardown(what_makes_no_call_is_refused, end),
		cmocka_unit_test_teardown(too_many_routes_are_refused, end),
		cmocka_unit_test_teardown(without_memory_there_is_no_call, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
