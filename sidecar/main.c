/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e911d: the sidecar of the E911 gateway.
 *
 *	e911d -c FILE [--check-config] [--version] [--help]
 *
 * Runs in the foreground and logs to stderr.  SIGTERM and SIGINT end it
 * within a second, SIGUSR1 writes the counters to the log.
 *
 * Exit codes:
 *	0  ended by a signal, or nothing but --check-config was asked
 *	1  it could not go on (memory, threads)
 *	2  wrong usage or a bad configuration file
 *	4  state_dir cannot be used, or another e911d uses it
 * PostgreSQL being away is no reason to end, nor is another schema than ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/agent_service.h"
#include "ali/ali_delivery.h"
#include "ali/ali_push.h"
#include "ali/ali_service.h"
#include "base/conf.h"
#include "base/health.h"
#include "base/log.h"
#include "base/sd_notify.h"
#include "base/stats.h"
#include "base/stop.h"
#include "base/transfer.h"
#include "certificates/expiry.h"
#include "directory/publisher.h"
#include "events/collector.h"
#include "events/feed.h"
#include "http/http_service.h"
#include "locate/locate_service.h"
#include "metrics/metrics_service.h"
#include "names/dns.h"
#include "names/resolver.h"
#include "notify/notify_service.h"
#include "notify/sender.h"
#include "psap/service.h"
#include "speech/speech.h"

#ifndef E911_VERSION
#define E911_VERSION "unknown"
#endif

/* People are told at once, and no call waits a time slice for it. */
#define NICE 5

enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_STATE_DIR = 4,
};

/* What services share. */
struct shared {
	const struct conf *conf;
	struct names *names;            /* owned */
	struct expiry *expiry;          /* owned */
	struct psap_service *psap;      /* owned */
	struct held_refusals *refusals; /* owned */
	struct speech *speech;          /* owned */
	struct feed feed;
	struct screen_log *screens;     /* owned; NULL: none are served */
	struct screen_history *history; /* owned; likewise */
	struct notify_service *notify;  /* owned; NULL: nobody is told */
	struct alerts *alerts;          /* owned */
	struct stop stop;
};

/* A thread, and what ends all when it ends by itself. */
struct service {
	const char *name;
	int (*run)(struct shared *shared);
	int nice; /* steps behind the calls of this machine; 0: beside them */
	struct shared *shared;
	pthread_t thread;
	bool running;
	int err;
};

static void *serve(void *arg)
{
	struct service *s = arg;

	/* Of this thread alone, as Linux has it. */
	if (s->nice && setpriority(PRIO_PROCESS, 0, s->nice) < 0)
		log_warning(s->name, "its priority stays: %s", strerror(errno));
	s->err = s->run(s->shared);
	if (s->err < 0) {
		log_error(s->name, "ends: %s", strerror(-s->err));
		(void)kill(getpid(), SIGTERM);
	}
	return NULL;
}

static enum exit_code code_of(int err)
{
	if (err >= 0)
		return EXIT_CODE_OK;
	return err == -ENOMEM ? EXIT_CODE_FAILED : EXIT_CODE_STATE_DIR;
}

/* Signals come to this thread only, when it asks for them. */
static void wait_for_end(const sigset_t *signals)
{
	int sig;

	do {
		sig = sigwaitinfo(signals, NULL);
		if (sig == SIGUSR1)
			stats_log();
	} while (sig != SIGTERM && sig != SIGINT);
	log_info("main", "ending on %s", strsignal(sig));
}

static int publish(struct shared *s)
{
	return publisher_run(s->conf, &s->stop, s->names);
}

static int collect(struct shared *s)
{
	return collector_run(s->conf, &s->stop, &s->feed, s->expiry,
			     s->refusals);
}

static int wake(struct shared *s)
{
	return wake_hub_run(s->conf, &s->stop, &s->feed.hub);
}

static int resolve(struct shared *s)
{
	return resolver_run(s->conf, &s->stop, s->names);
}

static int watch_certificates(struct shared *s)
{
	return expiry_run(s->conf, &s->stop, s->expiry);
}

static int find_psaps(struct shared *s)
{
	return psap_service_run(s->conf, &s->stop, s->psap);
}

static int push_ali(struct shared *s)
{
	return ali_push_run(s->conf, &s->stop);
}

static int deliver_ali(struct shared *s)
{
	return ali_delivery_run(s->conf, &s->stop);
}

static int keep_ali(struct shared *s)
{
	return ali_service_run(s->conf, &s->stop);
}

/* From a page: for everybody who is to know that the call is taken over. */
static int acknowledge(void *arg, const struct screen_ack *said)
{
	struct acknowledgement a = { .who = said->who,
				     .channel = said->channel,
				     .note = said->note,
				     .at_ms = said->at_ms };

	memcpy(a.call_id, said->call_id, sizeof(a.call_id));
	return notify_acknowledge(arg, &a);
}

static int recall(struct shared *s)
{
	if (s->history)
		return screen_history_run(s->history, &s->stop);
	(void)stop_wait(&s->stop, -1, -1);
	return 0;
}

static int serve_http(struct shared *s)
{
	const struct screen_acknowledger acknowledger = {
		.acknowledge = acknowledge,
		.arg = s->notify,
	};
	const struct http_partners partners = {
		.psap = s->psap,
		.refusals = s->refusals,
		.screens = s->screens,
		.acknowledger = s->notify ? &acknowledger : NULL,
		.history = s->history,
	};

	return http_service_run(s->conf, &s->stop, &partners);
}

static int locate(struct shared *s)
{
	return locate_service_run(s->conf, &s->stop, s->psap);
}

static int serve_metrics(struct shared *s)
{
	return metrics_service_run(s->conf, &s->stop, s->expiry, E911_VERSION);
}

static int notify(struct shared *s)
{
	return s->notify ? notifier_run(s->notify, &s->stop) : 0;
}

static int deliver(struct shared *s)
{
	return s->notify ? deliverer_run(s->notify, &s->stop) : 0;
}

static int post(struct shared *s)
{
	return s->notify ? poster_run(s->notify, &s->stop) : 0;
}

static int store_notices(struct shared *s)
{
	return s->notify ? notify_store_run(s->notify, &s->stop) : 0;
}

static int speak(struct shared *s)
{
	return speech_run(s->conf, &s->stop, s->speech);
}

static int answer_tests(struct shared *s)
{
	return agent_service_run(s->conf, &s->stop, s->speech, s->alerts);
}

static int acknowledge_alerts(struct shared *s)
{
	return alerts_run(s->alerts, &s->stop);
}

static enum exit_code run(struct shared *shared, const sigset_t *signals)
{
	struct service services[] = {
		{ .name = "wake", .run = wake },
		{ .name = "publisher", .run = publish },
		{ .name = "collector", .run = collect },
		{ .name = "resolver", .run = resolve },
		{ .name = "psap", .run = find_psaps },
		{ .name = "ali", .run = keep_ali },
		{ .name = "ali push", .run = push_ali },
		{ .name = "ali delivery", .run = deliver_ali },
		{ .name = "certificates", .run = watch_certificates },
		{ .name = "http", .run = serve_http },
		{ .name = "history", .run = recall },
		{ .name = "locate", .run = locate },
		{ .name = "metrics", .run = serve_metrics },
		{ .name = "notify", .nice = NICE, .run = notify },
		{ .name = "deliver", .nice = NICE, .run = deliver },
		{ .name = "post", .nice = NICE, .run = post },
		{ .name = "notify-store", .nice = NICE, .run = store_notices },
		{ .name = "speech", .run = speak },
		{ .name = "agent", .run = answer_tests },
		{ .name = "alerts", .run = acknowledge_alerts },
	};
	enum exit_code code = EXIT_CODE_OK;

	if (stop_init(&shared->stop) < 0)
		return EXIT_CODE_FAILED;
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		struct service *s = &services[i];

		s->shared = shared;
		s->running = pthread_create(&s->thread, NULL, serve, s) == 0;
		if (!s->running)
			code = EXIT_CODE_FAILED;
	}
	if (code == EXIT_CODE_OK) {
		(void)sd_notify_send("READY=1");
		wait_for_end(signals);
		(void)sd_notify_send("STOPPING=1");
	}
	stop_ask(&shared->stop);
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		if (!services[i].running)
			continue;
		(void)pthread_join(services[i].thread, NULL);
		if (code == EXIT_CODE_OK)
			code = code_of(services[i].err);
	}
	stop_fini(&shared->stop);
	return code;
}

/* One e911d a state_dir: LMDB has one writer.  Released when we die. */
static int lock_state_dir(const char *state_dir)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/e911d.lock", state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0) {
		log_error("main", "%s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		log_error("main", "%s: another e911d is running", path);
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int name_node(struct conf *conf)
{
	char host[64];

	if (conf->node[0])
		return 0;
	if (gethostname(host, sizeof(host)) < 0)
		return -errno;
	host[sizeof(host) - 1] = '\0';
	free(conf->node);
	conf->node = strdup(host);
	return conf->node ? 0 : -ENOMEM;
}

static void usage(FILE *out)
{
	(void)fputs("usage: e911d -c FILE [--check-config] [--version]\n"
		    "  -c, --config FILE   options, see e911d.conf.example\n"
		    "      --check-config  say whether FILE is good, and end\n"
		    "      --version       say the version, and end\n"
		    "      --help          say this, and end\n",
		    out);
}

struct arguments {
	const char *config;
	bool check_only;
	bool done; /* nothing more to do */
};

static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'k' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			ret->config = optarg;
			break;
		case 'k':
			ret->check_only = true;
			break;
		case 'v':
			(void)puts("e911d " E911_VERSION);
			ret->done = true;
			return 0;
		case 'h':
			usage(stdout);
			ret->done = true;
			return 0;
		default:
			usage(stderr);
			return -EINVAL;
		}
	}
	if (!ret->config || optind < argc) {
		usage(stderr);
		return -EINVAL;
	}
	return 0;
}

/* Connections of clients must not take the descriptors of everything else; the
 * system's soft limit is 1,024 as a rule. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warning("main", "the limit of open files stays: %s",
			    strerror(errno));
}

/* Threads inherit the mask: signals are for the main thread to wait for. */
static void block_signals(sigset_t *ret)
{
	(void)sigemptyset(ret);
	(void)sigaddset(ret, SIGTERM);
	(void)sigaddset(ret, SIGINT);
	(void)sigaddset(ret, SIGUSR1);
	(void)pthread_sigmask(SIG_BLOCK, ret, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static bool certificates_are_valid(const struct conf *conf)
{
	struct expiry *e = NULL;
	int err = expiry_new(&e, conf->certificates, "");

	e = expiry_free(e);
	return err != -EINVAL;
}

static enum exit_code start(struct conf *conf)
{
	struct shared shared = { .conf = conf };
	enum exit_code code = EXIT_CODE_FAILED;
	sigset_t signals;
	int lock, err;

	if (name_node(conf) < 0)
		return EXIT_CODE_FAILED;
	log_set_level((enum log_level)conf->log_level);
	lock = lock_state_dir(conf->state_dir);
	if (lock < 0)
		return EXIT_CODE_STATE_DIR;
	block_signals(&signals);
	raise_file_limit();
	health_init();
	log_info("main", "e911d %s starts, node '%s'", E911_VERSION,
		 conf->node);
	err = feed_init(&shared.feed, conf,
			1u << OUTBOX_POSTGRESQL |
				(conf->notify ? 1u << OUTBOX_NOTIFY : 0));
	if (err >= 0 && conf->screen)
		err = screen_log_new(&shared.screens, conf->state_dir);
	if (err >= 0)
		err = alerts_new(&shared.alerts);
	if (err >= 0 && conf->notify)
		err = notify_service_new(&shared.notify, conf, &shared.feed,
					 shared.screens);
	if (shared.notify)
		notify_service_call(shared.notify, shared.alerts);
	if (err < 0)
		code = code_of(err);
	else if (names_new(&shared.names, conf->state_dir) >= 0 &&
		 expiry_new(&shared.expiry, conf->certificates, conf->node) >=
			 0 &&
		 held_refusals_new(&shared.refusals) >= 0 &&
		 speech_new(&shared.speech, conf) >= 0 &&
		 (!shared.screens || screen_history_new(&shared.history, conf,
							shared.screens) >= 0) &&
		 psap_service_new(&shared.psap) >= 0)
		code = run(&shared, &signals);
	shared.psap = psap_service_free(shared.psap);
	shared.speech = speech_free(shared.speech);
	shared.history = screen_history_free(shared.history);
	shared.refusals = held_refusals_free(shared.refusals);
	shared.expiry = expiry_free(shared.expiry);
	shared.names = names_free(shared.names);
	shared.notify = notify_service_free(shared.notify);
	shared.alerts = alerts_free(shared.alerts);
	shared.screens = screen_log_free(shared.screens);
	feed_fini(&shared.feed);
	log_info("main", "ended");
	(void)close(lock);
	return code;
}

int main(int argc, char **argv)
{
	struct arguments args = { 0 };
	char error[CONF_ERROR_SIZE];
	enum exit_code code;
	struct conf conf;

	if (parse_arguments(argc, argv, &args) < 0)
		return EXIT_CODE_USAGE;
	if (args.done)
		return EXIT_CODE_OK;
	if (conf_load(&conf, args.config, error) < 0) {
		log_error("conf", "%s", error);
		return EXIT_CODE_USAGE;
	}
	if (dns_init() < 0 || transfer_init() < 0) {
		code = EXIT_CODE_FAILED;
	} else if (!dns_servers_are_valid(conf.dns_servers)) {
		log_error("conf", "%s: dns_servers '%s' is no list of servers",
			  args.config, conf.dns_servers);
		code = EXIT_CODE_USAGE;
	} else if (!certificates_are_valid(&conf)) {
		log_error("conf",
			  "%s: certificates '%s' is no list of absolute paths",
			  args.config, conf.certificates);
		code = EXIT_CODE_USAGE;
	} else if (http_service_check(&conf, error) < 0 ||
		   agent_service_check(&conf, error) < 0 ||
		   locate_service_check(&conf, error) < 0 ||
		   metrics_service_check(&conf, error) < 0 ||
		   sender_check(&conf, error) < 0) {
		log_error("conf", "%s: %s", args.config, error);
		code = EXIT_CODE_USAGE;
	} else if (args.check_only) {
		(void)printf("%s: good\n", args.config);
		code = EXIT_CODE_OK;
	} else {
		code = start(&conf);
	}
	transfer_fini();
	dns_fini();
	conf_fini(&conf);
	return (int)code;
}
