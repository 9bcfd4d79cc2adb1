/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept_file: what a service keeps on disk to start without PostgreSQL.
 *
 * Little-endian, ending with a CRC-32C of all before.  Written beside the old
 * one, synced and renamed: there is always one that is whole.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "text.h"

struct kept_writer {
	FILE *out;
	uint32_t crc;
};

void kept_put(struct kept_writer *w, const void *p, size_t len);
void kept_put_u32(struct kept_writer *w, uint32_t v);
void kept_put_u64(struct kept_writer *w, uint64_t v);

/*
 * write_all puts what is kept; the CRC is added.  0, or a negative errno: then
 * the old file is as it was.
 */
int must_check kept_file_save(const char *path,
			      void (*write_all)(struct kept_writer *w,
						const void *arg),
			      const void *arg);

/*
 * The whole file; ret->p is the caller's to free().  -ENOENT; -EBADMSG: larger
 * than 4 GiB, or no file; or as open() and read().
 */
int must_check kept_file_load(const char *path, struct text *ret);

/* Its content without the CRC; -EBADMSG: damaged. */
int must_check kept_file_check(struct text bytes, struct text *ret);

/* A renamed file's name in its directory must be on the disk too.  -errno. */
int must_check directory_sync(const char *path);

struct kept_reader {
	const char *p, *end;
};
static inline bool kept_has(const struct kept_reader *r, size_t len)
{
	return (size_t)(r->end - r->p) >= len;
}
/* kept_has() is asked before. */
uint32_t kept_take_u32(struct kept_reader *r);
uint64_t kept_take_u64(struct kept_reader *r);
