/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/http_tls.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"

#define CHAIN_MAX 16
/* http_timeout_s is 600 at most, and a handshake is no longer silent. */
#define KEEP_MS 660000

struct identity {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned count;
	gnutls_privkey_t key; /* owned; NULL: none yet */
	int64_t replaced_ms;  /* monotonic */
	struct identity *older;
};

static struct {
	pthread_mutex_t lock;   /* of first */
	struct identity *first; /* the current one, then older ones */
} shown = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void free_identity(struct identity *i)
{
	for (unsigned n = 0; n < i->count; n++)
		gnutls_pcert_deinit(&i->chain[n]);
	if (i->key)
		gnutls_privkey_deinit(i->key);
	free(i);
}

/* ---- reading ---- */

/* Only the credentials look whether the key is the certificate's. */
static bool they_fit(const gnutls_datum_t *chain, const gnutls_datum_t *key)
{
	gnutls_certificate_credentials_t c;
	bool fit;

	if (gnutls_certificate_allocate_credentials(&c) < 0)
		return false;
	fit = gnutls_certificate_set_x509_key_mem(c, chain, key,
						  GNUTLS_X509_FMT_PEM) >= 0;
	gnutls_certificate_free_credentials(c);
	return fit;
}

static int import(struct identity *i, const gnutls_datum_t *chain,
		  const gnutls_datum_t *key)
{
	unsigned count = CHAIN_MAX;

	if (!they_fit(chain, key) ||
	    gnutls_pcert_list_import_x509_raw(i->chain, &count, chain,
					      GNUTLS_X509_FMT_PEM, 0) < 0)
		return -EBADMSG;
	i->count = count;
	if (gnutls_privkey_init(&i->key) < 0) {
		i->key = NULL;
		return -ENOMEM;
	}
	return gnutls_privkey_import_x509_raw(i->key, key, GNUTLS_X509_FMT_PEM,
					      NULL, 0) < 0
		       ? -EBADMSG
		       : 0;
}

static int read_file(const char *path, gnutls_datum_t *ret)
{
	if (gnutls_load_file(path, ret) >= 0)
		return 0;
	return errno ? -errno : -EIO;
}

static int load(const char *certificate, const char *key, struct identity *i)
{
	gnutls_datum_t chain = { 0 }, secret = { 0 };
	int err = read_file(certificate, &chain);

	if (err == 0)
		err = read_file(key, &secret);
	if (err == 0)
		err = import(i, &chain, &secret);
	gnutls_free(chain.data);
	if (secret.data)
		gnutls_memset(secret.data, 0, secret.size);
	gnutls_free(secret.data);
	return err;
}

static uint64_t mix(uint64_t n, uint64_t more)
{
	return (n ^ more) * UINT64_C(0x100000001b3);
}

uint64_t http_tls_stamp(const char *certificate, const char *key)
{
	const char *const paths[] = { certificate, key };
	uint64_t n = UINT64_C(0xcbf29ce484222325);
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		if (stat(paths[i], &st) < 0)
			return 0;
		n = mix(n, (uint64_t)st.st_ino);
		n = mix(n, (uint64_t)st.st_size);
		n = mix(n, (uint64_t)st.st_mtim.tv_sec);
		n = mix(n, (uint64_t)st.st_mtim.tv_nsec);
		n = mix(n, (uint64_t)st.st_ctim.tv_sec); /* chmod */
		n = mix(n, (uint64_t)st.st_ctim.tv_nsec);
	}
	return n ? n : 1;
}

/* ---- showing ---- */

/* Those that no handshake can hold any more, cut off the list. */
static struct identity *cut_old(struct identity *i, int64_t now_ms)
{
	struct identity *old;

	while (i->older && now_ms - i->older->replaced_ms < KEEP_MS)
		i = i->older;
	old = i->older;
	i->older = NULL;
	return old;
}

static void free_list(struct identity *i)
{
	while (i) {
		struct identity *older = i->older;

		free_identity(i);
		i = older;
	}
}

int http_tls_use(const char *certificate, const char *key)
{
	struct identity *i = calloc(1, sizeof(*i)), *old;
	int64_t now_ms = clock_mono_ms();
	int err;

	if (!i)
		return -ENOMEM;
	err = load(certificate, key, i);
	if (err < 0) {
		free_identity(i);
		return err;
	}
	(void)pthread_mutex_lock(&shown.lock);
	i->older = shown.first;
	if (i->older)
		i->older->replaced_ms = now_ms;
	shown.first = i;
	old = cut_old(i, now_ms);
	(void)pthread_mutex_unlock(&shown.lock);
	free_list(old);
	return 0;
}

void http_tls_fini(void)
{
	free_list(shown.first);
	shown.first = NULL;
}

/* GnuTLS wants it so.  NOLINTNEXTLINE(readability-function-size) */
static int retrieve(gnutls_session_t session, const gnutls_datum_t *names,
		    int name_count, const gnutls_pk_algorithm_t *algorithms,
		    int algorithm_count, gnutls_pcert_st **ret_chain,
		    unsigned int *ret_count, gnutls_privkey_t *ret_key)
{
	struct identity *i;

	(void)session;
	(void)names;
	(void)name_count;
	(void)algorithms;
	(void)algorithm_count;
	(void)pthread_mutex_lock(&shown.lock);
	i = shown.first;
	(void)pthread_mutex_unlock(&shown.lock);
	if (!i)
		return -1;
	*ret_chain = i->chain;
	*ret_count = i->count;
	*ret_key = i->key;
	return 0;
}

void *http_tls_callback(void)
{
	gnutls_certificate_retrieve_function2 *f = retrieve;
	void *p;

	memcpy(&p, &f, sizeof(p));
	return p;
}
