/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e911_mod: the module's face toward Kamailio: parameters, functions,
 * statistics, start and stop.  Nothing is decided here.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "announcement.h"
#include "b2bua.h"
#include "b2bua_tm.h"
#include "connection_watch.h"
#include "core/cfg/cfg_struct.h"
#include "core/counters.h"
#include "core/globals.h"
#include "core/kemi.h"
#include "core/mem/shm_mem.h"
#include "core/mod_fix.h"
#include "core/pt.h"
#include "core/sr_module.h"
#include "core/timer.h"
#include "core/timer_proc.h"
#include "default_route.h"
#include "drain.h"
#include "e911_mod.h"
#include "gate.h"
#include "handle.h"
#include "inquiry_process.h"
#include "leg_i3.h"
#include "location_uri.h"
#include "media.h"
#include "media_engine.h"
#include "media_watch.h"
#include "raw_input.h"
#include "replay.h"
#include "session_expires.h"
#include "session_timer.h"
#include "stateless.h"
#include "stray.h"
#include "test_call.h"
#include "tls_peer.h"
#include "trunk_watch.h"
#include "unreach_process.h"
#include "worker.h"
#include "worker_lasting.h"

#define TIMER_INTERVAL_MS 100
#define WATCH_INTERVAL_MS 500

static char default_state_dir[] = "/var/lib/e911";
static char default_lasting_dir[] = "/dev/shm";
static char default_wake_socket[] = "/run/e911/e911d.sock";
static char default_locate_socket[] = "/run/e911/locate.sock";
static char default_node[] = "gw1";
static char default_resource_priority[] = "esnet.1";
static char default_provider_type[] = "Telecom Provider";
static char default_service_type[] = "MLTS-hosted";
static char default_service_mobility[] = "Nomadic";

/* ---- parameters ---- */

static int set_default_route(modparam_t type, void *value)
{
	int err;

	(void)type;
	err = default_route_add(&worker_conf.path, value);
	if (err < 0)
		log_line(LEVEL_ERR,
			 err == -ENOSPC
				 ? "default_route '%s': more than %d"
				 : "default_route '%s': not sip:user@IP[:port]"
				   "[;transport=udp|tcp|tls]"
				   "[;profile=legacy|pbx|i3]"
				   "[;media=rtp|sdes|dtls|pass]",
			 (char *)value, PATH_DEFAULT_ROUTES_MAX);
	return err < 0 ? -1 : 0;
}

static int set_agent(struct path_conf *agent, const char *name, char *value,
		     void (*mend)(struct call_route *route))
{
	agent->default_route_count = 0;
	if (default_route_add(agent, value) < 0) {
		log_line(LEVEL_ERR,
			 "%s '%s': not sip:user@IP[:port]"
			 "[;transport=udp|tcp]",
			 name, value);
		return -1;
	}
	mend(&agent->default_routes[0]);
	return 0;
}

static int set_test_agent(modparam_t type, void *value)
{
	(void)type;
	return set_agent(&worker_conf.test_agent, "test_agent", value,
			 test_call_route_mend);
}

static int set_announce_agent(modparam_t type, void *value)
{
	(void)type;
	return set_agent(&worker_conf.announce_agent, "announce_agent", value,
			 announcement_route_mend);
}

static int set_media_engine(modparam_t type, void *value)
{
	int err;

	(void)type;
	err = media_engine_add(value);
	if (err < 0)
		log_line(LEVEL_ERR,
			 err == -ENOSPC ? "media_engine '%s': more than %d"
					: "media_engine '%s': not IP:port",
			 (char *)value, MEDIA_ENGINES_MAX);
	return err < 0 ? -1 : 0;
}

static int outside(const char *name, int value, int min, int max)
{
	if (value >= min && value <= max)
		return 0;
	log_line(LEVEL_ERR, "%s = %d: must be %d..%d", name, value, min, max);
	return 1;
}

static int check_parameters(void)
{
	const struct worker_conf *c = &worker_conf;
	int bad = 0;

	bad += outside("sip_elin_timeout", c->sip_elin_timeout, 0, 3600);
	bad += outside("ladder_timeout", c->ladder_timeout, 10, 600);
	bad += outside("calls_hash_bits", c->calls_hash_bits, 4, 20);
	bad += outside("journal_ring_kb", c->journal_ring_kb, 64, 1048576);
	bad += outside("setup_memory_kb", c->setup_memory_kb, 0, 1048576);
	bad += outside("linger", c->linger, 1, 600);
	if (c->session_expires)
		bad += outside("session_expires", c->session_expires,
			       SESSION_EXPIRES_MIN, 86400);
	bad += outside("session_min_se", c->session_min_se, 1, 3600);
	bad += outside("media_timeout", c->media_timeout, 10, 1000);
	bad += outside("locate_timeout", c->locate_timeout, 20, 1000);
	bad += outside("locate_uncertainty", c->locate_uncertainty, 0, 100000);
	bad += outside("locate_age", c->locate_age, 1, 31536000);
	bad += outside("serve_unknown_source", c->serve_unknown_source, 0, 1);
	if (c->test_sos_status != 200 && c->test_sos_status != 404 &&
	    c->test_sos_status != 486) {
		log_line(LEVEL_ERR,
			 "test_sos_status = %d: must be 200, 404 or 486",
			 c->test_sos_status);
		bad++;
	}
	bad += outside("stranger_connection", c->stranger_connection, 0, 3600);
	bad += outside("i3_caller_location", c->i3.caller_location,
		       I3_CALLER_UNUSED, I3_CALLER_BOTH);
	bad += leg_i3_conf_faults(&c->i3);
	if (!c->path.default_route_count)
		log_line(LEVEL_WARNING,
			 "default_route is not set: without a directory every "
			 "emergency call would be answered 503");
	return bad ? -EINVAL : 0;
}

/* ---- functions of the script ---- */

#define SCRIPT(name, run) \
	static int ki_##name(sip_msg_t *msg) \
	{ \
		return run; \
	} \
	static int w_##name(sip_msg_t *msg, char *p1, char *p2) \
	{ \
		(void)p1; \
		(void)p2; \
		return ki_##name(msg); \
	}

static int is_class(sip_msg_t *msg, enum request_class class)
{
	return request_classify(msg) == class ? 1 : -1;
}

static int unusable(sip_msg_t *msg)
{
	(void)msg;
	return gate_is_unusable() ? 1 : -1;
}

static int draining(sip_msg_t *msg)
{
	(void)msg;
	return worker_is_draining() ? 1 : -1;
}

/* Kamailio decides their type. */
/* NOLINTBEGIN(readability-non-const-parameter) */
SCRIPT(handle, handle_any(msg))
SCRIPT(in_dialog, handle_in_dialog(msg))
SCRIPT(call, handle_emergency(msg))
SCRIPT(test, handle_test(msg))
SCRIPT(callback, handle_callback(msg))
SCRIPT(alert, handle_alert(msg))
SCRIPT(is_emergency, is_class(msg, REQUEST_EMERGENCY))
SCRIPT(is_test, is_class(msg, REQUEST_TEST))
SCRIPT(is_callback, is_class(msg, REQUEST_CALLBACK))
SCRIPT(is_alert, is_class(msg, REQUEST_ALERT))
SCRIPT(draining, draining(msg))
SCRIPT(unusable, unusable(msg))
/* NOLINTEND(readability-non-const-parameter) */

/* clang-format off */
static cmd_export_t cmds[] = {
	{ "e911_handle",       w_handle,       0, 0, 0, REQUEST_ROUTE },
	{ "e911_in_dialog",    w_in_dialog,    0, 0, 0, REQUEST_ROUTE },
	{ "e911_call",         w_call,         0, 0, 0, REQUEST_ROUTE },
	{ "e911_test",         w_test,         0, 0, 0, REQUEST_ROUTE },
	{ "e911_callback",     w_callback,     0, 0, 0, REQUEST_ROUTE },
	{ "e911_alert",        w_alert,        0, 0, 0, REQUEST_ROUTE },
	{ "e911_is_emergency", w_is_emergency, 0, 0, 0, REQUEST_ROUTE },
	{ "e911_is_test",      w_is_test,      0, 0, 0, REQUEST_ROUTE },
	{ "e911_is_callback",  w_is_callback,  0, 0, 0, REQUEST_ROUTE },
	{ "e911_is_alert",     w_is_alert,     0, 0, 0, REQUEST_ROUTE },
	{ "e911_draining",     w_draining,     0, 0, 0, REQUEST_ROUTE },
	{ "e911_unusable",     w_unusable,     0, 0, 0, REQUEST_ROUTE },
	{ 0 },
};

static sr_kemi_t kemi[] = {
#define KEMI(name)                                                             \
	{ str_init("e911"), str_init(#name), SR_KEMIP_INT, ki_##name,          \
	  { SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE,                       \
	    SR_KEMIP_NONE, SR_KEMIP_NONE, SR_KEMIP_NONE } },
	KEMI(handle) KEMI(in_dialog) KEMI(call) KEMI(test) KEMI(callback) KEMI(alert)
	KEMI(is_emergency) KEMI(is_test) KEMI(is_callback) KEMI(is_alert) KEMI(draining) KEMI(unusable)
	{ { 0 }, { 0 }, 0, NULL, { 0 } },
};

static param_export_t params[] = {
	{ "state_dir",            PARAM_STRING, &worker_conf.state_dir },
	{ "lasting_dir",          PARAM_STRING, &worker_conf.lasting_dir },
	{ "wake_socket",          PARAM_STRING, &worker_conf.wake_socket },
	{ "locate_socket",        PARAM_STRING, &worker_conf.locate_socket },
	{ "locate_timeout",       PARAM_INT,    &worker_conf.locate_timeout },
	{ "locate_uncertainty",   PARAM_INT,    &worker_conf.locate_uncertainty },
	{ "locate_age",           PARAM_INT,    &worker_conf.locate_age },
	{ "node",                 PARAM_STRING, &worker_conf.node },
	{ "sip_elin_timeout",     PARAM_INT,    &worker_conf.sip_elin_timeout },
	{ "calls_hash_bits",      PARAM_INT,    &worker_conf.calls_hash_bits },
	{ "journal_ring_kb",      PARAM_INT,    &worker_conf.journal_ring_kb },
	{ "setup_memory_kb",      PARAM_INT,    &worker_conf.setup_memory_kb },
	{ "ladder_timeout",       PARAM_INT,    &worker_conf.ladder_timeout },
	{ "linger",               PARAM_INT,    &worker_conf.linger },
	{ "session_expires",      PARAM_INT,    &worker_conf.session_expires },
	{ "session_min_se",       PARAM_INT,    &worker_conf.session_min_se },
	{ "media_engine",         PARAM_STRING | PARAM_USE_FUNC, set_media_engine },
	{ "media_timeout",        PARAM_INT,    &worker_conf.media_timeout },
	{ "serve_unknown_source", PARAM_INT,    &worker_conf.serve_unknown_source },
	{ "test_agent",           PARAM_STRING | PARAM_USE_FUNC, set_test_agent },
	{ "announce_agent",       PARAM_STRING | PARAM_USE_FUNC, set_announce_agent },
	{ "test_sos_status",      PARAM_INT,    &worker_conf.test_sos_status },
	{ "stranger_connection",  PARAM_INT,    &worker_conf.stranger_connection },
	{ "elin_walk",            PARAM_INT,    &worker_conf.elin_walk },
	{ "i3_domain",            PARAM_STRING, &worker_conf.i3.domain },
	{ "i3_resource_priority", PARAM_STRING, &worker_conf.i3.resource_priority },
	{ "i3_caller_location",   PARAM_INT,    &worker_conf.i3.caller_location },
	{ "i3_provider_name",     PARAM_STRING, &worker_conf.i3.provider_name },
	{ "i3_provider_id",       PARAM_STRING, &worker_conf.i3.provider_id },
	{ "i3_provider_contact",  PARAM_STRING, &worker_conf.i3.provider_contact },
	{ "i3_provider_type",     PARAM_STRING, &worker_conf.i3.provider_type },
	{ "i3_service_type",      PARAM_STRING, &worker_conf.i3.service_type },
	{ "i3_service_mobility",  PARAM_STRING, &worker_conf.i3.service_mobility },
	{ "i3_location_uri",      PARAM_STRING, &worker_conf.i3.location_uri },
	{ "default_route",        PARAM_STRING | PARAM_USE_FUNC, set_default_route },
	{ 0 },
};
/* clang-format on */

/* ---- statistics ---- */

#define STAT(n, help) \
	static counter_val_t count_##n(void) \
	{ \
		return (counter_val_t)stat_get(STAT_##n); \
	}
#include "stats.def"
#undef STAT

static counter_val_t count_calls_active(void)
{
	return (counter_val_t)call_store_count(worker_shared->calls);
}

static counter_val_t count_trunks_down(void)
{
	return (counter_val_t)trunk_health_down_count(worker_shared->health,
						      clock_mono_ms());
}

static counter_val_t count_elins_active(void)
{
	return (counter_val_t)elin_table_active(worker_shared->elins);
}

static counter_val_t count_journal_waiting(void)
{
	return (counter_val_t)worker_shared->journal.waiting;
}

#define FUNCTION(name, f) { name, STAT_IS_FUNC, (stat_var **)(void *)f },
#define STAT(n, help)     FUNCTION(#n, count_##n)
static stat_export_t stats[] = {
#include "stats.def"
	FUNCTION("calls_active", count_calls_active) FUNCTION("trunks_down",
							      count_trunks_down)
		FUNCTION("elins_active", count_elins_active)
			FUNCTION("journal_waiting", count_journal_waiting){ 0 },
};
#undef STAT

/* ---- life ---- */

static void on_due(struct call *call, void *arg)
{
	(void)arg;
	b2bua_on_due(call);
}

/*
 * Less than an eighth of the shared memory is left: calls that have ended
 * are kept for retransmissions only, and a new emergency call is worth more.
 */
static void relieve_memory(void)
{
	size_t count;

	if (shm_available() > shm_mem_size / 8)
		return;
	count = b2bua_reclaim();
	if (!count)
		return;
	stat_add(STAT_calls_forgotten_early, (int)count);
	log_line(LEVEL_ERR,
		 "bridge: shared memory is short: %zu ended calls forgotten",
		 count);
}

static void on_tick(unsigned ticks, void *arg)
{
	(void)ticks;
	(void)arg;
	worker_setups_begin();
	replay_run();
	if (worker_shared->setups)
		setup_store_alive(worker_shared->setups, clock_utc_ms());
	relieve_memory();
	call_store_tick(worker_shared->calls, clock_mono_ms(), on_due, NULL);
}

/* A process of its own: what it waits for, be it a page of the directory,
 * holds up no timer of a call. */
static void on_watch(unsigned ticks, void *arg)
{
	(void)ticks;
	(void)arg;
	media_watch_run();
	connection_watch_run();
	if (shm_available() > shm_mem_size / 8)
		worker_watch_trunks();
}

/*
 * A core file without shared memory (core(5): bit 1 of the filter).  Kamailio
 * is back only after the core is written; with 512 MiB of shared memory that
 * takes five seconds and more, in which no call is taken.  Children inherit
 * the filter; stacks and private memory are still in the file.
 */
static void keep_core_files_small(void)
{
	FILE *filter = fopen("/proc/self/coredump_filter", "we");

	if (!filter)
		return;
	(void)fputs("0x31", filter);
	(void)fclose(filter);
}

static int mod_init(void)
{
	int err;

	if (check_parameters() < 0)
		return -1;
	keep_core_files_small();
	err = tm_bind();
	if (err < 0) {
		log_line(LEVEL_ERR, "tm must be loaded before e911");
		return -1;
	}
	if (media_engines_start(worker_conf.media_timeout) < 0) {
		log_line(LEVEL_ERR, "no shared memory for engines of media");
		return -1;
	}
	media_init(media_engine_port());
	session_timer_init((uint32_t)worker_conf.session_expires,
			   (uint32_t)worker_conf.session_min_se);
	leg_i3_init(&worker_conf.i3);
	location_uri_init(worker_conf.i3.location_uri, worker_conf.state_dir);
	if (stateless_bind() < 0) {
		log_line(LEVEL_ERR, "sl must be loaded, too");
		return -1;
	}
	err = worker_shared_new();
	if (err < 0) {
		log_line(LEVEL_ERR, "cannot make the shared state: %s",
			 strerror(-err));
		return -1;
	}
	worker_restore();
	if (register_module_stats("e911", stats) < 0 ||
	    e911_rpc_register() < 0 || drain_register() < 0 ||
	    raw_input_register() < 0)
		return -1;
	/* The one that writes the journal and the one that watches the
	 * directory; the one that ends calls and the one that asks trunks. */
	register_procs(2);
	cfg_register_child(2);
	register_sync_timers(2);
	unreach_process_prepare();
	if (worker_shared->inquiries)
		inquiry_process_prepare();
	err = tls_peer_init();
	if (err < 0) {
		log_line(LEVEL_ERR, "cannot prepare for TLS: %s",
			 strerror(-err));
		return -1;
	}
	worker_conf.path.credential.names = tls_peer_names;
	return 0;
}

static int run_process(const char *name, void (*run)(void))
{
	int pid = fork_process(PROC_NOCHLDINIT, (char *)name, 0);

	if (pid < 0)
		return -1;
	if (pid == 0) {
		if (cfg_child_init())
			return -1;
		run();
		exit(0);
	}
	return 0;
}

static int run_timer(const char *name, void (*turn)(unsigned, void *),
		     int interval_ms)
{
	return fork_sync_utimer(PROC_TIMER, (char *)name, 1,
				(utimer_function *)turn, NULL,
				interval_ms * 1000);
}

static int child_init(int rank)
{
	if (rank == PROC_INIT)
		return 0;
	if (rank == PROC_MAIN) {
		if (run_process("e911 journal", worker_journal_run) < 0 ||
		    run_process("e911 directory", worker_directory_watch) < 0 ||
		    unreach_process_start() < 0)
			return -1;
		if (worker_shared->inquiries && inquiry_process_start() < 0)
			return -1;
		return run_timer("e911 timer", on_tick, TIMER_INTERVAL_MS) <
					       0 ||
				       run_timer("e911 watch", on_watch,
						 WATCH_INTERVAL_MS) < 0
			       ? -1
			       : 0;
	}
	if (rank > 0 || rank == PROC_TIMER)
		worker_lasting_fetch();
	worker_directory_open();
	return 0;
}

static void mod_destroy(void)
{
	tls_peer_leave();
	/* Shared memory is Kamailio's and goes with it: who walks through its
	 * tables now may meet a lock that a dead worker holds. */
	trunk_watch_init(NULL); /* tm tells what it forgets after us */
	worker_directory_close();
}

struct module_exports exports = {
	.name = "e911",
	.dlflags = DEFAULT_DLFLAGS,
	.cmds = cmds,
	.params = params,
	.pv_items = e911_pv_items,
	.response_f = stray_reply,
	.init_mod_f = mod_init,
	.init_child_f = child_init,
	.destroy_mod_f = mod_destroy,
};

MODULE_VERSION

/* Looked up by Kamailio's loader. */
int mod_register(char *path, int *dlflags, void *p1, void *p2);
/* NOLINTNEXTLINE(readability-non-const-parameter) */
int mod_register(char *path, int *dlflags, void *p1, void *p2)
{
	(void)path;
	(void)dlflags;
	(void)p1;
	(void)p2;
	worker_conf.state_dir = default_state_dir;
	worker_conf.lasting_dir = default_lasting_dir;
	worker_conf.wake_socket = default_wake_socket;
	worker_conf.locate_socket = default_locate_socket;
	worker_conf.locate_timeout = 200;
	worker_conf.locate_uncertainty = 165;
	worker_conf.locate_age = 600;
	worker_conf.node = default_node;
	worker_conf.sip_elin_timeout = 1200;
	worker_conf.calls_hash_bits = 15;
	worker_conf.ladder_timeout = 180;
	worker_conf.journal_ring_kb = 8192;
	worker_conf.setup_memory_kb = 16384;
	worker_conf.linger = 32;
	worker_conf.session_expires = 1800;
	worker_conf.session_min_se = SESSION_EXPIRES_MIN;
	worker_conf.media_timeout = 100;
	worker_conf.stranger_connection = 60;
	worker_conf.test_sos_status = 200;
	worker_conf.elin_walk = 1;
	worker_conf.i3 = (struct i3_conf){
		.resource_priority = default_resource_priority,
		.caller_location = I3_CALLER_FIRST,
		.provider_type = default_provider_type,
		.service_type = default_service_type,
		.service_mobility = default_service_mobility,
	};
	return sr_kemi_modules_add(kemi);
}
