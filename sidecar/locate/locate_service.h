/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * locate_service: answers Kamailio's module about the locations that calls
 * bring along (locate_wire.h), on a Unix socket of type SOCK_SEQPACKET.
 *
 * Who may write to the socket's file may ask: mode 0660.  A document in the
 * question is read by one of locate_threads threads, a reference is followed
 * by one of locate_reference_threads; when all are busy and LANE_JOBS_MAX more
 * wait, the answer is "busy", at once.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "psap/service.h"

/* -EINVAL: an option is not valid, error says which. */
int must_check locate_service_check(const struct conf *conf,
				    char error[CONF_ERROR_SIZE]);
/* The thread.  0 when the stop was asked for; -ENOMEM. */
int must_check locate_service_run(const struct conf *conf,
				  const struct stop *stop,
				  struct psap_service *psap);
