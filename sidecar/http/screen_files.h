/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_files: the files of sidecar/http/web, as they are there.  The table is
 * made at build time (sidecar/http/web/embed.cmake), so e911d carries them.
 */
#pragma once

#include <stddef.h>

struct screen_file {
	const char *name; /* "app.js" */
	const unsigned char *bytes;
	size_t len;
};

/* NULL name behind the last one. */
extern const struct screen_file screen_files[];
