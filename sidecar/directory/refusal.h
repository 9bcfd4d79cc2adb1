/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refusal: tells the operator which row was not published, and counts it. */
#pragma once

#include "directory/entity.h"

/* kept: the directory goes on with the last good record. */
void refusal_tell(const struct entity *e, const struct db_row *row,
		  const char *why, bool kept);
/* Of PSAP_ALL and the like: a row without a number is told and left out, 0;
 * any other result of adding it is returned. */
int must_check refusal_of_psap(const struct db_row *row, int err);
void refusal_tell_psap(uint64_t psap_id, const char *why, bool kept);
