/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml_guard: how big is this document, before a parser sees it?
 *
 * One pass over the bytes, without memory.  It follows '<', quotes and '>'
 * only, so it is no judge of what is well-formed; but what it lets pass is
 * small enough for any parser.  libxml2 needs 20 s of CPU for one element with
 * 50,000 attributes, whatever its flags.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define XML_BYTES_MAX      1048576
#define XML_DEPTH_MAX      32
#define XML_ELEMENTS_MAX   20000
#define XML_ATTRIBUTES_MAX 32    /* of one element */
#define XML_ATTRIBUTES_ALL 20000 /* of a document */

struct xml_extent {
	uint32_t elements, attributes; /* xmlns among them */
};

/*
 * 0; -E2BIG above one of these limits; -EPERM when it has a document type,
 * which is where entities would be declared; -EBADMSG when it is cut, holds a
 * NUL (so UTF-16 too), or a '<' within a tag.  *ret_why is a constant, in all
 * these cases.
 */
int must_check xml_guard(struct text document, struct xml_extent *ret,
			 const char **ret_why);
