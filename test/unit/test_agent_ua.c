/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer that says what it is told to, word for word, and looks at what comes
 * back.  Dialogs have a clock of the test's; libosip2 has the machine's, and
 * nothing waits for it.
 */
/* build: link e911_sidecar */
/* build: wrap clock_mono_ms */
#include <arpa/inet.h>
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
	"t=0 0\r\nm=audio 9 RTP/AVP 0 101\r\n" \
	"a=rtpmap:101 telephone-event/8000\r\n"

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
	char sent[16][4096]; /* what the agent said, in order */
	unsigned sent_count;
	char events[64]; /* c u k p e, a key behind k */
	struct ua_call *call;
	bool answers, speaks_early;
	char host[20];
};

static void on_event(void *arg, struct ua_call *c, enum ua_event what, char key)
{
	struct world *w = arg;
	size_t n = strlen(w->events);

	w->events[n] = "cukpe"[what];
	if (what == UA_KEY)
		w->events[n + 1] = key;
	w->call = what == UA_ENDED ? NULL : c;
	if (what == UA_CALL && w->speaks_early && ua_begin_early(c) < 0)
		ua_refuse(c, 503, "Service Unavailable");
	else if (what == UA_CALL && !w->speaks_early && w->answers)
		ua_answer(c);
}

static int on_send(void *arg, const struct sip_flow *flow, struct text bytes)
{
	struct world *w = arg;

	(void)flow;
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
	/* An address of this process's own. */
	(void)snprintf(w->host, sizeof(w->host), "127.77.%d.%d",
		       (getpid() >> 8) & 255, getpid() & 255);
	media = (struct media_conf){ w->host, 30000, 2 };
	assert_int_equal(media_new(&w->media, &media), 0);
	conf = (struct ua_conf){ .media = w->media,
				 .host = "127.0.0.1",
				 .port = 5070,
				 .media_host = w->host,
				 .calls_max = 2,
				 .call_s_max = 300,
				 .event = on_event,
				 .send = on_send,
				 .arg = w };
	assert_int_equal(ua_new(&w->ua, &conf), 0);
	w->answers = true;
	w->flow.peer_len = sizeof(struct sockaddr_in);
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

/* ---- the peer ---- */

/* branch and Call-ID are numbers; tag: of the agent's, "" at first. */
static void say(struct world *w, const char *method, unsigned call,
		unsigned branch, unsigned cseq, const char *tag,
		const char *more)
{
	char buf[4096];
	const char *body = strstr(more, "\r\n\r\n");
	const char *of = strcmp(method, "CANCEL") && strcmp(method, "ACK")
				 ? method
			 : strcmp(method, "ACK") ? "CANCEL"
						 : "ACK";
	size_t head = body ? (size_t)(body - more) + 2 : strlen(more);
	struct text_writer t = text_writer_on(buf, sizeof(buf));

	body = body ? body + 4 : "";
	text_writef(&t,
		    "%s sip:933@127.0.0.1:5070 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK%u\r\n"
		    "From: <sip:4102@127.0.0.1>;tag=them%u\r\n"
		    "To: <sip:933@127.0.0.1>%s%s\r\nCall-ID: call%u@x\r\n"
		    "CSeq: %u %s\r\nContact: <sip:gw@127.0.0.1:5060>\r\n",
		    method, branch, call, tag[0] ? ";tag=" : "", tag, call,
		    cseq, of);
	text_write(&t, text_make(more, head));
	text_writef(&t, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	assert_false(t.full);
	assert_int_equal(ua_take(w->ua, text_written(&t), &w->flow), t.used);
}

#define OFFER "Content-Type: application/sdp\r\n\r\n" SDP

/* What the agent said last, and forget the rest. */
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

static const char *tag_of(const char *reply)
{
	static char tag[64];
	const char *at = strstr(reply, "To: ");

	assert_non_null(at);
	at = strstr(at, ";tag=");
	assert_non_null(at);
	(void)snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(at + 5, "\r\n;"),
		       at + 5);
	return tag;
}

/* An answered call; the agent's tag. */
static const char *call(struct world *w)
{
	const char *tag;

	say(w, "INVITE", 1, 1, 10, "", OFFER);
	tag = tag_of(said(w));
	say(w, "ACK", 1, 2, 10, tag, "");
	assert_string_equal(w->events, "cu");
	return tag;
}

/* ---- stories ---- */

static void a_call_is_answered_and_ended(void **state)
{
	struct world *w = *state;
	const char *tag;

	say(w, "INVITE", 1, 1, 10, "",
	    "Session-Expires: 1800\r\nSupported: timer\r\nRecord-Route: "
	    "<sip:10.0.0.1;lr>\r\nX-E911-Test: endpoint=7\r\n" OFFER);
	assert_int_equal(w->sent_count, 2);
	assert_int_equal(strncmp(w->sent[0], "SIP/2.0 180 Ringing", 19), 0);
	assert_non_null(strstr(w->sent[1], "SIP/2.0 200 OK\r\n"));
	assert_non_null(
		strstr(w->sent[1], "Record-Route: <sip:10.0.0.1;lr>\r\n"));
	assert_non_null(
		strstr(w->sent[1], "Session-expires: 1800;refresher=uac\r\n"));
	assert_non_null(strstr(w->sent[1], "Require: timer\r\n"));
	assert_non_null(strstr(w->sent[1], "m=audio 30000 RTP/AVP 0 101\r\n"));
	assert_string_equal(ua_call_test(w->call), "endpoint=7");
	tag = tag_of(said(w));
	say(w, "ACK", 1, 2, 10, tag, "");
	assert_string_equal(w->events, "cu");
	say(w, "BYE", 1, 3, 11, tag, "");
	assert_said(w, "SIP/2.0 200 OK");
	assert_string_equal(w->events, "cue");
	assert_int_equal(ua_call_count(w->ua), 0);
	say(w, "OPTIONS", 1, 7, 13, tag, "");
	assert_said(w, "SIP/2.0 481");
	say(w, "BYE", 1, 4, 12, tag, "");
	assert_said(w, "SIP/2.0 481");
}

static void a_repeated_invite_is_one_call(void **state)
{
	struct world *w = *state;

	say(w, "INVITE", 1, 1, 10, "", OFFER);
	assert_said(w, "SIP/2.0 200");
	/* Its transaction ended with the 2xx: it is answered by it again. */
	say(w, "INVITE", 1, 1, 10, "", OFFER);
	assert_said(w, "SIP/2.0 200");
	assert_string_equal(w->events, "c");
	/* The same INVITE another way is a loop or a fork. */
	say(w, "ACK", 1, 2, 10, tag_of(w->sent[0]), "");
	say(w, "INVITE", 1, 5, 10, "", OFFER);
	assert_said(w, "SIP/2.0 482");
}

static void cancel_ends_what_rings(void **state)
{
	struct world *w = *state;

	w->answers = false;
	say(w, "INVITE", 1, 1, 10, "", OFFER);
	assert_said(w, "SIP/2.0 180");
	say(w, "CANCEL", 1, 1, 10, "", "");
	assert_int_equal(w->sent_count, 2);
	assert_non_null(strstr(w->sent[0], "CSeq: 10 CANCEL"));
	assert_said(w, "SIP/2.0 487");
	assert_string_equal(w->events, "ce");
	say(w, "CANCEL", 1, 9, 10, "", "");
	assert_said(w, "SIP/2.0 481");
}

#define ANNOUNCE "X-E911-Announce: routes-failed\r\n"

static void early_words_come_before_a_refusal(void **state)
{
	struct world *w = *state;

	w->speaks_early = true;
	say(w, "INVITE", 1, 1, 10, "", ANNOUNCE OFFER);
	/* It does not ring. */
	assert_int_equal(w->sent_count, 1);
	assert_string_equal(ua_call_announcement(w->call), "routes-failed");
	assert_string_equal(ua_call_test(w->call), "");
	assert_non_null(strstr(w->sent[0], "m=audio 30000 RTP/AVP 0 101\r\n"));
	assert_said(w, "SIP/2.0 183 Session Progress");
	ua_refuse(w->call, 503, "Service Unavailable");
	assert_said(w, "SIP/2.0 503");
	assert_string_equal(w->events, "ce");
	assert_int_equal(ua_call_count(w->ua), 0);
}

static void early_words_end_with_a_cancel(void **state)
{
	struct world *w = *state;

	w->speaks_early = true;
	say(w, "INVITE", 1, 1, 10, "", ANNOUNCE OFFER);
	assert_said(w, "SIP/2.0 183");
	say(w, "CANCEL", 1, 1, 10, "", "");
	assert_said(w, "SIP/2.0 487");
	assert_string_equal(w->events, "ce");
	assert_int_equal(ua_call_count(w->ua), 0);
}

static void early_words_need_an_offer(void **state)
{
	struct world *w = *state;

	w->speaks_early = true;
	say(w, "INVITE", 1, 1, 10, "", ANNOUNCE);
	assert_int_equal(w->sent_count, 1);
	assert_said(w, "SIP/2.0 503");
	assert_string_equal(w->events, "ce");
}

static void cancel_after_the_answer_ends_nothing(void **state)
{
	struct world *w = *state;

	say(w, "INVITE", 1, 1, 10, "", OFFER);
	assert_said(w, "SIP/2.0 200");
	say(w, "CANCEL", 1, 1, 10, "", "");
	assert_said(w, "SIP/2.0 200");
	assert_string_equal(w->events, "c");
}

static void hold_is_another_offer(void **state)
{
	struct world *w = *state;
	char tag[64];
	const char *reply;

	(void)snprintf(tag, sizeof(tag), "%s", call(w));
	say(w, "INVITE", 1, 3, 11, tag, OFFER "a=sendonly\r\n");
	reply = said(w);
	assert_non_null(strstr(reply, "a=recvonly\r\n"));
	assert_null(strstr(reply, ";tag=them1;tag"));
	/* Not before its ACK. */
	say(w, "INVITE", 1, 4, 12, tag, OFFER);
	assert_said(w, "SIP/2.0 491");
	say(w, "ACK", 1, 5, 11, tag, "");
	say(w, "UPDATE", 1, 6, 13, tag, OFFER "a=inactive\r\n");
	assert_non_null(strstr(said(w), "a=inactive\r\n"));
	/* What we cannot do leaves the call as it is. */
	say(w, "INVITE", 1, 7, 14, tag,
	    "Content-Type: application/sdp\r\n\r\nv=0\r\n");
	assert_said(w, "SIP/2.0 488");
	say(w, "INVITE", 1, 8, 15, tag, OFFER);
	assert_non_null(strstr(said(w), "a=sendrecv\r\n"));
	assert_string_equal(w->events, "cu");
}

static void an_old_request_is_refused(void **state)
{
	struct world *w = *state;
	char tag[64];

	(void)snprintf(tag, sizeof(tag), "%s", call(w));
	say(w, "OPTIONS", 1, 9, 11, tag, "");
	assert_said(w, "SIP/2.0 200");
	say(w, "BYE", 1, 3, 10, tag, "");
	assert_said(w, "SIP/2.0 500");
	say(w, "BYE", 1, 4, 11, "another", "");
	assert_said(w, "SIP/2.0 481");
	say(w, "INVITE", 1, 5, 12, "another", OFFER);
	assert_said(w, "SIP/2.0 481");
	assert_string_equal(w->events, "cu");
}

static void a_late_offer_is_ours(void **state)
{
	struct world *w = *state;
	char tag[64];

	say(w, "INVITE", 1, 1, 10, "", "");
	assert_non_null(strstr(w->sent[1], "m=audio 30000 RTP/AVP 0 8 101"));
	(void)snprintf(tag, sizeof(tag), "%s", tag_of(said(w)));
	say(w, "ACK", 1, 2, 10, tag, OFFER);
	assert_string_equal(w->events, "cu");
	/* Nobody answers the second one: that is no call. */
	say(w, "INVITE", 2, 3, 10, "", "");
	(void)snprintf(tag, sizeof(tag), "%s", tag_of(said(w)));
	say(w, "ACK", 2, 4, 10, tag, "");
	assert_said(w, "BYE sip:gw@127.0.0.1:5060 SIP/2.0\r\n");
	assert_string_equal(w->events, "cuce");
}

static void what_we_cannot_do_is_refused(void **state)
{
	struct world *w = *state;

	say(w, "INVITE", 1, 1, 10, "", "Require: 100rel\r\n" OFFER);
	assert_non_null(strstr(w->sent[0], "Unsupported: 100rel\r\n"));
	assert_said(w, "SIP/2.0 420");
	say(w, "INVITE", 2, 2, 10, "",
	    "Session-Expires: 60\r\nSupported: timer\r\n" OFFER);
	assert_non_null(strstr(w->sent[0], "Min-se: 90\r\n"));
	assert_said(w, "SIP/2.0 422");
	say(w, "INVITE", 3, 3, 10, "", "Content-Type: text/plain\r\n\r\nhello");
	assert_said(w, "SIP/2.0 415");
	say(w, "INVITE", 4, 4, 10, "",
	    "Content-Type: application/sdp\r\n\r\nv=0\r\nm=audio 9 "
	    "RTP/SAVP 0\r\nc=IN IP4 127.0.0.1\r\n");
	assert_said(w, "SIP/2.0 488");
	say(w, "SUBSCRIBE", 5, 5, 10, "", "");
	assert_said(w, "SIP/2.0 405");
	say(w, "OPTIONS", 6, 6, 10, "", "");
	assert_said(w, "SIP/2.0 200");
	assert_int_equal(ua_call_count(w->ua), 0);
}

static void more_than_so_many_are_busy(void **state)
{
	struct world *w = *state;

	say(w, "INVITE", 1, 1, 10, "", OFFER);
	say(w, "INVITE", 2, 2, 10, "", OFFER);
	assert_said(w, "SIP/2.0 200");
	say(w, "INVITE", 3, 3, 10, "", OFFER);
	assert_said(w, "SIP/2.0 486");
	assert_int_equal(ua_call_count(w->ua), 2);
}

static void we_may_hang_up(void **state)
{
	struct world *w = *state;
	char tag[64], from[128];
	const char *bye;

	(void)snprintf(tag, sizeof(tag), "%s", call(w));
	ua_hang_up(w->call);
	bye = said(w);
	(void)snprintf(from, sizeof(from),
		       "From: <sip:933@127.0.0.1>;tag=%s\r\n", tag);
	assert_non_null(strstr(bye, "BYE sip:gw@127.0.0.1:5060 SIP/2.0\r\n"));
	assert_non_null(strstr(bye, from));
	assert_non_null(strstr(bye, "To: <sip:4102@127.0.0.1>;tag=them1\r\n"));
	assert_string_equal(w->events, "cue");
}

static void we_hang_up_behind_their_ack(void **state)
{
	struct world *w = *state;
	char tag[64];

	say(w, "INVITE", 1, 1, 10, "", OFFER);
	(void)snprintf(tag, sizeof(tag), "%s", tag_of(said(w)));
	ua_hang_up(w->call);
	assert_int_equal(w->sent_count, 0);
	say(w, "ACK", 1, 2, 10, tag, "");
	assert_said(w, "BYE ");
	assert_string_equal(w->events, "ce");
}

static void requests_of_ours_go_where_they_moved(void **state)
{
	struct world *w = *state;
	char tag[64], text[4096];
	struct text_writer t = text_writer_on(text, sizeof(text));

	(void)snprintf(tag, sizeof(tag), "%s", call(w));
	text_writef(&t,
		    "UPDATE sip:e911d@127.0.0.1:5070 SIP/2.0\r\n"
		    "Via: SIP/2.0/UDP h;branch=z9hG4bKmoved\r\n"
		    "From: <sip:4102@127.0.0.1>;tag=them1\r\n"
		    "To: <sip:933@127.0.0.1>;tag=%s\r\nCall-ID: call1@x\r\n"
		    "CSeq: 11 UPDATE\r\nContact: <sip:new@127.0.0.9>\r\n"
		    "Supported:\r\nSubject: a\r\n fold\r\n\r\n",
		    tag);
	assert_int_equal(ua_take(w->ua, text_written(&t), &w->flow), t.used);
	assert_said(w, "SIP/2.0 200");
	ua_hang_up(w->call);
	assert_said(w, "BYE sip:new@127.0.0.9 SIP/2.0\r\n");
}

static void a_repeated_reinvite_is_answered_the_same(void **state)
{
	struct world *w = *state;
	char tag[64], first[4096];

	(void)snprintf(tag, sizeof(tag), "%s", call(w));
	say(w, "INVITE", 1, 3, 11, tag, OFFER "a=sendonly\r\n");
	(void)snprintf(first, sizeof(first), "%s", said(w));
	assert_non_null(strstr(first, "SIP/2.0 200"));
	say(w, "INVITE", 1, 3, 11, tag, OFFER "a=sendonly\r\n");
	assert_string_equal(said(w), first);
	say(w, "ACK", 1, 4, 11, tag, "");
	say(w, "BYE", 1, 5, 12, tag, "");
	assert_string_equal(w->events, "cue");
}

static void an_address_of_the_other_family_is_refused(void **state)
{
	struct world *w = *state;

	say(w, "INVITE", 1, 1, 10, "",
	    "Content-Type: application/sdp\r\n\r\nv=0\r\n"
	    "c=IN IP6 2001:db8::1\r\nm=audio 9 RTP/AVP 0\r\n");
	assert_said(w, "SIP/2.0 488");
	assert_string_equal(w->events, "");
}

static void wait_ms(struct world *w, int64_t ms)
{
	for (int64_t end = clock_ms + ms; clock_ms < end;) {
		clock_ms += 50;
		ua_tick(w->ua);
	}
}

/* Over a stream as well: what lies behind it may lose it. */
static void an_answer_is_repeated_until_its_ack(void **state)
{
	struct world *w = *state;
	char answer[4096];

	for (unsigned i = 1; i <= 2; i++) {
		w->flow.is_stream = i == 2;
		say(w, "INVITE", i, 2 * i, 10, "", OFFER);
		(void)snprintf(answer, sizeof(answer), "%s", said(w));
		wait_ms(w, 400);
		assert_int_equal(w->sent_count, 0);
		wait_ms(w, 200);
		assert_int_equal(w->sent_count, 1);
		assert_non_null(strstr(w->sent[0], "SIP/2.0 200 OK\r\n"));
		assert_string_equal(tag_of(said(w)), tag_of(answer));
		say(w, "ACK", i, 2 * i + 1, 10, tag_of(answer), "");
		wait_ms(w, 40000);
		assert_int_equal(w->sent_count, 0);
	}
}

static void without_an_ack_it_is_given_up(void **state)
{
	struct world *w = *state;
	unsigned answers = 0;

	say(w, "INVITE", 1, 1, 10, "", OFFER);
	w->sent_count = 0;
	for (int i = 0; i < 33 && w->call; i++) {
		wait_ms(w, 1000);
		answers += w->sent_count;
		if (w->call)
			w->sent_count = 0;
	}
	assert_said(w, "BYE ");
	/* 0.5, 1.5, 3.5, then every 4 s until 32, and the BYE */
	assert_int_equal(answers, 10 + 1);
	assert_string_equal(w->events, "ce");
}

static void a_session_that_nobody_refreshes_ends(void **state)
{
	struct world *w = *state;
	char tag[64];

	say(w, "INVITE", 1, 1, 10, "",
	    "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n" OFFER);
	(void)snprintf(tag, sizeof(tag), "%s", tag_of(said(w)));
	say(w, "ACK", 1, 2, 10, tag, "");
	wait_ms(w, 50000);
	say(w, "UPDATE", 1, 3, 11, tag,
	    "Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n");
	assert_said(w, "SIP/2.0 200");
	wait_ms(w, 55000);
	assert_int_equal(w->sent_count, 0);
	wait_ms(w, 10000);
	assert_said(w, "BYE ");
	assert_string_equal(w->events, "cue");
}

static void a_session_that_we_refresh_is_refreshed(void **state)
{
	struct world *w = *state;
	char tag[64];

	say(w, "INVITE", 1, 1, 10, "",
	    "Session-Expires: 90;refresher=uas\r\nSupported: timer\r\n" OFFER);
	(void)snprintf(tag, sizeof(tag), "%s", tag_of(said(w)));
	say(w, "ACK", 1, 2, 10, tag, "");
	wait_ms(w, 46000);
	assert_said(w, "UPDATE sip:gw@127.0.0.1:5060 SIP/2.0\r\n");
}

static void no_call_is_for_ever(void **state)
{
	struct world *w = *state;

	(void)call(w);
	wait_ms(w, 299000);
	assert_string_equal(w->events, "cu");
	wait_ms(w, 2000);
	assert_said(w, "BYE ");
	assert_string_equal(w->events, "cue");
}

static void keys_come_by_info_too(void **state)
{
	struct world *w = *state;
	char tag[64];

	(void)snprintf(tag, sizeof(tag), "%s", call(w));
	say(w, "INFO", 1, 3, 11, tag,
	    "Content-Type: application/dtmf-relay\r\n\r\n"
	    "Signal= 1\r\nDuration=160\r\n");
	assert_said(w, "SIP/2.0 200");
	assert_string_equal(w->events, "cuk1");
	say(w, "INFO", 1, 4, 12, tag, "Content-Type: text/plain\r\n\r\nx");
	assert_said(w, "SIP/2.0 415");
}

static void what_is_no_sip_is_passed_over(void **state)
{
	struct world *w = *state;

	assert_int_equal(ua_take(w->ua, text_of("\r\n\r\n"), &w->flow), 4);
	assert_true(ua_take(w->ua, text_of("hello"), &w->flow) < 0);
	assert_true(ua_take(w->ua, text_of("INVITE sip:x SIP/2.0\r\n\r\n"),
			    &w->flow) > 0);
	assert_int_equal(w->sent_count, 0);
	w->flow.is_stream = true;
	assert_int_equal(
		ua_take(w->ua, text_of("INVITE sip:x SIP/2.0\r\n"), &w->flow),
		0);
}

/* The two lines serve thousands of calls, one after the other. */
static void a_call_leaves_nothing_behind(void **state)
{
	struct world *w = *state;

	for (unsigned i = 1; i <= 3000; i++) {
		char tag[64];

		w->events[0] = '\0';
		memset(w->events, 0, sizeof(w->events));
		say(w, "INVITE", i, 3 * i, 10, "", OFFER);
		(void)snprintf(tag, sizeof(tag), "%s", tag_of(said(w)));
		if (i % 3)
			say(w, "ACK", i, 3 * i + 1, 10, tag, "");
		if (i % 2)
			say(w, "BYE", i, 3 * i + 2, 11, tag, "");
		else
			ua_hang_up(w->call);
		if (i % 3 == 0)
			say(w, "ACK", i, 3 * i + 1, 10, tag, "");
		assert_string_equal(w->events, i % 3 ? "cue" : "ce");
		w->sent_count = 0;
		/* What waits for repeats is bounded; begin anew before that. */
		if (i % 10 == 0) {
			tear_down(state);
			set_up(state);
			w = *state;
		}
	}
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_call_is_answered_and_ended),
		STORY(a_repeated_invite_is_one_call),
		STORY(cancel_ends_what_rings),
		STORY(early_words_come_before_a_refusal),
		STORY(early_words_end_with_a_cancel),
		STORY(early_words_need_an_offer),
		STORY(cancel_after_the_answer_ends_nothing),
		STORY(hold_is_another_offer),
		STORY(an_old_request_is_refused),
		STORY(a_late_offer_is_ours),
		STORY(what_we_cannot_do_is_refused),
		STORY(more_than_so_many_are_busy),
		STORY(we_may_hang_up),
		STORY(we_hang_up_behind_their_ack),
		STORY(requests_of_ours_go_where_they_moved),
		STORY(a_repeated_reinvite_is_answered_the_same),
		STORY(an_address_of_the_other_family_is_refused),
		STORY(an_answer_is_repeated_until_its_ack),
		STORY(without_an_ack_it_is_given_up),
		STORY(a_session_that_nobody_refreshes_ends),
		STORY(a_session_that_we_refresh_is_refreshed),
		STORY(no_call_is_for_ever),
		STORY(keys_come_by_info_too),
		STORY(what_is_no_sip_is_passed_over),
		STORY(a_call_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
