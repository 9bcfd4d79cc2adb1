/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* struct ucred */
#include "socket_owner.h"

#include <libgen.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool is_trusted(uid_t uid, const struct stat *directory)
{
	return uid == 0 || uid == geteuid() || uid == directory->st_uid;
}

const char *socket_distrust(const char *path, int fd)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	struct stat st;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	if (stat(dirname(copy), &st) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return "nothing is known of who listens";
	if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
		return "everybody may write to its directory";
	if (!is_trusted(who.uid, &st))
		return "who listens is not the owner of its directory";
	return NULL;
}
