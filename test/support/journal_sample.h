/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal_sample: numbered events in a journal, for its tests. */
#pragma once

#include "event.h"
#include "modules/e911/journal.h"

/* Opened; the caller's to journal_close(). */
struct journal *journal_of(const char *dir);

/* An event that tells its number; padding: 0..EVENT_TEXT_MAX bytes.  Length. */
size_t journal_sample(uint8_t buf[EVENT_MAX], uint64_t number, size_t padding);
/* 0: it is none of those. */
uint64_t journal_sample_number(const void *event, size_t len);

/* Sequences first..last are there, each once, each with its own number. */
void assert_journal_holds(const char *dir, uint64_t first, uint64_t last);
