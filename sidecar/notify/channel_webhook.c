/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/utf8.h"
#include "notify/channel.h"
#include "notify/clean.h"
#include "sha256.h"

#define SECRET_PREFIX "whsec_"
#define SECRET_MAX    512

/* Slack: a header has 150 characters, a section 3000, a message 50 blocks. */
#define SLACK_HEADER_MAX  150
#define SLACK_SECTION_MAX 2900
#define SLACK_SECTIONS    8
#define TEAMS_LINES       60

#define TEAMS_CARD "http://adaptivecards.io/schemas/adaptive-card.json"

/* ---- bodies ---- */

/* At most max UTF-16 code units, as whole characters. */
static size_t piece_len(struct text t, size_t max)
{
	size_t at = 0, units = 0;

	while (at < t.len) {
		size_t n = utf8_char_len(t.p + at, t.p + t.len);

		units += n == 4 ? 2 : 1;
		if (units > max)
			break;
		at += n ? n : 1;
	}
	return at;
}

/* { "type": type, "text": text } */
static int typed_text(struct json **ret, const char *type, struct text text)
{
	int err = json_new(ret);

	if (err >= 0)
		err = json_put_text(*ret, "type", text_of(type));
	if (err >= 0)
		err = json_put_text(*ret, "text", text);
	return err;
}

/* A block of plain text: nothing in it is a link, a mention or a format. */
static int slack_block(struct json *j, const char *type, struct text text)
{
	struct json *block = NULL, *inner = NULL;
	int err = typed_text(&inner, "plain_text", text);

	if (err >= 0)
		err = json_new(&block);
	if (err >= 0)
		err = json_put_text(block, "type", text_of(type));
	if (err >= 0)
		err = json_put_object(block, "text", inner);
	if (err >= 0)
		err = json_add_object(j, "blocks", block);
	inner = json_free(inner);
	block = json_free(block);
	return err;
}

/* Slack's own format: these three could begin something (docs.slack.dev,
 * "Formatting message text"). */
static void slack_escape(struct out *o, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.p[i] == '&')
			out_cstr(o, "&amp;");
		else if (t.p[i] == '<')
			out_cstr(o, "&lt;");
		else if (t.p[i] == '>')
			out_cstr(o, "&gt;");
		else
			out_char(o, t.p[i]);
}

static int slack_fill(struct json *j, struct text subject, struct text text)
{
	struct out plain = { 0 };
	int err;

	/* What a notification shows, and who cannot show blocks. */
	slack_escape(&plain, subject.len ? subject : text);
	err = plain.failed ? -ENOMEM
			   : json_put_text(j, "text", out_text(&plain));
	out_fini(&plain);
	if (err >= 0 && subject.len)
		err = slack_block(
			j, "header",
			text_make(subject.p,
				  piece_len(subject, SLACK_HEADER_MAX)));
	for (int i = 0; err >= 0 && text.len && i < SLACK_SECTIONS; i++) {
		size_t n = piece_len(text, SLACK_SECTION_MAX);

		err = slack_block(j, "section", text_make(text.p, n));
		text.p += n;
		text.len -= n;
	}
	return err;
}

/* A line of a card; no Markdown in a TextRun. */
static int teams_line(struct json *card, struct text line, bool is_title)
{
	struct json *block = NULL, *run = NULL;
	int err = typed_text(&run, "TextRun", line);

	if (err >= 0 && is_title)
		err = json_put_text(run, "size", text_of("large"));
	if (err >= 0 && is_title)
		err = json_put_text(run, "weight", text_of("bolder"));
	if (err >= 0)
		err = json_new(&block);
	if (err >= 0)
		err = json_put_text(block, "type", text_of("RichTextBlock"));
	if (err >= 0 && !is_title)
		err = json_put_text(block, "spacing", text_of("none"));
	if (err >= 0)
		err = json_add_object(block, "inlines", run);
	if (err >= 0)
		err = json_add_object(card, "body", block);
	run = json_free(run);
	block = json_free(block);
	return err;
}

static int teams_card(struct json *card, struct text subject, struct text text)
{
	struct text line;
	int err = json_put_text(card, "$schema", text_of(TEAMS_CARD));

	if (err >= 0)
		err = json_put_text(card, "type", text_of("AdaptiveCard"));
	if (err >= 0)
		err = json_put_text(card, "version", text_of("1.4"));
	if (err >= 0)
		err = teams_line(card, subject, true);
	for (int i = 0;
	     err >= 0 && i < TEAMS_LINES && text_cut(&text, '\n', &line); i++)
		err = teams_line(card, line.len ? line : text_of(" "), false);
	return err;
}

static int teams_fill(struct json *j, struct text subject, struct text text)
{
	struct json *attachment = NULL, *card = NULL;
	int err = json_new(&card);

	if (err >= 0)
		err = teams_card(card, subject, text);
	if (err >= 0)
		err = json_new(&attachment);
	if (err >= 0)
		err = json_put_text(
			attachment, "contentType",
			text_of("application/vnd.microsoft.card.adaptive"));
	if (err >= 0)
		err = json_put_object(attachment, "content", card);
	if (err >= 0)
		err = json_put_text(j, "type", text_of("message"));
	if (err >= 0)
		err = json_add_object(j, "attachments", attachment);
	card = json_free(card);
	attachment = json_free(attachment);
	return err;
}

typedef int fill_shape(struct json *j, struct text subject, struct text text);

static int shaped(const struct notice *n, fill_shape *fill, struct out *ret)
{
	struct out subject = { 0 }, text = { 0 };
	struct json *j = NULL;
	char *body = NULL;
	int err = json_new(&j);

	clean_line(&subject, text_of(n->subject));
	clean_lines(&text, text_of(n->text));
	if (subject.failed || text.failed)
		err = -ENOMEM;
	if (err >= 0)
		err = fill(j, out_text(&subject), out_text(&text));
	if (err >= 0)
		err = json_format(j, &body);
	if (err >= 0)
		out_cstr(ret, body);
	free(body);
	j = json_free(j);
	out_fini(&subject);
	out_fini(&text);
	return err;
}

static int make_body(const struct notice *n, struct out *ret,
		     const char **ret_why)
{
	const char *preset = n->preset ? n->preset : "";

	if (strcmp(preset, "slack") == 0)
		return shaped(n, slack_fill, ret);
	if (strcmp(preset, "teams") == 0)
		return shaped(n, teams_fill, ret);
	if (preset[0] && strcmp(preset, "json") != 0) {
		*ret_why = "there is no such shape of a webhook";
		return -EINVAL;
	}
	if (!n->json || n->json[0] != '{' || !utf8_is_valid(text_of(n->json))) {
		*ret_why = "it has no JSON";
		return -EINVAL;
	}
	out_cstr(ret, n->json);
	return 0;
}

/* ---- the signature ---- */

/* Standard base64, or that of URLs, with its padding or without.  -EINVAL. */
static int any_base64_decode(struct text t, uint8_t ret[SECRET_MAX])
{
	char code[SECRET_MAX + 4];
	size_t len = t.len;

	if (!len || len > SECRET_MAX)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		code[i] = t.p[i];
		if (code[i] == '-')
			code[i] = '+';
		else if (code[i] == '_')
			code[i] = '/';
	}
	while (len % 4)
		code[len++] = '=';
	return base64_decode(text_make(code, len), ret);
}

/*
 * The key: "whsec_" and base64 (Standard Webhooks), else the text itself: a
 * signature that nobody checks is better than an alert that is not sent.  Its
 * length; -EINVAL: the secret is too long.
 */
static int key_of(const char *secret, uint8_t ret[SECRET_MAX])
{
	struct text t = text_of(secret);
	size_t prefix = sizeof(SECRET_PREFIX) - 1;
	int len = -EINVAL;

	if (!t.len || t.len > SECRET_MAX)
		return -EINVAL;
	if (t.len > prefix && memcmp(t.p, SECRET_PREFIX, prefix) == 0)
		len = any_base64_decode(text_make(t.p + prefix, t.len - prefix),
					ret);
	if (len > 0)
		return len;
	memcpy(ret, t.p, t.len);
	return (int)t.len;
}

/* "id.timestamp.body" (Standard Webhooks, "Signature scheme"). */
static int add_signature(struct channel_request *r, const struct notice *n,
			 struct text id, int64_t now_s, const char **ret_why)
{
	uint8_t key[SECRET_MAX], mac[SHA256_SIZE];
	char code[BASE64_SIZE(SHA256_SIZE)], time[24];
	struct hmac_sha256 h;
	int len = key_of(n->secret, key);

	if (len < 0) {
		*ret_why = "the webhook's secret is none";
		return -EINVAL;
	}
	(void)snprintf(time, sizeof(time), ".%" PRId64 ".", now_s);
	hmac_sha256_begin(&h, key, (size_t)len);
	hmac_sha256_add(&h, id.p, id.len);
	hmac_sha256_add(&h, time, strlen(time));
	hmac_sha256_add(&h, r->what.body.p, r->what.body.len);
	hmac_sha256_end(&h, mac);
	return channel_header_add(r, "webhook-signature: v1,%.*s",
				  (int)base64_encode(mac, sizeof(mac), code),
				  code);
}

static int add_headers(struct channel_request *r, const struct notice *n,
		       int64_t now_s, const char **ret_why)
{
	struct out id = { 0 };
	int err;

	channel_id_add(&id, n->id);
	err = id.failed ? -ENOMEM : 0;
	if (err >= 0)
		err = channel_header_add(r, "Content-Type: application/json");
	if (err >= 0)
		err = channel_header_add(r, "User-Agent: e911d");
	if (err >= 0)
		err = channel_header_add(r, "webhook-id: %.*s", (int)id.len,
					 id.p);
	if (err >= 0)
		err = channel_header_add(r, "Idempotency-Key: %.*s",
					 (int)id.len, id.p);
	if (err >= 0)
		err = channel_header_add(r, "webhook-timestamp: %" PRId64,
					 now_s);
	if (err >= 0 && n->secret && n->secret[0])
		err = add_signature(r, n, out_text(&id), now_s, ret_why);
	out_fini(&id);
	return err;
}

/* As web_uri_parse(), and printable ASCII that no URI has is escaped. */
static int target_parse(const char *target, struct web_uri *ret)
{
	struct out o = { 0 };
	int err;

	for (const char *p = target; *p; p++)
		if (strchr("\"<>\\^`{|}", *p))
			out_f(&o, "%%%02X", (unsigned)(uint8_t)*p);
		else
			out_char(&o, *p);
	err = o.failed ? -ENOMEM : web_uri_parse(out_text(&o), ret);
	out_fini(&o);
	return err;
}

int webhook_prepare(struct channels *c, const struct notice *n, int64_t now_ms,
		    struct channel_request *ret, const char **ret_why)
{
	struct out body = { 0 };
	struct web_uri where;
	int err;

	err = target_parse(n->target, &where);
	if (err < 0) {
		*ret_why = "the target is no usable URL";
		return err;
	}
	err = channel_where_set(c, ret, &where, ret_why);
	if (err >= 0)
		err = make_body(n, &body, ret_why);
	if (err < 0) {
		out_fini(&body);
		return err;
	}
	err = channel_body_set(ret, &body);
	if (err >= 0)
		err = add_headers(ret, n, now_ms / 1000, ret_why);
	return err;
}
