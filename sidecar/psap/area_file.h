/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * area_file: the areas on disk, so that a start needs no PostgreSQL.
 *
 * Little-endian: "E911PSA1", the version's 16 bytes, the number of areas;
 * each area: boundary_id, psap_id, priority (8 bytes each), size (double),
 * number of rings (4); each ring: number of points, its highest bit set for a
 * hole (4), the points (two doubles each); at the end the CRC-32C of all
 * before.  The index is not kept: to make it anew costs a fraction of a
 * second.
 */
#pragma once

#include "psap/areas.h"
#include "uuid.h"

/*
 * Write path.new, sync it, rename it to path, sync the directory: whatever
 * happens the old file or the new one is there, whole.
 */
int must_check area_file_save(const struct psap_areas *a,
			      const struct uuid *version, const char *path);
/*
 * Areas that are indexed already.  -ENOENT; -EBADMSG: it is damaged; other
 * -errno.
 */
int must_check area_file_load(const char *path, struct psap_areas **ret,
			      struct uuid *ret_version);
/* The same from memory, for tests. */
int must_check area_file_decode(struct text bytes, struct psap_areas **ret,
				struct uuid *ret_version);
