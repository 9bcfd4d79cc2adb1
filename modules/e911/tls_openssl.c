/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tls_openssl.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#include "dir_record.h"

static int goal_index = -1; /* of SSL's extra data */

static void goal_free(void *parent, void *goal, CRYPTO_EX_DATA *data, int index,
		      long argl, void *argp)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	OPENSSL_free(goal);
}

int tls_openssl_init(void)
{
	goal_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, goal_free);
	if (goal_index < 0)
		return -ENOMEM;
	return -pthread_atfork(OPENSSL_thread_stop, NULL, NULL);
}

const struct tls_goal *tls_openssl_goal(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, goal_index);
}

bool tls_openssl_is_open(const SSL *ssl)
{
	return SSL_is_init_finished(ssl);
}

/* ---- for people ---- */

static void write_names(BIO *out, X509 *shown)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(shown, NID_subject_alt_name, NULL, NULL);

	(void)X509_NAME_print_ex(out, X509_get_subject_name(shown), 0,
				 XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		(void)BIO_puts(out, ", ");
		(void)GENERAL_NAME_print(out, sk_GENERAL_NAME_value(names, i));
	}
	GENERAL_NAMES_free(names);
}

static void describe(X509 *certificate, char shown[TLS_SHOWN_SIZE])
{
	BIO *out = certificate ? BIO_new(BIO_s_mem()) : NULL;
	int n = 0;

	if (out) {
		write_names(out, certificate);
		n = BIO_read(out, shown, TLS_SHOWN_SIZE - 1);
	}
	if (n < 0)
		n = 0;
	/* Written by whoever made it. */
	for (int i = 0; i < n; i++)
		if (shown[i] < ' ' || shown[i] > '~')
			shown[i] = '?';
	shown[n] = '\0';
	BIO_free(out);
}

void tls_openssl_shown(const SSL *ssl, char shown[TLS_SHOWN_SIZE])
{
	const struct tls_goal *goal = tls_openssl_goal(ssl);

	if (goal && goal->shown[0])
		memcpy(shown, goal->shown, TLS_SHOWN_SIZE);
	else
		describe(SSL_get0_peer_certificate(ssl), shown);
}

/* ---- before the handshake is over ---- */

/* A certificate that is refused is forgotten; here it can still be seen. */
static int on_verify(int is_good, X509_STORE_CTX *ctx)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
		ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_goal *goal = ssl ? SSL_get_ex_data(ssl, goal_index) : NULL;

	if (!is_good && goal)
		describe(X509_STORE_CTX_get0_cert(ctx), goal->shown);
	return is_good;
}

/* Verified in any case, so that its result is known; whether that counts is
 * another question. */
static int set_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (!name[0] || X509_VERIFY_PARAM_set1_ip_asc(param, name))
		return 0;
	X509_VERIFY_PARAM_set_hostflags(param,
					X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, name, 0) ? 0 : -ENOMEM;
}

static void set_check(SSL *ssl, uint8_t check)
{
	SSL_set_verify(ssl,
		       check == TLS_CHECK_NONE ? SSL_VERIFY_NONE
					       : SSL_VERIFY_PEER,
		       on_verify);
}

int tls_openssl_demand(SSL *ssl, const struct tls_goal *goal)
{
	struct tls_goal *copy = OPENSSL_malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *goal;
	if (copy->check == TLS_CHECK_CHAIN)
		copy->name[0] = '\0';
	if (set_name(ssl, copy->name) < 0 ||
	    !SSL_set_ex_data(ssl, goal_index, copy)) {
		OPENSSL_free(copy);
		return -ENOMEM;
	}
	set_check(ssl, copy->check);
	return 0;
}

/* Its handshake is going on for somebody else, who is not to lose it for what
 * we ask. */
static const char *meet_early(SSL *ssl, const struct tls_goal *goal)
{
	struct tls_goal *of = SSL_get_ex_data(ssl, goal_index);

	if (goal->check == TLS_CHECK_NONE)
		return NULL;
	if (!of)
		return tls_openssl_demand(ssl, goal) < 0 ? "no memory" : NULL;
	if (of->check == TLS_CHECK_NONE)
		return "connection is being made unverified";
	if (goal->check == TLS_CHECK_NAME &&
	    (!of->name[0] || strcmp(of->name, goal->name) != 0))
		return "connection is being made for another name";
	return NULL;
}

/* ---- afterwards ---- */

static bool has_name(const SSL *ssl, const char *name)
{
	X509 *shown = SSL_get0_peer_certificate(ssl);

	return shown && (X509_check_ip_asc(shown, name, 0) == 1 ||
			 X509_check_host(shown, name, 0,
					 X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
					 NULL) == 1);
}

const char *tls_openssl_meet(SSL *ssl, const struct tls_goal *goal)
{
	const struct tls_goal *of;
	const char *fault;

	if (!ssl || goal->check == TLS_CHECK_NONE)
		return NULL;
	if (!tls_openssl_is_open(ssl))
		return meet_early(ssl, goal);
	fault = tls_openssl_fault(ssl);
	if (fault || goal->check == TLS_CHECK_CHAIN)
		return fault;
	of = tls_openssl_goal(ssl);
	if (of && strcmp(of->name, goal->name) == 0)
		return NULL;
	return has_name(ssl, goal->name)
		       ? NULL
		       : X509_verify_cert_error_string(
				 X509_V_ERR_HOSTNAME_MISMATCH);
}

const char *tls_openssl_fault(const SSL *ssl)
{
	long result = SSL_get_verify_result(ssl);

	return result == X509_V_OK ? NULL
				   : X509_verify_cert_error_string(result);
}

/* ---- of who connected to us ---- */

/* A host in lower case; what is no name of a host, such as a wildcard or one
 * with a NUL in it, is left out. */
static void add_name(struct shown_names *n, const char *p, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	char *name;

	if (n->count == SHOWN_NAMES_MAX || len == 0 || len >= SHOWN_NAME_SIZE)
		return;
	name = n->name[n->count];
	for (size_t i = 0; i < len; i++) {
		name[i] = (char)tolower((unsigned char)p[i]);
		if (!memchr(allowed, name[i], sizeof(allowed) - 1))
			return;
	}
	name[len] = '\0';
	n->count++;
}

static void add_asn1(struct shown_names *n, const ASN1_STRING *s, size_t from)
{
	size_t len = (size_t)ASN1_STRING_length(s);

	if (len > from)
		add_name(n, (const char *)ASN1_STRING_get0_data(s) + from,
			 len - from);
}

/* "sip:host": one with a user stands for that user (RFC 5922 7.1). */
static void add_uri(struct shown_names *n, const ASN1_STRING *uri)
{
	struct text t = text_make((const char *)ASN1_STRING_get0_data(uri),
				  (size_t)ASN1_STRING_length(uri));

	if (text_has_prefix_nocase(t, text_of("sip:")))
		add_asn1(n, uri, strlen("sip:"));
}

/* True: it has some, whatever they are. */
static bool add_alternatives(struct shown_names *n, X509 *shown)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(shown, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			add_asn1(n, name->d.dNSName, 0);
		else if (name->type == GEN_URI)
			add_uri(n, name->d.uniformResourceIdentifier);
	}
	GENERAL_NAMES_free(names);
	return names != NULL;
}

static void add_common_name(struct shown_names *n, X509 *shown)
{
	X509_NAME *subject = X509_get_subject_name(shown);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (at >= 0)
		add_asn1(n,
			 X509_NAME_ENTRY_get_data(
				 X509_NAME_get_entry(subject, at)),
			 0);
}

void tls_openssl_names(const SSL *ssl, struct shown_names *ret)
{
	X509 *shown = SSL_get0_peer_certificate(ssl);

	ret->count = 0;
	ret->fault = NULL;
	if (!shown)
		ret->fault = SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER
				     ? "certificate: none was shown"
				     : "certificate: none is asked for, see "
				       "verify_client in tls.cfg";
	else
		ret->fault = tls_openssl_fault(ssl);
	if (ret->fault)
		return;
	if (!add_alternatives(ret, shown))
		add_common_name(ret, shown);
}
