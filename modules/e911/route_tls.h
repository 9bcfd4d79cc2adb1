/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route_tls: whose certificate a route over TLS asks for. */
#pragma once

#include "call.h"
#include "dir_record.h"

/*
 * Of the trunk's nth destination (0: its own address, then its contacts).  The
 * name is what the trunk says (tls_name), else the destination's own: the name
 * that was configured, else its address.  SNI is the destination's name, else
 * the certificate's; an address is none (RFC 6066 3).  A name that does not fit
 * is none: the database refuses it.
 */
void route_tls_set(struct call_route *route, const struct dir_trunk *trunk,
		   uint32_t nth);
