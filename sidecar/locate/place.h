/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place: what a document with a location says, and who serves it.
 *
 * The document is a PIDF-LO, or a HELD locationResponse around one.
 */
#pragma once

#include "locate_wire.h"
#include "xml/civic.h"
#include "xml/geo_shape.h"

struct place_psap {
	uint64_t psap_id;
	bool is_nearest; /* no area covers the place */
};
/* Who looks up.  0; -ENOENT: nobody serves it; -EAGAIN: cannot tell yet. */
struct place_backend {
	void *arg;
	int (*find)(void *arg, struct geo_point at, struct place_psap *ret);
	/* By address; NULL: cannot. */
	int (*find_civic)(void *arg, const struct civic *c,
			  struct place_psap *ret);
};

/* Room for the texts of an answer. */
struct place_texts {
	char place[LOCATE_TEXT_MAX + 1];
	char why[LOCATE_TEXT_MAX + 1];
	char address[LOCATE_ADDRESS_MAX + 1];
};

/*
 * Fill in all of *ret but nonce and kind: LOCATE_FOUND, LOCATE_NO_PSAP or
 * LOCATE_UNUSABLE.  Its texts live in *texts.  Of a location with a shape and
 * an address the shape counts; the address is for people.  A place whose
 * retention has expired at now_ms (RFC 4119 2.2.2) is not told in words.
 */
void place_judge(struct text document, const struct place_backend *backend,
		 int64_t now_ms, struct locate_answer *ret,
		 struct place_texts *texts);

/* The same for programs: JSON of ASCII, members named like columns of
 * e911.location.  What says least is left out until it fits; "": it has no
 * street, or does not fit. */
void place_address_format(const struct civic *c, char *buf, size_t size);

/* "100 N Mill St, Floor 4, Springfield, WA": of what there is. */
void place_civic_format(const struct civic *c, char *buf, size_t size);
