/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/support/notify_world.h"

#include <stdio.h>
#include <sys/stat.h>

#define T(s) text_make((s), sizeof(s) - 1)

static const struct uuid the_call = { { 0x2f, 0x1c, 0x7c, 0x1e, 0x2f, 0x6a,
					0x4c, 0x7e, 0x9d, 0x0a, 0x3c, 0x1f,
					0x6a, 0x1b, 0x2c, 0x3d } };

static void put_places(struct writer *w)
{
	struct dir_key key;

	dir_key_organization(&key, WORLD_ORGANIZATION);
	PUT(w, organization, &key, .organization_id = WORLD_ORGANIZATION,
	    .uuid = { { 1 } }, .name = T("Acme"),
	    .time_zone = T("America/New_York"), .language = T("en"));
	dir_key_location(&key, WORLD_LOCATION);
	PUT(w, location, &key, .location_id = WORLD_LOCATION,
	    .organization_id = WORLD_ORGANIZATION, .name = T("HQ 4 East"),
	    .address = T("500 Pine St, Seattle, WA 98101 (building A, floor "
			 "4, room 412)"),
	    .civic = T("<civicAddress><BLD>A</BLD><FLR>4</FLR>"
		       "<ROOM>412 &amp; 413</ROOM></civicAddress>"),
	    .psap_id = WORLD_PSAP, .building_id = WORLD_BUILDING,
	    .time_zone = T("America/Los_Angeles"), .latitude_u6 = 137611900,
	    .longitude_u6 = 57662800);
	dir_key_endpoint(&key, WORLD_ENDPOINT);
	PUT(w, endpoint, &key, .endpoint_id = WORLD_ENDPOINT,
	    .organization_id = WORLD_ORGANIZATION,
	    .location_id = WORLD_LOCATION, .name = T("Ben Ito"));
	dir_key_psap(&key, WORLD_PSAP);
	PUT(w, psap, &key, .psap_id = WORLD_PSAP, .name = T("King County"),
	    .kind = PSAP_PRIMARY, .route_count = 1,
	    .routes = { { 20, WORLD_PSAP, T("911") } });
	dir_key_trunk(&key, 7);
	PUT(w, trunk, &key, .trunk_id = 7, .name = T("genesys"),
	    .role = TRUNK_ORIGIN, .transport = TRANSPORT_UDP, .port = 5060,
	    .number_format = NUMBER_FORMAT_E164,
	    .organization_id = WORLD_ORGANIZATION, .profile = PROFILE_PBX);
	dir_key_trunk(&key, 20);
	PUT(w, trunk, &key, .trunk_id = 20, .name = T("king-a"),
	    .role = TRUNK_PSAP, .transport = TRANSPORT_UDP,
	    .host = T("192.0.2.20"), .port = 5060,
	    .number_format = NUMBER_FORMAT_E164, .profile = PROFILE_LEGACY);
}

void notify_world(void (*more)(struct writer *w))
{
	struct writer w;

	(void)mkdir(at("directory"), 0770);
	w = writer_begin("directory/gen-000001", MAP_SIZE);
	put_change_id(&w, 1);
	put_places(&w);
	if (more)
		more(&w);
	writer_commit(&w);
	point("directory/current", "gen-000001");
}

void put_recipient(struct writer *w, enum recipient_scope scope,
		   uint64_t scope_id, const struct dir_recipient *r)
{
	uint8_t buf[DIR_RECORD_MAX];
	struct dir_key key;
	int n;

	struct dir_recipient all = *r;

	if (!all.channel)
		all.channel = RECIPIENT_EMAIL;
	if (!all.address.len)
		all.address = T("desk@example.com");
	if (!all.events)
		all.events = RECIPIENT_EMERGENCY_CALL;
	dir_key_recipient(&key, r->organization_id, scope, scope_id,
			  r->recipient_id);
	n = dir_recipient_encode(&all, &key, buf, sizeof(buf));
	assert_true(n > 0);
	put_raw(w, &key, buf, (size_t)n);
}

/* ---- events ---- */

static uint8_t bytes[EVENT_MAX];
static struct event_writer writer;
static unsigned count;

struct event_writer *call_event(enum event_kind kind, int64_t after_ms)
{
	event_begin(&writer, bytes, sizeof(bytes), kind, &the_call,
		    WORLD_AT + after_ms);
	return &writer;
}

struct event_writer *call_started(void)
{
	struct event_writer *w = call_event(EVENT_CALL_STARTED, 0);

	event_text(w, FIELD_SERVICE, T("emergency"));
	event_text(w, FIELD_NODE, T("node-a"));
	event_u64(w, FIELD_ORGANIZATION, WORLD_ORGANIZATION);
	event_u64(w, FIELD_ENDPOINT, WORLD_ENDPOINT);
	event_text(w, FIELD_IDENTIFIED_BY, T("extension"));
	event_text(w, FIELD_IDENTIFIED_VALUE, T("4102"));
	event_text(w, FIELD_CALLER_NUMBER, T("4102"));
	event_u64(w, FIELD_LOCATION, WORLD_LOCATION);
	event_text(w, FIELD_LOCATED_BY, T("endpoint"));
	event_u64(w, FIELD_PSAP, WORLD_PSAP);
	event_text(w, FIELD_ROUTED_BY, T("psap"));
	event_text(w, FIELD_CALLBACK_NUMBER, T("+12065550181"));
	event_text(w, FIELD_ELIN, T("+12065550181"));
	return w;
}

/* What an outbox would hold. */
static char kept[65536], gateway[65536];
static struct notify_contexts contexts;

void forget_calls(void)
{
	memset(&contexts, 0, sizeof(contexts));
}

static struct text keep(char *buf, struct text t)
{
	assert_true(t.len <= 65536);
	memcpy(buf, t.p, t.len);
	return text_make(buf, t.len);
}

int matched(struct matcher *m, struct event_writer *w,
	    struct notify_result *ret)
{
	uint8_t id[NOTICE_ID_SIZE] = { 0xe0 };
	struct notify_event e;
	int err;

	id[15] = (uint8_t)++count;
	assert_int_equal(
		notify_event_read(text_make((char *)w->buf, event_finish(w)),
				  id, &e),
		0);
	err = notify_match(m, &e, &contexts, ret);
	if (err >= 0 && ret->call_is_new)
		contexts.original = contexts.call = keep(kept, ret->call);
	if (err >= 0 && ret->gateway_is_new)
		contexts.gateway = keep(gateway, ret->gateway);
	return err;
}
