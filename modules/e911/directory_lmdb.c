/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb_env.h"
#include "record_cache.h"

#define TARGET_MAX 256
/* What could not be opened is tried again after so many begins. */
#define RETRY_BEGINS 64

static const char *const links[] = { "current", "previous" };

/* One generation, open. */
struct snapshot {
	MDB_env *env; /* owned */
	MDB_txn *txn; /* owned; reset between messages */
	MDB_dbi dbi;
	size_t last_page; /* known to be within the file */
	dev_t dev;        /* which data.mdb: LMDB must not open it twice */
	ino_t ino;
};

struct directory {
	char *path; /* owned */
	struct snapshot open;
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
	unsigned retry_in; /* begins, while stale */
	uint64_t damage_count;
};

int directory_current_target(const char *path, char *buf, size_t size)
{
	char *link = lmdb_path(path, "current");
	ssize_t len;
	int err;

	if (!link)
		return -ENOMEM;
	len = readlink(link, buf, size);
	err = len < 0 ? -errno : (int)len;
	free(link);
	if (err < 0)
		return err;
	if ((size_t)len == size)
		return -ENOSPC;
	buf[len] = '\0';
	return err;
}

/* ---- one generation ---- */

/*
 * Where the link leads, owned by the caller.  The link itself is never given
 * to LMDB: it might move between the opening of data and lock.
 */
static int link_follow(const char *path, const char *name, char **ret)
{
	char target[TARGET_MAX];
	char *link = lmdb_path(path, name);
	ssize_t len;
	int err = 0;

	if (!link)
		return -ENOMEM;
	len = readlink(link, target, sizeof(target));
	if (len < 0)
		/* Something else than a link is no generation. */
		err = errno == EINVAL ? -ENOENT : -errno;
	else if ((size_t)len == sizeof(target))
		err = -ENAMETOOLONG;
	free(link);
	if (err < 0)
		return err;
	target[len] = '\0';
	*ret = lmdb_path(path, target);
	return *ret ? 0 : -ENOMEM;
}

static void snapshot_close(struct snapshot *s)
{
	if (s->txn)
		mdb_txn_abort(s->txn);
	if (s->env)
		mdb_env_close(s->env);
	*s = (struct snapshot){ 0 };
}

/* The pages of the latest transaction are all within the file. */
static int snapshot_guard(struct snapshot *s)
{
	MDB_envinfo info;
	int rc = mdb_env_info(s->env, &info);

	if (rc == 0 && info.me_last_pgno > s->last_page)
		rc = lmdb_env_guard(s->env);
	if (rc)
		return lmdb_err(rc);
	s->last_page = info.me_last_pgno;
	return 0;
}

static int value_get(const struct snapshot *s, struct dir_key *key,
		     MDB_val *ret)
{
	MDB_val k = { key->len, key->b };
	int rc = mdb_get(s->txn, s->dbi, &k, ret);

	if (rc == 0 || rc == MDB_NOTFOUND)
		return rc ? -ENOENT : 0;
	return -EBADMSG;
}

/* A generation whose first record cannot be read is not served at all. */
static int snapshot_check(const struct snapshot *s)
{
	struct dir_meta meta;
	struct dir_key key;
	MDB_val v;

	dir_key_meta(&key);
	if (value_get(s, &key, &v) < 0)
		return -EBADMSG;
	if (dir_meta_decode(&key, v.mv_data, v.mv_size, &meta) < 0)
		return -EBADMSG;
	return 0;
}

static int snapshot_begin_first(struct snapshot *s)
{
	struct stat st;
	int fd, rc;

	if (mdb_env_get_fd(s->env, &fd) != 0 || fstat(fd, &st) < 0)
		return -EIO;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	rc = lmdb_txn_begin(s->env, MDB_RDONLY, &s->txn);
	if (rc)
		return lmdb_err(rc);
	rc = mdb_dbi_open(s->txn, NULL, 0, &s->dbi);
	return rc ? lmdb_err(rc) : snapshot_guard(s);
}

static int snapshot_open(const char *dir, struct snapshot *ret)
{
	struct snapshot s = { 0 };
	int err = lmdb_err(lmdb_env_open(dir, MDB_RDONLY, 0, &s.env));

	if (err < 0)
		return err;
	err = snapshot_begin_first(&s);
	if (err == 0)
		err = snapshot_check(&s);
	if (err < 0) {
		snapshot_close(&s);
		return err;
	}
	mdb_txn_reset(s.txn);
	*ret = s;
	return 0;
}

static bool snapshot_is(const struct snapshot *s, const char *dir)
{
	char *file = lmdb_path(dir, "data.mdb");
	struct stat st;
	bool same;

	if (!file)
		return false;
	same = s->env && stat(file, &st) == 0 && st.st_dev == s->dev &&
	       st.st_ino == s->ino;
	free(file);
	return same;
}

/* Files that directory_probe() found damaged. */
static struct {
	dev_t dev;
	ino_t ino;
} distrusted[ARRAY_SIZE(links)];
static size_t distrusted_count;

void directory_distrust(dev_t dev, ino_t ino)
{
	if (distrusted_count == ARRAY_SIZE(distrusted))
		return;
	distrusted[distrusted_count].dev = dev;
	distrusted[distrusted_count++].ino = ino;
}

static bool is_distrusted(const char *dir)
{
	char *file = lmdb_path(dir, "data.mdb");
	struct stat st;
	bool found = false;

	if (!file)
		return false;
	if (stat(file, &st) == 0)
		for (size_t i = 0; i < distrusted_count; i++)
			found |= st.st_dev == distrusted[i].dev &&
				 st.st_ino == distrusted[i].ino;
	free(file);
	return found;
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
	err = is_distrusted(dir) ? -EBADMSG : snapshot_open(dir, &s);
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

static int directory_renew(struct directory *d)
{
	struct snapshot *s = &d->open;
	int rc = mdb_txn_renew(s->txn);

	if (rc == MDB_MAP_RESIZED) {
		directory_forget(d);
		rc = mdb_env_set_mapsize(s->env, 0);
		if (rc == 0)
			rc = mdb_txn_renew(s->txn);
	}
	return rc ? lmdb_err(rc) : snapshot_guard(s);
}

int directory_begin(struct directory *d)
{
	int err = 0;

	directory_end(d);
	if (d->is_stale && --d->retry_in == 0)
		d->hint_tried = ~d->hint;
	if (!d->open.env || d->hint != d->hint_tried)
		err = directory_reopen(d);
	if (!d->open.env)
		return err;
	err = directory_renew(d);
	if (err < 0)
		/* Without its map LMDB must not be asked again. */
		directory_shut(d);
	d->is_begun = err == 0;
	return err;
}

void directory_end(struct directory *d)
{
	if (d->is_begun)
		mdb_txn_reset(d->open.txn);
	d->is_begun = false;
}

bool directory_is_stale(const struct directory *d)
{
	return d->is_stale;
}

uint64_t directory_damage_count(const struct directory *d)
{
	return d->damage_count;
}

/* ---- records ---- */

static int damaged(struct directory *d)
{
	d->damage_count++;
	return -EBADMSG;
}

static int record_get(struct directory *d, struct dir_key *key, MDB_val *ret)
{
	int err = value_get(&d->open, key, ret);

	return err == -EBADMSG ? damaged(d) : err;
}

#define RECORD(name) \
	static int name##_get(struct directory *d, struct dir_key *key, \
			      struct dir_##name *ret) \
	{ \
		MDB_val v; \
		int err = record_get(d, key, &v); \
\
		if (err < 0) \
			return err; \
		err = dir_##name##_decode(key, v.mv_data, v.mv_size, ret); \
		return err < 0 ? damaged(d) : 0; \
	}

/* One that every call needs: not decoded anew each time. */
#define COMMON_RECORD(name) \
	static int name##_get(struct directory *d, struct dir_key *key, \
			      struct dir_##name *ret) \
	{ \
		uint64_t snapshot = mdb_txn_id(d->open.txn); \
		MDB_val v; \
		int err; \
\
		if (record_cache_get(d->cache, snapshot, key, ret, \
				     sizeof(*ret))) \
			return 0; \
		err = record_get(d, key, &v); \
		if (err < 0) \
			return err; \
		err = dir_##name##_decode(key, v.mv_data, v.mv_size, ret); \
		if (err < 0) \
			return damaged(d); \
		record_cache_put(d->cache, snapshot, key, \
				 text_make(v.mv_data, v.mv_size), ret, \
				 sizeof(*ret)); \
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
	uint64_t snapshot = mdb_txn_id(d->open.txn);
	struct dir_source source = { .trunk_id = d->source.trunk_id };
	int err;

	if (d->source.snapshot != snapshot ||
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

/* The record behind the key, if it is a trunk's; *key becomes its. */
static int trunk_behind(struct directory *d, MDB_cursor *cursor,
			struct dir_key *key, MDB_val *ret)
{
	MDB_val k = { key->len, key->b };
	int rc = mdb_cursor_get(cursor, &k, ret, MDB_SET_RANGE);

	if (rc == 0 && k.mv_size == key->len &&
	    memcmp(k.mv_data, key->b, key->len) == 0)
		rc = mdb_cursor_get(cursor, &k, ret, MDB_NEXT);
	if (rc)
		return rc == MDB_NOTFOUND ? -ENOENT : damaged(d);
	if (k.mv_size != key->len ||
	    *(const uint8_t *)k.mv_data != (uint8_t)DIR_TRUNK)
		return -ENOENT;
	memcpy(key->b, k.mv_data, key->len);
	return 0;
}

int directory_trunk_after(struct directory *d, uint64_t trunk_id,
			  struct dir_trunk *ret)
{
	struct dir_key key;
	MDB_cursor *cursor;
	MDB_val v;
	int err;

	dir_key_trunk(&key, trunk_id);
	if (mdb_cursor_open(d->open.txn, d->open.dbi, &cursor))
		return -ENOMEM;
	while ((err = trunk_behind(d, cursor, &key, &v)) == 0) {
		if (dir_trunk_decode(&key, v.mv_data, v.mv_size, ret) == 0)
			break;
		(void)damaged(d);
	}
	mdb_cursor_close(cursor);
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
