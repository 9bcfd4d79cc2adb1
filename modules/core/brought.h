/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * brought: the locations that an INVITE brings along (RFC 6442), and whether
 * one of them is better than the location that is registered.
 *
 * Taken as well: Geolocation without angle brackets or with the parameters of
 * drafts (inserted-by), a cid that names no part, or a value that is no URI at
 * all, while a PIDF-LO is in the body.
 */
#pragma once

#include <stdint.h>

#include "request.h"
#include "text_writer.h"

#define BROUGHT_MAX 4

enum brought_kind {
	BROUGHT_NOTHING,
	BROUGHT_VALUE,     /* a PIDF-LO in the body */
	BROUGHT_REFERENCE, /* an http or https URI (RFC 6753) */
	BROUGHT_KIND_COUNT,
};
const char *brought_kind_name(enum brought_kind k); /* "value" */

struct brought_item {
	enum brought_kind kind;
	struct text text; /* the document, or the URI; not empty */
};
struct brought {
	unsigned count;
	struct brought_item items[BROUGHT_MAX]; /* as they stand there */
	bool denies_routing;                    /* Geolocation-Routing: no */
	/* For whoever passes it on: a cid names a PIDF-LO in the body, if only
	 * one in an encoding that we do not know; URIs of any scheme that could
	 * be followed. */
	bool names_part;
	unsigned reference_count;
	struct text references[BROUGHT_MAX];
	/* The one among the items that no value of Geolocation leads to, and
	 * its Content-ID; empty: none. */
	struct text guess, guess_id;
	/* Why a value was passed over; static; "" when none was. */
	const char *problem;
};

/* Is there a Geolocation header at all? */
bool brought_is_there(const struct request_view *rq);
/*
 * What can be asked about.  No more than BROUGHT_MAX values of Geolocation are
 * looked at, whatever they are, and the body is gone through once: the work is
 * bounded by the size of the INVITE.  Texts are views of rq, of the body, or of
 * buf, where documents that were encoded are decoded.
 */
void brought_find(const struct request_view *rq, struct text body, char *buf,
		  size_t size, struct brought *ret);

/* "cid:..." (RFC 2392) of the part with that Content-ID, as brought_find()
 * finds it by.  False, and nothing is written: it would not. */
bool must_check brought_cid_write(struct text id, struct text_writer *w);

/* What becomes of it: by trunk.  Numbers are stored. */
enum brought_policy {
	BROUGHT_IGNORED = 1,   /* as if it were not there */
	BROUGHT_LOGGED = 2,    /* looked up and told, after the call went out */
	BROUGHT_PREFERRED = 3, /* used if it is better than the registered */
	BROUGHT_POLICY_COUNT,
};
const char *brought_policy_name(enum brought_policy p); /* "ignore" */
/* -EINVAL. */
int must_check brought_policy_find(struct text name);

/* What of it goes to a PSAP: by the PSAP's trunk.  Numbers are stored; 0: as
 * the module's parameter says. */
enum brought_body {
	BROUGHT_BODY_THEIRS = 1, /* as it came; ours if it cannot be used */
	BROUGHT_BODY_OURS = 2,   /* ours, unless theirs chose the PSAP */
	BROUGHT_BODY_BOTH = 3,   /* theirs, and ours below it */
	BROUGHT_BODY_NONE = 4,   /* neither */
	BROUGHT_BODY_COUNT,
};
const char *brought_body_name(enum brought_body b); /* "caller" */

#define BROUGHT_UNCERTAIN UINT32_MAX /* nobody says */

/* What is known of a place that was looked up. */
struct brought_place {
	uint64_t psap_id;         /* 0: none serves it */
	bool has_point, is_civic; /* its address alone is known */
	uint32_t uncertainty_m;   /* of the point, or BROUGHT_UNCERTAIN */
	uint8_t confidence;       /* percent; 0: not said */
	int64_t at_ms;            /* UTC, when determined; 0: not said */
};
/* What it is compared with. */
struct brought_rival {
	bool is_known;       /* a location with a PSAP is registered */
	bool is_by_network;  /* ... found by where the device is now */
	bool denies_routing; /* Geolocation-Routing: no */
	int64_t now_ms;      /* UTC */
	uint32_t uncertainty_max_m;
	uint32_t age_max_s;
};

#define BROUGHT_CONFIDENCE_MIN 90

/*
 * NULL: the place is better; else why it is not, a constant.
 *
 * Without a registered location any place with a PSAP is better.  Otherwise it
 * is when all of this holds: nobody forbids routing by it; the registered one
 * was not found by the network that the device is in now; its uncertainty is
 * said and at most uncertainty_max_m, with a confidence of at least 90 % (or
 * none said); it was determined no longer than age_max_s ago, as far as is
 * said.
 */
const char *brought_is_worse(const struct brought_place *p,
			     const struct brought_rival *r);
