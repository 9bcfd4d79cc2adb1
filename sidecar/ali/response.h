/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ali_response: one fetched file of errors: applied once, or put aside. */
#pragma once

#include "ali/layout.h"
#include "base/conf.h"
#include "store/db.h"

struct ali_response {
	const struct conf *conf; /* all borrowed */
	const char *provider, *name;
	const struct ali_layout *layout;
	size_t error_code_start;
	struct text bytes;
};

/*
 * *ret_done: it has been read or put aside, and may go; not if it could not be
 * put aside.  why (of ALI_WHY_SIZE) tells what failed, untouched otherwise.
 * Errors of db, but for what it refuses.
 */
int must_check ali_response_read(const struct ali_response *r, struct db *db,
				 bool *ret_done, char *why);
