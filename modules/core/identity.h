/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity: what a request says about who calls.
 *
 * Collects, in the order that the trunk sets, the candidates to look up in
 * the directory.  Decides nothing about trust and finds nothing: the module
 * looks the candidates up one after the other and the first hit wins.
 * Input is hostile: every length is checked, malformed parts are skipped and
 * noted in 'faults'.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "e164.h"
#include "hwaddr.h"
#include "inin_attr.h"
#include "request.h"
#include "text.h"
#include "uui.h"
#include "uuid.h"

/* Stored in the directory and in SQL names: never renumber. */
enum identity_kind {
	IDENTITY_DEVICE_USER = 1, /* employeeID / Device User ID */
	IDENTITY_MAC = 2,         /* 12 lower-case hex digits */
	IDENTITY_IP = 3,          /* 16 bytes, IPv4 as ::ffff:a.b.c.d */
	IDENTITY_NUMBER = 4,      /* E.164, "+1..." */
	IDENTITY_EXTENSION = 5,   /* as dialled inside the organisation */
};
const char *identity_kind_name(enum identity_kind k); /* "device_user".. */
/* Inverse of the above; 0 if unknown. */
enum identity_kind identity_kind_find(struct text name);

#define IDENTITY_VALUE_MAX      128
#define IDENTITY_CANDIDATES_MAX 24
#define IDENTITY_ORDER_MAX      8
#define IDENTITY_SOURCE_MAX     48 /* "hdr:X-Genesys-employeeID" */

struct identity_candidate {
	enum identity_kind kind;
	uint8_t value_len;
	char value[IDENTITY_VALUE_MAX + 1]; /* NUL-terminated */
	/* Where it was found, for the story: "ININAttr", "PAI", "From",
	 * "hdr:X-Employee-ID", "User-to-User", "ruri-param:employeeid". */
	char source[IDENTITY_SOURCE_MAX];
};

enum identity_fault {
	IDENTITY_FAULT_ININATTR = 1 << 0, /* present, nothing usable in it */
	IDENTITY_FAULT_PAI = 1 << 1,      /* unparsable P-Asserted-Identity */
	IDENTITY_FAULT_FROM = 1 << 2,     /* unparsable or empty From user */
	IDENTITY_FAULT_UUI = 1 << 3,      /* User-to-User undecodable */
	IDENTITY_FAULT_TOO_LONG = 1 << 4, /* a value exceeded the limit */
	IDENTITY_FAULT_TOO_MANY = 1 << 5, /* more candidates than room */
};

/* What a trunk sets. */
struct identity_profile {
	enum identity_kind order[IDENTITY_ORDER_MAX]; /* 0 ends the list */
	/*
	 * Comma-separated places of the device user id, first hit first:
	 * hdr:NAME, ruri-param:NAME, from-param:NAME, uui, pai-user,
	 * from-user, from-display.  Empty: the default below.
	 */
	struct text user_id_sources;
	const char *home_npa; /* NULL or 3 digits */
};
#define IDENTITY_USER_ID_SOURCES_DEFAULT \
	"hdr:E911-Device-User-ID,hdr:X-Genesys-employeeID," \
	"hdr:X-Employee-ID,ruri-param:employeeid,from-param:employeeid,uui"
/* device_user, mac, ip, number, extension */
extern const enum identity_kind identity_order_default[IDENTITY_ORDER_MAX];

struct identity_set {
	unsigned count;  /* of candidates, at the end */
	unsigned faults; /* enum identity_fault */
	/* The calling party: PAI (the one with a number if there are two),
	 * else P-Preferred-Identity, Remote-Party-ID, else From.  number is
	 * "" when it is not E.164; user is the user part as received. */
	char number[E164_SIZE];
	char user[IDENTITY_VALUE_MAX + 1];
	const char *calling_source; /* "PAI", "From", ... never NULL */
	struct identity_candidate candidates[IDENTITY_CANDIDATES_MAX];
};
/* A member behind them would never be cleared either. */
_Static_assert(offsetof(struct identity_set, candidates) +
			       sizeof(struct identity_candidate
					      [IDENTITY_CANDIDATES_MAX]) ==
		       sizeof(struct identity_set),
	       "the candidates are the last member");

/* Never fails: a request without anything usable gives count == 0. */
void identity_collect(const struct request_view *req,
		      const struct identity_profile *profile,
		      struct identity_set *ret_set);

/*
 * The E911-Organization-ID of a request: 0, -ENOENT (absent), -EEXIST (more
 * than one: not trusted), -EINVAL (not a UUID).
 */
int must_check identity_organization(const struct request_view *req,
				     struct uuid *ret_uuid);
