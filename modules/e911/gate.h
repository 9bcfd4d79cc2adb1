/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate: initial INVITEs that are answered before anything is made for them.
 *
 * A stranger gets 403, but only while the directory is sound; a call that
 * comes back to us gets 482, and the hunt that sent it goes on.  A flood of
 * either costs no transaction, no call and no number.
 */
#pragma once

#include "path.h"
#include "report.h"

struct sip_msg;

/*
 * True: it was answered.  When some trunk is known by its credential alone, a
 * stranger hears 401 as long as a challenge may help, and 403 with a wrong
 * password.  False: *ret_sender is who sent it; its texts are of this look at
 * the directory.
 */
bool gate_refuses(struct sip_msg *msg, const struct path_request *rq,
		  struct directory *d, struct sender *ret_sender);

/*
 * The node is short of memory or time, and the organisation has its share
 * (fair_share.h).  True: it was answered, 503.  For an emergency call that
 * gate_refuses() has let in.
 */
bool gate_defers(struct sip_msg *msg, const struct path_request *rq,
		 struct directory *d);
/* The call is taken: it counts. */
void gate_counts(struct call *call, const struct path *p,
		 const struct path_request *rq);

/* No call could be placed now: the node drains, has no memory, or knows neither
 * a directory nor a default route. */
bool gate_is_unusable(void);

/*
 * Test calls and alerts give way: when the workers are late, or when calls hold
 * half of the memory there is.  True: it was answered, 503, and counted.
 */
bool gate_gives_way(struct sip_msg *msg, const struct path_request *rq,
		    enum stat refused);

/*
 * A test call of a trunk that wants a credential shows whether it has one; an
 * emergency call is never asked.  True: it was answered, 401.
 */
bool gate_asks(struct sip_msg *msg, const struct path_request *rq);

/*
 * Only PSAPs and the telephone network may call a number of a pool.  For an
 * initial INVITE that came from neither.  True: it was answered.
 */
bool gate_refuses_callback(struct sip_msg *msg, uint64_t number);

/*
 * Max-Forwards of leg B.  A caller's emergency call is never refused for it
 * and gets enough for the way that is left; from others it is counted down.
 * False: it may go no further (RFC 3261 16.3).
 */
bool gate_max_forwards(struct sip_msg *msg, const struct dir_trunk *trunk,
		       uint8_t *ret);
