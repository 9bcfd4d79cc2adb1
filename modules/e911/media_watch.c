/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media_watch.h"

#include "b2bua.h"
#include "media_engine.h"
#include "report.h"
#include "worker.h"

/* The first ones at once, the thousandth after two seconds. */
#define PER_CALL_MS 2

struct walk {
	unsigned engine;
	int count;
};

static bool move(struct call *call, void *arg)
{
	struct walk *w = arg;

	if (b2bua_on_media_lost(call, w->engine, w->count * PER_CALL_MS))
		w->count++;
	return true;
}

static void on_turn(unsigned engine, enum media_turn turn)
{
	struct walk w = { .engine = engine };
	struct media_engine_view v;

	media_engine_look(engine, &v);
	if (turn != MEDIA_TURN_UP)
		report_media_engine(EVENT_MEDIA_DOWN, v.address);
	if (turn != MEDIA_TURN_DOWN)
		report_media_engine(EVENT_MEDIA_UP, v.address);
	call_store_each(worker_shared->calls, move, &w);
	if (w.count)
		log_line(LEVEL_WARNING, "media: %d calls are moved", w.count);
}

void media_watch_run(void)
{
	media_engines_watch(on_turn);
}
