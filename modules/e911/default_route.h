/* SPDX-License-Identifier: GPL-2.0-or-later */
/* default_route: where emergency calls go without any directory. */
#pragma once

#include "path.h"

/* "sip:911@192.0.2.1:5060;transport=tcp;profile=pbx" behind those that *conf
 * has; -EINVAL when it is no URI with an IP literal, -ENOSPC when there are
 * too many. */
int must_check default_route_add(struct path_conf *conf, const char *uri);
