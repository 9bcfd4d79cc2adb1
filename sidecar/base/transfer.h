/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transfer: many POSTs, mails and files at a time, to addresses that somebody
 * else has looked up.  The only door to libcurl.
 *
 * Nothing is resolved, no redirect is followed, no proxy, cookie, netrc or
 * compression is used; TLS is 1.2 or later and verified, an SFTP server is one
 * whose key is listed; time and size of the answer are bounded.  Connections
 * are kept for the next transfer, and a kept one that has died meanwhile costs
 * a second attempt at once, not a failure.
 */
#pragma once

#include <poll.h>
#include <stdint.h>

#include "text.h"

#define TRANSFER_ADDRESSES_MAX 8

enum transfer_tls {
	TRANSFER_TLS_REQUIRED,   /* of smtp: STARTTLS; https, smtps: always */
	TRANSFER_TLS_IF_OFFERED, /* of smtp; verified then too */
};

enum transfer_verb {
	TRANSFER_POST,     /* over HTTP; or a mail, if there is a mail_to */
	TRANSFER_PUT,      /* the body becomes the file of the URL */
	TRANSFER_GET,      /* the file is the answer */
	TRANSFER_SIZE,     /* how long the file is; not over HTTP */
	TRANSFER_LIST,     /* names in the directory of the URL, a line each;
			    * not over HTTP */
	TRANSFER_COMMANDS, /* 'commands', in words of the protocol; the URL is
			    * that of a directory; not over HTTP */
};

/* All strings are borrowed until the end is told. */
struct transfer {
	enum transfer_verb verb;
	/* http, https, smtp, smtps, sftp, ftps (TLS at once) or ftp (AUTH TLS,
	 * never without); paths of ftp begin where the account does.  Its host
	 * is this: */
	const char *url;
	const char *host; /* as in the URL, IPv6 in brackets */
	unsigned port;
	/* Where it is connected to, and nowhere else; IPv4 mapped. */
	unsigned address_count;
	uint8_t addresses[TRANSFER_ADDRESSES_MAX][16];
	int timeout_ms;              /* for all of it */
	const char *ca_file;         /* PEM; "": those of the system */
	const char *user, *password; /* "": none */
	/* SFTP: the private key, ""; keys that the host may have, with blanks
	 * between: "SHA256:...", as ssh-keygen -l prints them. */
	const char *key_file, *host_keys;
	/* Up to NULL: "rename a b", "rm a"; of FTP "RNFR a", ... */
	const char *const *commands;
	struct text body;  /* what is posted, or the mail */
	size_t answer_max; /* bytes of the answer that are kept */
	/* HTTP: "Name: value", up to NULL. */
	const char *const *headers;
	/* Mail: the envelope; NULL: it is HTTP. */
	const char *mail_from, *mail_to;
	enum transfer_tls tls;
};

enum transfer_end {
	TRANSFER_ANSWERED,    /* to its end; the status says the rest */
	TRANSFER_CUT,         /* the answer was longer than answer_max */
	TRANSFER_LATE,        /* not done in time */
	TRANSFER_UNREACHABLE, /* no connection */
	TRANSFER_STRANGE,     /* an address that nobody listed */
	TRANSFER_NO_TLS,      /* none, or not that which is asked for */
	TRANSFER_CERTIFICATE, /* is wrong */
	TRANSFER_HOST_KEY,    /* is none of those listed */
	TRANSFER_NO_LOGIN,    /* user and password, or key, are not taken */
	TRANSFER_ABSENT,      /* there is no such file */
	TRANSFER_REFUSED,     /* the server does not do that */
	TRANSFER_BROKEN,      /* it ended in the middle, or makes no sense */
	TRANSFER_NO_MEMORY,
};
/* A constant, names nobody. */
const char *transfer_end_name(enum transfer_end end);

struct transfer_answer {
	enum transfer_end end;
	int status;            /* of HTTP or SMTP, the last one; 0: none */
	int64_t retry_after_s; /* of HTTP; 0: not said */
	bool is_recipient;     /* of mail: the status is about mail_to */
	struct text body;      /* borrowed */
	int64_t size_bytes;    /* of TRANSFER_SIZE; -1: not said */
	struct text host_key;  /* borrowed: of SFTP, as in host_keys */
};
typedef void transfer_done(void *arg, const struct transfer_answer *answer);

/* Of one thread. */
struct transfers;

/* Before there are threads, and after. */
int must_check transfer_init(void);
void transfer_fini(void);

int must_check transfers_new(struct transfers **ret);
/* Ends what is going on; nothing is told.  Accepts NULL; returns NULL. */
struct transfers *transfers_free(struct transfers *t);

/* done() is called by transfers_step(), once; never with -ENOMEM, -ENOTSUP
 * (this libcurl cannot do that). */
int must_check transfers_start(struct transfers *t, const struct transfer *what,
			       transfer_done *done, void *arg);
/*
 * Wait until something can be done, one of the count descriptors (revents are
 * set) has what is asked for, or timeout_ms (-1: a minute) are over; then do
 * it. done() may start others.  0; -ENOMEM; -EIO: it could not wait.
 */
int must_check transfers_step(struct transfers *t, struct pollfd *more,
			      unsigned count, int timeout_ms);
