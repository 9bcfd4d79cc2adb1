/* SPDX-License-Identifier: GPL-2.0-or-later */
/* socket_owner: who listens on a Unix socket, and may he be believed? */
#pragma once

#include "text.h"

/*
 * fd: connected to the socket at path.  NULL when root, our own user or the
 * owner of its directory listens there, and nobody else may put a socket into
 * that directory but its group; else why not, a constant.
 */
const char *socket_distrust(const char *path, int fd);
