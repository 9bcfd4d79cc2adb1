/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate/reference_rules.h"

#include <errno.h>

int reference_rules_read(struct reference_rules *ret, const char *hosts,
			 const char *nets, const char **ret_why)
{
	struct reference_rules r;

	if (web_hosts_read(&r.hosts, hosts) < 0) {
		*ret_why = "locate_reference_hosts is no list of hosts";
		return -EINVAL;
	}
	if (address_nets_read(&r.nets, nets) < 0) {
		*ret_why = "locate_reference_networks is no list of networks";
		return -EINVAL;
	}
	*ret = r;
	return 0;
}
