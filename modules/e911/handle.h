/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handle: a request of the routing script on its way to the B2BUA.
 *
 * Script convention: 1 the request is ours and is being dealt with, the
 * script exits; -1 it is not ours.
 */
#pragma once

#include "classify.h"
#include "core/parser/msg_parser.h"

enum request_class request_classify(struct sip_msg *msg);

int handle_any(struct sip_msg *msg);
int handle_in_dialog(struct sip_msg *msg);
int handle_emergency(struct sip_msg *msg);
int handle_test(struct sip_msg *msg);
int handle_callback(struct sip_msg *msg);
int handle_alert(struct sip_msg *msg);

/* The path of the latest call that this process took, for $e911(...); NULL
 * when it was another message. */
struct path;
const struct path *handle_last_path(struct sip_msg *msg);
