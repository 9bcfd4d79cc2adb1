/* SPDX-License-Identifier: GPL-2.0-or-later */
/* street: the street of an address; for address.c only. */
#pragma once

#include "address/address.h"

/* From elements, whatever element holds what. */
void address_street_take(const struct civic *c, struct address *a);
/* From one piece; country and state are there already. */
void address_street_cut(struct text street, struct address *a);
