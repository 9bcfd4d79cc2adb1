/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dir_codec.h"

#include <errno.h>

#include "bytes.h"
#include "crc32c.h"

#define HEAD_SIZE    8 /* CRC, version, kind, key length */
#define FIELD_SIZE   3 /* tag, length */
#define FIELD_MAX    UINT16_MAX
#define PLENS_SIZE   24
#define ROUTE_MIN    16 /* trunk, psap; the user follows */
#define CONTACT_MIN  3  /* port, transport; the host follows */
#define MEMBER(r, f) ((const char *)(r) + (f)->offset)

/* ---- encode ---- */

/* Bytes so far; 'full' once something did not fit, and nothing after. */
struct out {
	uint8_t *buf;
	size_t size, len;
	bool full;
};

/* Room for len more bytes; NULL when there is none. */
static uint8_t *out_take(struct out *o, size_t len)
{
	uint8_t *p = o->buf + o->len;

	if (o->full || len > o->size - o->len) {
		o->full = true;
		return NULL;
	}
	o->len += len;
	return p;
}

static uint8_t *out_field(struct out *o, unsigned tag, size_t len)
{
	uint8_t *p;

	if (len > FIELD_MAX) {
		o->full = true;
		return NULL;
	}
	p = out_take(o, FIELD_SIZE + len);
	if (!p)
		return NULL;
	p[0] = (uint8_t)tag;
	le16_put(p + 1, (uint16_t)len);
	return p + FIELD_SIZE;
}

static void out_bytes(struct out *o, unsigned tag, const void *data, size_t len)
{
	uint8_t *p = len ? out_field(o, tag, len) : NULL;

	if (p)
		memcpy(p, data, len);
}

static uint64_t number_get(const struct dir_row *f, const void *r)
{
	uint64_t v = 0;

	/* Little endian or not: through the member's own type. */
	switch (f->size) {
	case 1:
		return *(const uint8_t *)MEMBER(r, f);
	case 2: {
		uint16_t v16;

		memcpy(&v16, MEMBER(r, f), sizeof(v16));
		return v16;
	}
	case 4: {
		uint32_t v32;

		memcpy(&v32, MEMBER(r, f), sizeof(v32));
		return v32;
	}
	default:
		memcpy(&v, MEMBER(r, f), sizeof(v));
		return v;
	}
}

static void number_encode(struct out *o, unsigned tag, const struct dir_row *f,
			  const void *r)
{
	uint64_t v = number_get(f, r);
	uint8_t bytes[sizeof(v)];

	if (v == 0)
		return;
	le64_put(bytes, v);
	out_bytes(o, tag, bytes, f->wire);
}

static void plens_encode(struct out *o, unsigned tag, const void *member)
{
	const struct dir_plens *plens = member;
	uint8_t *p;

	if (dir_plens_next(plens, 128) < 0)
		return;
	p = out_field(o, tag, PLENS_SIZE);
	for (unsigned i = 0; p && i < ARRAY_SIZE(plens->word); i++)
		le64_put(p + i * sizeof(uint64_t), plens->word[i]);
}

static void order_encode(struct out *o, unsigned tag, const void *member)
{
	const enum identity_kind *order = member;
	uint8_t bytes[IDENTITY_ORDER_MAX];
	size_t n = 0;

	while (n < IDENTITY_ORDER_MAX && order[n]) {
		bytes[n] = (uint8_t)order[n];
		n++;
	}
	out_bytes(o, tag, bytes, n);
}

static void pool_encode(struct out *o, unsigned tag,
			const struct dir_location *r)
{
	uint8_t *p;

	if (r->elin_count > DIR_POOL_MAX) {
		o->full = true;
		return;
	}
	if (r->elin_count == 0)
		return;
	p = out_field(o, tag, r->elin_count * sizeof(uint64_t));
	for (unsigned i = 0; p && i < r->elin_count; i++)
		le64_put(p + i * sizeof(uint64_t), r->elins[i]);
}

static void trunks_encode(struct out *o, unsigned tag, const void *member)
{
	const struct dir_trunk_ids *t = member;
	uint8_t *p;

	if (t->count > DIR_TRUNK_IDS_MAX) {
		o->full = true;
		return;
	}
	if (t->count == 0)
		return;
	p = out_field(o, tag, t->count * sizeof(uint64_t));
	for (unsigned i = 0; p && i < t->count; i++)
		le64_put(p + i * sizeof(uint64_t), t->id[i]);
}

static void routes_encode(struct out *o, unsigned tag, const struct dir_psap *r)
{
	if (r->route_count > DIR_ROUTES_MAX) {
		o->full = true;
		return;
	}
	for (unsigned i = 0; i < r->route_count; i++) {
		struct text user = r->routes[i].request_user;
		uint8_t *p = out_field(o, tag, ROUTE_MIN + user.len);

		if (!p)
			return;
		le64_put(p, r->routes[i].trunk_id);
		le64_put(p + 8, r->routes[i].psap_id);
		if (user.len)
			memcpy(p + ROUTE_MIN, user.p, user.len);
	}
}

static void contacts_encode(struct out *o, unsigned tag,
			    const struct dir_trunk *r)
{
	if (r->contact_count > DIR_CONTACTS_MAX) {
		o->full = true;
		return;
	}
	for (unsigned i = 0; i < r->contact_count; i++) {
		const struct dir_contact *c = &r->contacts[i];
		uint8_t *p = out_field(o, tag, CONTACT_MIN + c->host.len);

		if (!p)
			return;
		le16_put(p, c->port);
		p[2] = (uint8_t)c->transport;
		if (c->host.len)
			memcpy(p + CONTACT_MIN, c->host.p, c->host.len);
	}
}

static void field_encode(struct out *o, unsigned tag, const struct dir_row *f,
			 const void *r)
{
	const void *member = MEMBER(r, f);
	const struct text *text = member;

	switch (f->type) {
	case DIR_TYPE_ABSENT:
		break;
	case DIR_TYPE_NUMBER:
		number_encode(o, tag, f, r);
		break;
	case DIR_TYPE_TEXT:
		out_bytes(o, tag, text->p, text->len);
		break;
	case DIR_TYPE_UUID:
		if (!uuid_is_nil(member))
			out_bytes(o, tag, member, sizeof(struct uuid));
		break;
	case DIR_TYPE_PLENS:
		plens_encode(o, tag, member);
		break;
	case DIR_TYPE_ORDER:
		order_encode(o, tag, member);
		break;
	case DIR_TYPE_TRUNKS:
		trunks_encode(o, tag, member);
		break;
	case DIR_TYPE_POOL:
		pool_encode(o, tag, r);
		break;
	case DIR_TYPE_ROUTE:
		routes_encode(o, tag, r);
		break;
	case DIR_TYPE_CONTACT:
		contacts_encode(o, tag, r);
		break;
	}
}

int dir_layout_encode(const struct dir_layout *l, const void *r,
		      const struct dir_key *key, uint8_t *buf, size_t size)
{
	struct out o = { .buf = buf, .size = size };
	uint8_t *p;

	if (o.size > DIR_RECORD_MAX)
		o.size = DIR_RECORD_MAX;
	p = out_take(&o, HEAD_SIZE + key->len);
	if (!p)
		return -ENOSPC;
	p[4] = DIR_RECORD_VERSION;
	p[5] = (uint8_t)l->kind;
	le16_put(p + 6, (uint16_t)key->len);
	memcpy(p + HEAD_SIZE, key->b, key->len);

	for (unsigned tag = 1; tag < l->row_count; tag++)
		field_encode(&o, tag, &l->rows[tag], r);
	if (o.full)
		return -ENOSPC;
	le32_put(buf, crc32c(0, buf + 4, o.len - 4));
	return (int)o.len;
}

/* ---- decode ---- */

int dir_record_check(const struct dir_key *key, const void *value, size_t len)
{
	const uint8_t *p = value;

	if (len > DIR_RECORD_MAX || len < HEAD_SIZE + key->len)
		return -EBADMSG;
	if (p[4] != DIR_RECORD_VERSION || key->len == 0 || p[5] != key->b[0])
		return -EBADMSG;
	if (le16_get(p + 6) != key->len)
		return -EBADMSG;
	if (memcmp(p + HEAD_SIZE, key->b, key->len) != 0)
		return -EBADMSG;
	if (le32_get(p) != crc32c(0, p + 4, len - 4))
		return -EBADMSG;
	return (int)(HEAD_SIZE + key->len);
}

/* As it stands there: 1, 2, 4 or 8 bytes. */
static uint64_t number_read(const uint8_t *p, size_t len)
{
	switch (len) {
	case 1:
		return *p;
	case 2:
		return le16_get(p);
	case 4:
		return le32_get(p);
	default:
		return le64_get(p);
	}
}

static int number_decode(const struct dir_row *f, const uint8_t *p, size_t len,
			 char *ret)
{
	uint64_t v;

	if (len != f->wire)
		return -EPROTO;
	v = number_read(p, len);
	if (f->max && v > f->max)
		return -EPROTO;
	switch (f->size) {
	case 1:
		*ret = (char)v;
		break;
	case 2:
		memcpy(ret, &(uint16_t){ (uint16_t)v }, sizeof(uint16_t));
		break;
	case 4:
		memcpy(ret, &(uint32_t){ (uint32_t)v }, sizeof(uint32_t));
		break;
	default:
		memcpy(ret, &v, sizeof(v));
		break;
	}
	return 0;
}

static int uuid_decode(const uint8_t *p, size_t len, void *ret)
{
	if (len != sizeof(struct uuid))
		return -EPROTO;
	memcpy(ret, p, len);
	return 0;
}

static int plens_decode(const uint8_t *p, size_t len, struct dir_plens *ret)
{
	if (len != PLENS_SIZE)
		return -EPROTO;
	for (unsigned i = 0; i < ARRAY_SIZE(ret->word); i++)
		ret->word[i] = le64_get(p + i * sizeof(uint64_t));
	return 0;
}

static int order_decode(const uint8_t *p, size_t len, enum identity_kind *ret)
{
	size_t n = 0;

	if (len > IDENTITY_ORDER_MAX)
		return -EPROTO;
	memset(ret, 0, sizeof(*ret) * IDENTITY_ORDER_MAX);
	/* A kind that only a newer writer knows is left out. */
	for (size_t i = 0; i < len; i++)
		if (p[i] && p[i] <= IDENTITY_EXTENSION)
			ret[n++] = (enum identity_kind)p[i];
	return 0;
}

static int pool_decode(const uint8_t *p, size_t len, struct dir_location *ret)
{
	size_t count = len / sizeof(uint64_t);

	if (len % sizeof(uint64_t) || count > DIR_POOL_MAX)
		return -EPROTO;
	ret->elin_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		ret->elins[i] = le64_get(p + i * sizeof(uint64_t));
	return 0;
}

static int trunks_decode(const uint8_t *p, size_t len,
			 struct dir_trunk_ids *ret)
{
	size_t count = len / sizeof(uint64_t);

	if (len % sizeof(uint64_t) || count > DIR_TRUNK_IDS_MAX)
		return -EPROTO;
	ret->count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		ret->id[i] = le64_get(p + i * sizeof(uint64_t));
	return 0;
}

static int route_decode(const uint8_t *p, size_t len, unsigned nth,
			struct dir_psap *ret)
{
	if (len < ROUTE_MIN || nth >= DIR_ROUTES_MAX)
		return -EPROTO;
	ret->routes[nth] = (struct dir_route){
		.trunk_id = le64_get(p),
		.psap_id = le64_get(p + 8),
		.request_user =
			text_make((const char *)p + ROUTE_MIN, len - ROUTE_MIN),
	};
	ret->route_count = nth + 1;
	return 0;
}

static int contact_decode(const uint8_t *p, size_t len, unsigned nth,
			  struct dir_trunk *ret)
{
	if (len < CONTACT_MIN || nth >= DIR_CONTACTS_MAX || p[2] == 0 ||
	    p[2] > TRANSPORT_TLS)
		return -EPROTO;
	ret->contacts[nth] = (struct dir_contact){
		.host = text_make((const char *)p + CONTACT_MIN,
				  len - CONTACT_MIN),
		.port = le16_get(p),
		.transport = (enum trunk_transport)p[2],
	};
	ret->contact_count = nth + 1;
	return 0;
}

/* A field, where nth counts the earlier ones of a tag that repeats. */
static int field_decode(const struct dir_row *f, const uint8_t *p, size_t len,
			unsigned nth, char *ret)
{
	char *member = ret + f->offset;

	switch (f->type) {
	case DIR_TYPE_ABSENT:
		return 0;
	case DIR_TYPE_NUMBER:
		return number_decode(f, p, len, member);
	case DIR_TYPE_TEXT:
		*(struct text *)(void *)member =
			text_make((const char *)p, len);
		return 0;
	case DIR_TYPE_UUID:
		return uuid_decode(p, len, member);
	case DIR_TYPE_PLENS:
		return plens_decode(p, len, (void *)member);
	case DIR_TYPE_ORDER:
		return order_decode(p, len, (void *)member);
	case DIR_TYPE_TRUNKS:
		return trunks_decode(p, len, (void *)member);
	case DIR_TYPE_POOL:
		return pool_decode(p, len, (void *)ret);
	case DIR_TYPE_ROUTE:
		return route_decode(p, len, nth, (void *)ret);
	case DIR_TYPE_CONTACT:
		return contact_decode(p, len, nth, (void *)ret);
	}
	return 0;
}

static int fields_decode(const struct dir_layout *l, const uint8_t *p,
			 const uint8_t *end, void *ret)
{
	unsigned nth = 0; /* a kind has one tag that repeats at most */

	while (p < end) {
		const struct dir_row *f;
		size_t len;
		int err;

		if (end - p < FIELD_SIZE)
			return -EPROTO;
		f = p[0] < l->row_count ? &l->rows[p[0]] : NULL;
		len = le16_get(p + 1);
		p += FIELD_SIZE;
		if ((size_t)(end - p) < len)
			return -EPROTO;
		err = f ? field_decode(f, p, len, nth, ret) : 0;
		if (err < 0)
			return err;
		if (f &&
		    (f->type == DIR_TYPE_ROUTE || f->type == DIR_TYPE_CONTACT))
			nth++;
		p += len;
	}
	return 0;
}

int dir_layout_read(const struct dir_layout *l, const struct dir_key *key,
		    const void *value, size_t len, void *ret)
{
	const uint8_t *p = value;
	int err;

	memset(ret, 0, l->cleared);
	if (p[5] != (uint8_t)l->kind)
		return -EBADMSG;
	err = fields_decode(l, p + HEAD_SIZE + key->len, p + len, ret);
	if (err < 0)
		memset(ret, 0, l->cleared);
	return err;
}

int dir_layout_decode(const struct dir_layout *l, const struct dir_key *key,
		      const void *value, size_t len, void *ret)
{
	if (dir_record_check(key, value, len) < 0) {
		memset(ret, 0, l->cleared);
		return -EBADMSG;
	}
	return dir_layout_read(l, key, value, len, ret);
}
