/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ali/error.h"

#define MEANS_AS_IT_WAS "as_it_was"
#define MEANS_EXISTS    "exists"
#define MEANS_ABSENT    "absent"
#define MEANS_LOCKED    "locked"

static const struct ali_error errors[] = {
#define ALI_ERROR(code, means, meaning, advice) \
	{ code, MEANS_##means, meaning, advice },
#include "ali/error.def"
#undef ALI_ERROR
};

const struct ali_error *ali_error_get(size_t index)
{
	return index < ARRAY_SIZE(errors) ? &errors[index] : NULL;
}

const struct ali_error *ali_error_find(struct text code)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (text_equal(code, text_of(errors[i].code)))
			return &errors[i];
	return NULL;
}
