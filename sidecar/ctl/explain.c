/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "modules/e911/classify.h"
#include "modules/e911/default_route.h"
#include "modules/e911/stranger.h"

#define ELIN_BITS 4

/* ---- the directory ---- */

static void tell_generation(struct explain *e, const char *path)
{
	char target[PATH_MAX], at[CLOCK_TEXT_SIZE];
	struct dir_meta meta;
	bool is_stale = directory_is_stale(e->d);

	if (directory_current_target(path, target, sizeof(target)) < 0)
		(void)snprintf(target, sizeof(target), "current");
	story_fact_bool(e->story, "is_current", !is_stale);
	if (directory_meta(e->d, &meta) < 0) {
		story_say(e->story, "%s/%s", path, target);
		return;
	}
	if (clock_format(meta.published_at_ms, at) < 0)
		at[0] = '\0';
	story_fact_u64(e->story, "schema", meta.schema_version);
	story_fact_u64(e->story, "change", meta.change_id);
	if (is_stale) {
		story_say(e->story,
			  "%s/%s cannot be used: the path reads the previous "
			  "generation, made at %s",
			  path, target, at);
		story_grade(e->story, CTL_FINDINGS);
		return;
	}
	story_say(e->story, "%s/%s, made at %s, with change %" PRIu64, path,
		  target, at, meta.change_id);
}

static void tell_no_directory(struct explain *e, const char *path, int err)
{
	story_fact_bool(e->story, "is_current", false);
	story_say(e->story,
		  "%s cannot be used (%s), nor a generation before it: the "
		  "path goes without",
		  path, err == -EBADMSG ? "damaged" : strerror(-err));
	story_grade(e->story, CTL_CRITICAL);
}

/* What the workers would read: damage is theirs to live with, but rights that
 * only we lack are no answer. */
static enum ctl_exit open_directory(struct explain *e, const char *path)
{
	int err;

	if (access(path, F_OK) < 0) {
		ctl_fail("%s: %s (is --state-dir right?)", path,
			 strerror(errno));
		return CTL_UNKNOWN;
	}
	err = directory_open(&e->d, path);
	if (err >= 0)
		err = directory_begin(e->d);
	if (err < 0) {
		e->d = directory_close(e->d);
		if (err != -EBADMSG && err != -ENOENT) {
			ctl_fail("%s: %s (is this account in the group of "
				 "e911d?)",
				 path, strerror(-err));
			return CTL_UNKNOWN;
		}
	}
	story_chapter(e->story, "directory");
	story_fact_cstr(e->story, "path", path);
	if (e->d)
		tell_generation(e, path);
	else
		tell_no_directory(e, path, err);
	return CTL_OK;
}

/* ---- classify, and who is let in ---- */

static bool from_psap(void *arg)
{
	struct explain *e = arg;
	struct dir_trunk t;

	return e->d && directory_trunk_by_source(e->d, e->rq.source, &t) == 0 &&
	       t.role != TRUNK_ORIGIN;
}

static enum request_class classify(struct explain *e)
{
	if (e->invite.is_in_dialog ||
	    !text_equal(e->rq.method, text_of("INVITE")))
		return REQUEST_IN_DIALOG;
	return classify_invite(e->rq.view.request_uri, e->invite.has_replaces,
			       from_psap, e);
}

static const char *class_name(enum request_class class)
{
	switch (class) {
	case REQUEST_FOREIGN:
		return "none of the gateway's business: the routing script "
		       "goes on with it";
	case REQUEST_EMERGENCY:
		return "an emergency call";
	case REQUEST_TEST:
		return "a test call (933): to the agent that reads back, "
		       "if there is one";
	case REQUEST_CALLBACK:
		return "from a PSAP or the telephone network, and no emergency "
		       "call: a callback, if its number is known";
	case REQUEST_ALERT:
		return "an alert of the gateway's own agent to a desk";
	case REQUEST_REPLACES:
		return "a PSAP that takes a call over (Replaces)";
	case REQUEST_IN_DIALOG:
		break;
	}
	return "no new call: it belongs to one that is known to Kamailio only";
}

/* True: the path runs. */
static bool tell_class(struct explain *e)
{
	static const char *const names[] = {
		[REQUEST_FOREIGN] = "foreign",
		[REQUEST_EMERGENCY] = "emergency",
		[REQUEST_TEST] = "test",
		[REQUEST_CALLBACK] = "callback",
		[REQUEST_REPLACES] = "replaces",
		[REQUEST_IN_DIALOG] = "in_dialog",
	};
	enum request_class class = classify(e);

	story_chapter(e->story, "classify");
	story_fact_cstr(e->story, "class", names[class]);
	story_fact(e->story, "request_uri", e->rq.view.request_uri);
	story_say(e->story, "%.*s %.*s: %s", TEXT_ARG(e->rq.method),
		  TEXT_ARG(e->rq.view.request_uri), class_name(class));
	if (e->invite.masked) {
		story_say(e->story,
			  "%u of its header lines cannot be parsed and are "
			  "masked",
			  e->invite.masked);
		story_grade(e->story, CTL_FINDINGS);
	}
	if (e->invite.missing) {
		story_say(e->story,
			  "it has no %s: Kamailio's parser would refuse it",
			  e->invite.missing);
		story_grade(e->story, CTL_CRITICAL);
		return false;
	}
	if (class != REQUEST_EMERGENCY)
		story_grade(e->story, CTL_FINDINGS);
	return class == REQUEST_EMERGENCY;
}

/* True: it is let in. */
static bool tell_stranger(struct explain *e)
{
	bool serves = EXPLAIN_OPTION(e, serve_unknown_source) != NULL;
	char realm[STRANGER_REALM_SIZE];
	struct sender sender;

	switch (stranger_judge(e->d, &e->rq, &e->conf.credential, serves, realm,
			       &sender)) {
	case STRANGER_NONE:
		return true;
	case STRANGER_SERVED:
		story_say(e->story, "a stranger, served because "
				    "serve_unknown_source is set");
		story_grade(e->story, CTL_FINDINGS);
		return true;
	case STRANGER_ASKED:
		story_fact_u64(e->story, "answer", 401);
		story_say(e->story,
			  "a stranger: asked for a credential (401) of realm "
			  "'%s'",
			  realm);
		break;
	case STRANGER_REFUSED:
		story_fact_u64(e->story, "answer", 403);
		story_say(e->story, "a stranger: refused (403), as long as "
				    "the directory is sound and "
				    "serve_unknown_source is not set");
		break;
	}
	story_grade(e->story, CTL_CRITICAL);
	return false;
}

/* ---- the whole ---- */

static enum ctl_exit settle(struct explain *e)
{
	const char *uri = EXPLAIN_OPTION(e, default_route);

	e->rq.now_ms = clock_utc_ms();
	e->conf.elin_walk = 1;
	e->conf.node = "e911ctl";
	e->conf.sip_elin_timeout_s = DIR_TIMEOUT_UNSET;
	e->conf.elins = elin_table_new(ELIN_BITS);
	if (!e->conf.elins) {
		ctl_fail("%s", strerror(ENOMEM));
		return CTL_UNKNOWN;
	}
	if (uri && default_route_add(&e->conf, uri) < 0) {
		ctl_fail("--default-route '%s' is not sip:user@IP[:port] with "
			 "the parameters of default_route",
			 uri);
		return CTL_UNKNOWN;
	}
	return CTL_OK;
}

static enum ctl_exit explain(struct explain *e)
{
	char path[PATH_MAX];
	enum ctl_exit status = settle(e);

	if (status != CTL_OK)
		return status;
	(void)snprintf(path, sizeof(path), "%s/directory", e->ctl->state_dir);
	status = open_directory(e, path);
	if (status == CTL_OK)
		status = explain_caller(e);
	if (status != CTL_OK)
		return status;
	if (tell_class(e)) {
		explain_source(e);
		if (tell_stranger(e)) {
			path_clear(&e->path);
			path_run(&e->path, &e->rq, e->d, &e->conf);
			explain_stages(e);
		}
	}
	return story_end(e->story);
}

enum ctl_exit ctl_run_explain(struct ctl *ctl)
{
	struct explain *e = calloc(1, sizeof(*e));
	enum ctl_exit status = CTL_UNKNOWN;

	if (!e ||
	    story_new(&e->story,
		      ctl_is_given(&ctl->args, CTL_OPT_explain_json)) < 0) {
		ctl_fail("%s", strerror(ENOMEM));
	} else {
		e->ctl = ctl;
		status = explain(e);
		e->story = story_free(e->story);
		invite_fini(&e->invite);
		if (e->d)
			directory_end(e->d);
		e->d = directory_close(e->d);
		e->conf.elins = elin_table_free(e->conf.elins);
	}
	free(e);
	return status;
}
