/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refusal: tells the operator which row was not published, and counts it. */
#pragma once

#include "directory/entity.h"

/* kept: the directory goes on with the last good record. */
void refusal_tell(const struct entity *e, const struct db_row *row,
		  const char *why, bool kept);
void refusal_tell_psap(uint64_t psap_id, const char *why, bool kept);
