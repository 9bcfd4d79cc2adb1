/* SPDX-License-Identifier: GPL-2.0-or-later */
/* book_file: a book on disk, for a start without PostgreSQL. */
#pragma once

#include "address/book.h"
#include "uuid.h"

int must_check address_book_save(const struct address_book *b,
				 const struct uuid *version, const char *path);
/* Indexed.  -ENOENT; -EBADMSG: damaged; -ENOMEM; or as open(). */
int must_check address_book_load(const char *path, struct address_book **ret,
				 struct uuid *ret_version);
/* The same from memory. */
int must_check address_book_decode(struct text bytes, struct address_book **ret,
				   struct uuid *ret_version);
