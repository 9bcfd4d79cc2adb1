/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unreach_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "core/pt.h"
#include "core/socket_info.h"
#include "core/sr_module.h"
#include "report.h"
#include "unreach_act.h"
#include "unreach_socket.h"
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

/* ---- what they say ---- */

static bool is_ours(const uint8_t ip[16], uint16_t port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
	struct ip_addr addr = { .af = v4 ? AF_INET : AF_INET6,
				.len = v4 ? 4 : 16 };

	memcpy(addr.u.addr, v4 ? ip + 12 : ip, addr.len);
	return find_si(&addr, port, PROTO_UDP) != NULL;
}

static void hear(enum unreach_form form, const void *message, size_t len)
{
	struct unreach u;

	/* Other programs of this host have their ICMP, too. */
	if (unreach_parse(form, message, len, &u) < 0 ||
	    !is_ours(u.from, u.from_port))
		return;
	if (!unreach_act_on_icmp(worker_shared->calls, &u))
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

static void run(void)
{
	struct pollfd fds[ARRAY_SIZE(sources)];
	pid_t parent = getppid();

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		fds[i] = (struct pollfd){ .fd = sources[i].fd,
					  .events = POLLIN };
	while (getppid() == parent) {
		bool more = false;

		(void)poll(fds, ARRAY_SIZE(fds), LOOK_MS);
		cfg_update();
		for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
			if (fds[i].revents & (POLLIN | POLLERR))
				more |= drain(&sources[i]);
		/* A flood costs the host no more than this. */
		if (more)
			(void)poll(NULL, 0, PAUSE_MS);
	}
}

int unreach_process_start(void)
{
	int pid = fork_process(PROC_TIMER, "e911 unreach", 1);

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
