/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media: the voice of the agent's calls: one thread that sends and hears RTP
 * for all of them.
 *
 * Each line has a pair of ports.  A packet is due each 20 ms of absolute time
 * since the line began to talk: what is late does not move the next one.  What
 * came is looked at when the line's turn comes, a bounded number of packets;
 * the rest the system drops.  Everything here may be called from any thread,
 * and waits for nothing but that thread's turn of a few lines.
 */
#pragma once

#include <stdint.h>

#include "agent/sdp.h"
#include "base/stop.h"

#define MEDIA_PACKET_MS 20
#define MEDIA_LATE_MS   10 /* a packet that goes later counts as late */

struct media;

struct media_conf {
	const char *host; /* borrowed; an address of IPv4 or IPv6 */
	uint16_t first_port;
	unsigned lines_max; /* each takes two ports, from first_port on */
};

/* -EINVAL: host is no address, or there are not as many ports; -ENOMEM. */
int must_check media_new(struct media **ret, const struct media_conf *conf);
/* Accepts NULL; returns NULL.  Its thread has ended. */
struct media *media_free(struct media *m);
/* The thread.  0 when the stop was asked for. */
int must_check media_run(struct media *m, const struct stop *stop);

/* 8,000 samples a second, one voice.  They stay until release(owner) is
 * called, by any thread. */
struct media_clip {
	const int16_t *samples; /* borrowed from the owner */
	size_t count;
	const void *owner;
	void (*release)(const void *owner);
};

/* A line for this call, silent and deaf; its number.  -EBUSY: all are in use;
 * -errno of the sockets. */
int must_check media_open(struct media *m, uint64_t call, uint16_t *ret_port);
void media_close(struct media *m, int line);
/* From now on talk to whom sdp_parse() found, as often as that changes. */
void media_talk(struct media *m, int line, const struct sdp *theirs);
/* In place of what is being played; silence follows it.  The clip is ours. */
void media_play(struct media *m, int line, const struct media_clip *clip);
/* Send a key; -EBUSY: one is being sent; -EINVAL; -ENOTSUP: they know none. */
int must_check media_press(struct media *m, int line, char key);

enum media_event_kind {
	MEDIA_KEY,    /* was pressed over there */
	MEDIA_PLAYED, /* the clip was played to its end */
};
struct media_event {
	uint64_t call;
	enum media_event_kind kind;
	char key;
};
/* Readable when there may be events; reading them clears it. */
int media_fd(const struct media *m);
bool media_event_next(struct media *m, struct media_event *ret);
