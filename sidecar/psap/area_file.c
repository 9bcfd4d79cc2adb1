/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "psap/area_file.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "base/kept_file.h"

#define MAGIC      "E911PSA1"
#define MAGIC_SIZE 8
#define UUID_SIZE  16
#define HOLE       0x80000000U
#define POINT_SIZE 16
#define CHUNK      4096 /* points converted at once */

/* ---- writing ---- */

static uint64_t bits_of(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return htole64(bits);
}

static void put_ring(struct kept_writer *w, struct psap_ring r)
{
	uint64_t chunk[CHUNK * 2];

	kept_put_u32(w, (uint32_t)r.count | (r.is_hole ? HOLE : 0));
	for (size_t i = 0; i < r.count;) {
		size_t n = 0;

		for (; n < CHUNK && i < r.count; n++, i++) {
			chunk[2 * n] = bits_of(r.points[i].x);
			chunk[2 * n + 1] = bits_of(r.points[i].y);
		}
		kept_put(w, chunk, n * POINT_SIZE);
	}
}

struct areas_and_version {
	const struct psap_areas *areas;
	const struct uuid *version;
};

static void write_all(struct kept_writer *w, const void *arg)
{
	const struct areas_and_version *all = arg;
	const struct psap_areas *a = all->areas;

	kept_put(w, MAGIC, MAGIC_SIZE);
	kept_put(w, all->version->b, UUID_SIZE);
	kept_put_u64(w, psap_areas_count(a));
	for (size_t i = 0; i < psap_areas_count(a); i++) {
		struct psap_area_key key;
		size_t rings = psap_areas_key(a, i, &key);
		uint64_t size = bits_of(key.size);

		kept_put_u64(w, key.boundary_id);
		kept_put_u64(w, key.psap_id);
		kept_put_u64(w, (uint64_t)key.priority);
		kept_put(w, &size, sizeof(size));
		kept_put_u32(w, (uint32_t)rings);
		for (size_t r = 0; r < rings; r++)
			put_ring(w, psap_areas_ring(a, i, r));
	}
}

int area_file_save(const struct psap_areas *a, const struct uuid *version,
		   const char *path)
{
	const struct areas_and_version all = { a, version };

	return kept_file_save(path, write_all, &all);
}

/* ---- reading ---- */

struct reader {
	struct kept_reader bytes;
	struct psap_areas *a;
	struct psap_point *points; /* owned: the ring */
	size_t size;
};

static bool has(const struct reader *r, size_t len)
{
	return kept_has(&r->bytes, len);
}

static uint64_t take_u64(struct reader *r)
{
	return kept_take_u64(&r->bytes);
}

static uint32_t take_u32(struct reader *r)
{
	return kept_take_u32(&r->bytes);
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
	    memcmp(r->bytes.p, MAGIC, MAGIC_SIZE) != 0)
		return -EBADMSG;
	r->bytes.p += MAGIC_SIZE;
	memcpy(version->b, r->bytes.p, UUID_SIZE);
	r->bytes.p += UUID_SIZE;
	areas = take_u64(r);
	for (uint64_t i = 0; i < areas && err >= 0; i++)
		err = take_area(r);
	if (err >= 0 && r->bytes.p != r->bytes.end)
		err = -EBADMSG;
	if (err >= 0)
		err = psap_areas_index(r->a);
	return err == -EINVAL || err == -E2BIG ? -EBADMSG : err;
}

int area_file_decode(struct text bytes, struct psap_areas **ret,
		     struct uuid *ret_version)
{
	struct reader r = { 0 };
	struct uuid version;
	int err = kept_file_check(bytes, &bytes);

	if (err < 0)
		return err;
	r.bytes.p = bytes.p;
	r.bytes.end = bytes.p + bytes.len;
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

int area_file_load(const char *path, struct psap_areas **ret,
		   struct uuid *ret_version)
{
	struct text bytes = { 0 };
	int err = kept_file_load(path, &bytes);

	if (err < 0)
		return err;
	err = area_file_decode(bytes, ret, ret_version);
	free((char *)bytes.p);
	return err;
}
