/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * credential: which trunk sends a request, by what it shows.
 *
 * A trunk says which proofs its requests must show (enum trunk_proof): to
 * come from one of its addresses, to carry a digest credential of its, to come
 * over TLS with a certificate of a name of its, or an address and one of these.
 * Who shows less than their trunk wants, but is known by address, is served: an
 * emergency call is never refused for authentication.  It is told, and what the
 * request claims to be is not believed.
 *
 * Nothing is looked up but the directory, and nothing is remembered.
 */
#pragma once

#include "digest.h"
#include "directory.h"
#include "request.h"
#include "text_writer.h"

enum credential_state {
	CREDENTIAL_NONE,      /* none of our realm, scheme and algorithms */
	CREDENTIAL_GARBAGE,   /* cannot be read */
	CREDENTIAL_UNCHECKED, /* the directory is damaged there */
	CREDENTIAL_UNKNOWN,   /* nobody has this user name */
	CREDENTIAL_HASHLESS,  /* of them we have no hash of this algorithm */
	CREDENTIAL_WRONG,     /* the response is not that of the password */
	CREDENTIAL_FOREIGN,   /* the response is right, the nonce not ours */
	CREDENTIAL_STALE,     /* the response is right, the nonce is old */
	CREDENTIAL_RIGHT,
};

/* What is known of the sender. */
struct sender {
	bool is_known;          /* by any proof that its trunk takes alone */
	struct dir_trunk trunk; /* if so */
	enum credential_state credential;
	bool lacks_proof;  /* its trunk wants one that is not right */
	const char *fault; /* why, static; else NULL */
	/* A stranger where some trunk is known by digest, that did not get the
	 * password wrong: a challenge may help. */
	bool may_be_asked;
	bool is_stale;       /* all is right but the nonce (RFC 7616 3.3) */
	uint8_t offers;      /* enum digest_algorithm: what to ask it for */
	int directory_error; /* -EBADMSG, -EIO ..: damage was met; else 0 */
};

/* What the client certificate of a TLS connection says (RFC 5922 7.1). */
#define SHOWN_NAMES_MAX 16
#define SHOWN_NAME_SIZE (DIR_CERTIFICATE_MAX + 1)
struct shown_names {
	const char *fault; /* why nothing is believed of it, static; NULL */
	unsigned count;
	char name[SHOWN_NAMES_MAX][SHOWN_NAME_SIZE]; /* lower case */
};

struct credential_conf {
	uint8_t key[DIGEST_KEY_SIZE]; /* of the nonces */
	/* Of this connection; never NULL, good until the next call.  NULL:
	 * there is no TLS. */
	const struct shown_names *(*names)(int tls_connection);
};

/* What of a request is looked at; borrowed. */
struct shown {
	const struct request_view *request;
	struct text method;
	const uint8_t *source; /* 16 bytes, IPv4 mapped */
	int tls_connection;    /* its number; 0: not over TLS */
	int64_t now_ms;        /* UTC */
};

/* d may be NULL: then nobody is known. */
void sender_find(struct sender *ret, struct directory *d,
		 const struct shown *shown, const struct credential_conf *conf);

/* "WWW-Authenticate: ..." lines of what sender_find() says to ask for, SHA-256
 * before MD5 (RFC 8760 2.4). */
void credential_challenge(struct text_writer *w, struct text realm,
			  const struct sender *s, int64_t now_ms,
			  const struct credential_conf *conf);
