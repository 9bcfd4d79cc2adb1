/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread of the voice, and a peer with sockets of its own. */
/* build: link e911_sidecar pthread */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/dtmf.h"
#include "agent/media.h"
#include "base/stats.h"

#define LATE_S 20 /* nobody waits for so long */

struct world {
	struct media *media;
	struct stop stop;
	pthread_t thread;
	char host[20], other[20];
	int peer, line;
	uint16_t port; /* the line's */
	int released;
};

static int bound(const char *host, uint16_t *ret_port)
{
	const struct timeval patience = { .tv_sec = LATE_S };
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, host, &a.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static void *run(void *arg)
{
	struct world *w = arg;

	assert_int_equal(media_run(w->media, &w->stop), 0);
	return NULL;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sdp theirs = { .law = G711_ULAW,
			      .event_payload_type = 101,
			      .direction = SDP_BOTH };
	struct media_conf conf = { .first_port = 30000, .lines_max = 2 };

	assert_non_null(w);
	(void)snprintf(w->host, sizeof(w->host), "127.79.%d.%d",
		       (getpid() >> 8) & 255, getpid() & 255);
	(void)snprintf(w->other, sizeof(w->other), "127.80.%d.%d",
		       (getpid() >> 8) & 255, getpid() & 255);
	conf.host = w->host;
	assert_int_equal(media_new(&w->media, &conf), 0);
	assert_int_equal(stop_init(&w->stop), 0);
	assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
	w->peer = bound(w->host, &theirs.port);
	theirs.rtcp_port = (uint16_t)(theirs.port + 1);
	(void)snprintf(theirs.host, sizeof(theirs.host), "%s", w->host);
	w->line = media_open(w->media, 7, &w->port);
	assert_true(w->line >= 0);
	media_talk(w->media, w->line, &theirs);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	stop_ask(&w->stop);
	(void)pthread_join(w->thread, NULL);
	w->media = media_free(w->media);
	stop_fini(&w->stop);
	(void)close(w->peer);
	free(w);
	return 0;
}

static struct rtp_packet hear(int fd)
{
	static uint8_t data[RTP_PACKET_MAX];
	struct rtp_packet p;
	ssize_t n = recv(fd, data, sizeof(data), 0);

	assert_true(n > 0);
	assert_int_equal(rtp_decode(data, (size_t)n, &p), 0);
	return p;
}

static void say(struct world *w, int fd, uint8_t type, uint16_t sequence,
		const void *payload, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(w->port) };
	uint8_t data[RTP_HEADER_SIZE + 160];

	rtp_encode(&(struct rtp_packet){ .payload_type = type,
					 .sequence = sequence,
					 .timestamp = 160u * sequence,
					 .ssrc = 5 },
		   data);
	memcpy(data + RTP_HEADER_SIZE, payload, len);
	(void)inet_pton(AF_INET, w->host, &to.sin_addr);
	assert_true(sendto(fd, data, RTP_HEADER_SIZE + len, 0,
			   (struct sockaddr *)&to, sizeof(to)) > 0);
}

static void press(struct world *w, int fd, uint16_t sequence, uint8_t event)
{
	uint8_t payload[TELEPHONE_EVENT_SIZE];

	telephone_event_encode(
		&(struct telephone_event){ .event = event, .duration = 160 },
		payload);
	say(w, fd, 101, sequence, payload, sizeof(payload));
}

static struct media_event next_event(struct world *w)
{
	struct media_event e;

	while (!media_event_next(w->media, &e))
		assert_int_equal(
			stop_wait(&w->stop, media_fd(w->media), LATE_S * 1000),
			1);
	return e;
}

static void on_release(const void *owner)
{
	__atomic_add_fetch((int *)(uintptr_t)owner, 1, __ATOMIC_SEQ_CST);
}

static void a_clip_is_heard_whole_and_once(void **state)
{
	static int16_t samples[1000];
	struct world *w = *state;
	struct rtp_packet p = hear(w->peer);
	uint16_t sequence = p.sequence;
	unsigned loud = 0;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		samples[i] = 20000;
	media_play(w->media, w->line,
		   &(struct media_clip){ samples, ARRAY_SIZE(samples),
					 &w->released, on_release });
	while (loud < ARRAY_SIZE(samples)) {
		p = hear(w->peer);
		assert_int_equal(p.sequence, (uint16_t)++sequence);
		assert_int_equal(p.payload_len, 160);
		for (size_t i = 0; i < 160; i++)
			loud += p.payload[i] != g711_silence(G711_ULAW);
	}
	assert_int_equal(loud, ARRAY_SIZE(samples));
	assert_int_equal(next_event(w).kind, MEDIA_PLAYED);
	assert_int_equal(__atomic_load_n(&w->released, __ATOMIC_SEQ_CST), 1);
}

static void a_key_is_told_once(void **state)
{
	struct world *w = *state;
	struct media_event e;

	for (int i = 0; i < 3; i++)
		press(w, w->peer, 10, 1);
	press(w, w->peer, 20, 11);
	e = next_event(w);
	assert_int_equal(e.kind, MEDIA_KEY);
	assert_int_equal(e.key, '1');
	assert_int_equal(e.call, 7);
	assert_int_equal(next_event(w).key, '#');
}

/* Of another host: it gets no voice, and its keys are nobody's. */
static void a_stranger_takes_nothing_away(void **state)
{
	struct world *w = *state;
	uint64_t strays = stats_get(STAT_AGENT_RTP_STRAY);
	uint16_t port;
	int stranger = bound(w->other, &port);
	uint8_t byte;

	press(w, stranger, 10, 2);
	while (stats_get(STAT_AGENT_RTP_STRAY) == strays)
		(void)hear(w->peer);
	for (int i = 0; i < 5; i++)
		(void)hear(w->peer);
	press(w, w->peer, 30, 3);
	assert_int_equal(next_event(w).key, '3');
	assert_true(recv(stranger, &byte, 1, MSG_DONTWAIT) < 0);
	(void)close(stranger);
}

/* Another port of that host is followed, until the described one is heard. */
static void another_port_is_followed_and_given_up(void **state)
{
	struct world *w = *state;
	uint16_t port;
	int other = bound(w->host, &port);

	press(w, other, 10, 4);
	assert_int_equal(next_event(w).key, '4');
	(void)hear(other);
	press(w, w->peer, 30, 5);
	assert_int_equal(next_event(w).key, '5');
	while (recv(w->peer, &port, 1, MSG_DONTWAIT) > 0)
		;
	(void)hear(w->peer);
	(void)close(other);
}

static void a_key_of_ours_is_sent(void **state)
{
	struct world *w = *state;
	unsigned ends = 0;

	assert_int_equal(media_press(w->media, w->line, 'x'), -EINVAL);
	assert_int_equal(media_press(w->media, w->line, '9'), 0);
	while (ends < 3) {
		struct rtp_packet p = hear(w->peer);
		struct telephone_event e;

		if (p.payload_type != 101)
			continue;
		assert_int_equal(
			telephone_event_decode(p.payload, p.payload_len, &e),
			0);
		assert_int_equal(e.event, 9);
		ends += e.is_end;
	}
}

static void lines_are_bounded(void **state)
{
	struct world *w = *state;
	uint16_t port;
	int second = media_open(w->media, 8, &port);

	assert_true(second >= 0);
	assert_int_equal(media_open(w->media, 9, &port), -EBUSY);
	media_close(w->media, second);
	assert_true(media_open(w->media, 9, &port) >= 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_clip_is_heard_whole_and_once),
		STORY(a_key_is_told_once),
		STORY(a_stranger_takes_nothing_away),
		STORY(another_port_is_followed_and_given_up),
		STORY(a_key_of_ours_is_sent),
		STORY(lines_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
