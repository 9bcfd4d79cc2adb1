/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held_where: where is whoever shows this?  Asked of the node's directory, by
 * the code that calls are looked up with (modules/e911: identify, locate).
 *
 * What a device sees of its network now comes first: the port that it is
 * plugged into, the access point, the switch.  Then what a call would show, in
 * the order of a call.  Any thread; nothing of it needs PostgreSQL.
 */
#pragma once

#include "modules/e911/directory.h"

struct held_directory;

/* The directory may not be there yet.  -ENOMEM. */
int must_check held_directory_new(struct held_directory **ret,
				  const char *state_dir);
/* Accepts NULL; returns NULL. */
struct held_directory *held_directory_free(struct held_directory *h);

/* One state of the directory, until the end; texts of records live as long.
 * NULL: there is none that can be used. */
struct directory *held_directory_begin(struct held_directory *h);
void held_directory_end(struct held_directory *h, struct directory *d);

/* As received; empty: not said. */
struct held_clues {
	struct text chassis, port, bssid;
	struct text user;   /* device user id, network access identifier */
	struct text uri;    /* sip, sips or tel */
	struct text number; /* as dialled, or an extension */
	struct text mac, ip;
	/* Beside ip: the address that the request came from; NULL: it says
	 * nothing. */
	const uint8_t *source;
};
/* Does it say anything that can be looked up? */
bool held_clues_are_usable(const struct held_clues *c);

struct held_place {
	struct dir_organization organization;
	struct dir_location location;
	uint64_t endpoint_id; /* 0: not known whose the device is */
	/* "switch_port", "access_point", "network_switch", or as path.h */
	const char *located_by;
	/* identity_kind_name(), "network", "site", "none" */
	const char *identified_by;
};

/* 0; -ENOENT: nobody knows; -EIO: the directory is damaged there. */
int must_check held_where(struct directory *d, uint64_t organization_id,
			  const struct held_clues *c, struct held_place *ret);
/* The place of an endpoint now; location_id: what it is when that fails, or
 * when endpoint_id is 0. */
int must_check held_where_again(struct directory *d, uint64_t organization_id,
				uint64_t endpoint_id, uint64_t location_id,
				struct held_place *ret);
