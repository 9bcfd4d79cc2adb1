/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/wake.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int make_parent(const char *path)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *parent;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	parent = dirname(copy);
	if (mkdir(parent, 0770) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

/* e911d holds a lock on state_dir: nobody else is using a socket here. */
static int remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return unlink(path) < 0 ? -errno : 0;
}

int wake_place(const char *path)
{
	int err;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return -ENAMETOOLONG;
	err = make_parent(path);
	return err < 0 ? err : remove_stale(path);
}

int wake_open(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err = wake_place(path);

	if (err < 0)
		return err;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    chmod(path, 0660) < 0) {
		err = -errno;
		(void)close(fd);
		return err;
	}
	return fd;
}

void wake_drain(int fd)
{
	char buf[64];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		;
}

void wake_close(int fd, const char *path)
{
	if (fd < 0)
		return;
	(void)close(fd);
	(void)unlink(path);
}
