/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stranger: what becomes of a request that no trunk has sent. */
#pragma once

#include "path.h"

#define STRANGER_REALM_SIZE 256

enum stranger {
	STRANGER_NONE,    /* its trunk is known, or nobody can tell */
	STRANGER_SERVED,  /* as serve_unknown_source wants it */
	STRANGER_ASKED,   /* 401: a challenge may help */
	STRANGER_REFUSED, /* 403 */
};

/*
 * Only a sound directory knows who is a stranger; d may be NULL.  ret_realm
 * is what to ask for when it is to be asked; *ret is set in any case.
 */
enum stranger stranger_judge(struct directory *d, const struct path_request *rq,
			     const struct credential_conf *conf, bool serves,
			     char ret_realm[STRANGER_REALM_SIZE],
			     struct sender *ret);
