/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dir_key: how the records of the directory are found.
 *
 *   M                       meta
 *   G                       gateway
 *   S addr16 u8:plen        source of requests
 *   T u64:trunk             trunk
 *   A u64:trunk uuid16      organisation that a trunk may claim
 *   O u64:organisation      organisation
 *   I u64:organisation u8:kind value    identity
 *   E u64:endpoint          endpoint
 *   N u64:organisation addr16 u8:plen   network
 *   L u64:location          location
 *   X u64:number            ELIN
 *   P u64:psap              PSAP
 *   U name                  credential
 *   C name                  certificate
 *   W u64:organisation u8:kind value    station: MAC address, or SHA-256
 *   H name                  client
 *   D u64                   screen
 *   R u64:organisation u8:scope u64:its u64:recipient    recipient
 *   F u8:scope u64:its      template
 *   K u64:hours             hours
 *
 * Integers are big endian.
 */
#include "dir_record.h"

#include <errno.h>

#include "bytes.h"
#include "hwaddr.h"
#include "sha256.h"

static void key_begin(struct dir_key *k, enum dir_kind kind)
{
	k->b[0] = (uint8_t)kind;
	k->len = 1;
}

static void key_bytes(struct dir_key *k, const void *p, size_t len)
{
	if (len == 0)
		return;
	memcpy(k->b + k->len, p, len);
	k->len += len;
}

static void key_u8(struct dir_key *k, unsigned v)
{
	k->b[k->len++] = (uint8_t)v;
}

static void key_u64(struct dir_key *k, uint64_t v)
{
	be64_put(k->b + k->len, v);
	k->len += sizeof(v);
}

static void key_prefix(struct dir_key *k, const uint8_t addr[16], unsigned plen)
{
	uint8_t masked[16] = { 0 };

	if (plen > 128)
		plen = 128;
	memcpy(masked, addr, plen / 8);
	if (plen % 8)
		masked[plen / 8] = addr[plen / 8] & (0xff00 >> plen % 8);
	key_bytes(k, masked, sizeof(masked));
	key_u8(k, plen);
}

static void key_of_id(struct dir_key *k, enum dir_kind kind, uint64_t id)
{
	key_begin(k, kind);
	key_u64(k, id);
}

void dir_key_meta(struct dir_key *ret)
{
	key_begin(ret, DIR_META);
}

void dir_key_gateway(struct dir_key *ret)
{
	key_begin(ret, DIR_GATEWAY);
}

void dir_key_source(struct dir_key *ret, const uint8_t addr[16], unsigned plen)
{
	key_begin(ret, DIR_SOURCE);
	key_prefix(ret, addr, plen);
}

void dir_key_trunk(struct dir_key *ret, uint64_t trunk_id)
{
	key_of_id(ret, DIR_TRUNK, trunk_id);
}

void dir_key_trunk_org(struct dir_key *ret, uint64_t trunk_id,
		       const struct uuid *organization)
{
	key_of_id(ret, DIR_TRUNK_ORG, trunk_id);
	key_bytes(ret, organization->b, sizeof(organization->b));
}

void dir_key_organization(struct dir_key *ret, uint64_t organization_id)
{
	key_of_id(ret, DIR_ORGANIZATION, organization_id);
}

int dir_key_identity(struct dir_key *ret, uint64_t organization_id,
		     enum identity_kind kind, struct text value)
{
	if (value.len > IDENTITY_VALUE_MAX)
		return -ENOSPC;
	key_of_id(ret, DIR_IDENTITY, organization_id);
	key_u8(ret, kind);
	key_bytes(ret, value.p, value.len);
	return 0;
}

void dir_key_endpoint(struct dir_key *ret, uint64_t endpoint_id)
{
	key_of_id(ret, DIR_ENDPOINT, endpoint_id);
}

void dir_key_network(struct dir_key *ret, uint64_t organization_id,
		     const uint8_t addr[16], unsigned plen)
{
	key_of_id(ret, DIR_NETWORK, organization_id);
	key_prefix(ret, addr, plen);
}

void dir_key_location(struct dir_key *ret, uint64_t location_id)
{
	key_of_id(ret, DIR_LOCATION, location_id);
}

void dir_key_elin(struct dir_key *ret, uint64_t number)
{
	key_of_id(ret, DIR_ELIN, number);
}

void dir_key_psap(struct dir_key *ret, uint64_t psap_id)
{
	key_of_id(ret, DIR_PSAP, psap_id);
}

int dir_key_credential(struct dir_key *ret, struct text username)
{
	if (username.len > DIR_USERNAME_MAX)
		return -ENOSPC;
	key_begin(ret, DIR_CREDENTIAL);
	key_bytes(ret, username.p, username.len);
	return 0;
}

int dir_key_certificate(struct dir_key *ret, struct text name)
{
	if (name.len > DIR_CERTIFICATE_MAX)
		return -ENOSPC;
	key_begin(ret, DIR_CERTIFICATE);
	key_bytes(ret, name.p, name.len);
	return 0;
}

void dir_key_access_point(struct dir_key *ret, uint64_t organization_id,
			  const char mac[13])
{
	key_of_id(ret, DIR_STATION, organization_id);
	key_u8(ret, STATION_ACCESS_POINT);
	key_bytes(ret, mac, 12);
}

/* Ends with a NUL, which no name holds. */
static void hash_name(struct sha256 *s, struct text name)
{
	char mac[13];

	name = text_trim(name);
	if (mac_normalise(name, mac) == 0)
		name = text_of(mac);
	if (name.len)
		sha256_add(s, name.p, name.len);
	sha256_add(s, "", 1);
}

/* Names have up to 255 bytes each, and a key less. */
void dir_key_switch(struct dir_key *ret, uint64_t organization_id,
		    struct text chassis, struct text port)
{
	uint8_t hash[SHA256_SIZE];
	struct sha256 s;

	sha256_begin(&s);
	hash_name(&s, chassis);
	hash_name(&s, port);
	sha256_end(&s, hash);
	key_of_id(ret, DIR_STATION, organization_id);
	key_u8(ret,
	       text_is_empty(text_trim(port)) ? STATION_SWITCH : STATION_PORT);
	key_bytes(ret, hash, sizeof(hash));
}

void dir_key_screen(struct dir_key *ret, uint64_t screen_id)
{
	key_of_id(ret, DIR_SCREEN, screen_id);
}

int dir_key_client(struct dir_key *ret, struct text name)
{
	if (name.len > DIR_CLIENT_MAX)
		return -ENOSPC;
	key_begin(ret, DIR_CLIENT);
	key_bytes(ret, name.p, name.len);
	return 0;
}

void dir_key_recipient(struct dir_key *ret, uint64_t organization_id,
		       enum recipient_scope scope, uint64_t scope_id,
		       uint64_t recipient_id)
{
	key_of_id(ret, DIR_RECIPIENT, organization_id);
	key_u8(ret, scope);
	key_u64(ret, scope_id);
	key_u64(ret, recipient_id);
}

void dir_key_template(struct dir_key *ret, enum template_scope scope,
		      uint64_t id)
{
	key_begin(ret, DIR_TEMPLATE);
	key_u8(ret, scope);
	key_u64(ret, id);
}

void dir_key_hours(struct dir_key *ret, uint64_t hours_id)
{
	key_of_id(ret, DIR_HOURS, hours_id);
}

int dir_key_source_parse(const struct dir_key *key, uint8_t ret_addr[16],
			 unsigned *ret_plen)
{
	if (key->len != 18 || key->b[0] != (uint8_t)DIR_SOURCE)
		return -EINVAL;
	memcpy(ret_addr, key->b + 1, 16);
	*ret_plen = key->b[17];
	return 0;
}

int dir_key_credential_parse(const struct dir_key *key,
			     struct text *ret_username)
{
	if (key->len < 2 || key->len > sizeof(key->b) ||
	    key->b[0] != (uint8_t)DIR_CREDENTIAL)
		return -EINVAL;
	*ret_username = text_make((const char *)key->b + 1, key->len - 1);
	return 0;
}

void dir_plens_add(struct dir_plens *p, unsigned plen)
{
	if (plen <= 128)
		p->word[plen / 64] |= UINT64_C(1) << plen % 64;
}

int dir_plens_next(const struct dir_plens *p, int from)
{
	if (from > 128)
		from = 128;
	while (from >= 0) {
		uint64_t word = p->word[from / 64] << (63 - from % 64);

		if (word)
			return from - __builtin_clzll(word);
		from -= from % 64 + 1;
	}
	return -1;
}
