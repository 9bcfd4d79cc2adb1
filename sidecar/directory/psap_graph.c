/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/psap_graph.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define REQUEST_USER_MAX 128

struct psap_node {
	uint64_t psap_id, alternate_id;
	char *name; /* owned */
	enum psap_kind kind;
	bool wanted;            /* its record is to be written */
	size_t way, way_count;  /* its own routes in ways[] */
	char why[ROW_WHY_SIZE]; /* "": sound */
};

struct psap_way {
	uint64_t psap_id, trunk_id;
	char user[REQUEST_USER_MAX + 1];
	bool sound;
};

void psap_graph_init(struct psap_graph *g)
{
	*g = (struct psap_graph){ 0 };
}

void psap_graph_fini(struct psap_graph *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->nodes[i].name);
	free(g->nodes);
	free(g->ways);
	psap_graph_init(g);
}

static enum psap_kind kind_of(struct text t)
{
	static const enum psap_kind kinds[] = {
		PSAP_PRIMARY,
		PSAP_RELAY_CENTER,
		PSAP_LAST_RESORT,
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (text_equal(t, text_of(psap_kind_name(kinds[i]))))
			return kinds[i];
	}
	return (enum psap_kind)0;
}

int psap_graph_add(struct psap_graph *g, const struct db_row *row)
{
	struct text name = db_text(row, 1);
	struct psap_node n = { 0 };
	struct row_out out = { 0 };

	if (db_u64(row, 0, &n.psap_id) < 0 || !n.psap_id)
		return -EINVAL;
	if (array_reserve((void **)&g->nodes, &g->size, g->count + 1,
			  sizeof(n)) < 0)
		return -ENOMEM;
	n.kind = kind_of(db_text(row, 2));
	n.wanted = db_bool(row, 4);
	if (row_check_text(&out, name, ROW_NAME_MAX, "name") >= 0) {
		if (!n.kind)
			(void)row_refuse(&out, "kind is unknown");
		else if (db_u64(row, 3, &n.alternate_id) < 0)
			(void)row_refuse(&out, "alternate_psap_id is bad");
	}
	memcpy(n.why, out.why, sizeof(n.why));
	n.name = strndup(name.p, name.len);
	if (!n.name)
		return -ENOMEM;
	g->nodes[g->count++] = n;
	g->sorted = false;
	return 0;
}

/* RFC 3261 25.1: what a user part may hold without escapes. */
static bool is_user_part(struct text t)
{
	static const char others[] = "-_.!~*'()&=+$,;?/#";

	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		      (c >= 'A' && c <= 'Z') ||
		      (c != '\0' && strchr(others, c))))
			return false;
	}
	return t.len > 0;
}

int psap_graph_add_route(struct psap_graph *g, const struct db_row *row)
{
	struct text user = db_text(row, 2);
	struct psap_way w = { 0 };

	if (db_u64(row, 0, &w.psap_id) < 0 || !w.psap_id)
		return -EINVAL;
	if (array_reserve((void **)&g->ways, &g->way_size, g->way_count + 1,
			  sizeof(w)) < 0)
		return -ENOMEM;
	w.sound = db_u64(row, 1, &w.trunk_id) >= 0 && w.trunk_id &&
		  is_user_part(user) &&
		  text_to_cstr(user, w.user, sizeof(w.user)) >= 0;
	g->ways[g->way_count++] = w;
	g->sorted = false;
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct psap_node *)a)->psap_id;
	uint64_t y = ((const struct psap_node *)b)->psap_id;

	return (x > y) - (x < y);
}

static struct psap_node *find(const struct psap_graph *g, uint64_t psap_id)
{
	const struct psap_node key = { .psap_id = psap_id };

	if (!psap_id || !g->count)
		return NULL;
	return bsearch(&key, g->nodes, g->count, sizeof(key), compare);
}

/* Give each PSAP its stretch of ways[], and the faults in it. */
static void sort(struct psap_graph *g)
{
	if (g->sorted)
		return;
	if (g->count)
		qsort(g->nodes, g->count, sizeof(g->nodes[0]), compare);
	for (size_t i = 0; i < g->way_count; i++) {
		const struct psap_way *w = &g->ways[i];
		struct psap_node *n = find(g, w->psap_id);

		if (!n)
			continue;
		if (!n->way_count)
			n->way = i;
		n->way_count++;
		if (!w->sound && !n->why[0])
			(void)snprintf(n->why, sizeof(n->why),
				       "request_user or trunk of route %zu "
				       "is bad",
				       n->way_count);
	}
	for (size_t i = 0; i < g->count; i++) {
		struct psap_node *n = &g->nodes[i];

		if (n->way_count > DIR_ROUTES_MAX && !n->why[0])
			(void)snprintf(n->why, sizeof(n->why),
				       "it has %zu routes, at most %d fit",
				       n->way_count, DIR_ROUTES_MAX);
	}
	g->sorted = true;
}

/* A faulty route of an alternate is only left out. */
static void take_ways(const struct psap_graph *g, const struct psap_node *n,
		      struct dir_psap *r)
{
	for (size_t i = 0; i < n->way_count; i++) {
		const struct psap_way *w = &g->ways[n->way + i];

		if (!w->sound || r->route_count == DIR_ROUTES_MAX)
			continue;
		r->routes[r->route_count++] = (struct dir_route){
			.trunk_id = w->trunk_id,
			.psap_id = n->psap_id,
			.request_user = text_of(w->user),
		};
	}
}

static void follow(const struct psap_graph *g, const struct psap_node *n,
		   struct dir_psap *r)
{
	uint64_t seen[DIR_ROUTES_MAX * 4];
	size_t count = 0;

	/* A chain of PSAPs without routes is cut too: nobody has that many. */
	while (n && count < ARRAY_SIZE(seen) &&
	       r->route_count < DIR_ROUTES_MAX) {
		for (size_t i = 0; i < count; i++) {
			if (seen[i] == n->psap_id)
				return;
		}
		seen[count++] = n->psap_id;
		take_ways(g, n, r);
		n = find(g, n->alternate_id);
	}
}

int psap_graph_each(struct psap_graph *g, psap_graph_f *on_psap, void *arg)
{
	int err = 0;

	sort(g);
	for (size_t i = 0; i < g->count && err >= 0; i++) {
		const struct psap_node *n = &g->nodes[i];
		struct dir_psap r = { .psap_id = n->psap_id };

		if (!n->wanted)
			continue;
		if (!n->why[0]) {
			r.name = text_of(n->name);
			r.kind = n->kind;
			follow(g, n, &r);
		}
		err = on_psap(&r, n->why[0] ? n->why : NULL, arg);
	}
	return err;
}
