/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notice_sender: sends notices as e911d does, without what makes them.
 *
 *	notice_sender FILE		FILE: as of e911d -c
 *
 * Each line of standard input is a notice, "name=HEX name=HEX ..." with the
 * bytes of its members; of the channel its name, at_ms is left out.  Each end
 * is a line of standard output:
 *
 *	ID OUTCOME STATUS AFTER_MS WHY
 *
 * It ends with its input, when all have ended.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/transfer.h"
#include "names/dns.h"
#include "notify/sender.h"

#define INPUT_SIZE (1 << 20)

static const char *const outcomes[] = { [SENDER_DELIVERED] = "delivered",
					[SENDER_AGAIN] = "again",
					[SENDER_REFUSED] = "refused" };

struct input {
	char bytes[INPUT_SIZE];
	size_t len, taken;
	bool is_over;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "notice_sender: %s\n", what);
	exit(1);
}

/* In place: hex to bytes and a NUL. */
static size_t unhex(char *hex)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		int high = text_hex_digit(hex[2 * i]);
		int low = text_hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			die("no hexadecimal digits");
		hex[i] = (char)(high << 4 | low);
	}
	hex[n] = '\0';
	return n;
}

static void set_member(struct notice *n, const char *name, char *value)
{
	const struct {
		const char *name;
		const char **member;
	} texts[] = { { "event", &n->event },       { "target", &n->target },
		      { "preset", &n->preset },     { "secret", &n->secret },
		      { "language", &n->language }, { "subject", &n->subject },
		      { "text", &n->text },         { "html", &n->html },
		      { "json", &n->json } };
	size_t len = unhex(value);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (strcmp(texts[i].name, name) == 0) {
			*texts[i].member = value;
			return;
		}
	if (strcmp(name, "channel") == 0) {
		if (notice_channel_find(text_of(value), &n->channel) < 0)
			die("no channel");
	} else if (len == NOTICE_ID_SIZE && strcmp(name, "id") == 0) {
		memcpy(n->id, value, len);
	} else if (len == NOTICE_ID_SIZE && strcmp(name, "call_id") == 0) {
		memcpy(n->call_id, value, len);
	} else {
		die("no such member");
	}
}

static void submit(struct sender *s, char *line)
{
	struct notice n = { .event = "",
			    .target = "",
			    .preset = "",
			    .secret = "",
			    .language = "",
			    .subject = "",
			    .text = "",
			    .html = "",
			    .json = "" };
	char *rest = NULL, *id = malloc(2 * NOTICE_ID_SIZE + 1);

	if (!id)
		die("no memory");
	for (char *one = strtok_r(line, " ", &rest); one;
	     one = strtok_r(NULL, " ", &rest)) {
		char *value = strchr(one, '=');

		if (!value)
			die("no value");
		*value = '\0';
		set_member(&n, one, value + 1);
	}
	text_hex(id, n.id, sizeof(n.id));
	if (sender_submit(s, &n, id, clock_utc_ms()) < 0)
		die("cannot submit");
}

static void on_done(void *arg, void *cookie, const struct sender_result *r)
{
	(void)arg;
	(void)printf("%s %s %d %" PRId64 " %s\n", (char *)cookie,
		     outcomes[r->outcome], r->status, r->after_ms, r->why);
	(void)fflush(stdout);
	free(cookie);
}

static void read_more(struct input *in)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t n;

	if (in->is_over || poll(&p, 1, 0) <= 0)
		return;
	memmove(in->bytes, in->bytes + in->taken, in->len - in->taken);
	in->len -= in->taken;
	in->taken = 0;
	n = read(STDIN_FILENO, in->bytes + in->len, INPUT_SIZE - in->len);
	if (n < 0)
		die("cannot read");
	in->is_over = n == 0;
	in->len += (size_t)n;
}

static void take_lines(struct input *in, struct sender *s)
{
	while (sender_count(s) < SENDER_TRANSFERS_MAX) {
		char *line = in->bytes + in->taken;
		char *end = memchr(line, '\n', in->len - in->taken);

		if (!end)
			return;
		*end = '\0';
		in->taken += (size_t)(end + 1 - line);
		submit(s, line);
	}
}

int main(int argc, char **argv)
{
	static struct input in;
	char error[CONF_ERROR_SIZE] = "";
	struct sender *s = NULL;
	struct conf conf;

	if (argc != 2)
		die("notice_sender FILE");
	if (conf_load(&conf, argv[1], error) < 0)
		die(error);
	log_set_level((enum log_level)conf.log_level);
	if (dns_init() < 0 || transfer_init() < 0 ||
	    sender_new(&s, &conf, on_done, NULL) < 0)
		die("cannot begin");
	while (!in.is_over || sender_count(s) || in.taken < in.len) {
		bool is_full = sender_count(s) == SENDER_TRANSFERS_MAX;

		if (sender_step(s, 1000,
				in.is_over || is_full ? -1 : STDIN_FILENO) < 0)
			die("cannot go on");
		take_lines(&in, s);
		read_more(&in);
		take_lines(&in, s);
	}
	s = sender_free(s);
	transfer_fini();
	dns_fini();
	conf_fini(&conf);
	return 0;
}
