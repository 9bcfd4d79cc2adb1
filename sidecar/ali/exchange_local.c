/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts in a local directory: what is there under its name is on the disk. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ali/exchange.h"

#define FILE_MODE 0640
#define GET_MAX   (32 << 20)

static int write_all(int fd, struct text body)
{
	while (body.len) {
		ssize_t n = write(fd, body.p, body.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			body = text_make(body.p + n, body.len - (size_t)n);
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Others may write here too: a FIFO of that name must hold nobody. */
static int put(int dir, const struct ali_asked *asked)
{
	int fd =
		openat(dir, asked->name,
		       O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		       FILE_MODE);
	struct stat st;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || (S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	if (err >= 0)
		err = write_all(fd, asked->body);
	if (close(fd) < 0 && err >= 0)
		err = -errno;
	return err;
}

static int measure(int dir, const char *name, int64_t *ret)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*ret = S_ISREG(st.st_mode) ? st.st_size : -1;
	return 0;
}

/* The courier has looked whether there is another file of that name. */
static int rename_to(int dir, const struct ali_asked *asked)
{
	if (renameat(dir, asked->name, dir, asked->to) < 0)
		return -errno;
	return fsync(dir) < 0 ? -errno : 0;
}

static int get(int dir, const char *name, struct ali_exchange *x)
{
	int fd = openat(dir, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (st.st_size > GET_MAX)
		err = -EFBIG;
	x->got = err < 0 ? NULL : malloc((size_t)st.st_size + 1);
	if (err >= 0 && !x->got)
		err = -ENOMEM;
	while (err >= 0 && x->got_len < (size_t)st.st_size) {
		n = read(fd, x->got + x->got_len,
			 (size_t)st.st_size - x->got_len);
		if (n < 0 && errno != EINTR)
			err = -errno;
		if (n == 0)
			break;
		x->got_len += n > 0 ? (size_t)n : 0;
	}
	if (x->got)
		x->got[x->got_len] = '\0';
	(void)close(fd);
	return err;
}

static int list(int dir, char **ret)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	size_t size = 0;
	FILE *out;

	if (!d) {
		int err = -errno;

		if (copy >= 0)
			(void)close(copy);
		return err;
	}
	out = open_memstream(ret, &size);
	while (out && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			(void)fprintf(out, "%s\n", entry->d_name);
	(void)closedir(d);
	return out && fclose(out) == 0 ? 0 : -ENOMEM;
}

static int open_directory(const struct ali_exchange *x)
{
	char path[ALI_PLACE_MAX + 512];

	if (!x->conf->ali_directory[0])
		return -ENOTDIR;
	(void)snprintf(path, sizeof(path), "%s/%s", x->conf->ali_directory,
		       x->account->place.path);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int act(struct ali_exchange *x, const struct ali_asked *asked, int dir)
{
	switch (asked->act) {
	case ALI_ACT_PUT:
		return put(dir, asked);
	case ALI_ACT_SIZE:
		return measure(dir, asked->name, &x->size_bytes);
	case ALI_ACT_RENAME:
		return rename_to(dir, asked);
	case ALI_ACT_LIST:
		return list(dir, &x->got);
	case ALI_ACT_GET:
		return get(dir, asked->name, x);
	case ALI_ACT_REMOVE:
		return unlinkat(dir, asked->name, 0) < 0 ? -errno : 0;
	}
	return -EINVAL;
}

void ali_exchange_local(struct ali_exchange *x, const struct ali_asked *asked)
{
	int dir = open_directory(x), err;

	x->end = TRANSFER_REFUSED;
	if (dir < 0) {
		ali_exchange_tell(x,
				  x->conf->ali_directory[0]
					  ? strerror(errno)
					  : "ali_directory is not set",
				  0);
		return;
	}
	err = act(x, asked, dir);
	(void)close(dir);
	if (err >= 0)
		x->end = TRANSFER_ANSWERED;
	else if (err == -ENOENT && asked->act != ALI_ACT_LIST)
		x->end = TRANSFER_ABSENT;
	ali_exchange_tell(x, strerror(err < 0 ? -err : 0), 0);
}
