/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handle: a request of the routing script on its way to the B2BUA.
 *
 * Script convention: 1 the request is ours and is being dealt with, the
 * script exits; -1 it is not ours.
 */
#pragma once

#include "core/parser/msg_parser.h"
#include "service.h"

enum request_class {
	REQUEST_FOREIGN,   /* none of our business */
	REQUEST_EMERGENCY, /* initial INVITE for 911 */
	REQUEST_TEST,      /* initial INVITE for 933 */
	REQUEST_CALLBACK,  /* initial INVITE of a PSAP or PSTN trunk */
	REQUEST_REPLACES,  /* initial INVITE with Replaces, from a PSAP */
	REQUEST_IN_DIALOG, /* has a To tag, or is a CANCEL or ACK */
};
enum request_class request_classify(struct sip_msg *msg);

int handle_any(struct sip_msg *msg);
int handle_in_dialog(struct sip_msg *msg);
int handle_emergency(struct sip_msg *msg);
int handle_test(struct sip_msg *msg);
int handle_callback(struct sip_msg *msg);

/* The path of the latest call that this process took, for $e911(...); NULL
 * when it was another message. */
struct path;
const struct path *handle_last_path(struct sip_msg *msg);
