/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leg_line: the header lines that say what we are on a leg.
 *
 * Each function writes whole lines with their CRLF.
 */
#pragma once

#include "call.h"
#include "text_writer.h"

void leg_line_contact(struct text_writer *w, const struct leg *leg);
/* Allow, and Supported with what leg->options say (RFC 3261 20.5, 20.37);
 * without any of them no Supported. */
void leg_line_abilities(struct text_writer *w, const struct leg *leg);
