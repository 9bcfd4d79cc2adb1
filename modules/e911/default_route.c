/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "default_route.h"

#include <errno.h>

#include "address.h"
#include "hwaddr.h"

/* "5060" within 1..65535; -EINVAL. */
static int port_parse(struct text t)
{
	int port = 0;

	if (!t.len || t.len > 5)
		return -EINVAL;
	for (size_t i = 0; i < t.len; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return -EINVAL;
		port = port * 10 + (t.p[i] - '0');
	}
	return port >= 1 && port <= 65535 ? port : -EINVAL;
}

/* Host and the port that may follow it in the URI. */
static int hostport_parse(struct text host, struct call_route *route)
{
	const char *after = host.p + host.len; /* inside a C string */
	uint8_t ip[16];
	int port;

	if (ip_normalise(host, ip) < 0)
		return -EINVAL;
	path_ip_format(ip, route->host, sizeof(route->host));
	if (*after != ':')
		return 0;
	port = port_parse(text_make(after + 1, strcspn(after + 1, ";>?")));
	if (port < 0)
		return -EINVAL;
	route->port = (uint16_t)port;
	return 0;
}

static int transport_parse(struct text params, struct call_route *route)
{
	struct text t;

	if (!param_find(params, text_of("transport"), &t))
		return 0;
	for (enum trunk_transport n = TRANSPORT_UDP; n <= TRANSPORT_TLS; n++)
		if (text_equal_nocase(t, text_of(trunk_transport_name(n)))) {
			route->transport = (uint8_t)n;
			return 0;
		}
	return -EINVAL;
}

static int profile_parse(struct text params, struct call_route *route)
{
	struct text t;

	if (!param_find(params, text_of("profile"), &t))
		return 0;
	for (enum trunk_profile n = PROFILE_LEGACY; n <= PROFILE_I3; n++)
		if (text_equal_nocase(t, text_of(trunk_profile_name(n)))) {
			route->profile = (uint8_t)n;
			return 0;
		}
	return -EINVAL;
}

static int media_parse(struct text params, struct call_route *route)
{
	struct text t;

	if (!param_find(params, text_of("media"), &t))
		return 0;
	for (enum trunk_media n = MEDIA_RTP; n <= MEDIA_PASS; n++)
		if (text_equal_nocase(t, text_of(trunk_media_name(n)))) {
			route->media = (uint8_t)n;
			return 0;
		}
	return -EINVAL;
}

int default_route_add(struct path_conf *conf, const char *uri)
{
	struct call_route route = { .transport = TRANSPORT_UDP,
				    .number_format = NUMBER_FORMAT_E164,
				    .port = 5060,
				    .response_timeout_ms = 2000,
				    .ring_timeout_ms = 60000,
				    .progress_timeout_ms = 10000,
				    .recovery_timeout_s = 30,
				    /* Nothing comes behind it. */
				    .tls_check = TLS_CHECK_CHAIN,
				    .tls_unverified = true };
	struct address_view a;

	if (conf->default_route_count == PATH_DEFAULT_ROUTES_MAX)
		return -ENOSPC;
	if (address_parse(text_of(uri), &a) < 0 || !a.user.len ||
	    text_to_cstr(a.user, route.user, sizeof(route.user)) < 0 ||
	    hostport_parse(a.host, &route) < 0 ||
	    transport_parse(a.uri_params, &route) < 0 ||
	    profile_parse(a.uri_params, &route) < 0 ||
	    media_parse(a.uri_params, &route) < 0)
		return -EINVAL;
	conf->default_routes[conf->default_route_count++] = route;
	return 0;
}
