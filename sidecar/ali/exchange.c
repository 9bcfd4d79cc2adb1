/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LIST_MAX (1u << 20)
#define GET_MAX  (32u << 20)
/* FTP says a size in words, too. */
#define ANSWER_MAX 4096

static const char *const acts[] = {
	[ALI_ACT_PUT] = "cannot be put",
	[ALI_ACT_SIZE] = "cannot be looked at",
	[ALI_ACT_RENAME] = "cannot be renamed",
	[ALI_ACT_LIST] = "cannot be listed",
	[ALI_ACT_GET] = "cannot be fetched",
	[ALI_ACT_REMOVE] = "cannot be removed",
};

void ali_exchange_tell(struct ali_exchange *x, const char *why, int status)
{
	const char *name = x->name[0] ? x->name : "the directory";

	if (status)
		(void)snprintf(x->why, sizeof(x->why), "%s %s: %s (%d)", name,
			       acts[x->act], why, status);
	else
		(void)snprintf(x->why, sizeof(x->why), "%s %s: %s", name,
			       acts[x->act], why);
}

void ali_exchange_reset(struct ali_exchange *x)
{
	free(x->got);
	x->got = NULL;
	x->got_len = 0;
	x->is_under_way = x->is_answered = false;
}

/* Servers may write paths, and CR before LF. */
bool ali_exchange_lists(const struct ali_exchange *x, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = x->got; at && (at = strstr(at, name));
	     at += len) {
		bool begins = at == x->got || at[-1] == '\n' || at[-1] == '/';

		if (begins && (!at[len] || at[len] == '\n' || at[len] == '\r'))
			return true;
	}
	return false;
}

/* ---- over the network ---- */

static int keep(struct ali_exchange *x, struct text body)
{
	x->got = malloc(body.len + 1);
	if (!x->got)
		return -ENOMEM;
	if (body.len)
		memcpy(x->got, body.p, body.len);
	x->got[body.len] = '\0';
	x->got_len = body.len;
	return 0;
}

static void on_end(void *arg, const struct transfer_answer *a)
{
	struct ali_exchange *x = arg;
	bool is_http = x->account->place.way == ALI_WAY_HTTPS;

	explicit_bzero(x->password, sizeof(x->password));
	x->is_under_way = false;
	x->is_answered = true;
	x->end = a->end;
	x->size_bytes = a->size_bytes;
	if (a->end == TRANSFER_ANSWERED && is_http && a->status / 100 != 2)
		x->end = TRANSFER_REFUSED;
	x->status = a->status;
	if (x->end == TRANSFER_ANSWERED &&
	    (x->act == ALI_ACT_LIST || x->act == ALI_ACT_GET) &&
	    keep(x, a->body) < 0)
		x->end = TRANSFER_NO_MEMORY;
	ali_exchange_tell(x, transfer_end_name(x->end), a->status);
	if (x->end == TRANSFER_HOST_KEY)
		(void)snprintf(x->why, sizeof(x->why), "%s: %.*s",
			       transfer_end_name(x->end), (int)a->host_key.len,
			       a->host_key.p);
}

/* The first line of a file of ali_secret_dir. */
static int read_password(struct ali_exchange *x)
{
	char path[512];
	char *got;
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s", x->conf->ali_secret_dir,
		       x->account->password_file);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	got = fgets(x->password, sizeof(x->password), in);
	(void)fclose(in);
	if (!got)
		return -EINVAL;
	x->password[strcspn(x->password, "\r\n")] = '\0';
	return x->password[0] ? 0 : -EINVAL;
}

static const char *secret_path(const struct ali_exchange *x, const char *name,
			       char ret[512])
{
	ret[0] = '\0';
	if (name[0])
		(void)snprintf(ret, 512, "%s/%s", x->conf->ali_secret_dir,
			       name);
	return ret;
}

static int name_files(struct ali_exchange *x, const struct ali_asked *asked)
{
	const struct ali_place *p = &x->account->place;
	bool has_commands =
		asked->act == ALI_ACT_RENAME || asked->act == ALI_ACT_REMOVE;
	bool is_dir = has_commands || asked->act == ALI_ACT_LIST;
	char from[ALI_URL_SIZE], to[ALI_URL_SIZE];
	int err = ali_place_url(p, is_dir ? "" : asked->name, x->url);

	x->commands[0] = x->commands[1] = NULL;
	if (err < 0 || !has_commands)
		return err;
	if (ali_place_file(p, asked->name, from) < 0 ||
	    ali_place_file(p, asked->to ? asked->to : "", to) < 0)
		return -EINVAL;
	x->commands[0] = x->command[0];
	if (asked->act == ALI_ACT_REMOVE) {
		(void)snprintf(x->command[0], sizeof(x->command[0]), "%s %s",
			       p->way == ALI_WAY_FTP ? "DELE" : "rm", from);
	} else if (p->way == ALI_WAY_FTP) {
		(void)snprintf(x->command[0], sizeof(x->command[0]), "RNFR %s",
			       from);
		(void)snprintf(x->command[1], sizeof(x->command[1]), "RNTO %s",
			       to);
		x->commands[1] = x->command[1];
	} else {
		(void)snprintf(x->command[0], sizeof(x->command[0]),
			       "rename %s %s", from, to);
	}
	return 0;
}

static size_t answer_max(enum ali_act act)
{
	switch (act) {
	case ALI_ACT_LIST:
		return LIST_MAX;
	case ALI_ACT_GET:
		return GET_MAX;
	default:
		return ANSWER_MAX;
	}
}

static int start(struct ali_exchange *x, const struct ali_asked *asked)
{
	static const enum transfer_verb verbs[] = {
		[ALI_ACT_PUT] = TRANSFER_PUT,
		[ALI_ACT_SIZE] = TRANSFER_SIZE,
		[ALI_ACT_RENAME] = TRANSFER_COMMANDS,
		[ALI_ACT_LIST] = TRANSFER_LIST,
		[ALI_ACT_GET] = TRANSFER_GET,
		[ALI_ACT_REMOVE] = TRANSFER_COMMANDS,
	};
	const struct ali_account *a = x->account;
	struct transfer t = {
		.verb = verbs[asked->act],
		.url = x->url,
		.host = a->place.host,
		.port = a->place.port,
		.timeout_ms = (int)x->conf->ali_file_timeout_s * 1000,
		.ca_file = a->ca_file[0]
				   ? secret_path(x, a->ca_file, x->ca_path)
				   : x->conf->ali_ca,
		.user = a->user,
		.password = x->password,
		.key_file = secret_path(x, a->key_file, x->key_path),
		.host_keys = a->host_keys,
		.commands = x->commands,
		.body = asked->body,
		.answer_max = answer_max(asked->act),
	};

	for (unsigned i = 0;
	     i < asked->address_count && i < TRANSFER_ADDRESSES_MAX; i++)
		memcpy(t.addresses[t.address_count++], asked->addresses[i], 16);
	x->is_under_way = true;
	return transfers_start(x->transfers, &t, on_end, x);
}

int ali_exchange_start(struct ali_exchange *x, const struct ali_asked *asked)
{
	const struct ali_account *a = x->account;
	const char *why = NULL;
	int err;

	ali_exchange_reset(x);
	x->act = asked->act;
	(void)snprintf(x->name, sizeof(x->name), "%s",
		       asked->name ? asked->name : "");
	x->size_bytes = -1;
	x->status = 0;
	x->password[0] = '\0';
	if (a->place.way == ALI_WAY_DIRECTORY) {
		ali_exchange_local(x, asked);
		x->is_answered = true;
		return 0;
	}
	if ((a->password_file[0] || a->key_file[0] || a->ca_file[0]) &&
	    !x->conf->ali_secret_dir[0])
		why = "ali_secret_dir is not set";
	else if (a->password_file[0] && read_password(x) < 0)
		why = "its password_file cannot be read";
	else if (name_files(x, asked) < 0)
		why = "its name is too long";
	if (why) {
		ali_exchange_tell(x, why, 0);
		x->end = TRANSFER_NO_LOGIN;
		x->is_answered = true;
		return 0;
	}
	err = start(x, asked);
	if (err < 0)
		ali_exchange_reset(x);
	if (err != -ENOTSUP)
		return err;
	ali_exchange_tell(x, "this machine's libcurl cannot do that", 0);
	x->end = TRANSFER_REFUSED;
	x->is_answered = true;
	return 0;
}
