/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tls_fork.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>

#include "core/tls_hooks.h"

int tls_fork_init(void)
{
	/* Without TLS nothing of OpenSSL is in shared memory. */
	if (!tls_hook.read)
		return 0;
	/* It would wait for locks of processes that have ended meanwhile. */
	tls_hook.destroy = NULL;
	return -pthread_atfork(OPENSSL_thread_stop, NULL, NULL);
}
