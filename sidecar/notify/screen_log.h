/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_log: what each on-site screen has been told, in an LMDB environment
 * of its own (state_dir/screens), so that a page goes on where it was after
 * e911d or the network was away.  Nothing here needs PostgreSQL.
 *
 *	"E" screen id		entry (screen_entry.h)
 *	"N" screen notice	id of its entry: a notice is there once
 *	"C" call screen		id of the call's last entry there
 *	"L" screen		last id, how many entries, last id that was
 *shown
 *
 * A screen is 16 bytes of a hash of its organisation and name, ids are u64 big
 * endian and ascend; a log that is lost begins again above them, since a new
 * one begins at the clock.  SCREEN_ENTRIES_MAX entries of each are kept, for
 * SCREEN_KEEP_MS at most.
 *
 * Any thread.  A write is synced when it returns: some milliseconds; a disk
 * that hangs holds up whoever posts, acknowledges, flushes or prunes.
 */
#pragma once

#include <stdint.h>

#include "notify/notice.h"
#include "text.h"

#define SCREEN_KEY_SIZE    16
#define SCREEN_ENTRIES_MAX 1000
#define SCREEN_KEEP_MS     ((int64_t)30 * 24 * 3600 * 1000)
/* Bytes of an entry's JSON. */
#define SCREEN_JSON_MAX ((size_t)32 << 10)

struct screen_key {
	uint8_t b[SCREEN_KEY_SIZE];
};
void screen_key_make(struct screen_key *ret, uint64_t organization_id,
		     struct text name);

struct screen_log;

/* What cannot be opened now is tried again at each use; what is damaged is
 * removed and begun anew.  -ENOMEM. */
int must_check screen_log_new(struct screen_log **ret, const char *state_dir);
/* Accepts NULL; returns NULL. */
struct screen_log *screen_log_free(struct screen_log *l);

enum screen_posted {
	SCREEN_WAITING = 0, /* in the log; no page has said that it shows it */
	SCREEN_SHOWN = 1,   /* a page has */
	SCREEN_DARK = 2,    /* in the log; no page is connected */
};
/*
 * A notice of channel screen, to the screen of its organisation that target
 * names.  The same notice again is no second entry, and tells what became of
 * it.  l may be NULL: -ENOTSUP, no screens are served here.  -EMSGSIZE: it is
 * longer than any entry may be; others: try again.
 */
int must_check screen_log_post(struct screen_log *l, const struct notice *n);

/* Somebody has taken a call over, or says something more about it. */
struct screen_ack {
	uint8_t call_id[NOTICE_ID_SIZE];
	const char *who;     /* "Ann (Lobby)" */
	const char *channel; /* "screen", "email", ... */
	const char *note;    /* "": none */
	int64_t at_ms;       /* UTC */
};
/* Tell all screens that have been told of the call; how many.  The same again
 * is told once.  l may be NULL: 0. */
int must_check screen_log_acknowledged(struct screen_log *l,
				       const struct screen_ack *a);

struct screen_entry {
	uint64_t id;
	int64_t at_ms;
	char *json; /* owned: free(); one line, one object */
};
/* The entry behind that id; -ENOENT: there is none; -EAGAIN: somebody writes,
 * for too long; -EIO, ... */
int must_check screen_log_next(struct screen_log *l,
			       const struct screen_key *screen, uint64_t after,
			       struct screen_entry *ret);
/* Of all entries; 0: there are none. */
uint64_t screen_log_last(struct screen_log *l, const struct screen_key *screen);
/* 0: it has been told of that call; -ENOENT: it has not; as above. */
int must_check screen_log_has_call(struct screen_log *l,
				   const struct screen_key *screen,
				   const uint8_t call_id[NOTICE_ID_SIZE]);
/* A page shows all entries up to this one: remembered here, and written by
 * screen_log_flush().  -EBUSY: say it again. */
int must_check screen_log_shown(struct screen_log *l,
				const struct screen_key *screen, uint64_t id);
int must_check screen_log_flush(struct screen_log *l);
/* One page more, or less, is connected. */
void screen_log_watch(struct screen_log *l, const struct screen_key *screen,
		      bool is_there);
/* Forget entries that are too old, of all screens; how many. */
int must_check screen_log_prune(struct screen_log *l, int64_t now_ms);

/* Readable when something was posted or shown: screen_log_drain(), then look.
 */
int screen_log_fd(const struct screen_log *l);
void screen_log_drain(struct screen_log *l);
