/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route_tls.h"

static void take(char name[CALL_TLS_NAME_SIZE], struct text t)
{
	if (text_to_cstr(t, name, CALL_TLS_NAME_SIZE) < 0)
		name[0] = '\0';
}

/* As it was configured; empty: by its address. */
static struct text name_of(const struct dir_trunk *trunk, uint32_t nth)
{
	struct text rest = trunk->destination_names, piece = text_of("");

	for (uint32_t i = 0; i <= nth; i++)
		if (!text_cut(&rest, ',', &piece))
			return text_of("");
	return piece;
}

void route_tls_set(struct call_route *route, const struct dir_trunk *trunk,
		   uint32_t nth)
{
	struct text own = name_of(trunk, nth), name = trunk->tls_name;

	route->tls_name[0] = route->tls_sni[0] = '\0';
	route->tls_check = (uint8_t)trunk->tls_check;
	route->tls_unverified = trunk->tls_unverified;
	if (route->transport != TRANSPORT_TLS)
		return;
	take(route->tls_sni, own.len ? own : name);
	if (!name.len)
		name = own;
	if (name.len)
		take(route->tls_name, name);
	else
		memcpy(route->tls_name, route->host, sizeof(route->host));
}
