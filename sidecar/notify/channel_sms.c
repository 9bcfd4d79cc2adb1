/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/json.h"
#include "notify/channel.h"
#include "notify/clean.h"
#include "notify/gsm7.h"

#define NUMBER_MIN 7
#define NUMBER_MAX 15

/* What is posted, by name. */
static const struct {
	const char *name;
	bool is_json;
	const char *template; /* NULL: sms_template says it */
} presets[] = {
	{ "twilio", false, "To={to}&From={from}&Body={text}" },
	{ "json", true,
	  "{\"id\":\"{id}\",\"to\":\"{to}\",\"from\":\"{from}\","
	  "\"text\":\"{text}\"}" },
	{ "form", false, NULL },
};

bool sms_number_is_valid(struct text t)
{
	if (t.len < NUMBER_MIN + 1 || t.len > NUMBER_MAX + 1 || t.p[0] != '+' ||
	    t.p[1] == '0')
		return false;
	for (size_t i = 1; i < t.len; i++)
		if (!text_is_digit(t.p[i]))
			return false;
	return true;
}

/* ---- the template ---- */

/* Bytes that a form has as they are (URL Standard, urlencoded). */
static void add_form(struct out *o, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (text_is_letter(c) || text_is_digit(c) ||
		    (c && strchr("*-._", c)))
			out_char(o, c);
		else if (c == ' ')
			out_char(o, '+');
		else
			out_f(o, "%%%02X", (uint8_t)c);
	}
}

/* Inside the quotes of a string of JSON (RFC 8259 7).  t: sound UTF-8. */
static void add_json(struct out *o, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (c == '"' || c == '\\')
			out_f(o, "\\%c", c);
		else if ((uint8_t)c < 0x20)
			out_f(o, "\\u%04x", (unsigned)(uint8_t)c);
		else
			out_char(o, c);
	}
}

struct values {
	struct text id, to, from, text;
};

/* The value that a template names at the start of t; *ret_len: its name's. */
static const struct text *value_named(const struct values *v, struct text t,
				      size_t *ret_len)
{
	const struct {
		const char *name;
		const struct text *value;
	} names[] = { { "{id}", &v->id },
		      { "{to}", &v->to },
		      { "{from}", &v->from },
		      { "{text}", &v->text } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		*ret_len = strlen(names[i].name);
		if (t.len >= *ret_len &&
		    memcmp(t.p, names[i].name, *ret_len) == 0)
			return names[i].value;
	}
	return NULL;
}

static void fill(struct out *o, const struct sms_shape *g,
		 const struct values *v)
{
	struct text t = text_of(g->template);

	while (t.len) {
		size_t n;
		const struct text *value = value_named(v, t, &n);

		if (!value) {
			n = 1;
			out_add(o, text_make(t.p, 1));
		} else if (g->is_json) {
			add_json(o, *value);
		} else {
			add_form(o, *value);
		}
		t.p += n;
		t.len -= n;
	}
}

/* ---- options ---- */

static int refuse(char error[CONF_ERROR_SIZE], const char *why)
{
	(void)snprintf(error, CONF_ERROR_SIZE, "%s", why);
	return -EINVAL;
}

/* -ENOENT: there is no such preset. */
static int preset_find(const char *name, struct sms_shape *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++)
		if (strcmp(presets[i].name, name) == 0) {
			*ret = (struct sms_shape){ presets[i].is_json,
						   presets[i].template };
			return 0;
		}
	return -ENOENT;
}

static int shape_set(struct sms_shape *g, const struct conf *o,
		     char error[CONF_ERROR_SIZE])
{
	if (preset_find(o->sms_preset, g) < 0)
		return refuse(error, "sms_preset is twilio, json or form");
	if (o->sms_template[0])
		g->template = o->sms_template;
	if (!g->template)
		return refuse(error, "sms_preset = form needs sms_template");
	if (!strstr(g->template, "{to}") || !strstr(g->template, "{text}"))
		return refuse(error, "sms_template needs {to} and {text}");
	return 0;
}

/* Filled in, is the template an object of JSON? */
static int template_check(const struct sms_shape *g, const struct conf *o,
			  char error[CONF_ERROR_SIZE])
{
	struct values v = { text_of("a"), text_of("+1"), text_of(o->sms_from),
			    text_of("\"\\\n") };
	struct out body = { 0 };
	struct json *j = NULL;
	const char *why = "";
	int err = 0;

	if (!g->is_json)
		return 0;
	fill(&body, g, &v);
	if (json_parse(&j, out_text(&body), &why) < 0) {
		(void)snprintf(error, CONF_ERROR_SIZE, "sms_template: %s", why);
		err = -EINVAL;
	}
	out_fini(&body);
	j = json_free(j);
	return err;
}

static int login_set(struct sms_gateway *g, const struct conf *o,
		     char error[CONF_ERROR_SIZE])
{
	if (!o->sms_user[0] != !o->sms_password_file[0])
		return refuse(error, "sms_user and sms_password_file belong "
				     "together");
	if (o->sms_user[0] && o->sms_token_file[0])
		return refuse(error, "sms_token_file stands in place of "
				     "sms_user");
	g->password.path = o->sms_password_file;
	g->token.path = o->sms_token_file;
	return 0;
}

int sms_configure(struct channels *c, char error[CONF_ERROR_SIZE])
{
	const struct conf *o = c->conf;
	struct sms_gateway *g = &c->sms;

	if (!o->sms_url[0])
		return 0;
	if (web_uri_parse(text_of(o->sms_url), &g->where) < 0)
		return refuse(error, "sms_url is no URL of a web server");
	if (!g->where.is_tls && !web_hosts_has(&c->plain, &g->where))
		return refuse(error, "sms_url without TLS: notify_http_hosts "
				     "does not list it");
	if (shape_set(&g->shape, o, error) < 0 ||
	    template_check(&g->shape, o, error) < 0 ||
	    login_set(g, o, error) < 0)
		return -EINVAL;
	g->is_on = true;
	return 0;
}

/* ---- the message ---- */

static int fill_request(const struct channels *c, const struct sms_shape *shape,
			const struct notice *n, struct channel_request *ret)
{
	struct out text = { 0 }, fitted = { 0 }, body = { 0 }, id = { 0 };
	struct values v;
	int err;

	clean_lines(&text, text_trim(text_of(n->text)));
	sms_fit(&fitted, out_text(&text), (unsigned)c->conf->sms_segments_max);
	channel_id_add(&id, n->id);
	v = (struct values){ out_text(&id), text_of(n->target),
			     text_of(c->conf->sms_from), out_text(&fitted) };
	fill(&body, shape, &v);
	body.failed |= text.failed | fitted.failed | id.failed;
	err = channel_body_set(ret, &body);
	if (err >= 0)
		err = channel_header_add(ret, "Idempotency-Key: %.*s",
					 (int)id.len, id.p);
	out_fini(&text);
	out_fini(&fitted);
	out_fini(&id);
	return err;
}

/* What the recipient wants; as e911d.conf says if it is the same, or nothing.
 */
static int shape_of(const struct channels *c, const struct notice *n,
		    struct sms_shape *ret)
{
	*ret = c->sms.shape;
	if (!n->preset || !n->preset[0] ||
	    strcmp(n->preset, c->conf->sms_preset) == 0)
		return 0;
	return preset_find(n->preset, ret) < 0 || !ret->template ? -ENOENT : 0;
}

static int read_secrets(struct sms_gateway *g, int64_t now_ms,
			const char **ret_why)
{
	if (channel_secret_read(&g->password, now_ms, ret_why) < 0 ||
	    channel_secret_read(&g->token, now_ms, ret_why) < 0)
		return -EAGAIN;
	return 0;
}

int sms_prepare(struct channels *c, const struct notice *n, int64_t now_ms,
		struct channel_request *ret, const char **ret_why)
{
	struct sms_shape shape;
	int err;

	if (!c->sms.is_on) {
		*ret_why = "no SMS gateway is configured (sms_url)";
		return -EAGAIN;
	}
	if (!sms_number_is_valid(text_of(n->target))) {
		*ret_why = "the target is no number (E.164)";
		return -EINVAL;
	}
	if (shape_of(c, n, &shape) < 0) {
		*ret_why = "there is no such shape of a text message";
		return -EINVAL;
	}
	err = read_secrets(&c->sms, now_ms, ret_why);
	if (err >= 0)
		err = channel_where_set(c, ret, &c->sms.where, ret_why);
	if (err >= 0)
		err = fill_request(c, &shape, n, ret);
	if (err >= 0)
		err = channel_header_add(
			ret, "Content-Type: %s",
			shape.is_json ? "application/json"
				      : "application/x-www-form-urlencoded");
	if (err >= 0)
		err = channel_header_add(ret, "Accept: application/json");
	if (err >= 0 && c->sms.token.path[0])
		err = channel_header_add(ret, "Authorization: Bearer %s",
					 c->sms.token.value);
	ret->what.user = c->conf->sms_user;
	ret->what.password = c->sms.password.value;
	return err;
}
