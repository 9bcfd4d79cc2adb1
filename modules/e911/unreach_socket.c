/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Apart from unreach_process.c: linux/icmp.h and Kamailio do not agree on what
 * an IPv6 address is made of. */
#include "unreach_socket.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int filter_icmp(int fd)
{
	struct icmp_filter only = { ~(1u << ICMP_DEST_UNREACH) };

	return setsockopt(fd, SOL_RAW, ICMP_FILTER, &only, sizeof(only));
}

static int filter_icmpv6(int fd)
{
	struct icmp6_filter only;

	ICMP6_FILTER_SETBLOCKALL(&only);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &only);
	return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only,
			  sizeof(only));
}

int unreach_socket_open(enum unreach_form form)
{
	bool v6 = form == UNREACH_ICMPV6;
	int fd = socket(v6 ? AF_INET6 : AF_INET,
			SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	int err;

	if (fd < 0)
		return -errno;
	if ((v6 ? filter_icmpv6(fd) : filter_icmp(fd)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

void unreach_socket_drop_capability(void)
{
	struct __user_cap_header_struct self = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	const uint32_t raw = 1u << CAP_NET_RAW;

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0) !=
		    1 ||
	    syscall(SYS_capget, &self, sets) < 0)
		return;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_NET_RAW, 0, 0);
	sets[0].effective &= ~raw;
	sets[0].permitted &= ~raw;
	sets[0].inheritable &= ~raw;
	(void)syscall(SYS_capset, &self, sets);
}
