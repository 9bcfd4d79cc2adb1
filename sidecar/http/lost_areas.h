/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lost_areas: who serves a point or an address, for LoST: what the psap service
 * has. */
#pragma once

#include <pthread.h>

#include "http/lost_server.h"
#include "psap/service.h"

struct lost_areas {
	struct psap_service *service;    /* borrowed */
	double nearest_m;                /* outside of all areas */
	pthread_mutex_t lock;            /* of those below */
	struct psap_areas *last;         /* shared; NULL: none yet */
	struct address_book *book;       /* shared; likewise */
	int64_t since_ms, book_since_ms; /* UTC: when they were seen first */
};

void lost_areas_init(struct lost_areas *a, struct psap_service *service,
		     double nearest_m);
void lost_areas_fini(struct lost_areas *a);

/* Any thread, until the end. */
struct lost_backend lost_areas_backend(struct lost_areas *a);
