/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert_call.h"

#include "text_writer.h"

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

bool alert_call_is_from(const struct path_conf *agent, const uint8_t source[16],
			uint16_t port)
{
	const struct call_route *r = &agent->default_routes[0];
	char ip[CALL_HOST_SIZE];

	/* Nearly always the port says it. */
	if (!agent->default_route_count || port != r->port ||
	    !is_loopback(r->host))
		return false;
	path_ip_format(source, ip, sizeof(ip));
	return strcmp(ip, r->host) == 0;
}

uint64_t alert_call_organization(const struct request_view *rq)
{
	const struct header_view *h;
	struct text rest, item, name;
	size_t index = 0;
	uint64_t id = 0;

	h = header_next(rq, text_of("X-E911-Alert"), NULL, &index);
	rest = h ? h->value : text_of("");
	while (text_cut(&rest, ';', &item)) {
		if (!text_cut(&item, '=', &name) ||
		    !text_equal(text_trim(name), text_of("organization")))
			continue;
		item = text_trim(item);
		for (size_t i = 0; i < item.len && i < 18; i++) {
			if (!text_is_digit(item.p[i]))
				return 0;
			id = id * 10 + (uint64_t)(item.p[i] - '0');
		}
	}
	return id;
}

void alert_call_routes_mend(struct path *p)
{
	for (unsigned i = 0; i < p->route_count; i++)
		if (p->routes[i].max_calls > 1)
			p->routes[i].max_calls /= 2;
}
