/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/entity.h"

#include <errno.h>

static int by_id(uint64_t id, void (*make)(struct dir_key *, uint64_t),
		 struct entity_key *ret)
{
	if (!id)
		return -EINVAL;
	make(&ret->key, id);
	ret->id = id;
	return 0;
}

static int key_gateway(uint64_t id, struct text key, struct entity_key *ret)
{
	(void)id;
	(void)key;
	dir_key_gateway(&ret->key);
	return 0;
}

static int key_trunk(uint64_t id, struct text key, struct entity_key *ret)
{
	(void)key;
	return by_id(id, dir_key_trunk, ret);
}

static int key_organization(uint64_t id, struct text key,
			    struct entity_key *ret)
{
	(void)key;
	return by_id(id, dir_key_organization, ret);
}

static int key_location(uint64_t id, struct text key, struct entity_key *ret)
{
	(void)key;
	return by_id(id, dir_key_location, ret);
}

static int key_endpoint(uint64_t id, struct text key, struct entity_key *ret)
{
	(void)key;
	return by_id(id, dir_key_endpoint, ret);
}

static int key_psap(uint64_t id, struct text key, struct entity_key *ret)
{
	(void)key;
	return by_id(id, dir_key_psap, ret);
}

static int key_trunk_source(uint64_t id, struct text key,
			    struct entity_key *ret)
{
	uint8_t addr[16];
	unsigned plen;

	(void)id;
	if (row_parse_prefix(key, addr, &plen) < 0)
		return -EINVAL;
	dir_key_source(&ret->key, addr, plen);
	ret->text = key;
	return 0;
}

static int key_trunk_org(uint64_t id, struct text key, struct entity_key *ret)
{
	struct uuid uuid;

	(void)id;
	if (row_parse_pair(key, &ret->id, &ret->text) < 0 ||
	    uuid_parse(ret->text, &uuid) < 0)
		return -EINVAL;
	dir_key_trunk_org(&ret->key, ret->id, &uuid);
	return 0;
}

static int key_trunk_credential(uint64_t id, struct text key,
				struct entity_key *ret)
{
	(void)id;
	ret->text = key;
	return key.len ? dir_key_credential(&ret->key, key) : -EINVAL;
}

static int key_trunk_certificate(uint64_t id, struct text key,
				 struct entity_key *ret)
{
	(void)id;
	ret->text = key;
	return key.len ? dir_key_certificate(&ret->key, key) : -EINVAL;
}

static int key_elin(uint64_t id, struct text key, struct entity_key *ret)
{
	uint64_t number;

	(void)id;
	if (e164_to_u64(key, &number) < 0)
		return -EINVAL;
	dir_key_elin(&ret->key, number);
	ret->text = key;
	return 0;
}

static int key_site_number(uint64_t id, struct text key, struct entity_key *ret)
{
	(void)id;
	if (row_parse_pair(key, &ret->id, &ret->text) < 0)
		return -EINVAL;
	return row_site_key(&ret->key, ret->id, ret->text);
}

static int key_network_range(uint64_t id, struct text key,
			     struct entity_key *ret)
{
	uint8_t addr[16];
	unsigned plen;

	(void)id;
	if (row_parse_pair(key, &ret->id, &ret->text) < 0 ||
	    row_parse_prefix(ret->text, addr, &plen) < 0)
		return -EINVAL;
	dir_key_network(&ret->key, ret->id, addr, plen);
	return 0;
}

static int key_access_point(uint64_t id, struct text key,
			    struct entity_key *ret)
{
	char mac[13];

	(void)id;
	if (row_parse_pair(key, &ret->id, &ret->text) < 0 ||
	    mac_normalise(ret->text, mac) < 0)
		return -EINVAL;
	dir_key_access_point(&ret->key, ret->id, mac);
	return 0;
}

static int key_switch(uint64_t id, struct text key, struct entity_key *ret)
{
	(void)id;
	if (row_parse_pair(key, &ret->id, &ret->text) < 0)
		return -EINVAL;
	return row_switch_key(&ret->key, ret->id, ret->text);
}

static int key_location_client(uint64_t id, struct text key,
			       struct entity_key *ret)
{
	(void)id;
	ret->text = key;
	return key.len ? dir_key_client(&ret->key, key) : -EINVAL;
}

static int key_screen(uint64_t id, struct text key, struct entity_key *ret)
{
	(void)key;
	return by_id(id, dir_key_screen, ret);
}

static int key_recipient(uint64_t id, struct text key, struct entity_key *ret)
{
	ret->id = id;
	ret->text = key;
	return row_recipient_key(&ret->key, id, key);
}

static void make_template(struct dir_key *ret, uint64_t id)
{
	dir_key_template(ret, TEMPLATE_OWN, id);
}

static int key_notice_template(uint64_t id, struct text key,
			       struct entity_key *ret)
{
	(void)key;
	return by_id(id, make_template, ret);
}

static void make_words(struct dir_key *ret, uint64_t id)
{
	dir_key_template(ret, TEMPLATE_OF_ORGANIZATION, id);
}

static int key_organization_words(uint64_t id, struct text key,
				  struct entity_key *ret)
{
	(void)key;
	return by_id(id, make_words, ret);
}

static int key_notice_hours(uint64_t id, struct text key,
			    struct entity_key *ret)
{
	(void)key;
	return by_id(id, dir_key_hours, ret);
}

static void forget_site(struct dir_batch *b, const struct dir_key *key)
{
	dir_batch_set_site(b, key, 0);
}

/* clang-format off */
#define STMTS(X) DB_##X##_ALL, DB_##X##_SOME
static const struct entity entities[ENTITY_COUNT] = {
	[ENTITY_GATEWAY] = { "gateway", DB_GATEWAY_ALL, DB_GATEWAY_ALL,
		PARAMS_NONE, row_gateway, key_gateway, dir_batch_delete },
	[ENTITY_TRUNK] = { "trunk", STMTS(TRUNK),
		PARAMS_ID, row_trunk, key_trunk, dir_batch_delete },
	[ENTITY_TRUNK_SOURCE] = { "trunk_source", STMTS(TRUNK_SOURCE),
		PARAMS_TEXT, row_trunk_source, key_trunk_source, dir_batch_delete },
	[ENTITY_TRUNK_ORG] = { "trunk_organization", STMTS(TRUNK_ORG),
		PARAMS_ID_TEXT, row_trunk_org, key_trunk_org, dir_batch_delete },
	[ENTITY_TRUNK_CREDENTIAL] = { "trunk_credential", STMTS(TRUNK_CREDENTIAL),
		PARAMS_TEXT, row_trunk_credential, key_trunk_credential, dir_batch_delete },
	[ENTITY_TRUNK_CERTIFICATE] = { "trunk_certificate", STMTS(TRUNK_CERTIFICATE),
		PARAMS_TEXT, row_trunk_certificate, key_trunk_certificate, dir_batch_delete },
	[ENTITY_ORGANIZATION] = { "organization", STMTS(ORGANIZATION),
		PARAMS_ID, row_organization, key_organization, dir_batch_delete },
	[ENTITY_LOCATION] = { "location", STMTS(LOCATION),
		PARAMS_ID, row_location, key_location, dir_batch_delete },
	[ENTITY_ELIN] = { "elin", STMTS(ELIN),
		PARAMS_TEXT, row_elin, key_elin, dir_batch_delete },
	[ENTITY_NETWORK_RANGE] = { "network_range", STMTS(NETWORK_RANGE),
		PARAMS_ID_TEXT, row_network_range, key_network_range, dir_batch_delete },
	[ENTITY_SITE_NUMBER] = { "site_number", STMTS(SITE_NUMBER),
		PARAMS_ID_TEXT, row_site_number, key_site_number, forget_site },
	[ENTITY_ENDPOINT] = { "endpoint", STMTS(ENDPOINT),
		PARAMS_ID, row_endpoint, key_endpoint, dir_batch_delete_endpoint },
	[ENTITY_PSAP] = { "psap", STMTS(PSAP),
		PARAMS_ID, NULL, key_psap, dir_batch_delete },
	[ENTITY_ACCESS_POINT] = { "access_point", STMTS(ACCESS_POINT),
		PARAMS_ID_TEXT, row_access_point, key_access_point, dir_batch_delete },
	[ENTITY_NETWORK_SWITCH] = { "network_switch", STMTS(NETWORK_SWITCH),
		PARAMS_ID_TEXT, row_network_switch, key_switch, dir_batch_delete },
	[ENTITY_SWITCH_PORT] = { "switch_port", STMTS(SWITCH_PORT),
		PARAMS_ID_TEXT, row_switch_port, key_switch, dir_batch_delete },
	[ENTITY_LOCATION_CLIENT] = { "location_client", STMTS(LOCATION_CLIENT),
		PARAMS_TEXT, row_location_client, key_location_client, dir_batch_delete },
	[ENTITY_SCREEN] = { "screen", STMTS(SCREEN),
		PARAMS_ID, row_screen, key_screen, dir_batch_delete },
	[ENTITY_RECIPIENT] = { "recipient", STMTS(RECIPIENT),
		PARAMS_ID_TEXT, row_recipient, key_recipient, dir_batch_delete },
	[ENTITY_NOTICE_TEMPLATE] = { "notice_template", STMTS(NOTICE_TEMPLATE),
		PARAMS_ID, row_notice_template, key_notice_template, dir_batch_delete },
	[ENTITY_NOTICE_HOURS] = { "notice_hours", STMTS(NOTICE_HOURS),
		PARAMS_ID, row_notice_hours, key_notice_hours, dir_batch_delete },
	[ENTITY_ORGANIZATION_WORDS] = { "organization_words", STMTS(ORGANIZATION_WORDS),
		PARAMS_ID, row_organization_words, key_organization_words, dir_batch_delete },
};
/* clang-format on */

const struct entity *entity_get(enum entity_kind kind)
{
	return &entities[kind];
}

int entity_find(struct text name, enum entity_kind *ret)
{
	for (int i = 0; i < ENTITY_COUNT; i++) {
		if (text_equal(name, text_of(entities[i].name))) {
			*ret = (enum entity_kind)i;
			return 0;
		}
	}
	return -ENOENT;
}
