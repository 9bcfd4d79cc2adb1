/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "agent/agent_service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/agent_socket.h"
#include "agent/alert_desk.h"
#include "agent/announce_desk.h"
#include "agent/test_desk.h"
#include "base/log.h"
#include "e164.h"
#include "http/http.h"

#define WHO        "agent"
#define RETRY_MS   5000
#define IDLE_MS    1000
#define CALL_S_MAX 300

struct agent {
	const struct conf *conf; /* borrowed */
	const struct stop *stop;
	struct speech *speech;
	struct alerts *alerts;
	char gateway[SDP_HOST_SIZE + 2]; /* of phone_gateway, as in URIs */
	char host[SDP_HOST_SIZE];
	uint16_t port;
	struct sockaddr_storage address;
	struct agent_socket *socket; /* owned, as all below */
	struct media *media;
	struct test_desk *desk;
	struct announce_desk *announcer;
	struct alert_desk *alert_desk; /* NULL: nobody is called */
	struct ua *ua;
	pthread_t voice;
	bool has_voice;
};

/* ---- options ---- */

static bool is_loopback(const struct sockaddr_storage *a)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;

	if (a->ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

static int read_address(const char *option, struct sockaddr_storage *ret,
			char host[SDP_HOST_SIZE], uint16_t *ret_port)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)ret;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)ret;
	bool is_v6;

	if (http_listen_address(text_of(option), ret) < 0)
		return -EINVAL;
	is_v6 = ret->ss_family == AF_INET6;
	*ret_port = ntohs(is_v6 ? v6->sin6_port : v4->sin_port);
	if (!*ret_port)
		return -EINVAL;
	return inet_ntop(ret->ss_family,
			 is_v6 ? (const void *)&v6->sin6_addr
			       : (const void *)&v4->sin_addr,
			 host, SDP_HOST_SIZE)
		       ? 0
		       : -EINVAL;
}

static int read_listen(const struct conf *conf, struct sockaddr_storage *ret,
		       char host[SDP_HOST_SIZE], uint16_t *ret_port)
{
	int err = read_address(conf->agent_listen, ret, host, ret_port);

	return err < 0 || is_loopback(ret) ? err : -EINVAL;
}

static bool calls_people(const struct conf *conf)
{
	return conf->phone_gateway[0] != '\0';
}

static unsigned lines_of(const struct conf *conf)
{
	return (unsigned)(conf->agent_calls_max +
			  (calls_people(conf) ? conf->phone_calls_max : 0));
}

/* Both sockets are of one family, so that one reaches the other. */
static int check_phone(const struct conf *conf,
		       const struct sockaddr_storage *listen,
		       char error[CONF_ERROR_SIZE])
{
	struct sockaddr_storage address;
	char host[SDP_HOST_SIZE];
	uint64_t number;
	uint16_t port;

	if (!calls_people(conf))
		return 0;
	if (read_address(conf->phone_gateway, &address, host, &port) < 0 ||
	    address.ss_family != listen->ss_family)
		(void)snprintf(error, CONF_ERROR_SIZE,
			       "phone_gateway '%s' is no address with a port, "
			       "or not of the family of agent_listen",
			       conf->phone_gateway);
	else if (conf->phone_number[0] &&
		 e164_to_u64(text_of(conf->phone_number), &number) < 0)
		(void)snprintf(error, CONF_ERROR_SIZE,
			       "phone_number '%s' is no number like "
			       "+12065550190",
			       conf->phone_number);
	else
		return 0;
	return -EINVAL;
}

static bool is_address(const char *host)
{
	struct in6_addr any;

	return inet_pton(AF_INET, host, &any) == 1 ||
	       inet_pton(AF_INET6, host, &any) == 1;
}

int agent_service_check(const struct conf *conf, char error[CONF_ERROR_SIZE])
{
	struct sockaddr_storage address;
	char host[SDP_HOST_SIZE];
	uint16_t port;

	if (!conf->agent_listen[0] && !calls_people(conf))
		return 0;
	if (read_listen(conf, &address, host, &port) < 0)
		(void)snprintf(error, CONF_ERROR_SIZE,
			       "agent_listen '%s' is no loopback address with "
			       "a port",
			       conf->agent_listen);
	else if (conf->agent_media_address[0] &&
		 !is_address(conf->agent_media_address))
		(void)snprintf(error, CONF_ERROR_SIZE,
			       "agent_media_address '%s' is no IP address",
			       conf->agent_media_address);
	else if (conf->agent_media_port + 2 * (int64_t)lines_of(conf) > 65535)
		(void)snprintf(error, CONF_ERROR_SIZE,
			       "agent_media_port %lld leaves no two ports for "
			       "each of agent_calls_max and phone_calls_max "
			       "calls",
			       (long long)conf->agent_media_port);
	else
		return check_phone(conf, &address, error);
	return -EINVAL;
}

/* ---- begin and end ---- */

static int on_send(void *arg, const struct sip_flow *flow, struct text bytes)
{
	struct agent *a = arg;

	return agent_socket_send(a->socket, flow, bytes);
}

static void on_event(void *arg, struct ua_call *c, enum ua_event what, char key)
{
	struct agent *a = arg;

	if (ua_call_is_ours(c))
		alert_desk_event(a->alert_desk, c, what, key);
	else if (ua_call_announcement(c)[0])
		announce_desk_event(a->announcer, c, what);
	else
		test_desk_event(a->desk, c, what, key);
}

static int on_bytes(void *arg, struct text data, const struct sip_flow *flow)
{
	struct agent *a = arg;

	return ua_take(a->ua, data, flow);
}

static void *run_voice(void *arg)
{
	struct agent *a = arg;

	if (media_run(a->media, a->stop) < 0)
		log_error(WHO, "the thread of the voice has no memory");
	return NULL;
}

static int begin_alerts(struct agent *a)
{
	struct alert_desk_conf conf = {
		.conf = a->conf,
		.speech = a->speech,
		.alerts = a->alerts,
		.ua = a->ua,
		.gateway_host = a->gateway,
	};
	char host[SDP_HOST_SIZE];
	int err;

	if (!calls_people(a->conf))
		return 0;
	err = read_address(a->conf->phone_gateway, &conf.gateway, host,
			   &conf.gateway_port);
	if (err < 0)
		return err;
	(void)snprintf(a->gateway, sizeof(a->gateway),
		       conf.gateway.ss_family == AF_INET6 ? "[%s]" : "%s",
		       host);
	return alert_desk_new(&a->alert_desk, &conf);
}

static int begin(struct agent *a)
{
	const struct conf *conf = a->conf;
	const char *media_host = conf->agent_media_address[0]
					 ? conf->agent_media_address
					 : a->host;
	const struct media_conf media = {
		.host = media_host,
		.first_port = (uint16_t)conf->agent_media_port,
		.lines_max = lines_of(conf),
	};
	const struct ua_conf ua = {
		.host = a->host,
		.port = a->port,
		.media_host = media_host,
		.calls_max = (unsigned)conf->agent_calls_max,
		.rings_max = lines_of(conf) - (unsigned)conf->agent_calls_max,
		.call_s_max = CALL_S_MAX,
		.event = on_event,
		.send = on_send,
		.arg = a,
	};
	struct ua_conf with_media = ua;
	int err = media_new(&a->media, &media);

	with_media.media = a->media;
	if (err >= 0)
		err = test_desk_new(&a->desk, conf, a->speech);
	if (err >= 0)
		err = announce_desk_new(&a->announcer, ua.calls_max, a->speech);
	if (err >= 0)
		err = ua_new(&a->ua, &with_media);
	if (err >= 0)
		err = begin_alerts(a);
	if (err >= 0) {
		err = -pthread_create(&a->voice, NULL, run_voice, a);
		a->has_voice = err == 0;
	}
	return err;
}

static void end(struct agent *a)
{
	if (a->ua)
		ua_hang_up_all(a->ua);
	if (a->has_voice)
		(void)pthread_join(a->voice, NULL);
	a->ua = ua_free(a->ua);
	a->announcer = announce_desk_free(a->announcer);
	a->desk = test_desk_free(a->desk);
	a->alert_desk = alert_desk_free(a->alert_desk);
	a->media = media_free(a->media);
	a->socket = agent_socket_free(a->socket);
}

/* ---- the thread ---- */

enum { FD_STOP, FD_MEDIA, FD_SPEECH, FD_ALERTS, FD_SOCKET };

static void serve(struct agent *a)
{
	struct pollfd fds[FD_SOCKET + AGENT_SOCKET_FDS] = {
		[FD_STOP] = { .fd = a->stop->fd, .events = POLLIN },
		[FD_MEDIA] = { .fd = media_fd(a->media), .events = POLLIN },
		[FD_SPEECH] = { .fd = speech_fd(a->speech), .events = POLLIN },
		[FD_ALERTS] = { .fd = alerts_fd(a->alerts), .events = POLLIN },
	};

	uint64_t count;

	while (!stop_is_asked(a->stop)) {
		unsigned n = agent_socket_poll(a->socket, fds + FD_SOCKET);

		if (poll(fds, FD_SOCKET + n,
			 ua_is_idle(a->ua) ? IDLE_MS : SIP_STACK_TICK_MS) < 0)
			continue;
		agent_socket_serve(a->socket, fds + FD_SOCKET, on_bytes, a);
		if (fds[FD_MEDIA].revents)
			ua_hear(a->ua);
		if (fds[FD_SPEECH].revents)
			test_desk_spoken(a->desk);
		if (fds[FD_ALERTS].revents)
			(void)!read(alerts_fd(a->alerts), &count,
				    sizeof(count));
		ua_tick(a->ua);
		test_desk_tick(a->desk);
		announce_desk_tick(a->announcer);
		if (a->alert_desk)
			alert_desk_tick(a->alert_desk);
	}
}

/* Somebody may have the port for a while. */
static int wait_for_socket(struct agent *a)
{
	bool told = false;

	for (;;) {
		int err = agent_socket_new(&a->socket, &a->address);

		if (err >= 0 || err == -ENOMEM)
			return err;
		if (!told)
			log_error(WHO, "cannot listen on '%s': %s",
				  a->conf->agent_listen, strerror(-err));
		told = true;
		err = stop_wait(a->stop, -1, RETRY_MS);
		if (err < 0)
			return err;
	}
}

int agent_service_run(const struct conf *conf, const struct stop *stop,
		      struct speech *speech, struct alerts *alerts)
{
	struct agent a = {
		.conf = conf, .stop = stop, .speech = speech, .alerts = alerts
	};
	int err;

	if (!conf->agent_listen[0])
		return 0;
	err = read_listen(conf, &a.address, a.host, &a.port);
	if (err >= 0)
		err = wait_for_socket(&a);
	if (err >= 0)
		err = begin(&a);
	if (err >= 0) {
		log_info(WHO, "test calls are answered on %s",
			 conf->agent_listen);
		serve(&a);
	}
	end(&a);
	return err == -ECANCELED ? 0 : err;
}
