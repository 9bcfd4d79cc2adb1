/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/lost_server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/lost_civic.h"

#define RESPONSE_FIRST 8192
#define KEY_SIZE       32

/* One request on its way to an answer. */
struct exchange {
	const struct lost_server *server;
	int64_t now_ms;
	struct lost_request request;
	struct lost_fault fault;
	bool failed;
	struct lost_psap psap;
	struct lost_validation validation;
	struct lost_area area;
	struct civic civic_area;          /* getServiceBoundary */
	char values[LOST_CIVIC_KEY_SIZE]; /* of its texts */
	uint32_t warnings;
	bool is_served; /* listServicesByLocation */
};

static void fail(struct exchange *x, enum lost_error error, const char *why)
{
	x->fault = (struct lost_fault){ .error = error, .message = why };
	x->failed = true;
}

/* ---- the service ---- */

static bool is_below(struct text service, const char *parent)
{
	struct text p = text_of(parent);

	return text_has_prefix_nocase(service, p) &&
	       (service.len == p.len || service.p[p.len] == '.');
}

/* Ours, or one whose answer ours is too. */
static bool takes_service(struct exchange *x)
{
	struct text service = x->request.service;

	if (text_equal_nocase(service, text_of(LOST_SERVICE)))
		return true;
	if (!is_below(service, LOST_SERVICE) &&
	    !is_below(service, "urn:emergency:service:sos"))
		return false;
	x->warnings |= 1U << LOST_WARNING_SERVICE_SUBSTITUTION;
	return true;
}

/* ---- who serves the place ---- */

static void fail_to_find(struct exchange *x, int err)
{
	if (err == -ENOENT)
		fail(x, LOST_ERROR_NOT_FOUND,
		     "nobody is known to serve this "
		     "place");
	else if (err == -EAGAIN)
		fail(x, LOST_ERROR_SERVER, "this server has no areas yet");
	else
		fail(x, LOST_ERROR_INTERNAL, "this server failed");
}

static int find_psap(struct exchange *x)
{
	const struct lost_backend *b = x->server->backend;
	const struct pidf_place *place = &x->request.place;

	x->validation = (struct lost_validation){ .civic = &place->civic };
	if (x->request.profile == LOST_PROFILE_GEODETIC_2D)
		return b->find(b->arg, place->shape.at, &x->psap);
	if (b->find_civic)
		return b->find_civic(b->arg, &place->civic, &x->psap,
				     x->validation.checks);
	return -ENOENT;
}

static void find_service(struct exchange *x)
{
	const struct lost_backend *b = x->server->backend;
	int err;

	if (!takes_service(x)) {
		fail(x, LOST_ERROR_SERVICE_NOT_IMPLEMENTED,
		     "only " LOST_SERVICE " is served");
		return;
	}
	err = find_psap(x);
	if (err < 0) {
		fail_to_find(x, err);
		return;
	}
	if (x->psap.is_default)
		x->warnings |= 1U << LOST_WARNING_DEFAULT_MAPPING;
	/* Without its area an answer is as good; an address has another. */
	if (x->request.boundary_by_value && x->psap.boundary_id &&
	    !x->psap.civic_area.count)
		(void)!b->area(b->arg, x->psap.boundary_id, &x->area);
}

static void list_by_location(struct exchange *x)
{
	int err = find_psap(x);

	x->is_served = err == 0;
	if (err < 0 && err != -ENOENT)
		fail_to_find(x, err);
}

static bool parse_key(struct text key, uint64_t *ret)
{
	uint64_t n = 0;

	if (key.len < 3 || key.len > 20 || memcmp(key.p, "b-", 2) != 0)
		return false;
	for (size_t i = 2; i < key.len; i++) {
		if (!text_is_digit(key.p[i]))
			return false;
		n = n * 10 + (uint64_t)(key.p[i] - '0');
	}
	*ret = n;
	return true;
}

/* Only what would be told of these elements now is an area. */
static int get_civic_area(struct exchange *x)
{
	const struct lost_backend *b = x->server->backend;
	int err;

	if (!b->find_civic ||
	    lost_civic_key_read(x->request.key, x->values, &x->civic_area) < 0)
		return -ENOENT;
	err = b->find_civic(b->arg, &x->civic_area, &x->psap,
			    x->validation.checks);
	if (err < 0)
		return err;
	return lost_civic_equal(&x->civic_area, &x->psap.civic_area) ? 0
								     : -ENOENT;
}

static void get_boundary(struct exchange *x)
{
	const struct lost_backend *b = x->server->backend;
	uint64_t boundary_id;
	int err;

	if (parse_key(x->request.key, &boundary_id))
		err = b->area(b->arg, boundary_id, &x->area);
	else
		err = get_civic_area(x);
	if (err == -ENOENT)
		fail(x, LOST_ERROR_NOT_FOUND,
		     "there is no boundary of that "
		     "key");
	else if (err < 0)
		fail_to_find(x, err);
}

static void decide(struct exchange *x)
{
	switch (x->request.kind) {
	case LOST_FIND_SERVICE:
		find_service(x);
		break;
	case LOST_LIST_SERVICES_BY_LOCATION:
		list_by_location(x);
		break;
	case LOST_GET_SERVICE_BOUNDARY:
		get_boundary(x);
		break;
	default:
		break;
	}
}

/* ---- writing it ---- */

/* Whose services are asked for: of all, or those below one; ours has none. */
static struct text services_of(const struct exchange *x)
{
	bool all = x->request.service.len == 0;
	bool here = x->request.kind == LOST_LIST_SERVICES || x->is_served;

	return all && here ? text_of(LOST_SERVICE) : text_of(NULL);
}

static void write_mapping(struct text_writer *w, const struct exchange *x,
			  const struct lost_circumstances *c)
{
	const struct lost_boundary boundary = { x->area.rings, x->area.count };
	char id[KEY_SIZE], name[KEY_SIZE], key[LOST_CIVIC_KEY_SIZE];
	struct lost_mapping m = {
		.display_name = text_of(x->psap.name),
		.service = text_of(LOST_SERVICE),
		.uris = { x->server->uri },
		.uri_count = x->server->uri.len > 0,
		.service_number = text_of("911"),
		.updated_ms = x->psap.updated_ms,
		.expires_ms = x->now_ms + x->server->expires_s * 1000,
		.boundary = x->area.count ? &boundary : NULL,
	};
	bool has_civic_area = x->psap.civic_area.count > 0;

	(void)snprintf(id, sizeof(id), "psap-%" PRIu64, x->psap.psap_id);
	m.source_id = text_of(id);
	/* Kamailio 5.6's module lost dies of a mapping without a name. */
	(void)snprintf(name, sizeof(name), "PSAP %" PRIu64, x->psap.psap_id);
	if (!m.display_name.len)
		m.display_name = text_of(name);
	if (has_civic_area && x->request.boundary_by_value) {
		m.civic_boundary = &x->psap.civic_area;
	} else if (has_civic_area) {
		if (lost_civic_key_write(&x->psap.civic_area, key) == 0)
			m.boundary_key = text_of(key);
	} else if (x->psap.boundary_id) {
		(void)snprintf(key, sizeof(key), "b-%" PRIu64,
			       x->psap.boundary_id);
		m.boundary_key = text_of(key);
	}
	lost_find_service_write(w, &m,
				x->request.validate_location &&
						x->request.profile ==
							LOST_PROFILE_CIVIC
					? &x->validation
					: NULL,
				c);
}

static void write_answer(struct text_writer *w, const struct exchange *x)
{
	const struct lost_boundary boundary = { x->area.rings, x->area.count };
	struct lost_circumstances c = { .source = x->server->source,
					.warnings = x->warnings,
					.location_id = x->request.location_id };

	if (x->failed) {
		lost_fault_write(w, c.source, &x->fault);
		return;
	}
	switch (x->request.kind) {
	case LOST_FIND_SERVICE:
		write_mapping(w, x, &c);
		break;
	case LOST_GET_SERVICE_BOUNDARY:
		lost_boundary_write(w, &boundary,
				    x->civic_area.count ? &x->civic_area : NULL,
				    &c);
		break;
	case LOST_LIST_SERVICES:
		lost_list_services_write(w, services_of(x), &c);
		break;
	default:
		lost_list_services_by_location_write(w, services_of(x), &c);
		break;
	}
}

/* In as much memory as it takes. */
static int write_all(const struct exchange *x, struct text *ret)
{
	for (size_t size = RESPONSE_FIRST; size <= LOST_RESPONSE_MAX;
	     size *= 4) {
		struct text_writer w = text_writer_on(malloc(size), size);

		if (!w.buf)
			return -ENOMEM;
		write_answer(&w, x);
		if (!w.full) {
			*ret = text_written(&w);
			return 0;
		}
		free(w.buf);
	}
	return -ENOMEM;
}

static void read_request(struct exchange *x, struct text body,
			 struct xml_doc **doc)
{
	const char *why = "";

	if (xml_doc_read(doc, body, &why) < 0)
		fail(x, LOST_ERROR_BAD_REQUEST, why);
	else
		x->failed = lost_request_read(*doc, x->server->source,
					      &x->request, &x->fault) < 0;
}

int lost_answer(const struct lost_server *s, struct text body, int64_t now_ms,
		struct text *ret, const char **ret_why)
{
	struct exchange *x = calloc(1, sizeof(*x));
	struct xml_doc *doc = NULL;
	int err;

	if (!x)
		return -ENOMEM;
	x->server = s;
	x->now_ms = now_ms;
	read_request(x, body, &doc);
	if (!x->failed)
		decide(x);
	err = write_all(x, ret);
	*ret_why = x->failed ? x->fault.message : "";
	free(x->area.rings);
	free(x->area.points);
	free(x);
	doc = xml_doc_free(doc);
	return err;
}
