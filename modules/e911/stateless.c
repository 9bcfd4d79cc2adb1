/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stateless.h"

#include <errno.h>

#include "modules/sl/sl.h"

static sl_api_t slb;

int stateless_bind(void)
{
	return sl_load_api(&slb) < 0 ? -ENOENT : 0;
}

void stateless_reply(struct sip_msg *msg, int code, const char *reason)
{
	(void)slb.zreply(msg, code, (char *)reason);
}
