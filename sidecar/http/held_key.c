/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/held_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define PATH_SIZE 512
/* Kamailio's group may read it: the path can make such URIs too. */
#define MODE 0640

static int read_key(const char *path, uint8_t ret[LOCATION_KEY_SIZE])
{
	uint8_t buf[LOCATION_KEY_SIZE + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, sizeof(buf));
	(void)close(fd);
	if (n != LOCATION_KEY_SIZE)
		return -EBADMSG;
	memcpy(ret, buf, LOCATION_KEY_SIZE);
	return 0;
}

static int sync_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

static int write_key(const char *path, const uint8_t key[LOCATION_KEY_SIZE])
{
	int fd, err = 0;

	(void)unlink(path); /* what a crash has left */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
	if (fd < 0)
		return -errno;
	if (write(fd, key, LOCATION_KEY_SIZE) != LOCATION_KEY_SIZE)
		err = -EIO;
	else if (fsync(fd) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

static int make_key(const char *dir, const char *path, const char *name,
		    uint8_t ret[LOCATION_KEY_SIZE])
{
	uint8_t key[LOCATION_KEY_SIZE];
	char young[PATH_SIZE];
	int err;

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return -EIO;
	(void)snprintf(young, sizeof(young), "%s/%s.new", dir, name);
	err = write_key(young, key);
	if (err == 0 && rename(young, path) < 0)
		err = -errno;
	if (err == 0)
		err = sync_directory(dir);
	if (err == 0)
		memcpy(ret, key, sizeof(key));
	return err;
}

int held_key_load(const char *state_dir, const char *name,
		  uint8_t ret[LOCATION_KEY_SIZE])
{
	char path[PATH_SIZE];
	int err;

	(void)snprintf(path, sizeof(path), "%s/%s", state_dir, name);
	err = read_key(path, ret);
	return err == -ENOENT ? make_key(state_dir, path, name, ret) : err;
}
