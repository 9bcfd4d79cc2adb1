/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_courier: one file, whole, under its name, to where a provider takes it.
 *
 *	look	is it there already?  (the last answer was not heard)
 *	put	beside its name
 *	measure	is all of it there?
 *	rename
 *
 * What is there under its name is it only if this file was begun before:
 *another of that name, and maybe that length, is never taken for it.
 */
#pragma once

#include "ali/exchange.h"

enum ali_courier_step {
	ALI_COURIER_IDLE,
	ALI_COURIER_LOOK,
	ALI_COURIER_BEGIN, /* the caller commits that it begins: began() */
	ALI_COURIER_PUT,
	ALI_COURIER_MEASURE,
	ALI_COURIER_RENAME,
	ALI_COURIER_DELIVERED,
	ALI_COURIER_FAILED, /* exchange.why */
};

struct ali_courier {
	/* Set by the caller: its conf, transfers and account are, and */
	struct ali_exchange exchange;
	char part_suffix[24]; /* "": it is written under its name */
	bool verify_size;
	bool has_begun; /* an earlier attempt has, with this very file */

	enum ali_courier_step step;
	char name[ALI_FILE_NAME_SIZE], part[ALI_FILE_NAME_SIZE + 24];
	struct text body; /* borrowed until it is delivered or has failed */
};

void ali_courier_begin(struct ali_courier *c, const char *name,
		       struct text body);
/* It is committed that it begins. */
void ali_courier_began(struct ali_courier *c);
/* Is it at the caller to give it addresses and go on? */
bool ali_courier_is_ready(const struct ali_courier *c);
/* One step, when it is ready.  -ENOMEM. */
int must_check ali_courier_go(struct ali_courier *c, unsigned address_count,
			      const uint8_t (*addresses)[16]);
