/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sweep: a golden sample and all that is one step away from it.
 *
 * Every input is an allocation of its own exact size, so that a sanitizer sees
 * the first byte read too far.
 */
#pragma once

#include "modules/core/text.h"

typedef void(sweep_f)(struct text input);

/* A copy of exactly its size; free() its p. */
struct text exact_copy(struct text t);

/*
 * check() for the sample, each of its prefixes and suffixes, and the sample
 * with each single byte changed, missing or doubled.  Samples of up to
 * SWEEP_ALL bytes see all 256 values of each byte, longer ones those that mean
 * something to a parser.
 */
#define SWEEP_ALL 48
void sweep(struct text sample, sweep_f *check);
