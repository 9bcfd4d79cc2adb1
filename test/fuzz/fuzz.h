/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz: what libFuzzer, or replay_main.c in its place, calls. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Must take any bytes; a finding ends the program.  Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
