/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_fetcher: files of errors of one provider, fetched and read, each once.
 *
 * A file that ends in the middle is read when it says the same the next time;
 * what cannot be read is put aside in state_dir/ali-unread and told.
 */
#pragma once

#include "ali/exchange.h"
#include "ali/layout.h"
#include "store/db.h"

enum ali_fetcher_step {
	ALI_FETCHER_IDLE,
	ALI_FETCHER_LIST,
	ALI_FETCHER_GET,
	ALI_FETCHER_REMOVE,
	ALI_FETCHER_DONE, /* why is "", or what was left out for */
};

struct ali_fetcher {
	/* Set by the caller: conf, transfers and account of the exchange, and
	 */
	struct ali_exchange exchange;
	const char *provider;            /* borrowed */
	const struct ali_layout *layout; /* static */
	size_t error_code_start;
	char pattern[72]; /* the name, over https */
	bool removes;

	enum ali_fetcher_step step;
	char *names, *next; /* owned, and in it; a name a line */
	char name[ALI_FILE_NAME_SIZE];
	char why[ALI_WHY_SIZE];
};

void ali_fetcher_begin(struct ali_fetcher *f);
/* Is it at the caller to give it addresses and go on? */
bool ali_fetcher_is_ready(const struct ali_fetcher *f);
/* One step, when it is ready.  -ENOMEM, errors of db. */
int must_check ali_fetcher_go(struct ali_fetcher *f, struct db *db,
			      unsigned address_count,
			      const uint8_t (*addresses)[16]);
/* After the end, or any time before. */
void ali_fetcher_reset(struct ali_fetcher *f);
