/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mime: headers and bodies of mail (RFC 5322, 2045, 2047).
 *
 * Whatever goes in, what comes out is printable ASCII and CR LF in lines of at
 * most 76 bytes (but for a long address), and a body cannot end the message
 * that it is part of: no line begins with a dot, no CR or LF stands alone.
 */
#pragma once

#include "notify/out.h"

/*
 * "Name: value" CR LF; what is not plain ASCII, looks like an encoded word or
 * is too long becomes encoded words of whole characters (RFC 2047 2).  value:
 * of clean_line().
 */
void mime_header(struct out *o, const char *name, struct text value);
/* An address with a name before it: "Name: =?...?= <address>". */
void mime_header_address(struct out *o, const char *name, struct text display,
			 const char *address);
/* "Date: Sat, 21 Nov 2026 22:14:58 +0000" CR LF (RFC 5322 3.3).  -EINVAL. */
int must_check mime_header_date(struct out *o, int64_t utc_ms);

/*
 * A part: Content-Type of the type with charset utf-8,
 * Content-Transfer-Encoding, an empty line, and the text, each LF of which
 * becomes CR LF: quoted-printable (RFC 2045 6.7) or, if that is clearly
 * shorter, base64.
 */
void mime_part(struct out *o, const char *type, struct text t);
