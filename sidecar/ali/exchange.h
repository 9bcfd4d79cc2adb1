/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_exchange: one act at a time in a directory at a provider, or in a local
 * one: put a file, look how long it is, rename it, ...
 */
#pragma once

#include "ali/place.h"
#include "base/conf.h"
#include "base/transfer.h"

#define ALI_SECRET_NAME_SIZE 72
#define ALI_FILE_NAME_SIZE   256
#define ALI_WHY_SIZE         300

/* As ali_delivery has it; "": none. */
struct ali_account {
	struct ali_place place;
	char user[72];
	char password_file[ALI_SECRET_NAME_SIZE]; /* names in ali_secret_dir */
	char key_file[ALI_SECRET_NAME_SIZE], ca_file[ALI_SECRET_NAME_SIZE];
	char host_keys[512];
};

enum ali_act {
	ALI_ACT_PUT,    /* the body under the name, over what is there */
	ALI_ACT_SIZE,   /* of the file */
	ALI_ACT_RENAME, /* to another name */
	ALI_ACT_LIST,   /* names, a line each */
	ALI_ACT_GET,    /* its bytes */
	ALI_ACT_REMOVE,
};

struct ali_exchange {
	/* Set by the caller; borrowed. */
	const struct conf *conf;
	struct transfers *transfers;
	const struct ali_account *account;

	bool is_under_way, is_answered;
	/* What came of it, when it is answered: ABSENT is told of a file, why
	 * tells people of anything but ANSWERED. */
	enum transfer_end end;
	int64_t size_bytes; /* -1: not said */
	int status;         /* of HTTP or FTP; 0: none */
	char *got;          /* owned: a list, or a file; NUL behind it */
	size_t got_len;
	char why[ALI_WHY_SIZE];

	enum ali_act act; /* borrowed by the transfer: */
	char name[ALI_FILE_NAME_SIZE];
	char url[ALI_URL_SIZE], password[512];
	char key_path[512], ca_path[512];
	char command[2][ALI_URL_SIZE * 2 + 32];
	const char *commands[3];
};

struct ali_asked {
	enum ali_act act;
	const char *name, *to; /* to: of RENAME */
	struct text body;      /* of PUT; borrowed until it is answered */
	/* Where its host is; not asked for of a local directory. */
	unsigned address_count;
	const uint8_t (*addresses)[16];
};

/* Then transfers_step() answers it, or it is answered already.  -ENOMEM. */
int must_check ali_exchange_start(struct ali_exchange *x,
				  const struct ali_asked *asked);
/* After an answer, or after transfers_free(). */
void ali_exchange_reset(struct ali_exchange *x);
/* Does the list have that name? */
bool ali_exchange_lists(const struct ali_exchange *x, const char *name);

/* The same in a directory below conf's ali_directory, at once. */
void ali_exchange_local(struct ali_exchange *x, const struct ali_asked *asked);
/* x->why: "west-000001.dat cannot be put: it refuses that". */
void ali_exchange_tell(struct ali_exchange *x, const char *why, int status);
