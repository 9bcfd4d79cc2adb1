/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define PIN_SIZE \
	(320 + HTTP_CLIENT_ADDRESSES_MAX * (size_t)(INET6_ADDRSTRLEN + 3))

struct exchange {
	const struct http_post *post;
	char *buf;
	size_t size, len;
	bool is_too_long, is_strange; /* an address that nobody listed */
};

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

int http_client_init(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOMEM;
}

void http_client_fini(void)
{
	curl_global_cleanup();
}

/* ---- what libcurl asks us ---- */

static size_t on_body(char *data, size_t one, size_t count, void *arg)
{
	struct exchange *x = arg;
	size_t len = one * count;

	if (len > x->size - x->len) {
		x->is_too_long = true;
		return 0;
	}
	memcpy(x->buf + x->len, data, len);
	x->len += len;
	return len;
}

static bool is_listed(const struct http_post *post, const struct sockaddr *sa)
{
	uint8_t ip[16] = { 0 };

	if (sa->sa_family == AF_INET6) {
		memcpy(ip, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
	} else if (sa->sa_family == AF_INET) {
		memcpy(ip, mapped, sizeof(mapped));
		memcpy(ip + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
	}
	for (unsigned i = 0; i < post->address_count; i++)
		if (memcmp(post->addresses[i], ip, 16) == 0)
			return true;
	return false;
}

/* The last word on where we connect to: whatever libcurl made of the URL. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose,
			       struct curl_sockaddr *sa)
{
	struct exchange *x = arg;

	(void)purpose;
	if (!is_listed(x->post, &sa->addr)) {
		x->is_strange = true;
		return CURL_SOCKET_BAD;
	}
	return socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol);
}

/* ---- the request ---- */

/* "host:port:address,address" */
static int pin_format(const struct http_post *post, char *buf, size_t size)
{
	size_t at =
		(size_t)snprintf(buf, size, "%s:%u:", post->host, post->port);

	for (unsigned i = 0; i < post->address_count; i++) {
		const uint8_t *ip = post->addresses[i];
		bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
		char text[INET6_ADDRSTRLEN];

		if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? ip + 12 : ip, text,
			       sizeof(text)) ||
		    at >= size)
			return -EINVAL;
		at += (size_t)snprintf(buf + at, size - at,
				       v4 ? "%s%s" : "%s[%s]", i ? "," : "",
				       text);
	}
	return at < size ? 0 : -EINVAL;
}

static bool set_options(CURL *c, struct exchange *x, struct curl_slist *pin,
			struct curl_slist *headers)
{
	const struct http_post *p = x->post;
	CURLcode rc = CURLE_OK;

#define SET(option, value) \
	rc = rc == CURLE_OK ? curl_easy_setopt(c, option, value) : rc
	SET(CURLOPT_URL, p->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_RESOLVE, pin);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_POSTFIELDSIZE, (long)p->body.len);
	SET(CURLOPT_POSTFIELDS, p->body.p);
	SET(CURLOPT_TIMEOUT_MS, (long)p->timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)p->timeout_ms);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, x);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(CURLOPT_OPENSOCKETDATA, x);
	if (p->ca_file[0])
		SET(CURLOPT_CAINFO, p->ca_file);
#undef SET
	return rc == CURLE_OK;
}

static int perform(CURL *c, const struct exchange *x, const char **ret_why)
{
	CURLcode rc = curl_easy_perform(c);
	long status = 0;

	if (x->is_too_long) {
		*ret_why = "the answer is too long";
		return -E2BIG;
	}
	if (rc == CURLE_OPERATION_TIMEDOUT) {
		*ret_why = "no answer in time";
		return -ETIMEDOUT;
	}
	if (rc != CURLE_OK) {
		*ret_why = x->is_strange ? "its address is another one"
			   : rc == CURLE_PEER_FAILED_VERIFICATION
				   ? "its certificate is wrong"
				   : "nobody answers there";
		return -EIO;
	}
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		*ret_why = "it answers with another status than 200";
		return -EIO;
	}
	return (int)x->len;
}

int http_client_post(const struct http_post *post, char *buf, size_t size,
		     const char **ret_why)
{
	struct exchange x = { .post = post, .size = size };
	struct curl_slist *pin = NULL, *headers = NULL;
	char line[PIN_SIZE], type[128];
	CURL *c = curl_easy_init();
	int err = -ENOMEM;

	x.buf = buf;
	*ret_why = "no memory";
	(void)snprintf(type, sizeof(type), "Content-Type: %s",
		       post->content_type);
	if (pin_format(post, line, sizeof(line)) == 0) {
		pin = curl_slist_append(NULL, line);
		headers = curl_slist_append(NULL, type);
	}
	if (c && pin && headers && set_options(c, &x, pin, headers))
		err = perform(c, &x, ret_why);
	curl_easy_cleanup(c);
	curl_slist_free_all(pin);
	curl_slist_free_all(headers);
	return err;
}
