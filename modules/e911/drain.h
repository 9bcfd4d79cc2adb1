/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drain: a planned restart: new calls are refused, so that the platforms go
 * to the other node; those that are established go on.
 */
#pragma once

/* RPC e911.drain.  Negative when it cannot be registered. */
int drain_register(void);
