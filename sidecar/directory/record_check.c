/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/record_check.h"

#include <errno.h>

#include "directory/page_tour.h"

union any_record {
	struct dir_meta meta;
	struct dir_gateway gateway;
	struct dir_source source;
	struct dir_trunk trunk;
	struct dir_trunk_org trunk_org;
	struct dir_organization organization;
	struct dir_identity identity;
	struct dir_endpoint endpoint;
	struct dir_network network;
	struct dir_location location;
	struct dir_elin elin;
	struct dir_psap psap;
	struct dir_credential credential;
	struct dir_certificate certificate;
	struct dir_station station;
	struct dir_client client;
	struct dir_screen screen;
	struct dir_recipient recipient;
	struct dir_template template;
	struct dir_hours hours;
};

static int decode(const struct dir_key *k, const void *p, size_t n,
		  union any_record *r)
{
	switch ((enum dir_kind)k->b[0]) {
	case DIR_META:
		return dir_meta_decode(k, p, n, &r->meta);
	case DIR_GATEWAY:
		return dir_gateway_decode(k, p, n, &r->gateway);
	case DIR_SOURCE:
		return dir_source_decode(k, p, n, &r->source);
	case DIR_TRUNK:
		return dir_trunk_decode(k, p, n, &r->trunk);
	case DIR_TRUNK_ORG:
		return dir_trunk_org_decode(k, p, n, &r->trunk_org);
	case DIR_ORGANIZATION:
		return dir_organization_decode(k, p, n, &r->organization);
	case DIR_IDENTITY:
		return dir_identity_decode(k, p, n, &r->identity);
	case DIR_ENDPOINT:
		return dir_endpoint_decode(k, p, n, &r->endpoint);
	case DIR_NETWORK:
		return dir_network_decode(k, p, n, &r->network);
	case DIR_LOCATION:
		return dir_location_decode(k, p, n, &r->location);
	case DIR_ELIN:
		return dir_elin_decode(k, p, n, &r->elin);
	case DIR_PSAP:
		return dir_psap_decode(k, p, n, &r->psap);
	case DIR_CREDENTIAL:
		return dir_credential_decode(k, p, n, &r->credential);
	case DIR_CERTIFICATE:
		return dir_certificate_decode(k, p, n, &r->certificate);
	case DIR_STATION:
		return dir_station_decode(k, p, n, &r->station);
	case DIR_CLIENT:
		return dir_client_decode(k, p, n, &r->client);
	case DIR_SCREEN:
		return dir_screen_decode(k, p, n, &r->screen);
	case DIR_RECIPIENT:
		return dir_recipient_decode(k, p, n, &r->recipient);
	case DIR_TEMPLATE:
		return dir_template_decode(k, p, n, &r->template);
	case DIR_HOURS:
		return dir_hours_decode(k, p, n, &r->hours);
	}
	return -EBADMSG;
}

int record_check(struct lmdb_value key, struct lmdb_value value)
{
	union any_record r;
	struct dir_key k;

	if (key.len == 0 || key.len > sizeof(k.b))
		return -EBADMSG;
	k.len = key.len;
	memcpy(k.b, key.p, key.len);
	return decode(&k, value.p, value.len, &r) < 0 ? -EBADMSG : 0;
}

struct tour {
	size_t count, most;
	struct dir_key *next; /* where to go on */
};

static int check_one(struct text key, struct text value, void *arg)
{
	struct tour *t = arg;

	if (t->count == t->most) {
		/* record_check() has not seen it yet: it may be any length. */
		if (key.len > sizeof(t->next->b))
			return -EBADMSG;
		t->next->len = key.len;
		memcpy(t->next->b, key.p, key.len);
		return 1;
	}
	t->count++;
	return record_check((struct lmdb_value){ key.p, key.len },
			    (struct lmdb_value){ value.p, value.len });
}

int record_check_all(struct lmdb_env *env, size_t *ret_count)
{
	struct tour t = { .most = SIZE_MAX };
	struct record_meta meta;
	int err = record_read_meta(env, &meta);

	if (err == -ENOENT)
		err = -EBADMSG;
	if (err >= 0)
		err = page_tour(env, NULL, check_one, &t);
	if (err < 0)
		return err;
	*ret_count = t.count;
	return 0;
}

int record_check_some(struct lmdb_env *env, size_t max, struct dir_key *from)
{
	struct dir_key next = { .len = 0 };
	struct tour t = { .most = max, .next = &next };
	int err = page_tour(env, from, check_one, &t);

	if (err >= 0)
		*from = next;
	return err;
}

int record_read_meta(struct lmdb_env *env, struct record_meta *ret)
{
	struct record_meta m;
	struct lmdb_value v;
	struct lmdb_txn t;
	struct dir_key key;
	int err = lmdb_txn_begin(&t, env, false);

	if (err < 0)
		return err;
	dir_key_meta(&key);
	err = lmdb_get(&t, (struct lmdb_value){ key.b, key.len }, &v);
	if (err >= 0)
		err = dir_meta_decode(&key, v.p, v.len, &m.meta);
	if (err >= 0 && text_to_cstr(m.meta.database_id, m.database_id,
				     sizeof(m.database_id)) < 0)
		err = -EBADMSG;
	lmdb_txn_abort(&t);
	if (err < 0)
		return err;
	*ret = m;
	ret->meta.database_id = text_of(ret->database_id);
	return 0;
}
