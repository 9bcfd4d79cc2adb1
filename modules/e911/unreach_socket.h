/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unreach_socket: the system's ICMP messages of unreachable destinations. */
#pragma once

#include "unreach.h"

/* A raw socket that does not block and gives messages of this form, no other
 * kinds; needs CAP_NET_RAW.  Negative errno. */
int must_check unreach_socket_open(enum unreach_form form);
/* Give CAP_NET_RAW back if it was given to this program alone (ambient), so
 * that no worker has it. */
void unreach_socket_drop_capability(void);
