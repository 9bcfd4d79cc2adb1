/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_stand CONF: the HTTP service of e911d with its screens, and a notifier
 * that says what it is told to: each line of stdin is an object
 *
 *	{"organization":N,"target":NAME,"event":...,"id":TEXT,"call":UUID,
 *	 "at":MS,"subject":...,"text":...,"json":TEXT}
 *
 * of which only target is needed.  Each is answered by a line with what
 * screen_log_post() gave.  Ends at the end of stdin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/conf.h"
#include "base/health.h"
#include "base/json.h"
#include "base/log.h"
#include "http/http_service.h"
#include "uuid.h"

#include <pthread.h>
#include <signal.h>

struct stand {
	struct conf conf;
	struct stop stop;
	struct http_partners partners;
	struct screen_history *history;
};

static void *serve(void *arg)
{
	struct stand *s = arg;

	if (http_service_run(&s->conf, &s->stop, &s->partners) < 0)
		exit(1);
	return NULL;
}

static void *recall(void *arg)
{
	struct stand *s = arg;

	if (screen_history_run(s->history, &s->stop) < 0)
		exit(1);
	return NULL;
}

/* NUL-terminated in jansson's string. */
static const char *text_in(const struct json *j, const char *key)
{
	struct text t = json_text(j, key);

	return t.len ? t.p : "";
}

static void on_number(const char *name, uint64_t value, void *arg)
{
	struct notice *n = arg;

	if (strcmp(name, "organization") == 0)
		n->organization_id = value;
	else if (strcmp(name, "at") == 0)
		n->at_ms = (int64_t)value;
}

static int post(struct stand *s, const char *line)
{
	struct notice n = { .channel = NOTICE_SCREEN, .at_ms = clock_utc_ms() };
	struct json *j = NULL;
	struct uuid call;
	const char *why;
	struct text id;
	int err = json_parse(&j, text_of(line), &why);

	if (err < 0)
		return err;
	(void)json_each_u64(j, "numbers", on_number, &n);
	n.target = text_in(j, "target");
	n.event = text_in(j, "event");
	n.subject = text_in(j, "subject");
	n.text = text_in(j, "text");
	n.language = "en";
	n.json = text_in(j, "json");
	id = json_text(j, "id");
	memcpy(n.id, id.p, id.len < sizeof(n.id) ? id.len : sizeof(n.id));
	if (uuid_parse(json_text(j, "call"), &call) == 0)
		memcpy(n.call_id, call.b, sizeof(n.call_id));
	err = screen_log_post(s->partners.screens, &n);
	(void)json_free(j);
	return err;
}

int main(int argc, char **argv)
{
	static struct stand s;
	static char line[262144];
	char error[CONF_ERROR_SIZE];
	struct screen_log *log = NULL;
	struct psap_service *psap = NULL;
	pthread_t thread, history;

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc != 2 || conf_load(&s.conf, argv[1], error) < 0 ||
	    stop_init(&s.stop) < 0 || psap_service_new(&psap) < 0 ||
	    screen_log_new(&log, s.conf.state_dir) < 0 ||
	    screen_history_new(&s.history, &s.conf, log) < 0)
		return 2;
	log_set_level((enum log_level)s.conf.log_level);
	health_init();
	s.partners.psap = psap;
	s.partners.screens = log;
	s.partners.history = s.history;
	if (pthread_create(&thread, NULL, serve, &s) != 0 ||
	    pthread_create(&history, NULL, recall, &s) != 0)
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		(void)printf("%d\n", post(&s, line));
		(void)fflush(stdout);
	}
	stop_ask(&s.stop);
	(void)pthread_join(thread, NULL);
	(void)pthread_join(history, NULL);
	(void)screen_history_free(s.history);
	(void)screen_log_free(log);
	(void)psap_service_free(psap);
	conf_fini(&s.conf);
	return 0;
}
