/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_ali: what the files of e911ctl ali share. */
#pragma once

#include "ali/file.h"
#include "ctl/ctl.h"

/* The provider of operand 1, as PostgreSQL has it. */
struct ali_party {
	const char *name; /* borrowed from the operands */
	const struct ali_layout *layout;
	size_t error_code_start; /* from 1 */
	char company[64];
	size_t found;
};

/* CTL_OK, or it was told why not. */
enum ctl_exit must_check ali_party_find(struct ctl *ctl, struct db *db,
					struct ali_party *ret);

/* A file of a provider as ali_read_f; arg is a FILE. */
ssize_t ali_read_stdio(void *arg, char *buf, size_t size);

enum ctl_exit must_check ali_export(struct ctl *ctl, struct db *db);
enum ctl_exit must_check ali_import_errors(struct ctl *ctl, struct db *db);
enum ctl_exit must_check ali_verify(struct ctl *ctl, struct db *db);
