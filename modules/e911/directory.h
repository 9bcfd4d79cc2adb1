/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * directory: this process's view of what operators provisioned.
 *
 * Read-only over LMDB, one per process, opened after the fork.  Every record
 * is checked (CRC, kind, key echo) before it is served.  One cached read
 * transaction is renewed for a message and reset after it: a reader that
 * stays would keep the file growing.
 *
 * Lookups give 0; -ENOENT: not provisioned; -EBADMSG: damaged, counted.
 * Texts of a record live until directory_end().
 */
#pragma once

#include "dir_record.h"

struct directory;

/*
 * path is "<state_dir>/directory": opens <path>/current, or, when that
 * cannot be used, <path>/previous.  -ENOENT or -EBADMSG if neither can.
 */
int must_check directory_open(struct directory **ret, const char *path);
struct directory *directory_close(struct directory *d);

/* A generation the caller has heard of: when it differs from the one of the
 * last open, directory_begin() opens anew (and keeps the old environment
 * when the new one cannot be opened). */
void directory_hint(struct directory *d, uint64_t generation);

/* Begin and end the look of one message.  Always end what was begun. */
int must_check directory_begin(struct directory *d);
void directory_end(struct directory *d);

/* Longest prefix among the trunks' sources. */
int must_check directory_trunk_by_source(struct directory *d,
					 const uint8_t addr[16],
					 struct dir_trunk *ret);
int must_check directory_trunk(struct directory *d, uint64_t trunk_id,
			       struct dir_trunk *ret);
int must_check directory_trunk_org(struct directory *d, uint64_t trunk_id,
				   const struct uuid *organization,
				   uint64_t *ret_organization_id);
int must_check directory_organization(struct directory *d, uint64_t id,
				      struct dir_organization *ret);
int must_check directory_identity(struct directory *d,
				  uint64_t organization_id,
				  enum identity_kind kind, struct text value,
				  struct dir_identity *ret);
/* Longest prefix among the organisation's network ranges. */
int must_check directory_network(struct directory *d,
				 const struct dir_organization *organization,
				 const uint8_t addr[16],
				 struct dir_network *ret);
int must_check directory_endpoint(struct directory *d, uint64_t id,
				  struct dir_endpoint *ret);
int must_check directory_location(struct directory *d, uint64_t id,
				  struct dir_location *ret);
int must_check directory_elin(struct directory *d, uint64_t number,
			      struct dir_elin *ret);
int must_check directory_psap(struct directory *d, uint64_t id,
			      struct dir_psap *ret);
int must_check directory_gateway(struct directory *d, struct dir_gateway *ret);
int must_check directory_meta(struct directory *d, struct dir_meta *ret);

/* Damaged records met since the open. */
uint64_t directory_damage_count(const struct directory *d);

/* The directory that <path>/current names; negative errno.  For noticing a
 * switch of generation. */
int must_check directory_current_target(const char *path, char *buf,
					size_t size);
