/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict: which part of e911d is well, by what the services say of
 * themselves (base/health.h).
 *
 * The limits are here and in docs/OPERATIONS.md.
 */
#pragma once

#include "base/conf.h"
#include "certificates/expiry.h"

/* Without PostgreSQL for so long. */
#define VERDICT_AWAY_MS 10000
/* The directory may say something else than PostgreSQL for so long. */
#define VERDICT_STEP_MS 60000
/* So many events may wait, or any for so long. */
#define VERDICT_EVENTS    1000
#define VERDICT_BEHIND_MS 60000
/* People have not been told for so long, whoever they are. */
#define VERDICT_UNTOLD_MS 10000
/* A certificate that ends sooner. */
#define VERDICT_CERTIFICATE_S 86400

enum verdict_part {
	VERDICT_POSTGRESQL,
	VERDICT_DIRECTORY,
	VERDICT_JOURNAL,
	VERDICT_PUBLISHER,
	VERDICT_CERTIFICATES,
	VERDICT_NOTIFICATIONS,
	VERDICT_PARTS
};
const char *verdict_part_name(enum verdict_part part);

#define VERDICT_TEXT_SIZE 128
struct verdict {
	bool good;
	char says[VERDICT_TEXT_SIZE]; /* a sentence; no names of anybody */
};

/* now_ms is monotonic, now_s UTC. */
struct verdict verdict_of(enum verdict_part part, const struct conf *conf,
			  const struct expiry_worst *certificates,
			  int64_t now_ms, int64_t now_s);
