/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml_doc: an XML document from the network, as a tree.
 *
 * Every byte is hostile.  xml_guard.h says what is too much, before libxml2
 * sees it; nothing is fetched, no entity is declared, no document type is
 * taken.  One document of at most 1 MiB costs less than 16 MiB and 200 ms.
 *
 * Input is dirty: a byte-order mark, blanks before the declaration, a
 * declaration that lies about the encoding are overlooked; bytes that are no
 * UTF-8 are read as ISO 8859-1; a prefix that nobody declared leaves the
 * element without a namespace.  What is not well-formed is refused.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* All texts are borrowed from the document. */
struct xml_attribute {
	struct text ns; /* empty: none, as usual */
	struct text name, value;
};

struct xml_node {
	struct text ns, name; /* name without a prefix */
	/* What stands before the first child, trimmed; entities undone. */
	struct text text;
	const struct xml_node *parent, *child, *next; /* NULL: none */
	const struct xml_attribute *attributes;
	uint32_t attribute_count;
	uint32_t line; /* from 1 */
};

struct xml_doc;

/*
 * 0; -E2BIG, -EPERM, -EBADMSG as xml_guard(), and -EBADMSG when it is not
 * well-formed; -ENOMEM.  *ret_why is a constant then.  Any thread.
 */
int must_check xml_doc_read(struct xml_doc **ret, struct text bytes,
			    const char **ret_why);
/* Accepts NULL; returns NULL. */
struct xml_doc *xml_doc_free(struct xml_doc *d);
const struct xml_node *xml_doc_root(const struct xml_doc *d);

/* ---- looking around: by local name, whatever its case and namespace ---- */

bool xml_is(const struct xml_node *n, const char *name);
/* The first child of that name, or NULL; n may be NULL. */
const struct xml_node *xml_child(const struct xml_node *n, const char *name);
/* The next one of that name behind n, under the same parent. */
const struct xml_node *xml_sibling(const struct xml_node *n, const char *name);
/* In the order of the document, below root: first root itself (n NULL). */
const struct xml_node *xml_walk(const struct xml_node *root,
				const struct xml_node *n);
/* The first one of that name at or below root, or NULL. */
const struct xml_node *xml_find(const struct xml_node *root, const char *name);
/* Of an attribute, trimmed; empty when there is none. */
struct text xml_attr(const struct xml_node *n, const char *name);
