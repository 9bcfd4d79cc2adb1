/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hours: is somebody told now? */
#pragma once

#include "dir_record.h"
#include "notify/time_zone.h"

/*
 * Is it within one of the spans by the clock on the wall?  A span is of the
 * day on which it begins.  An hour that comes twice is within twice, one that
 * is left out never comes.
 */
bool hours_include(const struct dir_hours *h, const struct local_time *t);
