/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * directory: the provisioned world, as a worker reads it.
 *
 *	<path>/current  -> gen-000007	what to read
 *	<path>/previous -> gen-000006	what to read when that is damaged
 *
 * A worker has one, opened after the fork and never shared.  It looks inside
 * a begin and an end, which bound one message and see one state: texts of
 * records live until directory_end().
 *
 * Lookups give 0, -ENOENT, or -EBADMSG for what is damaged: a record whose
 * checksum or key is wrong, a key whose absence cannot be proven, a reference
 * that leads nowhere.  Damage is counted, never served; what 'previous' has of
 * a damaged record is served, if it is of the same database.  *ret is
 * untouched on failure.
 */
#pragma once

#include <sys/types.h>

#include "dir_record.h"

struct directory;

/*
 * Open <path>/current, else <path>/previous.  -ENOENT when there is neither,
 * -EBADMSG when they are damaged, or why the system refused.
 */
int must_check directory_open(struct directory **ret, const char *path);
/* Accepts NULL; returns NULL. */
struct directory *directory_close(struct directory *d);

/*
 * Somebody saw 'current' move: any number that differs from the last one
 * makes the next begin look.  When the new generation cannot be opened, the
 * one that is open stays.
 */
void directory_hint(struct directory *d, uint64_t generation);

/*
 * How often somebody has told, by now, that the file may have changed; 0, as
 * behind an open: nobody tells.  While the number stands, a begin may take the
 * state that it saw a moment ago for the newest one, without looking.
 */
void directory_told(struct directory *d, uint64_t changes);

/*
 * 0, or why there is no directory for this message: -EBADMSG damaged, -EIO,
 * -ENOMEM, ...  Then the next begin opens it anew.
 */
int must_check directory_begin(struct directory *d);
/* Also without a begin, and twice. */
void directory_end(struct directory *d);

/* Not what 'current' points to, for want of a sound one. */
bool directory_is_stale(const struct directory *d);
/* Damaged records met since the open. */
uint64_t directory_damage_count(const struct directory *d);

/*
 * What <path>/current points to, NUL-terminated: its length, -ENOENT,
 * -ENOSPC, ...
 */
int must_check directory_current_target(const char *path, char *buf,
					size_t size);

/* ---- between begin and end ---- */

int must_check directory_meta(struct directory *d, struct dir_meta *ret);
int must_check directory_gateway(struct directory *d, struct dir_gateway *ret);

/*
 * The trunk that an address belongs to: longest prefix first.  Addresses are
 * 16 bytes, IPv4 as ::ffff:a.b.c.d; a prefix of IPv6 holds no IPv4 address.
 */
int must_check directory_trunk_by_source(struct directory *d,
					 const uint8_t addr[16],
					 struct dir_trunk *ret);
int must_check directory_trunk(struct directory *d, uint64_t trunk_id,
			       struct dir_trunk *ret);
/* The trunk with the next larger id, 0 begins; those whose record is damaged
 * are counted and left out.  -ENOENT: there is no more. */
int must_check directory_trunk_after(struct directory *d, uint64_t trunk_id,
				     struct dir_trunk *ret);
/*
 * Each record of a kind that has several, undecoded, in the order of the keys.
 * For tools: a worker has no time for it.  A negative result ends it and is
 * returned.
 */
typedef int directory_record_f(const struct dir_key *key, const void *value,
			       size_t len, void *arg);
int must_check directory_each(struct directory *d, enum dir_kind kind,
			      directory_record_f *on_record, void *arg);
/* The organisation that the trunk may claim under this UUID. */
int must_check directory_trunk_org(struct directory *d, uint64_t trunk_id,
				   const struct uuid *uuid,
				   uint64_t *ret_organization_id);
int must_check directory_organization(struct directory *d,
				      uint64_t organization_id,
				      struct dir_organization *ret);
/* value as normalised for dir_key_identity(). */
int must_check directory_identity(struct directory *d, uint64_t organization_id,
				  enum identity_kind kind, struct text value,
				  struct dir_identity *ret);
/* As directory_trunk_by_source(), among the organisation's networks. */
int must_check directory_network(struct directory *d,
				 const struct dir_organization *organization,
				 const uint8_t addr[16],
				 struct dir_network *ret);
int must_check directory_endpoint(struct directory *d, uint64_t endpoint_id,
				  struct dir_endpoint *ret);
int must_check directory_location(struct directory *d, uint64_t location_id,
				  struct dir_location *ret);
int must_check directory_credential(struct directory *d, struct text username,
				    struct dir_credential *ret);
int must_check directory_certificate(struct directory *d, struct text name,
				     struct dir_certificate *ret);
int must_check directory_access_point(struct directory *d,
				      uint64_t organization_id,
				      const char mac[13],
				      struct dir_station *ret);
/* Without a port: the switch itself. */
int must_check directory_switch(struct directory *d, uint64_t organization_id,
				struct text chassis, struct text port,
				struct dir_station *ret);
int must_check directory_client(struct directory *d, struct text name,
				struct dir_client *ret);
int must_check directory_screen(struct directory *d, uint64_t screen_id,
				struct dir_screen *ret);
/* The recipient of that scope with the next larger id, 0 begins; those whose
 * record is damaged are counted and left out.  -ENOENT: there is no more. */
int must_check directory_recipient_after(struct directory *d,
					 uint64_t organization_id,
					 enum recipient_scope scope,
					 uint64_t scope_id,
					 uint64_t recipient_id,
					 struct dir_recipient *ret);
int must_check directory_template(struct directory *d,
				  enum template_scope scope, uint64_t id,
				  struct dir_template *ret);
int must_check directory_hours(struct directory *d, uint64_t hours_id,
			       struct dir_hours *ret);
int must_check directory_elin(struct directory *d, uint64_t number,
			      struct dir_elin *ret);
int must_check directory_psap(struct directory *d, uint64_t psap_id,
			      struct dir_psap *ret);
