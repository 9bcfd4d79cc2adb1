/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * civic: a civic address as XML (RFC 5139, extended by RFC 6848).
 *
 * Elements are known by their name, whatever its case and namespace: that the
 * extensions stand in the namespace of RFC 5139, or nothing in any, is common.
 * What has another name is kept beside.
 */
#pragma once

#include <stdint.h>

#include "text_writer.h"
#include "xml/xml_doc.h"

#define CIVIC_NS     "urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"
#define CIVIC_EXT_NS CIVIC_NS ":ext"

enum civic_field {
#define CIVIC(NAME, element)     CIVIC_##NAME,
#define CIVIC_EXT(NAME, element) CIVIC_##NAME,
#include "xml/civic.def"
#undef CIVIC
#undef CIVIC_EXT
	CIVIC_COUNT
};
const char *civic_field_name(enum civic_field f); /* "A1" */
bool civic_field_is_extension(enum civic_field f);

/* What is known of an element (RFC 5222 8.4.2). */
enum civic_check { CIVIC_UNCHECKED, CIVIC_VALID, CIVIC_INVALID };

/* Another element: of an extension that we do not know, or unheard of. */
struct civic_other {
	struct text ns, name, value;
};
#define CIVIC_OTHERS_MAX 16

/* All texts are borrowed from the document; empty: absent. */
struct civic {
	struct text value[CIVIC_COUNT];
	uint32_t count; /* of values */
	uint32_t other_count;
	struct civic_other others[CIVIC_OTHERS_MAX];
};

bool civic_is(const struct xml_node *n);
/* Of a repeated element the first that is not empty counts. */
void civic_read(const struct xml_node *n, struct civic *ret);
/* The civicAddress element; others are left out. */
void civic_write(struct text_writer *w, const struct civic *c);
