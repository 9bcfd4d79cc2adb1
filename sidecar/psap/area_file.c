/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/area_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32c.h"

#define MAGIC      "E911PSA1"
#define MAGIC_SIZE 8
#define UUID_SIZE  16
#define HOLE       0x80000000U
#define POINT_SIZE 16
#define CHUNK      4096 /* points converted at once */
#define FILE_MAX   (4LL << 30)

/* ---- writing ---- */

struct writer {
	FILE *out;
	uint32_t crc;
};

static void put(struct writer *w, const void *p, size_t len)
{
	w->crc = crc32c(w->crc, p, len);
	(void)fwrite(p, 1, len, w->out); /* ferror() is asked at the end */
}

static void put_u32(struct writer *w, uint32_t v)
{
	v = htole32(v);
	put(w, &v, sizeof(v));
}

static uint64_t bits_of(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return htole64(bits);
}

static void put_u64(struct writer *w, uint64_t v)
{
	v = htole64(v);
	put(w, &v, sizeof(v));
}

static void put_ring(struct writer *w, struct psap_ring r)
{
	uint64_t chunk[CHUNK * 2];

	put_u32(w, (uint32_t)r.count | (r.is_hole ? HOLE : 0));
	for (size_t i = 0; i < r.count;) {
		size_t n = 0;

		for (; n < CHUNK && i < r.count; n++, i++) {
			chunk[2 * n] = bits_of(r.points[i].x);
			chunk[2 * n + 1] = bits_of(r.points[i].y);
		}
		put(w, chunk, n * POINT_SIZE);
	}
}

static int write_all(const struct psap_areas *a, const struct uuid *version,
		     FILE *out)
{
	struct writer w = { .out = out };

	put(&w, MAGIC, MAGIC_SIZE);
	put(&w, version->b, UUID_SIZE);
	put_u64(&w, psap_areas_count(a));
	for (size_t i = 0; i < psap_areas_count(a); i++) {
		struct psap_area_key key;
		size_t rings = psap_areas_key(a, i, &key);
		uint64_t size = bits_of(key.size);

		put_u64(&w, key.boundary_id);
		put_u64(&w, key.psap_id);
		put_u64(&w, (uint64_t)key.priority);
		put(&w, &size, sizeof(size));
		put_u32(&w, (uint32_t)rings);
		for (size_t r = 0; r < rings; r++)
			put_ring(&w, psap_areas_ring(a, i, r));
	}
	put_u32(&w, w.crc);
	if (fflush(out) != 0 || fsync(fileno(out)) < 0)
		return -errno;
	return ferror(out) ? -EIO : 0;
}

/* The name in its directory must be on the disk too. */
static int sync_directory(const char *path)
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

int area_file_save(const struct psap_areas *a, const struct uuid *version,
		   const char *path)
{
	char next[PATH_MAX];
	FILE *out;
	int err;

	if (snprintf(next, sizeof(next), "%s.new", path) >= (int)sizeof(next))
		return -ENAMETOOLONG;
	out = fopen(next, "we");
	if (!out)
		return -errno;
	err = write_all(a, version, out);
	if (fclose(out) != 0 && err >= 0)
		err = -errno;
	if (err >= 0 && rename(next, path) < 0)
		err = -errno;
	return err < 0 ? err : sync_directory(path);
}

/* ---- reading ---- */

struct reader {
	const char *p, *end;
	struct psap_areas *a;
	struct psap_point *points; /* owned: the ring */
	size_t size;
};

static bool has(const struct reader *r, size_t len)
{
	return (size_t)(r->end - r->p) >= len;
}

static uint32_t take_u32(struct reader *r)
{
	uint32_t v;

	memcpy(&v, r->p, sizeof(v));
	r->p += sizeof(v);
	return le32toh(v);
}

static uint64_t take_u64(struct reader *r)
{
	uint64_t v;

	memcpy(&v, r->p, sizeof(v));
	r->p += sizeof(v);
	return le64toh(v);
}

static double take_double(struct reader *r)
{
	uint64_t bits = take_u64(r);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static int take_ring(struct reader *r)
{
	uint32_t head;
	size_t count;

	if (!has(r, sizeof(head)))
		return -EBADMSG;
	head = take_u32(r);
	count = head & ~HOLE;
	if (!has(r, count * POINT_SIZE))
		return -EBADMSG;
	if (count > r->size) {
		struct psap_point *p = realloc(r->points, count * sizeof(*p));

		if (!p)
			return -ENOMEM;
		r->points = p;
		r->size = count;
	}
	for (size_t i = 0; i < count; i++) {
		r->points[i].x = take_double(r);
		r->points[i].y = take_double(r);
	}
	return psap_areas_add_ring(r->a, head & HOLE, r->points, count);
}

static int take_area(struct reader *r)
{
	struct psap_area_key key;
	uint32_t rings;
	int err = 0;

	if (!has(r, 36))
		return -EBADMSG;
	key.boundary_id = take_u64(r);
	key.psap_id = take_u64(r);
	key.priority = (int64_t)take_u64(r);
	key.size = take_double(r);
	rings = take_u32(r);
	psap_areas_begin(r->a, &key);
	for (uint32_t i = 0; i < rings && err >= 0; i++)
		err = take_ring(r);
	return err < 0 ? err : psap_areas_end(r->a);
}

static int take_all(struct reader *r, struct uuid *version)
{
	uint64_t areas;
	int err = 0;

	if (!has(r, MAGIC_SIZE + UUID_SIZE + sizeof(areas)) ||
	    memcmp(r->p, MAGIC, MAGIC_SIZE) != 0)
		return -EBADMSG;
	r->p += MAGIC_SIZE;
	memcpy(version->b, r->p, UUID_SIZE);
	r->p += UUID_SIZE;
	areas = take_u64(r);
	for (uint64_t i = 0; i < areas && err >= 0; i++)
		err = take_area(r);
	if (err >= 0 && r->p != r->end)
		err = -EBADMSG;
	if (err >= 0)
		err = psap_areas_index(r->a);
	return err == -EINVAL || err == -E2BIG ? -EBADMSG : err;
}

int area_file_decode(struct text bytes, struct psap_areas **ret,
		     struct uuid *ret_version)
{
	struct reader r = { .p = bytes.p };
	struct uuid version;
	uint32_t crc;
	int err;

	if (bytes.len < sizeof(crc))
		return -EBADMSG;
	bytes.len -= sizeof(crc);
	r.end = bytes.p + bytes.len;
	memcpy(&crc, r.end, sizeof(crc));
	if (le32toh(crc) != crc32c(0, bytes.p, bytes.len))
		return -EBADMSG;
	err = psap_areas_new(&r.a);
	if (err >= 0)
		err = take_all(&r, &version);
	free(r.points);
	if (err < 0) {
		(void)psap_areas_unref(r.a);
		return err;
	}
	*ret = r.a;
	*ret_version = version;
	return 0;
}

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

int area_file_load(const char *path, struct psap_areas **ret,
		   struct uuid *ret_version)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct text bytes = { 0 };

	if (fd < 0)
		return -errno;
	err = read_whole(fd, &bytes);
	(void)close(fd);
	if (err < 0)
		return err;
	err = area_file_decode(bytes, ret, ret_version);
	free((char *)bytes.p);
	return err;
}
