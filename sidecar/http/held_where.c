/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/held_where.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "crc32c.h"
#include "hwaddr.h"
#include "modules/e911/path.h"

/* ---- the directory: one for each request that is going on ---- */

#define SPARE_MAX 64

struct held_directory {
	char path[PATH_MAX];
	pthread_mutex_t lock;               /* of the two below */
	struct directory *spare[SPARE_MAX]; /* owned */
	unsigned count;
};

int held_directory_new(struct held_directory **ret, const char *state_dir)
{
	struct held_directory *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	(void)snprintf(h->path, sizeof(h->path), "%s/directory", state_dir);
	(void)pthread_mutex_init(&h->lock, NULL);
	*ret = h;
	return 0;
}

struct held_directory *held_directory_free(struct held_directory *h)
{
	if (!h)
		return NULL;
	while (h->count)
		(void)directory_close(h->spare[--h->count]);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

static struct directory *take(struct held_directory *h)
{
	struct directory *d = NULL;

	(void)pthread_mutex_lock(&h->lock);
	if (h->count)
		d = h->spare[--h->count];
	(void)pthread_mutex_unlock(&h->lock);
	if (!d && directory_open(&d, h->path) < 0)
		return NULL;
	return d;
}

static void give_back(struct held_directory *h, struct directory *d)
{
	(void)pthread_mutex_lock(&h->lock);
	if (h->count < SPARE_MAX) {
		h->spare[h->count++] = d;
		d = NULL;
	}
	(void)pthread_mutex_unlock(&h->lock);
	(void)directory_close(d);
}

struct directory *held_directory_begin(struct held_directory *h)
{
	struct directory *d = take(h);
	char target[PATH_MAX];
	int len;

	if (!d)
		return NULL;
	len = directory_current_target(h->path, target, sizeof(target));
	/* Another generation is another number. */
	directory_hint(d, len < 0 ? 0 : crc32c(0, target, (size_t)len));
	if (directory_begin(d) == 0)
		return d;
	give_back(h, d);
	return NULL;
}

void held_directory_end(struct held_directory *h, struct directory *d)
{
	if (!d)
		return;
	directory_end(d);
	give_back(h, d);
}

/* ---- what is shown, as a call would show it ---- */

static void add(struct identity_set *set, enum identity_kind kind,
		const void *value, size_t len)
{
	struct identity_candidate *c = &set->candidates[set->count];

	if (!len || len > IDENTITY_VALUE_MAX ||
	    set->count == IDENTITY_CANDIDATES_MAX)
		return;
	*c = (struct identity_candidate){ .kind = kind,
					  .value_len = (uint8_t)len,
					  .source = "HELD" };
	memcpy(c->value, value, len);
	set->count++;
}

static void add_text(struct identity_set *set, enum identity_kind kind,
		     struct text t)
{
	add(set, kind, t.p, t.len);
}

/* "ben@example.com" may be provisioned whole, or as "ben". */
static void add_user(struct identity_set *set, struct text user)
{
	add_text(set, IDENTITY_DEVICE_USER, user);
	if (text_index(user, '@') < user.len)
		add_text(set, IDENTITY_DEVICE_USER,
			 text_make(user.p, text_index(user, '@')));
}

/* Behind the scheme, before parameters. */
static struct text address_of(struct text uri)
{
	size_t colon = text_index(uri, ':'), end;

	if (colon < uri.len)
		uri = text_make(uri.p + colon + 1, uri.len - colon - 1);
	end = text_index(uri, ';');
	return text_make(uri.p, end);
}

static void add_station(struct identity_set *set, const struct held_clues *c)
{
	uint8_t ip[16];
	char mac[13];

	if (mac_normalise(c->mac, mac) == 0)
		add(set, IDENTITY_MAC, mac, 12);
	if (ip_normalise(c->ip, ip) == 0)
		add(set, IDENTITY_IP, ip, sizeof(ip));
	if (c->source)
		add(set, IDENTITY_IP, c->source, 16);
}

/* Numbers and extensions are read from a From, as those of calls are. */
static void add_calling(struct identity_set *set, struct text from,
			const char *home_npa)
{
	const struct header_view header = { .name = text_of("From"),
					    .value = from };
	const struct request_view rq = { .headers = &header,
					 .header_count = 1 };
	const struct identity_profile profile = {
		.order = { IDENTITY_NUMBER, IDENTITY_EXTENSION },
		.home_npa = home_npa,
	};
	struct identity_set calling;

	if (!from.len)
		return;
	identity_collect(&rq, &profile, &calling);
	for (unsigned i = 0; i < calling.count; i++)
		add(set, calling.candidates[i].kind,
		    calling.candidates[i].value,
		    calling.candidates[i].value_len);
}

#define FROM_SIZE 1024

/* Nothing that would end a header or its address. */
static struct text from_of(char buf[FROM_SIZE], const char *before,
			   struct text user, const char *after)
{
	int n = snprintf(buf, FROM_SIZE, "<%s%.*s%s>;tag=1", before,
			 (int)user.len, user.p ? user.p : "", after);

	for (size_t i = 0; i < user.len; i++)
		if (user.p[i] == '<' || user.p[i] == '>' ||
		    (unsigned char)user.p[i] < 0x20)
			return text_of("");
	return !user.len || n < 0 || n >= FROM_SIZE ? text_of("")
						    : text_make(buf, (size_t)n);
}

static void collect(const struct held_clues *c, const char *home_npa,
		    struct identity_set *ret)
{
	char buf[FROM_SIZE];

	*ret = (struct identity_set){ .calling_source = "HELD" };
	add_user(ret, text_trim(c->user));
	add_user(ret, address_of(text_trim(c->uri)));
	add_station(ret, c);
	add_calling(ret, from_of(buf, "", text_trim(c->uri), ""), home_npa);
	add_calling(ret,
		    from_of(buf, "sip:", text_trim(c->number), "@e911.invalid"),
		    home_npa);
}

bool held_clues_are_usable(const struct held_clues *c)
{
	struct identity_set set;
	char mac[13];

	collect(c, NULL, &set);
	return set.count > 0 || c->chassis.len ||
	       mac_normalise(c->bssid, mac) == 0;
}

/* ---- looking it up ---- */

static int station_of(struct directory *d, uint64_t organization_id,
		      const struct held_clues *c, struct dir_station *ret,
		      const char **ret_by)
{
	char mac[13];
	int err = -ENOENT, first = -ENOENT;

	if (c->chassis.len && c->port.len) {
		*ret_by = "switch_port";
		first = directory_switch(d, organization_id, c->chassis,
					 c->port, ret);
		if (first == 0)
			return 0;
	}
	if (mac_normalise(c->bssid, mac) == 0) {
		*ret_by = "access_point";
		err = directory_access_point(d, organization_id, mac, ret);
		if (err == 0)
			return 0;
	}
	first = first == -ENOENT ? err : first;
	if (c->chassis.len) {
		*ret_by = "network_switch";
		err = directory_switch(d, organization_id, c->chassis,
				       text_of(""), ret);
	}
	return err == -ENOENT ? first : err;
}

static void answer_with(const struct path *p, struct held_place *ret)
{
	*ret = (struct held_place){
		.organization = p->organization,
		.location = p->location,
		.endpoint_id = p->endpoint.endpoint_id,
		.located_by = p->located_by,
		.identified_by = p->identified_by ? p->identified_by : "none",
	};
}

/* What a call of theirs would be located by. */
static void locate(struct path *p, struct directory *d)
{
	static const struct path_request rq;
	static const struct path_conf conf;
	bool unknown = !p->identified_by;

	if (unknown)
		p->identified_by = "none";
	step_locate(p, &rq, d, &conf);
}

static int begin(struct path **ret, struct directory *d,
		 uint64_t organization_id)
{
	struct path *p = malloc(sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	path_clear(p);
	err = directory_organization(d, organization_id, &p->organization);
	if (err < 0) {
		free(p);
		return err == -ENOENT ? err : -EIO;
	}
	*ret = p;
	return 0;
}

static int end(struct path *p, struct held_place *ret)
{
	bool damaged = p->faults & PATH_FAULT_DIRECTORY;
	int err = 0;

	if (p->location.location_id)
		answer_with(p, ret);
	else
		err = damaged ? -EIO : -ENOENT;
	free(p);
	return err;
}

int held_where(struct directory *d, uint64_t organization_id,
	       const struct held_clues *c, struct held_place *ret)
{
	struct dir_station station = { 0 };
	const char *by = NULL;
	char npa[4] = "";
	struct path *p;
	int err = begin(&p, d, organization_id);

	if (err < 0)
		return err;
	if (p->organization.home_npa.len == 3)
		(void)!text_to_cstr(p->organization.home_npa, npa, sizeof(npa));
	collect(c, npa[0] ? npa : NULL, &p->identities);
	path_find_endpoint(p, d);
	if (path_found(p, station_of(d, organization_id, c, &station, &by)) &&
	    path_found(p, directory_location(d, station.location_id,
					     &p->location)))
		p->located_by = by;
	else
		locate(p, d);
	return end(p, ret);
}

int held_where_again(struct directory *d, uint64_t organization_id,
		     uint64_t endpoint_id, uint64_t location_id,
		     struct held_place *ret)
{
	struct path *p;
	int err = begin(&p, d, organization_id);

	if (err < 0)
		return err;
	if (endpoint_id &&
	    path_found(p, directory_endpoint(d, endpoint_id, &p->endpoint)) &&
	    p->endpoint.organization_id == organization_id)
		locate(p, d);
	if (!p->location.location_id &&
	    path_found(p, directory_location(d, location_id, &p->location)) &&
	    p->location.organization_id != organization_id)
		p->location.location_id = 0;
	if (!p->located_by)
		p->located_by = "none";
	return end(p, ret);
}
