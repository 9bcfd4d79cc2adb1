/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shape_build: the inside of a shape; for shape*.c only. */
#pragma once

#include "provision/shape.h"

struct shape {
	double *xy; /* owned: two of each point */
	size_t points, points_room;
	size_t *ring_end; /* owned: its points end before this one */
	size_t rings, rings_room;
	size_t *polygon_end; /* owned: its rings end before this one */
	size_t polygons, polygons_room;
	size_t closed;
	bool had_height, has_empty, is_too_long, is_nad83;
};

void shape_clear(struct shape *s);
/* Beyond SHAPE_POINTS_MAX points are counted, and not kept.  -ENOMEM. */
int must_check shape_add_point(struct shape *s, double x, double y);
int must_check shape_end_ring(struct shape *s);
int must_check shape_end_polygon(struct shape *s);
/* -EINVAL, with the reason. */
int shape_refuse(char reason[SHAPE_REASON_SIZE], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
