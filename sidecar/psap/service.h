/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service: keeps the areas and addresses of PostgreSQL in memory and on disk,
 * and the PSAP of each location up to date.
 *
 * Both are loaded whole beside the ones in use and then take their place; who
 * looks something up keeps what it took.  At the start they come from
 * state_dir, so that they are there without PostgreSQL.
 */
#pragma once

#include "address/book.h"
#include "base/conf.h"
#include "base/stop.h"
#include "psap/areas.h"

struct psap_service;

int must_check psap_service_new(struct psap_service **ret);
/* Accepts NULL; returns NULL. */
struct psap_service *psap_service_free(struct psap_service *s);

/*
 * The areas now, or NULL while there are none; psap_areas_unref() them.  Any
 * thread.
 */
struct psap_areas *psap_service_areas(struct psap_service *s);
/* Likewise; address_book_unref() it. */
struct address_book *psap_service_book(struct psap_service *s);

/*
 * The thread.  0 when the stop was asked for; -ENOMEM.
 */
int must_check psap_service_run(const struct conf *conf,
				const struct stop *stop,
				struct psap_service *s);
