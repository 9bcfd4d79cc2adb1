/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean: foreign text as a person may read it.
 *
 * What could make a reader see something else than what is there, or a program
 * take text for a command, does not get through: controls (C0, DEL, C1), the
 * line and paragraph separators U+2028 and U+2029, the marks, embeddings,
 * overrides and isolates of bidirectional text (U+061C, U+200E, U+200F, U+202A
 * to U+202E, U+2066 to U+2069), annotations (U+FFF9 to U+FFFB) and tags
 * (U+E0000 to U+E007F).  What is no UTF-8 becomes U+FFFD.
 */
#pragma once

#include "notify/out.h"

/* One line: each of them becomes a blank. */
void clean_line(struct out *o, struct text t);
/*
 * Lines that end with LF: so become CR LF, CR, U+0085, U+2028 and U+2029.  TAB
 * stays; each of the others becomes U+FFFD.
 */
void clean_lines(struct out *o, struct text t);

/* The code point of the sound character of n bytes at p. */
uint32_t clean_code_point(const char *p, size_t n);
