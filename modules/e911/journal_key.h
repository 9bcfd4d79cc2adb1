/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_key: the keys of the journal, as journal.h lays them out. */
#pragma once

#include <stdint.h>

#include "text.h"

#define JOURNAL_KEY_SIZE 8
#define JOURNAL_SEQUENCE_LIMIT \
	((uint64_t)1 << 62) /* sorts before all below \
			     */
#define JOURNAL_MAP_FIRST ((uint64_t)4096 * 1024 * 1024)

/* Records of the state: a letter, then so many bytes. */
#define JOURNAL_KEY_BINDING      'B'
#define JOURNAL_KEY_BINDING_SIZE (1 + 8)
#define JOURNAL_KEY_CALL         'C'
#define JOURNAL_KEY_CALL_SIZE    (1 + 16)

static inline bool journal_key_is_state(const void *key, size_t len)
{
	const uint8_t *p = key;

	return (len == JOURNAL_KEY_BINDING_SIZE &&
		p[0] == JOURNAL_KEY_BINDING) ||
	       (len == JOURNAL_KEY_CALL_SIZE && p[0] == JOURNAL_KEY_CALL);
}

static inline void journal_key_encode(uint64_t sequence,
				      uint8_t ret[JOURNAL_KEY_SIZE])
{
	for (int i = JOURNAL_KEY_SIZE - 1; i >= 0; i--, sequence >>= 8)
		ret[i] = (uint8_t)sequence;
}

/* 0 when the key is not that of an event. */
static inline uint64_t journal_key_decode(const void *key, size_t len)
{
	const uint8_t *p = key;
	uint64_t sequence = 0;

	for (size_t i = 0; len == JOURNAL_KEY_SIZE && i < len; i++)
		sequence = sequence << 8 | p[i];
	return sequence;
}
