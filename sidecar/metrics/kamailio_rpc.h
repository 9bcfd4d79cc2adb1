/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kamailio_rpc: one question to Kamailio's JSON-RPC by datagrams.
 *
 * A process of Kamailio's own answers (jsonrpcs), no worker: a call never
 * waits for this.  We wait for it no longer than we are told to.
 */
#pragma once

#include "base/json.h"

#define KAMAILIO_RPC_REPLY_MAX 65536

/*
 * Ask 'method' of the socket 'path'.  *ret, which json_free() ends, is the
 * whole reply, with a member "result".  -ETIMEDOUT: nobody answered;
 * -EBADMSG: that is no result; else why the socket cannot be reached.
 */
int must_check kamailio_rpc_ask(const char *path, const char *method,
				int timeout_ms, struct json **ret);
