/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#define LOCAL "directory:"

static const struct {
	const char *begins, *scheme;
	enum ali_way way;
	uint16_t port;
} ways[] = {
	{ "sftp://", "sftp", ALI_WAY_SFTP, 22 },
	{ "ftps://", "ftps", ALI_WAY_FTP, 990 },
	/* AUTH TLS; transfer.h never goes without. */
	{ "ftpes://", "ftp", ALI_WAY_FTP, 21 },
	{ "https://", "https", ALI_WAY_HTTPS, 443 },
};

static bool begins_with(struct text t, const char *what)
{
	size_t len = strlen(what);

	return t.len >= len && memcmp(t.p, what, len) == 0;
}

static struct text behind(struct text t, size_t n)
{
	return text_make(t.p + n, t.len - n);
}

/* Names between slashes, one behind each; none of them a way up. */
static bool is_path(struct text t)
{
	while (t.len) {
		size_t n = text_index(t, '/');

		if (n == t.len || !n || (n <= 2 && t.p[0] == '.'))
			return false;
		for (size_t i = 0; i < n; i++)
			if (!text_is_letter(t.p[i]) && !text_is_digit(t.p[i]) &&
			    !memchr("._~-", t.p[i], 4))
				return false;
		t = behind(t, n + 1);
	}
	return true;
}

static int read_port(struct text t, uint16_t *ret)
{
	unsigned long n = 0;

	if (!t.len || t.len > 5)
		return -EINVAL;
	for (size_t i = 0; i < t.len; i++) {
		if (!text_is_digit(t.p[i]))
			return -EINVAL;
		n = n * 10 + (unsigned long)(t.p[i] - '0');
	}
	if (!n || n > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)n;
	return 0;
}

static int read_host(struct text t, struct ali_place *p)
{
	struct text host = text_make(t.p, text_index(t, ':'));

	if (host.len < t.len &&
	    read_port(behind(t, host.len + 1), &p->port) < 0)
		return -EINVAL;
	for (size_t i = 0; i < host.len; i++)
		if (!text_is_letter(host.p[i]) && !text_is_digit(host.p[i]) &&
		    host.p[i] != '.' && host.p[i] != '-')
			return -EINVAL;
	if (!host.len || text_to_cstr(host, p->host, sizeof(p->host)) < 0)
		return -EINVAL;
	p->ip[10] = p->ip[11] = 0xff;
	p->is_literal = inet_pton(AF_INET, p->host, p->ip + 12) == 1;
	return 0;
}

int ali_place_parse(struct text t, struct ali_place *ret)
{
	struct ali_place p = { .way = ALI_WAY_DIRECTORY, .scheme = "" };
	size_t slash;

	if (begins_with(t, LOCAL)) {
		t = behind(t, strlen(LOCAL));
		if (!t.len || !is_path(t) ||
		    text_to_cstr(t, p.path, sizeof(p.path)) < 0)
			return -EINVAL;
		*ret = p;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ways) && !p.port; i++) {
		if (!begins_with(t, ways[i].begins))
			continue;
		t = behind(t, strlen(ways[i].begins));
		p.way = ways[i].way;
		p.scheme = ways[i].scheme;
		p.port = ways[i].port;
	}
	slash = text_index(t, '/');
	if (!p.port || slash == t.len || !is_path(behind(t, slash + 1)) ||
	    read_host(text_make(t.p, slash), &p) < 0 ||
	    text_to_cstr(behind(t, slash), p.path, sizeof(p.path)) < 0)
		return -EINVAL;
	*ret = p;
	return 0;
}

int ali_place_url(const struct ali_place *p, const char *name,
		  char ret[ALI_URL_SIZE])
{
	int n = snprintf(ret, ALI_URL_SIZE, "%s://%s:%u%s%s", p->scheme,
			 p->host, p->port, p->path, name);

	return n < 0 || n >= ALI_URL_SIZE ? -EINVAL : 0;
}

int ali_place_file(const struct ali_place *p, const char *name,
		   char ret[ALI_URL_SIZE])
{
	/* Of FTP they begin where the account does, as in its URLs. */
	const char *path = p->way == ALI_WAY_FTP ? p->path + 1 : p->path;
	int n = snprintf(ret, ALI_URL_SIZE, "%s%s", path, name);

	return n < 0 || n >= ALI_URL_SIZE ? -EINVAL : 0;
}
