/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exposition: counters in Prometheus' text format 0.0.4.
 *
 * A family is told once, with HELP and TYPE, and its samples behind it.  All
 * names begin with "e911_"; those of counters end in "_total".  Nothing of a
 * call, a person or a place is ever a label.
 */
#pragma once

#include <stdio.h>

#include "text.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum exposition_type { EXPOSITION_COUNTER, EXPOSITION_GAUGE };

struct exposition {
	FILE *out; /* owned */
	char *text;
	size_t len;
};

int must_check exposition_init(struct exposition *e);
/*
 * HELP and TYPE of e911_<name>; every byte of the name that may not stand in
 * one becomes '_'.  A counter's gets its "_total".
 */
void exposition_family(struct exposition *e, enum exposition_type type,
		       const char *name, const char *help);
/* A sample of the family that was told last; label NULL: without. */
void exposition_sample(struct exposition *e, enum exposition_type type,
		       const char *name, const char *label, const char *value,
		       double number);
/* A family of one sample. */
void exposition_one(struct exposition *e, enum exposition_type type,
		    const char *name, const char *help, double number);
/* The text, the caller's to free(); -ENOMEM. */
int must_check exposition_end(struct exposition *e, char **ret, size_t *len);
