/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dir_op: what a dir_batch holds; for those that apply it. */
#pragma once

#include "directory/dir_batch.h"

enum op_kind {
	OP_PUT,
	OP_DELETE,
	OP_PUT_ENDPOINT,
	OP_DELETE_ENDPOINT,
	OP_SET_SITE,
};

struct dir_op {
	enum op_kind kind;
	size_t key, key_len; /* in the arena */
	size_t value, value_len;
	uint64_t location_id; /* OP_SET_SITE */
};

#define DIR_IDENTITIES 5

/* One identity of an endpoint, as a key of the directory. */
struct owned_identity {
	bool present;
	struct dir_key key;
};

/* The identities that an endpoint record names.  -ENOSPC. */
int must_check dir_op_identities(const struct dir_endpoint *e,
				 struct owned_identity ret[DIR_IDENTITIES]);
void dir_op_key(const struct dir_batch *b, const struct dir_op *op,
		struct dir_key *ret);
