/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: is this LMDB file in order?
 *
 * LMDB has no checksums and trusts its file: a damaged page can end the
 * process that reads it.  So a child process opens and walks the file, and
 * its death is an answer, too.
 */
#pragma once

#include <stdint.h>

#include "text.h"

enum probe {
	PROBE_SOUND = 'S',
	PROBE_GAPS = 'G',    /* sound, but events are missing or unreadable */
	PROBE_DAMAGED = 'D', /* nobody should open it */
	PROBE_ERROR = 'E',   /* not the file's fault: no rights, no memory */
};

/*
 * Nobody in this process may have the environment open.  is_journal: the
 * keys must be those of a journal, and writing is tried (and undone).
 * 'bytes' of the file decide how long the child may take.
 */
enum probe probe_run(const char *dir, bool is_journal, uint64_t bytes);
