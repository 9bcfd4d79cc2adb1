/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only door to libxml2: its SAX2 parser fills a tree of ours, whose size is
 * known before from xml_guard().  libxml2's own tree takes 120 bytes for an
 * element of four, and xmlNodeGetContent() of 300 kB has taken 971 MB.
 */
#include <errno.h>
#include <libxml/parser.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "xml/xml_doc.h"
#include "xml/xml_guard.h"

struct xml_doc {
	xmlDict *dict; /* shared: names and namespaces */
	struct xml_extent used, size;
	struct xml_node *nodes;           /* owned */
	struct xml_attribute *attributes; /* owned */
	char *text;                       /* owned: text_used of text_size */
	size_t text_used, text_size;
};

struct builder {
	struct xml_doc *doc;                      /* borrowed */
	xmlParserCtxt *parser;                    /* borrowed */
	struct xml_node *open;                    /* the innermost */
	struct xml_node *last[XML_DEPTH_MAX + 1]; /* child so far, per depth */
	unsigned depth;
	bool failed;
};

static void fail(struct builder *b)
{
	b->failed = true;
	xmlStopParser(b->parser);
}

static struct text text_of_xml(const xmlChar *s)
{
	return text_of((const char *)s);
}

/* Room for len bytes behind what is there, or NULL. */
static char *take_room(struct xml_doc *d, size_t len)
{
	char *at = d->text + d->text_used;

	if (len > d->text_size - d->text_used)
		return NULL;
	d->text_used += len;
	return at;
}

/* libxml2 leaves "&amp;" of an attribute as "&#38;", for its own tree. */
static size_t undo_ampersands(char *p, size_t len)
{
	static const char escaped[] = "&#38;";
	const size_t n = sizeof(escaped) - 1;
	size_t to = 0;

	for (size_t i = 0; i < len; to++) {
		p[to] = p[i];
		i += len - i >= n && !memcmp(p + i, escaped, n) ? n : 1;
	}
	return to;
}

static bool take_attribute(struct xml_doc *d, const xmlChar **a)
{
	struct xml_attribute *to = &d->attributes[d->used.attributes];
	size_t len = (size_t)(a[4] - a[3]);
	char *value = take_room(d, len);

	if (!value || d->used.attributes == d->size.attributes)
		return false;
	memcpy(value, a[3], len);
	to->name = text_of_xml(a[0]);
	to->ns = text_of_xml(a[2]);
	to->value = text_make(value, undo_ampersands(value, len));
	d->used.attributes++;
	return true;
}

/* SAX2's signature; localname, prefix, URI, value and its end per attribute. */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libxml2's */
static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *ns, int ns_count, const xmlChar **nss,
		     int count, int defaulted, const xmlChar **attributes)
{
	struct builder *b = arg;
	struct xml_doc *d = b->doc;
	struct xml_node *n;

	(void)prefix;
	(void)ns_count;
	(void)nss;
	(void)defaulted;
	if (d->used.elements == d->size.elements || b->depth > XML_DEPTH_MAX) {
		fail(b);
		return;
	}
	n = &d->nodes[d->used.elements++];
	n->name = text_of_xml(name);
	n->ns = text_of_xml(ns);
	n->line = b->parser->input ? (uint32_t)b->parser->input->line : 0;
	n->attributes = d->attributes + d->used.attributes;
	for (int i = 0; i < count; i++, attributes += 5) {
		if (!take_attribute(d, attributes)) {
			fail(b);
			return;
		}
		n->attribute_count++;
	}
	n->parent = b->open;
	if (b->open && b->last[b->depth])
		b->last[b->depth]->next = n;
	else if (b->open)
		b->open->child = n;
	b->last[b->depth++] = n;
	if (b->depth <= XML_DEPTH_MAX)
		b->last[b->depth] = NULL;
	b->open = n;
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *ns)
{
	struct builder *b = arg;

	(void)name;
	(void)prefix;
	(void)ns;
	if (!b->open)
		return;
	b->open->text = text_trim(b->open->text);
	b->depth--;
	/* Written through the parent's own pointer: nodes are ours. */
	b->open = b->depth ? b->last[b->depth - 1] : NULL;
}

/* Until its first child, nothing comes between an element's texts. */
static void on_text(void *arg, const xmlChar *s, int len)
{
	struct builder *b = arg;
	char *to;

	if (!b->open || b->open->child || len <= 0)
		return;
	to = take_room(b->doc, (size_t)len);
	if (!to) {
		fail(b);
		return;
	}
	memcpy(to, s, (size_t)len);
	if (!b->open->text.p)
		b->open->text.p = to;
	b->open->text.len += (size_t)len;
}

/* xml_guard() has refused it already. */
static void on_document_type(void *arg, const xmlChar *name,
			     const xmlChar *public_id, const xmlChar *system_id)
{
	(void)name;
	(void)public_id;
	(void)system_id;
	fail(arg);
}

static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_text,
	.internalSubset = on_document_type,
};

#define FLAGS \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | \
	 XML_PARSE_IGNORE_ENC)

static int parse(struct xml_doc *d, struct text t)
{
	struct builder b = { .doc = d, .parser = xmlNewParserCtxt() };
	bool good;

	if (!b.parser)
		return -ENOMEM;
	*b.parser->sax = handler;
	b.parser->userData = &b;
	d->dict = b.parser->dict;
	(void)xmlDictReference(d->dict);
	(void)xmlCtxtReadMemory(b.parser, t.p, (int)t.len, NULL, "UTF-8",
				FLAGS);
	good = b.parser->wellFormed && !b.failed && d->used.elements;
	if (b.parser->myDoc)
		xmlFreeDoc(b.parser->myDoc);
	b.parser->myDoc = NULL;
	xmlFreeParserCtxt(b.parser);
	return good ? 0 : -EBADMSG;
}

static struct xml_doc *doc_new(const struct xml_extent *size, size_t text_size)
{
	struct xml_doc *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->size = *size;
	d->text_size = text_size;
	d->nodes = calloc(size->elements + 1, sizeof(*d->nodes));
	d->attributes = calloc(size->attributes + 1, sizeof(*d->attributes));
	d->text = malloc(text_size + 1);
	if (!d->nodes || !d->attributes || !d->text)
		d = xml_doc_free(d);
	return d;
}

struct xml_doc *xml_doc_free(struct xml_doc *d)
{
	if (!d)
		return NULL;
	if (d->dict)
		xmlDictFree(d->dict);
	free(d->nodes);
	free(d->attributes);
	free(d->text);
	free(d);
	return NULL;
}

const struct xml_node *xml_doc_root(const struct xml_doc *d)
{
	return &d->nodes[0];
}

/* ---- what stands around it ---- */

static struct text without_mark(struct text t)
{
	if (t.len >= 3 && !memcmp(t.p, "\xef\xbb\xbf", 3))
		t = text_make(t.p + 3, t.len - 3);
	return text_trim(t);
}

/* ISO 8859-1 as UTF-8; the caller frees ret->p. */
static int latin1_to_utf8(struct text t, struct text *ret)
{
	char *buf = malloc(2 * t.len + 1);
	size_t n = 0;

	if (!buf)
		return -ENOMEM;
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c < 0x80) {
			buf[n++] = (char)c;
		} else {
			buf[n++] = (char)(0xc0 | c >> 6);
			buf[n++] = (char)(0x80 | (c & 0x3f));
		}
	}
	*ret = text_make(buf, n);
	return 0;
}

static void init(void)
{
	xmlInitParser();
}

int xml_doc_read(struct xml_doc **ret, struct text bytes, const char **ret_why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct text t = without_mark(bytes), latin = { 0 };
	struct xml_extent size;
	struct xml_doc *d;
	int err = xml_guard(t, &size, ret_why);

	if (err < 0)
		return err;
	*ret_why = "no memory";
	(void)pthread_once(&once, init);
	if (!utf8_is_valid(t)) {
		if (latin1_to_utf8(t, &latin) < 0)
			return -ENOMEM;
		t = latin;
	}
	d = doc_new(&size, t.len);
	err = d ? parse(d, t) : -ENOMEM;
	free((void *)latin.p);
	if (err == -EBADMSG)
		*ret_why = "it is not well-formed";
	if (err < 0)
		(void)xml_doc_free(d);
	else
		*ret = d;
	return err;
}
