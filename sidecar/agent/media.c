/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "agent/media.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/dtmf.h"
#include "base/stats.h"

#define NS_PER_MS      INT64_C(1000000)
#define PACKET_NS      (MEDIA_PACKET_MS * NS_PER_MS)
#define PACKET_SAMPLES 160
#define REPORT_NS      (5000 * NS_PER_MS)
/* Turns of lines fall on a grid, so that one wake-up serves several. */
#define GRID_NS (2 * NS_PER_MS)
/* After a longer stall time goes on where it is now. */
#define STALL_NS     (200 * NS_PER_MS)
#define TURNS_AT_ONE 32 /* lines served before the lock is given up */
#define RECEIVE_MAX  8  /* packets of a line in one turn */
#define KEYS_MAX     8  /* of a line that nobody has fetched yet */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct line {
	bool is_open, talks;
	uint64_t call;
	int rtp_fd, rtcp_fd;
	/* to whom: as described; who is heard may be at another port there */
	union address described, to, rtcp_to;
	bool has_latched, has_mux;
	bool sends; /* they want to hear us */
	enum g711_law law;
	uint8_t payload_type;
	int event_type;
	/* what we send */
	uint32_t ssrc, timestamp, packets, bytes;
	uint16_t sequence;
	bool begins; /* the next packet is the first after a silence */
	struct media_clip clip;
	size_t position;
	struct dtmf_sender key;
	bool sends_key;
	/* what we hear */
	struct rtp_source source;
	struct dtmf_receiver dtmf;
	/* for the user */
	char keys[KEYS_MAX];
	unsigned key_count;
	bool was_played;
	/* the queue of turns, by due_ns */
	int64_t due_ns, report_ns;
	struct line *before, *behind;
};

struct media {
	bool is_v6;
	char host[SDP_HOST_SIZE];
	union address local;
	uint16_t first_port;
	unsigned lines_max, next_line;
	int event_fd, wake_fd;
	pthread_mutex_t lock; /* of all below */
	struct line *lines;   /* owned */
	struct line *first, *last;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * NS_PER_MS + ts.tv_nsec;
}

static socklen_t address_len(const union address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4);
}

static bool address_make(union address *a, const char *host, bool is_v6,
			 uint16_t port)
{
	memset(a, 0, sizeof(*a));
	if (is_v6) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(port);
		return inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1;
	}
	a->v4.sin_family = AF_INET;
	a->v4.sin_port = htons(port);
	return inet_pton(AF_INET, host, &a->v4.sin_addr) == 1;
}

static uint16_t address_port(const union address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port
						  : a->v4.sin_port);
}

static bool host_same(const union address *a, const union address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET6)
		return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr,
			      sizeof(a->v6.sin6_addr)) == 0;
	return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
}

static bool address_same(const union address *a, const union address *b)
{
	return host_same(a, b) && address_port(a) == address_port(b);
}

static void poke(int fd)
{
	const uint64_t one = 1;

	/* Full means that it is readable already. */
	(void)!write(fd, &one, sizeof(one));
}

/* ---- the queue: nearly always at its end ---- */

static void enqueue(struct media *m, struct line *l)
{
	struct line *at = m->last;

	while (at && at->due_ns > l->due_ns)
		at = at->before;
	l->before = at;
	l->behind = at ? at->behind : m->first;
	if (l->behind)
		l->behind->before = l;
	else
		m->last = l;
	if (at)
		at->behind = l;
	else
		m->first = l;
}

static void dequeue(struct media *m, struct line *l)
{
	if (l->before)
		l->before->behind = l->behind;
	else
		m->first = l->behind;
	if (l->behind)
		l->behind->before = l->before;
	else
		m->last = l->before;
}

/* ---- lines ---- */

int media_new(struct media **ret, const struct media_conf *conf)
{
	bool is_v6 = strchr(conf->host, ':') != NULL;
	struct media *m;

	if (!conf->lines_max ||
	    conf->first_port + 2 * conf->lines_max > UINT16_MAX)
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->is_v6 = is_v6;
	m->first_port = conf->first_port;
	m->lines_max = conf->lines_max;
	(void)pthread_mutex_init(&m->lock, NULL);
	m->lines = calloc(conf->lines_max, sizeof(*m->lines));
	m->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	m->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!m->lines || m->event_fd < 0 || m->wake_fd < 0) {
		(void)media_free(m);
		return -ENOMEM;
	}
	if (snprintf(m->host, sizeof(m->host), "%s", conf->host) >=
		    (int)sizeof(m->host) ||
	    !address_make(&m->local, m->host, is_v6, 0)) {
		(void)media_free(m);
		return -EINVAL;
	}
	*ret = m;
	return 0;
}

struct media *media_free(struct media *m)
{
	if (!m)
		return NULL;
	for (unsigned i = 0; m->lines && i < m->lines_max; i++)
		media_close(m, (int)i);
	free(m->lines);
	if (m->event_fd >= 0)
		(void)close(m->event_fd);
	if (m->wake_fd >= 0)
		(void)close(m->wake_fd);
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
	return NULL;
}

static int bound_socket(const struct media *m, uint16_t port)
{
	/* What the system keeps of a flood until the line's turn. */
	const int size = 64 * 1024;
	union address a = m->local;
	int fd = socket(a.any.sa_family,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    err;

	if (fd < 0)
		return -errno;
	if (m->is_v6)
		a.v6.sin6_port = htons(port);
	else
		a.v4.sin_port = htons(port);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, &a.any, address_len(&a)) == 0)
		return fd;
	err = -errno;
	(void)close(fd);
	return err;
}

static void release_clip(struct line *l)
{
	if (l->clip.release)
		l->clip.release(l->clip.owner);
	l->clip = (struct media_clip){ .count = 0 };
	l->position = 0;
}

static int line_begin(struct line *l, uint64_t call)
{
	struct {
		uint32_t ssrc, timestamp;
		uint16_t sequence;
	} random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	l->is_open = true;
	l->call = call;
	l->ssrc = random.ssrc;
	l->timestamp = random.timestamp;
	l->sequence = random.sequence;
	l->event_type = SDP_NO_EVENT;
	return 0;
}

static int open_ports(struct media *m, unsigned index)
{
	struct line *l = &m->lines[index];
	uint16_t port = (uint16_t)(m->first_port + 2 * index);
	int rtp = bound_socket(m, port), rtcp;

	if (rtp < 0)
		return rtp;
	rtcp = bound_socket(m, (uint16_t)(port + 1));
	if (rtcp < 0) {
		(void)close(rtp);
		return rtcp;
	}
	*l = (struct line){ .rtp_fd = rtp, .rtcp_fd = rtcp };
	return 0;
}

/* Each time another pair of ports: what comes late for the last call there
 * hits nobody. */
int media_open(struct media *m, uint64_t call, uint16_t *ret_port)
{
	int err = -EBUSY, line = -1;

	(void)pthread_mutex_lock(&m->lock);
	for (unsigned i = 0; i < m->lines_max && line < 0; i++) {
		unsigned index = m->next_line++ % m->lines_max;

		if (m->lines[index].is_open)
			continue;
		err = open_ports(m, index);
		if (err == 0)
			err = line_begin(&m->lines[index], call);
		if (err == 0)
			line = (int)index;
		else if (err != -EADDRINUSE)
			break;
	}
	(void)pthread_mutex_unlock(&m->lock);
	if (line < 0)
		return err;
	*ret_port = (uint16_t)(m->first_port + 2 * line);
	return line;
}

/* ---- reports ---- */

static uint64_t ntp_now(void)
{
	const uint64_t since_1900 = 2208988800u;
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec + since_1900) << 32 |
	       ((uint64_t)ts.tv_nsec << 32) / 1000000000u;
}

static void send_report(const struct media *m, struct line *l, bool is_leaving)
{
	char cname[RTCP_CNAME_MAX];
	const struct rtcp_sender us = {
		.ssrc = l->ssrc,
		.has_sent = l->packets > 0,
		.ntp = ntp_now(),
		.rtp_timestamp = l->timestamp,
		.packets = l->packets,
		.bytes = l->bytes,
		.is_leaving = is_leaving,
		.cname = cname,
		.now_ms = now_ns() / NS_PER_MS,
	};
	uint8_t buf[RTCP_PACKET_MAX];
	size_t len;

	if (!address_port(&l->rtcp_to))
		return;
	(void)snprintf(cname, sizeof(cname), "e911d@%s", m->host);
	len = rtcp_encode(&us, &l->source, buf);
	(void)!sendto(l->has_mux ? l->rtp_fd : l->rtcp_fd, buf, len,
		      MSG_DONTWAIT, &l->rtcp_to.any, address_len(&l->rtcp_to));
}

void media_close(struct media *m, int line)
{
	struct line *l = &m->lines[line];

	(void)pthread_mutex_lock(&m->lock);
	if (l->is_open) {
		if (l->talks) {
			dequeue(m, l);
			send_report(m, l, true);
		}
		(void)close(l->rtp_fd);
		(void)close(l->rtcp_fd);
		release_clip(l);
		l->is_open = l->talks = false;
	}
	(void)pthread_mutex_unlock(&m->lock);
}

/* ---- what the user wants ---- */

void media_talk(struct media *m, int line, const struct sdp *theirs)
{
	struct line *l = &m->lines[line];
	bool sends = theirs->direction & SDP_RECEIVES;
	int64_t now = now_ns();

	(void)pthread_mutex_lock(&m->lock);
	if (theirs->is_v6 == m->is_v6 &&
	    address_make(&l->to, theirs->host, theirs->is_v6, theirs->port) &&
	    address_make(&l->rtcp_to, theirs->host, theirs->is_v6,
			 theirs->rtcp_port)) {
		l->begins = sends && !l->sends;
		l->described = l->to;
		l->has_latched = false;
		l->has_mux = theirs->has_rtcp_mux;
		/* A hold may have set their clock anew. */
		l->dtmf = (struct dtmf_receiver){ .has_heard = false };
		l->sends = sends;
		l->law = theirs->law;
		l->payload_type = theirs->payload_type;
		l->event_type = theirs->event_payload_type;
		if (!l->talks) {
			l->talks = true;
			l->due_ns = (now / GRID_NS + 1) * GRID_NS;
			l->report_ns = now + REPORT_NS / 2;
			enqueue(m, l);
		}
	}
	(void)pthread_mutex_unlock(&m->lock);
	poke(m->wake_fd);
}

void media_play(struct media *m, int line, const struct media_clip *clip)
{
	struct line *l = &m->lines[line];

	(void)pthread_mutex_lock(&m->lock);
	release_clip(l);
	l->clip = *clip;
	l->was_played = false;
	(void)pthread_mutex_unlock(&m->lock);
}

int media_press(struct media *m, int line, char key)
{
	struct line *l = &m->lines[line];
	int event = telephone_event_of(key), err = 0;

	if (event < 0)
		return event;
	(void)pthread_mutex_lock(&m->lock);
	if (l->event_type == SDP_NO_EVENT)
		err = -ENOTSUP;
	else if (l->sends_key)
		err = -EBUSY;
	else
		l->key = (struct dtmf_sender){ .event = (uint8_t)event,
					       .timestamp = l->timestamp };
	l->sends_key |= err == 0;
	(void)pthread_mutex_unlock(&m->lock);
	return err;
}

int media_fd(const struct media *m)
{
	return m->event_fd;
}

static bool take_event(struct line *l, struct media_event *ret)
{
	*ret = (struct media_event){ .call = l->call };
	if (l->key_count) {
		ret->kind = MEDIA_KEY;
		ret->key = l->keys[0];
		memmove(l->keys, l->keys + 1, --l->key_count);
		return true;
	}
	ret->kind = MEDIA_PLAYED;
	if (!l->was_played)
		return false;
	l->was_played = false;
	return true;
}

bool media_event_next(struct media *m, struct media_event *ret)
{
	uint64_t count;
	bool found = false;

	/* Before we look: what is told from here on pokes again. */
	(void)!read(m->event_fd, &count, sizeof(count));
	(void)pthread_mutex_lock(&m->lock);
	for (unsigned i = 0; i < m->lines_max && !found; i++)
		found = m->lines[i].is_open && take_event(&m->lines[i], ret);
	(void)pthread_mutex_unlock(&m->lock);
	if (found) /* there may be more */
		poke(m->event_fd);
	return found;
}

/* ---- hearing ---- */

struct batch {
	struct mmsghdr headers[RECEIVE_MAX];
	struct iovec iov[RECEIVE_MAX];
	union address from[RECEIVE_MAX];
	uint8_t bytes[RECEIVE_MAX][RTP_PACKET_MAX];
};

static int receive(int fd, struct batch *b)
{
	for (size_t i = 0; i < RECEIVE_MAX; i++) {
		b->iov[i] = (struct iovec){ b->bytes[i], sizeof(b->bytes[i]) };
		b->headers[i] = (struct mmsghdr){
			.msg_hdr = { .msg_name = &b->from[i],
				     .msg_namelen = sizeof(b->from[i]),
				     .msg_iov = &b->iov[i],
				     .msg_iovlen = 1 },
		};
	}
	return recvmmsg(fd, b->headers, RECEIVE_MAX, MSG_DONTWAIT, NULL);
}

static void hear_report(struct line *l, const uint8_t *data, size_t len,
			int64_t now)
{
	bool left;

	/* Who leaves says so by BYE of SIP. */
	(void)!rtcp_heard(data, len, now / NS_PER_MS, &l->source, &left);
}

/* Some send from another port than they hear at (RFC 4961 asks them not to):
 * the first one that is heard of that host.  Nobody else's packets count, and
 * who is where it was described is always heard. */
static bool follow(struct line *l, const union address *from)
{
	if (address_same(&l->described, from)) {
		l->to = l->described;
		return true;
	}
	if (!l->has_latched && host_same(&l->described, from)) {
		l->has_latched = true;
		l->to = *from;
	}
	return address_same(&l->to, from);
}

static void hear_key(struct media *m, struct line *l,
		     const struct rtp_packet *p)
{
	char key = dtmf_take(&l->dtmf, p);

	if (!key || l->key_count == KEYS_MAX)
		return;
	l->keys[l->key_count++] = key;
	poke(m->event_fd);
}

static void hear_packet(struct media *m, struct line *l, const uint8_t *data,
			size_t len, const union address *from, int64_t now)
{
	struct rtp_packet p;

	if (rtp_is_control(data, len)) {
		hear_report(l, data, len, now);
		return;
	}
	if (rtp_decode(data, len, &p) < 0 ||
	    (p.payload_type != l->payload_type &&
	     p.payload_type != l->event_type) ||
	    !follow(l, from)) {
		stats_add(STAT_AGENT_RTP_STRAY, 1);
		return;
	}
	stats_add(STAT_AGENT_RTP_HEARD, 1);
	rtp_source_heard(&l->source, &p, (uint32_t)(now / (NS_PER_MS / 8)));
	if (p.payload_type == l->event_type)
		hear_key(m, l, &p);
}

static void hear(struct media *m, struct line *l, struct batch *b, int64_t now)
{
	int n = receive(l->rtp_fd, b);

	for (int i = 0; i < n; i++)
		hear_packet(m, l, b->bytes[i], b->headers[i].msg_len,
			    &b->from[i], now);
}

/* ---- sending ---- */

static size_t voice(struct media *m, struct line *l, uint8_t *payload)
{
	size_t left = l->clip.count - l->position;
	size_t n = left < PACKET_SAMPLES ? left : PACKET_SAMPLES;

	if (n)
		g711_encode(l->law, l->clip.samples + l->position, n, payload);
	memset(payload + n, g711_silence(l->law), PACKET_SAMPLES - n);
	l->position += n;
	if (n && n == left) {
		release_clip(l);
		l->was_played = true;
		poke(m->event_fd);
	}
	return PACKET_SAMPLES;
}

/* A key takes the place of the voice, which waits. */
static size_t key_press(struct line *l, struct rtp_packet *p, uint8_t *payload)
{
	struct telephone_event e;

	p->marker = l->key.sent == 0;
	l->sends_key = dtmf_next(&l->key, &e);
	if (!l->sends_key)
		return 0;
	p->payload_type = (uint8_t)l->event_type;
	p->timestamp = l->key.timestamp;
	telephone_event_encode(&e, payload);
	l->begins = true;
	return TELEPHONE_EVENT_SIZE;
}

static void send_packet(struct media *m, struct line *l)
{
	uint8_t buf[RTP_HEADER_SIZE + PACKET_SAMPLES];
	struct rtp_packet p = { .payload_type = l->payload_type,
				.marker = l->begins,
				.sequence = l->sequence,
				.timestamp = l->timestamp,
				.ssrc = l->ssrc };
	size_t len = 0;

	if (l->sends_key && l->event_type != SDP_NO_EVENT)
		len = key_press(l, &p, buf + RTP_HEADER_SIZE);
	if (!len) {
		p.marker = l->begins;
		l->begins = false;
		len = voice(m, l, buf + RTP_HEADER_SIZE);
	}
	rtp_encode(&p, buf);
	l->sequence++;
	if (sendto(l->rtp_fd, buf, RTP_HEADER_SIZE + len, MSG_DONTWAIT,
		   &l->to.any, address_len(&l->to)) < 0) {
		stats_add(STAT_AGENT_RTP_UNSENT, 1);
		return;
	}
	l->packets++;
	l->bytes += (uint32_t)len;
	stats_add(STAT_AGENT_RTP_SENT, 1);
}

/* ---- turns ---- */

static void next_turn(struct line *l, int64_t now)
{
	int64_t late = now - l->due_ns, steps = 1;

	if (late > STALL_NS)
		steps = late / PACKET_NS + 1;
	l->due_ns += steps * PACKET_NS;
	l->timestamp += (uint32_t)steps * PACKET_SAMPLES;
}

static void turn(struct media *m, struct line *l, struct batch *b)
{
	int64_t now = now_ns();

	if (l->sends) {
		if (now - l->due_ns > MEDIA_LATE_MS * NS_PER_MS)
			stats_add(STAT_AGENT_RTP_LATE, 1);
		send_packet(m, l);
	}
	hear(m, l, b, now);
	if (now >= l->report_ns) {
		int n = receive(l->rtcp_fd, b);

		for (int i = 0; i < n; i++)
			hear_report(l, b->bytes[i], b->headers[i].msg_len, now);
		send_report(m, l, false);
		l->report_ns += REPORT_NS;
	}
	next_turn(l, now);
}

/* Nanoseconds until the next turn; negative: nobody talks. */
static int64_t serve(struct media *m, struct batch *b)
{
	int64_t wait = -1, now = now_ns();
	struct line *l;

	(void)pthread_mutex_lock(&m->lock);
	for (int i = 0; i < TURNS_AT_ONE; i++) {
		l = m->first;
		if (!l || l->due_ns > now)
			break;
		turn(m, l, b);
		dequeue(m, l);
		enqueue(m, l);
	}
	if (m->first) {
		wait = m->first->due_ns - now_ns();
		wait = wait < 0 ? 0 : wait;
	}
	(void)pthread_mutex_unlock(&m->lock);
	return wait;
}

int media_run(struct media *m, const struct stop *stop)
{
	struct pollfd fds[] = { { .fd = stop->fd, .events = POLLIN },
				{ .fd = m->wake_fd, .events = POLLIN } };
	struct batch *b = calloc(1, sizeof(*b));
	uint64_t count;

	if (!b)
		return -ENOMEM;
	while (!stop_is_asked(stop)) {
		int64_t wait = serve(m, b);
		struct timespec ts = { .tv_sec = wait / (1000 * NS_PER_MS),
				       .tv_nsec = wait % (1000 * NS_PER_MS) };

		if (wait == 0)
			continue;
		(void)ppoll(fds, ARRAY_SIZE(fds), wait < 0 ? NULL : &ts, NULL);
		(void)!read(m->wake_fd, &count, sizeof(count));
	}
	free(b);
	return 0;
}
