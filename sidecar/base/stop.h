/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop: how the threads are told to end.
 *
 * One descriptor that becomes readable once and stays so: every wait of every
 * thread polls it too, so that e911d ends within a second whatever it waits
 * for.
 */
#pragma once

#include "text.h"

struct stop {
	int fd; /* eventfd */
};

int must_check stop_init(struct stop *s);
void stop_fini(struct stop *s);
/* Any thread, any number of times. */
void stop_ask(struct stop *s);
bool stop_is_asked(const struct stop *s);

/*
 * Wait until fd is readable (fd -1: never), timeout_ms pass or the stop is
 * asked for.  1: readable, 0: time is up, -ECANCELED: stop, -errno.
 */
int stop_wait(const struct stop *s, int fd, int timeout_ms);
/* The same for poll(2) events of the caller's choice. */
int stop_wait_events(const struct stop *s, int fd, short events,
		     int timeout_ms);
