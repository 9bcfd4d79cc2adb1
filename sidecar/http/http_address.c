/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "http/http.h"

/* Up to 65535; nothing else. */
static bool parse_port(struct text t, uint16_t *ret)
{
	unsigned port = 0;

	if (!t.len || t.len > 5)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return false;
		port = port * 10 + (unsigned)(t.p[i] - '0');
	}
	*ret = (uint16_t)port;
	return port <= UINT16_MAX;
}

int http_listen_address(struct text listen, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct text t = text_trim(listen);
	size_t colon = t.len;
	char host[64];
	uint16_t port;

	while (colon && t.p[colon - 1] != ':')
		colon--;
	if (!colon || !parse_port(text_make(t.p + colon, t.len - colon), &port))
		return -EINVAL;
	t.len = colon - 1;
	memset(ret, 0, sizeof(*ret));
	if (t.len > 2 && t.p[0] == '[' && t.p[t.len - 1] == ']') {
		t = text_make(t.p + 1, t.len - 2);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		if (text_to_cstr(t, host, sizeof(host)) < 0 ||
		    inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
			return -EINVAL;
		return 0;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	if (text_to_cstr(t, host, sizeof(host)) < 0 ||
	    inet_pton(AF_INET, host, &in->sin_addr) != 1)
		return -EINVAL;
	return 0;
}
