/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spoken: what is written, as people say it.
 *
 *	1200 N Main St Ste 4	twelve hundred north main street, suite four
 *	+12065550121		two zero six, five five five, zero one two one
 *
 * Pure functions over any bytes.  What they write is lower-case ASCII letters
 * and single blanks, ',' for a short pause, '.' for the end of a sentence and
 * LF between lines, nothing else: no digit, sign or letter of another script
 * is left for a voice to guess at, and no text can be an order to it.
 * Text that was spoken once is left as it is.
 *
 * English: that is what the voices of Debian speak.  A name in another
 * language is pronounced as if it were English.
 */
#pragma once

#include "text_writer.h"
#include "xml/civic.h"

/* A telephone number or extension, digit by digit: E.164 of North America in
 * its three groups, without the 1; of elsewhere behind "plus". */
void spoken_number(struct text_writer *w, struct text number);

/*
 * An address: house number and street, building, floor, unit, room; city,
 * state, postal code; then what says more.  True when something has no words
 * (another script, longer than any address): the rest is said without it.
 */
bool spoken_civic(struct text_writer *w, const struct civic *c);

/* A civicAddress element (as in the directory).  The same; -EBADMSG when it is
 * none, or empty; -ENOMEM. */
int must_check spoken_civic_xml(struct text_writer *w, struct text xml);

/*
 * Text that somebody wrote: numbers, addresses in one line, abbreviations.
 * Each line becomes a line.  True when something has no words.
 */
bool spoken_text(struct text_writer *w, struct text t);

/* Sizes of a buffer that always suffices. */
#define SPOKEN_CIVIC_SIZE 8192
