/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "directory.h"
#include "platform.h"
#include "probe.h"

/* True when the generation behind the link is damaged. */
static bool probe_link(const char *path, const char *name)
{
	char file[PATH_MAX], link[PATH_MAX];
	struct stat st;

	if (snprintf(link, sizeof(link), "%s/%s", path, name) >=
		    (int)sizeof(link) ||
	    snprintf(file, sizeof(file), "%s/data.mdb", link) >=
		    (int)sizeof(file) ||
	    stat(file, &st) < 0)
		return false;
	if (probe_run(link, false, (uint64_t)st.st_size) != PROBE_DAMAGED)
		return false;
	log_line(LEVEL_ERR, "directory: '%s' is damaged and will not be read",
		 link);
	directory_distrust(st.st_dev, st.st_ino);
	return true;
}

unsigned directory_probe(const char *path)
{
	return (unsigned)probe_link(path, "current") +
	       (unsigned)probe_link(path, "previous");
}
