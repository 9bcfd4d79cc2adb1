/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "uuid.h"

/* ---- options ---- */

static bool first_line(const char *path, char ret[CHANNEL_SECRET_SIZE])
{
	char line[CHANNEL_SECRET_SIZE];
	FILE *in = fopen(path, "re");
	struct text t;
	char *got;
	size_t len;

	if (!in)
		return false;
	got = fgets(line, sizeof(line), in);
	(void)fclose(in);
	len = got ? strlen(line) : 0;
	t = text_trim(text_make(line, len));
	return t.len && len + 1 < sizeof(line) &&
	       text_printable_len(t) == t.len &&
	       text_to_cstr(t, ret, CHANNEL_SECRET_SIZE) >= 0;
}

int channel_secret_read(struct channel_secret *s, int64_t now_ms,
			const char **ret_why)
{
	int64_t age_ms = now_ms - s->read_ms;

	if (!s->path[0])
		return 0;
	if (!s->read_ms || age_ms < 0 || age_ms > CHANNEL_SECRET_READ_MS) {
		/* One that is taken away stays good until another comes. */
		if (first_line(s->path, s->value))
			s->is_known = true;
		else if (!s->read_ms)
			log_error("notify", "the first line of %s is no secret",
				  s->path);
		s->read_ms = now_ms;
	}
	if (s->is_known)
		return 0;
	*ret_why = "the file of its password cannot be read";
	return -EAGAIN;
}

static int refuse(char error[CONF_ERROR_SIZE], const char *why)
{
	(void)snprintf(error, CONF_ERROR_SIZE, "%s", why);
	return -EINVAL;
}

int channels_new(struct channels **ret, const struct conf *conf,
		 char error[CONF_ERROR_SIZE])
{
	struct channels *c = calloc(1, sizeof(*c));
	int err = 0;

	if (!c)
		return -ENOMEM;
	c->conf = conf;
	if (web_hosts_read(&c->plain, conf->notify_http_hosts) < 0)
		err = refuse(error, "notify_http_hosts is no list of hosts");
	else if (address_nets_read(&c->nets, conf->notify_networks) < 0)
		err = refuse(error, "notify_networks is no list of networks");
	if (err >= 0)
		err = email_configure(c, error);
	if (err >= 0)
		err = sms_configure(c, error);
	if (err < 0) {
		(void)channels_free(c);
		return err;
	}
	*ret = c;
	return 0;
}

struct channels *channels_free(struct channels *c)
{
	free(c);
	return NULL;
}

/* ---- requests ---- */

int channel_header_add(struct channel_request *r, const char *fmt, ...)
{
	char *line;
	va_list ap;
	int n;

	if (r->header_count == CHANNEL_HEADERS_MAX)
		return -ENOMEM;
	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	line = n < 0 ? NULL : malloc((size_t)n + 1);
	if (!line)
		return -ENOMEM;
	va_start(ap, fmt);
	(void)vsnprintf(line, (size_t)n + 1, fmt, ap);
	va_end(ap);
	r->lines[r->header_count] = line;
	r->headers[r->header_count++] = line;
	r->what.headers = r->headers;
	return 0;
}

void channel_id_add(struct out *o, const uint8_t id[NOTICE_ID_SIZE])
{
	char text[UUID_STRING_SIZE];
	struct uuid u;

	memcpy(u.b, id, sizeof(u.b));
	uuid_format(&u, text);
	out_cstr(o, text);
}

int channel_body_set(struct channel_request *r, struct out *body)
{
	size_t len = body->len;

	r->body = out_end(body);
	r->what.body = text_make(r->body, len);
	return r->body ? 0 : -ENOMEM;
}

int channel_where_set(const struct channels *c, struct channel_request *r,
		      const struct web_uri *where, const char **ret_why)
{
	if (!where->is_tls && !web_hosts_has(&c->plain, where)) {
		*ret_why = "http without TLS is not allowed there";
		return -EAGAIN;
	}
	r->where = *where;
	r->what.url = r->where.text;
	r->what.host = r->where.host;
	r->what.port = r->where.port;
	r->what.ca_file = c->conf->notify_ca;
	return 0;
}

int channel_prepare(struct channels *c, const struct notice *n, int64_t now_ms,
		    struct channel_request *ret, const char **ret_why)
{
	*ret = (struct channel_request){
		.channel = n->channel,
		.what = { .answer_max = CHANNEL_ANSWER_MAX,
			  .timeout_ms = (int)c->conf->notify_timeout_ms },
	};
	*ret_why = "";
	switch (n->channel) {
	case NOTICE_EMAIL:
		return email_prepare(c, n, now_ms, ret, ret_why);
	case NOTICE_SMS:
		return sms_prepare(c, n, now_ms, ret, ret_why);
	case NOTICE_WEBHOOK:
		return webhook_prepare(c, n, now_ms, ret, ret_why);
	default:
		*ret_why = "the channel is not one that sends";
		return -EINVAL;
	}
}

void channel_request_fini(struct channel_request *r)
{
	free(r->body);
	r->body = NULL;
	for (unsigned i = 0; i < r->header_count; i++)
		free(r->lines[i]);
	r->header_count = 0;
}

/* ---- answers ---- */

static void again(struct sender_result *ret, const char *why)
{
	ret->outcome = SENDER_AGAIN;
	ret->why = why;
}

static void refused(struct sender_result *ret, const char *why)
{
	ret->outcome = SENDER_REFUSED;
	ret->why = why;
}

/*
 * Replies of SMTP (RFC 5321 4.2, RFC 4954 6).  What is wrong with our login,
 * our address, our TLS or the server is an operator's to mend, a full mailbox
 * (552: 4.5.3.1.10) its owner's, and then the same mail may go.
 */
static void judge_mail(const struct transfer_answer *a,
		       struct sender_result *ret)
{
	if (a->end == TRANSFER_ANSWERED && a->status < 400)
		return;
	if (a->status < 500) {
		again(ret, a->status >= 400 ? "the mail server says: later"
					    : transfer_end_name(a->end));
		return;
	}
	if (a->is_recipient && (a->status == 550 || a->status == 551 ||
				a->status == 553 || a->status == 556))
		refused(ret, "the mail server knows no such address");
	else if (a->status == 530 || (a->status >= 534 && a->status <= 538))
		again(ret, "the mail server wants another login");
	else
		again(ret, "the mail server refuses the mail");
}

/* Some gateways say 200 to what they do not take. */
static bool holds(struct text t, struct text what)
{
	for (size_t i = 0; i + what.len <= t.len; i++)
		if (memcmp(t.p + i, what.p, what.len) == 0)
			return true;
	return false;
}

static void judge_http(const struct conf *conf, enum notice_channel channel,
		       const struct transfer_answer *a,
		       struct sender_result *ret)
{
	int s = a->status;

	/* It has been taken, however long the rest of the answer. */
	if (s >= 200 && s < 300) {
		if (channel == NOTICE_SMS && conf->sms_expect[0] &&
		    !holds(a->body, text_of(conf->sms_expect)))
			again(ret, "the SMS gateway has not taken it");
		return;
	}
	if (!s || s < 200) {
		again(ret, a->end == TRANSFER_ANSWERED
				   ? "the answer makes no sense"
				   : transfer_end_name(a->end));
	} else if (s < 400) {
		refused(ret, "it answers with a redirection");
	} else if (s == 429) {
		again(ret, "too many requests");
	} else if (s == 408 || s == 425) {
		again(ret, "it says: later");
	} else if (s >= 500) {
		again(ret, "the server fails");
	} else if (channel == NOTICE_SMS &&
		   (s == 401 || s == 402 || s == 403)) {
		/* Of the gateway's account, not of this message. */
		again(ret, "the SMS gateway does not let us in");
	} else {
		refused(ret, "the server refuses it");
	}
}

void channel_judge(const struct conf *conf, enum notice_channel channel,
		   const struct transfer_answer *a, struct sender_result *ret)
{
	*ret = (struct sender_result){ .outcome = SENDER_DELIVERED,
				       .status = a->status,
				       .why = "" };
	if (channel == NOTICE_EMAIL)
		judge_mail(a, ret);
	else
		judge_http(conf, channel, a, ret);
	if (ret->outcome != SENDER_AGAIN || a->retry_after_s <= 0)
		return;
	ret->after_ms = a->retry_after_s > SENDER_AFTER_MAX_MS / 1000
				? SENDER_AFTER_MAX_MS
				: a->retry_after_s * 1000;
}
