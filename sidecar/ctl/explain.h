/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: what would happen if this caller dialled 911 now.
 *
 *   explain.c          opens the directory, runs the path, in this order
 *   explain_caller.c   who calls: the INVITE, made or read, and its source
 *   explain_stages.c   what the path settled, in words
 *
 * All decisions are the module's own functions (library e911_path), over the
 * node's directory.  What only Kamailio's memory knows is said to be unknown:
 * which trunks are out of service, which numbers are lent.
 */
#pragma once

#include "ctl/ctl.h"
#include "ctl/invite.h"
#include "ctl/story.h"
#include "modules/e911/path.h"

struct explain {
	struct ctl *ctl;
	struct story *story;   /* owned */
	struct directory *d;   /* begun; NULL: there is none to be used */
	struct path_conf conf; /* elins: owned, empty: nothing is lent */
	struct invite invite;  /* owned */
	struct path_request rq;
	struct dir_trunk trunk; /* said or assumed; id 0: not known */
	bool trunk_is_assumed;  /* nobody said which */
	bool proof_is_assumed;  /* made of what the directory has */
	char credential[1024];  /* an Authorization value */
	struct path path, back; /* of the call, of a callback to it */
};

/* Beside an address. */
#define EXPLAIN_PROOFS (TRUNK_PROOF_DIGEST | TRUNK_PROOF_CERTIFICATE)

/* Value of one of explain's options; NULL: not given. */
#define EXPLAIN_OPTION(e, name) ((e)->ctl->args.option[CTL_OPT_explain_##name])

/*
 * Fill e->invite and e->rq.  CTL_OK, or it was told why not.
 */
enum ctl_exit must_check explain_caller(struct explain *e);

/* After the path has run. */
void explain_stages(struct explain *e);
/* Where it came from, and which trunk that was taken for. */
void explain_source(struct explain *e);
