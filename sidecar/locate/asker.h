/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asker: a connection on which questions come; counted: it is open as long as
 * an answer may go there. */
#pragma once

#include "text.h"

struct asker;

/* Takes the descriptor; NULL without memory: then it is closed. */
struct asker *asker_new(int fd);
struct asker *asker_ref(struct asker *a); /* any thread */
void asker_unref(struct asker *a);        /* any thread; accepts NULL */
int asker_fd(const struct asker *a);
/* One message, without waiting; false: it did not go out. */
bool asker_say(const struct asker *a, const void *bytes, size_t len);
