/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address: name-addr and addr-spec (RFC 3261 20.10, 25.1), tel URIs (RFC 3966)
 * and what real systems make of them.
 *
 * Taken as well: no angle brackets behind a display name (PureConnect), a
 * second '<' in the place of '>', a quote left open, upper-case schemes, blanks
 * and folds between the parts, no scheme at all when there is an '@'.
 */
#pragma once

#include "text.h"

/* user part, host and parameters of a name-addr or addr-spec. */
struct address_view {
	struct text display;     /* unquoted, still escaped */
	struct text scheme;      /* "sip", "sips", "tel"; may be empty */
	struct text user;        /* still %-escaped; for tel: the number */
	struct text user_params; /* "ext=12" of "7014;ext=12@host" */
	struct text host;        /* IPv6 with its brackets; no port */
	struct text uri_params;  /* after the host, without first ';' */
	/* After '>', without first ';'.  Without brackets nobody can tell whose
	 * the parameters are: then uri_params holds the same. */
	struct text header_params;
};

/* -EINVAL when there is no URI in it. */
int must_check address_parse(struct text value, struct address_view *ret);

/* A URI alone, of any scheme; -EINVAL when it is empty. */
int must_check uri_parse(struct text uri, struct address_view *ret);

/*
 * "<URI>;params" of any scheme, or without the brackets "URI;params", as in
 * Call-Info and Geolocation: the URI and what stands behind its first ';'.
 */
void reference_parse(struct text value, struct text *ret_uri,
		     struct text *ret_params);

/* Cut the first address off a comma-separated list; false at its end. */
bool address_list_next(struct text *rest, struct text *ret_address);

/* name[=value] among ';'-separated parameters, name in any case; the value
 * unquoted. */
bool param_find(struct text params, struct text name, struct text *ret_value);

/* ... among those of the user part, of the URI and of the header, in this
 * order. */
bool address_param_find(const struct address_view *a, struct text name,
			struct text *ret_value);
