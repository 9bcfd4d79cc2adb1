/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * area_near: the area that a point is nearest to, if it is in none.
 *
 * Distances are on the plane that touches the sphere at the point: within
 * some 10 km they are right to a part in a thousand, which is finer than what
 * the question means.
 */
#include <stdlib.h>

#include "psap/area_set.h"

#define METRES_PER_DEGREE (6371008.8 * M_PI / 180) /* IUGG mean radius */

struct near {
	const struct psap_areas *a;
	struct psap_point p;     /* the point, maybe 360 degrees aside */
	double x_scale, y_scale; /* metres per degree at the point */
	struct psap_box window;
	double best2; /* square metres */
	const struct psap_area *best;
};

static double distance2(const struct near *n, const struct psap_point *q)
{
	double x = (q[0].x - n->p.x) * n->x_scale,
	       y = (q[0].y - n->p.y) * n->y_scale,
	       dx = (q[1].x - q[0].x) * n->x_scale,
	       dy = (q[1].y - q[0].y) * n->y_scale, len2 = dx * dx + dy * dy,
	       t = len2 > 0 ? -(x * dx + y * dy) / len2 : 0;

	t = fmax(0, fmin(1, t));
	x += t * dx;
	y += t * dy;
	return x * x + y * y;
}

/* Areas come the best first: of two as near the better one stays. */
static void look_at(struct near *n, const struct psap_area *area)
{
	const struct psap_box *w = &n->window;
	uint32_t first, last;

	if (area->box.x1 < w->x0 || area->box.x0 > w->x1 ||
	    area->box.y1 < w->y0 || area->box.y0 > w->y1)
		return;
	first = *psap_band(n->a, area, w->y0);
	last = psap_band(n->a, area, w->y1)[1];
	for (uint32_t e = first; e < last; e++) {
		double d2 = distance2(n, n->a->points + n->a->band_edges[e]);

		if (d2 < n->best2 || (d2 == n->best2 && area < n->best)) {
			n->best2 = d2;
			n->best = area;
		}
	}
}

/* As if the point were at x: 180 degrees west and east are the same. */
static void look_from(struct near *n, double x, double width, double height)
{
	n->p.x = x;
	n->window = (struct psap_box){ x - width, n->p.y - height, x + width,
				       n->p.y + height };
	for (size_t i = 0; i < n->a->area_count; i++)
		look_at(n, &n->a->areas[i]);
}

const struct psap_area *psap_near_find(const struct psap_areas *a,
				       struct psap_point p, double max_m,
				       double *ret_m)
{
	/* At a pole all longitudes are one: then the window is all of them. */
	double y_scale = METRES_PER_DEGREE,
	       x_scale = y_scale * fmax(cos(p.y * M_PI / 180), 1e-6),
	       width = fmin(max_m / x_scale, 180);
	struct near n = {
		.a = a,
		.p = p,
		.x_scale = x_scale,
		.y_scale = y_scale,
		/* Exactly max_m is near enough. */
		.best2 = nextafter(max_m * max_m, INFINITY),
	};

	look_from(&n, p.x, width, max_m / y_scale);
	if (p.x - width < -180)
		look_from(&n, p.x + 360, width, max_m / y_scale);
	if (p.x + width > 180)
		look_from(&n, p.x - 360, width, max_m / y_scale);
	if (n.best)
		*ret_m = sqrt(n.best2);
	return n.best;
}
