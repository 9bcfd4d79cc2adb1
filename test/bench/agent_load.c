/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent_load: many test calls at the agent at once, and how punctual it is.
 *
 *	agent_load ADDRESS PORT CALLS SECONDS	voices, all at the same time
 *	agent_load ADDRESS PORT --after N	N calls over TCP, one by one
 *
 * A packet is late by how much longer it took than the most punctual one of
 * its call, by the kernel's time of arrival.  Prints "name value unit" lines;
 * status 1: a call failed, a packet was lost, or the 99th percentile is above
 * LATE_MS.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LATE_MS    10.0
#define CALLS_MAX  1000
#define PER_SECOND 100 /* INVITEs */
#define PACKET_NS  20000000

struct call {
	int rtp;
	uint16_t port;
	char tag[64], contact[128];
	bool is_up;
	int64_t *at; /* arrival of each packet, by its number */
	unsigned count, first, got;
};

static struct sockaddr_in agent, ours;
static struct call calls[CALLS_MAX];
static unsigned call_count, seconds;
static unsigned run_id;

static int64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int bound(int type, uint16_t *ret_port)
{
	struct sockaddr_in a = ours;
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		die("socket");
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* ---- SIP ---- */

static int sip;
static uint16_t sip_port;
static const char *transport = "UDP";

static void say(unsigned i, const char *method, unsigned cseq, bool with_offer)
{
	struct call *c = &calls[i % CALLS_MAX];
	char buf[2048], body[512] = "", host[INET_ADDRSTRLEN];
	int n;

	(void)inet_ntop(AF_INET, &ours.sin_addr, host, sizeof(host));
	if (with_offer)
		(void)snprintf(body, sizeof(body),
			       "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\n"
			       "c=IN IP4 %s\r\nt=0 0\r\n"
			       "m=audio %u RTP/AVP 0\r\n",
			       host, host, c->port);
	n = snprintf(buf, sizeof(buf),
		     "%s %s SIP/2.0\r\n"
		     "Via: SIP/2.0/%s %s:%u;branch=z9hG4bK%u-%u-%s%u\r\n"
		     "From: <sip:load@%s>;tag=l%u\r\n"
		     "To: <sip:933@%s>%s%s\r\nCall-ID: %u-%u@load\r\n"
		     "CSeq: %u %s\r\nContact: <sip:load@%s:%u>\r\n"
		     "Max-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
		     method, c->contact[0] ? c->contact : "sip:933@agent",
		     transport, host, sip_port, run_id, i, method, cseq, host,
		     i, host, c->tag[0] ? ";tag=" : "", c->tag, run_id, i, cseq,
		     method, host, sip_port,
		     with_offer ? "X-E911-Test: callback=12065550121;"
				  "routed=relay_center\r\n"
				  "Content-Type: application/sdp\r\n"
				: "",
		     strlen(body), body);
	if (n < 0 || n >= (int)sizeof(buf) || send(sip, buf, (size_t)n, 0) != n)
		die("send");
}

static void copy_between(const char *text, const char *start, const char *ends,
			 char *out, size_t size)
{
	const char *at = strstr(text, start);

	if (at)
		(void)snprintf(out, size, "%.*s",
			       (int)strcspn(at + strlen(start), ends),
			       at + strlen(start));
}

/* An answer to our INVITE makes the call. */
static void hear(char *text)
{
	const char *id = strstr(text, "Call-ID: ");
	const char *to = strstr(text, "To: ");
	unsigned run, i;

	if (!id || !to || sscanf(id, "Call-ID: %u-%u@", &run, &i) != 2 ||
	    run != run_id || !strstr(text, " INVITE\r\n"))
		return;
	if (strncmp(text, "SIP/2.0 200", 11) != 0) {
		if (strncmp(text, "SIP/2.0 1", 9) != 0)
			fprintf(stderr, "call %u: %.20s\n", i, text);
		return;
	}
	i %= CALLS_MAX;
	copy_between(to, ";tag=", "\r;", calls[i].tag, sizeof(calls[i].tag));
	copy_between(text, "Contact: <", ">", calls[i].contact,
		     sizeof(calls[i].contact));
	calls[i].is_up = true;
}

/* ---- RTP ---- */

static void take_packet(struct call *c)
{
	char control[256];
	uint8_t data[2048];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(c->rtp, &m, MSG_DONTWAIT);
	struct cmsghdr *h = n > 12 ? CMSG_FIRSTHDR(&m) : NULL;
	struct timespec ts;
	unsigned number;

	if (!h || h->cmsg_type != SCM_TIMESTAMPNS)
		return;
	memcpy(&ts, CMSG_DATA(h), sizeof(ts));
	number = (unsigned)data[2] << 8 | data[3];
	if (!c->got)
		c->first = number;
	number = (number - c->first) & 0xffff;
	if (number >= c->count || c->at[number])
		return;
	c->at[number] = ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
	c->got++;
}

static void open_voice(struct call *c)
{
	const int on = 1, size = 1 << 20;

	c->rtp = bound(SOCK_DGRAM, &c->port);
	(void)setsockopt(c->rtp, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	(void)setsockopt(c->rtp, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	c->count = seconds * 50;
	c->at = calloc(c->count, sizeof(*c->at));
	if (!c->at)
		die("calloc");
}

static void listen_until(int64_t end_ns)
{
	static struct pollfd fds[CALLS_MAX + 1];
	static char text[65536];

	while (now_ns() < end_ns) {
		fds[0] = (struct pollfd){ sip, POLLIN, 0 };
		for (unsigned i = 0; i < call_count; i++)
			fds[1 + i] = (struct pollfd){ calls[i].rtp, POLLIN, 0 };
		if (poll(fds, call_count + 1, 5) < 0)
			continue;
		if (fds[0].revents) {
			ssize_t n = recv(sip, text, sizeof(text) - 1, 0);

			text[n > 0 ? n : 0] = '\0';
			if (strncmp(text, "SIP/2.0", 7) == 0)
				hear(text);
		}
		for (unsigned i = 0; i < call_count; i++)
			if (fds[1 + i].revents)
				take_packet(&calls[i]);
	}
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int report(void)
{
	int64_t *late =
		calloc((size_t)call_count * seconds * 50, sizeof(*late));
	size_t count = 0, lost = 0, up = 0;
	double p99;

	if (!late)
		die("calloc");
	for (unsigned i = 0; i < call_count; i++) {
		struct call *c = &calls[i];
		int64_t best = INT64_MAX;
		unsigned last = 0;

		up += c->is_up;
		for (unsigned k = 0; k < c->count; k++) {
			if (!c->at[k])
				continue;
			last = k;
			if (c->at[k] - (int64_t)k * PACKET_NS < best)
				best = c->at[k] - (int64_t)k * PACKET_NS;
		}
		for (unsigned k = 0; k <= last && c->got; k++)
			if (c->at[k])
				late[count++] = c->at[k] -
						(int64_t)k * PACKET_NS - best;
			else
				lost++;
	}
	if (!count)
		die("nothing was heard");
	qsort(late, count, sizeof(*late), by_size);
	p99 = (double)late[count * 99 / 100] / 1e6;
	printf("agent_calls %zu calls\nagent_packets %zu packets\n", up, count);
	printf("agent_lost %zu packets\nagent_late_p50 %.2f ms\n", lost,
	       (double)late[count / 2] / 1e6);
	printf("agent_late_p99 %.2f ms\nagent_late_max %.2f ms\n", p99,
	       (double)late[count - 1] / 1e6);
	free(late);
	return up == call_count && !lost && p99 <= LATE_MS ? 0 : 1;
}

static int together(void)
{
	int64_t begin;

	sip = bound(SOCK_DGRAM, &sip_port);
	if (connect(sip, (struct sockaddr *)&agent, sizeof(agent)) < 0)
		die("connect");
	for (unsigned i = 0; i < call_count; i++)
		open_voice(&calls[i]);
	begin = now_ns();
	for (unsigned i = 0; i < call_count; i++) {
		say(i, "INVITE", 1, true);
		listen_until(begin +
			     (int64_t)(i + 1) * 1000000000 / PER_SECOND);
		for (unsigned k = 0; k <= i; k++)
			if (calls[k].is_up && calls[k].port) {
				say(k, "ACK", 1, false);
				calls[k].port = 0;
			}
	}
	begin = now_ns();
	listen_until(begin + 500000000);
	for (unsigned k = 0; k < call_count; k++)
		if (calls[k].is_up && calls[k].port)
			say(k, "ACK", 1, false);
	listen_until(begin + (int64_t)seconds * 1000000000);
	for (unsigned i = 0; i < call_count; i++)
		if (calls[i].is_up)
			say(i, "BYE", 2, false);
	listen_until(now_ns() + 500000000);
	return report();
}

/* ---- one by one ---- */

/* The end of a message of theirs; the last header tells how long it is. */
static bool read_message(char *text, size_t size)
{
	static char data[65536];
	static size_t used;
	char *end, *length;
	size_t whole;

	for (;;) {
		data[used] = '\0';
		end = strstr(data, "\r\n\r\n");
		length = end ? strcasestr(data, "Content-Length:") : NULL;
		if (length) {
			whole = (size_t)(end + 4 - data) +
				strtoul(length + 15, NULL, 10);
			if (used >= whole && whole < size) {
				memcpy(text, data, whole);
				text[whole] = '\0';
				memmove(data, data + whole, used - whole);
				used -= whole;
				return true;
			}
		}
		ssize_t n = recv(sip, data + used, sizeof(data) - 1 - used, 0);

		if (n <= 0)
			return false;
		used += (size_t)n;
	}
}

static int one_by_one(unsigned count)
{
	const int on = 1;
	struct timeval patience = { .tv_sec = 10 };
	static char text[65536];
	unsigned done = 0;

	transport = "TCP";
	sip = bound(SOCK_STREAM, &sip_port);
	(void)setsockopt(sip, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	(void)setsockopt(sip, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(sip, (struct sockaddr *)&agent, sizeof(agent)) < 0)
		die("connect");
	for (unsigned i = 0; i < count; i++) {
		struct call *c = &calls[i % CALLS_MAX];

		*c = (struct call){ .port = 9 };
		say(i, "INVITE", 1, true);
		while (!c->is_up && read_message(text, sizeof(text)))
			hear(text);
		if (!c->is_up)
			break;
		say(i, "ACK", 1, false);
		say(i, "BYE", 2, false);
		if (!read_message(text, sizeof(text)) ||
		    strncmp(text, "SIP/2.0 200", 11) != 0)
			break;
		done++;
	}
	printf("agent_calls %u calls\n", done);
	return done == count ? 0 : 1;
}

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };

	if (argc != 5 || inet_pton(AF_INET, argv[1], &agent.sin_addr) != 1) {
		fprintf(stderr, "usage: agent_load ADDRESS PORT CALLS SECONDS\n"
				"       agent_load ADDRESS PORT --after N\n");
		return 2;
	}
	(void)setrlimit(RLIMIT_NOFILE, &files);
	agent.sin_family = ours.sin_family = AF_INET;
	agent.sin_port = htons((uint16_t)number(argv[2]));
	ours.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	run_id = (unsigned)getpid();
	if (strcmp(argv[3], "--after") == 0)
		return one_by_one(number(argv[4]));
	call_count = number(argv[3]);
	seconds = number(argv[4]);
	if (!call_count || call_count > CALLS_MAX || !seconds || seconds > 1000)
		return 2;
	return together();
}
