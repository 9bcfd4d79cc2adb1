/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xml/civic.h"

#include "xml_writer.h"

static const struct {
	const char *name;
	bool extension;
} fields[] = {
#define CIVIC(NAME, element)     [CIVIC_##NAME] = { element, false },
#define CIVIC_EXT(NAME, element) [CIVIC_##NAME] = { element, true },
#include "xml/civic.def"
#undef CIVIC
#undef CIVIC_EXT
};

const char *civic_field_name(enum civic_field f)
{
	return f < CIVIC_COUNT ? fields[f].name : "";
}

bool civic_field_is_extension(enum civic_field f)
{
	return f < CIVIC_COUNT && fields[f].extension;
}

bool civic_is(const struct xml_node *n)
{
	return xml_is(n, "civicAddress");
}

static enum civic_field field_of(const struct xml_node *n)
{
	for (enum civic_field f = 0; f < CIVIC_COUNT; f++)
		if (xml_is(n, fields[f].name))
			return f;
	return CIVIC_COUNT;
}

static void take(struct civic *c, const struct xml_node *n)
{
	enum civic_field f = field_of(n);

	if (!n->text.len)
		return;
	if (f < CIVIC_COUNT && !c->value[f].len) {
		c->value[f] = n->text;
		c->count++;
	} else if (f == CIVIC_COUNT && c->other_count < CIVIC_OTHERS_MAX) {
		c->others[c->other_count++] = (struct civic_other){
			.ns = n->ns, .name = n->name, .value = n->text
		};
	}
}

void civic_read(const struct xml_node *n, struct civic *ret)
{
	*ret = (struct civic){ 0 };
	for (n = n->child; n; n = n->next)
		take(ret, n);
}

static void write_extension(struct text_writer *w, const char *name,
			    struct text value)
{
	text_writef(w, "<e:%s xmlns:e=\"" CIVIC_EXT_NS "\">", name);
	xml_write(w, value);
	text_writef(w, "</e:%s>", name);
}

void civic_write(struct text_writer *w, const struct civic *c)
{
	text_write_cstr(w, "<civicAddress xmlns=\"" CIVIC_NS "\">");
	for (enum civic_field f = 0; f < CIVIC_COUNT; f++) {
		if (!c->value[f].len)
			continue;
		if (fields[f].extension)
			write_extension(w, fields[f].name, c->value[f]);
		else
			xml_element(w, fields[f].name, c->value[f]);
	}
	text_write_cstr(w, "</civicAddress>");
}
