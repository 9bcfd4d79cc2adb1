/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_notify_channel: any notice, and any answer.
 *
 * The input is a notice's texts with NULs between; its first bytes are channel,
 * end of the transfer, status and Retry-After.
 */
/* build: link e911_sidecar */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/channel.h"

#define HEAD  12
#define TEXTS 9

static struct channels *make_channels(void)
{
	static const char options[] =
		"postgres = x\nsmtp_url = smtp://mail\nsmtp_from = e911@b\n"
		"sms_url = https://sms/\nsms_preset = json\nsms_from = 911\n"
		"notify_http_hosts = http://a\n";
	static struct conf conf;
	static struct channels *c;
	char error[CONF_ERROR_SIZE];
	FILE *in;
	int err;

	if (c)
		return c;
	in = fmemopen((void *)options, sizeof(options) - 1, "r");
	assert(in);
	err = conf_read(&conf, in, "fuzz", error);
	(void)fclose(in);
	if (err >= 0)
		err = channels_new(&c, &conf, error);
	assert(err == 0);
	return c;
}

/* No header line holds more than one line. */
static void check_request(const struct channel_request *r)
{
	const struct transfer *w = &r->what;

	assert(w->url && w->host && w->port && w->body.len);
	for (unsigned i = 0; i < r->header_count; i++)
		for (const char *p = r->headers[i]; *p; p++)
			assert(*p >= ' ' && *p <= '~');
	for (const char *p = w->url; *p; p++)
		assert(*p > ' ' && *p <= '~');
	assert(!r->headers[r->header_count]);
	if (!w->mail_to)
		return;
	assert(strchr(w->mail_to, '@') == strrchr(w->mail_to, '@'));
	assert(!strpbrk(w->mail_to, " \t\r\n,;:<>()\"\\[]"));
}

static void judge(const uint8_t *data)
{
	struct transfer_answer a = { .end = data[1] %
					    (TRANSFER_NO_MEMORY + 1) };
	struct sender_result r;

	a.status = data[2] << 8 | data[3];
	memcpy(&a.retry_after_s, data + 4, sizeof(a.retry_after_s));
	channel_judge(make_channels()->conf, data[0] % NOTICE_CHANNELS, &a, &r);
	assert(r.outcome <= SENDER_REFUSED);
	assert(r.after_ms >= 0 && r.after_ms <= SENDER_AFTER_MAX_MS);
	assert(!r.why[0] == (r.outcome == SENDER_DELIVERED));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct channels *c = make_channels();
	struct channel_request r;
	struct notice n = { 0 };
	const char *texts[TEXTS], *why = "";
	char *copy, *p;

	if (size < HEAD || size > 4096)
		return 0;
	judge(data);
	copy = malloc(size - HEAD + 1);
	assert(copy);
	memcpy(copy, data + HEAD, size - HEAD);
	copy[size - HEAD] = '\0';
	p = copy;
	for (size_t i = 0; i < TEXTS; i++) {
		texts[i] = p;
		p += strlen(p);
		p += p < copy + size - HEAD;
	}
	memcpy(n.id, data, HEAD);
	n.channel = data[0] % NOTICE_CHANNELS;
	n.target = texts[0];
	n.subject = texts[1];
	n.text = texts[2];
	n.html = texts[3];
	n.json = texts[4];
	n.preset = texts[5];
	n.secret = texts[6];
	n.language = texts[7];
	n.event = texts[8];
	if (channel_prepare(c, &n, INT64_C(1795299298123), &r, &why) == 0)
		check_request(&r);
	else
		assert(why[0]);
	channel_request_fini(&r);
	free(copy);
	return 0;
}
