/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call_record: an answered call as bytes, and back.
 *
 * A record ('C', see record.h) of these fields in any order, but each field
 * of a leg or route stands behind the one that begins it:
 *
 *    4  the call's id, 16 bytes
 *    1  begins a leg: one byte, 'A' or 'B'; each side once
 *    3  of a leg: our listening socket as the transport layer names it,
 *       "tcp:192.0.2.1:5060"
 *    5  headers of the caller's INVITE that go to leg B
 *    6  of a leg: the session description that they gave, 7: that we gave;
 *       of leg B only where it is not what the other side of leg A had
 *    8  one byte, 0: leg B was lost and another was being rung
 *    2  begins a route: one byte, 0; at most CALL_ROUTES_MAX
 *   10..23  of the call, 30..54 of a leg, 70..83 of a route: call_record.def
 *
 * The smallest record that is a call (all in hex):
 *
 *   CRC32C(4) 01 43 0000
 *   04 1000 00112233445566778899aabbccddeeff   id
 *   01 0100 41                                 leg A
 *   1e 0100 61  1f 0100 62  20 0100 63         Call-ID "a", tags "b", "c"
 *   23 0500 7369703a78                         remote target "sip:x"
 *   26 0100 07                                 CSeq 7
 *   01 0100 42  1e 0100 64  1f 0100 65  20 0100 66  23 0500 7369703a79
 *
 * with the CRC 29d5027d (test_call_record.c).
 */
#pragma once

#include "call_store.h"
#include "record.h"
#include "sip_port.h"

/* A request that was sent after the record was written must not make the
 * next one look old: CSeq goes on that much higher. */
#define CALL_RECORD_CSEQ_SKIP 1000

/*
 * The call as it is now; under its lock.  Its length; 0: it cannot be
 * recorded, because it has no two dialogs or is too big; the far one is that
 * of the leg that was lost while another is rung.  When it is too big
 * its offer's headers are left out first, then the session descriptions.
 */
size_t call_record_encode(const struct call *call, uint8_t buf[RECORD_MAX]);

/*
 * A call in CALL_CONNECTED with both legs up, one reference, not in the
 * store; no connection is known, no transaction open.  -EBADMSG: not a
 * record, or not of a call that can go on; -ENOMEM.
 */
int must_check call_record_decode(const void *data, size_t len,
				  struct call **ret_call);
