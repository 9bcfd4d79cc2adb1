/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "multipart_walks.h"

#include "modules/core/multipart.h"

unsigned multipart_walks;

bool __wrap_multipart_find(struct text content_type, struct text body,
			   const char *type, struct text id,
			   struct multipart_part *ret);
bool __real_multipart_find(struct text content_type, struct text body,
			   const char *type, struct text id,
			   struct multipart_part *ret);
bool __wrap_multipart_find(struct text content_type, struct text body,
			   const char *type, struct text id,
			   struct multipart_part *ret)
{
	multipart_walks++;
	return __real_multipart_find(content_type, body, type, id, ret);
}

unsigned __wrap_multipart_find_all(struct text content_type, struct text body,
				   const char *type, struct multipart_part *ret,
				   unsigned size);
unsigned __real_multipart_find_all(struct text content_type, struct text body,
				   const char *type, struct multipart_part *ret,
				   unsigned size);
unsigned __wrap_multipart_find_all(struct text content_type, struct text body,
				   const char *type, struct multipart_part *ret,
				   unsigned size)
{
	multipart_walks++;
	return __real_multipart_find_all(content_type, body, type, ret, size);
}
