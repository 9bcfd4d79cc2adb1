/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "notify/channel.h"
#include "notify/clean.h"
#include "notify/mime.h"
#include "uuid.h"

#define LOCAL_MAX   64  /* RFC 5321 4.5.3.1.1 */
#define ADDRESS_MAX 254 /* 4.5.3.1.3, without the brackets */

static bool is_label(struct text t)
{
	if (!t.len || t.p[0] == '-' || t.p[t.len - 1] == '-')
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_letter(t.p[i]) && !text_is_digit(t.p[i]) &&
		    t.p[i] != '-')
			return false;
	return true;
}

static bool is_domain(struct text t)
{
	struct text label;

	if (!t.len || t.p[t.len - 1] == '.')
		return false;
	while (text_cut(&t, '.', &label))
		if (!is_label(label))
			return false;
	return true;
}

/* RFC 5321 4.1.2: Dot-string, with dots anywhere: there are such mailboxes. */
static bool is_local(struct text t)
{
	if (!t.len || t.len > LOCAL_MAX)
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_letter(t.p[i]) && !text_is_digit(t.p[i]) &&
		    (!t.p[i] || !strchr("!#$%&'*+-/=?^_`{|}~.", t.p[i])))
			return false;
	return true;
}

bool email_is_valid(struct text t)
{
	size_t at = text_index(t, '@');

	return t.len <= ADDRESS_MAX && at < t.len &&
	       is_local(text_make(t.p, at)) &&
	       is_domain(text_make(t.p + at + 1, t.len - at - 1));
}

/* ---- options ---- */

static int refuse(char error[CONF_ERROR_SIZE], const char *why)
{
	(void)snprintf(error, CONF_ERROR_SIZE, "%s", why);
	return -EINVAL;
}

/* "smtp://host:port": as a web URI, with ports of its own.  domain: whom EHLO
 * says that we are (RFC 5321 4.1.1.1), libcurl takes it from the path. */
static int where_parse(struct mail_server *m, const char *url,
		       const char *domain)
{
	static const struct {
		const char *scheme;
		bool is_tls;
		uint16_t port;
	} schemes[] = { { "smtp://", false, 587 }, { "smtps://", true, 465 } };
	struct text t = text_of(url);
	char web[WEB_URI_MAX];
	int n;

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		size_t len = strlen(schemes[i].scheme);

		if (!text_has_prefix_nocase(t, text_of(schemes[i].scheme)))
			continue;
		/* 443 is never the port of mail: none was said. */
		n = snprintf(web, sizeof(web), "https://%s", url + len);
		if (n < 0 || (size_t)n >= sizeof(web) ||
		    strpbrk(url + len, "/?#") ||
		    web_uri_parse(text_of(web), &m->where) < 0)
			return -EINVAL;
		if (m->where.port == 443)
			m->where.port = schemes[i].port;
		m->is_tls = schemes[i].is_tls;
		(void)snprintf(m->where.text, sizeof(m->where.text),
			       "%s%s:%u/%s", schemes[i].scheme, m->where.host,
			       m->where.port, domain);
		return 0;
	}
	return -EINVAL;
}

int email_configure(struct channels *c, char error[CONF_ERROR_SIZE])
{
	const struct conf *o = c->conf;
	struct mail_server *m = &c->mail;

	if (!o->smtp_url[0])
		return 0;
	if (!email_is_valid(text_of(o->smtp_from)))
		return refuse(error, "smtp_from is no e-mail address");
	if (where_parse(m, o->smtp_url, strchr(o->smtp_from, '@') + 1) < 0)
		return refuse(error, "smtp_url is no smtp://host:port");
	if (strcmp(o->smtp_tls, "required") == 0)
		m->tls = TRANSFER_TLS_REQUIRED;
	else if (strcmp(o->smtp_tls, "optional") == 0)
		m->tls = TRANSFER_TLS_IF_OFFERED;
	else
		return refuse(error, "smtp_tls is required or optional");
	if (!o->smtp_user[0] != !o->smtp_password_file[0])
		return refuse(error, "smtp_user and smtp_password_file belong "
				     "together");
	/* Whoever sits between could take the offer away, and the password. */
	if (o->smtp_user[0] && !m->is_tls && m->tls != TRANSFER_TLS_REQUIRED)
		return refuse(error, "smtp_user needs smtp_tls = required");
	m->password.path = o->smtp_password_file;
	m->is_on = true;
	return 0;
}

/* ---- the mail ---- */

/* "Name: <id@domain>" */
static void add_message_id(struct out *o, const char *name,
			   const uint8_t id[16], const char *domain)
{
	out_f(o, "%s: <", name);
	channel_id_add(o, id);
	out_f(o, "@%s>\r\n", domain);
}

static bool is_urgent(const char *event)
{
	return strcmp(event, "emergency_call") == 0 ||
	       strcmp(event, "relay_call") == 0;
}

static bool is_language(const char *t)
{
	return t && text_is_letter(t[0]) && text_is_letter(t[1]) && !t[2];
}

static int add_headers(struct out *o, const struct conf *conf,
		       const struct notice *n, int64_t now_ms)
{
	const char *domain = strchr(conf->smtp_from, '@') + 1;
	struct out line = { 0 };
	struct uuid call;
	int err = mime_header_date(o, now_ms);

	clean_line(&line, text_of(conf->smtp_from_name));
	mime_header_address(o, "From", out_text(&line), conf->smtp_from);
	out_f(o, "To: %s\r\n", n->target);
	line.len = 0;
	clean_line(&line, text_of(n->subject));
	mime_header(o, "Subject", out_text(&line));
	o->failed |= line.failed;
	out_fini(&line);
	add_message_id(o, "Message-ID", n->id, domain);
	memcpy(call.b, n->call_id, sizeof(call.b));
	if (!uuid_is_nil(&call))
		add_message_id(o, "References", n->call_id, domain);
	out_cstr(o, "Auto-Submitted: auto-generated\r\n"
		    "X-Auto-Response-Suppress: All\r\n");
	if (is_urgent(n->event))
		out_cstr(o, "Importance: high\r\nX-Priority: 1\r\n");
	if (is_language(n->language))
		out_f(o, "Content-Language: %s\r\n", n->language);
	return err;
}

static void add_escaped(struct out *o, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		switch (t.p[i]) {
		case '&':
			out_cstr(o, "&amp;");
			break;
		case '<':
			out_cstr(o, "&lt;");
			break;
		case '>':
			out_cstr(o, "&gt;");
			break;
		case '"':
			out_cstr(o, "&quot;");
			break;
		case '\n':
			out_cstr(o, "<br>\n");
			break;
		default:
			out_char(o, t.p[i]);
		}
}

/* What the notice has, or its text in another dress. */
static void add_html(struct out *o, const struct notice *n, struct text text)
{
	if (n->html && n->html[0]) {
		clean_lines(o, text_of(n->html));
		return;
	}
	out_cstr(o, "<!DOCTYPE html>\n<html");
	if (is_language(n->language))
		out_f(o, " lang=\"%s\"", n->language);
	out_cstr(o, "><head><meta charset=\"utf-8\"></head>\n<body><p>");
	while (text.len && text.p[text.len - 1] == '\n')
		text.len--;
	add_escaped(o, text);
	out_cstr(o, "</p></body></html>\n");
}

static void add_parts(struct out *o, const struct notice *n)
{
	struct out text = { 0 }, html = { 0 }, line = { 0 };

	/* Neither quoted-printable nor base64 can have "=_" in it. */
	out_cstr(&line, "=_");
	channel_id_add(&line, n->id);
	clean_lines(&text, text_of(n->text));
	add_html(&html, n, out_text(&text));
	out_f(o,
	      "MIME-Version: 1.0\r\n"
	      "Content-Type: multipart/alternative;\r\n boundary=\"%.*s\"\r\n"
	      "\r\n--%.*s\r\n",
	      (int)line.len, line.p, (int)line.len, line.p);
	mime_part(o, "text/plain", out_text(&text));
	out_f(o, "\r\n--%.*s\r\n", (int)line.len, line.p);
	mime_part(o, "text/html", out_text(&html));
	out_f(o, "\r\n--%.*s--\r\n", (int)line.len, line.p);
	o->failed |= text.failed | html.failed | line.failed;
	out_fini(&text);
	out_fini(&html);
	out_fini(&line);
}

int email_prepare(struct channels *c, const struct notice *n, int64_t now_ms,
		  struct channel_request *ret, const char **ret_why)
{
	const struct conf *conf = c->conf;
	struct out mail = { 0 };

	if (!c->mail.is_on) {
		*ret_why = "no mail server is configured (smtp_url)";
		return -EAGAIN;
	}
	if (!email_is_valid(text_of(n->target)) ||
	    text_to_cstr(text_of(n->target), ret->to, sizeof(ret->to)) < 0 ||
	    text_to_cstr(text_of(conf->smtp_from), ret->from,
			 sizeof(ret->from)) < 0) {
		*ret_why = "the target is no e-mail address";
		return -EINVAL;
	}
	if (channel_secret_read(&c->mail.password, now_ms, ret_why) < 0)
		return -EAGAIN;
	if (add_headers(&mail, conf, n, now_ms) < 0) {
		out_fini(&mail);
		*ret_why = "the clock is wrong";
		return -EINVAL;
	}
	add_parts(&mail, n);
	ret->where = c->mail.where;
	ret->any_address = true;
	ret->what.url = ret->where.text;
	ret->what.host = ret->where.host;
	ret->what.port = ret->where.port;
	ret->what.ca_file = conf->smtp_ca;
	ret->what.tls = c->mail.tls;
	ret->what.user = conf->smtp_user;
	ret->what.password = c->mail.password.value;
	ret->what.mail_from = ret->from;
	ret->what.mail_to = ret->to;
	return channel_body_set(ret, &mail);
}
