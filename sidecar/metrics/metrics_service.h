/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_service: /metrics and /healthz, on an address of their own.
 *
 * What is told names nobody: counters, ages, which part is bad.  Whoever can
 * reach the address may ask, so it is not that of clients (http_service.h).
 * The module's counters come from Kamailio, asked once a second at most and
 * for kamailio_rpc_timeout_ms at most; no call waits for it.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "certificates/expiry.h"

/* -EINVAL: metrics_listen is no address; error says so. */
int must_check metrics_service_check(const struct conf *conf,
				     char error[CONF_ERROR_SIZE]);
/* The thread: 0 when the stop is asked for; -ENOMEM. */
int must_check metrics_service_run(const struct conf *conf,
				   const struct stop *stop,
				   struct expiry *expiry, const char *version);
