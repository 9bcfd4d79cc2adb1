/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stateless.h"

#include <errno.h>

#include "core/data_lump_rpl.h"
#include "modules/sl/sl.h"
#include "platform.h"

static sl_api_t slb;

int stateless_bind(void)
{
	return sl_load_api(&slb) < 0 ? -ENOENT : 0;
}

bool stateless_reply(struct sip_msg *msg, int code, const char *reason)
{
	return slb.zreply(msg, code, (char *)reason) > 0;
}

void stateless_reply_with(struct sip_msg *msg, int code, const char *reason,
			  struct text lines)
{
	if (!add_lump_rpl(msg, (char *)lines.p, (int)lines.len, LUMP_RPL_HDR))
		log_line(LEVEL_WARNING, "no memory for the headers of a %d",
			 code);
	(void)stateless_reply(msg, code, reason);
}
