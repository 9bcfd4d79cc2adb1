/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lasting_memory: memory that outlives the processes which use it.
 *
 * A file in a memory file system (/dev/shm), mapped before the fork and
 * shared by all that come after it.  Writing to it is writing to memory, no
 * disk is waited for; whatever death the processes die, SIGKILL too, the next
 * one finds it as it was.  A restart of the machine empties it.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "text.h"

struct lasting_memory {
	void *p; /* NULL: not mapped */
	size_t size;
	int fd; /* holds the lock; -1: none */
};

/*
 * Open the file, which is made if need be and given to that user (the one
 * whom this process will become), and map what is in it: p is NULL when there
 * is nothing.  Waits up to wait_ms for another process that has it
 * open to end.  Negative errno: -EWOULDBLOCK (it is still in use), -EPERM (not
 * a regular file of this user, that one or root alone: whoever may write to it
 * could make us read what they like).
 */
int must_check lasting_memory_open(struct lasting_memory *m, const char *path,
				   uid_t owner, int wait_ms);
/* Empty it and map 'size' zero bytes, for which there is room: -ENOSPC. */
int must_check lasting_memory_renew(struct lasting_memory *m, size_t size);
/* Whoever writes to it may have to wait for a disk. */
bool lasting_memory_is_on_disk(const struct lasting_memory *m);
/*
 * For each process that will use it: have its pages at hand at once, instead
 * of one by one as each is first used, in the middle of a call.  Takes no
 * memory but for the process's page table; only the first 64 MiB.  Nothing
 * is read from a disk: that would keep the process from serving for as long.
 * A kernel that cannot do it (before 5.14) leaves all as it was.
 */
void lasting_memory_fetch(const struct lasting_memory *m);
/* Let go of it; what is in it stays.  Accepts one that was never open. */
void lasting_memory_close(struct lasting_memory *m);
