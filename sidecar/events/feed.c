/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/feed.h"

#include <errno.h>
#include <stdio.h>

int feed_init(struct feed *ret, const struct conf *conf, unsigned consumers)
{
	char path[512];
	int err;

	(void)snprintf(ret->journal_path, sizeof(ret->journal_path),
		       "%s/journal", conf->state_dir);
	(void)snprintf(path, sizeof(path), "%s/outbox", conf->state_dir);
	ret->outbox = NULL;
	journal_init(&ret->journal, ret->journal_path);
	err = wake_hub_init(&ret->hub);
	return err < 0 ? err : outbox_new(&ret->outbox, path, consumers);
}

void feed_fini(struct feed *f)
{
	journal_fini(&f->journal);
	f->outbox = outbox_free(f->outbox);
	wake_hub_fini(&f->hub);
}
