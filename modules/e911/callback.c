/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "callback.h"

#include <errno.h>
#include <stdio.h>

#include "callback_form.h"
#include "next_hop.h"
#include "service.h"
#include "text_writer.h"

#define ADDRESS_MAX ((size_t)4 * CALLBACK_FORM_MAX)

/* One process, one thread: path->addresses of the latest callback. */
static char addresses[8192];

/* Who is to be rung, as a platform and as the network knows them. */
struct callee {
	struct text user;
	uint64_t number; /* 0: none */
};

/* ---- how a trunk wants it ---- */

static struct text filled(struct text form, const struct callback_values *v,
			  char buf[ADDRESS_MAX])
{
	struct text_writer w = text_writer_on(buf, ADDRESS_MAX);

	callback_form_put(&w, form, v);
	return w.full ? text_of("") : text_written(&w);
}

static void put_address(struct text_writer *w, const struct dir_trunk *trunk,
			unsigned index, const struct callback_values *v)
{
	char uri_buf[ADDRESS_MAX], to_buf[ADDRESS_MAX], line_buf[ADDRESS_MAX];
	struct text uri = filled(trunk->callback_uri, v, uri_buf);
	struct text to = filled(trunk->callback_to, v, to_buf);
	struct text line = filled(trunk->callback_header, v, line_buf);

	/* A form that cannot be filled costs the callback its shape, not its
	 * way. */
	if (!next_hop_uri_is_sound(uri) || !next_hop_uri_is_sound(to))
		return;
	text_writef(w, "%u %.*s %.*s %.*s\n", index, TEXT_ARG(uri),
		    TEXT_ARG(to), TEXT_ARG(line));
}

/* The addresses of the routes from 'first' on, all over this trunk. */
static void address(struct path *p, const struct dir_trunk *trunk,
		    unsigned first, const struct callee *who)
{
	struct text_writer w = text_writer_on(addresses, sizeof(addresses));
	char number[E164_SIZE];

	if (text_is_empty(trunk->callback_uri))
		return;
	w.used = p->addresses.len;
	e164_format(who->number, trunk->number_format, number);
	for (unsigned i = first; i < p->route_count; i++) {
		const struct call_route *r = &p->routes[i];
		bool v6 = strchr(r->host, ':') != NULL;
		char host[CALL_HOST_SIZE + 2], port[8];
		struct callback_values v = {
			.user = who->user,
			.number = who->number ? text_of(number) : who->user,
			.host = text_of(host),
			.port = text_of(port),
			.transport = text_of(trunk_transport_name(
				(enum trunk_transport)r->transport)),
		};

		(void)snprintf(host, sizeof(host), v6 ? "[%s]" : "%s", r->host);
		(void)snprintf(port, sizeof(port), "%u", r->port);
		v.host = text_of(host);
		v.port = text_of(port);
		put_address(&w, trunk, i, &v);
	}
	p->addresses = text_written(&w);
}

/* ---- rungs ---- */

static void ring_over(struct path *p, struct directory *d, uint64_t trunk_id,
		      const struct callee *who)
{
	unsigned first = p->route_count;
	struct dir_trunk trunk;

	if (text_is_empty(who->user) || !trunk_id ||
	    !path_found(p, directory_trunk(d, trunk_id, &trunk)))
		return;
	if (path_route_add(p, d, trunk_id, 0, 0, who->user))
		address(p, &trunk, first, who);
}

/* How well this trunk's prefix fits; -1: not at all. */
static int fit(const struct dir_trunk *trunk, struct text e164)
{
	struct text prefix = trunk->prefix;

	if (prefix.len > e164.len ||
	    (prefix.len && memcmp(prefix.p, e164.p, prefix.len) != 0))
		return -1;
	return (int)prefix.len;
}

static void ring_number_over(struct path *p, struct directory *d,
			     const struct dir_trunk *trunk, uint64_t number)
{
	char user[E164_SIZE];

	/* A prefix is replaced in the number as E.164 writes it. */
	e164_format(number,
		    trunk->has_replacement ? NUMBER_FORMAT_E164
					   : trunk->number_format,
		    user);
	ring_over(p, d, trunk->trunk_id,
		  &(struct callee){ text_of(user), number });
}

/* The telephone network: the longest prefix first. */
static void ring_network(struct path *p, struct directory *d,
			 const struct dir_trunk_ids *ways, uint64_t number)
{
	char e164[E164_SIZE];

	e164_from_u64(number, e164);
	for (int want = E164_SIZE; want >= 0; want--) {
		for (unsigned i = 0; i < ways->count; i++) {
			struct dir_trunk trunk;

			if (path_found(p, directory_trunk(d, ways->id[i],
							  &trunk)) &&
			    fit(&trunk, text_of(e164)) == want)
				ring_number_over(p, d, &trunk, number);
		}
	}
}

static bool is_elin(struct path *p, struct directory *d, uint64_t number)
{
	struct dir_elin elin;

	return path_found(p, directory_elin(d, number, &elin));
}

/* False: there is none; one that is a lent number would come back to us. */
static bool ring_desk(struct path *p, struct directory *d, uint64_t number,
		      const struct dir_trunk_ids *platforms,
		      const struct dir_trunk_ids *network)
{
	unsigned before = p->route_count;

	if (!number || is_elin(p, d, number))
		return false;
	for (unsigned i = 0; i < platforms->count; i++) {
		struct dir_trunk trunk;

		if (path_found(p, directory_trunk(d, platforms->id[i], &trunk)))
			ring_number_over(p, d, &trunk, number);
	}
	ring_network(p, d, network, number);
	return p->route_count > before;
}

/* ---- the ladder ---- */

struct ladder {
	struct path *p;
	struct directory *d;
	const struct elin_binding *binding;
	struct dir_gateway gateway;
	struct dir_organization organization;
	struct dir_trunk_ids platforms;
};

static bool is_their_own(struct ladder *l, uint64_t trunk_id)
{
	struct dir_trunk trunk;

	return path_found(l->p, directory_trunk(l->d, trunk_id, &trunk)) &&
	       trunk.organization_id == l->binding->organization_id;
}

/*
 * The trunk that the call came over; 0 when nobody remembers one.  But several
 * organisations may come over one trunk, told apart by a header: then the one
 * that is the caller's own, if there is, because the same number is somebody
 * else on another one's platform.
 */
static uint64_t callers_platform(struct ladder *l)
{
	const struct dir_trunk_ids *all = &l->organization.trunks;
	uint64_t came = l->binding->trunk_id;

	/* Their own ones are the first in the list. */
	if (!came || !all->count || is_their_own(l, came) ||
	    !is_their_own(l, all->id[0]))
		return came;
	return all->id[0];
}

/* The caller's first, then those of the organisation. */
static void find_platforms(struct ladder *l)
{
	const struct dir_trunk_ids *all = &l->organization.trunks;
	uint64_t first = callers_platform(l);

	if (first)
		l->platforms.id[l->platforms.count++] = first;
	for (unsigned i = 0; i < all->count; i++)
		if (all->id[i] != first &&
		    l->platforms.count < DIR_TRUNK_IDS_MAX)
			l->platforms.id[l->platforms.count++] = all->id[i];
}

static uint64_t desk_of(const struct ladder *l, uint64_t location_id)
{
	struct dir_location location;

	return location_id && path_found(l->p,
					 directory_location(l->d, location_id,
							    &location))
		       ? location.desk_number
		       : 0;
}

static bool ring_caller(struct ladder *l, uint64_t called)
{
	const struct elin_binding *b = l->binding;
	bool from_network = l->p->trunk.role == TRUNK_PSTN;
	struct callee who = { text_of(b->user), 0 };
	unsigned before = l->p->route_count;

	if (e164_to_u64(who.user, &who.number) < 0)
		who.number = b->own_number;
	ring_over(l->p, l->d, b->trunk_id ? l->platforms.id[0] : 0, &who);
	/* The network has sent us this very number: it would again. */
	if (b->own_number && !(from_network && b->own_number == called) &&
	    !is_elin(l->p, l->d, b->own_number))
		ring_network(l->p, l->d, &l->gateway.pstn_trunks,
			     b->own_number);
	return l->p->route_count > before;
}

/* What the first rung is called. */
static const char *climb(struct ladder *l, uint64_t called)
{
	const struct dir_trunk_ids none = { 0 };
	const struct dir_trunk_ids *network = &l->gateway.pstn_trunks;
	const char *first = NULL;
	uint64_t desk = l->organization.desk_number;

	if (!desk)
		desk = desk_of(l, l->organization.default_location_id);
	if (ring_caller(l, called))
		first = "callback";
	if (ring_desk(l->p, l->d, desk_of(l, l->binding->location_id),
		      &l->platforms, network) &&
	    !first)
		first = "desk";
	if (ring_desk(l->p, l->d, desk, &l->platforms, network) && !first)
		first = "organization";
	if (l->p->trunk.role == TRUNK_PSAP &&
	    ring_desk(l->p, l->d, l->gateway.desk_number, &none, network) &&
	    !first)
		first = "gateway";
	return first;
}

/* Whose the number is, when nobody remembers a caller. */
static void find_pool(struct path *p, struct directory *d, uint64_t number,
		      struct elin_binding *ret)
{
	struct dir_elin elin;

	memset(ret, 0, sizeof(*ret));
	ret->number = number;
	if (!path_found(p, directory_elin(d, number, &elin)))
		return;
	ret->organization_id = elin.organization_id;
	ret->location_id = elin.location_id;
}

int path_callback(struct path *p, const struct path_request *rq,
		  struct directory *d, const struct path_conf *conf,
		  uint64_t number, struct elin_binding *ret_binding)
{
	struct ladder l = { .p = p, .d = d, .binding = ret_binding };

	p->now_ms = rq->now_ms;
	p->addresses = text_make(addresses, 0);
	/* Without a directory no trunk is known, and nothing can be rung. */
	if (!d)
		return -ENOENT;
	if (elin_table_find(conf->elins, number, rq->now_ms, ret_binding) < 0)
		find_pool(p, d, number, ret_binding);
	if (!path_found(p, directory_gateway(d, &l.gateway)))
		memset(&l.gateway, 0, sizeof(l.gateway));
	if (!ret_binding->organization_id ||
	    !path_found(p,
			directory_organization(d, ret_binding->organization_id,
					       &l.organization)))
		memset(&l.organization, 0, sizeof(l.organization));
	find_platforms(&l);
	p->bound_by = climb(&l, number);
	return p->bound_by ? 0 : -ENOENT;
}

/* A desk is rung over no trunk of a PSAP, whatever is provisioned. */
static void leave_psaps_out(struct path *p, struct directory *d,
			    struct dir_trunk_ids *ids)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < ids->count; i++) {
		struct dir_trunk trunk;

		if (path_found(p, directory_trunk(d, ids->id[i], &trunk)) &&
		    trunk.role != TRUNK_PSAP)
			ids->id[kept++] = ids->id[i];
	}
	ids->count = kept;
}

/* Where a prefix is replaced something else may come out than was asked for. */
static bool begins_like_a_service(struct text user)
{
	static const char *const starts[] = { "911", "933", "988",
					      "999", "112", "000" };

	while (user.len && (user.p[0] == '+' || user.p[0] == '1') &&
	       !text_has_prefix_nocase(user, text_of("112"))) {
		user.p++;
		user.len--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (text_has_prefix_nocase(user, text_of(starts[i])))
			return true;
	return false;
}

static bool is_service_uri(struct text uri)
{
	struct address_view a;
	char user[CALL_USER_SIZE];

	return service_classify(uri) != SERVICE_NONE ||
	       address_parse(uri, &a) < 0 ||
	       text_percent_decode(a.user, user, sizeof(user)) < 0 ||
	       begins_like_a_service(text_of(user));
}

/* As the platforms' forms have made them (callback_form.h). */
static bool has_service_address(struct text lines)
{
	struct text line, index, uri, to;

	while (text_cut(&lines, '\n', &line))
		if (line.len && (!text_cut(&line, ' ', &index) ||
				 !text_cut(&line, ' ', &uri) ||
				 !text_cut(&line, ' ', &to) ||
				 is_service_uri(uri) || is_service_uri(to)))
			return true;
	return false;
}

/* What goes out is looked at, whatever was asked for. */
static bool leads_to_a_service(const struct path *p)
{
	for (unsigned i = 0; i < p->route_count; i++) {
		struct text user = text_of(p->routes[i].user);

		if (user.len < 4 || begins_like_a_service(user))
			return true;
	}
	return has_service_address(p->addresses);
}

int path_alert(struct path *p, struct directory *d, uint64_t number,
	       uint64_t organization_id)
{
	struct dir_organization o;
	struct dir_gateway gateway;
	struct dir_trunk_ids platforms = { .count = 0 }, network = platforms;

	p->addresses = text_make(addresses, 0);
	if (!d || !service_may_alert(number))
		return -ENOENT;
	if (path_found(p, directory_gateway(d, &gateway)))
		network = gateway.pstn_trunks;
	if (organization_id &&
	    path_found(p, directory_organization(d, organization_id, &o)))
		platforms = o.trunks;
	leave_psaps_out(p, d, &platforms);
	leave_psaps_out(p, d, &network);
	return ring_desk(p, d, number, &platforms, &network) &&
			       !leads_to_a_service(p)
		       ? 0
		       : -ENOENT;
}

bool callback_is_marked(const struct path *p,
			const struct elin_binding *binding)
{
	return p->trunk.role == TRUNK_PSAP ||
	       (binding->was_lent && !uuid_is_nil(&binding->call));
}
