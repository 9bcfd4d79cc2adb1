/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directory/refusal.h"

#include <errno.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/stats.h"

#define WHO       "publisher"
#define SHOWN_MAX 64 /* bytes of a column: the reason must not be cut off */

static int shown(struct text t)
{
	return t.len < SHOWN_MAX ? (int)t.len : SHOWN_MAX;
}

static const char *fate(bool kept)
{
	return kept ? "the last good record stays" : "there is no record";
}

void refusal_tell(const struct entity *e, const struct db_row *row,
		  const char *why, bool kept)
{
	struct text a = db_text(row, 0), b = db_text(row, 1);

	stats_add(STAT_ROWS_REFUSED, 1);
	log_error(WHO, "%s '%.*s' ('%.*s') refused: %s; %s", e->name, shown(a),
		  a.p, shown(b), b.p, why, fate(kept));
}

void refusal_tell_psap(uint64_t psap_id, const char *why, bool kept)
{
	stats_add(STAT_ROWS_REFUSED, 1);
	log_error(WHO, "psap '%" PRIu64 "' refused: %s; %s", psap_id, why,
		  fate(kept));
}

int refusal_of_psap(const struct db_row *row, int err)
{
	struct text a = db_text(row, 0), b = db_text(row, 1);

	if (err != -EINVAL)
		return err;
	stats_add(STAT_ROWS_REFUSED, 1);
	log_error(WHO, "psap '%.*s' ('%.*s') refused: it has no number",
		  shown(a), a.p, shown(b), b.p);
	return 0;
}
