/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/fetcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ali/response.h"

void ali_fetcher_reset(struct ali_fetcher *f)
{
	ali_exchange_reset(&f->exchange);
	free(f->names);
	f->names = f->next = NULL;
	f->step = ALI_FETCHER_IDLE;
}

void ali_fetcher_begin(struct ali_fetcher *f)
{
	ali_fetcher_reset(f);
	f->why[0] = f->name[0] = '\0';
	f->step = ALI_FETCHER_LIST;
	/* HTTP lists nothing: there is one name. */
	if (f->exchange.account->place.way != ALI_WAY_HTTPS)
		return;
	(void)snprintf(f->name, sizeof(f->name), "%s", f->pattern);
	f->step = ALI_FETCHER_GET;
	if (!strchr(f->pattern, '*'))
		return;
	(void)snprintf(f->why, sizeof(f->why),
		       "over https ali_fetch.names is one name");
	f->step = ALI_FETCHER_DONE;
}

bool ali_fetcher_is_ready(const struct ali_fetcher *f)
{
	return f->step != ALI_FETCHER_IDLE && f->step != ALI_FETCHER_DONE &&
	       !f->exchange.is_under_way;
}

/* ---- which files ---- */

struct names {
	FILE *out;
};

static int on_name(const struct db_row *row, void *arg)
{
	struct names *n = arg;
	struct text t = db_text(row, 0);

	return fprintf(n->out, "%.*s\n", (int)t.len, t.p) < 0 ? -ENOMEM : 0;
}

/* Others wrote the list: PostgreSQL takes no bytes beyond ASCII unasked. */
static void clean(char *list)
{
	for (char *c = list; *c; c++)
		if ((*c < ' ' || *c > '~') && *c != '\n' && *c != '\r')
			*c = '?';
}

static int choose(struct ali_fetcher *f, struct db *db)
{
	struct names n;
	size_t size = 0;
	int err;

	clean(f->exchange.got);
	free(f->names);
	f->names = NULL;
	n.out = open_memstream(&f->names, &size);
	if (!n.out)
		return -ENOMEM;
	err = db_exec(db, DB_ALI_RESPONSE_DUE,
		      (const char *[]){ f->provider, f->exchange.got }, on_name,
		      &n);
	if (fclose(n.out) != 0 && err >= 0)
		err = -ENOMEM;
	f->next = f->names;
	return err;
}

static void take_next(struct ali_fetcher *f)
{
	size_t len = f->next ? strcspn(f->next, "\n") : 0;

	f->step = ALI_FETCHER_DONE;
	if (!len || len >= sizeof(f->name))
		return;
	memcpy(f->name, f->next, len);
	f->name[len] = '\0';
	f->next += len + 1;
	f->step = ALI_FETCHER_GET;
}

/* ---- what came ---- */

static int got(struct ali_fetcher *f, struct db *db)
{
	const struct ali_response r = {
		.conf = f->exchange.conf,
		.provider = f->provider,
		.name = f->name,
		.layout = f->layout,
		.error_code_start = f->error_code_start,
		.bytes = text_make(f->exchange.got, f->exchange.got_len),
	};
	bool is_done = false;
	int err = ali_response_read(&r, db, &is_done, f->why);

	take_next(f);
	if (err >= 0 && is_done && f->removes &&
	    f->exchange.account->place.way != ALI_WAY_HTTPS) {
		/* Once more behind it. */
		if (f->step == ALI_FETCHER_GET)
			f->next -= strlen(f->name) + 1;
		(void)snprintf(f->name, sizeof(f->name), "%s",
			       f->exchange.name);
		f->step = ALI_FETCHER_REMOVE;
	}
	return err;
}

/* One file that is refused keeps nobody from the others. */
static bool goes_on(const struct ali_fetcher *f)
{
	return f->step != ALI_FETCHER_LIST &&
	       (f->exchange.end == TRANSFER_ABSENT ||
		f->exchange.end == TRANSFER_REFUSED ||
		f->exchange.end == TRANSFER_CUT);
}

/* Over HTTP 404 is how a file is not there. */
static bool is_absent(const struct ali_exchange *x)
{
	return x->end == TRANSFER_ABSENT ||
	       (x->account->place.way == ALI_WAY_HTTPS &&
		x->end == TRANSFER_REFUSED && x->status == 404);
}

static int take_answer(struct ali_fetcher *f, struct db *db)
{
	struct ali_exchange *x = &f->exchange;
	int err = 0;

	x->is_answered = false;
	if (x->end != TRANSFER_ANSWERED) {
		if (!is_absent(x) || f->step == ALI_FETCHER_LIST)
			(void)snprintf(f->why, sizeof(f->why), "%s", x->why);
		if (goes_on(f))
			take_next(f);
		else
			f->step = ALI_FETCHER_DONE;
		return 0;
	}
	switch (f->step) {
	case ALI_FETCHER_LIST:
		err = choose(f, db);
		take_next(f);
		break;
	case ALI_FETCHER_GET:
		err = got(f, db);
		break;
	case ALI_FETCHER_REMOVE:
		take_next(f);
		break;
	default:
		break;
	}
	return err;
}

int ali_fetcher_go(struct ali_fetcher *f, struct db *db, unsigned address_count,
		   const uint8_t (*addresses)[16])
{
	struct ali_asked asked = { .act = ALI_ACT_LIST,
				   .name = f->name,
				   .address_count = address_count,
				   .addresses = addresses };
	int err = f->exchange.is_answered ? take_answer(f, db) : 0;

	if (err < 0 || f->step == ALI_FETCHER_DONE)
		return err;
	if (f->step == ALI_FETCHER_GET)
		asked.act = ALI_ACT_GET;
	else if (f->step == ALI_FETCHER_REMOVE)
		asked.act = ALI_ACT_REMOVE;
	return ali_exchange_start(&f->exchange, &asked);
}
