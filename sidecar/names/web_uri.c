/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/web_uri.h"

#include <errno.h>
#include <stdio.h>

#include "hwaddr.h"
#include "names/name_table.h"

static struct text tail(struct text t, size_t from)
{
	return text_make(t.p + from, t.len - from);
}

static bool take_scheme(struct text *t, bool *ret_is_tls)
{
	static const struct {
		const char *text;
		bool is_tls;
	} schemes[] = { { "https://", true }, { "http://", false } };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (text_has_prefix_nocase(*t, text_of(schemes[i].text))) {
			*t = tail(*t, strlen(schemes[i].text));
			*ret_is_tls = schemes[i].is_tls;
			return true;
		}
	return false;
}

static bool port_parse(struct text t, uint16_t *ret)
{
	unsigned long v = 0;

	if (!t.len || t.len > 5)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return false;
		v = v * 10 + (unsigned long)(t.p[i] - '0');
	}
	*ret = (uint16_t)v;
	return v && v <= 65535;
}

static bool host_set(struct text t, struct web_uri *ret)
{
	bool v6 = t.len && t.p[0] == '[';

	/* ip_normalise() would take quotes off. */
	ret->is_literal = t.len && t.p[0] != '"' && !text_is_blank(t.p[0]) &&
			  ip_normalise(t, ret->ip) == 0;
	/* Without brackets a colon would be the port's. */
	if (ret->is_literal ? v6 != (text_index(t, ':') < t.len)
			    : !name_is_valid(t))
		return false;
	if (text_to_cstr(t, ret->host, sizeof(ret->host)) < 0)
		return false;
	for (char *c = ret->host; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return true;
}

/* "host", "host:port", "[::1]:port" */
static bool authority_parse(struct text t, struct web_uri *ret)
{
	size_t end = t.len && t.p[0] == '[' ? text_index(t, ']') + 1
					    : text_index(t, ':');

	ret->port = ret->is_tls ? 443 : 80;
	if (end > t.len)
		return false;
	if (end < t.len &&
	    (t.p[end] != ':' || !port_parse(tail(t, end + 1), &ret->port)))
		return false;
	return host_set(text_make(t.p, end), ret);
}

/* RFC 3986: what a path and a query are made of. */
static bool is_path(struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		if (!text_is_letter(t.p[i]) && !text_is_digit(t.p[i]) &&
		    (!t.p[i] || !strchr("-._~%!$&'()*+,;=:@/?", t.p[i])))
			return false;
	return !t.len || t.p[0] == '/' || t.p[0] == '?';
}

int web_uri_parse(struct text uri, struct web_uri *ret)
{
	struct web_uri u = { 0 };
	struct text rest = uri, path;
	int n;

	if (uri.len > WEB_URI_MAX || !take_scheme(&rest, &u.is_tls))
		return -EINVAL;
	rest.len = text_index(rest, '#');
	path = tail(rest, text_index_any(rest, "/?"));
	if (!is_path(path) ||
	    !authority_parse(text_make(rest.p, rest.len - path.len), &u))
		return -EINVAL;
	n = snprintf(u.text, sizeof(u.text), "%s://%s:%u%s%.*s",
		     u.is_tls ? "https" : "http", u.host, u.port,
		     path.len && path.p[0] == '/' ? "" : "/", (int)path.len,
		     path.len ? path.p : "");
	if (n < 0 || (size_t)n >= sizeof(u.text))
		return -EINVAL;
	*ret = u;
	return 0;
}

/* ---- lists of hosts ---- */

static int host_add(struct web_hosts *r, struct text t)
{
	struct web_uri u = { .is_tls = true };
	struct web_host *h = &r->hosts[r->count];

	(void)take_scheme(&t, &u.is_tls);
	if (r->count == WEB_HOSTS_MAX || !authority_parse(t, &u))
		return -EINVAL;
	h->is_tls = u.is_tls;
	h->port = u.port;
	memcpy(h->host, u.host, sizeof(h->host));
	r->count++;
	return 0;
}

int web_hosts_read(struct web_hosts *ret, const char *hosts)
{
	struct web_hosts r = { 0 };
	struct text rest = text_of(hosts), one;

	while (text_cut(&rest, ',', &one)) {
		one = text_trim(one);
		if (one.len && host_add(&r, one) < 0)
			return -EINVAL;
	}
	*ret = r;
	return 0;
}

bool web_hosts_has(const struct web_hosts *r, const struct web_uri *uri)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->hosts[i].is_tls == uri->is_tls &&
		    r->hosts[i].port == uri->port &&
		    strcmp(r->hosts[i].host, uri->host) == 0)
			return true;
	return false;
}
