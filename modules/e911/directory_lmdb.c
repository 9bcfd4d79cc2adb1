/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* asprintf */
#include "directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dir_codec.h"
#include "directory_file.h"
#include "record_cache.h"

#define TARGET_MAX 256
/* What could not be opened is tried again after so many begins. */
#define RETRY_BEGINS 64

static const char *const links[] = { "current", "previous" };

/* One generation, open. */
struct snapshot {
	struct directory_file *file; /* owned; NULL: none */
	dev_t dev;                   /* which data.mdb */
	ino_t ino;
};

struct directory {
	char *path; /* owned */
	struct snapshot open;
	/* What is asked when a record of the open one is damaged. */
	struct snapshot spare;
	uint64_t spare_tried; /* hint with which it was looked for, plus 1 */
	bool spare_begun;
	bool from_spare;            /* the latest record is */
	struct record_cache *cache; /* owned; NULL: none */
	/* Whose the latest source was: a request asks several times. */
	struct {
		uint64_t snapshot; /* 0: not known */
		uint8_t addr[16];
		uint64_t trunk_id;
	} source;
	bool is_begun;
	bool is_stale;
	uint64_t hint, hint_tried;
	uint64_t changes;  /* 0: not told of */
	unsigned retry_in; /* begins, while stale */
	uint64_t damage_count;
};

/* "a/b"; owned by the caller; NULL without memory. */
static char *path_join(const char *a, const char *b)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", a, b) < 0 ? NULL : path;
}

/* Where it leads, NUL-terminated: the length. */
static int link_read(const char *path, const char *name, char *buf, size_t size)
{
	char *link = path_join(path, name);
	ssize_t len;
	int err;

	if (!link)
		return -ENOMEM;
	len = readlink(link, buf, size);
	err = len < 0 ? -errno : (int)len;
	free(link);
	if (len == (ssize_t)size)
		err = -ENOSPC;
	if (err >= 0)
		buf[err] = '\0';
	return err;
}

int directory_current_target(const char *path, char *buf, size_t size)
{
	return link_read(path, "current", buf, size);
}

/* ---- one generation ---- */

/* Where the link leads, owned by the caller. */
static int link_follow(const char *path, const char *name, char **ret)
{
	char target[TARGET_MAX];
	int err = link_read(path, name, target, sizeof(target));

	/* Something else than a link is no generation. */
	if (err < 0)
		return err == -EINVAL ? -ENOENT : err;
	*ret = path_join(path, target);
	return *ret ? 0 : -ENOMEM;
}

static void snapshot_close(struct snapshot *s)
{
	s->file = directory_file_close(s->file);
	*s = (struct snapshot){ 0 };
}

static int meta_read(const struct snapshot *s, struct dir_meta *ret)
{
	struct dir_key key;
	struct text v;

	dir_key_meta(&key);
	if (directory_file_find(s->file, &key, &v) < 0)
		return -EBADMSG;
	return dir_meta_decode(&key, v.p, v.len, ret) < 0 ? -EBADMSG : 0;
}

/* A generation whose first record cannot be read is not served at all. */
static int snapshot_check(const struct snapshot *s)
{
	struct dir_meta meta;
	int err = directory_file_begin(s->file, 0);

	if (err == 0)
		err = meta_read(s, &meta);
	directory_file_end(s->file);
	return err;
}

static int snapshot_open(const char *dir, struct snapshot *ret)
{
	char *path = path_join(dir, "data.mdb");
	struct snapshot s = { 0 };
	struct stat st = { 0 };
	int err;

	if (!path)
		return -ENOMEM;
	err = directory_file_open(&s.file, path);
	free(path);
	if (err == 0 && fstat(directory_file_fd(s.file), &st) < 0)
		err = -errno;
	if (err == 0)
		err = snapshot_check(&s);
	if (err < 0) {
		snapshot_close(&s);
		return err;
	}
	s.dev = st.st_dev;
	s.ino = st.st_ino;
	*ret = s;
	return 0;
}

static bool snapshot_is(const struct snapshot *s, const char *dir)
{
	char *file = path_join(dir, "data.mdb");
	struct stat st;
	bool same;

	if (!file)
		return false;
	same = s->file && stat(file, &st) == 0 && st.st_dev == s->dev &&
	       st.st_ino == s->ino;
	free(file);
	return same;
}

/* What was remembered of the snapshot. */
static void directory_forget(struct directory *d)
{
	record_cache_clear(d->cache);
	d->source.snapshot = 0;
}

static void directory_shut(struct directory *d)
{
	directory_forget(d);
	snapshot_close(&d->open);
	snapshot_close(&d->spare);
	d->spare_begun = false;
	d->spare_tried = 0;
}

/* Open what the link leads to, unless it is open already. */
static int snapshot_follow(struct directory *d, const char *name)
{
	struct snapshot s;
	char *dir;
	int err = link_follow(d->path, name, &dir);

	if (err < 0)
		return err;
	if (snapshot_is(&d->open, dir)) {
		free(dir);
		return 0;
	}
	err = snapshot_open(dir, &s);
	free(dir);
	if (err < 0)
		return err;
	directory_shut(d);
	d->open = s;
	return 0;
}

/* ---- all generations ---- */

/*
 * The best there is; what is open stays when there is none.  Stale is not for
 * ever: a file may have been looked at between its commit and its last page,
 * or the system was short of descriptors.
 */
static int directory_reopen(struct directory *d)
{
	int first = 0;

	d->hint_tried = d->hint;
	d->is_stale = false;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		int err = snapshot_follow(d, links[i]);

		if (err == 0)
			return 0;
		d->is_stale = true;
		d->retry_in = RETRY_BEGINS;
		if (first == 0 || first == -ENOENT)
			first = err;
	}
	return first;
}

int directory_open(struct directory **ret, const char *path)
{
	struct directory *d = calloc(1, sizeof(*d));
	int err = -ENOMEM;

	if (!d)
		return err;
	d->path = strdup(path);
	d->cache = record_cache_new();
	if (d->path)
		err = directory_reopen(d);
	if (err < 0) {
		directory_close(d);
		return err;
	}
	*ret = d;
	return 0;
}

struct directory *directory_close(struct directory *d)
{
	if (!d)
		return NULL;
	directory_shut(d);
	record_cache_free(d->cache);
	free(d->path);
	free(d);
	return NULL;
}

void directory_hint(struct directory *d, uint64_t generation)
{
	d->hint = generation;
}

void directory_told(struct directory *d, uint64_t changes)
{
	d->changes = changes;
}

int directory_begin(struct directory *d)
{
	int err = 0;

	directory_end(d);
	if (d->is_stale && --d->retry_in == 0)
		d->hint_tried = ~d->hint;
	if (!d->open.file || d->hint != d->hint_tried)
		err = directory_reopen(d);
	if (!d->open.file)
		return err;
	err = directory_file_begin(d->open.file, d->changes);
	if (err < 0) {
		directory_shut(d);
		if (directory_reopen(d) < 0)
			return err;
		err = directory_file_begin(d->open.file, d->changes);
	}
	d->is_begun = err == 0;
	return err;
}

void directory_end(struct directory *d)
{
	if (d->is_begun)
		directory_file_end(d->open.file);
	if (d->spare_begun)
		directory_file_end(d->spare.file);
	record_cache_sweep(d->cache);
	d->is_begun = false;
	d->spare_begun = false;
}

bool directory_is_stale(const struct directory *d)
{
	return d->is_stale;
}

uint64_t directory_damage_count(const struct directory *d)
{
	return d->damage_count;
}

/* ---- records: whole, and the key's own ---- */

/* 0: outside a message */
static uint64_t state_of(const struct directory *d)
{
	return d->is_begun ? directory_file_state(d->open.file) : 0;
}

static int damaged(struct directory *d)
{
	d->damage_count++;
	return -EBADMSG;
}

/*
 * The generation before: what it has of a damaged record is older, and better
 * than nothing.  It must be of the same database.
 */
static int spare_open(struct directory *d)
{
	struct dir_meta ours, its;
	struct snapshot s;
	char *dir;
	int err = link_follow(d->path, "previous", &dir);

	if (err < 0)
		return err;
	err = snapshot_is(&d->open, dir) ? -ENOENT : snapshot_open(dir, &s);
	free(dir);
	if (err < 0)
		return err;
	err = directory_file_begin(s.file, 0);
	if (err == 0)
		err = meta_read(&d->open, &ours);
	if (err == 0)
		err = meta_read(&s, &its);
	if (err == 0 && !text_equal(ours.database_id, its.database_id))
		err = -ENOENT;
	if (err < 0) {
		snapshot_close(&s);
		return err;
	}
	d->spare = s;
	d->spare_begun = true;
	return 0;
}

static bool spare_begin(struct directory *d)
{
	if (d->spare_begun)
		return true;
	if (!d->spare.file) {
		if (d->spare_tried == d->hint + 1)
			return false;
		d->spare_tried = d->hint + 1;
		return spare_open(d) == 0;
	}
	d->spare_begun = directory_file_begin(d->spare.file, 0) == 0;
	if (!d->spare_begun)
		snapshot_close(&d->spare);
	return d->spare_begun;
}

static int record_get(struct directory *d, const struct dir_key *key,
		      struct text *ret)
{
	int err;

	d->from_spare = false;
	err = d->is_begun ? directory_file_find(d->open.file, key, ret)
			  : -EBADMSG;
	if (err == 0 || err == -ENOENT)
		return err;
	(void)damaged(d);
	if (!d->is_begun || !spare_begin(d) ||
	    directory_file_find(d->spare.file, key, ret) < 0)
		return -EBADMSG;
	d->from_spare = true;
	return 0;
}

#define RECORD(name) \
	static int name##_get(struct directory *d, struct dir_key *key, \
			      struct dir_##name *ret) \
	{ \
		struct text v; \
		int err = record_get(d, key, &v); \
\
		if (err < 0) \
			return err; \
		err = dir_##name##_read(key, v.p, v.len, ret); \
		return err < 0 ? damaged(d) : 0; \
	}

/* One that every call needs: not decoded anew each time. */
#define COMMON_RECORD(name) \
	static int name##_get(struct directory *d, struct dir_key *key, \
			      struct dir_##name *ret) \
	{ \
		uint64_t state = state_of(d); \
		struct text v; \
		int err; \
\
		if (record_cache_get(d->cache, state, key, ret, sizeof(*ret))) \
			return 0; \
		err = record_get(d, key, &v); \
		if (err < 0) \
			return err; \
		if (!d->from_spare) \
			v = record_cache_take(d->cache, state, key, v); \
		err = dir_##name##_read(key, v.p, v.len, ret); \
		if (err < 0) \
			return damaged(d); \
		if (!d->from_spare) \
			record_cache_put(d->cache, key, ret, sizeof(*ret)); \
		return 0; \
	}
/* clang-format off */
RECORD(meta)
COMMON_RECORD(gateway)
COMMON_RECORD(source)
COMMON_RECORD(trunk)
COMMON_RECORD(trunk_org)
COMMON_RECORD(organization)
RECORD(identity)
RECORD(endpoint)
RECORD(network)
RECORD(location)
RECORD(elin)
COMMON_RECORD(psap)
RECORD(credential)
RECORD(certificate)
RECORD(station)
RECORD(client)
RECORD(screen)
RECORD(template)
RECORD(hours)
/* clang-format on */

int directory_meta(struct directory *d, struct dir_meta *ret)
{
	struct dir_key key;

	dir_key_meta(&key);
	return meta_get(d, &key, ret);
}

int directory_gateway(struct directory *d, struct dir_gateway *ret)
{
	struct dir_key key;

	dir_key_gateway(&key);
	return gateway_get(d, &key, ret);
}

/* The shortest prefix that may hold the address: all IPv4 is in a /96. */
static int plen_least(const uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(addr, mapped, sizeof(mapped)) == 0 ? 96 : 0;
}

/* Which lengths to try; without the record that tells, all. */
static struct dir_plens source_plens(struct directory *d)
{
	struct dir_gateway gateway;

	if (directory_gateway(d, &gateway) < 0)
		return (struct dir_plens){ { UINT64_MAX, UINT64_MAX, 1 } };
	return gateway.source_plens;
}

static int source_find(struct directory *d, const uint8_t addr[16],
		       struct dir_source *ret)
{
	struct dir_plens plens = source_plens(d);
	int least = plen_least(addr), err = -ENOENT;
	struct dir_key key;

	for (int n = dir_plens_next(&plens, 128); n >= least && err == -ENOENT;
	     n = dir_plens_next(&plens, n - 1)) {
		dir_key_source(&key, addr, (unsigned)n);
		err = source_get(d, &key, ret);
	}
	return err;
}

int directory_trunk_by_source(struct directory *d, const uint8_t addr[16],
			      struct dir_trunk *ret)
{
	uint64_t snapshot = state_of(d);
	struct dir_source source = { .trunk_id = d->source.trunk_id };
	int err;

	if (!snapshot || d->source.snapshot != snapshot ||
	    memcmp(d->source.addr, addr, sizeof(d->source.addr)) != 0) {
		err = source_find(d, addr, &source);
		if (err < 0)
			return err;
		d->source.snapshot = snapshot;
		memcpy(d->source.addr, addr, sizeof(d->source.addr));
		d->source.trunk_id = source.trunk_id;
	}
	err = directory_trunk(d, source.trunk_id, ret);
	/* -ENOENT would read as "no customer of ours". */
	return err == -ENOENT ? damaged(d) : err;
}

int directory_trunk(struct directory *d, uint64_t trunk_id,
		    struct dir_trunk *ret)
{
	struct dir_key key;

	dir_key_trunk(&key, trunk_id);
	return trunk_get(d, &key, ret);
}

/* Where the newest generation is damaged: the next one of the one before. */
static int spare_after(struct directory *d, struct dir_key *key,
		       struct text *ret)
{
	if (!d->is_begun || !spare_begin(d) ||
	    directory_file_after(d->spare.file, key, ret) < 0 ||
	    dir_record_check(key, ret->p, ret->len) < 0)
		return -EBADMSG;
	return 0;
}

/*
 * The genuine record behind *key whose key has the same first bytes and the
 * same length.  A damaged one is passed over if the generation before does not
 * have it either, and counted.  -ENOENT: that was the last one; -EBADMSG: not
 * known what follows.
 */
static int record_after(struct directory *d, struct dir_key *key, size_t same,
			struct text *ret)
{
	const struct dir_key from = *key;
	bool is_other;
	int err;

	for (;;) {
		err = d->is_begun ? directory_file_after(d->open.file, key, ret)
				  : -EBADMSG;
		if (err < 0 && err != -ENOENT) {
			(void)damaged(d);
			err = spare_after(d, key, ret);
		}
		if (err < 0)
			return err;
		is_other = key->len != from.len ||
			   memcmp(key->b, from.b, same) != 0;
		if (dir_record_check(key, ret->p, ret->len) >= 0)
			return is_other ? -ENOENT : 0;
		(void)damaged(d);
		/* Its key may have been one of these. */
		if (is_other)
			return -EBADMSG;
		if (spare_begin(d) &&
		    directory_file_find(d->spare.file, key, ret) == 0)
			return 0;
	}
}

int directory_trunk_after(struct directory *d, uint64_t trunk_id,
			  struct dir_trunk *ret)
{
	struct dir_key key;
	struct text v;
	int err;

	dir_key_trunk(&key, trunk_id);
	do {
		err = record_after(d, &key, 1, &v);
		if (err < 0)
			return err;
		err = dir_trunk_decode(&key, v.p, v.len, ret);
		if (err < 0)
			(void)damaged(d);
	} while (err < 0);
	return 0;
}

int directory_each(struct directory *d, enum dir_kind kind,
		   directory_record_f *on_record, void *arg)
{
	struct dir_key key = { .len = 1, .b = { (uint8_t)kind } };
	int err = 0;

	while (err >= 0) {
		struct text v;

		err = d->is_begun ? directory_file_after(d->open.file, &key, &v)
				  : -EBADMSG;
		if (err < 0)
			return err == -ENOENT ? 0 : damaged(d);
		if (key.b[0] != (uint8_t)kind)
			return 0;
		err = on_record(&key, v.p, v.len, arg);
	}
	return err;
}

int directory_trunk_org(struct directory *d, uint64_t trunk_id,
			const struct uuid *uuid, uint64_t *ret_organization_id)
{
	struct dir_trunk_org r;
	struct dir_key key;
	int err;

	dir_key_trunk_org(&key, trunk_id, uuid);
	err = trunk_org_get(d, &key, &r);
	if (err == 0)
		*ret_organization_id = r.organization_id;
	return err;
}

int directory_organization(struct directory *d, uint64_t organization_id,
			   struct dir_organization *ret)
{
	struct dir_key key;

	dir_key_organization(&key, organization_id);
	return organization_get(d, &key, ret);
}

int directory_identity(struct directory *d, uint64_t organization_id,
		       enum identity_kind kind, struct text value,
		       struct dir_identity *ret)
{
	struct dir_key key;

	/* Nobody's identity is that long. */
	if (dir_key_identity(&key, organization_id, kind, value) < 0)
		return -ENOENT;
	return identity_get(d, &key, ret);
}

int directory_network(struct directory *d,
		      const struct dir_organization *organization,
		      const uint8_t addr[16], struct dir_network *ret)
{
	const struct dir_plens *plens = &organization->network_plens;
	int least = plen_least(addr), err = -ENOENT;
	struct dir_key key;

	for (int n = dir_plens_next(plens, 128); n >= least && err == -ENOENT;
	     n = dir_plens_next(plens, n - 1)) {
		dir_key_network(&key, organization->organization_id, addr,
				(unsigned)n);
		err = network_get(d, &key, ret);
	}
	return err;
}

int directory_endpoint(struct directory *d, uint64_t endpoint_id,
		       struct dir_endpoint *ret)
{
	struct dir_key key;

	dir_key_endpoint(&key, endpoint_id);
	return endpoint_get(d, &key, ret);
}

int directory_location(struct directory *d, uint64_t location_id,
		       struct dir_location *ret)
{
	struct dir_key key;

	dir_key_location(&key, location_id);
	return location_get(d, &key, ret);
}

int directory_credential(struct directory *d, struct text username,
			 struct dir_credential *ret)
{
	struct dir_key key;

	if (dir_key_credential(&key, username) < 0)
		return -ENOENT;
	return credential_get(d, &key, ret);
}

int directory_certificate(struct directory *d, struct text name,
			  struct dir_certificate *ret)
{
	struct dir_key key;

	if (dir_key_certificate(&key, name) < 0)
		return -ENOENT;
	return certificate_get(d, &key, ret);
}

int directory_access_point(struct directory *d, uint64_t organization_id,
			   const char mac[13], struct dir_station *ret)
{
	struct dir_key key;

	dir_key_access_point(&key, organization_id, mac);
	return station_get(d, &key, ret);
}

int directory_switch(struct directory *d, uint64_t organization_id,
		     struct text chassis, struct text port,
		     struct dir_station *ret)
{
	struct dir_key key;

	dir_key_switch(&key, organization_id, chassis, port);
	return station_get(d, &key, ret);
}

int directory_client(struct directory *d, struct text name,
		     struct dir_client *ret)
{
	struct dir_key key;

	if (dir_key_client(&key, name) < 0)
		return -ENOENT;
	return client_get(d, &key, ret);
}

int directory_screen(struct directory *d, uint64_t screen_id,
		     struct dir_screen *ret)
{
	struct dir_key key;

	dir_key_screen(&key, screen_id);
	return screen_get(d, &key, ret);
}

/* What the keys of recipients of one scope begin with: all but the id. */
#define RECIPIENT_PREFIX 18

int directory_recipient_after(struct directory *d, uint64_t organization_id,
			      enum recipient_scope scope, uint64_t scope_id,
			      uint64_t recipient_id, struct dir_recipient *ret)
{
	struct dir_key key;
	struct text v;
	int err;

	dir_key_recipient(&key, organization_id, scope, scope_id, recipient_id);
	do {
		err = record_after(d, &key, RECIPIENT_PREFIX, &v);
		if (err < 0)
			return err;
		err = dir_recipient_decode(&key, v.p, v.len, ret);
		if (err < 0)
			(void)damaged(d);
	} while (err < 0);
	return 0;
}

int directory_template(struct directory *d, enum template_scope scope,
		       uint64_t id, struct dir_template *ret)
{
	struct dir_key key;

	dir_key_template(&key, scope, id);
	return template_get(d, &key, ret);
}

int directory_hours(struct directory *d, uint64_t hours_id,
		    struct dir_hours *ret)
{
	struct dir_key key;

	dir_key_hours(&key, hours_id);
	return hours_get(d, &key, ret);
}

int directory_elin(struct directory *d, uint64_t number, struct dir_elin *ret)
{
	struct dir_key key;

	dir_key_elin(&key, number);
	return elin_get(d, &key, ret);
}

int directory_psap(struct directory *d, uint64_t psap_id, struct dir_psap *ret)
{
	struct dir_key key;

	dir_key_psap(&key, psap_id);
	return psap_get(d, &key, ret);
}
