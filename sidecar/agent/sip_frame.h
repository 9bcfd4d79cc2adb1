/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_frame: one SIP message out of a datagram or a stream, made small before
 * the parser sees it.
 *
 * libosip2 is given the headers that the agent acts on, each once and short,
 * and never a body: bodies of several parts have been its weak place
 * (CVE-2022-41550).  Pure.
 */
#pragma once

#include "text.h"

#define SIP_MESSAGE_MAX      32768 /* bytes, with the body */
#define SIP_HEAD_MAX         8192  /* what is left of the headers */
#define SIP_CONTENT_TYPE_MAX 128

struct sip_frame {
	size_t len; /* of the message in what was given */
	char head[SIP_HEAD_MAX + 1];
	size_t head_len;
	char type[SIP_CONTENT_TYPE_MAX];
	struct text content_type; /* of type */
	struct text body;         /* borrowed */
};

/*
 * The first message of data.  A datagram is one message; of a stream there may
 * be more.  -EAGAIN: of a stream, not all of it has come yet (and it is not
 * too long).  -EBADMSG: this is none, or one that we do not take: too long, a
 * NUL, control characters, a header that may stand once twice; ret->len is
 * where it ends, 0 when that cannot be told.  -ENODATA:
 * nothing but line ends (a keep-alive), ret->len of them.
 */
int must_check sip_frame_take(struct text data, bool is_stream,
			      struct sip_frame *ret);
