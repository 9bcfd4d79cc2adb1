/* SPDX-License-Identifier: GPL-2.0-or-later */
/* e911_mod: what the files of the module's face give each other. */
#pragma once

#include "core/pvar.h"

/* e911_rpc.c: e911.calls, e911.elins, e911.explain, e911.stats,
 * e911.directory.  Negative when they cannot be registered. */
int e911_rpc_register(void);

/* e911_pv.c: $e911(name). */
extern pv_export_t e911_pv_items[];
