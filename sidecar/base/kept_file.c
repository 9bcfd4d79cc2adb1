/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/kept_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"

#define FILE_MAX (4LL << 30)

/* ---- writing ---- */

void kept_put(struct kept_writer *w, const void *p, size_t len)
{
	w->crc = crc32c(w->crc, p, len);
	(void)fwrite(p, 1, len, w->out); /* ferror() is asked at the end */
}

void kept_put_u32(struct kept_writer *w, uint32_t v)
{
	v = htole32(v);
	kept_put(w, &v, sizeof(v));
}

void kept_put_u64(struct kept_writer *w, uint64_t v)
{
	v = htole64(v);
	kept_put(w, &v, sizeof(v));
}

int directory_sync(const char *path)
{
	char copy[PATH_MAX];
	int fd, err = 0;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

int kept_file_save(const char *path,
		   void (*write_all)(struct kept_writer *w, const void *arg),
		   const void *arg)
{
	char next[PATH_MAX];
	struct kept_writer w = { 0 };
	int err = 0;

	if (snprintf(next, sizeof(next), "%s.new", path) >= (int)sizeof(next))
		return -ENAMETOOLONG;
	w.out = fopen(next, "we");
	if (!w.out)
		return -errno;
	write_all(&w, arg);
	kept_put_u32(&w, w.crc);
	if (fflush(w.out) != 0 || fsync(fileno(w.out)) < 0)
		err = -errno;
	else if (ferror(w.out))
		err = -EIO;
	if (fclose(w.out) != 0 && err >= 0)
		err = -errno;
	if (err >= 0 && rename(next, path) < 0)
		err = -errno;
	return err < 0 ? err : directory_sync(path);
}

/* ---- reading ---- */

static int read_whole(int fd, struct text *ret)
{
	struct stat st;
	size_t got = 0;
	char *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return -EBADMSG;
	p = malloc((size_t)st.st_size + 1);
	if (!p)
		return -ENOMEM;
	while (got < (size_t)st.st_size) {
		ssize_t n = read(fd, p + got, (size_t)st.st_size - got);

		if (n <= 0) {
			int err = n < 0 ? -errno : -EBADMSG;

			if (err == -EINTR)
				continue;
			free(p);
			return err;
		}
		got += (size_t)n;
	}
	*ret = text_make(p, got);
	return 0;
}

int kept_file_load(const char *path, struct text *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = read_whole(fd, ret);
	(void)close(fd);
	return err;
}

int kept_file_check(struct text bytes, struct text *ret)
{
	uint32_t crc;

	if (bytes.len < sizeof(crc))
		return -EBADMSG;
	bytes.len -= sizeof(crc);
	memcpy(&crc, bytes.p + bytes.len, sizeof(crc));
	if (le32toh(crc) != crc32c(0, bytes.p, bytes.len))
		return -EBADMSG;
	*ret = bytes;
	return 0;
}

uint32_t kept_take_u32(struct kept_reader *r)
{
	uint32_t v;

	memcpy(&v, r->p, sizeof(v));
	r->p += sizeof(v);
	return le32toh(v);
}

uint64_t kept_take_u64(struct kept_reader *r)
{
	uint64_t v;

	memcpy(&v, r->p, sizeof(v));
	r->p += sizeof(v);
	return le64toh(v);
}
