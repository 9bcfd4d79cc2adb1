/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: link e911_sidecar */
/* build: with test/support/flow_golden.c */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "notify/channel.h"
#include "test/support/flow_golden.h"

#define NOW INT64_C(1795299298123)

static struct conf conf;
static struct channels *channels;
static struct channel_request request;
static char secret_path[] = "/tmp/e911-secret-XXXXXX";

/* Options beside the one that must be; -EINVAL: channels do not like them. */
static int configure(const char *options, char error[CONF_ERROR_SIZE])
{
	char text[4096];
	FILE *in;
	int err;

	(void)snprintf(text, sizeof(text), "postgres = x\n%s", options);
	conf_fini(&conf);
	channels = channels_free(channels);
	in = fmemopen(text, strlen(text), "r");
	assert_non_null(in);
	err = conf_read(&conf, in, "f.conf", error);
	(void)fclose(in);
	if (err < 0)
		fail_msg("%s", error);
	return channels_new(&channels, &conf, error);
}

static void configured(const char *options)
{
	char error[CONF_ERROR_SIZE] = "";

	if (configure(options, error) < 0)
		fail_msg("%s", error);
}

static void not_configured(const char *options, const char *why)
{
	char error[CONF_ERROR_SIZE] = "";

	assert_int_equal(configure(options, error), -EINVAL);
	assert_string_equal(error, why);
}

static struct notice notice_to(enum notice_channel channel, const char *target)
{
	struct notice n = {
		.event = "emergency_call",
		.channel = channel,
		.target = target,
		.preset = "",
		.secret = "",
		.language = "en",
		.subject = "911 call from Jos\xc3\xa9, <floor 3>",
		.text = "911 call\nCallback: +12065550114\n"
			"At: 100 Mill St, *Floor* 3 & <!channel>\n",
		.html = "",
		.json = "{\"event\":\"emergency_call\",\"floor\":\"3\"}",
	};

	memset(n.id, 0x11, sizeof(n.id));
	memset(n.call_id, 0x22, sizeof(n.call_id));
	return n;
}

static int prepare(const struct notice *n, const char **ret_why)
{
	channel_request_fini(&request);
	return channel_prepare(channels, n, NOW, &request, ret_why);
}

static void prepared(const struct notice *n)
{
	const char *why = "";

	if (prepare(n, &why) < 0)
		fail_msg("%s", why);
}

static void is_told(const struct notice *n, int err, const char *want)
{
	const char *why = "";

	assert_int_equal(prepare(n, &why), err);
	assert_string_equal(why, want);
}

static void refused(const struct notice *n, const char *want)
{
	is_told(n, -EINVAL, want);
}

/* Not as this node is configured. */
static void put_off(const struct notice *n, const char *want)
{
	is_told(n, -EAGAIN, want);
}

/* URL, envelope or headers, and the body, as a golden file has it. */
static void is_golden(const char *name)
{
	const struct transfer *w = &request.what;
	struct out o = { 0 };
	char path[128], *text;

	out_f(&o, "%s\n", w->url);
	if (w->mail_to)
		out_f(&o, "from %s to %s\n", w->mail_from, w->mail_to);
	for (unsigned i = 0; i < request.header_count; i++)
		out_f(&o, "%s\n", request.headers[i]);
	if (w->user && w->user[0])
		out_f(&o, "login %s %s\n", w->user, w->password);
	out_cstr(&o, "\n");
	for (size_t i = 0; i < w->body.len; i++)
		if (w->body.p[i] != '\r')
			out_char(&o, w->body.p[i]);
		else
			assert_int_equal(w->body.p[i + 1], '\n');
	out_cstr(&o, "\n");
	text = out_end(&o);
	(void)snprintf(path, sizeof(path), "unit/golden/notify/%s.txt", name);
	golden_check(path, text);
	free(text);
}

#define MAIL \
	"smtp_url = smtp://Mail.Example.org\nsmtp_from = e911@example.org\n"

static void a_mail_is_as_written_down(void **state)
{
	struct notice n = notice_to(NOTICE_EMAIL, "desk@example.com");

	(void)state;
	configured(MAIL);
	prepared(&n);
	is_golden("email");
	n.html = "<p>911 call</p>\n.\n<p>\xd1\x82\xd1\x80\xd0\xb5</p>";
	n.event = "ended";
	n.language = "en\r\nX: y";
	memset(n.call_id, 0, sizeof(n.call_id));
	prepared(&n);
	is_golden("email_html");
}

static void mail_goes_to_one_address(void **state)
{
	static const char *const good[] = {
		"a@b",
		"a..b@c",
		".a.@b",
		"first.last+tag@sub.example.org",
		"{x}=!#$%&'*/?^_`|~@b",
		"01234567890123456789012345678901234567890123456789012345678901"
		"23"
		"@b",
	};
	static const char *const bad[] = {
		"",
		"a",
		"@b",
		"a@",
		"a@b@c",
		"a b@c",
		"a@b c",
		"a@b\r\n",
		"a\n@b",
		"a@b,c@d",
		"<a@b>",
		"a@b>",
		"\"a\"@b",
		"a@[1.2.3.4]",

		"a@-b",
		"a@b-",
		"a@b..c",
		"a@b.",
		"a@.b",
		"a@b;c",
		"a(b)@c",
		"a\\@b",
		"a@b\xc3\xa9",
		"\xc3\xa9@b",
		"a:b@c",
		"a\x7f@b",
		("0123456789012345678901234567890123456789012345678901234567890"
		 "1"
		 "234@b"),
	};
	struct notice n = notice_to(NOTICE_EMAIL, "");

	(void)state;
	configured(MAIL);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		n.target = good[i];
		prepared(&n);
		assert_string_equal(request.what.mail_to, good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		n.target = bad[i];
		refused(&n, "the target is no e-mail address");
	}
	configured("");
	n.target = "a@b";
	put_off(&n, "no mail server is configured (smtp_url)");
}

static void options_of_mail_are_judged(void **state)
{
	struct notice n;
	char text[512];

	(void)state;
	configured(MAIL);
	assert_string_equal(channels->mail.where.text,
			    "smtp://mail.example.org:587/example.org");
	configured("smtp_url = smtps://[2001:db8::1]\nsmtp_from = a@b\n");
	assert_string_equal(channels->mail.where.text,
			    "smtps://[2001:db8::1]:465/b");
	assert_true(channels->mail.is_tls);
	configured("smtp_url = smtp://192.0.2.1:25\nsmtp_from = a@b\n");
	assert_string_equal(channels->mail.where.text, "smtp://192.0.2.1:25/b");
	not_configured("smtp_url = mail.example.org\nsmtp_from = a@b\n",
		       "smtp_url is no smtp://host:port");
	not_configured("smtp_url = smtp://u:p@mail\nsmtp_from = a@b\n",
		       "smtp_url is no smtp://host:port");
	not_configured("smtp_url = smtp://mail/x\nsmtp_from = a@b\n",
		       "smtp_url is no smtp://host:port");
	not_configured("smtp_url = smtp://mail\n",
		       "smtp_from is no e-mail address");
	not_configured(MAIL "smtp_tls = never\n",
		       "smtp_tls is required or optional");
	not_configured(MAIL "smtp_user = e\n",
		       "smtp_user and smtp_password_file belong together");
	(void)snprintf(text, sizeof(text),
		       MAIL "smtp_user = e\nsmtp_password_file = %s\n",
		       secret_path);
	configured(text);
	n = notice_to(NOTICE_EMAIL, "a@b");
	prepared(&n);
	assert_string_equal(request.what.user, "e");
	assert_string_equal(request.what.password, "s3cret \"word");
	(void)snprintf(text, sizeof(text),
		       MAIL "smtp_user = e\nsmtp_password_file = %s\n"
			    "smtp_tls = optional\n",
		       secret_path);
	not_configured(text, "smtp_user needs smtp_tls = required");
}

#define SMS "sms_url = https://sms.example.org/send?a=b\n"

static void a_text_message_is_as_written_down(void **state)
{
	struct notice n = notice_to(NOTICE_SMS, "+12065550100");
	char text[512];

	(void)state;
	(void)snprintf(text, sizeof(text),
		       SMS "sms_from = +12065550199\nsms_user = AC1\n"
			   "sms_password_file = %s\n",
		       secret_path);
	configured(text);
	prepared(&n);
	is_golden("sms_twilio");
	(void)snprintf(text, sizeof(text),
		       SMS "sms_preset = json\nsms_from = E\"911\n"
			   "sms_token_file = %s\n",
		       secret_path);
	configured(text);
	n.text = "a \"quote\" \\ and\x01 {to} caf\xc3\xaa\r\nline";
	prepared(&n);
	is_golden("sms_json");
	configured(SMS "sms_preset = form\nsms_segments_max = 1\n"
		       "sms_template = num={to}&msg={text}&ref={id}&{x}\n");
	n.text = "a&b=c+d%e {text}";
	prepared(&n);
	is_golden("sms_form");
}

static void options_of_text_messages_are_judged(void **state)
{
	(void)state;
	not_configured("sms_url = ftp://a\n",
		       "sms_url is no URL of a web server");
	not_configured("sms_url = https://u@a/\n",
		       "sms_url is no URL of a web server");
	not_configured(
		"sms_url = http://a/\n",
		"sms_url without TLS: notify_http_hosts does not list it");
	configured("sms_url = http://a/\nnotify_http_hosts = http://a\n");
	not_configured(SMS "sms_preset = pigeon\n",
		       "sms_preset is twilio, json or form");
	not_configured(SMS "sms_preset = form\n",
		       "sms_preset = form needs sms_template");
	not_configured(SMS "sms_template = a={to}\n",
		       "sms_template needs {to} and {text}");
	not_configured(SMS "sms_preset = json\nsms_template = {to}{text}\n",
		       "sms_template: it is no JSON");
	not_configured(SMS "sms_user = a\n",
		       "sms_user and sms_password_file belong together");
	not_configured("notify_networks = x\n",
		       "notify_networks is no list of networks");
	not_configured("notify_http_hosts = a b\n",
		       "notify_http_hosts is no list of hosts");
}

static void a_text_message_goes_to_a_number(void **state)
{
	static const char *const bad[] = { "",
					   "+",
					   "12065550100",
					   "+1206",
					   "+01234567",
					   "+1234567890123456",
					   "+1206555010a",
					   "+12065550100\r\n" };
	struct notice n = notice_to(NOTICE_SMS, "+1234567");

	(void)state;
	configured("");
	put_off(&n, "no SMS gateway is configured (sms_url)");
	configured(SMS);
	prepared(&n);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		n.target = bad[i];
		refused(&n, "the target is no number (E.164)");
	}
	n.target = "+1234567";
	n.preset = "json";
	prepared(&n);
	assert_int_equal(request.what.body.p[0], '{');
	n.preset = "form";
	refused(&n, "there is no such shape of a text message");
	n.preset = "pigeon";
	refused(&n, "there is no such shape of a text message");
}

static void a_webhook_is_as_written_down(void **state)
{
	struct notice n =
		notice_to(NOTICE_WEBHOOK, "https://Hooks.Example.org/a?b#c");

	(void)state;
	configured("");
	prepared(&n);
	is_golden("webhook");
	n.preset = "slack";
	prepared(&n);
	is_golden("webhook_slack");
	n.preset = "teams";
	prepared(&n);
	is_golden("webhook_teams");
}

static void write_secret(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void a_password_is_read_again(void **state)
{
	struct notice n = notice_to(NOTICE_EMAIL, "a@b");
	char path[] = "/tmp/e911-later-XXXXXX", text[512];
	const char *why = "";
	int64_t now = NOW;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && close(fd) == 0);
	log_set_level(LOG_LVL_ERROR - 1);
	(void)snprintf(text, sizeof(text),
		       MAIL "smtp_user = e\nsmtp_password_file = %s\n", path);
	configured(text);
	assert_int_equal(channel_prepare(channels, &n, now, &request, &why),
			 -EAGAIN);
	assert_string_equal(why, "the file of its password cannot be read");
	write_secret(path, "one\n");
	now += CHANNEL_SECRET_READ_MS + 1;
	assert_int_equal(channel_prepare(channels, &n, now, &request, &why), 0);
	assert_string_equal(request.what.password, "one");
	channel_request_fini(&request);
	write_secret(path, "two");
	assert_int_equal(channel_prepare(channels, &n, now, &request, &why), 0);
	assert_string_equal(request.what.password, "one");
	channel_request_fini(&request);
	now += CHANNEL_SECRET_READ_MS + 1;
	assert_int_equal(channel_prepare(channels, &n, now, &request, &why), 0);
	assert_string_equal(request.what.password, "two");
	channel_request_fini(&request);
	assert_int_equal(unlink(path), 0);
	now += CHANNEL_SECRET_READ_MS + 1;
	assert_int_equal(channel_prepare(channels, &n, now, &request, &why), 0);
	assert_string_equal(request.what.password, "two");
	log_set_level(LOG_LVL_INFO);
}

/* The secret is that of the examples of Standard Webhooks. */
static void a_signature_is_that_of_standard_webhooks(void **state)
{
	struct notice n = notice_to(NOTICE_WEBHOOK, "https://a/");

	(void)state;
	configured("");
	n.json = "{\"test\": 2432232314}";
	n.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	prepared(&n);
	is_golden("webhook_signed");
	n.secret = "any text";
	prepared(&n);
	is_golden("webhook_signed_text");
	/* No base64 is a key as it stands, that of URLs the same key. */
	n.secret = "whsec_?";
	prepared(&n);
	is_golden("webhook_signed_whsec");
	n.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_";
	prepared(&n);
	is_golden("webhook_signed_url");
}

static void a_webhook_goes_where_it_may(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"ftp://a/",
		"file:///etc",
		"gopher://a/",
		"https://u@a/",
		"https://u:p@a/",
		"https://a b/",
		"https://a/\r\nX: y",
		"https://a:0/",
		"https://\xc3\xa9/",
		"javascript:x",
	};
	struct notice n = notice_to(NOTICE_WEBHOOK, "http://a:8080/x");

	(void)state;
	configured("notify_http_hosts = http://a\n");
	put_off(&n, "http without TLS is not allowed there");
	n.target = "http://a/x";
	prepared(&n);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		n.target = bad[i];
		refused(&n, "the target is no usable URL");
	}
	n.target = "https://a/{x}|\"<>";
	prepared(&n);
	assert_string_equal(request.what.url,
			    "https://a:443/%7Bx%7D%7C%22%3C%3E");
	n.target = "https://a/";
	n.preset = "fax";
	refused(&n, "there is no such shape of a webhook");
	n.preset = "json";
	n.json = "x";
	refused(&n, "it has no JSON");
	n.channel = NOTICE_SCREEN;
	refused(&n, "the channel is not one that sends");
}

static void a_gateway_that_says_200_to_anything_is_asked_more(void **state)
{
	struct transfer_answer a = { .status = 200,
				     .body = text_of("{\"status\": \"4\"}") };
	struct sender_result r;

	(void)state;
	configured(SMS);
	channel_judge(&conf, NOTICE_SMS, &a, &r);
	assert_int_equal(r.outcome, SENDER_DELIVERED);
	configured(SMS "sms_expect = \"\"status\": \"0\"\"\n");
	assert_string_equal(conf.sms_expect, "\"status\": \"0\"");
	channel_judge(&conf, NOTICE_SMS, &a, &r);
	assert_int_equal(r.outcome, SENDER_AGAIN);
	channel_judge(&conf, NOTICE_WEBHOOK, &a, &r);
	assert_int_equal(r.outcome, SENDER_DELIVERED);
	a.body = text_of("{\"status\": \"0\"}");
	channel_judge(&conf, NOTICE_SMS, &a, &r);
	assert_int_equal(r.outcome, SENDER_DELIVERED);
	a.body = text_of("");
	channel_judge(&conf, NOTICE_SMS, &a, &r);
	assert_int_equal(r.outcome, SENDER_AGAIN);
}

static void answers_are_judged(void **state)
{
	static const struct {
		enum notice_channel channel;
		enum transfer_end end;
		int status;
		enum sender_outcome outcome;
	} rows[] = {
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 200, SENDER_DELIVERED },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 204, SENDER_DELIVERED },
		{ NOTICE_WEBHOOK, TRANSFER_CUT, 202, SENDER_DELIVERED },
		{ NOTICE_WEBHOOK, TRANSFER_LATE, 200, SENDER_DELIVERED },
		{ NOTICE_WEBHOOK, TRANSFER_CUT, 500, SENDER_AGAIN },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 0, SENDER_AGAIN },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 302, SENDER_REFUSED },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 400, SENDER_REFUSED },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 401, SENDER_REFUSED },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 404, SENDER_REFUSED },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 408, SENDER_AGAIN },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 410, SENDER_REFUSED },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 425, SENDER_AGAIN },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 429, SENDER_AGAIN },
		{ NOTICE_WEBHOOK, TRANSFER_ANSWERED, 503, SENDER_AGAIN },
		{ NOTICE_WEBHOOK, TRANSFER_LATE, 0, SENDER_AGAIN },
		{ NOTICE_WEBHOOK, TRANSFER_UNREACHABLE, 0, SENDER_AGAIN },
		{ NOTICE_WEBHOOK, TRANSFER_CERTIFICATE, 0, SENDER_AGAIN },
		{ NOTICE_SMS, TRANSFER_ANSWERED, 201, SENDER_DELIVERED },
		{ NOTICE_SMS, TRANSFER_ANSWERED, 401, SENDER_AGAIN },
		{ NOTICE_SMS, TRANSFER_ANSWERED, 400, SENDER_REFUSED },
		{ NOTICE_EMAIL, TRANSFER_ANSWERED, 250, SENDER_DELIVERED },
		{ NOTICE_EMAIL, TRANSFER_LATE, 250, SENDER_AGAIN },
		{ NOTICE_EMAIL, TRANSFER_BROKEN, 354, SENDER_AGAIN },
		{ NOTICE_EMAIL, TRANSFER_BROKEN, 451, SENDER_AGAIN },
		{ NOTICE_EMAIL, TRANSFER_BROKEN, 421, SENDER_AGAIN },
		{ NOTICE_EMAIL, TRANSFER_BROKEN, 550, SENDER_AGAIN },
		{ NOTICE_EMAIL, TRANSFER_BROKEN, 554, SENDER_AGAIN },
		{ NOTICE_EMAIL, TRANSFER_NO_LOGIN, 535, SENDER_AGAIN },
		{ NOTICE_EMAIL, TRANSFER_NO_TLS, 220, SENDER_AGAIN },
	};

	(void)state;
	configured("");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct transfer_answer a = { .end = rows[i].end,
					     .status = rows[i].status };
		struct sender_result r;

		channel_judge(&conf, rows[i].channel, &a, &r);
		if (r.outcome != rows[i].outcome)
			fail_msg("row %zu: %d", i, r.outcome);
		assert_int_equal(r.why[0] == '\0',
				 r.outcome == SENDER_DELIVERED);
	}
}

/* What is said of anything but the recipient is ours to mend. */
static void only_a_recipient_is_refused(void **state)
{
	static const int refusals[] = { 550, 551, 553, 556 };
	struct transfer_answer a = { .end = TRANSFER_BROKEN };
	struct sender_result r;

	(void)state;
	for (int i = 400; i < 600; i++) {
		bool is_refusal = false;

		for (size_t k = 0; k < ARRAY_SIZE(refusals); k++)
			is_refusal |= refusals[k] == i;
		a.status = i;
		a.is_recipient = true;
		channel_judge(&conf, NOTICE_EMAIL, &a, &r);
		assert_int_equal(r.outcome == SENDER_REFUSED, is_refusal);
		a.is_recipient = false;
		channel_judge(&conf, NOTICE_EMAIL, &a, &r);
		assert_int_equal(r.outcome, SENDER_AGAIN);
	}
}

static void a_wish_for_later_is_heard_within_limits(void **state)
{
	struct transfer_answer a = { .status = 429, .retry_after_s = 7 };
	struct sender_result r;

	(void)state;
	channel_judge(&conf, NOTICE_WEBHOOK, &a, &r);
	assert_int_equal(r.after_ms, 7000);
	a.retry_after_s = INT64_MAX;
	channel_judge(&conf, NOTICE_WEBHOOK, &a, &r);
	assert_int_equal(r.after_ms, SENDER_AFTER_MAX_MS);
	a.status = 200;
	channel_judge(&conf, NOTICE_WEBHOOK, &a, &r);
	assert_int_equal(r.after_ms, 0);
}

static int make_secret(void **state)
{
	static const char text[] = " s3cret \"word \nnot this\n";
	int fd = mkstemp(secret_path);

	(void)state;
	return fd < 0 || write(fd, text, sizeof(text) - 1) < 0 || close(fd) < 0;
}

static int drop_all(void **state)
{
	(void)state;
	channel_request_fini(&request);
	channels = channels_free(channels);
	conf_fini(&conf);
	return unlink(secret_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_is_as_written_down),
		cmocka_unit_test(mail_goes_to_one_address),
		cmocka_unit_test(options_of_mail_are_judged),
		cmocka_unit_test(a_text_message_is_as_written_down),
		cmocka_unit_test(options_of_text_messages_are_judged),
		cmocka_unit_test(a_text_message_goes_to_a_number),
		cmocka_unit_test(a_password_is_read_again),
		cmocka_unit_test(a_webhook_is_as_written_down),
		cmocka_unit_test(a_signature_is_that_of_standard_webhooks),
		cmocka_unit_test(a_webhook_goes_where_it_may),
		cmocka_unit_test(
			a_gateway_that_says_200_to_anything_is_asked_more),
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(only_a_recipient_is_refused),
		cmocka_unit_test(a_wish_for_later_is_heard_within_limits),
	};

	return cmocka_run_group_tests(tests, make_secret, drop_all);
}
