/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_push: brings ALI records to providers that take them over HTTPS, at once.
 *
 * Of each number one order is under way at a time, and it is repeated until it
 * is answered, by whichever e911d; so none overtakes another.  A thread of
 * e911d with a connection of its own; of several nodes one pushes.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"

/* Until the stop is asked for.  transfer_init() and dns_init() were called.
 * 0 or -ENOMEM. */
int must_check ali_push_run(const struct conf *conf, const struct stop *stop);
