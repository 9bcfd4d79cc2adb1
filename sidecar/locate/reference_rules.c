/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate/reference_rules.h"

#include <errno.h>
#include <stdio.h>

#include "hwaddr.h"
#include "names/name_table.h"

/* ---- a URI ---- */

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

static bool host_set(struct text t, struct reference_uri *ret)
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
static bool authority_parse(struct text t, struct reference_uri *ret)
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

int reference_uri_parse(struct text uri, struct reference_uri *ret)
{
	struct reference_uri u = { 0 };
	struct text rest = uri, path;
	int n;

	if (uri.len > REFERENCE_URI_MAX || !take_scheme(&rest, &u.is_tls))
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

/* ---- the lists ---- */

static int host_add(struct reference_rules *r, struct text t)
{
	struct reference_uri u = { .is_tls = true };
	struct reference_host *h = &r->hosts[r->host_count];

	(void)take_scheme(&t, &u.is_tls);
	if (r->host_count == REFERENCE_HOSTS_MAX || !authority_parse(t, &u))
		return -EINVAL;
	h->is_tls = u.is_tls;
	h->port = u.port;
	memcpy(h->host, u.host, sizeof(h->host));
	r->host_count++;
	return 0;
}

static int net_add(struct reference_rules *r, struct text t)
{
	struct reference_net *net = &r->nets[r->net_count];
	size_t slash = text_index(t, '/');
	struct text address = text_make(t.p, slash);
	bool v4 = text_index(address, ':') == address.len;
	unsigned width = v4 ? 32 : 128;
	uint16_t bits = (uint16_t)width;

	if (r->net_count == REFERENCE_NETS_MAX ||
	    ip_normalise(address, net->ip) < 0)
		return -EINVAL;
	if (slash < t.len) {
		struct text number = tail(t, slash + 1);
		bool zero = number.len == 1 && number.p[0] == '0';

		if (zero)
			bits = 0;
		else if (!port_parse(number, &bits) || bits > width)
			return -EINVAL;
	}
	net->bits = bits + 128 - width;
	r->net_count++;
	return 0;
}

int reference_rules_read(struct reference_rules *ret, const char *hosts,
			 const char *nets, const char **ret_why)
{
	struct reference_rules r = { 0 };
	struct text rest = text_of(hosts), one;

	while (text_cut(&rest, ',', &one)) {
		one = text_trim(one);
		if (one.len && host_add(&r, one) < 0) {
			*ret_why = "locate_reference_hosts is no list of hosts";
			return -EINVAL;
		}
	}
	rest = text_of(nets);
	while (text_cut(&rest, ',', &one)) {
		one = text_trim(one);
		if (one.len && net_add(&r, one) < 0) {
			*ret_why = "locate_reference_networks is no list of "
				   "networks";
			return -EINVAL;
		}
	}
	*ret = r;
	return 0;
}

bool reference_host_is_listed(const struct reference_rules *r,
			      const struct reference_uri *uri)
{
	for (unsigned i = 0; i < r->host_count; i++)
		if (r->hosts[i].is_tls == uri->is_tls &&
		    r->hosts[i].port == uri->port &&
		    strcmp(r->hosts[i].host, uri->host) == 0)
			return true;
	return false;
}

/* ---- addresses ---- */

static bool is_in(const uint8_t *ip, const uint8_t *net, unsigned bits)
{
	size_t whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00u >> bits % 8);

	return memcmp(ip, net, whole) == 0 &&
	       (!(bits % 8) || !((ip[whole] ^ net[whole]) & mask));
}

/* Of IPv4: the last 32 bits (IANA's special-purpose registry, multicast). */
static const struct {
	uint8_t net[4];
	unsigned bits;
} special_v4[] = {
	{ { 0, 0, 0, 0 }, 8 },      { { 10, 0, 0, 0 }, 8 },
	{ { 100, 64, 0, 0 }, 10 },  { { 127, 0, 0, 0 }, 8 },
	{ { 169, 254, 0, 0 }, 16 }, { { 172, 16, 0, 0 }, 12 },
	{ { 192, 0, 0, 0 }, 24 },   { { 192, 0, 2, 0 }, 24 },
	{ { 192, 88, 99, 0 }, 24 }, { { 192, 168, 0, 0 }, 16 },
	{ { 198, 18, 0, 0 }, 15 },  { { 198, 51, 100, 0 }, 24 },
	{ { 203, 0, 113, 0 }, 24 }, { { 224, 0, 0, 0 }, 3 },
};
/* Of the 2000::/3 that is in use: what leads elsewhere or nowhere. */
static const struct {
	uint8_t net[4];
	unsigned bits;
} special_v6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 }, /* protocol assignments, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x20, 0x02, 0x00, 0x00 }, 16 }, /* 6to4: holds an IPv4 address */
	{ { 0x3f, 0xff, 0x00, 0x00 }, 20 }, /* documentation */
};

static bool is_public(const uint8_t ip[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (memcmp(ip, mapped, sizeof(mapped)) == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(special_v4); i++)
			if (is_in(ip + 12, special_v4[i].net,
				  special_v4[i].bits))
				return false;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(special_v6); i++)
		if (is_in(ip, special_v6[i].net, special_v6[i].bits))
			return false;
	return (ip[0] & 0xe0) == 0x20;
}

bool reference_address_is_allowed(const struct reference_rules *r,
				  const uint8_t ip[16])
{
	for (unsigned i = 0; i < r->net_count; i++)
		if (is_in(ip, r->nets[i].ip, r->nets[i].bits))
			return true;
	return is_public(ip);
}
