/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ali_fold: text as ALI records take it: printable ASCII, capitals, single
 * blanks, none at the ends.  What becomes of other characters: fold.def.
 */
#pragma once

#include "text.h"

struct ali_folded {
	size_t len; /* bytes written */
	bool cut;   /* more would have followed */
	bool lost;  /* a character had no form and became a blank */
};

/*
 * At most size bytes of t into ret, which is not NUL-terminated.  letters_only:
 * a field of type A: periods and apostrophes go, what else is no letter becomes
 * a blank and counts as lost.  t: any bytes; one that is no UTF-8 is lost.
 */
struct ali_folded ali_fold(struct text t, bool letters_only, char *ret,
			   size_t size);
