/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media_watch: when an engine of media dies, or comes back without its
 * sessions, the calls that it had are moved, a few in each hundred
 * milliseconds.
 */
#pragma once

/* In the process "e911 watch", every half second. */
void media_watch_run(void);
