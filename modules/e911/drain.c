/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drain.h"

#include "core/rpc.h"
#include "core/rpc_lookup.h"
#include "worker.h"

struct drain_count {
	int setting_up, established;
};

static bool count_call(struct call *call, void *arg)
{
	struct drain_count *count = arg;

	/* A state is one word: read as it is, without the call's lock. */
	switch (__atomic_load_n(&call->state, __ATOMIC_RELAXED)) {
	case CALL_LOCATING:
	case CALL_HUNTING:
	case CALL_RINGING:
	case CALL_ANNOUNCING:
	case CALL_TELLING:
	case CALL_CANCELLED:
		count->setting_up++;
		break;
	case CALL_ENDED:
		break;
	default:
		count->established++;
		break;
	}
	return true;
}

static const char *rpc_drain_doc[] = {
	"Refuse new calls (on), take them again (off), or tell (status).", 0
};

static void rpc_drain(rpc_t *rpc, void *ctx)
{
	struct drain_count count = { 0 };
	char *word = NULL;
	struct text what;
	void *h;

	if (rpc->scan(ctx, "*s", &word) < 1)
		word = NULL;
	what = text_of(word ? word : "status");
	if (text_equal(what, text_of("on")) || text_equal(what, text_of("off")))
		worker_drain(text_equal(what, text_of("on")));
	else if (!text_equal(what, text_of("status"))) {
		rpc->fault(ctx, 400, "not on, off or status");
		return;
	}
	call_store_each(worker_shared->calls, count_call, &count);
	if (rpc->add(ctx, "{", &h) < 0)
		return;
	rpc->struct_add(h, "sdd", "draining",
			worker_is_draining() ? "on" : "off", "setting_up",
			count.setting_up, "established", count.established);
}

static rpc_export_t commands[] = {
	{ "e911.drain", rpc_drain, rpc_drain_doc, 0 },
	{ 0, 0, 0, 0 },
};

int drain_register(void)
{
	return rpc_register_array(commands) == 0 ? 0 : -1;
}
