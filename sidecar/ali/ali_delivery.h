/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_delivery: makes files of ALI records when they are due, and brings them
 * to their providers.
 *
 * A file is in PostgreSQL before anything of it leaves, and waits there until
 * the provider has it; of one provider one goes at a time, in order.  A thread
 * of e911d with a connection of its own; of several nodes one delivers.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"

/* Until the stop is asked for.  transfer_init() and dns_init() were called.
 * 0 or -ENOMEM. */
int must_check ali_delivery_run(const struct conf *conf,
				const struct stop *stop);
