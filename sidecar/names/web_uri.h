/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web_uri: an http or https URI taken apart and built anew, and lists of hosts.
 *
 * What is asked for is what was judged: scheme, host and port are those of the
 * parts, and nothing of the foreign text but path and query is used.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define WEB_HOST_MAX  253
#define WEB_HOSTS_MAX 32
#define WEB_URI_MAX   2048

struct web_uri {
	bool is_tls, is_literal;
	char host[WEB_HOST_MAX + 3]; /* lower case; IPv6 in brackets */
	uint16_t port;
	uint8_t ip[16]; /* of a literal */
	/* As it is asked for: built from the parts, without a fragment. */
	char text[WEB_URI_MAX + 1];
};
/* -EINVAL: no http or https URI, or one with a user, or with bytes that a URI
 * does not have. */
int must_check web_uri_parse(struct text uri, struct web_uri *ret);

struct web_host {
	bool is_tls;
	char host[WEB_HOST_MAX + 3];
	uint16_t port;
};
struct web_hosts {
	unsigned count;
	struct web_host hosts[WEB_HOSTS_MAX];
};
/* "lis.example.org, lis.example.org:8443, http://192.0.2.1:8080".  -EINVAL. */
int must_check web_hosts_read(struct web_hosts *ret, const char *hosts);
/* With its scheme and port. */
bool web_hosts_has(const struct web_hosts *r, const struct web_uri *uri);
