/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: with test/unit/dir_samples.c */
#include "dir_record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bytes.h"
#include "crc32c.h"
#include "dir_samples.h"

#define HEAD_SIZE 8

/* The largest of the records, for any kind. */
union any_record {
	struct dir_location location;
	struct dir_psap psap;
	struct dir_organization organization;
	uint8_t bytes[4096];
};

struct value {
	size_t len;
	uint8_t b[DIR_RECORD_MAX];
};

static struct value value_of(const struct dir_sample *s)
{
	struct value v;
	int len = s->encode(s->record, &s->key, v.b, sizeof(v.b));

	assert_true(len > HEAD_SIZE);
	v.len = (size_t)len;
	return v;
}

static void value_seal(struct value *v)
{
	le32_put(v->b, crc32c(0, v->b + 4, v->len - 4));
}

static void value_add(struct value *v, uint8_t tag, const void *data,
		      uint16_t len)
{
	v->b[v->len] = tag;
	le16_put(v->b + v->len + 1, len);
	if (len)
		memcpy(v->b + v->len + 3, data, len);
	v->len += 3U + len;
	value_seal(v);
}

/* Decode a copy of its own size (for the sanitizer) at an odd address. */
static int decode(const struct dir_sample *s, const struct value *v,
		  union any_record *ret)
{
	uint8_t *copy = malloc(v->len + 1);
	int err;

	assert_non_null(copy);
	memcpy(copy + 1, v->b, v->len);
	err = s->decode(&s->key, copy + 1, v->len, ret);
	free(copy);
	return err;
}

static void assert_refused(const struct dir_sample *s, const struct value *v,
			   int why)
{
	static const union any_record empty;
	union any_record got;

	memset(&got, 0xa5, sizeof(got));
	assert_int_equal(decode(s, v, &got), why);
	assert_memory_equal(&got, &empty, s->cleared);
}

static void each_kind_comes_back_as_it_was_stored(void **state)
{
	const struct dir_sample *s = dir_samples();

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		struct value v = value_of(s);
		union any_record got;

		memset(&got, 0xa5, sizeof(got));
		assert_int_equal(s->decode(&s->key, v.b, v.len, &got), 0);
		assert_true(s->same(s->record, &got));
	}
}

static void empty_records_come_back_empty(void **state)
{
	const struct dir_sample *s = dir_samples();
	static const union any_record empty;

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		union any_record got;
		struct value v;
		int len = s->encode(&empty, &s->key, v.b, sizeof(v.b));

		assert_int_equal(len, HEAD_SIZE + s->key.len);
		memset(&got, 0xa5, sizeof(got));
		assert_int_equal(s->decode(&s->key, v.b, (size_t)len, &got), 0);
		assert_memory_equal(&got, &empty, s->cleared);
	}
}

static void numbers_keep_all_their_bits(void **state)
{
	struct dir_key key;
	struct dir_meta meta = { .schema_version = UINT64_MAX,
				 .change_id = INT64_MAX,
				 .published_at_ms = INT64_MIN },
			got;
	struct dir_location place = { .elin_count = DIR_POOL_MAX }, place_got;
	uint8_t buf[DIR_RECORD_MAX];
	int len;

	(void)state;
	dir_key_meta(&key);
	len = dir_meta_encode(&meta, &key, buf, sizeof(buf));
	assert_true(len > 0);
	assert_int_equal(dir_meta_decode(&key, buf, (size_t)len, &got), 0);
	assert_true(got.schema_version == UINT64_MAX);
	assert_true(got.change_id == INT64_MAX);
	assert_true(got.published_at_ms == INT64_MIN);

	for (unsigned i = 0; i < DIR_POOL_MAX; i++)
		place.elins[i] = UINT64_MAX - i;
	dir_key_location(&key, UINT64_MAX);
	len = dir_location_encode(&place, &key, buf, sizeof(buf));
	assert_true(len > DIR_POOL_MAX * 8);
	assert_int_equal(
		dir_location_decode(&key, buf, (size_t)len, &place_got), 0);
	assert_int_equal(place_got.elin_count, DIR_POOL_MAX);
	assert_memory_equal(place_got.elins, place.elins, sizeof(place.elins));
}

static void any_changed_byte_is_refused(void **state)
{
	const struct dir_sample *s = dir_samples();

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		struct value v = value_of(s);

		for (size_t at = 0; at < v.len; at++) {
			uint8_t kept = v.b[at];

			for (unsigned x = 1; x < 256; x++) {
				v.b[at] = kept ^ (uint8_t)x;
				assert_refused(s, &v, -EBADMSG);
			}
			v.b[at] = kept;
		}
	}
}

static void any_truncation_is_refused(void **state)
{
	const struct dir_sample *s = dir_samples();

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		struct value v = value_of(s);

		while (v.len-- > 0)
			assert_refused(s, &v, -EBADMSG);
	}
}

/* The writer's fault, not the disk's: the CRC is right. */
static void sealed_truncation_is_refused_or_lacks_fields(void **state)
{
	const struct dir_sample *s = dir_samples();

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		struct value v = value_of(s);
		size_t whole = v.len, ends = HEAD_SIZE + s->key.len;
		size_t field = ends;

		for (v.len = ends; v.len < whole; v.len++) {
			struct value cut = v;
			union any_record got;

			value_seal(&cut);
			if (v.len == field) {
				assert_int_equal(decode(s, &cut, &got), 0);
				field += 3U + le16_get(v.b + field + 1);
			} else {
				assert_refused(s, &cut, -EPROTO);
			}
		}
		assert_int_equal(field, whole);
	}
}

static void record_under_another_key_is_refused(void **state)
{
	const struct dir_sample *s = dir_samples();

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++) {
		struct value v = value_of(&s[i]);
		struct dir_sample other = s[i];

		for (unsigned k = 0; k < DIR_SAMPLE_COUNT; k++) {
			other.key = s[k].key;
			if (k != i)
				assert_refused(&other, &v, -EBADMSG);
		}
		other.key = s[i].key;
		other.key.b[other.key.len - 1] ^= 1;
		assert_refused(&other, &v, -EBADMSG);
		other.key = s[i].key;
		other.key.b[other.key.len++] = 0;
		assert_refused(&other, &v, -EBADMSG);
		other.key.len -= 2;
		assert_refused(&other, &v, -EBADMSG);
	}
}

static void record_of_another_kind_is_refused(void **state)
{
	const struct dir_sample *s = dir_samples();

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++) {
		struct value v = value_of(&s[i]);

		for (unsigned k = 0; k < DIR_SAMPLE_COUNT; k++) {
			struct dir_sample reader = s[k];

			reader.key = s[i].key;
			if (k != i)
				assert_refused(&reader, &v, -EBADMSG);
		}
	}
}

static void another_layout_version_is_refused(void **state)
{
	const struct dir_sample *s = dir_samples();
	struct value v = value_of(s);

	(void)state;
	v.b[4]++;
	value_seal(&v);
	assert_refused(s, &v, -EBADMSG);
}

static void unknown_tags_are_skipped(void **state)
{
	const struct dir_sample *s = dir_samples();

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		struct value v = value_of(s);
		size_t at = HEAD_SIZE + s->key.len;
		union any_record got;

		/* One in front of the known ones, two behind. */
		memmove(v.b + at + 5, v.b + at, v.len - at);
		memcpy(v.b + at, "\xfe\x02\x00hi", 5);
		v.len += 5;
		value_add(&v, 0, "", 0);
		value_add(&v, 0xff, "later", 5);
		assert_int_equal(s->decode(&s->key, v.b, v.len, &got), 0);
		assert_true(s->same(s->record, &got));
	}
}

static const struct dir_sample *sample_find(const char *name)
{
	const struct dir_sample *s = dir_samples();

	while (strcmp(s->name, name) != 0)
		s++;
	return s;
}

static void malformed_fields_are_refused(void **state)
{
	static const struct {
		const char *kind;
		uint8_t tag;
		uint16_t len;
		const char *bytes;
	} bad[] = {
		{ "meta", 1, 7, "1234567" },   /* u64 too short */
		{ "meta", 1, 9, "123456789" }, /* ... too long */
		{ "meta", 1, 0, "" },
		{ "gateway", 3, 23, "12345678901234567890123" },
		{ "gateway", 5, 7, "1234567" }, /* trunk id too short */
		{ "trunk", 3, 1, "\4" },        /* no such role */
		{ "trunk", 4, 1, "\4" },        /* no such transport */
		{ "trunk", 6, 1, "\1" },        /* u16 too short */
		{ "trunk", 8, 9, "\1\1\1\1\1\1\1\1\1" },
		{ "trunk", 10, 1, "\xff" },     /* no such format */
		{ "trunk", 11, 8, "12345678" }, /* u32 too long */
		{ "trunk", 14, 1, "\4" },       /* no such profile */
		{ "trunk", 19, 2, "\1\1" },     /* contact too short */
		{ "trunk", 19, 4, "\1\1\4x" },  /* no such transport */
		{ "organization", 2, 15, "123456789012345" },
		{ "organization", 6, 1, "\2" }, /* no bool */
		{ "location", 7, 9, "123456789" },
		{ "psap", 3, 1, "\4" }, /* no such kind */
		{ "psap", 4, 15, "123456789012345" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct dir_sample *s = sample_find(bad[i].kind);
		struct value v = value_of(s);

		value_add(&v, bad[i].tag, bad[i].bytes, bad[i].len);
		assert_refused(s, &v, -EPROTO);
	}
}

static void too_many_routes_or_numbers_are_refused(void **state)
{
	static const uint8_t zeros[(DIR_POOL_MAX + 1) * 8];
	const struct dir_sample *s = sample_find("psap");
	struct value v = value_of(s);
	union any_record got;

	(void)state;
	for (unsigned n = 3; n < DIR_ROUTES_MAX; n++)
		value_add(&v, 4, zeros, 16);
	assert_int_equal(decode(s, &v, &got), 0);
	assert_int_equal(got.psap.route_count, DIR_ROUTES_MAX);
	value_add(&v, 4, zeros, 16);
	assert_refused(s, &v, -EPROTO);

	s = sample_find("location");
	v = value_of(s);
	value_add(&v, 7, zeros, sizeof(zeros));
	assert_refused(s, &v, -EPROTO);
}

static void unknown_kinds_of_identity_leave_the_order(void **state)
{
	const struct dir_sample *s = sample_find("trunk");
	struct value v = value_of(s);
	union any_record got;
	const struct dir_trunk *trunk = (const void *)&got;

	(void)state;
	value_add(&v, 8, "\x63\4\0\2", 4);
	assert_int_equal(decode(s, &v, &got), 0);
	assert_int_equal(trunk->identify_order[0], IDENTITY_NUMBER);
	assert_int_equal(trunk->identify_order[1], IDENTITY_MAC);
	assert_int_equal(trunk->identify_order[2], 0);
}

static void too_small_a_buffer_gives_enospc(void **state)
{
	const struct dir_sample *s = dir_samples();

	(void)state;
	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		struct value v = value_of(s);

		for (size_t size = 0; size < v.len; size++) {
			uint8_t *buf = malloc(size + 1);

			assert_non_null(buf);
			assert_int_equal(
				s->encode(s->record, &s->key, buf, size),
				-ENOSPC);
			free(buf);
		}
	}
}

static void too_large_a_record_gives_enospc(void **state)
{
	static char novel[UINT16_MAX + 1];
	static uint8_t buf[2 * DIR_RECORD_MAX];
	struct dir_location place = { .elin_count = DIR_POOL_MAX + 1 };
	struct dir_psap psap = { .route_count = DIR_ROUTES_MAX + 1 };
	struct dir_key key;

	(void)state;
	dir_key_location(&key, 1);
	assert_int_equal(dir_location_encode(&place, &key, buf, sizeof(buf)),
			 -ENOSPC);
	place.elin_count = 0;
	place.address = text_make(novel, DIR_RECORD_MAX);
	assert_int_equal(dir_location_encode(&place, &key, buf, sizeof(buf)),
			 -ENOSPC);
	place.address = text_make(novel, sizeof(novel));
	assert_int_equal(dir_location_encode(&place, &key, buf, sizeof(buf)),
			 -ENOSPC);
	dir_key_psap(&key, 1);
	assert_int_equal(dir_psap_encode(&psap, &key, buf, sizeof(buf)),
			 -ENOSPC);
}

/* Hex after "<name>...Example:" up to the end of the comment. */
static size_t example_read(const char *source, const char *name, uint8_t *buf,
			   size_t size)
{
	const char *p = source, *end;
	char start[64];
	size_t len = 0;

	(void)snprintf(start, sizeof(start), "/*\n * %s", name);
	do {
		p = strstr(p, start);
		assert_non_null(p);
		p += strlen(start);
	} while (*p != ':' && *p != ',');
	end = strstr(p, "*/");
	p = strstr(p, "Example:");
	assert_true(p && end && p < end);
	for (p = strchr(p, '\n'); p < end; p++) {
		char digits[3] = { p[0], p[1], 0 };

		if (*p == '\n' || *p == ' ' || *p == '*')
			continue;
		assert_true(len < size);
		buf[len++] = (uint8_t)strtoul(digits, NULL, 16);
		p++;
	}
	return len;
}

static void examples_in_the_source_are_true(void **state)
{
	const struct dir_sample *s = dir_samples();
	const char *here = __FILE__, *slash = strrchr(here, '/');
	static char source[65536];
	char path[4096];
	size_t n;
	FILE *f;

	(void)state;
	assert_non_null(slash);
	(void)snprintf(path, sizeof(path),
		       "%.*s/../../modules/core/dir_record.c",
		       (int)(slash - here), here);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(source, 1, sizeof(source) - 1, f);
	assert_int_equal(fclose(f), 0);
	assert_true(n > 0 && n < sizeof(source) - 1);

	for (unsigned i = 0; i < DIR_SAMPLE_COUNT; i++, s++) {
		struct value v = value_of(s), shown;

		shown.len =
			example_read(source, s->name, shown.b, sizeof(shown.b));
		assert_int_equal(shown.len, v.len);
		assert_memory_equal(shown.b, v.b, v.len);
	}
}

/* ---- keys ---- */

static void keys_are_what_their_comment_says(void **state)
{
	static const uint8_t addr[16] = { 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0,
					  0,    0, 0,    0,    0, 0, 0, 9 };
	struct dir_key k;

	(void)state;
	dir_key_gateway(&k);
	assert_int_equal(k.len, 1);
	assert_int_equal(k.b[0], 'G');
	dir_key_trunk(&k, 0x0102030405060708);
	assert_int_equal(k.len, 9);
	assert_memory_equal(k.b, "T\1\2\3\4\5\6\7\10", 9);
	dir_key_elin(&k, 12065550181);
	assert_memory_equal(k.b, "X\0\0\0\2\xcf\x29\xaf\x65", 9);
	dir_key_source(&k, addr, 128);
	assert_int_equal(k.len, 18);
	assert_memory_equal(k.b + 1, addr, 16);
	assert_int_equal(k.b[17], 128);
	dir_key_network(&k, 1, addr, 32);
	assert_int_equal(k.len, 26);
	assert_memory_equal(
		k.b,
		"N\0\0\0\0\0\0\0\1\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\0\40",
		26);
}

static void bits_behind_the_prefix_do_not_count(void **state)
{
	uint8_t a[16], b[16];
	struct dir_key ka, kb;

	(void)state;
	for (unsigned plen = 0; plen <= 128; plen++) {
		memset(a, 0xff, sizeof(a));
		memset(b, 0xff, sizeof(b));
		for (unsigned bit = plen; bit < 128; bit++)
			b[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		dir_key_source(&ka, a, plen);
		dir_key_source(&kb, b, plen);
		assert_int_equal(ka.len, kb.len);
		assert_memory_equal(ka.b, kb.b, ka.len);
		assert_memory_equal(ka.b + 1, b, sizeof(b));
	}
	/* A length that no address has: all of it. */
	dir_key_source(&ka, a, 128);
	dir_key_source(&kb, a, 1000);
	assert_memory_equal(ka.b, kb.b, ka.len);
}

static void identity_value_has_a_longest_length(void **state)
{
	char value[IDENTITY_VALUE_MAX + 1];
	struct dir_key k, before;

	(void)state;
	memset(value, 'x', sizeof(value));
	assert_int_equal(dir_key_identity(&k, 1, IDENTITY_EXTENSION,
					  text_make(value, IDENTITY_VALUE_MAX)),
			 0);
	assert_int_equal(k.len, 10 + IDENTITY_VALUE_MAX);
	before = k;
	assert_int_equal(dir_key_identity(&k, 1, IDENTITY_EXTENSION,
					  text_make(value, sizeof(value))),
			 -ENOSPC);
	assert_memory_equal(&k, &before, sizeof(k));
}

static void prefix_lengths_are_walked_from_the_longest(void **state)
{
	static const int lens[] = { 128, 127, 120, 64, 63, 1, 0 };
	struct dir_plens p = { { 0 } };
	int at = 128;

	(void)state;
	assert_int_equal(dir_plens_next(&p, 128), -1);
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++)
		dir_plens_add(&p, (unsigned)lens[i]);
	dir_plens_add(&p, 129);
	dir_plens_add(&p, 100000);
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		at = dir_plens_next(&p, at);
		assert_int_equal(at, lens[i]);
		at--;
	}
	assert_int_equal(dir_plens_next(&p, at), -1);
	assert_int_equal(dir_plens_next(&p, 1000), 128);
	assert_int_equal(dir_plens_next(&p, 126), 120);
}

static void names_are_those_of_sql(void **state)
{
	(void)state;
	assert_string_equal(trunk_role_name(TRUNK_ORIGIN), "origin");
	assert_string_equal(trunk_role_name(TRUNK_PSAP), "psap");
	assert_string_equal(trunk_role_name(TRUNK_PSTN), "pstn");
	assert_string_equal(trunk_role_name(0), "unknown");
	assert_string_equal(trunk_transport_name(TRANSPORT_UDP), "udp");
	assert_string_equal(trunk_transport_name(TRANSPORT_TCP), "tcp");
	assert_string_equal(trunk_transport_name(TRANSPORT_TLS), "tls");
	assert_string_equal(trunk_transport_name(0), "unknown");
	assert_string_equal(psap_kind_name(PSAP_PRIMARY), "psap");
	assert_string_equal(psap_kind_name(PSAP_RELAY_CENTER), "relay_center");
	assert_string_equal(psap_kind_name(PSAP_LAST_RESORT), "last_resort");
	assert_string_equal(psap_kind_name(0), "unknown");
}

static void the_parts_of_a_key_can_be_read_again(void **state)
{
	const uint8_t addr[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
	struct dir_key source, credential, trunk;
	uint8_t got[16];
	struct text name;
	unsigned plen;

	(void)state;
	dir_key_source(&source, addr, 128);
	assert_int_equal(dir_key_credential(&credential, text_of("alice")), 0);
	dir_key_trunk(&trunk, 1);
	assert_int_equal(dir_key_source_parse(&source, got, &plen), 0);
	assert_memory_equal(got, addr, sizeof(addr));
	assert_int_equal(plen, 128);
	assert_int_equal(dir_key_credential_parse(&credential, &name), 0);
	assert_true(text_equal(name, text_of("alice")));
	assert_int_equal(dir_key_source_parse(&trunk, got, &plen), -EINVAL);
	assert_int_equal(dir_key_source_parse(&credential, got, &plen),
			 -EINVAL);
	assert_int_equal(dir_key_credential_parse(&source, &name), -EINVAL);
	source.len--;
	assert_int_equal(dir_key_source_parse(&source, got, &plen), -EINVAL);
	credential.len = 1;
	assert_int_equal(dir_key_credential_parse(&credential, &name), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_comes_back_as_it_was_stored),
		cmocka_unit_test(empty_records_come_back_empty),
		cmocka_unit_test(numbers_keep_all_their_bits),
		cmocka_unit_test(any_changed_byte_is_refused),
		cmocka_unit_test(any_truncation_is_refused),
		cmocka_unit_test(sealed_truncation_is_refused_or_lacks_fields),
		cmocka_unit_test(record_under_another_key_is_refused),
		cmocka_unit_test(record_of_another_kind_is_refused),
		cmocka_unit_test(another_layout_version_is_refused),
		cmocka_unit_test(unknown_tags_are_skipped),
		cmocka_unit_test(malformed_fields_are_refused),
		cmocka_unit_test(too_many_routes_or_numbers_are_refused),
		cmocka_unit_test(unknown_kinds_of_identity_leave_the_order),
		cmocka_unit_test(too_small_a_buffer_gives_enospc),
		cmocka_unit_test(too_large_a_record_gives_enospc),
		cmocka_unit_test(examples_in_the_source_are_true),
		cmocka_unit_test(keys_are_what_their_comment_says),
		cmocka_unit_test(bits_behind_the_prefix_do_not_count),
		cmocka_unit_test(identity_value_has_a_longest_length),
		cmocka_unit_test(prefix_lengths_are_walked_from_the_longest),
		cmocka_unit_test(names_are_those_of_sql),
		cmocka_unit_test(the_parts_of_a_key_can_be_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
