/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reference_rules: which URIs in a Geolocation header e911d may follow.
 *
 * A URI comes from whoever calls.  Its host must be on the list, with scheme
 * and port; the addresses behind it must be of the public Internet, unless
 * their network is listed too.
 */
#pragma once

#include "names/address_rules.h"
#include "names/web_uri.h"

struct reference_rules {
	struct web_hosts hosts;
	struct address_nets nets;
};
/* -EINVAL; *ret_why is a constant then. */
int must_check reference_rules_read(struct reference_rules *ret,
				    const char *hosts, const char *nets,
				    const char **ret_why);
