/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_client: one POST to an address that somebody else has looked up.
 *
 * A transfer (transfer.h) that is waited for.
 */
#pragma once

#include <stdint.h>

#include "base/transfer.h"
#include "text.h"

#define HTTP_CLIENT_ADDRESSES_MAX TRANSFER_ADDRESSES_MAX

struct http_post {
	const char *url;  /* its host is the one below */
	const char *host; /* as in the URL, IPv6 in brackets */
	unsigned port;
	/* Where it is connected to, and nowhere else; IPv4 mapped. */
	unsigned address_count;
	uint8_t addresses[HTTP_CLIENT_ADDRESSES_MAX][16];
	const char *content_type;
	struct text body;
	int timeout_ms;      /* for all of it */
	const char *ca_file; /* PEM; "": those of the system */
};

/*
 * Length of the body of a 200, which is in buf.  -EIO: no 200, *ret_why is a
 * constant.  -E2BIG: longer than size; -ETIMEDOUT; -ENOMEM.  Any thread.
 */
int must_check http_client_post(const struct http_post *post, char *buf,
				size_t size, const char **ret_why);
