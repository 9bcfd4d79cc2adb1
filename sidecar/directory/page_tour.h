/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_tour: every record of a directory, read as the workers read it.
 *
 * Page by page with pread(): a damaged page is found and does not end the
 * process, and the size of the directory does not become that of the process.
 */
#pragma once

#include "dir_tree.h"
#include "store/lmdb_env.h"

/* In one read transaction; as dir_tree_each(), also -ENOMEM. */
int must_check page_tour(struct lmdb_env *env, const struct dir_key *from,
			 dir_tree_item_f *on_item, void *arg);
