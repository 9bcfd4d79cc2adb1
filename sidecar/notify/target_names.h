/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target_names: where the hosts of targets are, without waiting for the DNS.
 *
 *  - An answer is fresh for TARGET_NAME_FRESH_MS; then the name is asked for
 *    again with the next transfer, which waits TARGET_NAME_PATIENCE_MS for it
 *    and goes by the addresses heard last otherwise.
 *  - No answer replaces no address: an emergency in the hour in which the DNS
 *    is gone is told all the same.
 *  - When one family is heard, the other has TARGET_NAME_OTHER_MS (RFC 8305 3).
 */
#pragma once

#include "names/dns.h"

#define TARGET_NAME_FRESH_MS    30000
#define TARGET_NAME_PATIENCE_MS 300
#define TARGET_NAME_OTHER_MS    50
#define TARGET_NAME_TIMEOUT_MS  5000
#define TARGET_NAMES_MAX        512

struct target_names;

/* As dns_asker_new(). */
int must_check target_names_new(struct target_names **ret, const char *servers);
/* Accepts NULL; returns NULL. */
struct target_names *target_names_free(struct target_names *t);

enum target_name_state {
	TARGET_NAME_WAITS, /* ask again after *ret_wait_ms, or an answer */
	TARGET_NAME_KNOWN,
	TARGET_NAME_NONE, /* *ret_why: a constant */
};
struct target_addresses {
	unsigned count;
	uint8_t ip[NAME_FAMILY_COUNT * NAME_ADDRESSES_MAX][16];
};

/* host: name_is_valid().  now_ms: monotonic. */
enum target_name_state target_names_get(struct target_names *t,
					const char *host, int64_t now_ms,
					struct target_addresses *ret,
					int *ret_wait_ms, const char **ret_why);

/* As dns_asker_poll() and dns_asker_turn(). */
unsigned target_names_poll(struct target_names *t, struct pollfd *p,
			   int *timeout_ms);
void target_names_turn(struct target_names *t, const struct pollfd *p,
		       unsigned count);
