/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e164: telephone numbers as the North American Numbering Plan writes them.
 */
#pragma once

#include <stdint.h>

#include "text.h"

#define E164_DIGITS_MAX 15                        /* ITU-T E.164 6.2.1 */
#define E164_SIZE       (1 + E164_DIGITS_MAX + 1) /* '+', digits, NUL */

/*
 * Normalise to "+<digits>".  Accepts visual separators ( ) - . and blanks
 * (RFC 3966 5.1.1), a leading "tel:", trailing ";parameters", 10 digits,
 * 1 + 10 digits, +..., 011..., and 7 digits when home_npa (3 digits, or NULL)
 * is given.  -EINVAL for anything else: an extension, letters, nothing.
 * A NANP number must have NPA and NXX beginning with 2..9.
 */
int must_check e164_normalise(struct text number, const char *home_npa,
			      char ret_e164[E164_SIZE]);

/*
 * "+12065550100" <-> 12065550100.  -EINVAL if malformed.  0, and what has more
 * digits than E.164 knows, is no number: "".
 */
int must_check e164_to_u64(struct text e164, uint64_t *ret_number);
void e164_from_u64(uint64_t number, char ret_e164[E164_SIZE]);

/* How a trunk wants numbers written. */
enum number_format {
	NUMBER_FORMAT_E164 = 1,   /* +12065550100 */
	NUMBER_FORMAT_NANP10 = 2, /* 2065550100; others as +... */
	NUMBER_FORMAT_NANP11 = 3, /* 12065550100; others as +... */
};
void e164_format(uint64_t number, enum number_format format,
		 char ret_number[E164_SIZE]);
