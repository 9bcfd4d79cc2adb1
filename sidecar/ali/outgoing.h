/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ali_outgoing: rows of ali_take() become the lines of a file. */
#pragma once

#include "ali/file.h"
#include "store/db.h"

struct ali_outgoing {
	const struct ali_layout *layout; /* set by the caller, as all of these;
					  * borrowed */
	const char *company;
	/* With the first row; may be NULL.  0, or what ends it. */
	int (*begin)(void *arg, const char *cycle);
	ali_write_f *write;
	void *arg;

	struct ali_writer writer;
	bool has_begun;
	char cycle[16];
	/* -EINVAL: the number whose record does not fit the layout. */
	char misfit[24];
};

/* A db_row_f of DB_ALI_TAKE; arg is the struct.  As write, -EINVAL, -EPROTO. */
int must_check ali_outgoing_row(const struct db_row *row, void *arg);
/* The trailer, unless there was no row. */
int must_check ali_outgoing_end(struct ali_outgoing *o);
