/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * invite: a SIP request as text, taken apart as the module sees it.
 *
 * Only the cutting into lines is ours: Kamailio's parser does that for the
 * module.  Before it input_mend() has seen the bytes, as in the module; all
 * that is made of the lines is made by core.
 */
#pragma once

#include "request.h"

#define INVITE_MAX         65535 /* a datagram */
#define INVITE_HEADERS_MAX 256   /* as MESSAGE_HEADERS_MAX */

struct invite {
	char *buf; /* owned; all texts point into it */
	size_t len;
	struct text method, call_id;
	struct request_view view;
	struct header_view headers[INVITE_HEADERS_MAX];
	unsigned masked;   /* header lines that nobody could parse */
	bool is_in_dialog; /* To has a tag */
	bool has_replaces;
	const char *missing; /* a header without which it is no request; NULL */
};

#define INVITE_ERROR_SIZE 256

/*
 * Lines may end in LF alone; empty ones before the first are passed over.
 * -EINVAL: the first line is none of a SIP request, or it is too long; -ENOMEM.
 * error says which.
 */
int must_check invite_parse(struct invite *ret, struct text message,
			    char error[INVITE_ERROR_SIZE]);
/* path "-": standard input.  Also -errno of the file. */
int must_check invite_read(struct invite *ret, const char *path,
			   char error[INVITE_ERROR_SIZE]);
void invite_fini(struct invite *invite);

/* One more header, or none of that name any more.  Texts are borrowed. */
int must_check invite_header_add(struct invite *invite, struct text name,
				 struct text value);
void invite_header_remove(struct invite *invite, struct text name);
