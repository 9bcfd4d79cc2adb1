/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request_text: a request as text, cut into the views that core takes.
 *
 *   sip:911@gw
 *   From: <sip:7014@pbx>;tag=1
 *
 * The first line is the Request-URI (a method before it and a version behind it
 * are dropped), the others are headers; a line that begins with a blank
 * continues the one before.  Every view is an allocation of its own exact size.
 */
#pragma once

#include "modules/core/request.h"

#define REQUEST_HEADERS_MAX 64 /* further ones are left out */

struct request_text {
	struct request_view view;
	struct header_view headers[REQUEST_HEADERS_MAX];
};

void request_text_init(struct request_text *r, struct text message);
void request_text_fini(struct request_text *r);
