/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "classify.h"

#include "service.h"

enum request_class classify_invite(struct text request_uri, bool has_replaces,
				   classify_peer_f *from_psap, void *arg)
{
	if (has_replaces && from_psap(arg))
		return REQUEST_REPLACES;
	switch (service_classify(request_uri)) {
	case SERVICE_EMERGENCY:
		return REQUEST_EMERGENCY;
	case SERVICE_TEST:
		return REQUEST_TEST;
	case SERVICE_NONE:
		break;
	}
	return from_psap(arg) ? REQUEST_CALLBACK : REQUEST_FOREIGN;
}
