/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media_engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform.h"

#define DATAGRAM_MAX 65507
#define RESEND_PARTS 3 /* of the time: a datagram may get lost */
#define MISSES_MAX   2 /* until it is dead */
#define UPTIME_TURNS 4 /* every so many turns it is asked for its uptime */

struct engine {
	char address[MEDIA_ADDRESS_SIZE];
	struct sockaddr_storage to;
	socklen_t to_len;
};
/* In shared memory; atomic. */
struct engine_state {
	bool is_doubted; /* somebody got no answer */
	bool is_dead;    /* as the watching process knows */
	uint32_t epoch;
	uint64_t asked, failed;
	int32_t round_trip_ms;
};

/* Known before the fork. */
static struct engine engines[MEDIA_ENGINES_MAX];
static unsigned engine_count;
static struct engine_state *states;
static int timeout_ms;
/* Of this process. */
static int sockets[MEDIA_ENGINES_MAX] = { -1, -1, -1, -1 };
static uint32_t sequence;

/* ---- what is configured ---- */

/* host and port; the brackets of IPv6 are gone. */
static int split(const char *address, char host[MEDIA_ADDRESS_SIZE],
		 unsigned *ret_port)
{
	struct text t = text_of(address), name;
	const char *colon;
	char word[8];

	if (text_has_prefix_nocase(t, text_of("udp:")))
		t = text_make(t.p + 4, t.len - 4);
	colon = t.p ? strrchr(t.p, ':') : NULL;
	if (!colon || text_to_cstr(text_of(colon + 1), word, sizeof(word)) < 0)
		return -EINVAL;
	name = text_make(t.p, (size_t)(colon - t.p));
	if (name.len > 2 && name.p[0] == '[' && name.p[name.len - 1] == ']')
		name = text_make(name.p + 1, name.len - 2);
	*ret_port = 0;
	for (const char *p = word; *p; p++) {
		if (!text_is_digit(*p))
			return -EINVAL;
		*ret_port = *ret_port * 10 + (unsigned)(*p - '0');
	}
	if (!*ret_port || *ret_port > UINT16_MAX)
		return -EINVAL;
	return text_to_cstr(name, host, MEDIA_ADDRESS_SIZE);
}

int media_engine_add(const char *address)
{
	struct engine *e = &engines[engine_count];
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&e->to;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&e->to;
	char host[MEDIA_ADDRESS_SIZE];
	unsigned port;

	if (engine_count == MEDIA_ENGINES_MAX)
		return -ENOSPC;
	memset(e, 0, sizeof(*e));
	if (split(address, host, &port) < 0 ||
	    text_to_cstr(text_of(address), e->address, sizeof(e->address)) < 0)
		return -EINVAL;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		e->to_len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		e->to_len = sizeof(*v6);
	} else {
		return -EINVAL;
	}
	engine_count++;
	return 0;
}

int media_engines_start(int ms)
{
	timeout_ms = ms;
	if (!engine_count)
		return 0;
	states = shared_alloc(engine_count * sizeof(*states));
	if (!states)
		return -ENOMEM;
	for (unsigned i = 0; i < engine_count; i++)
		states[i].round_trip_ms = -1;
	return 0;
}

/* ---- asking ---- */

static int open_socket(unsigned n)
{
	const struct engine *e = &engines[n];
	int fd = socket(e->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&e->to, e->to_len) < 0) {
		int err = errno;

		(void)close(fd);
		return -err;
	}
	sockets[n] = fd;
	return fd;
}

static int socket_of(unsigned n)
{
	return sockets[n] >= 0 ? sockets[n] : open_socket(n);
}

/* What nobody waits for any more: answers that came too late, errors of what
 * was sent before. */
static void drain(int fd)
{
	char byte;

	for (int i = 0; i < 64; i++)
		if (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 &&
		    errno != ECONNREFUSED)
			return;
}

/* The datagram: a cookie that no other process has, and the command. */
static struct text write_datagram(const struct ng_command *c,
				  struct text *ret_cookie)
{
	static char buf[DATAGRAM_MAX], cookie[32];
	struct text_writer w = text_writer_on(buf, sizeof(buf));

	(void)snprintf(cookie, sizeof(cookie), "e%d_%u", (int)getpid(),
		       ++sequence);
	*ret_cookie = text_of(cookie);
	text_write(&w, *ret_cookie);
	text_write(&w, text_of(" "));
	ng_write(&w, c);
	return w.full ? text_of(NULL) : text_written(&w);
}

/* The answer to that cookie; -ETIMEDOUT: not by then. */
static int hear(int fd, struct text cookie, int64_t until_ms,
		struct text *ret_answer)
{
	static char buf[DATAGRAM_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = until_ms - clock_mono_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		*ret_answer = ng_body(text_make(buf, (size_t)n), cookie);
		if (ret_answer->len)
			return 0;
	}
}

static int converse(unsigned n, const struct ng_command *c,
		    struct text *ret_answer)
{
	struct text cookie, datagram = write_datagram(c, &cookie);
	int fd = socket_of(n), err = -ETIMEDOUT;
	int64_t start = clock_mono_ms();

	if (fd < 0)
		return fd;
	if (!datagram.len)
		return -EMSGSIZE;
	drain(fd);
	for (int part = 1; part <= RESEND_PARTS && err == -ETIMEDOUT; part++) {
		if (send(fd, datagram.p, datagram.len, MSG_DONTWAIT) < 0)
			return -errno;
		err = hear(fd, cookie,
			   start + (int64_t)timeout_ms * part / RESEND_PARTS,
			   ret_answer);
	}
	return err;
}

static bool is_up(unsigned n)
{
	return !__atomic_load_n(&states[n].is_doubted, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&states[n].is_dead, __ATOMIC_RELAXED);
}

static uint32_t epoch_of(unsigned n)
{
	return __atomic_load_n(&states[n].epoch, __ATOMIC_RELAXED);
}

static int ask(unsigned n, const struct ng_command *c, struct text *ret_answer)
{
	int err = converse(n, c, ret_answer);

	(void)__atomic_add_fetch(&states[n].asked, 1, __ATOMIC_RELAXED);
	if (err >= 0 || err == -EMSGSIZE)
		return err;
	(void)__atomic_add_fetch(&states[n].failed, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&states[n].is_doubted, true, __ATOMIC_RELAXED);
	return err;
}

static void tell(unsigned n, const struct ng_command *c)
{
	struct text cookie, datagram = write_datagram(c, &cookie);
	int fd = socket_of(n);

	if (fd < 0 || !datagram.len)
		return;
	drain(fd);
	/* Lost, the session ends by the engine's own timeouts. */
	(void)!send(fd, datagram.p, datagram.len, MSG_DONTWAIT);
}

const struct media_port *media_engine_port(void)
{
	static struct media_port port = {
		.is_up = is_up,
		.epoch = epoch_of,
		.ask = ask,
		.tell = tell,
	};

	port.count = engine_count;
	return engine_count ? &port : NULL;
}

void media_engine_look(unsigned engine, struct media_engine_view *ret)
{
	*ret = (struct media_engine_view){
		.address = engines[engine].address,
		.up = is_up(engine),
		.epoch = epoch_of(engine),
		.asked = __atomic_load_n(&states[engine].asked,
					 __ATOMIC_RELAXED),
		.failed = __atomic_load_n(&states[engine].failed,
					  __ATOMIC_RELAXED),
		.round_trip_ms = __atomic_load_n(&states[engine].round_trip_ms,
						 __ATOMIC_RELAXED),
	};
}

/* ---- watching ---- */

/* Seconds since it started; -1: it does not say. */
static int64_t uptime_in(struct text answer)
{
	struct text stats, total, uptime;
	int64_t seconds = 0;

	if (!ng_find(answer, "statistics", &stats) ||
	    !ng_find(stats, "totalstatistics", &total) ||
	    !ng_find(total, "uptime", &uptime) || !uptime.len ||
	    uptime.len > 12)
		return -1;
	for (size_t i = 0; i < uptime.len; i++) {
		if (!text_is_digit(uptime.p[i]))
			return -1;
		seconds = seconds * 10 + (uptime.p[i] - '0');
	}
	return seconds;
}

/* What only the process that watches knows. */
struct watch {
	unsigned misses, turns;
	int64_t started_ms; /* about, by its uptime; 0: not known */
};

static enum media_turn lives_again(unsigned n, struct watch *w)
{
	w->turns = 0;
	__atomic_store_n(&states[n].is_dead, false, __ATOMIC_RELAXED);
	return MEDIA_TURN_UP;
}

/* A start later than the one known: its sessions are gone. */
static bool has_restarted(struct watch *w, int64_t uptime_s)
{
	int64_t started, before = w->started_ms;

	if (uptime_s < 0)
		return false;
	started = clock_mono_ms() - uptime_s * 1000;
	w->started_ms = started;
	/* Whole seconds, and a clock that is asked at another time. */
	return before && started > before + 1500;
}

static void missed(unsigned n, struct watch *w, int err, media_turn_f *on_turn)
{
	w->misses = err == -ECONNREFUSED ? MISSES_MAX : w->misses + 1;
	if (w->misses < MISSES_MAX ||
	    __atomic_load_n(&states[n].is_dead, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&states[n].is_dead, true, __ATOMIC_RELAXED);
	on_turn(n, MEDIA_TURN_DOWN);
}

static void watch(unsigned n, struct watch *w, media_turn_f *on_turn)
{
	bool dead = __atomic_load_n(&states[n].is_dead, __ATOMIC_RELAXED);
	bool whole = dead || w->turns++ % UPTIME_TURNS == 0;
	struct ng_command c = { .what = whole ? "statistics" : "ping" };
	int64_t start = clock_mono_ms();
	struct text answer;
	int err = converse(n, &c, &answer);

	if (err < 0) {
		missed(n, w, err, on_turn);
		return;
	}
	__atomic_store_n(&states[n].round_trip_ms,
			 (int32_t)(clock_mono_ms() - start), __ATOMIC_RELAXED);
	w->misses = 0;
	__atomic_store_n(&states[n].is_doubted, false, __ATOMIC_RELAXED);
	if (whole && has_restarted(w, uptime_in(answer))) {
		(void)__atomic_add_fetch(&states[n].epoch, 1, __ATOMIC_RELAXED);
		if (!dead)
			on_turn(n, MEDIA_TURN_FORGOT);
	}
	if (dead)
		on_turn(n, lives_again(n, w));
}

void media_engines_watch(media_turn_f *on_turn)
{
	static struct watch watches[MEDIA_ENGINES_MAX];

	for (unsigned i = 0; i < engine_count; i++)
		watch(i, &watches[i], on_turn);
}
