/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locate/reference.h"

#include <errno.h>

#include "base/clock.h"
#include "base/http_client.h"
#include "names/dns.h"
#include "xml/held.h"

/* "emergencyRouting": what is known at once (RFC 5985 5.1). */
#define REQUEST \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<locationRequest xmlns=\"" HELD_NS \
	"\" responseTime=\"emergencyRouting\">" \
	"<locationType exact=\"false\">geodetic civic</locationType>" \
	"</locationRequest>\n"

bool reference_may_be_followed(const struct reference *r, struct text uri)
{
	struct web_uri u;

	return web_uri_parse(uri, &u) >= 0 &&
	       web_hosts_has(&r->rules.hosts, &u);
}

static void add_address(const struct reference *r, struct http_post *post,
			const uint8_t ip[16])
{
	if (post->address_count < HTTP_CLIENT_ADDRESSES_MAX &&
	    address_is_allowed(&r->rules.nets, ip))
		memcpy(post->addresses[post->address_count++], ip, 16);
}

/* Ask the DNS, and take what may be connected to: the answer that is judged
 * is the one that is used. */
static int resolve(const struct reference *r, const struct web_uri *uri,
		   int timeout_ms, struct http_post *post, const char **ret_why)
{
	const struct dns_options options = { .servers = r->conf->dns_servers,
					     .timeout_ms = timeout_ms,
					     .stop = r->stop };
	struct name_due due = { 0 };
	unsigned heard = 0;

	if (uri->is_literal) {
		add_address(r, post, uri->ip);
		heard = 1;
	} else {
		if (text_to_cstr(text_of(uri->host), due.text,
				 sizeof(due.text)) < 0)
			return -EIO;
		if (dns_ask(&options, &due, 1) < 0)
			return -ECANCELED;
		for (unsigned f = 0; f < NAME_FAMILY_COUNT; f++) {
			const struct name_addresses *a =
				&due.answer[f].addresses;

			if (due.answer[f].outcome != NAME_HEARD)
				continue;
			heard += a->count;
			for (unsigned i = 0; i < a->count; i++)
				add_address(r, post, a->ip[i]);
		}
	}
	if (post->address_count)
		return 0;
	*ret_why = heard ? "its address is not of the public Internet"
			 : "its name has no address";
	return heard ? -EPERM : -EIO;
}

int reference_follow(const struct reference *r, struct text uri, int timeout_ms,
		     char *buf, const char **ret_why)
{
	int64_t until_ms = clock_mono_ms() + timeout_ms;
	struct web_uri u;
	struct http_post post;
	int err;

	*ret_why = "";
	if (web_uri_parse(uri, &u) < 0 || !web_hosts_has(&r->rules.hosts, &u)) {
		*ret_why = "its host is not listed";
		return -EPERM;
	}
	post = (struct http_post){
		.url = u.text,
		.host = u.host,
		.port = u.port,
		.content_type = HELD_CONTENT_TYPE,
		.body = text_make(REQUEST, sizeof(REQUEST) - 1),
		.ca_file = r->conf->locate_reference_ca,
	};
	err = resolve(r, &u, timeout_ms, &post, ret_why);
	if (err < 0)
		return err;
	post.timeout_ms = (int)(until_ms - clock_mono_ms());
	if (post.timeout_ms <= 0) {
		*ret_why = "no answer in time";
		return -ETIMEDOUT;
	}
	return http_client_post(&post, buf, REFERENCE_DOCUMENT_MAX, ret_why);
}
