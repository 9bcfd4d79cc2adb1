/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_text: what a caller of 933 hears, as text for speech_get(). */
#pragma once

#include <stdint.h>

#include "text_writer.h"

/* Texts are borrowed, and may hold any bytes. */
struct test_facts {
	struct text civic;        /* DIR_LOCATION: civicAddress element */
	struct text address;      /* one line, when civic is empty */
	struct text psap;         /* its name; empty: not said */
	uint64_t callback_number; /* E.164 digits; 0: none */
	const char *language;     /* "en", "fr", "es" */
	bool is_located;          /* civic or address is the location */
	bool by_relay;            /* a 911 call would go to a relay centre */
};

/*
 * Lines: greeting, callback number, location, PSAP, how to hear it again.
 * 0; 1: part of the address has no words (a line says so); -ENOSPC.
 */
int must_check test_text(const struct test_facts *f, struct text_writer *w);
