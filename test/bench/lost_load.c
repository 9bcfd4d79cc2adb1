/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_load PORT SECONDS CONNECTIONS POINTS
 *
 * Asks a LoST server on 127.0.0.1 for the PSAP of one point after the other
 * ("lat lon" lines), over so many connections, each with one request at a time,
 * and prints what it saw: requests a second, how long the slowest hundredth
 * took at least, how many had no mapping, and status 1 when one was not
 * answered with 200. One thread.
 */
#define _GNU_SOURCE /* strcasestr() */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define POINTS_MAX  100000
#define SAMPLES_MAX 4000000
#define RESPONSE    65536

struct connection {
	int fd;
	int64_t sent_us;
	size_t got;
	char in[RESPONSE];
};

static struct {
	double (*points)[2];
	size_t point_count, next;
	uint32_t *samples; /* microseconds */
	size_t sample_count, without_mapping, failed;
} load;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void read_points(const char *path)
{
	FILE *in = fopen(path, "re");
	char line[128], *end;

	if (!in)
		die(path);
	load.points = calloc(POINTS_MAX, sizeof(*load.points));
	if (!load.points)
		die("memory");
	while (load.point_count < POINTS_MAX && fgets(line, sizeof(line), in)) {
		double *p = load.points[load.point_count++];

		p[0] = strtod(line, &end);
		p[1] = strtod(end, NULL);
	}
	(void)fclose(in);
	if (!load.point_count)
		die("no points");
}

static void ask(struct connection *c)
{
	const double *p = load.points[load.next++ % load.point_count];
	char body[768], out[1280];
	int len = snprintf(
		body, sizeof(body),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?><findService "
		"xmlns=\"urn:ietf:params:xml:ns:lost1\" "
		"serviceBoundary=\"reference\"><location id=\"1\" "
		"profile=\"geodetic-2d\"><p:Point "
		"xmlns:p=\"http://www.opengis.net/gml\" "
		"srsName=\"urn:ogc:def:crs:EPSG::4326\"><p:pos>%.6f %.6f"
		"</p:pos></p:Point></location><service>urn:service:sos"
		"</service></findService>",
		p[0], p[1]);
	int all = snprintf(out, sizeof(out),
			   "POST /lost HTTP/1.1\r\nHost: 127.0.0.1\r\n"
			   "Content-Type: application/lost+xml\r\n"
			   "Content-Length: %d\r\n\r\n%s",
			   len, body);

	c->got = 0;
	c->sent_us = now_us();
	if (write(c->fd, out, (size_t)all) != all)
		die("write");
}

/* Is the response whole? */
static bool is_whole(struct connection *c)
{
	const char *head, *length;

	c->in[c->got] = '\0';
	head = strstr(c->in, "\r\n\r\n");
	length = strcasestr(c->in, "\r\nContent-Length:");
	return head && length && length < head &&
	       c->got >= (size_t)(head + 4 - c->in) +
				 strtoul(length + 17, NULL, 10);
}

static void take(struct connection *c)
{
	ssize_t n = read(c->fd, c->in + c->got, RESPONSE - 1 - c->got);

	if (n <= 0)
		die("read");
	c->got += (size_t)n;
	if (!is_whole(c)) {
		if (c->got == RESPONSE - 1)
			die("response");
		return;
	}
	if (load.sample_count < SAMPLES_MAX)
		load.samples[load.sample_count++] =
			(uint32_t)(now_us() - c->sent_us);
	if (strncmp(c->in, "HTTP/1.1 200", 12) != 0)
		load.failed++;
	else if (!strstr(c->in, "<mapping "))
		load.without_mapping++;
	ask(c);
}

static int connect_to(unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		die("connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void run(unsigned port, unsigned count, int64_t us)
{
	struct connection *all = calloc(count, sizeof(*all));
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int64_t end;

	if (!all || epoll < 0)
		die("begin");
	for (unsigned i = 0; i < count; i++) {
		struct epoll_event e = { .events = EPOLLIN,
					 .data.ptr = &all[i] };

		all[i].fd = connect_to(port);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &e) < 0)
			die("epoll_ctl");
	}
	end = now_us() + us;
	for (unsigned i = 0; i < count; i++)
		ask(&all[i]);
	while (now_us() < end) {
		struct epoll_event e[64];
		int n = epoll_wait(epoll, e, 64, 1000);

		for (int i = 0; i < n; i++)
			take(e[i].data.ptr);
	}
	free(all);
	(void)close(epoll);
}

int main(int argc, char **argv)
{
	double seconds;
	size_t slow;

	if (argc != 5)
		return 2;
	seconds = strtod(argv[2], NULL);
	load.samples = calloc(SAMPLES_MAX, sizeof(*load.samples));
	if (!load.samples)
		die("memory");
	read_points(argv[4]);
	run((unsigned)strtoul(argv[1], NULL, 10),
	    (unsigned)strtoul(argv[3], NULL, 10), (int64_t)(seconds * 1e6));
	qsort(load.samples, load.sample_count, sizeof(*load.samples), compare);
	(void)printf("lost_requests_per_s %.0f 1/s\n",
		     (double)load.sample_count / seconds);
	slow = load.sample_count / 100 * 99;
	(void)printf("lost_p99_ms %.2f ms\n", load.samples[slow] / 1e3);
	(void)printf("lost_without_mapping %zu requests\n",
		     load.without_mapping);
	return load.failed ? 1 : 0;
}
