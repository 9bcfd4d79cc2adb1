/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_tls: the certificate that the HTTP service shows, and another one in its
 * place while connections go on.  The only door to GnuTLS.
 *
 * There is one for the process, because GnuTLS asks for it without saying for
 * whom.  A handshake takes the one that is current then; one that was replaced
 * lives on for as long as any handshake may take.
 */
#pragma once

#include <stdint.h>

#include "text.h"

/* TLS 1.2 and 1.3 only, ciphers of 128 bits and more. */
#define HTTP_TLS_PRIORITIES \
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

/* Which files these are: another number when one of them is replaced or
 * written.  0: one is not there. */
uint64_t http_tls_stamp(const char *certificate, const char *key);

/*
 * Show this one from now on.  -EBADMSG: they are no certificate and key in PEM,
 * or do not fit; then, and when they cannot be read, the one before stays.
 * One thread.
 */
int must_check http_tls_use(const char *certificate, const char *key);
/* No server runs any more. */
void http_tls_fini(void);

/* For libmicrohttpd: MHD_OPTION_HTTPS_CERT_CALLBACK. */
void *http_tls_callback(void);
