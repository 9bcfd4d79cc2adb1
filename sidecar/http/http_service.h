/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_service: what e911d answers over HTTP, and to whom.
 *
 *	POST /lost	LoST (RFC 5222), if lost_source is set
 *	/held, /location	where devices are (held_server.h), if held is 1
 *	/screen			the on-site screen (screen_server.h), if screen
 *is 1
 *
 * Off without http_listen.  An address that cannot be had is tried again: the
 *other services of e911d do not depend on this one.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "http/held_refusals.h"
#include "http/screen_server.h"
#include "psap/service.h"

/* Borrowed; any may be NULL. */
struct http_partners {
	struct psap_service *psap;
	struct held_refusals *refusals;
	struct screen_log *screens;
	struct screen_history *history; /* of the screens */
	const struct screen_acknowledger *acknowledger;
};

/* Run until the stop is asked for: 0; -ENOMEM. */
int must_check http_service_run(const struct conf *conf,
				const struct stop *stop,
				const struct http_partners *partners);

/* Do the options fit each other?  -EINVAL; error holds a line for the operator.
 */
int must_check http_service_check(const struct conf *conf,
				  char error[CONF_ERROR_SIZE]);
