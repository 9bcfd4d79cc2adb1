/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build: with modules/e911/media_engine.c test/support/platform_libc.c
 * build: link pthread
 * build: wrap poll
 */
#include "modules/e911/media_engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/platform_libc.h"

/* An engine: answers each datagram by what 'said' is, or not at all. */
static struct {
	int fd;
	pthread_t thread;
	const char *said; /* behind the cookie; NULL: nothing */
	unsigned heard;
	char address[32];
} engine;

static void *serve(void *arg)
{
	char in[4096], out[4096];

	(void)arg;
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(engine.fd, in, sizeof(in) - 1, 0,
				     (struct sockaddr *)&from, &len);
		const char *said =
			__atomic_load_n(&engine.said, __ATOMIC_SEQ_CST);

		if (n <= 1)
			return NULL;
		in[n] = '\0';
		(void)__atomic_add_fetch(&engine.heard, 1, __ATOMIC_SEQ_CST);
		if (!said)
			continue;
		/* One of a question before comes first. */
		(void)!sendto(engine.fd, "old d3:sdp3:olde", 16, 0,
			      (struct sockaddr *)&from, len);
		n = snprintf(out, sizeof(out), "%.*s %s", (int)strcspn(in, " "),
			     in, said);
		(void)!sendto(engine.fd, out, (size_t)n, 0,
			      (struct sockaddr *)&from, len);
	}
}

static void engine_listens(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	engine.fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(engine.fd >= 0);
	assert_int_equal(bind(engine.fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(engine.fd, (struct sockaddr *)&at, &len),
			 0);
	(void)snprintf(engine.address, sizeof(engine.address), "127.0.0.1:%u",
		       ntohs(at.sin_port));
	assert_int_equal(pthread_create(&engine.thread, NULL, serve, NULL), 0);
}

static unsigned engine_ends(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	assert_int_equal(getsockname(engine.fd, (struct sockaddr *)&at, &len),
			 0);
	/* An empty datagram is its end. */
	(void)!sendto(engine.fd, "", 0, 0, (struct sockaddr *)&at, len);
	assert_int_equal(pthread_join(engine.thread, NULL), 0);
	(void)close(engine.fd);
	return ntohs(at.sin_port);
}

/* An engine that answers has all the time it wants, on a machine that is busy
 * too; with one that does not, time passes at once. */
int __real_poll(struct pollfd *fds, nfds_t count, int wait_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int wait_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int wait_ms)
{
	if (!count)
		return __real_poll(fds, count, wait_ms);
	if (__atomic_load_n(&engine.said, __ATOMIC_SEQ_CST))
		return __real_poll(fds, count, 60000);
	clock_advance(wait_ms);
	return 0;
}

static void says(const char *what)
{
	__atomic_store_n(&engine.said, what, __ATOMIC_SEQ_CST);
}

/* What was sent is there, but the other thread may not have read it yet. */
static void assert_heard(unsigned count)
{
	for (int i = 0; i < 5000; i++) {
		if (__atomic_load_n(&engine.heard, __ATOMIC_SEQ_CST) >= count)
			break;
		(void)poll(NULL, 0, 1);
	}
	assert_int_equal(__atomic_load_n(&engine.heard, __ATOMIC_SEQ_CST),
			 count);
}

static enum media_turn turns[8];
static unsigned turn_count;

static void on_turn(unsigned n, enum media_turn turn)
{
	assert_int_equal(n, 0);
	assert_true(turn_count < ARRAY_SIZE(turns));
	turns[turn_count++] = turn;
}

static const struct ng_command ping = { .what = "ping" };

static void addresses_are_checked(void **state)
{
	(void)state;
	assert_int_equal(media_engine_add("127.0.0.1"), -EINVAL);
	assert_int_equal(media_engine_add("127.0.0.1:0"), -EINVAL);
	assert_int_equal(media_engine_add("127.0.0.1:65536"), -EINVAL);
	assert_int_equal(media_engine_add("127.0.0.1:22x"), -EINVAL);
	assert_int_equal(media_engine_add("rtpengine:2223"), -EINVAL);
	assert_int_equal(media_engine_add(":2223"), -EINVAL);
	assert_int_equal(media_engine_add(""), -EINVAL);
	assert_null(media_engine_port());
}

/* One after the other: the table is the process's. */
static void an_engine_lives_dies_and_lives_again(void **state)
{
	static const char young[] = "d10:statisticsd15:totalstatisticsd"
				    "6:uptime1:3eee",
			  old[] = "d10:statisticsd15:totalstatisticsd"
				  "6:uptime5:90000eee";
	const struct media_port *port;
	struct media_engine_view v;
	struct text answer, sdp;
	unsigned number;

	(void)state;
	clock_advance(0); /* it stands still from now on */
	engine_listens(0);
	assert_int_equal(media_engine_add(engine.address), 0);
	assert_int_equal(media_engines_start(30), 0);
	port = media_engine_port();
	assert_int_equal(port->count, 1);

	/* It answers, behind an answer that is not ours. */
	says("d3:sdp4:v=0\ne");
	assert_true(port->is_up(0));
	assert_int_equal(port->ask(0, &ping, &answer), 0);
	assert_true(ng_find(answer, "sdp", &sdp));
	assert_int_equal(sdp.len, 4);

	/* It is silent: asked thrice, doubted, and nobody asks any more. */
	says(NULL);
	engine.heard = 0;
	assert_int_equal(port->ask(0, &ping, &answer), -ETIMEDOUT);
	assert_heard(3);
	assert_false(port->is_up(0));

	/* Heard again it is up, and no call needs to move. */
	says(old);
	media_engines_watch(on_turn);
	assert_true(port->is_up(0));
	assert_int_equal(turn_count, 0);

	/* Silent twice it is dead. */
	says(NULL);
	media_engines_watch(on_turn);
	assert_int_equal(turn_count, 0);
	media_engines_watch(on_turn);
	assert_int_equal(turn_count, 1);
	assert_int_equal(turns[0], MEDIA_TURN_DOWN);
	media_engines_watch(on_turn);
	assert_int_equal(turn_count, 1);
	assert_false(port->is_up(0));
	assert_int_equal(port->epoch(0), 0);

	/* Back, and younger than it was: its sessions are gone. */
	says(young);
	media_engines_watch(on_turn);
	assert_int_equal(turn_count, 2);
	assert_int_equal(turns[1], MEDIA_TURN_UP);
	assert_int_equal(port->epoch(0), 1);
	assert_true(port->is_up(0));

	/* A closed port is known at once. */
	number = engine_ends();
	media_engines_watch(on_turn);
	assert_int_equal(turn_count, 3);
	assert_int_equal(turns[2], MEDIA_TURN_DOWN);
	port->tell(0, &ping);
	assert_true(port->ask(0, &ping, &answer) < 0);
	media_engine_look(0, &v);
	assert_string_equal(v.address, engine.address);
	assert_false(v.up);
	assert_int_equal(v.asked, 3);
	assert_int_equal(v.failed, 2);

	engine_listens(number);
	says(young);
	media_engines_watch(on_turn);
	assert_int_equal(turn_count, 4);
	assert_int_equal(turns[3], MEDIA_TURN_UP);
	(void)engine_ends();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_checked),
		cmocka_unit_test(an_engine_lives_dies_and_lives_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
