/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xml_writer: text inside an XML document that we write. */
#pragma once

#include "text_writer.h"

/* Is it UTF-8 (RFC 3629) without what XML 1.0 may not hold (2.2)? */
bool xml_is_text(struct text t);

/* Write it as character data or attribute value: & < > " ' escaped.  A byte
 * that is neither UTF-8 nor allowed becomes '?': never a broken document. */
void xml_write(struct text_writer *w, struct text t);

/* "<name>text</name>"; nothing when the text is empty. */
void xml_element(struct text_writer *w, const char *name, struct text t);
