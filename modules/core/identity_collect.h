/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity_collect: what the files of identity share, and nobody else needs.
 *
 *   identity.c          the order, the list, ININAttr, the organisation
 *   identity_calling.c  the calling party: number, extension
 *   identity_user.c     the device user id, from the places that a trunk sets
 */
#pragma once

#include "identity.h"
#include "party.h"

struct collector {
	const struct request_view *req;
	const struct identity_profile *profile;
	struct identity_set *set;
	enum party calling; /* PARTY_COUNT: nobody */
	struct party_memo memo;
	/* The number of the latest address: each is asked for several times. */
	struct {
		const char *user; /* the address's own; NULL: none yet */
		bool is_number;
		char e164[E164_SIZE];
	} numbered;
	/* The latest user part that was cleaned, for the same reason. */
	struct {
		struct text user;
		int len; /* or an error */
		char value[IDENTITY_VALUE_MAX + 1];
	} cleaned;
};

void collector_fault(struct collector *c, enum identity_fault f);

/* Append, unless it is empty or already there; notes when there is no room. */
void collector_add(struct collector *c, enum identity_kind kind,
		   struct text value, struct text source);

/*
 * text_clean() into buf.  False when it is empty, too long (noted), or
 * malformed ('malformed' is noted).
 */
bool collector_clean(struct collector *c, struct text raw, unsigned malformed,
		     char buf[IDENTITY_VALUE_MAX + 1], struct text *ret);
/* The same of what text_clean() said. */
bool collector_cleaned(struct collector *c, int len, unsigned malformed);

/* Who calls: number, user and calling_source of the set, and its faults. */
void collect_calling(struct collector *c);
void collect_number(struct collector *c);
void collect_extension(struct collector *c);
void collect_device_user(struct collector *c);
