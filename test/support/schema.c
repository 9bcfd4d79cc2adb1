/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include "test/support/schema.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct schema {
	xmlRelaxNGPtr relaxng; /* owned; or */
	xmlSchemaPtr xsd;      /* owned */
};

/* Imports that a schema does not need may be missing. */
static void quiet(void *arg, const char *message, ...)
{
	(void)arg;
	(void)message;
}

static bool find(const char *name, char *path, size_t size)
{
	const char *directory = getenv("E911_SCHEMAS");

	/* Tests run in test/. */
	if (!directory)
		directory = "../../shared/data/schemas";
	(void)snprintf(path, size, "%s/%s", directory, name);
	if (access(path, R_OK) == 0)
		return true;
	(void)fprintf(stderr, "not validated: there is no %s\n", path);
	return false;
}

struct schema *schema_open(const char *name)
{
	struct schema *s;
	char path[512];

	if (!find(name, path, sizeof(path)))
		return NULL;
	s = calloc(1, sizeof(*s));
	assert_non_null(s);
	xmlSetGenericErrorFunc(NULL, quiet);
	if (strstr(name, ".xsd")) {
		xmlSchemaParserCtxtPtr p = xmlSchemaNewParserCtxt(path);

		s->xsd = xmlSchemaParse(p);
		xmlSchemaFreeParserCtxt(p);
	} else {
		xmlRelaxNGParserCtxtPtr p = xmlRelaxNGNewParserCtxt(path);

		s->relaxng = xmlRelaxNGParse(p);
		xmlRelaxNGFreeParserCtxt(p);
	}
	xmlSetGenericErrorFunc(NULL, NULL);
	assert_true(s->relaxng || s->xsd);
	return s;
}

struct schema *schema_close(struct schema *s)
{
	if (!s)
		return NULL;
	if (s->relaxng)
		xmlRelaxNGFree(s->relaxng);
	if (s->xsd)
		xmlSchemaFree(s->xsd);
	free(s);
	return NULL;
}

bool schema_is_valid(struct schema *s, struct text document)
{
	xmlDocPtr doc = xmlReadMemory(document.p, (int)document.len, NULL, NULL,
				      XML_PARSE_NONET);
	int err;

	if (!doc)
		return false;
	if (s->xsd) {
		xmlSchemaValidCtxtPtr c = xmlSchemaNewValidCtxt(s->xsd);

		err = xmlSchemaValidateDoc(c, doc);
		xmlSchemaFreeValidCtxt(c);
	} else {
		xmlRelaxNGValidCtxtPtr c = xmlRelaxNGNewValidCtxt(s->relaxng);

		err = xmlRelaxNGValidateDoc(c, doc);
		xmlRelaxNGFreeValidCtxt(c);
	}
	xmlFreeDoc(doc);
	return err == 0;
}

void schema_assert_valid(struct schema *s, struct text document)
{
	if (s && !schema_is_valid(s, document))
		fail_msg("not valid: %.*s", (int)document.len, document.p);
}
