/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_service: follows what is provisioned and keeps ALI records in step.
 *
 * A thread of e911d with a connection of its own.  PostgreSQL being away is no
 * reason to end.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"

/* Until the stop is asked for.  0 or -ENOMEM. */
int must_check ali_service_run(const struct conf *conf,
			       const struct stop *stop);
