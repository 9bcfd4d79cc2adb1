/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handle_replaces.h"

#include "b2bua.h"
#include "b2bua_tm.h"
#include "replace.h"
#include "replaces.h"
#include "sip_message.h"
#include "stateless.h"
#include "worker.h"

#define ROUTE_SET_SIZE 8192

/* How often it stands there; *ret_value is the first. */
static unsigned find(struct sip_msg *msg, struct text *ret_value)
{
	size_t count;
	const struct header_view *headers = message_headers(msg, &count);
	unsigned found = 0;

	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(headers[i].name, text_of("Replaces")) &&
		    found++ == 0)
			*ret_value = headers[i].value;
	return found;
}

bool has_replaces(struct sip_msg *msg)
{
	struct text value;

	return find(msg, &value) > 0;
}

static void fill_trunk(struct sip_msg *msg, struct replace_invite *in)
{
	struct directory *d = worker_directory_begin();
	struct dir_trunk trunk;
	uint8_t source[16];
	uint16_t port;

	message_source(msg, source, &port);
	if (d && directory_trunk_by_source(d, source, &trunk) == 0) {
		in->trunk_id = trunk.trunk_id;
		in->profile = (uint8_t)trunk.profile;
		in->media = (uint8_t)trunk.media;
	}
	worker_directory_end(d);
}

static void begin(struct sip_msg *msg, struct leg *leg,
		  const struct replaces *r)
{
	static char route_set[ROUTE_SET_SIZE];
	char contact[256], host[CALL_HOST_SIZE + 2], tag[17];
	struct replace_invite in = { .replaced_tag = r->from_tag,
				     .early_only = r->early_only };
	struct sip_request_view view;
	uint8_t rnd[8];

	message_request_view(msg, &view);
	if (tm_new_transaction(msg, &view.transaction) != TM_NEW)
		return;
	tm_trying(msg);
	random_bytes(rnd, sizeof(rnd));
	text_hex(tag, rnd, sizeof(rnd));
	in.view = &view;
	in.call_id = message_call_id(msg);
	in.from_uri = message_from_uri(msg);
	in.to_uri = message_to_uri(msg);
	in.local_tag = text_of(tag);
	in.route_set =
		message_route_set(msg, false, route_set, sizeof(route_set));
	message_peer(msg, &in.peer);
	fill_trunk(msg, &in);
	if (socket_contact(view.flow.socket, contact, sizeof(contact), host,
			   sizeof(host)) == 0)
		in.contact = text_of(contact);
	b2bua_on_replace(leg, &in);
}

int handle_replaces(struct sip_msg *msg)
{
	struct text value;
	struct replaces r;
	struct leg *leg;

	if (message_parse(msg) < 0)
		return -1;
	if (find(msg, &value) != 1 || replaces_parse(value, &r) < 0) {
		stateless_reply(msg, 400, "Replaces Cannot Be Read");
		return 1;
	}
	leg = call_store_find(worker_shared->calls, r.call_id, r.to_tag);
	if (!leg) {
		stateless_reply(msg, 481, "Call/Transaction Does Not Exist");
		return 1;
	}
	begin(msg, leg, &r);
	call_unref(leg->call);
	return 1;
}
