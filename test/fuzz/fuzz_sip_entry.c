/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_sip_entry: bytes on the agent's port, all the way through libosip2: a
 * datagram, then the same bytes as a stream.  Requests are answered as the
 * agent would.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sip_frame.h"
#include "agent/sip_stack.h"

static struct sip_stack *stack;
static const struct sip_heard *last;

static void look(const struct sip_heard *h)
{
	size_t sum = strlen(h->method) + strlen(h->request_user) +
		     strlen(h->call_id) + strlen(h->from_tag) +
		     strlen(h->to_tag) + strlen(h->from) + strlen(h->to) +
		     strlen(h->contact) + strlen(h->route_set);

	last = sum ? h : NULL;
	if (h->body.len > SIP_MESSAGE_MAX)
		abort();
	for (unsigned i = 0; i < 3; i++)
		(void)sip_heard_header(h, "Require", i);
	(void)sip_heard_header(h, "Session-Expires", 0);
}

static void request(void *arg, struct sip_server *t, const struct sip_heard *h)
{
	struct sip_reply r = { .status = 180,
			       .reason = "Ringing",
			       .to_tag = "a" };
	char *copy = NULL;

	(void)arg;
	look(h);
	if (strcmp(h->method, "INVITE") == 0)
		(void)sip_stack_reply(stack, t, &r, NULL);
	r.status = h->cseq % 2 ? 200 : 486;
	r.headers = text_of("Contact: <sip:e911d@127.0.0.1>\r\n");
	r.body = text_of(h->cseq % 2 ? "v=0\r\n" : "");
	(void)sip_stack_reply(stack, t, &r, &copy);
	free(copy);
}

static void ack(void *arg, const struct sip_heard *h)
{
	(void)arg;
	look(h);
}

static void response(void *arg, uint64_t cookie, const struct sip_heard *h)
{
	(void)arg;
	(void)cookie;
	look(h);
}

static void silence(void *arg, uint64_t cookie)
{
	(void)arg;
	(void)cookie;
}

static int send_nowhere(void *arg, const struct sip_flow *flow,
			struct text bytes)
{
	(void)arg;
	(void)flow;
	return bytes.len ? 0 : -EINVAL;
}

static void take(struct text data, bool is_stream)
{
	static struct sip_frame f;
	struct sip_flow flow = { .is_stream = is_stream };

	for (int i = 0; i < 8; i++) {
		int err = sip_frame_take(data, is_stream, &f);

		if (err < 0 && err != -ENODATA)
			return;
		if (!f.len || f.len > data.len || f.head_len > SIP_HEAD_MAX)
			abort();
		if (err == 0)
			(void)!sip_stack_take(stack,
					      text_make(f.head, f.head_len),
					      f.content_type, f.body, &flow);
		if (!is_stream)
			return;
		data = text_make(data.p + f.len, data.len - f.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sip_users users = { .request = request,
					 .ack = ack,
					 .response = response,
					 .silence = silence,
					 .send = send_nowhere };

	if (!stack && sip_stack_new(&stack, &users, 64) < 0)
		abort();
	take(text_make((const char *)data, size), false);
	take(text_make((const char *)data, size), true);
	/* What is left of it must not fill the place of the next one. */
	if (sip_stack_count(stack) > 32)
		stack = sip_stack_free(stack);
	return 0;
}
