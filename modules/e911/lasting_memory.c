/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lasting_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "platform.h"

#define LOCK_AGAIN_MS 20
#define FETCH_MOST    ((size_t)64 * 1024 * 1024)
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

static int lock(int fd, int wait_ms)
{
	int64_t end = clock_mono_ms() + wait_ms;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || clock_mono_ms() >= end)
			return -errno;
		(void)poll(NULL, 0, LOCK_AGAIN_MS);
	}
	return 0;
}

/* Nobody else may have made it, or may write to it. */
static int check_owner(int fd, uid_t owner, size_t *ret_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || (st.st_mode & 022) ||
	    (st.st_uid != geteuid() && st.st_uid != owner && st.st_uid != 0))
		return -EPERM;
	if (st.st_uid != owner && geteuid() == 0 &&
	    fchown(fd, owner, (gid_t)-1) < 0)
		return -errno;
	*ret_size = (size_t)st.st_size;
	return 0;
}

static int map(struct lasting_memory *m, size_t size)
{
	void *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	m->p = p;
	m->size = size;
	return 0;
}

static void unmap(struct lasting_memory *m)
{
	if (m->p)
		(void)munmap(m->p, m->size);
	m->p = NULL;
	m->size = 0;
}

int lasting_memory_open(struct lasting_memory *m, const char *path, uid_t owner,
			int wait_ms)
{
	size_t size = 0;
	int err;

	*m = (struct lasting_memory){ .fd = -1 };
	/* O_CREAT on a file of another user in a directory like /dev/shm is
	 * forbidden to root as well (fs.protected_regular). */
	m->fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (m->fd < 0 && errno == ENOENT)
		m->fd = open(path,
			     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			     0600);
	if (m->fd < 0)
		return -errno;
	err = check_owner(m->fd, owner, &size);
	if (err == 0)
		err = lock(m->fd, wait_ms);
	/* The process before may have changed its size until it let go. */
	if (err == 0)
		err = check_owner(m->fd, owner, &size);
	if (err == 0 && size)
		err = map(m, size);
	if (err < 0)
		lasting_memory_close(m);
	return err;
}

int lasting_memory_renew(struct lasting_memory *m, size_t size)
{
	int err;

	unmap(m);
	if (ftruncate(m->fd, 0) < 0)
		return -errno;
	/* A page that cannot be had later would be SIGBUS. */
	err = posix_fallocate(m->fd, 0, (off_t)size);
	return err ? -err : map(m, size);
}

bool lasting_memory_is_on_disk(const struct lasting_memory *m)
{
	struct statfs fs;

	return fstatfs(m->fd, &fs) == 0 && fs.f_type != TMPFS_MAGIC &&
	       fs.f_type != RAMFS_MAGIC;
}

/* By reading: pages of a memory file system can then be written to, too, and
 * many come at once; MADV_POPULATE_WRITE would take them one by one.  Those of
 * a disk would be read from it, and are faulted in anew all the same. */
void lasting_memory_fetch(const struct lasting_memory *m)
{
	if (m->p && !lasting_memory_is_on_disk(m))
		(void)madvise(m->p, m->size < FETCH_MOST ? m->size : FETCH_MOST,
			      MADV_POPULATE_READ);
}

void lasting_memory_close(struct lasting_memory *m)
{
	unmap(m);
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}
