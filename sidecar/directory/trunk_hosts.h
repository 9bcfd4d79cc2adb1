/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trunk_hosts: from the destinations of a trunk as they were configured, some
 * of them names, to the addresses in its record, which is all that the path
 * sees.
 *
 * "udp 5060 psap.example.com,tls 5061 192.0.2.8": each name stands for up to
 * NAME_ADDRESSES_MAX addresses in its place, a name that is not known for
 * none.  A record holds DIR_DESTINATIONS_MAX addresses; when there are more,
 * each destination keeps its first ones: a name with many addresses does not
 * crowd out a contact.
 */
#pragma once

#include <arpa/inet.h>

#include "dir_record.h"
#include "directory/dir_batch.h"
#include "names/names.h"

/* Transport, port, name and what is between, of all destinations. */
#define TRUNK_CONFIGURED_SIZE \
	(DIR_DESTINATIONS_MAX * (NAME_TEXT_MAX + sizeof("udp 65535 ,")))

/* What texts of an expanded trunk point to. */
struct trunk_hosts {
	char text[DIR_DESTINATIONS_MAX][INET6_ADDRSTRLEN];
	char names[TRUNK_CONFIGURED_SIZE];
};

/*
 * Set host, port, transport, contacts and destination_names from r->configured.
 * A trunk without any address gets an empty host and what its own destination
 * says else. -EINVAL: r->configured makes no sense, *r is as it was.
 */
int must_check trunk_hosts_expand(struct dir_trunk *r, struct names *names,
				  struct trunk_hosts *buf);
/* Is any of them a name? */
bool trunk_hosts_have_names(struct text configured);

/* ---- all trunks of a directory ---- */

/* Tell names which ones are in use.  0, -EBADMSG, -ENOMEM. */
int must_check trunk_hosts_use(struct lmdb_env *env, struct names *names);
/*
 * Put the records of trunks with names as they are to be now.  A trunk that
 * has addresses does not lose them because nothing is known of its names.
 */
int must_check trunk_hosts_renew(struct lmdb_env *env, struct names *names,
				 struct dir_batch *batch);
