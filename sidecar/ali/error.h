/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ali_error: what the error codes of ALI providers mean (error.def). */
#pragma once

#include "text.h"

struct ali_error {
	const char *code;    /* three digits */
	const char *means;   /* what ali_answer() takes: "as_it_was", ... */
	const char *meaning; /* for people, as the next one */
	const char *advice;
};

/* NULL behind the last one; in ascending order of codes. */
const struct ali_error *ali_error_get(size_t index);
/* NULL: not listed.  Such a code means that the provider has what it had. */
const struct ali_error *ali_error_find(struct text code);
