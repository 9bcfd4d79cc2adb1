/* SPDX-License-Identifier: GPL-2.0-or-later */
/* certificate: when the certificates of a file end.  The only door to OpenSSL.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define CERTIFICATE_SUBJECT_SIZE 128
struct certificate {
	int64_t ends_at_s; /* UTC: notAfter of the one that ends first */
	char subject[CERTIFICATE_SUBJECT_SIZE]; /* its own, printable, cut */
};

/* Read all certificates of a PEM file.  -errno when it cannot be read,
 * -EBADMSG when there is none in it or one is damaged. */
int must_check certificate_read(const char *path, struct certificate *ret);
