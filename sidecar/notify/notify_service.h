/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify_service: whoever is to know of a call, knows: at once, over every
 * channel that was asked for, again and again for a day if need be.
 *
 * Events come from the journal, rules from the directory, what waits and what
 * came of it is in the box (box.h): nothing of it waits for PostgreSQL, and
 * the path waits for nothing of it.
 *
 * Invariants:
 *  - What an event leads to and the cursor behind it are one transaction: each
 *    event is dealt with once, whenever e911d is killed.
 *  - At least once, and always by the same id: an attempt whose answer was not
 *    written down is made again.
 *  - What cannot be written down is sent all the same.
 */
#pragma once

#include "agent/alerts.h"
#include "base/conf.h"
#include "base/stop.h"
#include "events/feed.h"
#include "notify/acknowledgement.h"
#include "notify/screen_log.h"

struct notify_service;

/* All are borrowed; screens NULL: none are served.  -ENOMEM, or the box cannot
 * be used. */
int must_check notify_service_new(struct notify_service **ret,
				  const struct conf *conf, struct feed *feed,
				  struct screen_log *screens);
/* Before any thread: people are called this way (borrowed); else nobody is. */
void notify_service_call(struct notify_service *s, struct alerts *alerts);
/* Its threads have ended.  Accepts NULL; returns NULL. */
struct notify_service *notify_service_free(struct notify_service *s);

/* Threads.  0 when the stop was asked for; -ENOMEM. */
int must_check notifier_run(struct notify_service *s, const struct stop *stop);
int must_check deliverer_run(struct notify_service *s, const struct stop *stop);
int must_check poster_run(struct notify_service *s, const struct stop *stop);
int must_check notify_store_run(struct notify_service *s,
				const struct stop *stop);

/*
 * Somebody has taken the call over, or says something about it: escalation
 * ends, all screens that were told of the call and PostgreSQL are told.  Any
 * thread; a->id is not looked at. 0: it is durable; -EIO: escalation has ended,
 * but a restart will not know; -ESHUTDOWN: e911d ends; -ENOMEM.
 */
int must_check notify_acknowledge(struct notify_service *s,
				  const struct acknowledgement *a);
