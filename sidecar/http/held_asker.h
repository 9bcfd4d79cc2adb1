/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held_asker: who asks where a device is, and whose devices may they ask for?
 *
 * An organisation shows its E911-Organization-ID (the HELD company id) and its
 * secret, others their name and theirs (e911.location_client).  The directory
 * has hashes only.
 */
#pragma once

#include "modules/e911/directory.h"

struct held_claim {
	struct text name, secret;
};
/* A token of RFC 6750: name, '.', secret. */
struct held_claim held_claim_of_bearer(struct text token);

struct held_asker {
	char name[DIR_CLIENT_MAX + 1];
	uint64_t organization_id; /* whose devices; 0: all */
	/* A request that names no device means where it comes from. */
	bool by_source;
};

/* 0; -EACCES: nobody, or the secret is another; -EIO: the directory is damaged
 * there.  Takes as long whatever is wrong. */
int must_check held_asker_check(struct directory *d,
				const struct held_claim *claim,
				struct held_asker *ret);
/*
 * Whose devices this request is about.  wanted: the UUID of an organisation, or
 * empty.  -EDESTADDRREQ: it must say; -EPERM: not theirs to ask for, or there
 * is none; -EIO as above.
 */
int must_check held_asker_organization(struct directory *d,
				       const struct held_asker *a,
				       struct text wanted, uint64_t *ret);
