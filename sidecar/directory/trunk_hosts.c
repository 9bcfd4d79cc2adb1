/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/trunk_hosts.h"

#include <errno.h>

#include "hwaddr.h"
#include "text_writer.h"

/* One destination as it was configured. */
struct destination {
	struct text host;
	struct name_addresses addresses;
	unsigned taken; /* of these */
	enum trunk_transport transport;
	uint16_t port;
	bool is_name;
};

static int parse_port(struct text t, uint16_t *ret)
{
	uint32_t n = 0;

	if (t.len == 0 || t.len > 5)
		return -EINVAL;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return -EINVAL;
		n = n * 10 + (uint32_t)(t.p[i] - '0');
	}
	if (n == 0 || n > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)n;
	return 0;
}

/* "udp 5060 psap.example.com" */
static int parse(struct text t, struct destination *ret)
{
	struct text transport, port;
	uint8_t ip[16];

	*ret = (struct destination){ 0 };
	if (!text_cut(&t, ' ', &transport) || !text_cut(&t, ' ', &port) ||
	    parse_port(port, &ret->port) < 0)
		return -EINVAL;
	for (int i = TRANSPORT_UDP; i <= TRANSPORT_TLS; i++)
		if (text_equal(transport, text_of(trunk_transport_name(
						  (enum trunk_transport)i))))
			ret->transport = (enum trunk_transport)i;
	ret->host = t;
	if (!ret->transport)
		return -EINVAL;
	if (ip_normalise(t, ip) >= 0) {
		ret->addresses.count = 1;
		memcpy(ret->addresses.ip[0], ip, sizeof(ip));
		return 0;
	}
	ret->is_name = true;
	return name_is_valid(t) ? 0 : -EINVAL;
}

/* Give out the places a round at a time. */
static void share(struct destination *d, unsigned count)
{
	unsigned places = DIR_DESTINATIONS_MAX;

	for (unsigned rank = 0; rank < NAME_ADDRESSES_MAX; rank++) {
		for (unsigned i = 0; i < count && places; i++) {
			if (d[i].addresses.count <= rank)
				continue;
			d[i].taken++;
			places--;
		}
	}
}

static void put(struct dir_trunk *r, unsigned nth, const struct destination *d,
		struct text host)
{
	if (nth == 0) {
		r->host = host;
		r->port = d->port;
		r->transport = d->transport;
		return;
	}
	r->contacts[nth - 1] = (struct dir_contact){
		.host = host, .port = d->port, .transport = d->transport
	};
	r->contact_count = nth;
}

static void put_all(struct dir_trunk *r, const struct destination *d,
		    unsigned count, struct trunk_hosts *buf)
{
	struct text_writer names =
		text_writer_on(buf->names, sizeof(buf->names));
	bool any = false;
	unsigned nth = 0;

	put(r, 0, &d[0], text_of(""));
	r->contact_count = 0;
	for (unsigned i = 0; i < count; i++) {
		for (unsigned k = 0; k < d[i].taken; k++, nth++) {
			struct name_addresses one = { .count = 1 };
			char text[NAME_ADDRESSES_TEXT_SIZE];

			memcpy(one.ip[0], d[i].addresses.ip[k], 16);
			name_addresses_format(&one, text);
			memcpy(buf->text[nth], text, INET6_ADDRSTRLEN);
			put(r, nth, &d[i], text_of(buf->text[nth]));
			if (nth)
				text_write(&names, text_of(","));
			if (d[i].is_name)
				text_write(&names, d[i].host);
			any |= d[i].is_name;
		}
	}
	r->destination_names = any ? text_written(&names) : text_of("");
}

int trunk_hosts_expand(struct dir_trunk *r, struct names *names,
		       struct trunk_hosts *buf)
{
	struct destination d[DIR_DESTINATIONS_MAX];
	struct text rest = r->configured, piece;
	unsigned count = 0;

	while (text_cut(&rest, ',', &piece)) {
		if (count == DIR_DESTINATIONS_MAX ||
		    parse(piece, &d[count]) < 0)
			return -EINVAL;
		if (d[count].is_name)
			names_find(names, d[count].host, &d[count].addresses);
		count++;
	}
	if (!count)
		return -EINVAL;
	share(d, count);
	put_all(r, d, count, buf);
	return 0;
}

/* Call on_name for each one; -EINVAL or what on_name says. */
static int each_name(struct text configured,
		     int (*on_name)(struct text name, void *arg), void *arg)
{
	struct destination d;
	struct text piece;
	int err = 0;

	while (err >= 0 && text_cut(&configured, ',', &piece)) {
		err = parse(piece, &d);
		if (err >= 0 && d.is_name)
			err = on_name(d.host, arg);
	}
	return err;
}

static int on_any(struct text name, void *arg)
{
	(void)name;
	*(bool *)arg = true;
	return 0;
}

bool trunk_hosts_have_names(struct text configured)
{
	bool any = false;

	return each_name(configured, on_any, &any) >= 0 && any;
}

/* ---- all trunks of a directory ---- */

struct walk {
	struct names *names;
	struct dir_batch *batch;
	int err; /* the first one; the walk goes on */
};

typedef void trunk_f(struct walk *w, const struct dir_key *key,
		     struct dir_trunk *r);

struct trunk_walk {
	struct walk *walk;
	trunk_f *on_trunk;
};

static int on_record(struct lmdb_value key, struct lmdb_value value, void *arg)
{
	const struct trunk_walk *t = arg;
	struct dir_trunk r;
	struct dir_key k;

	if (key.len == 0 || *(const uint8_t *)key.p != DIR_TRUNK)
		return 1; /* behind the last one */
	if (key.len > sizeof(k.b))
		return -EBADMSG;
	k.len = key.len;
	memcpy(k.b, key.p, key.len);
	if (dir_trunk_decode(&k, value.p, value.len, &r) < 0)
		return -EBADMSG;
	if (!text_is_empty(r.configured))
		t->on_trunk(t->walk, &k, &r);
	return 0;
}

static int each_trunk(struct lmdb_env *env, struct walk *w, trunk_f *on_trunk)
{
	static const uint8_t first = DIR_TRUNK;
	const struct lmdb_value from = { &first, 1 };
	struct trunk_walk t = { w, on_trunk };
	struct lmdb_txn txn;
	int err = lmdb_txn_begin(&txn, env, false);

	if (err >= 0)
		err = lmdb_each(&txn, &from, on_record, &t);
	lmdb_txn_abort(&txn);
	return err < 0 ? err : w->err;
}

static int on_used(struct text name, void *arg)
{
	return names_use(arg, name);
}

static void use(struct walk *w, const struct dir_key *key, struct dir_trunk *r)
{
	int err = each_name(r->configured, on_used, w->names);

	(void)key;
	if (err < 0 && w->err >= 0)
		w->err = err == -EINVAL ? -EBADMSG : err;
}

int trunk_hosts_use(struct lmdb_env *env, struct names *names)
{
	struct walk w = { .names = names };
	int err;

	names_use_begin(names);
	err = each_trunk(env, &w, use);
	names_use_end(names);
	return err;
}

static void renew(struct walk *w, const struct dir_key *key,
		  struct dir_trunk *r)
{
	struct trunk_hosts buf;
	uint8_t value[DIR_RECORD_MAX];
	bool had = !text_is_empty(r->host);
	int n = trunk_hosts_expand(r, w->names, &buf);

	if (n >= 0 && had && text_is_empty(r->host))
		return;
	if (n >= 0)
		n = dir_trunk_encode(r, key, value, sizeof(value));
	if (n >= 0)
		dir_batch_put(w->batch, key, value, (size_t)n);
	else if (w->err >= 0)
		w->err = -EBADMSG;
}

int trunk_hosts_renew(struct lmdb_env *env, struct names *names,
		      struct dir_batch *batch)
{
	struct walk w = { .names = names, .batch = batch };

	return each_trunk(env, &w, renew);
}
