/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ali_keep: what the ALI records of numbers should say, kept in PostgreSQL. */
#pragma once

#include "ali/layout.h"
#include "store/db.h"

/*
 * Derives the records of some of the numbers that wait (ali_waiting) and stores
 * them.  How many marks were dealt with, 0: none waits; else as db_exec(),
 * -ENOMEM, -EPROTO.
 */
int must_check ali_keep_step(struct db *db);

/*
 * What the record of a source (a row of ali_source(), JSON) says in a layout,
 * as JSON; ret_flaws says which fields are cut or cannot be written, "" if
 * none. *ret_writable: the layout can hold it.  *ret is the caller's to free().
 */
#define ALI_FLAWS_SIZE 1024
int must_check ali_keep_derive(const struct ali_layout *layout,
			       struct text source, char **ret,
			       char ret_flaws[ALI_FLAWS_SIZE],
			       bool *ret_writable);
