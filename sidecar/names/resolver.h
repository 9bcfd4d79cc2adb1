/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolver: the thread that asks the DNS for the names of trunks, each one
 * every dns_interval_s, and tells names.h what it heard.
 *
 * No failure of it ends e911d: what was heard last goes on.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "names/names.h"

int resolver_run(const struct conf *conf, const struct stop *stop,
		 struct names *names);
