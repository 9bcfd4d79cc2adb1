/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema: does a document that we write validate?
 *
 * The schemas are no part of this project.  They are looked for in the
 * directory that E911_SCHEMAS names, else in ../shared/data/schemas beside the
 * checkout.
 */
#pragma once

#include "text.h"

struct schema;

/* "lost/lost-rng.xml": RELAX NG, "held/held.xsd": XML Schema.  NULL, and the
 * reason on stderr, when the file is not there; a schema that cannot be read
 * fails the test. */
struct schema *schema_open(const char *name);
/* Accepts NULL; returns NULL. */
struct schema *schema_close(struct schema *s);
/* Fails the test, and says why, when the document does not validate. */
void schema_assert_valid(struct schema *s, struct text document);
bool schema_is_valid(struct schema *s, struct text document);
