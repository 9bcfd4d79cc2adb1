/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/http_client.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/transfer.h"

struct exchange {
	char *buf;
	size_t size;
	const char **ret_why;
	int result;
	bool is_done;
};

static int fail(struct exchange *x, const char *why, int err)
{
	*x->ret_why = why;
	return err;
}

static void on_end(void *arg, const struct transfer_answer *a)
{
	struct exchange *x = arg;
	const char *why = transfer_end_name(a->end);

	x->is_done = true;
	switch (a->end) {
	case TRANSFER_CUT:
		x->result = fail(x, why, -E2BIG);
		return;
	case TRANSFER_LATE:
		x->result = fail(x, why, -ETIMEDOUT);
		return;
	case TRANSFER_NO_MEMORY:
		x->result = fail(x, why, -ENOMEM);
		return;
	case TRANSFER_ANSWERED:
		break;
	default:
		x->result = fail(x, why, -EIO);
		return;
	}
	if (a->status != 200 || a->body.len > x->size) {
		x->result = fail(x, "it answers with another status than 200",
				 -EIO);
		return;
	}
	if (a->body.len)
		memcpy(x->buf, a->body.p, a->body.len);
	x->result = (int)a->body.len;
}

int http_client_post(const struct http_post *post, char *buf, size_t size,
		     const char **ret_why)
{
	char type[128];
	const char *const headers[] = { type, NULL };
	struct transfer w = { .url = post->url,
			      .host = post->host,
			      .port = post->port,
			      .address_count = post->address_count,
			      .timeout_ms = post->timeout_ms,
			      .ca_file = post->ca_file,
			      .body = post->body,
			      .answer_max = size,
			      .headers = headers };
	struct exchange x = { .size = size, .ret_why = ret_why };
	struct transfers *t = NULL;
	int err;

	x.buf = buf;
	*ret_why = "no memory";
	(void)snprintf(type, sizeof(type), "Content-Type: %s",
		       post->content_type);
	memcpy(w.addresses, post->addresses, sizeof(w.addresses));
	err = transfers_new(&t);
	if (err >= 0)
		err = transfers_start(t, &w, on_end, &x);
	while (err >= 0 && !x.is_done)
		err = transfers_step(t, NULL, 0, post->timeout_ms);
	t = transfers_free(t);
	return err < 0 ? err : x.result;
}
