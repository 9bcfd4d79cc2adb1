/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pidf_lo_read: where does this PIDF-LO (RFC 4119, 5491) say that somebody is?
 *
 * A document may hold several locations.  The first usable one counts, in the
 * order of RFC 5491 3.4 rule 8: of a device, of a tuple, of a person, and last
 * what stands anywhere else.  A location is usable when it has a shape whose
 * coordinates can be read, or a civic address with at least one element; of a
 * compound location both are read.  modules/core/pidf_lo.h writes such
 * documents.
 */
#pragma once

#include <stdint.h>

#include "xml/civic.h"
#include "xml/geo_shape.h"
#include "xml/xml_doc.h"

enum pidf_bearer {
	PIDF_NOWHERE,
	PIDF_DEVICE,
	PIDF_TUPLE,
	PIDF_PERSON,
	PIDF_ELSEWHERE,
};
const char *pidf_bearer_name(enum pidf_bearer b); /* "device" */

/* All texts are borrowed from the document. */
struct pidf_place {
	enum pidf_bearer bearer;
	struct geo_shape shape;  /* GEO_NONE: none that can be read */
	struct civic civic;      /* count 0: none */
	uint32_t location_count; /* of the document, usable or not */
	double confidence;       /* percent (RFC 7459); 0: not said */
	struct text entity, method;
	bool has_timestamp;
	int64_t timestamp_ms; /* UTC: when it was determined */
	/* Usage rules; absent ones are as RFC 4119 2.2.2 has them. */
	bool retransmission_allowed;
	bool has_retention_expiry;
	int64_t retention_expiry_ms; /* UTC: not to be kept longer */
	struct text ruleset_reference, note_well;
	/* Why an earlier location, or a shape beside the address, was passed
	 * over; a constant; empty when nothing was. */
	const char *problem;
};

/* 0; -ENOENT when it has no location, -EBADMSG when none is usable; *ret_why is
 * a constant then. */
int must_check pidf_lo_read(const struct xml_doc *doc, struct pidf_place *ret,
			    const char **ret_why);
/* The same for the element location-info, or what stands for it: shape, civic,
 * confidence, and problem are set. */
int must_check pidf_location_read(const struct xml_node *n,
				  struct pidf_place *ret, const char **ret_why);

/* xs:dateTime, without a zone as UTC.  UTC ms; -EINVAL. */
int must_check xml_time_parse(struct text t, int64_t *ret_ms);
