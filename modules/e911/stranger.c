/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stranger.h"

enum stranger stranger_judge(struct directory *d, const struct path_request *rq,
			     const struct credential_conf *conf, bool serves,
			     char ret_realm[STRANGER_REALM_SIZE],
			     struct sender *ret)
{
	struct shown shown = path_shown(rq);
	struct dir_gateway gateway;

	ret_realm[0] = '\0';
	sender_find(ret, d, &shown, conf);
	if (!d || ret->is_known || ret->directory_error)
		return STRANGER_NONE;
	if (serves)
		return STRANGER_SERVED;
	if (ret->may_be_asked && directory_gateway(d, &gateway) == 0)
		(void)!text_to_cstr(gateway.digest_realm, ret_realm,
				    STRANGER_REALM_SIZE);
	return ret_realm[0] ? STRANGER_ASKED : STRANGER_REFUSED;
}
