/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inquiry_process: e911 locate, the process that asks e911d (inquiry_desk.h).
 */
#pragma once

#include "text.h"

/* mod_init: announce it. */
void inquiry_process_prepare(void);
/* child_init of PROC_MAIN: fork it.  Negative errno. */
int must_check inquiry_process_start(void);
