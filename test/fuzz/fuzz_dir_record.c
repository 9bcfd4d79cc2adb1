/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_dir_record: any bytes as a value of the directory, as they are and
 * with head and CRC put right, so that the fields are reached.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "bytes.h"
#include "crc32c.h"
#include "dir_record.h"

#define HEAD_SIZE 8

/* A decoded record must be one that can be stored, and read again. */
#define TRY(name) \
	static void name##_try(const struct dir_key *key, \
			       const uint8_t *value, size_t len) \
	{ \
		static uint8_t again[DIR_RECORD_MAX]; \
		static struct dir_##name r; \
		int n; \
		if (dir_##name##_decode(key, value, len, &r) < 0) \
			return; \
		n = dir_##name##_encode(&r, key, again, sizeof(again)); \
		if (n < 0 || dir_##name##_decode(key, again, (size_t)n, &r)) \
			abort(); \
	}
/* clang-format off */
TRY(meta)
TRY(gateway)
TRY(source)
TRY(trunk)
TRY(trunk_org)
TRY(organization)
TRY(identity)
TRY(endpoint)
TRY(network)
TRY(location)
TRY(elin)
TRY(psap)
TRY(recipient)
TRY(template)
TRY(hours)
/* clang-format on */

static void try_record(const struct dir_key *key, const uint8_t *value,
		       size_t len)
{
	static const struct {
		enum dir_kind kind;
		void (*try)(const struct dir_key *key, const uint8_t *value,
			    size_t len);
	} kinds[] = {
		{ DIR_META, meta_try },
		{ DIR_GATEWAY, gateway_try },
		{ DIR_SOURCE, source_try },
		{ DIR_TRUNK, trunk_try },
		{ DIR_TRUNK_ORG, trunk_org_try },
		{ DIR_ORGANIZATION, organization_try },
		{ DIR_IDENTITY, identity_try },
		{ DIR_ENDPOINT, endpoint_try },
		{ DIR_NETWORK, network_try },
		{ DIR_LOCATION, location_try },
		{ DIR_ELIN, elin_try },
		{ DIR_PSAP, psap_try },
		{ DIR_RECIPIENT, recipient_try },
		{ DIR_TEMPLATE, template_try },
		{ DIR_HOURS, hours_try },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (key->b[0] == kinds[i].kind)
			kinds[i].try(key, value, len);
}

/* The key that the value itself claims to have. */
static struct dir_key key_claimed(const uint8_t *data, size_t size)
{
	struct dir_key key = { .len = le16_get(data + 6) };

	if (key.len > DIR_KEY_MAX)
		key.len = DIR_KEY_MAX;
	if (key.len > size - HEAD_SIZE)
		key.len = size - HEAD_SIZE;
	memcpy(key.b, data + HEAD_SIZE, key.len);
	return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dir_key key;
	uint8_t *copy;

	if (size <= HEAD_SIZE) {
		dir_key_meta(&key);
		try_record(&key, data, size);
		return 0;
	}
	key = key_claimed(data, size);
	if (key.len == 0)
		dir_key_meta(&key);
	try_record(&key, data, size);

	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[4] = 1;
	copy[5] = key.b[0];
	le16_put(copy + 6, (uint16_t)key.len);
	le32_put(copy, crc32c(0, copy + 4, size - 4));
	try_record(&key, copy, size);
	free(copy);
	return 0;
}
