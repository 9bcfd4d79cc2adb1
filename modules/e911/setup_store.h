/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup_store: calls that are being set up, in memory that outlives the
 * process (lasting_memory.h).
 *
 * An entry is two texts: the INVITE of the caller, and what would cancel the
 * leg that rings at the moment.  They live in a pool of small chunks, so that
 * an entry costs what it holds.  Writing takes a short lock and copies; an
 * entry is there from its last step on, and never half.  What is read after
 * a death is checked like a message from the network.
 */
#pragma once

#include "platform.h"

struct setup_store;

/* Bytes of memory for a store of that many KiB of texts. */
size_t setup_store_size(size_t kib);
/* An empty store in memory of the caller's, aligned to 16 bytes. */
struct setup_store *setup_store_on(void *memory, size_t size);

#define SETUP_PARTS_MAX 2
enum setup_text { SETUP_INVITE, SETUP_LEG, SETUP_TEXT_COUNT };

/* A new entry with this INVITE, in parts; its handle, 0 without room. */
uint32_t setup_store_add(struct setup_store *s,
			 const struct text parts[SETUP_PARTS_MAX]);
/* The leg that rings from now on, in place of the one before.  False without
 * room: then there is none. */
bool setup_store_leg(struct setup_store *s, uint32_t handle,
		     const struct text parts[SETUP_PARTS_MAX]);
void setup_store_drop(struct setup_store *s, uint32_t handle);

unsigned setup_store_count(const struct setup_store *s);
/* When its process was alive last, UTC ms: set by a timer of it. */
void setup_store_alive(struct setup_store *s, int64_t utc_ms);

/* What an earlier process left, before setup_store_on() empties it. */
typedef void(setup_found_f)(struct text invite, struct text leg, void *arg);
struct setup_left {
	int64_t alive_ms; /* UTC; 0: no store */
	unsigned found, damaged;
};
/* The texts are copies that live during the call of found. */
struct setup_left setup_store_read(const void *memory, size_t size,
				   setup_found_f *found, void *arg);
