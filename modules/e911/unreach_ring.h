/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unreach_ring: what the other processes tell e911 unreach of connections.
 *
 * In shared memory, of fixed size.  Writing takes one lock for the time of a
 * copy and none of a call's: tcp_main writes, too.
 */
#pragma once

#include "call_store.h"
#include "next_hop.h"

enum unreach_note_kind {
	/* A request that must not wait went out over TCP or TLS. */
	UNREACH_NOTE_INVITE,
	UNREACH_NOTE_PROBE, /* recovery.h: an OPTIONS after a closing */
	/* The far side has closed or reset a connection, or it broke. */
	UNREACH_NOTE_CLOSED,
	/* A TLS connection of ours was not made: tls_peer.h. */
	UNREACH_NOTE_REFUSED,
};

struct unreach_note {
	enum unreach_note_kind kind;
	int64_t at_ms;  /* monotonic: when it was noted */
	uint8_t ip[16]; /* the far side, as ip_normalise() writes it */
	uint16_t port;
	uint8_t transport; /* enum trunk_transport */
	int connection;    /* its number; 0: not known */
	bool is_theirs;    /* CLOSED: the far side had opened it */
	bool is_untrusted; /* REFUSED: for its certificate */
	const char *why;   /* REFUSED: static text */
	/* INVITE, PROBE: its call is referenced.  REFUSED: this leg alone, to
	 * be compared only; NULL: all that wait for the place. */
	struct leg *leg;
};

struct unreach_ring;

struct unreach_ring *unreach_ring_new(void); /* NULL without memory, or fd */
struct unreach_ring *unreach_ring_free(struct unreach_ring *r);

/* This leg's request went to hop.  r NULL: nobody reads. */
void unreach_ring_sent(struct unreach_ring *r, enum unreach_note_kind kind,
		       struct leg *leg, const struct next_hop *hop);
/* kind, at_ms and leg are set here.  Those that others have opened fill no more
 * than half of the ring: anybody may connect and leave. */
void unreach_ring_closed(struct unreach_ring *r, struct unreach_note note);

/* The same of UNREACH_NOTE_REFUSED. */
void unreach_ring_refused(struct unreach_ring *r, struct unreach_note note);

/* What unreach_ring_sent() told of this leg did not go out: the connection is
 * that of others, and not one that the leg may use.  why: static text. */
void unreach_ring_not_sent(struct unreach_ring *r, struct leg *leg,
			   const char *why);

/* For the reader: readable when something is in it. */
int unreach_ring_fd(const struct unreach_ring *r);
/* The oldest; who takes it drops the reference.  False: none is left. */
bool unreach_ring_take(struct unreach_ring *r, struct unreach_note *ret);
