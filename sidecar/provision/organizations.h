/* SPDX-License-Identifier: GPL-2.0-or-later */
/* organizations: those that we may see, by name and by UUID. */
#pragma once

#include "provision/session.h"
#include "uuid.h"

struct organization {
	int64_t id;
	struct uuid uuid;
	char *name;       /* owned */
	char home_npa[4]; /* "": none */
};

struct organizations; /* opaque */

int must_check organizations_load(struct organizations **ret,
				  struct session *s);
/* Accepts NULL; returns NULL. */
struct organizations *organizations_free(struct organizations *o);

/* By name or UUID: -ENOENT, -EEXIST (several have the name).  *ret is shared
 * with, and lives as long as, the table. */
int must_check organizations_find(const struct organizations *o,
				  struct text what,
				  const struct organization **ret);
