/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expiry: which certificates of this node end soon, and who must be told.
 *
 * One thread looks at the files and tells the log: when a certificate comes
 * within 30, 14, 7 and 1 days of its end, when it has ended, and when its file
 * cannot be read; of the last three each day anew.  What it tells also waits
 * here until the collector has stored it, as the event certificate.expires:
 * once for each file, end and stage, also over restarts, because the event's
 * id is made of these.
 */
#pragma once

#include "base/conf.h"
#include "base/stop.h"
#include "certificates/certificate.h"
#include "uuid.h"

enum expiry_stage {
	EXPIRY_FINE,
	EXPIRY_30_DAYS,
	EXPIRY_14_DAYS,
	EXPIRY_7_DAYS,
	EXPIRY_1_DAY,
	EXPIRY_ENDED,
	EXPIRY_UNREADABLE,
};
/* A day begins when less than so many times 24 h are left. */
enum expiry_stage expiry_stage_of(int64_t left_s);

#define EXPIRY_FILES_MAX 32
#define EXPIRY_PATH_SIZE 512

struct expiry_alarm {
	struct uuid id; /* of its event */
	int64_t at_ms;  /* UTC */
	enum expiry_stage stage;
	char path[EXPIRY_PATH_SIZE];
	struct certificate certificate; /* UNREADABLE: empty */
	char problem[64];               /* UNREADABLE: why */
};
/* "ends in 13 days", "has ended", "cannot be read" */
#define EXPIRY_TEXT_SIZE 48
void expiry_format(const struct expiry_alarm *a, char ret[EXPIRY_TEXT_SIZE]);

struct expiry;

/* files: paths with commas between.  -EINVAL: one is not absolute or too long,
 * or there are too many; -ENOMEM. */
int must_check expiry_new(struct expiry **ret, const char *files,
			  const char *node);
/* Accepts NULL; returns NULL. */
struct expiry *expiry_free(struct expiry *e);
/* Look at all files once. */
void expiry_look(struct expiry *e, int64_t now_ms);

/* An alarm that is not stored yet; any thread. */
bool must_check expiry_next(struct expiry *e, struct expiry_alarm *ret);
/* It is stored. */
void expiry_stored(struct expiry *e, const struct uuid *id);

/* What is worst among the files, as it was when they were looked at last; any
 * thread. */
struct expiry_worst {
	size_t files, unreadable;
	int64_t ends_at_s; /* UTC, of the readable one that ends first; 0 */
};
struct expiry_worst expiry_worst(struct expiry *e);

/* The thread. */
int must_check expiry_run(const struct conf *conf, const struct stop *stop,
			  struct expiry *e);
