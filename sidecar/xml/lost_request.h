/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_request: what does a LoST client (RFC 5222) want to know?
 *
 * Elements are known by their names, whatever their namespace, as everywhere in
 * sidecar/xml.  Of several locations the first counts whose profile is known
 * and that can be read; a location without a profile is what it looks like.
 */
#pragma once

#include "xml/lost.h"
#include "xml/pidf_lo_read.h"

enum lost_kind {
	LOST_FIND_SERVICE,
	LOST_GET_SERVICE_BOUNDARY,
	LOST_LIST_SERVICES,
	LOST_LIST_SERVICES_BY_LOCATION,
	LOST_KIND_COUNT,
};
const char *lost_kind_name(enum lost_kind k); /* "findService" */

enum lost_profile {
	LOST_PROFILE_NONE,
	LOST_PROFILE_GEODETIC_2D,
	LOST_PROFILE_CIVIC,
};

/* All texts are borrowed from the document. */
struct lost_request {
	enum lost_kind kind;
	struct text service;    /* empty: none */
	bool validate_location; /* findService */
	bool boundary_by_value; /* findService; else by reference */
	bool recursive;         /* the client wants us to ask others */
	struct text key;        /* getServiceBoundary */
	/* findService, listServicesByLocation */
	enum lost_profile profile;
	struct text location_id;
	struct pidf_place place; /* shape or civic, as profile says */
};

/*
 * 0; -EINVAL with *ret_fault, which is to be sent back: also when 'source', our
 * own name, is in the path already (loop).  Whether the service is one of ours
 * is the caller's matter.
 */
int must_check lost_request_read(const struct xml_doc *doc, struct text source,
				 struct lost_request *ret,
				 struct lost_fault *ret_fault);
