/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/held_asker.h"

#include <errno.h>

#include "sha256.h"

struct held_claim held_claim_of_bearer(struct text token)
{
	size_t dot = token.len;

	while (dot && token.p[dot - 1] != '.')
		dot--;
	if (!dot)
		return (struct held_claim){ 0 };
	return (struct held_claim){
		.name = text_make(token.p, dot - 1),
		.secret = text_make(token.p + dot, token.len - dot),
	};
}

/* A UUID however it is written. */
static bool normalise(struct text name, char ret[DIR_CLIENT_MAX + 1])
{
	struct uuid uuid;

	name = text_trim(name);
	if (uuid_parse(name, &uuid) == 0) {
		uuid_format(&uuid, ret);
		return true;
	}
	return name.len && name.len <= DIR_CLIENT_MAX &&
	       text_to_cstr(name, ret, DIR_CLIENT_MAX + 1) >= 0;
}

static bool secret_is(struct text secret, struct text wanted)
{
	uint8_t hash[SHA256_SIZE], differs = 0;
	struct sha256 s;

	sha256_begin(&s);
	if (secret.len)
		sha256_add(&s, secret.p, secret.len);
	sha256_end(&s, hash);
	if (wanted.len != SHA256_SIZE)
		return false;
	for (size_t i = 0; i < SHA256_SIZE; i++)
		differs |= hash[i] ^ (uint8_t)wanted.p[i];
	return differs == 0;
}

int held_asker_check(struct directory *d, const struct held_claim *claim,
		     struct held_asker *ret)
{
	struct dir_client client = { 0 };
	struct held_asker a = { 0 };
	int err = -ENOENT;

	if (normalise(claim->name, a.name))
		err = directory_client(d, text_of(a.name), &client);
	if (err < 0 && err != -ENOENT)
		return -EIO;
	if (!secret_is(claim->secret, client.secret_sha256))
		return -EACCES;
	a.organization_id = client.organization_id;
	a.by_source = client.by_source;
	*ret = a;
	return 0;
}

int held_asker_organization(struct directory *d, const struct held_asker *a,
			    struct text wanted, uint64_t *ret)
{
	char name[DIR_CLIENT_MAX + 1];
	struct dir_client client;
	struct uuid uuid;
	int err;

	if (!wanted.len && !a->organization_id)
		return -EDESTADDRREQ;
	if (!wanted.len) {
		*ret = a->organization_id;
		return 0;
	}
	if (uuid_parse(wanted, &uuid) < 0)
		return -EPERM;
	uuid_format(&uuid, name);
	err = directory_client(d, text_of(name), &client);
	if (err < 0)
		return err == -ENOENT ? -EPERM : -EIO;
	if (!client.organization_id ||
	    (a->organization_id &&
	     a->organization_id != client.organization_id))
		return -EPERM;
	*ret = client.organization_id;
	return 0;
}
