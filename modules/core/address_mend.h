/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address_mend: make an address header of a message one that every parser
 * takes, in place; its length does not change.
 *
 * Kamailio drops a request whose To it cannot parse, without an answer, and
 * cannot serve one whose From it cannot.  What is mended, in this order:
 * "<sip:...<" is closed; a name before an address without brackets
 * ("Unknown" sip:911@host) becomes blanks; any other From or To that is no
 * name-addr or addr-spec (RFC 3261 20.10, 20.20, 20.39) is written anew from
 * what can be told of it: its address, or "sip:x", and its tag.  An empty
 * "To:" gets the short name and becomes "t:x".  (ADR 28)
 */
#pragma once

#include "text.h"

/* Which header is it, in full or compact (RFC 3261 7.3.3)? */
static inline bool address_mend_is_contact(struct text name)
{
	return name.len == 1 ? (name.p[0] | 0x20) == 'm'
			     : text_equal_nocase(name, text_of("Contact"));
}

static inline bool address_mend_is_party(struct text name)
{
	switch (name.len) {
	case 1:
		return (name.p[0] | 0x20) == 'f' || (name.p[0] | 0x20) == 't';
	case 2:
		return text_equal_nocase(name, text_of("To"));
	case 4:
		return text_equal_nocase(name, text_of("From"));
	default:
		return false;
	}
}

/* Is it one of those? */
static inline bool address_mend_is_of(struct text name)
{
	return address_mend_is_party(name) || address_mend_is_contact(name);
}
/* line: the header of this name, without folds and its CR.  false: it stays as
 * it is, also when it is none of these. */
bool address_mend(char *line, size_t len, struct text name);
/*
 * Is the value of a From or To, up to value_end, in the form that nearly all
 * have: a name or none, "<...>", ";name=value"?  Has that of a Contact its
 * brackets?  Then address_mend() leaves it as it is; false says nothing.
 * Nothing is counted on the way: at value_end there must be a CR or LF.  end:
 * of the message that they are in, which must have MARKS_AT_ONCE bytes at least
 * (bytes16.h): up to so many before 'end' are read at once.
 */
bool address_is_plain_party(const char *value, const char *value_end,
			    const char *end);
bool address_is_plain_contact(const char *value, const char *value_end);
