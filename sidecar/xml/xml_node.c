/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/xml_doc.h"

bool xml_is(const struct xml_node *n, const char *name)
{
	return n && text_equal_nocase(n->name, text_of(name));
}

const struct xml_node *xml_child(const struct xml_node *n, const char *name)
{
	const struct xml_node *c = n ? n->child : NULL;

	return !c || xml_is(c, name) ? c : xml_sibling(c, name);
}

const struct xml_node *xml_sibling(const struct xml_node *n, const char *name)
{
	do {
		n = n->next;
	} while (n && !xml_is(n, name));
	return n;
}

const struct xml_node *xml_walk(const struct xml_node *root,
				const struct xml_node *n)
{
	if (!n)
		return root;
	if (n->child)
		return n->child;
	while (n != root && !n->next)
		n = n->parent;
	return n == root ? NULL : n->next;
}

const struct xml_node *xml_find(const struct xml_node *root, const char *name)
{
	const struct xml_node *n = NULL;

	while ((n = xml_walk(root, n)) && !xml_is(n, name))
		;
	return n;
}

struct text xml_attr(const struct xml_node *n, const char *name)
{
	for (uint32_t i = 0; n && i < n->attribute_count; i++)
		if (text_equal_nocase(n->attributes[i].name, text_of(name)))
			return text_trim(n->attributes[i].value);
	return text_of(NULL);
}
