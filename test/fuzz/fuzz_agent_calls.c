/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_agent_calls: what one peer says to the agent, message by message, each
 * behind a NUL; "$" in it is the tag that the agent gave its latest dialog.
 * Calls are answered at once, and hung up on a key.  The agent calls too: "`"
 * is Via, From, Call-ID and CSeq of that INVITE.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/ua.h"
#include "text_writer.h"

static struct media *media;
static struct ua *ua;
static char tag[32];
static char invite[1024];
static unsigned inputs;

static void on_event(void *arg, struct ua_call *c, enum ua_event what, char key)
{
	(void)arg;
	if (what == UA_CALL)
		ua_answer(c);
	if (what == UA_KEY && key == '#')
		ua_hang_up(c);
}

static int on_send(void *arg, const struct sip_flow *flow, struct text bytes)
{
	static char copy[SDP_BYTES_MAX * 3];
	const char *at;

	(void)arg;
	if (text_to_cstr(bytes, copy, sizeof(copy)) < 0)
		abort();
	if (strncmp(copy, "INVITE ", 7) == 0) {
		const char *via = strstr(copy, "\r\nVia: ");
		const char *to = strstr(copy, "\r\nTo: ");
		const char *id = strstr(copy, "\r\nCall-ID: ");
		const char *end = strstr(copy, "\r\nContact: ");

		if (!via || !to || !id || !end)
			abort();
		(void)snprintf(invite, sizeof(invite), "%.*s%.*s",
			       (int)(to - via), via, (int)(end - id), id);
	}
	at = strstr(copy, "\r\nTo: ");
	at = at ? strstr(at, ";tag=") : NULL;
	if (at)
		(void)snprintf(tag, sizeof(tag), "%.*s",
			       (int)strcspn(at + 5, ";\r\n> "), at + 5);
	return flow->is_stream ? -1 : 0;
}

static void start(void)
{
	char host[20];
	const struct media_conf conf = { host, 20000, 8 };
	struct ua_conf with = { .host = "127.0.0.1",
				.port = 5070,
				.media_host = "127.0.0.1",
				.calls_max = 7,
				.rings_max = 1,
				.call_s_max = 300,
				.event = on_event,
				.send = on_send };

	(void)snprintf(host, sizeof(host), "127.78.%d.%d",
		       (getpid() >> 8) & 255, getpid() & 255);
	if (media_new(&media, &conf) < 0)
		abort();
	with.media = media;
	if (ua_new(&ua, &with) < 0)
		abort();
}

static void say(struct text message, bool is_stream)
{
	static char buf[65536];
	struct text_writer w = text_writer_on(buf, sizeof(buf));
	const struct sip_flow flow = { .is_stream = is_stream };
	struct text piece;

	for (bool first = true; text_cut(&message, '$', &piece);
	     first = false) {
		struct text part;

		text_write_cstr(&w, first ? "" : tag);
		for (bool whole = true; text_cut(&piece, '`', &part);
		     whole = false) {
			text_write_cstr(&w, whole ? "" : invite);
			text_write(&w, part);
		}
	}
	if (!w.full)
		(void)!ua_take(ua, text_written(&w), &flow);
}

/* Hung up at once: what comes then is a race. */
static void ring(bool ends)
{
	const struct ua_ring whom = { .uri = "sip:+12065550102@127.0.0.1",
				      .from = "<sip:e911d@127.0.0.1>",
				      .headers = "" };
	struct ua_call *c;

	/* Some input before may have left too much behind. */
	if (ua_ring(ua, &whom, &c) == 0 && ends)
		ua_hang_up(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text all = text_make((const char *)data, size), message;

	if (!ua)
		start();
	tag[0] = invite[0] = '\0';
	ring(size % 3 == 0);
	while (text_cut(&all, '\0', &message))
		say(message, message.len % 7 == 0);
	ua_tick(ua);
	ua_hear(ua);
	ua_hang_up_all(ua);
	if (ua_call_count(ua))
		abort();
	/* What waits for repeats must not fill the place of the next ones. */
	if (++inputs % 16 == 0) {
		ua = ua_free(ua);
		media = media_free(media);
	}
	return 0;
}
