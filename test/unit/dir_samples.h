/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dir_samples: one record of each kind, every field filled. */
#pragma once

#include "dir_record.h"

struct dir_sample {
	const char *name; /* "meta" */
	struct dir_key key;
	const void *record;
	size_t cleared; /* of *record, by the decoder */
	int (*encode)(const void *r, const struct dir_key *key, uint8_t *buf,
		      size_t size);
	int (*decode)(const struct dir_key *key, const void *value, size_t len,
		      void *ret);
	bool (*same)(const void *a, const void *b);
};

#define DIR_SAMPLE_COUNT 20
/* Filled at the first call. */
const struct dir_sample *dir_samples(void);
