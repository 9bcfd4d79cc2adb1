/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unreach_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "core/events.h"
#include "core/globals.h"
#include "core/pt.h"
#include "core/socket_info.h"
#include "core/sr_module.h"
#include "core/tcp_conn.h"
#include "dir_record.h"
#include "report.h"
#include "unreach_act.h"
#include "unreach_socket.h"
#include "unreach_watch.h"
#include "worker.h"

#define LOOK_MS     1000 /* is Kamailio still there? */
#define BATCH       64   /* messages between two pauses of a flood */
#define PAUSE_MS    10
#define MESSAGE_MAX 2048 /* RFC 4443 2.4: at most 1280; more is cut off */

/* Where messages come from; fd < 0: it could not be opened. */
static struct source {
	enum unreach_form form;
	int fd;
} sources[] = { { UNREACH_ICMP_WITH_IP, -1 }, { UNREACH_ICMPV6, -1 } };

/* ---- addresses ---- */

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static struct ip_addr address_of(const uint8_t ip[16])
{
	bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
	struct ip_addr addr = { .af = v4 ? AF_INET : AF_INET6,
				.len = v4 ? 4 : 16 };

	memcpy(addr.u.addr, v4 ? ip + 12 : ip, addr.len);
	return addr;
}

static void address_normalise(const struct ip_addr *addr, uint8_t ret_ip[16])
{
	bool v4 = addr->len == 4;

	memcpy(ret_ip, mapped, sizeof(mapped));
	memcpy(v4 ? ret_ip + 12 : ret_ip, addr->u.addr, v4 ? 4 : 16);
}

/* ---- connections ---- */

/* Exported by Kamailio, though no header of it says so; weak, so that one
 * without them only does not tell. */
extern gen_lock_t *tcpconn_lock __attribute__((weak));
extern struct tcp_conn_alias **tcpconn_aliases_hash __attribute__((weak));

static bool leads_to(const struct tcp_conn_alias *a, struct ip_addr *peer,
		     uint16_t port)
{
	return a->port == port && a->parent->state != S_CONN_BAD &&
	       ip_addr_cmp(peer, &a->parent->rcv.src_ip);
}

/*
 * As Kamailio looks for the one to send over: the first is the one.  Not by
 * tcpconn_get(): whoever drops the last reference must be tcp_main.
 */
static int number_of(struct ip_addr *peer, uint16_t port, struct ip_addr *local)
{
	unsigned hash = tcp_addr_hash(peer, port, local, 0);
	const struct tcp_conn_alias *a;
	int id = 0;

	lock_get(tcpconn_lock);
	for (a = tcpconn_aliases_hash[hash]; a && !id; a = a->next)
		if (leads_to(a, peer, port))
			id = a->parent->id;
	lock_release(tcpconn_lock);
	return id;
}

static int connection_find(const struct unreach_note *note, void *arg)
{
	struct ip_addr peer = address_of(note->ip),
		       any = { .af = peer.af, .len = peer.len };
	const struct socket_info *si = note->leg->flow.socket;
	struct ip_addr local = si ? si->address : any;
	int id;

	(void)arg;
	if (tcp_disable || !&tcpconn_lock || !&tcpconn_aliases_hash ||
	    !tcpconn_lock || !tcpconn_aliases_hash)
		return UNREACH_ANY_CONNECTION;
	/* Several connections to one place share the first of these. */
	id = number_of(&peer, note->port, &any);
	return id || local.af != peer.af ? id
					 : number_of(&peer, note->port, &local);
}

/* In tcp_main, which must not wait for a call. */
static int on_closed(sr_event_param_t *evp)
{
	const tcp_closed_event_info_t *event = evp->data;
	struct unreach_note note = { 0 };

	if (!event || !event->con)
		return 0;
	note.port = event->con->rcv.src_port;
	note.transport = event->con->rcv.proto == PROTO_TLS ? TRANSPORT_TLS
							    : TRANSPORT_TCP;
	note.connection = event->con->id;
	note.is_theirs = event->con->flags & F_CONN_PASSIVE;
	address_normalise(&event->con->rcv.src_ip, note.ip);
	unreach_ring_closed(worker_shared->connections, note);
	return 0;
}

/* One module only is told.  Every other one comes first: tcpops would end the
 * start if it were too late.  tcp_main is forked after this. */
static void hear_of_connections(void)
{
	if (sr_event_register_cb(SREV_TCP_CLOSED, on_closed) < 0)
		log_line(LEVEL_NOTICE,
			 "bridge: another module is told of closed connections "
			 "(tcpops: set its closed_event to 0): calls that used "
			 "one are not asked");
}

/* ---- what ICMP says ---- */

static void hear(enum unreach_form form, const void *message, size_t len)
{
	struct unreach u;

	if (unreach_parse(form, message, len, &u) < 0 ||
	    unreach_act_on_icmp(worker_shared->calls, &u))
		return;
	/* Other programs of this host have their ICMP, too. */
	if (u.is_invite && grep_sock_info_by_port(u.from_port, PROTO_UDP))
		stat_add(STAT_unreachables_ignored, 1);
}

/* Up to BATCH messages; true: there may be more. */
static bool drain(const struct source *s)
{
	static char message[MESSAGE_MAX];

	for (unsigned i = 0; i < BATCH; i++) {
		ssize_t n = recv(s->fd, message, sizeof(message), 0);

		if (n < 0)
			return false;
		hear(s->form, message, (size_t)n);
	}
	return true;
}

/* ---- life ---- */

void unreach_process_prepare(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		sources[i].fd = unreach_socket_open(sources[i].form);
	unreach_socket_drop_capability();
	/* A host may have no IPv6 at all. */
	if (sources[0].fd < 0)
		log_line(LEVEL_NOTICE,
			 "bridge: ICMP is not heard (%s): a PSAP whose port is "
			 "closed costs as much time as a silent one; "
			 "CAP_NET_RAW is needed",
			 strerror(-sources[0].fd));
	else if (sources[1].fd < 0)
		log_line(LEVEL_INFO, "bridge: ICMPv6 is not heard: %s",
			 strerror(-sources[1].fd));
	register_procs(1);
	cfg_register_child(1);
}

/* How long to wait for more at most. */
static int hear_all_of_connections(struct unreach_watch *watch)
{
	struct unreach_note note;
	int ms;

	if (!watch)
		return LOOK_MS;
	while (unreach_ring_take(worker_shared->connections, &note))
		unreach_watch_take(watch, &note);
	ms = unreach_watch_look(watch, clock_mono_ms());
	return ms < 0 || ms > LOOK_MS ? LOOK_MS : ms;
}

static void run(void)
{
	struct unreach_ring *ring = worker_shared->connections;
	struct pollfd fds[ARRAY_SIZE(sources) + 1];
	struct unreach_watch *watch = NULL;
	pid_t parent = getppid();

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		fds[i] = (struct pollfd){ .fd = sources[i].fd,
					  .events = POLLIN };
	if (ring)
		watch = unreach_watch_new(worker_shared->calls, connection_find,
					  NULL);
	fds[ARRAY_SIZE(sources)] = (struct pollfd){
		.fd = watch ? unreach_ring_fd(ring) : -1,
		.events = POLLIN,
	};
	while (getppid() == parent) {
		int ms = hear_all_of_connections(watch);
		bool more = false;

		(void)poll(fds, ARRAY_SIZE(fds), ms);
		cfg_update();
		for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
			if (fds[i].revents & (POLLIN | POLLERR))
				more |= drain(&sources[i]);
		/* A flood costs the host no more than this. */
		if (more)
			(void)poll(NULL, 0, PAUSE_MS);
	}
	unreach_watch_free(watch);
}

int unreach_process_start(void)
{
	int pid;

	hear_of_connections();
	pid = fork_process(PROC_TIMER, "e911 unreach", 1);
	if (pid < 0)
		return -ECHILD;
	if (pid == 0) {
		if (cfg_child_init())
			exit(1);
		run();
		exit(0);
	}
	return 0;
}
