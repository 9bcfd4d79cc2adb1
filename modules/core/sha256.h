/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256: FIPS 180-4, and HMAC over it (RFC 2104).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
void sha256_end(struct sha256 *s, uint8_t ret[SHA256_SIZE]);

/* Piece by piece; a key of any length. */
struct hmac_sha256 {
	struct sha256 hash;
	uint8_t outer[64];
};

void hmac_sha256_begin(struct hmac_sha256 *h, const void *key, size_t key_len);
void hmac_sha256_add(struct hmac_sha256 *h, const void *data, size_t len);
void hmac_sha256_end(struct hmac_sha256 *h, uint8_t ret[SHA256_SIZE]);

/* All at once. */
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
		 uint8_t ret[SHA256_SIZE]);
