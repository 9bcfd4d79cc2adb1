/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tls_openssl: what is asked of the certificate of one that we connect to, and
 * what one that connects to us shows, in OpenSSL's words.  Connections are SSL
 * of <openssl/ssl.h>; a connection is locked by whoever calls.
 */
#pragma once

#include <openssl/types.h>

#include "call.h"
#include "credential.h"

#define TLS_SHOWN_SIZE 256

/* What a connection was opened for.  Lives as long as the connection. */
struct tls_goal {
	uint64_t trunk_id;
	uint8_t check;                 /* enum tls_check */
	char name[CALL_TLS_NAME_SIZE]; /* of the certificate; or an address */
	char shown[TLS_SHOWN_SIZE];    /* what a bad certificate is called */
};

/* Once, before any fork.  Negative errno. */
int must_check tls_openssl_init(void);

/* The first message of our handshake is on its way: the answer to it must meet
 * the goal, of which a copy is kept.  Negative errno without memory. */
int must_check tls_openssl_demand(SSL *ssl, const struct tls_goal *goal);
/* NULL: it was not opened for a leg of ours. */
const struct tls_goal *tls_openssl_goal(const SSL *ssl);
/*
 * May a connection that is there already, or in its handshake, be used for
 * this goal?  NULL: it may, or its handshake will tell.  Else why not, static
 * text.
 */
const char *tls_openssl_meet(SSL *ssl, const struct tls_goal *goal);

bool tls_openssl_is_open(const SSL *ssl); /* the handshake is over */
/* What is wrong with the certificate, static text; NULL: nothing is. */
const char *tls_openssl_fault(const SSL *ssl);
/* What one that connected to us shows in its certificate, when it was verified.
 * Its handshake is over. */
void tls_openssl_names(const SSL *ssl, struct shown_names *ret);
/* Subject and alternative names of the certificate that was shown, printable,
 * cut off where they do not fit; empty: none was. */
void tls_openssl_shown(const SSL *ssl, char shown[TLS_SHOWN_SIZE]);
