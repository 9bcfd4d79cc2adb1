/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "md5.h"

/* ---- hashes: RFC 1321 A.5, FIPS 180-4's examples, RFC 4231 ---- */

static const struct {
	const char *text, *md5, *sha256;
} hashes[] = {
	{ "", "d41d8cd98f00b204e9800998ecf8427e",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "900150983cd24fb0d6963f7d28e17f72",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "1234567890123456789012345678901234567890123456789012345678901234567"
	  "8901234567890",
	  "57edf4a22be3c955ac49da2e2107b67a",
	  "f371bc4a311f2b009eef952dd83ca80e2b60026c8e935592d0f9c308453c813e" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "8215ef0796a20bcaaae116d3876c664a",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void hashes_are_those_of_the_standards(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		const char *t = hashes[i].text;
		uint8_t out[SHA256_SIZE];
		char hex[2 * SHA256_SIZE + 1];
		struct md5 m;
		struct sha256 s;

		/* In two pieces, wherever the cut is. */
		for (size_t cut = 0; cut <= strlen(t); cut++) {
			md5_begin(&m);
			md5_add(&m, t, cut);
			md5_add(&m, t + cut, strlen(t) - cut);
			md5_end(&m, out);
			text_hex(hex, out, MD5_SIZE);
			assert_string_equal(hex, hashes[i].md5);
			sha256_begin(&s);
			sha256_add(&s, t, cut);
			sha256_add(&s, t + cut, strlen(t) - cut);
			sha256_end(&s, out);
			text_hex(hex, out, SHA256_SIZE);
			assert_string_equal(hex, hashes[i].sha256);
		}
	}
}

static void a_mac_is(const void *key, size_t key_len, const char *data,
		     size_t len, const char *expected)
{
	struct hmac_sha256 h;
	uint8_t out[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	hmac_sha256(key, key_len, data, len, out);
	text_hex(hex, out, sizeof(out));
	assert_string_equal(hex, expected);
	hmac_sha256_begin(&h, key, key_len);
	for (size_t i = 0; i < len; i++)
		hmac_sha256_add(&h, data + i, 1);
	hmac_sha256_end(&h, out);
	text_hex(hex, out, sizeof(out));
	assert_string_equal(hex, expected);
}

/* Cases 1 to 4, 6 and 7 (5 is about a MAC that is cut). */
static void a_mac_is_that_of_rfc_4231(void **state)
{
	static const char longer[] = "Test Using Larger Than Block-Size Key - "
				     "Hash Key First";
	static const char both[] = "This is a test using a larger than "
				   "block-size key and a larger than "
				   "block-size data. The key needs to be "
				   "hashed before being used by the HMAC "
				   "algorithm.";
	uint8_t key[131];
	char data[50];

	(void)state;
	memset(key, 0x0b, 20);
	a_mac_is(key, 20, "Hi There", 8,
		 "b0344c61d8db38535ca8afceaf0bf12b"
		 "881dc200c9833da726e9376c2e32cff7");
	a_mac_is("Jefe", 4, "what do ya want for nothing?", 28,
		 "5bdcc146bf60754e6a042426089575c7"
		 "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	a_mac_is(key, 20, data, 50,
		 "773ea91e36800e46854db8ebd09181a7"
		 "2959098b3ef8c122d9635514ced565fe");
	a_mac_is(key, sizeof(key), longer, sizeof(longer) - 1,
		 "60e431591ee0b67f0d8a26aacbf5b77f"
		 "8e0bc6213728c5140546040f0ee37f54");
	a_mac_is(key, sizeof(key), both, sizeof(both) - 1,
		 "9b09ffa71b942fcb27635fbcd5b0e944"
		 "bfdc63644f0713938a7f51535c3a35e2");
	for (uint8_t i = 0; i < 25; i++)
		key[i] = (uint8_t)(i + 1);
	memset(data, 0xcd, sizeof(data));
	a_mac_is(key, 25, data, 50,
		 "82558a389a443c0ea4cc819899f2083a"
		 "85f0faa3e578f8077a2e3ff46729665b");
}

/* ---- RFC 7616 3.9.1 ---- */

#define COMMON \
	"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", " \
	"uri=\"/dir/index.html\", " \
	"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", " \
	"nc=00000001, " \
	"cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
#define MD5_ANSWER \
	COMMON "algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\""
#define SHA256_ANSWER \
	COMMON "algorithm=SHA-256, " \
	       "response=\"753927fa0e85d155564e2e272a28d180" \
	       "2ca10daf4496794697cf8db5856cb6c1\""

static void ha1(enum digest_algorithm algorithm, uint8_t *ret)
{
	static const char secret[] =
		"Mufasa:http-auth@example.org:Circle of Life";
	struct sha256 s;
	struct md5 m;

	if (algorithm == DIGEST_MD5) {
		md5_begin(&m);
		md5_add(&m, secret, sizeof(secret) - 1);
		md5_end(&m, ret);
	} else {
		sha256_begin(&s);
		sha256_add(&s, secret, sizeof(secret) - 1);
		sha256_end(&s, ret);
	}
}

static bool is_right(const char *value, const char *method)
{
	struct digest_answer a;
	uint8_t hash[SHA256_SIZE];

	if (digest_parse(text_of(value), &a) < 0)
		return false;
	ha1(a.algorithm, hash);
	return digest_is_right(&a, text_of(method), hash);
}

static void answers_are_those_of_rfc_7616(void **state)
{
	(void)state;
	assert_true(is_right(MD5_ANSWER, "GET"));
	assert_true(is_right(SHA256_ANSWER, "GET"));
	assert_false(is_right(MD5_ANSWER, "INVITE"));
	assert_false(is_right(SHA256_ANSWER, "PUT"));
}

/* Whatever byte is changed, the answer is not right any more, or it is one in
 * a place that does not count. */
static void no_other_answer_is_right(void **state)
{
	static const char answer[] = SHA256_ANSWER;
	char copy[sizeof(answer)];
	unsigned right = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(answer) - 1; i++) {
		memcpy(copy, answer, sizeof(copy));
		copy[i] ^= 1;
		right += is_right(copy, "GET");
	}
	/* The realm is compared by who asks; blanks; what is case. */
	assert_true(right < 40);
	for (size_t n = 0; n < sizeof(answer) - 1; n++) {
		memcpy(copy, answer, n);
		copy[n] = '\0';
		assert_false(is_right(copy, "GET"));
	}
}

static void what_is_no_answer(void **state)
{
	static const char *const bad[] = {
		"",
		"Digest",
		"Basic QWxhZGRpbg==",
		"Digest username",
		"Digest username=\"a",
		"Digest =",
		/* without qop, as RFC 2069 had it */
		"Digest username=\"a\", realm=\"e\", nonce=\"n\", uri=\"u\", "
		"response=\"r\"",
		/* auth-int, and an algorithm that is none */
		"Digest username=\"a\", realm=\"e\", nonce=\"n\", uri=\"u\", "
		"response=\"r\", cnonce=\"c\", nc=00000001, qop=auth-int",
		"Digest username=\"a\", realm=\"e\", nonce=\"n\", uri=\"u\", "
		"response=\"r\", cnonce=\"c\", nc=00000001, qop=auth, "
		"algorithm=none",
		/* twice */
		"Digest username=\"a\", username=\"b\", realm=\"e\", "
		"nonce=\"n\", uri=\"u\", response=\"r\", cnonce=\"c\", "
		"nc=00000001, qop=auth",
		"Digest username=\"a\"b, realm=\"e\", nonce=\"n\", uri=\"u\", "
		"response=\"r\", cnonce=\"c\", nc=00000001, qop=auth",
	};
	struct digest_answer a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(digest_parse(text_of(bad[i]), &a) < 0);
	/* Another's, or a fault: who asks for it decides differently. */
	assert_int_equal(digest_parse(text_of("Basic x"), &a), -ENOTSUP);
	assert_int_equal(digest_parse(text_of(bad[8]), &a), -ENOTSUP);
	assert_int_equal(digest_parse(text_of(bad[6]), &a), -EINVAL);
	assert_true(text_equal(a.realm, text_of("e")));
}

/* ---- nonces ---- */

#define AT 1767225600000

static const uint8_t key[DIGEST_KEY_SIZE] = { 1, 2, 3 };

static void a_nonce_is_known_again(void **state)
{
	static const uint8_t other[DIGEST_KEY_SIZE] = { 1, 2, 4 };
	char nonce[DIGEST_NONCE_SIZE];

	(void)state;
	digest_nonce_make(key, AT, nonce);
	assert_int_equal(strlen(nonce), DIGEST_NONCE_SIZE - 1);
	assert_int_equal(digest_nonce_check(key, text_of(nonce), AT),
			 DIGEST_NONCE_FRESH);
	assert_int_equal(
		digest_nonce_check(key, text_of(nonce), AT + DIGEST_LASTS_MS),
		DIGEST_NONCE_FRESH);
	assert_int_equal(digest_nonce_check(key, text_of(nonce),
					    AT + DIGEST_LASTS_MS + 1),
			 DIGEST_NONCE_STALE);
	assert_int_equal(digest_nonce_check(other, text_of(nonce), AT),
			 DIGEST_NONCE_FOREIGN);
}

static void a_nonce_cannot_be_made_up(void **state)
{
	char nonce[DIGEST_NONCE_SIZE], copy[DIGEST_NONCE_SIZE];

	(void)state;
	digest_nonce_make(key, AT, nonce);
	for (size_t i = 0; i < DIGEST_NONCE_SIZE - 1; i++) {
		memcpy(copy, nonce, sizeof(copy));
		copy[i] = copy[i] == '0' ? '1' : '0';
		assert_int_equal(digest_nonce_check(key, text_of(copy), AT),
				 DIGEST_NONCE_FOREIGN);
		assert_int_equal(
			digest_nonce_check(key, text_make(nonce, i), AT),
			DIGEST_NONCE_FOREIGN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_the_standards),
		cmocka_unit_test(a_mac_is_that_of_rfc_4231),
		cmocka_unit_test(answers_are_those_of_rfc_7616),
		cmocka_unit_test(no_other_answer_is_right),
		cmocka_unit_test(what_is_no_answer),
		cmocka_unit_test(a_nonce_is_known_again),
		cmocka_unit_test(a_nonce_cannot_be_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
