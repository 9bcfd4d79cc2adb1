/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_response: what a LoST server (RFC 5222) answers, as XML that validates.
 *
 * One server, authoritative for all that it says: the path has one via, its
 * own. 'source' is a name as lost_source_is_valid() wants it.  Texts are
 * escaped here. What does not fit is found by text_writer_end().
 */
#pragma once

#include <stdint.h>

#include "text_writer.h"
#include "xml/civic.h"
#include "xml/geo_shape.h"
#include "xml/lost.h"

/* One ring of an area; a hole is one of the ring before that is none. */
struct lost_ring {
	const struct geo_point *points; /* borrowed; closed */
	size_t count;
	bool is_hole;
};

struct lost_boundary {
	const struct lost_ring *rings; /* borrowed */
	size_t count;
};

enum lost_expiry { LOST_EXPIRES_AT, LOST_NO_CACHE, LOST_NO_EXPIRATION };

#define LOST_URIS_MAX 4

/* All texts are borrowed; but for source_id any may be empty. */
struct lost_mapping {
	struct text source_id;    /* the same for the same mapping */
	struct text display_name; /* in English */
	struct text service;
	struct text uris[LOST_URIS_MAX];
	uint32_t uri_count;
	struct text service_number; /* digits, * and # */
	int64_t updated_ms;         /* UTC */
	enum lost_expiry expiry;
	int64_t expires_ms;       /* UTC */
	struct text boundary_key; /* boundary by reference, if not by value */
	const struct lost_boundary *boundary; /* borrowed; NULL: not by value */
	const struct civic *civic_boundary; /* likewise; at most one of both */
};

struct lost_validation {
	const struct civic *civic; /* borrowed: whose elements */
	enum civic_check checks[CIVIC_COUNT];
};

/* What goes with an answer. */
struct lost_circumstances {
	struct text source;
	uint32_t warnings;       /* bits: 1 << enum lost_warning */
	struct text location_id; /* locationUsed; empty: none */
};

/* validation: NULL when it was not asked for. */
void lost_find_service_write(struct text_writer *w,
			     const struct lost_mapping *m,
			     const struct lost_validation *validation,
			     const struct lost_circumstances *c);
/* services: with blanks between. */
void lost_list_services_write(struct text_writer *w, struct text services,
			      const struct lost_circumstances *c);
void lost_list_services_by_location_write(struct text_writer *w,
					  struct text services,
					  const struct lost_circumstances *c);
/* civic: NULL, or the boundary instead of b. */
void lost_boundary_write(struct text_writer *w, const struct lost_boundary *b,
			 const struct civic *civic,
			 const struct lost_circumstances *c);
void lost_fault_write(struct text_writer *w, struct text source,
		      const struct lost_fault *f);
