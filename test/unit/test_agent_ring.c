/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of the agent's own.  The gateway says what it is told to, word for
 * word, and looks at what comes back.  Dialogs have a clock of the test's.
 */
/* build: link e911_sidecar */
/* build: wrap clock_mono_ms */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/ua.h"
#include "text_writer.h"

#define SDP \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n" \
	"t=0 0\r\nm=audio 9 RTP/AVP 8 101\r\n" \
	"a=rtpmap:101 telephone-event/8000\r\n"
#define ANSWER  "Content-Type: application/sdp\r\n\r\n" SDP
#define GATEWAY "Contact: <sip:gw@127.0.0.1:5060>\r\n"

int64_t __wrap_clock_mono_ms(void);

static int64_t clock_ms;

int64_t __wrap_clock_mono_ms(void)
{
	return clock_ms;
}

struct world {
	struct media *media;
	struct ua *ua;
	struct sip_flow flow;
	char invite[4096];
	char sent[16][4096]; /* what the agent said behind that, in order */
	unsigned sent_count;
	char events[64]; /* u k p e, a key behind k */
	unsigned status; /* at the end */
	bool has_rung;
	struct ua_call *call;
	bool is_deaf; /* nothing can be sent */
	char host[20];
};

static void on_event(void *arg, struct ua_call *c, enum ua_event what, char key)
{
	struct world *w = arg;
	size_t n = strlen(w->events);

	if (!ua_call_is_ours(c))
		return;
	w->events[n] = "cukpe"[what];
	if (what == UA_KEY)
		w->events[n + 1] = key;
	if (what == UA_ENDED) {
		w->status = ua_call_status(c);
		w->has_rung = ua_call_has_rung(c);
		w->call = NULL;
	}
}

static int on_send(void *arg, const struct sip_flow *flow, struct text bytes)
{
	struct world *w = arg;

	assert_false(flow->is_stream);
	if (w->is_deaf)
		return -1;
	assert_true(w->sent_count < 16);
	assert_int_equal(text_to_cstr(bytes, w->sent[w->sent_count++],
				      sizeof(w->sent[0])),
			 0);
	return 0;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct media_conf media;
	struct ua_conf conf;

	assert_non_null(w);
	clock_ms = 1000000;
	(void)snprintf(w->host, sizeof(w->host), "127.79.%d.%d",
		       (getpid() >> 8) & 255, getpid() & 255);
	media = (struct media_conf){ w->host, 30000, 4 };
	assert_int_equal(media_new(&w->media, &media), 0);
	conf = (struct ua_conf){ .media = w->media,
				 .host = "127.0.0.1",
				 .port = 5070,
				 .media_host = w->host,
				 .calls_max = 2,
				 .rings_max = 2,
				 .call_s_max = 300,
				 .event = on_event,
				 .send = on_send,
				 .arg = w };
	assert_int_equal(ua_new(&w->ua, &conf), 0);
	w->flow.peer_len = sizeof(struct sockaddr_in);
	w->status = 999;
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	w->ua = ua_free(w->ua);
	w->media = media_free(w->media);
	free(w);
	return 0;
}

static int try_to_ring(struct world *w)
{
	const struct ua_ring whom = {
		.flow = w->flow,
		.uri = "sip:+12065550102@127.0.0.1:5060",
		.from = "<sip:+12065550190@127.0.0.1>",
		.headers = "X-E911-Alert: organization=1\r\n",
	};

	return ua_ring(w->ua, &whom, &w->call);
}

static void ring(struct world *w)
{
	assert_int_equal(try_to_ring(w), 0);
	assert_int_equal(w->sent_count, 1);
	memcpy(w->invite, w->sent[0], sizeof(w->invite));
	w->sent_count = 0;
}

/* The value of a header, up to its line's end. */
static const char *header_of(const char *message, const char *name)
{
	static char value[8][512];
	static unsigned next;
	char *buf = value[next++ % 8], start[64];
	const char *at;

	(void)snprintf(start, sizeof(start), "\r\n%s: ", name);
	at = strstr(message, start);
	if (!at)
		fail_msg("no %s in '%s'", name, message);
	at = at ? at + strlen(start) : "";
	(void)snprintf(buf, sizeof(value[0]), "%.*s", (int)strcspn(at, "\r"),
		       at);
	return buf;
}

/* To the INVITE, or to a request that is given. */
static void answer(struct world *w, const char *request, const char *status,
		   const char *tag, const char *more)
{
	char buf[4096];
	struct text_writer t = text_writer_on(buf, sizeof(buf));
	const char *body = strstr(more, "\r\n\r\n");
	size_t head = body ? (size_t)(body - more) + 2 : strlen(more);

	body = body ? body + 4 : "";
	text_writef(&t,
		    "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\n"
		    "Call-ID: %s\r\nCSeq: %s\r\n",
		    status, header_of(request, "Via"),
		    header_of(request, "From"), header_of(request, "To"),
		    tag[0] ? ";tag=" : "", tag, header_of(request, "Call-ID"),
		    header_of(request, "CSeq"));
	text_write(&t, text_make(more, head));
	text_writef(&t, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	assert_false(t.full);
	assert_int_equal(ua_take(w->ua, text_written(&t), &w->flow), t.used);
}

/* A request of theirs in the dialog. */
static void say(struct world *w, const char *method, unsigned cseq,
		const char *more)
{
	char buf[4096];
	struct text_writer t = text_writer_on(buf, sizeof(buf));
	const char *body = strstr(more, "\r\n\r\n");
	size_t head = body ? (size_t)(body - more) + 2 : strlen(more);

	body = body ? body + 4 : "";
	text_writef(&t,
		    "%s sip:e911d@127.0.0.1:5070 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK%s%u\r\n"
		    "From: %s;tag=desk\r\nTo: %s\r\nCall-ID: %s\r\n"
		    "CSeq: %u %s\r\n",
		    method, method, cseq, header_of(w->invite, "To"),
		    header_of(w->invite, "From"),
		    header_of(w->invite, "Call-ID"), cseq, method);
	text_write(&t, text_make(more, head));
	text_writef(&t, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	assert_int_equal(ua_take(w->ua, text_written(&t), &w->flow), t.used);
}

static const char *said(struct world *w)
{
	static char last[4096];

	if (!w->sent_count)
		return "";
	memcpy(last, w->sent[w->sent_count - 1], sizeof(last));
	w->sent_count = 0;
	return last;
}

static void assert_said(struct world *w, const char *start)
{
	const char *text = said(w);

	if (strncmp(text, start, strlen(start)) != 0)
		fail_msg("wanted '%s', heard '%s'", start, text);
}

static void wait_ms(struct world *w, int64_t ms)
{
	for (int64_t end = clock_ms + ms; clock_ms < end;) {
		clock_ms += 50;
		ua_tick(w->ua);
	}
}

static void talk(struct world *w)
{
	ring(w);
	answer(w, w->invite, "180 Ringing", "desk", "");
	answer(w, w->invite, "200 OK", "desk", GATEWAY ANSWER);
	assert_said(w, "ACK sip:gw@127.0.0.1:5060 SIP/2.0\r\n");
	assert_string_equal(w->events, "u");
}

/* ---- stories ---- */

static void somebody_is_called_and_hangs_up(void **state)
{
	struct world *w = *state;
	const char *ack;

	ring(w);
	assert_non_null(strstr(w->invite, "INVITE sip:+12065550102@127.0.0.1:"
					  "5060 SIP/2.0\r\n"));
	assert_non_null(strstr(w->invite, "m=audio 30000 RTP/AVP 0 8 101"));
	assert_non_null(strstr(w->invite, "a=sendrecv"));
	assert_non_null(strstr(w->invite, "organization=1"));
	assert_int_equal(ua_ring_count(w->ua), 1);
	answer(w, w->invite, "100 Trying", "", "");
	answer(w, w->invite, "183 Session Progress", "desk", ANSWER);
	assert_string_equal(w->events, "");
	answer(w, w->invite, "200 OK", "desk",
	       "Record-Route: <sip:10.0.0.1;lr>\r\n"
	       "Record-Route: <sip:10.0.0.2;lr>\r\n" GATEWAY ANSWER);
	ack = said(w);
	assert_int_equal(strncmp(ack, "ACK sip:gw@", 11), 0);
	/* The far one comes first where requests of ours go (12.1.2). */
	assert_string_equal(header_of(ack, "Route"),
			    "<sip:10.0.0.2;lr>, <sip:10.0.0.1;lr>");
	assert_string_equal(header_of(ack, "CSeq"), "1 ACK");
	assert_non_null(strstr(header_of(ack, "To"), ";tag=desk"));
	assert_string_not_equal(header_of(ack, "Via"),
				header_of(w->invite, "Via"));
	assert_string_equal(w->events, "u");
	say(w, "BYE", 1, "");
	assert_said(w, "SIP/2.0 200 OK");
	assert_string_equal(w->events, "ue");
	assert_int_equal(w->status, 0);
	assert_int_equal(ua_call_count(w->ua), 0);
	assert_int_equal(ua_ring_count(w->ua), 0);
}

static void we_may_hang_up(void **state)
{
	struct world *w = *state;
	const char *bye;

	talk(w);
	ua_hang_up(w->call);
	bye = said(w);
	assert_int_equal(strncmp(bye, "BYE sip:gw@127.0.0.1:5060", 25), 0);
	assert_string_equal(header_of(bye, "CSeq"), "2 BYE");
	assert_string_equal(w->events, "ue");
}

static void a_lost_ack_is_sent_again(void **state)
{
	struct world *w = *state;
	char ack[4096];

	ring(w);
	answer(w, w->invite, "200 OK", "desk", GATEWAY ANSWER);
	(void)snprintf(ack, sizeof(ack), "%s", said(w));
	for (int i = 0; i < 3; i++) {
		answer(w, w->invite, "200 OK", "desk", GATEWAY ANSWER);
		assert_int_equal(w->sent_count, 1);
		assert_string_equal(said(w), ack);
	}
	/* That of another dialog is none of it. */
	answer(w, w->invite, "200 OK", "another", GATEWAY ANSWER);
	assert_int_equal(w->sent_count, 0);
	assert_string_equal(w->events, "u");
}

static void who_refuses_says_why(void **state)
{
	struct world *w = *state;

	ring(w);
	answer(w, w->invite, "486 Busy Here", "desk", "");
	/* Its ACK is of the same transaction (17.1.1.3). */
	assert_string_equal(header_of(w->sent[0], "CSeq"), "1 ACK");
	assert_string_equal(header_of(w->sent[0], "Via"),
			    header_of(w->invite, "Via"));
	assert_said(w, "ACK sip:+12065550102@127.0.0.1:5060 SIP/2.0\r\n");
	assert_string_equal(w->events, "e");
	assert_int_equal(w->status, 486);
	assert_false(w->has_rung);
	answer(w, w->invite, "486 Busy Here", "desk", "");
	assert_said(w, "ACK ");
	assert_string_equal(w->events, "e");
}

static void what_rings_too_long_is_cancelled(void **state)
{
	struct world *w = *state;
	char cancel[4096];

	ring(w);
	answer(w, w->invite, "180 Ringing", "desk", "");
	ua_hang_up(w->call);
	(void)snprintf(cancel, sizeof(cancel), "%s", said(w));
	assert_int_equal(
		strncmp(cancel, "CANCEL sip:+12065550102@127.0.0.1", 33), 0);
	assert_string_equal(header_of(cancel, "Via"),
			    header_of(w->invite, "Via"));
	assert_string_equal(header_of(cancel, "CSeq"), "1 CANCEL");
	assert_string_equal(header_of(cancel, "To"),
			    header_of(w->invite, "To"));
	ua_hang_up(w->call); /* once is enough */
	assert_int_equal(w->sent_count, 0);
	answer(w, cancel, "200 OK", "gw", "");
	assert_string_equal(w->events, "");
	answer(w, w->invite, "487 Request Terminated", "desk", "");
	assert_said(w, "ACK ");
	assert_string_equal(w->events, "e");
	assert_int_equal(w->status, 0);
}

/* RFC 3261 9.1: not before something has come. */
static void a_cancel_waits_for_the_first_word(void **state)
{
	struct world *w = *state;

	ring(w);
	ua_hang_up(w->call);
	wait_ms(w, 1000);
	assert_int_equal(w->sent_count, 0);
	answer(w, w->invite, "100 Trying", "", "");
	assert_said(w, "CANCEL ");
	answer(w, w->invite, "180 Ringing", "desk", "");
	assert_int_equal(w->sent_count, 0);
}

static void an_answer_that_crosses_the_cancel_is_hung_up(void **state)
{
	struct world *w = *state;

	ring(w);
	answer(w, w->invite, "180 Ringing", "desk", "");
	ua_hang_up(w->call);
	assert_said(w, "CANCEL ");
	answer(w, w->invite, "200 OK", "desk", GATEWAY ANSWER);
	assert_int_equal(w->sent_count, 2);
	assert_int_equal(strncmp(w->sent[0], "ACK sip:gw@", 11), 0);
	assert_said(w, "BYE sip:gw@127.0.0.1:5060");
	assert_string_equal(w->events, "e");
	assert_int_equal(w->status, 0);
	assert_int_equal(ua_call_count(w->ua), 0);
}

static void what_never_ends_is_given_up(void **state)
{
	struct world *w = *state;

	ring(w);
	answer(w, w->invite, "180 Ringing", "desk", "");
	ua_hang_up(w->call);
	assert_said(w, "CANCEL ");
	wait_ms(w, 31000);
	assert_string_equal(w->events, "");
	wait_ms(w, 2000);
	assert_string_equal(w->events, "e");
	/* Not a word more, whatever comes. */
	w->sent_count = 0;
	answer(w, w->invite, "180 Ringing", "desk", "");
	wait_ms(w, 100);
	assert_int_equal(w->sent_count, 0);
	assert_int_equal(ua_call_count(w->ua), 0);
}

static void nothing_can_be_sent(void **state)
{
	struct world *w = *state;

	w->is_deaf = true;
	assert_int_equal(try_to_ring(w), -EIO);
	assert_string_equal(w->events, "");
	assert_int_equal(ua_ring_count(w->ua), 0);
	w->is_deaf = false;
	w->events[0] = '\0';
	talk(w);
}

static void an_answer_that_we_cannot_talk_over_ends_it(void **state)
{
	static const char *const answers[] = {
		GATEWAY,
		GATEWAY "Content-Type: application/sdp\r\n\r\nv=0\r\n",
		GATEWAY "Content-Type: text/plain\r\n\r\nhello",
	};
	struct world *w = *state;

	for (size_t i = 0; i < 3; i++) {
		memset(w->events, 0, sizeof(w->events));
		ring(w);
		answer(w, w->invite, "200 OK", "desk", answers[i]);
		assert_int_equal(w->sent_count, 2);
		assert_int_equal(strncmp(w->sent[0], "ACK ", 4), 0);
		assert_said(w, "BYE ");
		assert_string_equal(w->events, "e");
		assert_int_equal(w->status, 488);
		assert_true(w->has_rung); /* somebody has picked up */
	}
}

static void hold_and_keys_are_those_of_any_call(void **state)
{
	struct world *w = *state;

	talk(w);
	say(w, "INVITE", 1, GATEWAY ANSWER "a=sendonly\r\n");
	assert_non_null(strstr(w->sent[0], "a=recvonly\r\n"));
	assert_said(w, "SIP/2.0 200 OK");
	say(w, "ACK", 1, "");
	say(w, "INFO", 2,
	    "Content-Type: application/dtmf-relay\r\n\r\nSignal=1\r\n");
	assert_said(w, "SIP/2.0 200 OK");
	assert_string_equal(w->events, "uk1");
	say(w, "INFO", 1, "");
	assert_said(w, "SIP/2.0 500");
}

static void we_refresh_what_we_are_to_refresh(void **state)
{
	struct world *w = *state;

	ring(w);
	answer(w, w->invite, "200 OK", "desk",
	       "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n" GATEWAY
		       ANSWER);
	w->sent_count = 0;
	wait_ms(w, 44000);
	assert_int_equal(w->sent_count, 0);
	wait_ms(w, 2000);
	assert_non_null(strstr(w->sent[0], "ession-"));
	assert_said(w, "UPDATE sip:gw@127.0.0.1:5060 SIP/2.0\r\n");
}

static void who_must_refresh_and_does_not_is_gone(void **state)
{
	struct world *w = *state;

	ring(w);
	answer(w, w->invite, "200 OK", "desk",
	       "Session-Expires: 90;refresher=uas\r\n" GATEWAY ANSWER);
	w->sent_count = 0;
	wait_ms(w, 59000);
	assert_string_equal(w->events, "u");
	wait_ms(w, 3000);
	assert_said(w, "BYE ");
	assert_string_equal(w->events, "ue");
}

/* Each has its own lines: those who call us find theirs free. */
static void calls_of_ours_have_a_limit_of_their_own(void **state)
{
	struct world *w = *state;
	char buf[2048];

	ring(w);
	ring(w);
	assert_int_equal(try_to_ring(w), -EBUSY);
	for (int i = 1; i <= 3; i++) {
		struct text_writer t = text_writer_on(buf, sizeof(buf));

		text_writef(&t,
			    "INVITE sip:933@127.0.0.1:5070 SIP/2.0\r\n"
			    "Via: SIP/2.0/UDP h;branch=z9hG4bKin%d\r\n"
			    "From: <sip:a@h>;tag=a\r\nTo: <sip:b@h>\r\n"
			    "Call-ID: in%d\r\nCSeq: 1 INVITE\r\n" GATEWAY
			    "Content-Type: application/sdp\r\n"
			    "Content-Length: %zu\r\n\r\n" SDP,
			    i, i, strlen(SDP));
		if (i == 3)
			assert_int_equal(ua_call_count(w->ua), 4);
		(void)!ua_take(w->ua, text_written(&t), &w->flow);
		assert_said(w, i < 3 ? "SIP/2.0 180" : "SIP/2.0 486");
	}
}

/* Refusals wait for repeats; that leaves room for those who call us. */
static void many_refusals_leave_room(void **state)
{
	struct world *w = *state;
	int err = 0;

	for (int i = 0; i < 100 && err == 0; i++) {
		w->sent_count = 0;
		err = try_to_ring(w);
		if (err)
			break;
		memcpy(w->invite, w->sent[0], sizeof(w->invite));
		answer(w, w->invite, "503 Service Unavailable", "desk", "");
		memset(w->events, 0, sizeof(w->events));
	}
	assert_int_equal(err, -EBUSY);
	assert_int_equal(ua_ring_count(w->ua), 0);
}

static void the_end_of_the_program_ends_all(void **state)
{
	struct world *w = *state;

	talk(w);
	ring(w);
	answer(w, w->invite, "180 Ringing", "desk", "");
	ua_hang_up_all(w->ua);
	assert_int_equal(w->sent_count, 2);
	assert_int_equal(strncmp(w->sent[0], "BYE ", 4), 0);
	assert_int_equal(strncmp(w->sent[1], "CANCEL ", 7), 0);
	assert_int_equal(ua_call_count(w->ua), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(somebody_is_called_and_hangs_up),
		STORY(we_may_hang_up),
		STORY(a_lost_ack_is_sent_again),
		STORY(who_refuses_says_why),
		STORY(what_rings_too_long_is_cancelled),
		STORY(a_cancel_waits_for_the_first_word),
		STORY(an_answer_that_crosses_the_cancel_is_hung_up),
		STORY(what_never_ends_is_given_up),
		STORY(nothing_can_be_sent),
		STORY(an_answer_that_we_cannot_talk_over_ends_it),
		STORY(hold_and_keys_are_those_of_any_call),
		STORY(we_refresh_what_we_are_to_refresh),
		STORY(who_must_refresh_and_does_not_is_gone),
		STORY(calls_of_ours_have_a_limit_of_their_own),
		STORY(many_refusals_leave_room),
		STORY(the_end_of_the_program_ends_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
